//! W10 and W11: requests that wait for ever, because what they need is gone.

use super::{ALIVE, OCTOBER, UNDER_WAY, client, daemon_at, original, states};
use crate::place::Place;
use crate::requests::hiding::purge;
use crate::requests::{batch, file, id};
use sexton_samples::app::{Done, Values};

on_both_databases!(
    sexton_samples::requests;
    w10_what_can_never_run_again_does_not_wait,
    w11_a_retry_does_not_overturn_a_deletion,
);

/// Requests that wait, and that no claim will ever find.
const FOR_EVER: &str =
    "SELECT count(*) FROM requests WHERE state = 'pending' AND template_id IS NULL";

async fn w10_what_can_never_run_again_does_not_wait(place: Place) {
    let original = place.twin().await.without_fence().await;
    original.execute(&original::delete_file(OCTOBER)).await;
    original.execute(original::purge_plainly()).await;
    assert_eq!(original.number(FOR_EVER).await, 1);

    place.execute(ALIVE).await;
    place.delete(file(OCTOBER)).await.unwrap();
    // A daemon gives up its call, as it may, and the request waits again.
    let mut daemon = client(&place).await;
    let put_back = daemon.run("worker.retry", &daemon_at(6)).await.unwrap();
    assert!(matches!(put_back, Done::Committed(_)));
    let purged = purge(place.system()).await;
    assert_eq!((purged.rows, purged.ended.len()), (4, 1));
    assert_eq!(place.number(FOR_EVER).await, 0);
    assert_eq!(states(&place, "canceled", UNDER_WAY).await, 3);
}

async fn w11_a_retry_does_not_overturn_a_deletion(place: Place) {
    let original = place.twin().await.without_fence().await;
    original.execute(&original::delete_file(OCTOBER)).await;
    original.execute(original::purge_plainly()).await;
    original.execute(&original::retry(UNDER_WAY)).await;
    let ends = format!(
        "SELECT count(*) FROM batches WHERE id = '{}' AND cancelling_at IS NULL",
        id("ba", UNDER_WAY)
    );
    // It is under way again, and never ends.
    assert_eq!((original.number(&ends).await, original.number(FOR_EVER).await), (1, 1));

    // Between hide and purge, a retry changes nothing in the end.
    place.execute("UPDATE daemons SET status = 'dead'").await;
    place.delete(file(OCTOBER)).await.unwrap();
    place.execute(&original::retry(UNDER_WAY)).await;
    purge(place.system()).await;
    assert_eq!(place.number(FOR_EVER).await, 0);
    assert_eq!(states(&place, "pending", UNDER_WAY).await, 0);
    // Afterwards the sample's own retry knows what went.
    let mut client = client(&place).await;
    let of_batch = Values::new().with("batch", &id("ba", UNDER_WAY));
    let before = place.dump().await;
    assert_eq!(client.run("submit.retry", &of_batch).await.unwrap(), Done::NotMet);
    assert_eq!(place.dump().await, before);
    // Of a batch that is hidden itself, nothing that was put back is claimed, and all of it goes.
    place.delete(batch(UNDER_WAY)).await.unwrap();
    place.execute(&original::retry(UNDER_WAY)).await;
    let claimed = format!(
        "UPDATE requests SET state = 'claimed', daemon_id = '{}', claimed_at = '2026-11-01T08:00:00Z'
         WHERE batch_id = '{}' AND state = 'pending'",
        id("da", 1),
        id("ba", UNDER_WAY)
    );
    place.refuses_writer(&claimed).await;
    purge(place.system()).await;
    let left = format!("SELECT count(*) FROM requests WHERE batch_id = '{}'", id("ba", UNDER_WAY));
    assert_eq!(place.number(&left).await, 0);
}
