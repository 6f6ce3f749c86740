//! Claims: none is allowed on a batch that is cancelled, whoever comes first.

use super::{file, id};
use crate::place::Place;
use sexton_testkit::interpose::Pauser;

on_both_databases!(
    sexton_samples::requests;
    r14_no_request_of_a_cancelled_batch_is_claimed,
);

const OCTOBER: u8 = 1;
const UNDER_WAY: u8 = 2;

/// Requests of the batch that wait; their templates are gone, so that the deletion of the file does
/// not change them itself.
const WAITING: [u8; 2] = [98, 99];

async fn with_waiting(place: Place) -> Place {
    for number in WAITING {
        let (request, batch) = (id("9e", number), id("ba", UNDER_WAY));
        place
            .execute(&format!(
                "INSERT INTO requests (id, batch_id, state, model)
                 VALUES ('{request}', '{batch}', 'pending', 'm')"
            ))
            .await;
    }
    place
}

/// As a worker claims a request.
fn claim(number: u8) -> String {
    let (request, daemon) = (id("9e", number), id("da", 1));
    format!(
        "UPDATE requests SET state = 'claimed', daemon_id = '{daemon}',
            claimed_at = '2026-10-07T08:00:00Z'
         WHERE id = '{request}'"
    )
}

async fn r14_no_request_of_a_cancelled_batch_is_claimed(place: Place) {
    let place = with_waiting(place).await;
    let [first, second] = WAITING;
    place.execute(&claim(first)).await;
    // The file goes, and with it every batch of it is cancelled.
    place.delete(file(OCTOBER)).await.unwrap();
    place.refuses_writer(&claim(second)).await;
    let (inserted, batch, daemon) = (id("9e", 97), id("ba", UNDER_WAY), id("da", 1));
    let inserted = format!(
        "INSERT INTO requests (id, batch_id, state, model, daemon_id, claimed_at)
         VALUES ('{inserted}', '{batch}', 'claimed', 'm', '{daemon}', '2026-10-07T08:00:00Z')"
    );
    place.refuses_writer(&inserted).await;
    // What was claimed before may end.
    let ended = format!(
        "UPDATE requests SET state = 'canceled', canceled_at = '2026-10-07T09:00:00Z'
         WHERE id = '{}'",
        id("9e", first)
    );
    place.execute(&ended).await;
}

/// A claim that is under way when the deletion begins. Says whether the deletion waited for it.
async fn claimed_before_the_commit(place: Place) -> bool {
    let place = with_waiting(place).await;
    let mut session = place.postgres().session().await;
    session.execute(&format!("BEGIN; {}", claim(WAITING[0]))).await;
    let (pauser, mut stops) = Pauser::at("before find batches (change)");
    let mut deleting = place.deleting(file(OCTOBER), pauser);
    let stop = stops.next().await.unwrap();
    let of_deletion = stop.point.session.unwrap();
    stop.go();
    let waited = tokio::select! {
        () = place.postgres().until_blocked(of_deletion) => true,
        ended = &mut deleting => {
            ended.unwrap().unwrap();
            false
        }
    };
    session.execute("COMMIT").await;
    if waited {
        deleting.await.unwrap().unwrap();
    }
    waited
}

#[tokio::test]
async fn r14_a_claim_before_the_cancelling_commit_is_waited_for() {
    let place = Place::on_postgres(sexton_samples::requests()).await;
    assert!(claimed_before_the_commit(place).await);
}

#[tokio::test]
async fn without_the_fence_a_claim_commits_after_the_cancelling_one() {
    let place = Place::on_postgres(sexton_samples::requests()).await.without_fence().await;
    assert!(!claimed_before_the_commit(place).await);
}

/// A claim that comes while the deletion stands before its commit.
async fn claimed_during_the_commit(place: Place) -> (bool, Result<(), String>) {
    let place = with_waiting(place).await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let deleting = place.deleting(file(OCTOBER), pauser);
    let stop = stops.next().await.unwrap();
    let (waited, writing) = place.writing(&claim(WAITING[0])).await;
    stop.go();
    deleting.await.unwrap().unwrap();
    (waited, writing.await.unwrap())
}

#[tokio::test]
async fn r14_a_claim_during_the_cancelling_commit_waits_and_is_refused() {
    let place = Place::on_postgres(sexton_samples::requests()).await;
    let refused = Err("SX002".to_owned());
    assert_eq!(claimed_during_the_commit(place).await, (true, refused));
}

#[tokio::test]
async fn without_the_fence_a_claim_during_the_cancelling_commit_is_allowed() {
    let place = Place::on_postgres(sexton_samples::requests()).await.without_fence().await;
    assert_eq!(claimed_during_the_commit(place).await, (false, Ok(())));
}
