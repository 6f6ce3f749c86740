//! The same root twice, and eight times, at once.

use std::iter::repeat_n;
use std::sync::Arc;

use sexton_core::audit::Receipt;
use sexton_engine::ports::{DatabaseError, Violation};
use sexton_engine::{DeleteError, EngineError, System};
use sexton_testkit::interpose::{Interposed, Pauser};
use tokio::sync::Barrier;

use crate::files::File;
use crate::stage::{Stage, end, found_nothing, request};

/// How often one root is deleted at once.
const AT_ONCE: usize = 8;

/// Two deletions of one root, the second begun while the first is about to commit. Returns how
/// the second ended.
async fn second_of_two(
    thing: &str,
    id: &str,
    with: fn(Interposed) -> Interposed,
) -> Result<Receipt, DeleteError> {
    let stage = Stage::batches().await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let first = stage.deleting(thing, id, |on| with(on).watched_by(pauser));
    let first_stands = stops.next().await.expect("the first comes to its commit");
    let (pauser, mut stops) = Pauser::at("after begin (change)");
    let mut second = stage.deleting(thing, id, |on| with(on).watched_by(pauser));
    let second_begins = stops.next().await.expect("the second begins");
    stage.go_until_blocked(second_begins, &mut second).await;
    first_stands.go();
    end(first).await.expect("the first has nobody in its way");
    let ended = end(second).await;
    assert_eq!(stage.ledger().await.1, 1, "one record");
    ended
}

#[tokio::test]
async fn of_two_deletions_of_one_row_the_second_waits_and_finds_nothing() {
    let second = second_of_two("run", "autumn-2026-arles", |on| on).await;
    assert!(found_nothing(&second), "{second:?}");
}

#[tokio::test]
async fn of_two_deletions_of_one_value_without_a_row_the_second_waits_and_finds_nothing() {
    let second = second_of_two("batch", "lost-2026", |on| on).await;
    assert!(found_nothing(&second), "{second:?}");
}

#[tokio::test]
async fn without_locks_the_second_of_two_deletions_fails_halfway() {
    for (thing, id) in [("run", "autumn-2026-arles"), ("batch", "lost-2026")] {
        let second = second_of_two(thing, id, Interposed::unlocked).await;
        assert_eq!(violation(&second), Some(Violation::Raised), "{thing}: {second:?}");
    }
}

/// Which constraint refused it, if one did.
fn violation(ended: &Result<Receipt, DeleteError>) -> Option<Violation> {
    match ended {
        Err(DeleteError::Engine(EngineError::Database(DatabaseError::Violation {
            kind, ..
        }))) => Some(*kind),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_eight_deletions_of_one_root_one_succeeds_on_postgres() {
    let stage = Stage::batches().await;
    one_succeeds("autumn-2026", (0..AT_ONCE).map(|_| Arc::new(stage.system(|on| on)))).await;
    let system = Arc::new(stage.system(|on| on));
    one_succeeds("summer-2026", repeat_n(system, AT_ONCE)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_eight_deletions_of_one_root_one_succeeds_on_sqlite() {
    let file = File::batches().await;
    let mut systems = Vec::new();
    for _ in 0..AT_ONCE {
        systems.push(Arc::new(file.system(|on| on).await));
    }
    one_succeeds("autumn-2026", systems.into_iter()).await;
    let system = Arc::new(file.system(|on| on).await);
    one_succeeds("summer-2026", repeat_n(system, AT_ONCE)).await;
}

/// All begin at once, in processes of their own or in one.
async fn one_succeeds(batch: &str, systems: impl Iterator<Item = Arc<System>>) {
    let start = Arc::new(Barrier::new(AT_ONCE));
    let deleting: Vec<_> = systems
        .map(|system| {
            let (start, request) = (start.clone(), request("batch", batch));
            tokio::spawn(async move {
                start.wait().await;
                let ended = system.delete(&request).await;
                (system, ended)
            })
        })
        .collect();
    let (mut succeeded, mut records) = (0, 0);
    for deletion in deleting {
        let (system, ended) = deletion.await.expect("a deletion does not panic");
        succeeded += usize::from(ended.is_ok());
        assert!(ended.is_ok() || found_nothing(&ended), "{ended:?}");
        let entries = system.audit_list(usize::MAX).await.expect("the audit can be read");
        records = entries.iter().filter(|entry| entry.record.roots.all() == [batch]).count();
    }
    assert_eq!((succeeded, records), (1, 1));
}
