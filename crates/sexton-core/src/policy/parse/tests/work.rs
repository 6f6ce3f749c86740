use super::{check, good, only_finding, shown, unbuilt};
use crate::policy::{Literal, Settle, Value};
use crate::schema::Dialect;

const JOBS: &str = r#"[work.jobs]
waiting = "status in ('queued','paused')"
running = "status = 'running'"
dead    = { postgres = "lease < {now}", sqlite = "lease < {now - 1m}" }
stop    = { waiting = { status = "canceled", ended = "={now}" }, running = { cancel = 1 } }
wait    = "5s"
settle  = "before-purge"
"#;

#[test]
fn work_says_who_waits_who_runs_and_how_they_are_stopped() {
    let policy = good(JOBS);
    let [jobs] = policy.work.as_slice() else { panic!("not one table") };
    assert_eq!(jobs.table.value.to_string(), "jobs");
    let waiting = shown(jobs.waiting.as_ref().unwrap(), Dialect::Sqlite);
    assert_eq!(waiting, "status in ('queued','paused')");
    assert_eq!(shown(&jobs.running, Dialect::Postgres), "status = 'running'");
    assert!(shown(jobs.dead.as_ref().unwrap(), Dialect::Sqlite).starts_with("lease < "));
    let stop = jobs.stop.as_ref().unwrap();
    let columns: Vec<_> = stop.waiting.iter().map(|set| set.column.value.as_str()).collect();
    assert_eq!(columns, ["status", "ended"]);
    assert_eq!(stop.running[0].value, Value::Literal(Literal::Integer(1)));
    assert_eq!((jobs.wait_secs.value, jobs.settle), (5, Settle::BeforePurge));
    assert_eq!(unbuilt(&policy), []);
}

#[test]
fn work_that_says_only_who_runs_refuses_at_once() {
    let policy = good("[work.'s.jobs']\nrunning = \"busy\"\n");
    let jobs = &policy.work[0];
    assert_eq!(jobs.table.value.to_string(), "s.jobs");
    assert!(jobs.waiting.is_none() && jobs.dead.is_none() && jobs.stop.is_none());
    assert_eq!((jobs.wait_secs.value, jobs.settle), (0, Settle::BeforeDeletion));
}

#[test]
fn work_may_be_found_by_lines_that_lead_to_it_or_from_it() {
    let sides = |of: &str| -> Vec<String> {
        let policy = good(&format!("[work.a]\nof = {of}\nrunning = \"x\"\n"));
        assert_eq!(unbuilt(&policy), []);
        policy.work[0].of.iter().map(|side| side.text.clone()).collect()
    };
    assert_eq!(sides("\"a.{b,c$.d[*]}\""), ["a.b", "a.c$.d[*]"]);
    assert_eq!(sides("[\"a.b\", \"s.t.(c,d)\"]"), ["a.b", "s.t.(c,d)"]);
    check("[work.a]\nof = 3\nrunning = \"x\"\n", &[("P004", "3")]);
    check("[work.a]\nof = [\"a.b\", \"a.b\"]\nrunning = \"x\"\n", &[("P011", "a.b")]);
}

#[test]
fn work_may_be_stopped_by_a_hook() {
    let policy = good("[work.a]\nrunning = \"x\"\nstop = { running = { c = 1 }, hook = \"h\" }\n");
    assert_eq!(unbuilt(&policy), []);
    assert_eq!(policy.work[0].stop.as_ref().unwrap().hook.as_ref().unwrap().value.as_str(), "h");
}

#[test]
fn every_mistake_of_work_is_told_where_it_stands() {
    check("[work.a]\nwaiting = \"x\"\n", &[("P005", "[work.a]")]);
    check("[work.a]\nrunning = \"x;\"\n", &[("P013", ";")]);
    check("[work.a]\nrunning = \"x\"\nwait = \"5 minutes\"\n", &[("P015", "\"5 minutes\"")]);
    check("[work.a]\nrunning = \"x\"\nwait = 5\n", &[("P004", "5")]);
    check("[work.a]\nrunning = \"x\"\nwait = \"2h\"\n", &[("P016", "\"2h\"")]);
    check("[work.a]\nrunning = \"x\"\nsettle = \"later\"\n", &[("P017", "\"later\"")]);
    check("[work.a]\nrunning = \"x\"\nstop = {}\n", &[("P012", "{}")]);
    check("[work.a]\nrunning = \"x\"\nstop = { waiting = {} }\n", &[("P012", "{}")]);
    check("[work.'a b c.d.e']\nrunning = \"x\"\n", &[("P008", " ")]);
    let finding = only_finding("system = \"s\"\n[work.a]\nrunning = \"x\"\nrunnin = \"y\"\n");
    assert!(finding.help.unwrap().starts_with("did you mean `running`?"));
}
