use sexton_core::audit::RootNames;
use sexton_core::lifecycle::State;
use sexton_core::names::{Actor, DeletionId, SystemName, ThingName, Timestamp};
use sexton_core::sql::Scalar;
use sexton_engine::ports::{
    AuditHead, Database, DatabaseError, NewDeletion, StateChange, TombstoneSet, Violation,
};

use crate::files::{File, run};

async fn prepared() -> File {
    let file = File::with("CREATE TABLE app (a)").await;
    file.database.prepare_ledger().await.expect("Sexton's tables");
    file
}

fn system() -> SystemName {
    SystemName::new("zonetest")
}

fn requested(id: &str, at: i64, lease_secs: i64) -> NewDeletion {
    NewDeletion {
        id: DeletionId::new(id),
        system: system(),
        thing: ThingName::new("batch"),
        roots: RootNames::of(vec!["b-1".to_owned()]),
        actor: Actor::new("ann"),
        tenant: None,
        reason: Some("GDPR".to_owned()),
        bound_to: None,
        requested_at: Timestamp(at),
        lease: "run-1".to_owned(),
        lease_secs,
    }
}

fn change(id: &DeletionId, from: State, to: State) -> StateChange<'_> {
    let receipt = (to == State::Complete).then(|| "{}".to_owned());
    StateChange { id, lease: "run-1", from, to, at: Timestamp(9), note: None, receipt }
}

#[tokio::test]
async fn preparing_twice_is_preparing_once() {
    let file = prepared().await;
    let stamp = file.look().await.stamp(&[]).await.unwrap();
    file.database.prepare_ledger().await.unwrap();
    assert_eq!(file.look().await.stamp(&[]).await.unwrap(), stamp);
    let applied = file.one("SELECT group_concat(number || name) FROM sexton_migrations").await;
    let every = "1ledger,2drained,3intents,4fence,5progress,6shared,7hidden,8undo,9holds,\
                 10requests,11background,12deciders,13hidden_in_ledger,14figures,15asked";
    assert_eq!(applied, Scalar::text(every));
    // Sexton's own tables are no part of the system's schema.
    let schema = file.database.schema().await.unwrap();
    let names: Vec<&str> = schema.tables.keys().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["app"]);
}

#[tokio::test]
async fn a_changed_migration_is_refused_and_a_later_one_left_alone() {
    let file = prepared().await;
    file.write(
        "INSERT INTO sexton_migrations (number, name, hash, applied_at)
         SELECT 1000, 'later', hash, applied_at FROM sexton_migrations WHERE number = 1",
    )
    .await;
    file.database.prepare_ledger().await.unwrap();
    file.write("UPDATE sexton_migrations SET hash = 'another' WHERE number = 1").await;
    match file.database.prepare_ledger().await {
        Err(DatabaseError::Failed { detail, .. }) => {
            assert!(detail.contains("0001_ledger") && detail.contains("changed"), "{detail}");
        }
        other => panic!("{other:?}"),
    }
}

/// The table of deletions is made anew: its rows are kept, and a view of the application that is
/// broken is not in the way.
#[tokio::test]
async fn deletions_of_an_earlier_program_are_kept() {
    let file = prepared().await;
    file.write(
        "DROP TABLE sexton_deletions;
         DELETE FROM sexton_migrations WHERE number IN (2, 15);
         ALTER TABLE sexton_requests DROP COLUMN answer;
         CREATE TABLE sexton_deletions (id TEXT NOT NULL PRIMARY KEY, system TEXT, thing TEXT,
             root TEXT, state TEXT, actor TEXT, reason TEXT, bound_to TEXT, requested_at INTEGER,
             changed_at INTEGER, lease TEXT, leased_until INTEGER, note TEXT, receipt TEXT);
         INSERT INTO sexton_deletions VALUES ('dlt_1', 'shop', 'customer', '7', 'committed', 'ann',
             NULL, NULL, 1, 2, 'run-1', 3, NULL, NULL);
         CREATE VIEW broken AS SELECT x FROM gone;",
    )
    .await;
    file.database.prepare_ledger().await.unwrap();
    let mut tx = file.change().await;
    let row = tx.deletion(&DeletionId::new("dlt_1")).await.unwrap().unwrap();
    let known = (State::Committed, RootNames::of(vec!["7".to_owned()]));
    assert_eq!((row.state, row.roots), known);
    tx.insert_deletion(&requested("dlt_2", 5, 60)).await.unwrap();
    let id = DeletionId::new("dlt_2");
    assert!(tx.change_state(change(&id, State::Requested, State::Drained)).await.unwrap());
}

#[tokio::test]
async fn a_state_changes_only_from_the_state_and_lease_named() {
    let file = prepared().await;
    let id = DeletionId::new("dlt_1");
    let mut tx = file.change().await;
    tx.insert_deletion(&requested("dlt_1", 5, 60)).await.unwrap();
    assert!(!tx.change_state(change(&id, State::Committed, State::Reaped)).await.unwrap());
    let late = StateChange { lease: "run-2", ..change(&id, State::Requested, State::Committed) };
    assert!(!tx.change_state(late).await.unwrap());
    for (from, to) in [
        (State::Requested, State::Committed),
        (State::Committed, State::Reaped),
        (State::Reaped, State::Complete),
    ] {
        assert!(tx.change_state(change(&id, from, to)).await.unwrap());
    }
    let row = tx.deletion(&id).await.unwrap().unwrap();
    assert_eq!(
        (row.state, row.changed_at, row.receipt),
        (State::Complete, Timestamp(9), Some("{}".to_owned()))
    );
    assert_eq!((row.reason.as_deref(), row.bound_to), (Some("GDPR"), None));
    assert!(tx.deletion(&DeletionId::new("dlt_2")).await.unwrap().is_none());
    let again = tx.insert_deletion(&requested("dlt_1", 5, 60)).await.unwrap_err();
    assert!(matches!(again, DatabaseError::Violation { kind: Violation::Unique, .. }), "{again}");
}

#[tokio::test]
async fn a_receipt_belongs_to_a_complete_deletion_alone() {
    let file = prepared().await;
    let id = DeletionId::new("dlt_1");
    let mut tx = file.change().await;
    tx.insert_deletion(&requested("dlt_1", 5, 60)).await.unwrap();
    let early = StateChange {
        receipt: Some("{}".to_owned()),
        ..change(&id, State::Requested, State::Committed)
    };
    let refused = tx.change_state(early).await.unwrap_err();
    assert!(
        matches!(refused, DatabaseError::Violation { kind: Violation::Check, .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn what_is_left_alone_is_taken_over_once_and_in_order() {
    let file = prepared().await;
    let mut tx = file.change().await;
    for (id, at, lease_secs) in
        [("dlt_b", 2, 0), ("dlt_c", 3, 3600), ("dlt_a", 1, -5), ("dlt_d", 0, 0)]
    {
        tx.insert_deletion(&requested(id, at, lease_secs)).await.unwrap();
    }
    let ended = DeletionId::new("dlt_d");
    tx.change_state(change(&ended, State::Requested, State::Withdrawn)).await.unwrap();
    let taken = tx.take_over(&system(), "run-2", 60, 100).await.unwrap();
    let ids: Vec<&str> = taken.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["dlt_a", "dlt_b"]);
    assert!(
        taken.iter().all(|row| row.lease == "run-2" && row.leased_until.0 > 1_700_000_000_000_000)
    );
    assert!(tx.take_over(&system(), "run-3", 60, 100).await.unwrap().is_empty());
    assert!(tx.take_over(&SystemName::new("other"), "run-3", 60, 100).await.unwrap().is_empty());
    let listed = tx.deletions(&system(), 3).await.unwrap();
    let ids: Vec<&str> = listed.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["dlt_c", "dlt_b", "dlt_a"]);
}

#[tokio::test]
async fn tombstones_stay_until_their_deletion_is_long_complete() {
    let file = prepared().await;
    let id = DeletionId::new("dlt_1");
    let mut tx = file.change().await;
    tx.insert_deletion(&requested("dlt_1", 5, 60)).await.unwrap();
    let set = |table: &str, keys: &[&str]| TombstoneSet {
        table: table.to_owned(),
        keys: keys.iter().map(|&key| key.to_owned()).collect(),
    };
    let sets = [set("jobs", &["[1,\"é'\"]"]), set("runs", &["[\"a\"]", "[\"b\"]"])];
    tx.insert_tombstones(&id, Timestamp(7), &sets).await.unwrap();
    tx.insert_tombstones(&id, Timestamp(7), &sets).await.unwrap();
    assert_eq!(tx.tombstones(&id).await.unwrap(), sets);
    assert!(tx.late(&system(), Timestamp(100), 9).await.unwrap().is_empty());
    for (from, to) in [
        (State::Requested, State::Committed),
        (State::Committed, State::Reaped),
        (State::Reaped, State::Complete),
    ] {
        assert!(tx.change_state(change(&id, from, to)).await.unwrap());
    }
    assert!(tx.late(&system(), Timestamp(9), 9).await.unwrap().is_empty());
    assert_eq!(tx.late(&system(), Timestamp(10), 9).await.unwrap().len(), 1);
    assert_eq!(tx.drop_tombstones(&id).await.unwrap(), 4);
    assert!(tx.tombstones(&id).await.unwrap().is_empty());
}

#[tokio::test]
async fn holds_in_force_are_found_and_a_file_without_tables_has_none() {
    let bare = File::with("").await;
    let things = [ThingName::new("batch"), ThingName::new("domain")];
    let holds = bare.look().await.active_holds(&system(), &things).await.unwrap();
    assert!(holds.is_empty());

    let file = prepared().await;
    file.write(
        "INSERT INTO sexton_holds (id, system, thing, root, reason, placed_by, placed_at, until, released_at)
         VALUES (1, 'zonetest', 'batch', 'b-1', 'court', 'ann', 10, NULL, NULL),
                (2, 'zonetest', 'batch', 'b-2', 'over', 'ann', 10, 50, NULL),
                (3, 'zonetest', 'domain', 'd', 'not over', 'ann', 10, 9000000000000000, NULL),
                (4, 'zonetest', 'batch', 'b-3', 'released', 'ann', 10, NULL, 20),
                (5, 'other', 'batch', 'b-1', 'elsewhere', 'ann', 10, NULL, NULL),
                (6, 'zonetest', 'tag', 't', 'no such thing asked', 'ann', 10, NULL, NULL)",
    )
    .await;
    let holds = file.look().await.active_holds(&system(), &things).await.unwrap();
    let found: Vec<i64> = holds.iter().map(|hold| hold.id).collect();
    assert_eq!(found, [1, 3]);
    assert_eq!((holds[0].reason.as_str(), holds[0].placed_by.as_str()), ("court", "ann"));
}

#[tokio::test]
async fn holds_that_cannot_be_read_are_an_error_and_not_no_holds() {
    let file = prepared().await;
    file.write("ALTER TABLE sexton_holds RENAME COLUMN until TO ends").await;
    let things = [ThingName::new("batch")];
    let read = file.look().await.active_holds(&system(), &things).await;
    assert!(matches!(read, Err(DatabaseError::Statement { .. })), "{read:?}");
}

#[tokio::test]
async fn the_chain_grows_by_one_place_at_a_time() {
    let file = prepared().await;
    let mut tx = file.change().await;
    for id in ["dlt_1", "dlt_2", "dlt_3"] {
        tx.insert_deletion(&requested(id, 5, 60)).await.unwrap();
    }
    let committed = ["dlt_1", "dlt_2"].map(DeletionId::new);
    for id in &committed {
        tx.change_state(change(id, State::Requested, State::Committed)).await.unwrap();
    }
    assert_eq!(tx.unaudited_deletions().await.unwrap(), committed);
    tx.insert_audit(&committed[0], "{\"a\":1}").await.unwrap();
    tx.insert_audit(&committed[1], "{\"b\":2}").await.unwrap();
    assert!(tx.unaudited_deletions().await.unwrap().is_empty());

    let seed = tx.lock_audit_head().await.unwrap();
    assert_eq!(seed, AuditHead { seq: 0, hash: "0".repeat(64) });
    let unsealed = tx.unsealed_audit(100).await.unwrap();
    let first = AuditHead { seq: 1, hash: "a".repeat(64) };
    tx.seal_audit(unsealed[0].id, &first).await.unwrap();
    assert_eq!(tx.audit_head().await.unwrap(), first);
    let rows = tx.audit_rows(unsealed[0].id - 1, 1).await.unwrap();
    assert_eq!((rows[0].seq, rows[0].hash.as_deref()), (Some(1), Some(first.hash.as_str())));
    assert_eq!(rows[0].record, "{\"a\":1}");
    tx.commit().await.unwrap();
    for (id, seq) in [(unsealed[0].id, 2), (unsealed[1].id, 3), (unsealed[1].id + 1, 2)] {
        let head = AuditHead { seq, hash: "b".repeat(64) };
        let mut tx = file.change().await;
        tx.seal_audit(id, &head).await.unwrap_err();
        tx.commit().await.unwrap_err();
    }
    assert_eq!(file.look().await.audit_head().await.unwrap(), first);
    run(&mut *file.change().await, "UPDATE sexton_audit SET seq = NULL").await.unwrap_err();
}
