use super::{check, good, unbuilt};
use crate::line::Failing;
use crate::names::{TableName, ThingName};
use crate::policy::{EventOf, On};

const THING: &str = "[things.job]\nrow = \"jobs.id\"\n";

fn event(of: &str, on: &str) -> String {
    format!("{THING}[events.e]\nof = \"{of}\"\non = \"{on}\"\nfields = {{}}\n")
}

#[test]
fn an_event_is_of_a_thing_a_table_or_a_table_of_a_thing() {
    let of = |of: &str| good(&event(of, "committed")).events[0].of.value.clone();
    assert_eq!(of("job"), EventOf::Thing(ThingName::new("job")));
    let rows =
        |thing: Option<&str>, table| EventOf::Rows { thing: thing.map(ThingName::new), table };
    assert_eq!(of("jobs"), rows(None, TableName::local("jobs")));
    assert_eq!(of("job.jobs"), rows(Some("job"), TableName::local("jobs")));
    let there = TableName { schema: Some("there".into()), name: "jobs".into() };
    assert_eq!(of("there.jobs"), rows(None, there.clone()));
    assert_eq!(of("job.there.jobs"), rows(Some("job"), there));
}

#[test]
fn an_event_has_its_moment() {
    for (written, expected) in [
        ("committed", On::Committed),
        ("reaped", On::Reaped),
        ("reaped or waited", On::ReapedOrWaited),
        ("refused", On::Refused(None)),
        ("failed", On::Failed),
        ("key failed", On::Failing(Failing::Key)),
        ("store failed", On::Failing(Failing::Store)),
        ("manifest unreadable", On::Failing(Failing::Manifest)),
    ] {
        assert_eq!(good(&event("job", written)).events[0].on.value, expected, "{written}");
    }
    let by = good(&event("job", "refused by live")).events[0].on.value.clone();
    assert!(matches!(by, On::Refused(Some(guard)) if guard.as_str() == "live"));
    check(&event("job", "comitted"), &[("P017", "\"comitted\"")]);
}

#[test]
fn events_of_what_is_not_built_are_read_over() {
    let text = event("job", "reaped").replace("{}", "{ a = \"{lists.runs}\" }");
    let policy = good(&text);
    assert_eq!((unbuilt(&policy), policy.events.len()), (vec![("events.e", false)], 0));
}

#[test]
fn a_line_is_flat() {
    let text = event("job", "reaped").replace("{}", "{ a = { b = 1 }, c = [1] }");
    check(&text, &[("P004", "{ b = 1 }"), ("P004", "[1]")]);
}
