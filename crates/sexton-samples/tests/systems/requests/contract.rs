//! The contract's lines on rows, of deletions that do not stop at hiding.

use sexton_core::names::Actor;
use sexton_engine::{Caller, DeleteError, EngineError, Root};
use sexton_testkit::dump::Dump;

use super::{batch, file, id};
use crate::place::{Place, root};

on_both_databases!(
    sexton_samples::requests;
    r1_batches_of_a_deleted_file_are_cancelled_unless_they_have_ended,
    r3_a_file_or_batch_that_is_not_there_is_missing,
    r4_an_id_that_is_no_uuid_names_nothing,
    r4_what_somebody_else_uploaded_is_missing_and_what_their_organisation_did_is_not,
    r6_r23_results_outlive_the_templates_they_answer,
    r8_an_output_file_goes_alone,
    r9_r12_a_batch_goes_with_its_requests_and_downloads_and_leaves_its_file,
    r9_a_second_delete_finds_nothing,
    r14_a_cancellation_stops_what_waits_and_nobody_else,
    r30_no_column_keeps_the_text_of_a_deleted_file,
);

const OCTOBER: u8 = 1;
const RESULTS: u8 = 3;
const ERRORS: u8 = 4;
const ENDED: u8 = 1;
const UNDER_WAY: u8 = 2;

/// The file october, by hand: of its three batches one has ended, one is under way, and one was
/// cancelled before.
fn october_by_hand(moment: &str) -> String {
    let (file, under_way) = (id("f1", OCTOBER), id("ba", UNDER_WAY));
    format!(
        "UPDATE batches SET cancelling_at = '{moment}', cancelled_at = '{moment}'
         WHERE id = '{under_way}';
         UPDATE batches SET file_id = NULL WHERE file_id = '{file}';
         UPDATE requests SET template_id = NULL, path = NULL, body = NULL, api_key = NULL
         WHERE template_id IN (SELECT id FROM request_templates WHERE file_id = '{file}');
         DELETE FROM request_templates WHERE file_id = '{file}';
         DELETE FROM files WHERE id = '{file}';"
    )
}

async fn r1_batches_of_a_deleted_file_are_cancelled_unless_they_have_ended(place: Place) {
    let place = place.for_good();
    let receipt = place.delete(file(OCTOBER)).await.unwrap();
    assert_eq!(receipt.record.changed["batches.file_id -> files"], 3);
    let stamps = format!(
        "SELECT cancelled_at FROM batches WHERE id = '{}' AND cancelling_at = cancelled_at",
        id("ba", UNDER_WAY)
    );
    let moment = place.column(&stamps).await.remove(0).unwrap();
    let twin = place.twin().await;
    twin.execute(&october_by_hand(&moment)).await;
    assert_eq!(place.dump().await, twin.dump().await);
}

async fn r3_a_file_or_batch_that_is_not_there_is_missing(place: Place) {
    let place = place.for_good();
    place.does_not_find(file(99)).await;
    place.does_not_find(batch(99)).await;
    assert_eq!(place.records().await, 0);
}

/// PostgreSQL says so itself; of SQLite the declared type of the key does.
async fn r4_an_id_that_is_no_uuid_names_nothing(place: Place) {
    let place = place.for_good();
    let before = place.dump().await;
    for thing in ["file", "batch"] {
        let refused = place.delete(root(thing, "october.jsonl")).await;
        let Err(DeleteError::Engine(refused)) = refused else { panic!("{thing}: {refused:?}") };
        assert!(matches!(refused, EngineError::BadId { .. }), "{thing}: {refused:?}");
    }
    assert_eq!(place.dump().await, before);
}

async fn r4_what_somebody_else_uploaded_is_missing_and_what_their_organisation_did_is_not(
    place: Place,
) {
    let place = place.for_good();
    let by = |caller: Caller| Root { caller, ..file(OCTOBER) };
    let ben = Caller::of_roles(Actor::new("ben"), &[]);
    place.does_not_find(by(ben.clone())).await;
    place.preview(by(Caller { admin: true, ..ben.clone() })).await;
    place.preview(by(Caller::of_roles(Actor::new("ada"), &[]))).await;
    place.delete(by(ben.acting_for("ada"))).await.unwrap();
}

async fn r6_r23_results_outlive_the_templates_they_answer(place: Place) {
    let place = place.for_good();
    let results = "SELECT id || state || coalesce(response_body, '-') || coalesce(error, '-')
                   FROM requests ORDER BY id";
    let before = place.column(results).await;
    assert_eq!(before.len(), 14);
    place.delete(file(OCTOBER)).await.unwrap();
    assert_eq!(place.column(results).await, before);
    let without = "SELECT count(*) FROM requests WHERE template_id IS NULL";
    // Ten lose it, and one had none before.
    assert_eq!(place.number(without).await, 11);
}

async fn r8_an_output_file_goes_alone(place: Place) {
    let place = place.for_good();
    let results = id("f1", RESULTS);
    let by_hand = format!(
        "UPDATE batches SET output_file_id = NULL WHERE output_file_id = '{results}';
         DELETE FROM files WHERE id = '{results}';"
    );
    place.deletes_what_this_does(file(RESULTS), &by_hand).await;
}

async fn r9_r12_a_batch_goes_with_its_requests_and_downloads_and_leaves_its_file(place: Place) {
    let place = place.for_good();
    let batch_id = id("ba", ENDED);
    let steps = [1, 2, 3].map(|number| format!("'{}'", id("5e", number))).join(", ");
    let by_hand = format!(
        "DELETE FROM response_steps WHERE id IN ({steps});
         DELETE FROM requests WHERE batch_id = '{batch_id}';
         DELETE FROM batches WHERE id = '{batch_id}';
         DELETE FROM files WHERE id IN ('{}', '{}');",
        id("f1", RESULTS),
        id("f1", ERRORS)
    );
    place.deletes_what_this_does(batch(ENDED), &by_hand).await;
}

async fn r9_a_second_delete_finds_nothing(place: Place) {
    let place = place.for_good();
    place.delete(batch(ENDED)).await.unwrap();
    place.does_not_find(batch(ENDED)).await;
    assert_eq!(place.records().await, 1);
}

fn holds(dump: &Dump, canary: &str) -> bool {
    dump.values().flatten().flatten().flatten().any(|value| value.contains(canary))
}

/// The input of october is in its templates, and in the requests that were claimed.
async fn r30_no_column_keeps_the_text_of_a_deleted_file(place: Place) {
    let place = place.for_good();
    let canaries = ["tide table", "Dr. Oduya", "harbour is closed", "without vowels"];
    let before = place.dump().await;
    assert!(canaries.iter().all(|canary| holds(&before, canary)));
    place.delete(file(OCTOBER)).await.unwrap();
    let after = place.dump().await;
    let left: Vec<_> = canaries.iter().filter(|canary| holds(&after, canary)).collect();
    assert_eq!(left, Vec::<&&str>::new());
}

async fn r14_a_cancellation_stops_what_waits_and_nobody_else(place: Place) {
    let place = place.for_good();
    let state = |state: &str| {
        let batch = id("ba", UNDER_WAY);
        format!("SELECT count(*) FROM requests WHERE batch_id = '{batch}' AND state = '{state}'")
    };
    let (pending, canceled) =
        (place.number(&state("pending")).await, place.number(&state("canceled")).await);
    assert!(pending > 0);
    let asked = place.system().cancel(&batch(UNDER_WAY)).await.unwrap();
    assert!(asked.tables[0].stopped >= 1, "{asked:?}");
    assert_eq!(place.number(&state("pending")).await, 0);
    assert!(place.number(&state("canceled")).await >= canceled + pending);
    let before = place.dump().await;
    let again = place.system().cancel(&batch(UNDER_WAY)).await.unwrap();
    assert_eq!((again.tables[0].stopped, again.tables[0].asked), (0, 0));
    assert_eq!(place.dump().await, before);
    // A deletion at once waits for none of them.
    place.delete(batch(UNDER_WAY)).await.unwrap();
}
