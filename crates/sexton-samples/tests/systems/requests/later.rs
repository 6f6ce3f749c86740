//! The later schema: requests of no batch, templates of no file, an archive. Its policy is a variant.

use sexton_core::names::{Actor, DeletionId};
use sexton_engine::{Purged, RefusedBy, Restored, Root};
use tokio::sync::watch;

use super::{batch, file, id};
use crate::place::{Place, removed, root};

on_both_databases!(
    sexton_samples::requests_later;
    check_finds_nothing,
    the_plan_reads_well,
    r24_requests_of_no_batch_and_templates_of_no_file_are_no_orphans,
    r30_the_archive_of_a_deleted_batch_goes_too,
    r33_a_request_goes_with_its_steps_and_the_template_that_is_its_own,
    r33_a_template_of_a_file_stays,
    r33_a_template_that_two_requests_share_goes_with_the_last,
    r33_a_missing_request_is_not_found,
    r34_a_request_of_a_batch_is_not_deleted_alone,
    r35_all_that_a_creator_made_goes_and_batches_of_others_lose_its_file,
    r35_a_hidden_creator_takes_files_and_batches_along_and_the_purge_the_rest,
    r35_what_a_hidden_creator_still_makes_goes_too,
    r36_an_account_is_erased_though_who_was_asked_has_ended,
);

/// The request with this number, of no batch.
fn response(number: u8) -> Root {
    root("response", &id("9e", number))
}

/// These ids, for SQL.
fn ids(of: &str, numbers: &[u8]) -> String {
    let quoted = numbers.iter().map(|number| format!("'{}'", id(of, *number)));
    format!("({})", quoted.collect::<Vec<_>>().join(", "))
}

async fn check_finds_nothing(place: Place) {
    assert_eq!(place.system().check().await.unwrap(), []);
}

async fn the_plan_reads_well(place: Place) {
    let database = if place.is_sqlite() { "sqlite" } else { "postgres" };
    insta::assert_snapshot!(format!("response_{database}"), place.plan("response").await);
}

/// Neither those of a deleted batch or file, nor any other.
async fn r24_requests_of_no_batch_and_templates_of_no_file_are_no_orphans(place: Place) {
    let place = place.for_good();
    let left = "SELECT count(*) FROM requests WHERE batch_id IS NULL";
    let own = "SELECT count(*) FROM request_templates WHERE file_id IS NULL";
    let before = (place.number(left).await, place.number(own).await);
    assert_eq!(before, (5, 3));
    place.delete(file(1)).await.unwrap();
    for number in 1..=5 {
        place.delete(batch(number)).await.unwrap();
    }
    assert_eq!((place.number(left).await, place.number(own).await), before);
}

async fn r30_the_archive_of_a_deleted_batch_goes_too(place: Place) {
    let place = place.for_good();
    let preview = place.preview(batch(1)).await;
    assert_eq!(removed(&preview, "batch_requests_archive"), 1);
    place.delete(batch(1)).await.unwrap();
    let left = "SELECT id FROM batch_requests_archive";
    assert_eq!(place.column(left).await, [Some(id("9e", 50))]);
}

async fn r33_a_request_goes_with_its_steps_and_the_template_that_is_its_own(place: Place) {
    let place = place.for_good();
    let by_hand = format!(
        "DELETE FROM response_steps WHERE id IN {};
         DELETE FROM requests WHERE id IN {};
         DELETE FROM request_templates WHERE id IN {};",
        ids("5e", &[20, 21, 22]),
        ids("9e", &[20]),
        ids("7e", &[20])
    );
    place.deletes_what_this_does(response(20), &by_hand).await;
}

async fn r33_a_template_of_a_file_stays(place: Place) {
    let place = place.for_good();
    let by_hand = format!("DELETE FROM requests WHERE id IN {};", ids("9e", &[21]));
    place.deletes_what_this_does(response(21), &by_hand).await;
}

async fn r33_a_template_that_two_requests_share_goes_with_the_last(place: Place) {
    let place = place.for_good();
    let template = format!("SELECT count(*) FROM request_templates WHERE id = '{}'", id("7e", 23));
    for (number, left) in [(23, 1), (24, 0)] {
        place.delete(response(number)).await.unwrap();
        assert_eq!(place.number(&template).await, left);
    }
}

async fn r33_a_missing_request_is_not_found(place: Place) {
    let place = place.for_good();
    place.does_not_find(response(99)).await;
    place.delete(response(22)).await.unwrap();
    place.does_not_find(response(22)).await;
}

async fn r34_a_request_of_a_batch_is_not_deleted_alone(place: Place) {
    let place = place.for_good();
    place.refuses(response(1), RefusedBy::Wrong, "it belongs to a batch").await;
}

/// Ada's file october is Ben's too: his batch 4 was made from it.
async fn r35_all_that_a_creator_made_goes_and_batches_of_others_lose_its_file(place: Place) {
    let place = place.for_good();
    let by_hand = format!(
        "DELETE FROM response_steps WHERE id IN {};
         DELETE FROM requests WHERE created_by = 'ada' OR batch_id IN {batches};
         DELETE FROM batch_requests_archive WHERE batch_id IN {batches};
         UPDATE requests SET template_id = NULL WHERE template_id IN {templates};
         DELETE FROM request_templates WHERE id IN {templates} OR id = '{}';
         DELETE FROM batches WHERE id IN {batches};
         UPDATE batches SET file_id = NULL WHERE file_id = '{}';
         DELETE FROM files WHERE uploaded_by = 'ada';",
        ids("5e", &[1, 2, 3, 4, 20, 21, 22]),
        id("7e", 20),
        id("f1", 1),
        batches = ids("ba", &[1, 2]),
        templates = ids("7e", &[1, 2, 3, 4]),
    );
    place.deletes_what_this_does(root("creator", "ada"), &by_hand).await;
    place.does_not_find(root("creator", "ada")).await;
}

const ADA: &str = "'ada'";

async fn purge(place: &Place) -> Purged {
    place.system().purge(&watch::channel(false).1).await.unwrap()
}

/// Files and batches have columns that say it; requests of no batch are the ledger's business.
async fn r35_a_hidden_creator_takes_files_and_batches_along_and_the_purge_the_rest(place: Place) {
    let count = async |sql: String| place.number(&sql).await;
    let of_ada =
        |table: &str, column: &str| format!("SELECT count(*) FROM {table} WHERE {column} = {ADA}");
    let requests = count(of_ada("requests", "created_by")).await;
    let receipt = place.delete(root("creator", "ada")).await.unwrap();
    let hidden = &receipt.record.hidden;
    assert_eq!((hidden["creator"], hidden["batch"]), (1, 2));
    assert_eq!(count(of_ada("requests", "created_by")).await, requests);
    let open = of_ada("batches", "deleted_at IS NULL AND created_by");
    assert_eq!(count(open).await, 0);
    let open = of_ada("files", "deleted_at IS NULL AND uploaded_by");
    assert_eq!(count(open).await, 0);
    place.does_not_find(root("creator", "ada")).await;
    place.does_not_find(file(1)).await;
    // A batch of somebody else's made from her file was cancelled, and lives.
    let others =
        format!("SELECT count(*) FROM batches WHERE id = '{}' AND file_id IS NULL", id("ba", 4));
    assert_eq!(count(others).await, 1);
    let deletion = DeletionId::new(receipt.record.deletion);
    let refused = place.system().restore(&deletion, &Actor::new("ada")).await.unwrap();
    assert!(matches!(refused, Some(Restored::Refused(_))), "{refused:?}");
    let purged = purge(&place).await;
    assert_eq!((purged.ended.len(), purged.waiting), (1, Vec::new()));
    for left in [
        of_ada("requests", "created_by"),
        format!("SELECT count(*) FROM requests WHERE batch_id IN {}", ids("ba", &[1, 2])),
        format!(
            "SELECT count(*) FROM batch_requests_archive WHERE batch_id IN {}",
            ids("ba", &[1, 2])
        ),
        format!(
            "SELECT count(*) FROM request_templates WHERE id IN {}",
            ids("7e", &[1, 2, 3, 4, 20])
        ),
    ] {
        assert_eq!(count(left.clone()).await, 0, "{left}");
    }
    // Hidden files and batches stay as what they are.
    assert_eq!(count(of_ada("batches", "created_by")).await, 2);
}

/// Where nobody has installed the fence, writers go on.
async fn r35_what_a_hidden_creator_still_makes_goes_too(place: Place) {
    let place = place.without_fence().await;
    place.delete(root("creator", "ada")).await.unwrap();
    let late = id("f1", 90);
    place
        .execute(&format!(
            "INSERT INTO files (id, name, uploaded_by) VALUES ('{late}', 'late', {ADA})"
        ))
        .await;
    purge(&place).await;
    let left = format!("SELECT count(*) FROM files WHERE id = '{late}'");
    assert_eq!(place.number(&left).await, 0);
}

/// The erasure is stored with the hide: any other process goes on with it.
async fn r36_an_account_is_erased_though_who_was_asked_has_ended(mut place: Place) {
    place.delete(root("creator", "ada")).await.unwrap();
    place.reopen().await;
    let purged = purge(&place).await;
    assert_eq!((purged.ended.len(), purged.waiting), (1, Vec::new()));
    let left = format!("SELECT count(*) FROM requests WHERE created_by = {ADA}");
    assert_eq!(place.number(&left).await, 0);
}
