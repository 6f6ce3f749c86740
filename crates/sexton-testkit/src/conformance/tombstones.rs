//! Tombstones: written once, read by table, dropped late.

use sexton_core::lifecycle::State;
use sexton_core::names::{DeletionId, SystemName, Timestamp};
use sexton_engine::ports::{DeletionRow, Remembered, TombstoneSet};

use super::deletions::{advance, complete, deletion};
use super::{Outcome, Subject};

fn set(table: &str, keys: &[&str]) -> TombstoneSet {
    TombstoneSet {
        table: table.to_owned(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
    }
}

/// As a set of sets: their order is not promised.
fn sorted(mut sets: Vec<TombstoneSet>) -> Vec<TombstoneSet> {
    for set in &mut sets {
        set.keys.sort();
    }
    sets.sort_by(|a, b| a.table.cmp(&b.table));
    sets
}

pub async fn tombstones_come_back_by_table(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let id = DeletionId::new("dlt_1");
    let sets =
        [set("entries", &["[\"it's\",\"ä\"]", "[1]", "[null]"]), set("other.runs", &["[1]"])];
    let mut tx = subject.change().await?;
    tx.insert_tombstones(&id, Timestamp(1_000), &sets).await?;
    tx.insert_tombstones(&DeletionId::new("dlt_2"), Timestamp(1_000), &[set("x", &["[1]"])])
        .await?;
    tx.commit().await?;
    let mut tx = subject.look().await?;
    assert_eq!(sorted(tx.tombstones(&id).await?), sorted(sets.to_vec()));
    assert!(tx.tombstones(&DeletionId::new("dlt_unknown")).await?.is_empty());
    tx.rollback().await
}

pub async fn tombstones_written_twice_are_read_once(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let id = DeletionId::new("dlt_1");
    let many: Vec<String> = (0..5_000).map(|number| format!("[{number}]")).collect();
    let sets = [TombstoneSet { table: "entries".to_owned(), keys: many }];
    let mut tx = subject.change().await?;
    tx.insert_tombstones(&id, Timestamp(1_000), &[]).await?;
    tx.insert_tombstones(&id, Timestamp(1_000), &sets).await?;
    tx.insert_tombstones(&id, Timestamp(2_000), &sets).await?;
    // Added later, as by a purge that goes on.
    tx.insert_tombstones(&id, Timestamp(2_000), &[set("entries", &["[-1]"])]).await?;
    let found = tx.tombstones(&id).await?;
    assert_eq!(found.iter().map(|set| set.keys.len()).collect::<Vec<_>>(), [5_001]);
    tx.rollback().await
}

pub async fn tombstones_go_after_their_deletion_is_complete(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let mut tx = subject.change().await?;
    for id in ["dlt_early", "dlt_late", "dlt_open"] {
        tx.insert_deletion(&deletion(id, 1_000)).await?;
        let sets = [set("runs", &["[1]", "[2]"])];
        tx.insert_tombstones(&DeletionId::new(id), Timestamp(1_000), &sets).await?;
    }
    complete(&mut *tx, "dlt_early", 2_000).await?;
    complete(&mut *tx, "dlt_late", 5_000).await?;
    assert!(advance(&mut *tx, "dlt_open", (State::Requested, State::Committed), 2_000).await?);

    let (shop, other) = (SystemName::new("shop"), SystemName::new("other"));
    assert!(tx.late(&other, Timestamp(9_000), 9).await?.is_empty(), "of another system");
    assert!(tx.late(&shop, Timestamp(2_000), 9).await?.is_empty(), "complete at, not before");
    let due = |rows: Vec<DeletionRow>| -> Vec<String> {
        rows.into_iter().map(|row| row.id.to_string()).collect()
    };
    assert_eq!(due(tx.late(&shop, Timestamp(9_000), 9).await?), ["dlt_early", "dlt_late"]);
    // What waits for somebody does not keep the others waiting.
    let early = DeletionId::new("dlt_early");
    tx.note_late(&early, Some("{}")).await?;
    tx.note_late(&DeletionId::new("dlt_open"), Some("{}")).await?;
    assert_eq!(due(tx.late(&shop, Timestamp(9_000), 1).await?), ["dlt_late"]);
    let notes = |row: Option<DeletionRow>| row.and_then(|row| row.note);
    assert_eq!(notes(tx.deletion(&early).await?).as_deref(), Some("{}"));
    assert_eq!(notes(tx.deletion(&DeletionId::new("dlt_open")).await?), None, "is not complete");
    assert_eq!(tx.drop_tombstones(&early).await?, 1);
    assert_eq!(tx.drop_tombstones(&early).await?, 0, "a repeat finds none");
    assert_eq!(due(tx.late(&shop, Timestamp(9_000), 9).await?), ["dlt_late"]);
    assert!(tx.tombstones(&early).await?.is_empty());
    for kept in ["dlt_late", "dlt_open"] {
        assert_eq!(tx.tombstones(&DeletionId::new(kept)).await?.len(), 1, "{kept}");
    }
    tx.rollback().await
}

pub async fn keys_of_a_fence_are_remembered_once_and_go_with_tombstones(
    subject: &Subject,
) -> Outcome {
    subject.database.prepare_ledger().await?;
    let id = DeletionId::new("dlt_1");
    let of = |memory: &str, keys: &[&str]| Remembered {
        memory: memory.to_owned(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
    };
    let sets = [of("runs.id", &["it's", "ä", "1,2"]), of("jobs.id", &["1"])];
    let mut tx = subject.change().await?;
    tx.insert_deletion(&deletion("dlt_1", 1_000)).await?;
    for set in &sets {
        tx.lock_fence(set).await?;
        tx.lock_fence(set).await?;
    }
    tx.insert_fenced(&id, Timestamp(1_000), &sets).await?;
    tx.insert_fenced(&id, Timestamp(1_000), &sets).await?;
    assert_eq!(subject.fenced(&mut *tx).await?, 4);
    complete(&mut *tx, "dlt_1", 2_000).await?;
    let system = SystemName::new("shop");
    assert_eq!(tx.late(&system, Timestamp(2_001), 9).await?.len(), 1, "it has no tombstones");
    tx.drop_tombstones(&id).await?;
    assert_eq!(subject.fenced(&mut *tx).await?, 0);
    tx.rollback().await
}
