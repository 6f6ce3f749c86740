use super::{finds, judged, only};
use crate::finding::Severity;
use crate::schema::Dialect;

const TABLES: &str = "batches: id int key\n\
     jobs: id int key, batch_id int index, status text, stopping bool, lease time null, hint text";
const THING: &str = "[things.batch]\nrow = \"batches.id\"\n\
     [references]\n\"jobs.batch_id -> batches\" = \"delete\"\n";

fn work(lines: &str) -> String {
    format!("{THING}[work.jobs]\nrunning = \"status = 'running'\"\n{lines}")
}

#[test]
fn work_that_can_be_told_and_stopped_has_no_findings() {
    for lines in [
        "",
        "dead = \"lease < {now}\"\n",
        "waiting = \"status = 'queued'\"\nwait = \"5s\"\n\
         stop = { waiting = { status = \"canceled\" }, running = { stopping = true } }\n",
        "stop = { running = { stopping = true } }\nwait = \"5s\"\n",
        "dead = \"lease < {now}\"\nstop = { waiting = { status = \"canceled\" } }\n",
        // What a worker's claim looks at may be what makes a row wait no more.
        "waiting = \"status = 'queued' and not stopping\"\n\
         stop = { waiting = { stopping = true }, running = { stopping = true } }\n",
    ] {
        finds(TABLES, &work(lines), &[]);
    }
}

#[test]
fn asking_to_stop_must_not_end_the_wait() {
    for (lines, column) in [
        ("stop = { running = { status = \"stopping\" } }\n", "status"),
        ("dead = \"lease < {now}\"\nstop = { running = { lease = \"=null\" } }\n", "lease"),
        ("dead = \"JOBS.Lease is null\"\nstop = { running = { lease = \"=null\" } }\n", "lease"),
    ] {
        finds(TABLES, &work(lines), &[("C180", column)]);
    }
}

#[test]
fn what_is_stopped_must_not_go_on_waiting() {
    let waiting = "waiting = \"status = 'queued'\"\n";
    for (lines, place) in [
        (format!("{waiting}stop = {{ waiting = {{ hint = \"x\" }} }}\n"), "\"status = 'queued'\""),
        (
            format!("{waiting}stop = {{ running = {{ stopping = true }} }}\n"),
            "\"status = 'queued'\"",
        ),
        ("stop = { waiting = { status = \"x\" } }\n".to_owned(), "status"),
    ] {
        finds(TABLES, &work(&lines), &[("C181", place)]);
    }
}

#[test]
fn nobody_waits_for_what_nothing_stops() {
    finds(TABLES, &work("wait = \"5s\"\n"), &[("C182", "\"5s\"")]);
}

#[test]
fn what_work_names_must_be_there() {
    finds(TABLES, &work("stop = { running = { stoping = true } }\n"), &[("C102", "stoping")]);
    let policy = format!("{THING}[work.job]\nrunning = \"x\"\n");
    finds(TABLES, &policy, &[("C101", "job")]);
    finds(TABLES, &work("dead = { sqlite = \"x\" }\n"), &[("C105", "{ sqlite = \"x\" }")]);
}

#[test]
fn work_of_rows_that_nothing_touches_is_warned_of() {
    let tables = format!("{TABLES}\nmails: id int key, status text");
    let policy = format!("{THING}[work.mails]\nrunning = \"status = 'sending'\"\n");
    let (severity, message, _) = only(&tables, &policy);
    assert_eq!(severity, Severity::Warning);
    let never = "[work.mails] never holds a deletion up";
    assert!(message.starts_with(never), "{message}");
    // Rows that stay and change are touched.
    let tables = TABLES.replace("batch_id int index", "batch_id int null index");
    let policy = work("").replace("\"delete\"", "\"unlink\"");
    finds(&tables, &policy, &[]);
}

#[test]
fn conditions_and_values_are_tried_alone_and_as_the_plan_has_them() {
    let lines = "waiting = \"status = 'queued'\"\ndead = \"lease < {now}\"\n\
         stop = { waiting = { status = \"canceled\", lease = \"={now}\" } }\n";
    let (_, checked) = judged(Dialect::Postgres, TABLES, &work(lines));
    let tried: Vec<&str> = checked.probes.iter().map(|probe| probe.what.as_str()).collect();
    assert_eq!(
        tried,
        [
            "`waiting` of [work.jobs]",
            "`running` of [work.jobs]",
            "`dead` of [work.jobs]",
            "the value of `lease` in `stop.waiting` of [work.jobs]",
            "[work.jobs] as a whole",
            "[work.jobs] as a whole",
            "[work.jobs] as a whole",
        ]
    );
}

#[test]
fn what_work_is_found_by_must_lead_between_it_and_what_goes() {
    let tables = format!(
        "{TABLES}\nmails: id int key, batch_id int index, status text\n\
         notes: id int key, job_id int index, mail_id int, kind text"
    );
    let policy = |of: &str, line: &str| {
        format!(
            "[things.batch]\nrow = \"batches.id\"\n[references]\n\
             \"jobs.batch_id -> batches\" = \"delete\"\n\"notes.job_id -> jobs\" = \"delete\"\n\
             \"mails.batch_id -> batches\" = \"keep\"\n{line}\n\
             [work.mails]\nof = {of}\nrunning = \"status = 'sending'\"\n"
        )
    };
    let keep = "\"notes.mail_id -> mails\" = \"keep\"";
    finds(&tables, &policy("\"mails.batch_id\"", keep), &[]);
    finds(&tables, &policy("[\"mails.batch_id\", \"notes.mail_id\"]", keep), &[]);
    finds(&tables, &policy("\"mails.status\"", keep), &[("C203", "mails.status")]);
    finds(&tables, &policy("\"jobs.batch_id\"", keep), &[("C203", "jobs.batch_id")]);
    let some = "\"notes.mail_id -> mails\" = { rule = \"keep\", where = \"kind = 'mail'\" }";
    finds(&tables, &policy("\"notes.mail_id\"", some), &[("C204", "notes.mail_id")]);
}

#[test]
fn whom_stopping_calls_must_be_there_be_told_of_these_rows_and_come_before() {
    let hook = |of: &str, before: bool| {
        format!(
            "stop = {{ hook = \"revoke\" }}\n[hooks.revoke]\nof = \"{of}\"\nbefore = {before}\n\
             call = \"https://localhost\"\nbody = \"{{id}}\"\n"
        )
    };
    finds(TABLES, &work(&hook("jobs", true)), &[]);
    finds(TABLES, &work(&hook("jobs", false)), &[("C185", "\"revoke\"")]);
    finds(TABLES, &work(&hook("batches", true)), &[("C184", "\"revoke\"")]);
    let missing = work(&hook("jobs", true)).replace("hooks.revoke", "hooks.revokes");
    finds(TABLES, &missing, &[("C183", "\"revoke\"")]);
}
