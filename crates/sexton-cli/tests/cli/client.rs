//! The stories of the client for Rust, against a server of this build.

use std::time::Duration;

use sexton_client::{Error, Sexton};

use crate::place::Place;
use crate::serving::Server;

on_both_databases!(
    what_was_previewed_is_what_goes,
    t31_what_is_gone_or_never_was_is_not_found,
    what_changed_after_the_preview_refuses_and_is_told,
    the_same_key_is_the_same_deletion,
    rows_are_listed_and_one_is_looked_at,
    a_deletion_is_followed_to_its_end,
);

const BATCH: &str = "autumn-2026";
const RUNS: &str = "SELECT count(*) FROM runs WHERE batch_id = 'autumn-2026'";
const WAIT: Duration = Duration::from_secs(30);

fn client(server: &Server) -> Sexton {
    Sexton::at(server.url()).client().expect("the address is one")
}

async fn what_was_previewed_is_what_goes(place: Place) {
    let server = Server::on(&place);
    let client = client(&server);
    let systems = client.systems().await.expect("they are told");
    let things = client.things("batches").await.expect("they are told");
    let names: Vec<String> = things.iter().map(|thing| thing.name.clone()).collect();
    assert_eq!((systems[0].name.as_str(), &systems[0].things), ("batches", &names));
    let batch = client.thing("batches", "batch");
    let preview = batch.preview(BATCH).await.expect("it is shown");
    assert!(!preview.blocked && preview.digest.is_some());
    assert_eq!(place.number(RUNS).await, 7);
    let deletion = batch.delete(&preview).reason("asked for by mail").wait(WAIT);
    let deletion = deletion.await.expect("it is done");
    assert_eq!((deletion.state.as_str(), deletion.removed["runs"]), ("complete", 7));
    assert_eq!(deletion.reason.as_deref(), Some("asked for by mail"));
    assert_eq!(place.number(RUNS).await, 0);
    let deletions = client.deletions("batches");
    assert_eq!(deletions.get(&deletion.id).await.expect("it is kept"), deletion);
    let kept = deletions.list().all().await.expect("they are kept");
    assert_eq!(kept.iter().map(|of| &of.id).collect::<Vec<_>>(), [&deletion.id]);
    let receipt = deletions.receipt(&deletion.id).await.expect("it has one");
    assert_eq!(receipt["deletion"], deletion.id.as_str());
    let audit = client.audit("batches");
    assert_eq!(audit.records(10).await.expect("they are kept").len(), 1);
    assert!(audit.verify().await.expect("it is judged").is_whole);
}

async fn t31_what_is_gone_or_never_was_is_not_found(place: Place) {
    let server = Server::on(&place);
    let batch = client(&server).thing("batches", "batch");
    batch.delete(BATCH).wait(WAIT).await.expect("it is done");
    for gone in [BATCH, "never-was"] {
        let error = batch.delete(gone).await.expect_err("it is not there");
        assert!(matches!(error, Error::NotFound(_)), "{error:?}");
        assert_eq!(error.code(), Some("missing"));
        assert!(error.request_id().is_some_and(|id| !id.is_empty()));
    }
}

async fn what_changed_after_the_preview_refuses_and_is_told(place: Place) {
    let server = Server::on(&place);
    let batch = client(&server).thing("batches", "batch");
    let preview = batch.preview(BATCH).await.expect("it is shown");
    place.execute("DELETE FROM jobs WHERE id = 'autumn-2026-ghent'").await;
    let error = batch.delete(&preview).wait(WAIT).await.expect_err("it is stale");
    assert!(matches!(error, Error::Stale(_)), "{error:?}");
    assert_eq!(error.differences()[0].table, "jobs");
    assert_eq!(place.number(RUNS).await, 7);
}

async fn the_same_key_is_the_same_deletion(place: Place) {
    let server = Server::on(&place);
    let client = client(&server);
    let batch = client.thing("batches", "batch");
    let asked = || batch.delete(BATCH).wait(WAIT).idempotency_key("a-key-of-mine");
    let first = asked().await.expect("it is done");
    assert_eq!(asked().await.expect("it was done").id, first.id);
    assert_eq!(client.deletions("batches").list().all().await.expect("told").len(), 1);
}

async fn rows_are_listed_and_one_is_looked_at(place: Place) {
    let server = Server::on(&place);
    let batch = client(&server).thing("batches", "batch");
    let ids: Vec<String> =
        batch.rows().all().await.expect("they are told").into_iter().map(|row| row.id).collect();
    assert!(ids.contains(&BATCH.to_owned()) && ids.len() == 3, "{ids:?}");
    assert_eq!(batch.get(BATCH).await.expect("it is there").id, BATCH);
    let found = batch.search("autumn").all().await.expect("they are told");
    assert_eq!(found.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), [BATCH]);
    let asked = batch.cancel(BATCH).await.expect("work is asked to stop");
    assert!(asked["tables"].is_array(), "{asked:#}");
    assert_eq!(place.number(RUNS).await, 7);
}

async fn a_deletion_is_followed_to_its_end(place: Place) {
    let server = Server::on(&place);
    let client = client(&server);
    let deletion = client.thing("batches", "batch").delete(BATCH).wait(Duration::ZERO).await;
    let id = deletion.expect("it is accepted").id;
    let deletions = client.deletions("batches");
    let mut events = deletions.events(&id);
    let mut last = None;
    while let Some(event) = events.next().await {
        last = Some(event.expect("it is heard"));
    }
    let last = last.expect("something was told");
    assert_eq!(last.deletion.state, "complete");
    assert!(deletions.wait(&id).await.expect("it has ended").is_ended);
    // Who comes late is told how it ended.
    let again = deletions.events(&id).next().await.expect("it is told");
    assert_eq!(again.expect("it is heard"), last);
}
