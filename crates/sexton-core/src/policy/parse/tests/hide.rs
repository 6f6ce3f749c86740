use super::{check, good, only_finding, shown};
use crate::policy::{Hide, RootAfter, Undo};
use crate::schema::Dialect;

fn thing(keys: &str) -> String {
    format!("[things.batch]\nrow = \"batches.id\"\n{keys}\n")
}

/// The same, as a whole file.
fn whole(keys: &str) -> String {
    format!("system = \"s\"\n{}", thing(keys))
}

#[test]
fn hide_says_what_the_row_becomes_and_how_it_is_told() {
    let policy = good(&thing(
        r#"hide = { set = { deleted_at = "={now}", status = "gone" }, hidden = "deleted_at is not null", undo = "7d", restore = { status = "there" } }
purge = { every = "30m", chunk = 500, pause = "250ms", root = "30d" }"#,
    ));
    let Some(Hide::Row(hide)) = &policy.things[0].hide else { panic!("not by its row") };
    let columns: Vec<_> = hide.set.iter().map(|set| set.column.value.as_str()).collect();
    assert_eq!(columns, ["deleted_at", "status"]);
    assert_eq!(shown(hide.hidden.as_ref().unwrap(), Dialect::Sqlite), "deleted_at is not null");
    assert_eq!((hide.undo, hide.restore.len()), (Undo::Secs(7 * 24 * 3600), 1));
    let purge = policy.things[0].purge.as_ref().unwrap();
    assert_eq!((purge.every_secs, purge.chunk_rows, purge.pause_millis), (1800, 500, 250));
    assert_eq!(purge.root, RootAfter::GoesAfter(30 * 24 * 3600));
}

#[test]
fn what_purge_leaves_out_is_as_described() {
    let policy = good(&thing("hide = { set = { status = \"gone\" } }\npurge = {}"));
    let purge = policy.things[0].purge.as_ref().unwrap();
    assert_eq!((purge.every_secs, purge.chunk_rows, purge.pause_millis), (3600, 1000, 100));
    assert_eq!(purge.root, RootAfter::Goes);
    let Some(Hide::Row(hide)) = &policy.things[0].hide else { panic!("not by its row") };
    assert_eq!((hide.undo, hide.written_out().count()), (Undo::UntilPurged, 1));
}

#[test]
fn a_hide_of_which_nothing_tells_what_is_hidden_is_refused() {
    let finding = only_finding(&whole("hide = { set = { deleted_at = \"={now}\" } }"));
    assert_eq!(finding.code, "P071");
}

#[test]
fn a_pause_is_a_number_with_its_unit() {
    for pause in ["fast", "ms", "5", "2m"] {
        let purge = format!("hide = {{ set = {{ a = 1 }} }}\npurge = {{ pause = \"{pause}\" }}");
        assert_eq!(only_finding(&whole(&purge)).code, "P072", "{pause}");
    }
}

#[test]
fn what_nothing_hides_is_not_purged() {
    assert_eq!(only_finding(&whole("purge = {}")).code, "P073");
}

#[test]
fn what_can_be_restored_for_ever_is_not_purged() {
    let keys = "hide = { set = { a = 1 }, undo = \"forever\" }\npurge = {}";
    assert_eq!(only_finding(&whole(keys)).code, "P074");
}

#[test]
fn a_variant_takes_its_purge_from_the_thing_that_it_is_like() {
    let text = thing("hide = { set = { a = 1 } }\npurge = { chunk = 7 }");
    let policy = good(&format!("{text}[things.other]\nlike = \"batch\"\n"));
    assert_eq!(policy.things[1].purge.as_ref().unwrap().chunk_rows, 7);
}

#[test]
fn chunks_have_a_size() {
    check(&thing("hide = { set = { a = 1 } }\npurge = { chunk = 0 }"), &[("P016", "0")]);
}
