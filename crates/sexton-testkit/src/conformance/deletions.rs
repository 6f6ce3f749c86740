//! Deletions in the ledger: stored once, changed under a lease, taken over when it is over.

use sexton_core::audit::RootNames;
use sexton_core::lifecycle::State;
use sexton_core::names::{Actor, DeletionId, SystemName, ThingName, Timestamp};
use sexton_engine::ports::{DatabaseError, DeletionRow, NewDeletion, StateChange, Tx, Violation};

use super::{Outcome, Subject, refusal};

pub(super) fn system() -> SystemName {
    SystemName::new("shop")
}

pub(super) fn deletion(id: &str, requested_at: i64) -> NewDeletion {
    NewDeletion {
        id: DeletionId::new(id),
        system: system(),
        thing: ThingName::new("customer"),
        roots: RootNames::of(vec!["it's 7, ä".to_owned()]),
        actor: Actor::new("ann"),
        tenant: None,
        reason: Some("asked by letter".to_owned()),
        bound_to: None,
        requested_at: Timestamp(requested_at),
        lease: format!("lease of {id}"),
        lease_secs: 60,
    }
}

/// A change of state under the deletion's own lease, with what its new state needs.
pub(super) async fn advance(
    tx: &mut dyn Tx,
    id: &str,
    (from, to): (State, State),
    at: i64,
) -> Result<bool, DatabaseError> {
    let change = StateChange {
        id: &DeletionId::new(id),
        lease: &format!("lease of {id}"),
        from,
        to,
        at: Timestamp(at),
        note: (to == State::Refused).then(|| "{\"refused\":true}".to_owned()),
        receipt: (to == State::Complete).then(|| "{\"receipt\":1}".to_owned()),
    };
    tx.change_state(change).await
}

/// Brings a stored deletion to its end at this moment.
pub(super) async fn complete(tx: &mut dyn Tx, id: &str, at: i64) -> Outcome {
    for step in [
        (State::Requested, State::Committed),
        (State::Committed, State::Reaped),
        (State::Reaped, State::Complete),
    ] {
        assert!(advance(tx, id, step, at).await?, "{id}: {step:?}");
    }
    Ok(())
}

async fn found(tx: &mut dyn Tx, id: &str) -> Result<DeletionRow, DatabaseError> {
    let found = tx.deletion(&DeletionId::new(id)).await?;
    Ok(found.expect("it was stored"))
}

fn ids(rows: &[DeletionRow]) -> Vec<&str> {
    rows.iter().map(|row| row.id.as_str()).collect()
}

pub async fn a_deletion_is_stored_once(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let new = NewDeletion { bound_to: Some("digest".to_owned()), ..deletion("dlt_1", 1_000) };
    let mut tx = subject.change().await?;
    tx.insert_deletion(&new).await?;
    tx.commit().await?;

    let mut tx = subject.change().await?;
    let row = found(&mut *tx, "dlt_1").await?;
    let expected = DeletionRow {
        id: new.id.clone(),
        system: new.system.clone(),
        thing: new.thing.clone(),
        roots: new.roots.clone(),
        state: State::Requested,
        actor: new.actor.clone(),
        tenant: new.tenant.clone(),
        reason: new.reason.clone(),
        bound_to: new.bound_to.clone(),
        requested_at: new.requested_at,
        changed_at: new.requested_at,
        lease: new.lease.clone(),
        leased_until: row.leased_until,
        note: None,
        receipt: None,
    };
    assert_eq!(row, expected);
    // The year 2020: the lease is by the database's clock, not by the time asked for.
    assert!(row.leased_until > Timestamp(1_577_836_800_000_000), "{:?}", row.leased_until);

    let error = refusal(tx.insert_deletion(&new).await);
    let repeated = matches!(error, DatabaseError::Violation { kind: Violation::Unique, .. });
    assert!(repeated, "{error:?}");
    tx.rollback().await
}

pub async fn an_unknown_deletion_is_none(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let mut tx = subject.look().await?;
    assert_eq!(tx.deletion(&DeletionId::new("dlt_unknown")).await?, None);
    tx.rollback().await
}

pub async fn the_state_changes_for_its_lease_only(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let mut tx = subject.change().await?;
    tx.insert_deletion(&deletion("dlt_1", 1_000)).await?;
    let before = found(&mut *tx, "dlt_1").await?;
    let step = StateChange {
        id: &before.id,
        lease: "lease of dlt_1",
        from: State::Requested,
        to: State::Committed,
        at: Timestamp(2_000),
        note: None,
        receipt: None,
    };
    let unknown = DeletionId::new("dlt_unknown");
    for wrong in [
        StateChange { lease: "lease of somebody else", ..step.clone() },
        StateChange { from: State::Reaped, ..step.clone() },
        StateChange { id: &unknown, ..step.clone() },
    ] {
        assert!(!tx.change_state(wrong.clone()).await?, "{wrong:?}");
    }
    assert_eq!(found(&mut *tx, "dlt_1").await?, before, "nothing changed");

    assert!(tx.change_state(step.clone()).await?);
    let after = found(&mut *tx, "dlt_1").await?;
    assert_eq!((after.state, after.changed_at), (State::Committed, Timestamp(2_000)));
    assert_eq!((after.requested_at, &after.lease), (before.requested_at, &before.lease));
    assert!(!tx.change_state(step).await?, "a repeat finds another state");
    tx.commit().await
}

pub async fn a_deletion_that_waits_says_for_what_and_keeps_its_lease(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let mut tx = subject.change().await?;
    tx.insert_deletion(&NewDeletion { lease_secs: -1, ..deletion("dlt_1", 1_000) }).await?;
    let before = found(&mut *tx, "dlt_1").await?;
    assert!(!tx.wait_on(&before.id, "lease of somebody else", 60, "{}").await?);
    assert!(!tx.wait_on(&DeletionId::new("dlt_unknown"), &before.lease, 60, "{}").await?);
    assert_eq!(found(&mut *tx, "dlt_1").await?, before, "nothing changed");

    assert!(tx.wait_on(&before.id, &before.lease, 60, "{\"for\":1}").await?);
    let waiting = found(&mut *tx, "dlt_1").await?;
    assert_eq!((waiting.state, waiting.note.as_deref()), (State::Requested, Some("{\"for\":1}")));
    assert!(waiting.leased_until.0 > before.leased_until.0 + 60_000_000, "it is not renewed");
    assert!(tx.take_over(&system(), "the new lease", 60, 10).await?.is_empty(), "it is leased");

    assert!(advance(&mut *tx, "dlt_1", (State::Requested, State::Drained), 2_000).await?);
    assert!(tx.wait_on(&before.id, &before.lease, -1, "{}").await?, "it may wait once more");
    assert_eq!(ids(&tx.take_over(&system(), "lease of dlt_1", -1, 10).await?), ["dlt_1"]);
    assert!(advance(&mut *tx, "dlt_1", (State::Drained, State::Committed), 3_000).await?);
    assert!(!tx.wait_on(&before.id, "lease of dlt_1", 60, "{}").await?, "its rows are gone");
    tx.commit().await
}

pub async fn a_life_ends_with_a_receipt(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let mut tx = subject.change().await?;
    tx.insert_deletion(&deletion("dlt_1", 1_000)).await?;
    complete(&mut *tx, "dlt_1", 3_000).await?;
    let row = found(&mut *tx, "dlt_1").await?;
    assert_eq!((row.state, row.receipt.as_deref()), (State::Complete, Some("{\"receipt\":1}")));
    tx.insert_deletion(&deletion("dlt_2", 1_000)).await?;
    assert!(advance(&mut *tx, "dlt_2", (State::Requested, State::Refused), 2_000).await?);
    let row = found(&mut *tx, "dlt_2").await?;
    assert_eq!(row.note.as_deref(), Some("{\"refused\":true}"));
    tx.commit().await
}

pub async fn the_latest_come_first(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let mut tx = subject.change().await?;
    for (id, at) in [("dlt_b", 2_000), ("dlt_a", 3_000), ("dlt_c", 1_000)] {
        tx.insert_deletion(&deletion(id, at)).await?;
    }
    let other = NewDeletion { system: SystemName::new("other"), ..deletion("dlt_x", 9_000) };
    tx.insert_deletion(&other).await?;
    assert_eq!(ids(&tx.deletions(&system(), 10).await?), ["dlt_a", "dlt_b", "dlt_c"]);
    assert_eq!(ids(&tx.deletions(&system(), 2).await?), ["dlt_a", "dlt_b"]);
    tx.rollback().await
}

pub async fn a_lease_that_is_over_is_taken_over(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let mut tx = subject.change().await?;
    for (id, at, lease_secs) in
        [("dlt_b", 2_000, -1), ("dlt_a", 3_000, -1), ("dlt_c", 1_000, -1), ("dlt_live", 500, 60)]
    {
        tx.insert_deletion(&NewDeletion { lease_secs, ..deletion(id, at) }).await?;
    }
    let other = NewDeletion {
        system: SystemName::new("other"),
        lease_secs: -1,
        ..deletion("dlt_x", 9_000)
    };
    tx.insert_deletion(&other).await?;
    tx.commit().await?;

    let mut tx = subject.change().await?;
    let mut taken = tx.take_over(&system(), "the new lease", 60, 2).await?;
    assert_eq!(ids(&taken), ["dlt_c", "dlt_b"], "the oldest first, and no more than asked for");
    taken.extend(tx.take_over(&system(), "the new lease", 60, 2).await?);
    assert_eq!(ids(&taken), ["dlt_c", "dlt_b", "dlt_a"], "a repeat goes on with the next");
    assert!(taken.iter().all(|row| row.lease == "the new lease"), "{taken:?}");
    assert_eq!(found(&mut *tx, "dlt_c").await?, taken[0], "it is told as it is stored");
    assert!(tx.take_over(&system(), "yet another", 60, 100).await?.is_empty(), "they are leased");
    let late = advance(&mut *tx, "dlt_c", (State::Requested, State::Committed), 4_000).await?;
    assert!(!late, "the old lease changes nothing any more");
    tx.commit().await
}

pub async fn what_has_ended_is_not_taken_over(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let mut tx = subject.change().await?;
    for id in ["dlt_complete", "dlt_refused", "dlt_withdrawn", "dlt_reaped"] {
        tx.insert_deletion(&NewDeletion { lease_secs: -1, ..deletion(id, 1_000) }).await?;
    }
    complete(&mut *tx, "dlt_complete", 2_000).await?;
    for (id, step) in [
        ("dlt_refused", (State::Requested, State::Refused)),
        ("dlt_withdrawn", (State::Requested, State::Withdrawn)),
        ("dlt_reaped", (State::Requested, State::Committed)),
        ("dlt_reaped", (State::Committed, State::Reaped)),
    ] {
        assert!(advance(&mut *tx, id, step, 2_000).await?, "{id}");
    }
    let taken = tx.take_over(&system(), "the new lease", 60, 100).await?;
    assert_eq!(ids(&taken), ["dlt_reaped"]);
    tx.commit().await
}

/// Race: two callers ask at the same time. Where only one can write, the other may have to be
/// sent away; either way each deletion is handed out once.
pub async fn one_deletion_is_handed_to_one_caller(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let mut tx = subject.change().await?;
    for number in 0..20 {
        let new = deletion(&format!("dlt_{number:02}"), number);
        tx.insert_deletion(&NewDeletion { lease_secs: -1, ..new }).await?;
    }
    tx.commit().await?;

    let (one, two) = tokio::join!(taken_by(subject, "one"), taken_by(subject, "two"));
    let mut handed_out = [one?, two?].concat();
    handed_out.sort();
    handed_out.dedup_by(|a, b| {
        assert_ne!(a, b, "it was handed out twice");
        false
    });
    assert_eq!(handed_out.len(), 20);
    Ok(())
}

async fn taken_by(subject: &Subject, lease: &str) -> Result<Vec<DeletionId>, DatabaseError> {
    let take = async {
        let mut tx = subject.change().await?;
        let taken = tx.take_over(&system(), lease, 60, 100).await?;
        tokio::task::yield_now().await;
        tx.commit().await?;
        Ok::<_, DatabaseError>(taken)
    };
    match take.await {
        Err(error) if error.is_transient() => Ok(Vec::new()),
        other => Ok(other?.into_iter().map(|row| row.id).collect()),
    }
}

pub async fn preparing_again_changes_nothing(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let mut tx = subject.change().await?;
    tx.insert_deletion(&deletion("dlt_1", 1_000)).await?;
    tx.commit().await?;
    let (one, two) =
        tokio::join!(subject.database.prepare_ledger(), subject.database.prepare_ledger());
    one?;
    two?;
    let mut tx = subject.look().await?;
    found(&mut *tx, "dlt_1").await?;
    tx.rollback().await
}
