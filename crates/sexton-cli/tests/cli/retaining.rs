//! `sexton retention`, `pause` and `resume`, as a person or cron runs them.

use crate::place::Place;

on_both_databases!(
    a_rule_is_looked_at_and_run_and_tells_who_stays,
    a_variable_says_how_old_and_a_bad_one_is_refused,
    what_is_paused_is_told_and_waits,
);

const RUN: [&str; 3] = ["retention", "run", "old-runs"];
const OLD: &str =
    "UPDATE runs SET finished_at = '2001-01-01T00:00:00Z' WHERE batch_id = 'summer-2026'";

async fn a_rule_is_looked_at_and_run_and_tells_who_stays(place: Place) {
    place.execute(OLD).await;
    let said = place.sexton(&["retention", "list"]).expect(0);
    assert!(said.out.contains("only by hand; never run"), "{said}");
    place.sexton(&RUN).expect(2);
    place.sexton(&["retention", "run", "old-rums"]).expect(2);
    let before = place.dump().await;
    let aged = [&RUN[..], &["--older-than", "7300d"]].concat();
    let said = place.sexton(&[&aged[..], &["--dry-run"]].concat()).expect(0);
    assert!(said.out.starts_with("7 roots due by `old-runs`. Nothing was deleted."), "{said}");
    assert!(said.out.contains("  summer-2026-arles: "), "{said}");
    assert_eq!(place.dump().await, before);

    let hold = ["hold", "add", "run", "summer-2026-cork", "--reason", "court", "--actor", "bo"];
    place.sexton(&hold).expect(0);
    let said = place.sexton(&aged).expect(1);
    assert!(said.out.contains("! summer-2026-cork stays: refused: run"), "{said}");
    assert!(said.out.contains("Deleted by `old-runs`: 6 roots"), "{said}");
    assert!(said.out.lines().all(|line| line.chars().count() <= 80), "{said}");
    let said = place.sexton(&["retention", "list"]).expect(0);
    assert!(said.out.contains("1 root stayed when tried last"), "{said}");
    place.sexton(&["hold", "release", "1", "--reason", "over"]).expect(0);
    let events = place.sexton(&[&aged[..], &["--output", "json"]].concat()).expect(0).events();
    let last = events.last().expect("it tells what it did");
    assert_eq!((&last["event"], &last["deleted"]), (&"retained".into(), &1.into()));
    place.sexton(&["audit", "verify"]).expect(0);
}

async fn a_variable_says_how_old_and_a_bad_one_is_refused(place: Place) {
    place.execute(OLD).await;
    for (age, exit) in [("-1", 2), ("soon", 2), ("0", 2), ("7300", 0)] {
        let said = place.sexton_with(&[("RETENTION", age)], &RUN);
        assert_eq!(said.expect(exit).code, exit, "{age}");
    }
    assert_eq!(place.number("SELECT count(*) FROM runs WHERE batch_id = 'summer-2026'").await, 0);
}

async fn what_is_paused_is_told_and_waits(place: Place) {
    place.execute(OLD).await;
    let pause = ["pause", "--reason", "a move", "--actor", "eve"];
    let said = place.sexton(&pause).expect(0);
    assert!(said.out.contains("Background work of batches is paused."), "{said}");
    assert!(place.sexton(&pause).expect(0).out.contains("was paused before"));
    place.sexton(&["pause", "--store", "none", "--reason", "r"]).expect(2);
    place.sexton(&["pause", "--system", "other", "--reason", "r"]).expect(2);
    let said = place.sexton(&["status"]).expect(0);
    assert!(said.out.contains("Paused: all background work, since"), "{said}");
    let aged = [&RUN[..], &["--older-than", "7300d"]].concat();
    let said = place.sexton(&aged).expect(1);
    assert!(said.out.contains("Ended because background work is paused."), "{said}");
    place.sexton_with(&[("RETENTION", "7300")], &["work", "--once"]).expect(0);
    assert_eq!(place.number("SELECT count(*) FROM runs WHERE batch_id = 'summer-2026'").await, 7);
    place.sexton(&["resume", "--reason", "moved"]).expect(0);
    let said = place.sexton_with(&[("RETENTION", "7300")], &["work", "--once"]).expect(0);
    assert!(said.out.contains("Deleted by `old-runs`: 7 roots"), "{said}");
    place.sexton(&["audit", "verify"]).expect(0);
}
