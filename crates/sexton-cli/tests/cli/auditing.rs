//! `status` and `audit`: what is going on, what was done, and that nobody changed the records.

use crate::place::Place;

on_both_databases!(
    a_chain_that_was_tampered_with_is_named,
    what_a_dead_process_left_is_settled,
    one_deletion_is_told_with_its_receipt,
);

fn delete(place: &Place, id: &str) -> String {
    let delete = ["delete", "batch", id, "--confirm", id, "--output", "json"];
    let events = place.sexton(&delete).expect(0).events();
    events[1]["receipt"]["deletion"].as_str().expect("a receipt names its deletion").to_owned()
}

#[tokio::test]
async fn an_empty_history_is_told_as_such() {
    let place = Place::on_sqlite().await;
    for command in [&["status"][..], &["audit", "list"], &["audit", "verify"]] {
        let said = place.sexton(command).expect(0);
        insta::assert_snapshot!(format!("empty_{}", command.join("_")), said.to_string());
    }
    assert!(!place.has_own_tables().await, "asking for a history makes none");
}

#[tokio::test]
async fn deletions_and_records_are_listed() {
    let place = Place::on_sqlite().await;
    place.sexton(&["delete", "batch", "autumn-2026", "--confirm", "autumn-2026"]).expect(0);
    place.sexton(&["delete", "run", "one-off-freiburg", "--confirm", "one-off-freiburg"]).expect(0);
    snapshot!("status", place.sexton(&["status"]));
    snapshot!("audit_list", place.sexton(&["audit", "list"]));
    snapshot!("audit_verify", place.sexton(&["audit", "verify"]));
    let limited = place.sexton(&["status", "--limit", "1", "--output", "json"]).expect(0);
    let deletions = &limited.document()["deletions"];
    assert_eq!(deletions.as_array().map(Vec::len), Some(1));
    assert_eq!(deletions[0]["root"], "one-off-freiburg");
}

async fn one_deletion_is_told_with_its_receipt(place: Place) {
    let id = delete(&place, "autumn-2026");
    let said = place.sexton(&["status", &id]).expect(0);
    assert!(said.out.contains("Deleted batch autumn-2026: 231 rows from 14 tables."), "{said}");
    let document = place.sexton(&["status", &id, "--output", "json"]).expect(0).document();
    assert_eq!(document["deletion"]["state"], "complete");
    assert_eq!(document["deletion"]["receipt"]["removed"]["runs"], 7);
    place.sexton(&["status", "dlt_aaaaaaaaaaaaaaaaaaaaaaaaaa"]).expect(4);
}

async fn a_chain_that_was_tampered_with_is_named(place: Place) {
    delete(&place, "autumn-2026");
    delete(&place, "summer-2026");
    let records = place.own("audit");
    let tamper = format!(
        "UPDATE {records} SET record = replace(record, '\"actor\":\"ann\"', '\"actor\":\"bob\"')
         WHERE seq = 1"
    );
    place.execute(&tamper).await;
    let said = place.sexton(&["audit", "verify"]).expect(1);
    assert!(said.out.contains("Broken: the chain of 2 records has 1 fault"), "{said}");
    assert!(said.out.contains("record 1 is not what was sealed"), "{said}");
    place.execute(&format!("DELETE FROM {records} WHERE seq = 2")).await;
    let document = place.sexton(&["audit", "verify", "--output", "json"]).expect(1).document();
    assert_eq!(document["whole"], false);
    assert!(document["faults"].as_array().is_some_and(|faults| faults.len() >= 2), "{document}");
}

async fn what_a_dead_process_left_is_settled(place: Place) {
    let id = delete(&place, "autumn-2026");
    let deletions = place.own("deletions");
    let died = format!(
        "UPDATE {deletions} SET state = 'committed', receipt = NULL, leased_until = 0
         WHERE id = '{id}'"
    );
    place.execute(&died).await;
    let said = place.sexton(&["status"]).expect(0);
    assert!(said.out.starts_with(&format!("Settled: {id} is now complete.")), "{said}");
    let said = place.sexton(&["status", &id]).expect(0);
    assert!(said.out.contains("Verified:"), "{said}");
}
