//! The audit: one record per deletion, sealed into a chain by one writer.

use sexton_core::lifecycle::State;
use sexton_core::names::DeletionId;
use sexton_engine::ports::{AuditHead, AuditRow, DatabaseError, Violation};

use super::deletions::{advance, complete, deletion};
use super::{Outcome, Subject, refusal};

fn hash(letter: &str) -> String {
    letter.repeat(64)
}

fn names(rows: &[AuditRow]) -> Vec<&str> {
    rows.iter().map(|row| row.deletion.as_str()).collect()
}

pub async fn a_record_is_appended_once(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let id = DeletionId::new("dlt_1");
    let mut tx = subject.change().await?;
    tx.insert_audit(&id, "{\"record\":\"ä\"}").await?;
    tx.commit().await?;
    let mut tx = subject.change().await?;
    let found = tx.unsealed_audit(100).await?;
    let [row] = &found[..] else { panic!("one record, not {found:?}") };
    assert_eq!((&row.deletion, row.record.as_str()), (&id, "{\"record\":\"ä\"}"));
    assert_eq!((row.seq, &row.hash), (None, &None));
    assert_eq!(tx.audit_row(&id).await?.as_ref(), Some(row));
    assert_eq!(tx.audit_row(&DeletionId::new("dlt_unknown")).await?, None);
    let error = refusal(tx.insert_audit(&id, "{}").await);
    let repeated = matches!(error, DatabaseError::Violation { kind: Violation::Unique, .. });
    assert!(repeated, "{error:?}");
    tx.rollback().await
}

pub async fn the_chain_starts_empty(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let mut tx = subject.look().await?;
    assert_eq!(tx.audit_head().await?, AuditHead { seq: 0, hash: hash("0") });
    assert!(tx.unsealed_audit(100).await?.is_empty());
    assert!(tx.audit_rows(0, 10).await?.is_empty());
    tx.rollback().await
}

pub async fn a_record_is_sealed_once(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let mut tx = subject.change().await?;
    for id in ["dlt_1", "dlt_2"] {
        tx.insert_audit(&DeletionId::new(id), "{}").await?;
    }
    tx.commit().await?;

    let mut tx = subject.change().await?;
    assert_eq!(tx.lock_audit_head().await?.seq, 0);
    let first = tx.unsealed_audit(100).await?[0].id;
    let head = AuditHead { seq: 1, hash: hash("a") };
    tx.seal_audit(first, &head).await?;
    assert_eq!(tx.audit_head().await?, head);
    assert_eq!(names(&tx.unsealed_audit(100).await?), ["dlt_2"]);
    let sealed = tx.audit_rows(0, 10).await?;
    assert_eq!((sealed[0].seq, sealed[0].hash.as_deref()), (Some(1), Some(&*head.hash)));
    tx.commit().await?;

    let second = AuditHead { seq: 2, hash: hash("b") };
    let skipping = AuditHead { seq: 3, hash: hash("c") };
    for (id, head) in [(first, &second), (first + 1, &head), (first + 1, &skipping)] {
        let mut tx = subject.change().await?;
        let sealed = tx.seal_audit(id, head).await;
        assert!(sealed.is_err(), "record {id} took place {}", head.seq);
        tx.rollback().await?;
    }
    let mut tx = subject.look().await?;
    assert_eq!(tx.audit_head().await?, head, "the end of the chain did not move");
    tx.rollback().await
}

pub async fn records_are_read_in_pages(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let mut tx = subject.change().await?;
    for id in ["dlt_c", "dlt_a", "dlt_b"] {
        tx.insert_audit(&DeletionId::new(id), "{}").await?;
    }
    let first = tx.audit_rows(0, 2).await?;
    assert_eq!(names(&first), ["dlt_c", "dlt_a"]);
    let second = tx.audit_rows(first[1].id, 2).await?;
    assert_eq!(names(&second), ["dlt_b"]);
    assert!(tx.audit_rows(second[0].id, 2).await?.is_empty());
    assert_eq!(names(&tx.unsealed_audit(2).await?), ["dlt_c", "dlt_a"]);
    assert_eq!(tx.count_unsealed_audit().await?, 3);

    // Sealed in another order than written: the chain's order is that of its places.
    for (place, row) in [(1, &second[0]), (2, &first[1]), (3, &first[0])] {
        let letter = ["a", "b", "c"][place - 1];
        let seq = i64::try_from(place).expect("it is small");
        tx.seal_audit(row.id, &AuditHead { seq, hash: hash(letter) }).await?;
    }
    assert_eq!(tx.count_unsealed_audit().await?, 0);
    assert_eq!(names(&tx.sealed_audit(0, 2).await?), ["dlt_b", "dlt_a"]);
    assert_eq!(names(&tx.sealed_audit(2, 2).await?), ["dlt_c"]);
    assert!(tx.sealed_audit(3, 2).await?.is_empty());
    tx.rollback().await
}

pub async fn a_deletion_without_a_record_is_found(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let mut tx = subject.change().await?;
    for id in ["dlt_requested", "dlt_committed", "dlt_complete", "dlt_recorded"] {
        tx.insert_deletion(&deletion(id, 1_000)).await?;
    }
    for id in ["dlt_committed", "dlt_recorded"] {
        assert!(advance(&mut *tx, id, (State::Requested, State::Committed), 2_000).await?);
    }
    complete(&mut *tx, "dlt_complete", 2_000).await?;
    tx.insert_audit(&DeletionId::new("dlt_recorded"), "{}").await?;
    let mut found = tx.unaudited_deletions().await?;
    found.sort();
    assert_eq!(found, [DeletionId::new("dlt_committed"), DeletionId::new("dlt_complete")]);
    tx.rollback().await
}

/// Where there is one writer at a time, the second does not even begin.
pub async fn the_end_of_the_chain_is_one_writers(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let mut first = subject.change().await?;
    first.lock_audit_head().await?;
    let second = async {
        let mut tx = subject.change().await?;
        tx.lock_audit_head().await
    };
    let error = refusal(second.await);
    assert!(error.is_transient(), "{error:?}");
    first.rollback().await
}
