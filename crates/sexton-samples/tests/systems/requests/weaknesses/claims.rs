//! W1, W2, W12, W13 and W15: workers that do not see that what they work on was deleted.

use sexton_testkit::interpose::Pauser;

use super::{ALIVE, OCTOBER, UNDER_WAY, add_pending, client, daemon_at, fenced, original, states};
use super::{ENDED, unfenced};
use crate::place::Place;
use crate::requests::hiding::purge;
use crate::requests::{batch, file, id};

on_both_databases!(
    sexton_samples::requests;
    w2_a_call_of_a_deleted_batch_is_told_to_stop,
    w12_a_batch_of_somebody_else_is_cancelled_with_the_file_that_it_was_made_of,
    w13_what_was_left_waiting_keeps_no_claim_from_live_work,
    w15_nothing_is_written_below_what_is_deleted,
);

/// Requests that a living daemon has claimed under a cancelled batch, and whose templates are gone.
const STRANDED: &str = "SELECT count(*)
     FROM requests r
     JOIN batches b ON b.id = r.batch_id
     JOIN daemons d ON d.id = r.daemon_id AND d.status = 'running'
     WHERE r.state = 'claimed' AND r.template_id IS NULL AND b.cancelled_at IS NOT NULL";

#[tokio::test]
async fn w1_no_claim_under_way_strands_its_requests() {
    let place = unfenced().await;
    add_pending(&place, UNDER_WAY, 1, 1..4).await;
    let mut daemon = place.postgres().session().await;
    daemon.execute(&format!("BEGIN; {}", original::claim(4))).await;
    // Nobody waits for it.
    place.execute(&original::delete_file(OCTOBER)).await;
    daemon.execute("COMMIT").await;
    place.execute(&original::purge_templates(1_000)).await;
    assert_eq!(place.number(STRANDED).await, 4);

    let place = fenced().await;
    add_pending(&place, UNDER_WAY, 1, 1..4).await;
    let mut daemon = place.postgres().session().await;
    daemon.execute(&format!("BEGIN; {}", original::claim(3))).await;
    let (pauser, mut stops) = Pauser::at("before find batches (change)");
    let deleting = place.deleting(file(OCTOBER), pauser);
    let stop = stops.next().await.unwrap();
    let of_deletion = stop.point.session.unwrap();
    stop.go();
    place.postgres().until_blocked(of_deletion).await;
    daemon.execute("COMMIT").await;
    deleting.await.unwrap().unwrap();
    // The fourth is claimed by nobody, though a claim asks for its row alone.
    let fourth = format!(
        "UPDATE requests SET state = 'claimed', daemon_id = '{}', claimed_at = now()
         WHERE id = '{}'",
        id("da", 1),
        id("9e", 8)
    );
    place.refuses_writer(&fourth).await;
    let purged = purge(place.system()).await;
    assert_eq!((purged.waiting.len(), place.number(STRANDED).await), (1, 0));
    let ended = "UPDATE requests SET state = 'canceled', canceled_at = now()
                 WHERE state IN ('claimed', 'processing')";
    place.execute(ended).await;
    let purged = purge(place.system()).await;
    assert_eq!((purged.ended.len(), place.number(STRANDED).await), (1, 0));
}

async fn w2_a_call_of_a_deleted_batch_is_told_to_stop(place: Place) {
    place.execute(ALIVE).await;
    let at_work = id("ba", UNDER_WAY);
    let poll = format!(
        "SELECT id FROM batches
         WHERE id = '{at_work}' AND cancelling_at IS NOT NULL AND deleted_at IS NULL"
    );
    let original = place.twin().await.without_fence().await;
    original.execute(&original::delete_batch(UNDER_WAY)).await;
    assert_eq!(original.column(&poll).await, []);

    let mut daemon = client(&place).await;
    let told = daemon.read("worker.heartbeat", &daemon_at(6)).await.unwrap();
    assert!(!told[0].is_true("cancel"));
    place.delete(batch(UNDER_WAY)).await.unwrap();
    let told = daemon.read("worker.heartbeat", &daemon_at(6)).await.unwrap();
    assert!(told[0].is_true("cancel"));
}

/// Ben's, of ten requests, made of Ada's file.
const BENS: u8 = 9;

async fn with_bens(place: Place) -> Place {
    place
        .execute(&format!(
            "INSERT INTO batches (id, file_id, endpoint, created_by, total_requests)
             VALUES ('{}', '{}', '/v1/responses', 'ben', 10)",
            id("ba", BENS),
            id("f1", OCTOBER)
        ))
        .await;
    add_pending(&place, BENS, 1, 1..11).await;
    place
}

async fn w12_a_batch_of_somebody_else_is_cancelled_with_the_file_that_it_was_made_of(place: Place) {
    let stands = format!(
        "SELECT count(*) FROM batches
         WHERE id = '{}' AND cancelled_at IS NULL AND file_id IS NOT NULL",
        id("ba", BENS)
    );
    let claimable = format!(
        "SELECT count(*)
         FROM active_requests r
         JOIN active_request_templates t ON t.id = r.template_id
         WHERE r.state = 'pending' AND r.batch_id = '{}'",
        id("ba", BENS)
    );
    let original = with_bens(place.twin().await.without_fence().await).await;
    original.execute(&original::bulk_delete("ada")).await;
    original.execute(original::purge_plainly()).await;
    assert_eq!(original.number(&stands).await, 1);
    let stuck = (states(&original, "pending", BENS).await, original.number(&claimable).await);
    assert_eq!(stuck, (10, 0));

    let place = with_bens(place).await;
    for number in [ENDED, UNDER_WAY] {
        place.delete(batch(number)).await.unwrap();
    }
    place.delete(file(OCTOBER)).await.unwrap();
    assert_eq!(place.number(&stands).await, 0);
    purge(place.system()).await;
    let settled = (states(&place, "pending", BENS).await, states(&place, "canceled", BENS).await);
    assert_eq!(settled, (0, 10));
}

async fn w13_what_was_left_waiting_keeps_no_claim_from_live_work(place: Place) {
    let original = place.twin().await.without_fence().await;
    add_pending(&original, UNDER_WAY, 1, 1..31).await;
    original.execute(&original::delete_file(OCTOBER)).await;
    assert_eq!(original.number(&original::claimable(20)).await, 0);

    add_pending(&place, UNDER_WAY, 1, 1..31).await;
    place.delete(file(OCTOBER)).await.unwrap();
    purge(place.system()).await;
    // Both that wait of the file november.
    assert_eq!(place.number(&original::claimable(20)).await, 2);
}

/// Every way to write below a batch and a file that were deleted.
fn late_writes() -> Vec<String> {
    let (of_file, of_batch) = (id("f1", OCTOBER), id("ba", UNDER_WAY));
    let template = format!(
        "INSERT INTO request_templates (id, file_id, endpoint, method, path, body, model, api_key)
         VALUES ('{}', '{of_file}', '/v1', 'POST', '/r', 'late', 'small', 'key')",
        id("7e", 90)
    );
    let request = format!(
        "INSERT INTO requests (id, batch_id, state, model) VALUES ('{}', '{of_batch}', 'pending', 'm')",
        id("9e", 90)
    );
    let moved =
        format!("UPDATE requests SET batch_id = '{of_batch}' WHERE id = '{}'", id("9e", 10));
    let made = format!(
        "INSERT INTO batches (id, file_id, endpoint, created_by)
         VALUES ('{}', '{of_file}', '/v1/responses', 'ben')",
        id("ba", 90)
    );
    let claimed = format!(
        "UPDATE requests SET state = 'claimed', daemon_id = '{}',
            claimed_at = '2026-11-01T08:00:00Z'
         WHERE id = '{}'",
        id("da", 1),
        id("9e", 8)
    );
    vec![template, request, moved, made, claimed]
}

async fn w15_nothing_is_written_below_what_is_deleted(place: Place) {
    let original = place.twin().await.without_fence().await;
    original.execute(&original::delete_file(OCTOBER)).await;
    original.execute(&original::delete_batch(UNDER_WAY)).await;
    for write in late_writes() {
        original.try_execute(&write).await.unwrap_or_else(|refused| panic!("{write}: {refused}"));
    }

    place.delete(file(OCTOBER)).await.unwrap();
    place.delete(batch(UNDER_WAY)).await.unwrap();
    for write in late_writes() {
        place.refuses_writer(&write).await;
    }
    // An answer to a request that is gone makes none.
    purge(place.system()).await;
    let mut daemon = client(&place).await;
    let late = daemon_at(6).with("batch", &id("ba", UNDER_WAY)).with("roll", &1);
    let before = place.dump().await;
    assert_eq!(
        daemon.run("worker.finish", &late).await.unwrap(),
        sexton_samples::app::Done::NotMet
    );
    assert_eq!(place.dump().await, before);
}

/// Whoever fills a batch looks first, and writes when the batch is deleted.
#[tokio::test]
async fn w15_a_batch_that_was_looked_at_before_its_deletion_is_not_filled() {
    let looks = format!(
        "BEGIN; SELECT id FROM batches WHERE id = '{}' AND deleted_at IS NULL",
        id("ba", UNDER_WAY)
    );
    let fills = &late_writes()[1];
    let place = unfenced().await;
    let mut populating = place.postgres().session().await;
    populating.execute(&looks).await;
    place.execute(&original::delete_batch(UNDER_WAY)).await;
    populating.execute(&format!("{fills}; COMMIT")).await;
    assert_eq!(states(&place, "pending", UNDER_WAY).await, 2);

    let place = fenced().await;
    let mut populating = place.postgres().session().await;
    populating.execute(&looks).await;
    place.delete(batch(UNDER_WAY)).await.unwrap();
    let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(fills.clone()));
    let refused = refused.execute(populating.connection()).await.unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "SX001");
}
