//! The schema changes between a preview and its deletion, or under a deletion.

use std::sync::Arc;

use sexton_core::audit::Receipt;
use sexton_engine::{Bound, Budget, DeleteError, EngineError};
use sexton_testkit::dump::Dump;
use sexton_testkit::interpose::{Pauser, Recorder};

use crate::stage::{Stage, end, request};

/// Previews, changes the schema, and deletes what was previewed. Returns how that ended, how
/// often the deletion began, and the rows after the change and in the end.
async fn previewed_then(change: &str) -> (Result<Receipt, DeleteError>, usize, Dump, Dump) {
    let stage = Stage::batches().await;
    let recorder = Arc::new(Recorder::default());
    let watched = recorder.clone();
    let system = stage.system(|on| on.watched_by(watched));
    let mut request = request("batch", "autumn-2026");
    let preview = system.preview(&request.root, Budget::default()).await;
    let preview = preview.expect("the policy fits so far");
    let digest = preview.digest.expect("all keys were found");
    let parts = preview.parts.expect("all keys were found");
    request.bound_to = Some(Bound::Parts { digest, parts });
    stage.test.execute(change).await;
    let changed = stage.test.dump().await;
    let ended = system.delete(&request).await;
    let begun = recorder.count("before begin (change)");
    (ended, begun, changed, stage.test.dump().await)
}

fn findings(ended: Result<Receipt, DeleteError>) -> String {
    match ended {
        Err(DeleteError::Engine(EngineError::Policy(findings))) => {
            findings.iter().map(|finding| finding.message.as_str()).collect::<Vec<_>>().join("\n")
        }
        other => panic!("no finding refused it: {other:?}"),
    }
}

#[tokio::test]
async fn a_new_column_that_nothing_speaks_of_is_planned_anew_and_deleted() {
    let (ended, begun, changed, after) =
        previewed_then("ALTER TABLE runs ADD COLUMN remark text").await;
    assert_eq!(ended.unwrap().rows(), 231);
    assert_eq!(begun, 2, "the first plan was for another schema");
    assert_ne!(changed["runs"], after["runs"]);
}

#[tokio::test]
async fn a_new_reference_without_a_line_refuses_by_its_finding() {
    let (ended, _, changed, after) = previewed_then(
        "CREATE TABLE exports (id bigint PRIMARY KEY, run_id text REFERENCES runs (id));
         CREATE INDEX ON exports (run_id);
         INSERT INTO exports VALUES (1, 'autumn-2026-arles')",
    )
    .await;
    let told = findings(ended);
    assert!(told.contains("exports.run_id"), "{told}");
    assert!(changed == after);
}

#[tokio::test]
async fn a_reference_that_comes_under_the_deletion_refuses_before_its_cascade_counts() {
    let stage = Stage::batches().await;
    stage
        .test
        .execute(
            "CREATE TABLE exports (id bigint PRIMARY KEY, run_id text);
             INSERT INTO exports VALUES (1, 'autumn-2026-arles')",
        )
        .await;
    let before = stage.test.dump().await;
    let (pauser, mut stops) = Pauser::at("before remove runs (change)");
    let deleting = stage.deleting("batch", "autumn-2026", |on| on.watched_by(pauser));
    let removing = stops.next().await.expect("the deletion comes to the runs");
    stage
        .test
        .execute("ALTER TABLE exports ADD FOREIGN KEY (run_id) REFERENCES runs ON DELETE CASCADE")
        .await;
    removing.go();
    let told = findings(end(deleting).await);
    assert!(told.contains("exports.run_id"), "{told}");
    assert!(stage.test.dump().await == before);
}

#[tokio::test]
async fn a_table_that_is_gone_refuses_by_its_finding() {
    let (ended, _, changed, after) = previewed_then("DROP TABLE run_dnssec_chain").await;
    let told = findings(ended);
    assert!(told.contains("run_dnssec_chain"), "{told}");
    assert!(changed == after);
}
