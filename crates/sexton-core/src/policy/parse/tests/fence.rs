use super::{check, good, shown};
use crate::policy::{Fence, FenceBy};
use crate::schema::Dialect;

#[test]
fn a_fence_is_read_with_sisters_places_in_json_and_things() {
    let policy = good(
        r#"[fence]
by         = "look"
references = ["{jobs,runs}.batch_id", "models.params$.ids[*]", "t.(a,b)", "x.batches.id", "files"]
also       = { "requests.state" = "requests.state <> 'claimed'" }
late       = "30m"
"#,
    );
    let fence = policy.fence.unwrap();
    let texts: Vec<&str> = fence.references.iter().map(|side| side.text.as_str()).collect();
    let expected = [
        "jobs.batch_id",
        "runs.batch_id",
        "models.params$.ids[*]",
        "t.(a,b)",
        "x.batches.id",
        "files",
    ];
    assert_eq!(texts, expected);
    assert!(fence.references[5].columns.is_empty());
    assert_eq!((fence.by, fence.late_secs), (FenceBy::Look, 30 * 60));
    let also = &fence.also[0];
    assert_eq!((also.table.name.as_str(), also.column.value.as_str()), ("requests", "state"));
    assert_eq!(shown(&also.sql, Dialect::Sqlite), "requests.state <> 'claimed'");
}

#[test]
fn triggers_and_a_quarter_of_an_hour_are_meant_where_nothing_is_said() {
    let fence = good("[fence]\nreferences = [\"jobs.batch_id\"]\n").fence.unwrap();
    assert_eq!((fence.by, fence.late_secs), (FenceBy::Triggers, Fence::LATE_SECS));
    assert_eq!(good("").fence, None);
}

#[test]
fn each_mistake_of_a_fence_is_told_at_its_place() {
    check("[fence]\nby = \"trigger\"", &[("P017", "\"trigger\"")]);
    check("[fence]\nreference = []", &[("P003", "reference")]);
    check("[fence]\nreferences = \"jobs.a\"", &[("P004", "\"jobs.a\"")]);
    check("[fence]\nreferences = [\"{a,b.x\"]", &[("P009", "{")]);
    check("[fence]\nreferences = [\"a.x\", \"{b,a}.x\"]", &[("P011", "a")]);
    check("[fence]\nlate = \"soon\"", &[("P015", "\"soon\"")]);
    check("[fence.also]\n\"state\" = \"1 = 1\"", &[("P008", "state")]);
    check("[fence.also]\n\"a.state\" = \"1 = 1; drop table a\"", &[("P013", ";")]);
}
