//! Connections that are lost while objects are removed: whatever was under way is made good.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use sexton_engine::ports::{DatabaseError, StoreError};
use sexton_testkit::interpose::{Interposed, Point, Recorder, Watcher};
use sexton_testkit::random::ground::Ground;
use tokio::sync::watch;

use super::faults::{Faulty, denied};
use super::stage::{self, BELOW, MANIFESTS, Stage, all_gone, keys, object, put, request};

on_both_databases!(
    a_database_that_is_lost_at_any_point_loses_nothing,
    a_store_that_is_silent_holds_nothing_up_for_good,
);

/// Loses the connection at every point of one name.
struct Lost(String);

#[async_trait]
impl Watcher for Lost {
    async fn at(&self, _: &Point) {}

    fn failure(&self, point: &Point) -> Option<DatabaseError> {
        (point.name() == self.0).then(|| DatabaseError::Lost("the test cut the line".to_owned()))
    }
}

/// A deletion whose rows are gone, and whose objects are all there: by a prefix, and by a manifest.
async fn left(stage: &Stage, n: usize) -> sexton_core::names::DeletionId {
    let (project, run) = (1_000 + n, 2_000 + n);
    stage.write(&format!("INSERT INTO projects VALUES ({project}, NULL)")).await;
    stage.write(&format!("INSERT INTO runs VALUES ({run}, {project}, 'run-{n}', NULL)")).await;
    put(&stage.files, &format!("runs/{run}/a"));
    put(&stage.files, &format!("runs/{run}/b"));
    put(&stage.logs, "mask");
    stage.logs.put(&object(&format!("run-{n}.json")), br#"{"masks": ["mask"]}"#);
    let down = Down;
    let system = stage.another(Some(Arc::new(down)));
    let id = stage::left(system.delete(&request(&project.to_string())).await);
    stage.a_day_passes().await;
    id
}

/// No call to a store gets through.
struct Down;

#[async_trait]
impl Watcher for Down {
    async fn at(&self, _: &Point) {}

    fn store_failure(&self, _: &Point) -> Option<StoreError> {
        Some(denied())
    }
}

async fn a_database_that_is_lost_at_any_point_loses_nothing(ground: Ground) {
    let stage = Stage::new(ground, &[BELOW, MANIFESTS].concat()).await;
    let (files, logs) = (keys(&stage.files).await, keys(&stage.logs).await);
    let (_never, stop) = watch::channel(false);
    let by = |watcher: Arc<dyn Watcher>| {
        let database = Interposed::on(stage.system.database().clone()).watched_by(watcher);
        stage.on(Arc::new(database), None)
    };
    let recorder = Arc::new(Recorder::default());
    let id = left(&stage, 0).await;
    by(recorder.clone()).work(&stop).await.expect("it answers");
    stage.receipt(&id).await;
    let points: BTreeSet<String> = recorder.points().into_iter().collect();
    assert!(points.len() > 20, "{points:?}");
    for (n, point) in points.iter().enumerate() {
        let id = left(&stage, n + 1).await;
        // Whether it fails or not: what it could not write down is done again.
        by(Arc::new(Lost(point.clone()))).work(&stop).await.ok();
        for _ in 0..2 {
            stage.a_day_passes().await;
            stage.write(&format!("UPDATE {} SET leased_until = 0", stage.own("deletions"))).await;
            stage.work().await;
        }
        let gone = all_gone(&stage.receipt(&id).await);
        assert_eq!(gone.failed, 0, "{point}");
        assert_eq!(keys(&stage.files).await, files, "{point}");
        assert_eq!(keys(&stage.logs).await, logs, "{point}");
        assert_eq!(stage.stored("intents").await, 0, "{point}");
    }
}

/// It ends each call by its time, and is asked again later.
async fn a_store_that_is_silent_holds_nothing_up_for_good(ground: Ground) {
    let stage = Stage::new(ground, &[BELOW, MANIFESTS].concat()).await;
    for (n, call) in ["list files", "remove files", "get logs", "head logs", "remove logs"]
        .into_iter()
        .enumerate()
    {
        let id = left(&stage, n).await;
        let silent = StoreError::Timeout { doing: "answer" };
        let system = stage.another(Some(Faulty::of(&format!("before {call} (store)"), silent)));
        let worked = system.work(&watch::channel(false).1).await.expect("the database answers");
        assert!(!worked.failed.is_empty(), "{call}: {worked:?}");
        assert!(worked.ended > 0, "{call}: the other promise is carried out: {worked:?}");
        stage.a_day_passes().await;
        stage.work().await;
        stage.a_day_passes().await;
        stage.work().await;
        let gone = all_gone(&stage.receipt(&id).await);
        assert_eq!((gone.deleted, gone.failed), (4, 0), "{call}");
    }
}
