use super::finds;

const TABLES: &str = "orgs: id int key, slug text\nprojects: id int key, org_id int index -> orgs";

const LINES: &str = "[things.org]\nrow = \"orgs.id\"\n[references]\n\
                     \"projects.org_id -> orgs\" = \"delete\"\n\
                     [guards.busy]\nof = \"orgs\"\nrows = \"projects p\"\n\
                     link = \"p.id = orgs.id\"\nsay = \"no\"\n";

fn event(of: &str, on: &str, fields: &str) -> String {
    format!("{LINES}[events.e]\nof = \"{of}\"\non = \"{on}\"\nfields = {fields}\n")
}

#[test]
fn an_event_says_what_is_known_at_its_moment() {
    for (of, on, fields) in [
        (
            "org",
            "committed",
            "{ a = \"{id}\", b = \"{row.slug}\", c = \"{rows.projects}\", d = \"{slug}\" }",
        ),
        ("projects", "reaped", "{ a = \"{id}\", b = \"{org_id.slug}\", c = \"{rows.orgs}\" }"),
        ("org.projects", "committed", "{ a = \"{actor}\" }"),
        (
            "org",
            "refused by busy",
            "{ a = \"{id}\", b = \"{count}\", c = \"{names}\", d = \"{message}\" }",
        ),
        ("orgs", "failed", "{ a = \"{id}\", b = \"{thing}\" }"),
    ] {
        finds(TABLES, &event(of, on, fields), &[]);
    }
    for (of, on, fields, expected) in [
        ("org", "committed", "{ a = \"{slag}\" }", ("C102", "{slag}")),
        ("org", "committed", "{ a = \"{rows.nothing}\" }", ("C102", "{rows.nothing}")),
        ("projects", "committed", "{ a = \"{counts}\" }", ("C102", "{counts}")),
        ("projects", "reaped", "{ a = \"{objects.gone}\" }", ("C102", "{objects.gone}")),
        ("org", "failed", "{ a = \"{slug}\" }", ("C187", "{slug}")),
    ] {
        finds(TABLES, &event(of, on, fields), &[expected]);
    }
}

#[test]
fn an_event_tells_of_what_there_is() {
    finds(TABLES, &event("nothing", "committed", "{}"), &[("C101", "nothing")]);
    finds(TABLES, &event("org", "refused by bussy", "{}"), &[("C188", "\"refused by bussy\"")]);
    let tables = format!("{TABLES}\nkept: id int key");
    finds(&tables, &event("kept", "committed", "{}"), &[("C186", "kept")]);
}

#[test]
fn what_is_said_of_guarded_rows_must_be_theirs() {
    let fields = "{ a = \"{subject.slug}\", b = \"{subject.label}\" }";
    finds(TABLES, &event("org", "refused by busy", fields), &[]);
    let untrue = "{ a = \"{subject.slag}\" }";
    finds(TABLES, &event("org", "refused by busy", untrue), &[("C206", "{subject.slag}")]);
    for on in ["refused", "failed"] {
        let fields = "{ a = \"{subject.slug}\" }";
        finds(TABLES, &event("org", on, fields), &[("C206", "{subject.slug}")]);
    }
    let committed = event("org", "committed", "{ a = \"{subject.slug}\" }");
    finds(TABLES, &committed, &[("C102", "{subject.slug}")]);
}

#[test]
fn an_event_of_a_cancellation_tells_of_work_that_is_stopped() {
    let work = |stop: &str| format!("[work.projects]\nrunning = \"slug = 'x'\"\n{stop}");
    let tables = format!("{TABLES}, slug text, stop int");
    let asked = work("stop = { running = { stop = 1 } }\n");
    for of in ["org", "projects", "org.projects"] {
        let event = event(of, "cancelled", "{ a = \"{id}\" }");
        finds(&tables, &(event + &asked), &[]);
    }
    let event_of_rows = event("projects", "cancelled", "{ a = \"{org_id.slug}\" }");
    finds(&tables, &(event_of_rows.clone() + &work("")), &[("C186", "projects")]);
    finds(&tables, &event_of_rows, &[("C186", "projects")]);
    let counts = event("org", "cancelled", "{ a = \"{rows.projects}\" }") + &asked;
    finds(&tables, &counts, &[("C205", "{rows.projects}")]);
}

const FILES: &str = "[stores]\nfiles = \"memory:\"\n[objects.files]\nof = \"projects\"\n\
                     store = \"files\"\nprefix = [\"p/{id}/\"]\n";

#[test]
fn what_becomes_of_objects_is_said_once_it_is_known() {
    let said = "{ a = \"{objects.deleted}\", b = \"{objects.all_gone} of {objects.total}\" }";
    for on in ["reaped", "reaped or waited", "key failed", "store failed"] {
        for of in ["org", "projects", "org.projects"] {
            finds(TABLES, &(event(of, on, said) + FILES), &[]);
        }
    }
    let early = "{ a = \"{objects.deleted}\" }";
    let expected = [("C431", "{objects.deleted}")];
    finds(TABLES, &(event("projects", "committed", early) + FILES), &expected);
}

#[test]
fn what_failed_is_said_where_something_did() {
    let said = "{ a = \"{key}\", b = \"{error}\", c = \"{error_type}\", d = \"{count}\" }";
    finds(TABLES, &(event("projects", "key failed", said) + FILES), &[]);
    let of_store = event("projects", "store failed", said) + FILES;
    finds(TABLES, &of_store, &[("C432", "{key}")]);
    for word in ["key", "error", "error_type", "count"] {
        let fields = format!("{{ a = \"{{{word}}}\" }}");
        let place = format!("{{{word}}}");
        for on in ["committed", "reaped"] {
            let policy = event("projects", on, &fields) + FILES;
            finds(TABLES, &policy, &[("C432", place.as_str())]);
        }
    }
}

#[test]
fn what_cannot_fail_is_never_told() {
    finds(TABLES, &event("projects", "key failed", "{}"), &[("C433", "\"key failed\"")]);
    let unreadable = event("projects", "manifest unreadable", "{ a = \"{key}\" }");
    let expected = [("C433", "\"manifest unreadable\"")];
    finds(TABLES, &(unreadable.clone() + FILES), &expected);
    let manifest = "manifest = { key = \"p/{id}.json\", removes = [\"$.masks[*]\"] }\n";
    finds(TABLES, &(unreadable + FILES + manifest), &[]);
}
