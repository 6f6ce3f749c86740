//! W6 to W9 and W18: text that is still there, or gone though it was nobody's to take.

use sexton_core::finding::Finding;
use sexton_core::policy::{Fate, Policy};

use super::{ENDED, OCTOBER, RESULTS, original};
use crate::place::Place;
use crate::requests::hiding::purge;
use crate::requests::{batch, file, id};
use sexton_engine::{Surroundings, System};

on_both_databases!(
    sexton_samples::requests;
    w6_a_download_ends_with_its_batch,
    w7_no_mail_key_or_name_is_kept_of_what_was_deleted,
);

mod later {
    on_both_databases!(
        sexton_samples::requests_later;
        w8_a_batch_or_file_can_be_deleted_for_good,
        w9_a_request_of_no_batch_is_no_orphan,
        w18_what_moved_to_the_archive_goes_too,
    );
    use super::{
        w8_a_batch_or_file_can_be_deleted_for_good, w9_a_request_of_no_batch_is_no_orphan,
        w18_what_moved_to_the_archive_goes_too,
    };
}

async fn w6_a_download_ends_with_its_batch(place: Place) {
    let original = place.twin().await.without_fence().await;
    original.execute(&original::delete_batch(ENDED)).await;
    // Until somebody purges.
    assert_eq!(original::streamed(&original, RESULTS).await.len(), 3);

    assert_eq!(original::streamed(&place, RESULTS).await.len(), 3);
    place.delete(batch(ENDED)).await.unwrap();
    assert_eq!(original::streamed(&place, RESULTS).await, []);
}

/// What is left of the batch and the file themselves.
fn kept(of: &str, number: u8, columns: &str) -> String {
    let table = if of == "ba" { "batches" } else { "files" };
    format!("SELECT {columns} FROM {table} WHERE id = '{}'", id(of, number))
}

async fn w7_no_mail_key_or_name_is_kept_of_what_was_deleted(place: Place) {
    let of_batch = kept("ba", ENDED, "CAST(metadata AS text) || ' ' || api_key");
    let of_file = kept("f1", OCTOBER, "name || coalesce(description, '')");
    let original = place.twin().await.without_fence().await;
    original.execute(&original::delete_batch(ENDED)).await;
    original.execute(&original::delete_file(OCTOBER)).await;
    original.execute(original::purge_plainly()).await;
    let left = original.column(&of_batch).await.remove(0).unwrap();
    assert!(left.contains("ada@harbour.example") && left.contains("key-ada"), "{left}");
    let left = original.column(&of_file).await.remove(0).unwrap();
    assert!(left.contains("october.jsonl") && left.contains("questions of October"), "{left}");

    place.delete(batch(ENDED)).await.unwrap();
    place.delete(file(OCTOBER)).await.unwrap();
    // At once, and not only when it is purged.
    assert_eq!(place.column(&of_batch).await, [None]);
    assert_eq!(place.column(&of_file).await, [Some(String::new())]);
}

/// What a check finds of another policy.
async fn checked(place: &Place, policy: Policy) -> Vec<Finding> {
    let database = place.system().database().clone();
    let system = System::new(policy, database, Surroundings::of_this_machine(), None);
    system.check().await.unwrap()
}

async fn w8_a_batch_or_file_can_be_deleted_for_good(place: Place) {
    let original = place.twin().await.without_fence().await;
    // And says so with the row's own contents, where the server tells details.
    let deleted = format!("DELETE FROM batches WHERE id = '{}'", id("ba", ENDED));
    let said = original.try_execute(&deleted).await.unwrap_err();
    assert!(said.contains("requests_attribution_xor"), "{said}");
    let own = "SELECT count(*) FROM request_templates WHERE file_id IS NULL";
    let before = original.number(own).await;
    original.execute(&format!("DELETE FROM files WHERE id = '{}'", id("f1", OCTOBER))).await;
    // The templates of the file have come to life as nobody's.
    assert_eq!(original.number(own).await, before + 4);

    // A policy that would null what the CHECK forbids is told before anything is deleted.
    let mut nulling = place.system().policy().clone();
    let lines = nulling.references.iter_mut();
    for line in lines.filter(|line| line.text.starts_with("requests.batch_id")) {
        line.fate = Fate::Unlink;
    }
    let place = place.for_good();
    place.delete(batch(ENDED)).await.unwrap();
    place.delete(file(OCTOBER)).await.unwrap();
    assert_eq!(place.number(own).await, before);
    let left = format!("SELECT count(*) FROM batches WHERE id = '{}'", id("ba", ENDED));
    assert_eq!(place.number(&left).await, 0);
    let findings = checked(&place, nulling).await;
    assert!(findings.iter().any(|finding| finding.code == "C302"), "{findings:?}");
}

async fn w9_a_request_of_no_batch_is_no_orphan(place: Place) {
    let alone = "SELECT count(*) FROM requests WHERE batch_id IS NULL";
    let before = place.number(alone).await;
    assert_eq!(before, 5);
    let original = place.twin().await.without_fence().await;
    original.execute(original::purge_orphans_too()).await;
    assert_eq!(original.number(alone).await, 0);

    place.delete(batch(ENDED)).await.unwrap();
    place.delete(file(OCTOBER)).await.unwrap();
    assert!(purge(place.system()).await.rows > 0);
    assert_eq!(place.number(alone).await, before);
}

async fn w18_what_moved_to_the_archive_goes_too(place: Place) {
    let archived = format!(
        "SELECT count(*) FROM batch_requests_archive WHERE batch_id = '{}'",
        id("ba", ENDED)
    );
    let original = place.twin().await.without_fence().await;
    original.execute(&original::delete_batch(ENDED)).await;
    original.execute(original::purge_plainly()).await;
    assert_eq!(original.number(&archived).await, 1);

    // Without a line for the archive, a check tells.
    let mut forgetful = place.system().policy().clone();
    let before = forgetful.references.len();
    forgetful.references.retain(|line| !line.text.contains("archive.batch_id"));
    assert!(forgetful.references.len() < before);
    let findings = checked(&place, forgetful).await;
    let tells = |finding: &Finding| finding.message.contains("batch_requests_archive");
    assert!(findings.iter().any(tells), "{findings:?}");
    place.delete(batch(ENDED)).await.unwrap();
    purge(place.system()).await;
    assert_eq!(place.number(&archived).await, 0);
}
