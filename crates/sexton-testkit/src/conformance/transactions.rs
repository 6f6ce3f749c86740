//! Transactions: what is kept, what is taken back, who sees and who waits.

use sexton_engine::ports::{DatabaseError, Mode};

use super::{Outcome, Subject, refusal, run, text};

pub async fn a_commit_is_kept(subject: &Subject) -> Outcome {
    subject.set_up().await?;
    let mut tx = subject.change().await?;
    subject.insert_item(&mut *tx, 1, Some("one")).await?;
    assert_eq!(subject.count(&mut *tx).await?, 1, "a transaction sees its own changes");
    tx.commit().await?;
    assert_eq!(subject.count_now().await?, 1);
    Ok(())
}

pub async fn a_rollback_takes_everything_back(subject: &Subject) -> Outcome {
    subject.set_up().await?;
    let mut tx = subject.change().await?;
    subject.insert_item(&mut *tx, 1, Some("one")).await?;
    tx.rollback().await?;
    assert_eq!(subject.count_now().await?, 0);
    Ok(())
}

/// The key can be inserted again without waiting in vain: nobody holds it any more.
pub async fn a_dropped_transaction_is_rolled_back(subject: &Subject) -> Outcome {
    subject.set_up().await?;
    let mut tx = subject.change().await?;
    subject.insert_item(&mut *tx, 1, Some("dropped")).await?;
    drop(tx);
    let mut tx = subject.change().await?;
    subject.insert_item(&mut *tx, 1, Some("again")).await?;
    tx.commit().await?;
    assert_eq!(subject.count_now().await?, 1);
    Ok(())
}

pub async fn a_look_cannot_write(subject: &Subject) -> Outcome {
    subject.set_up().await?;
    let mut tx = subject.look().await?;
    let error = refusal(subject.insert_item(&mut *tx, 1, Some("one")).await);
    assert!(matches!(error, DatabaseError::ReadOnly(_)), "{error:?}");
    drop(tx);
    assert_eq!(subject.count_now().await?, 0);
    Ok(())
}

pub async fn a_look_sees_one_snapshot(subject: &Subject) -> Outcome {
    subject.set_up().await?;
    let mut looking = subject.look().await?;
    assert_eq!(subject.count(&mut *looking).await?, 0);
    let mut tx = subject.change().await?;
    subject.insert_item(&mut *tx, 1, Some("one")).await?;
    tx.commit().await?;
    assert_eq!(subject.count(&mut *looking).await?, 0, "what came later is not seen");
    looking.rollback().await?;
    assert_eq!(subject.count_now().await?, 1);
    Ok(())
}

/// Where there is one writer at a time, the second does not even begin.
pub async fn a_name_is_locked_until_the_transaction_ends(subject: &Subject) -> Outcome {
    let mut first = subject.change().await?;
    first.lock_names(&["reports/7".to_owned()]).await?;
    first.lock_names(&["reports/7".to_owned()]).await?;
    let second = async {
        let mut tx = subject.change().await?;
        tx.lock_names(&["reports/7".to_owned()]).await
    };
    let error = refusal(second.await);
    assert!(error.is_transient(), "{error:?}");
    first.commit().await?;
    let mut third = subject.change().await?;
    third.lock_names(&["reports/7".to_owned()]).await?;
    third.lock_names(&["reports/8".to_owned()]).await?;
    third.rollback().await
}

pub async fn bookkeeping_is_kept(subject: &Subject) -> Outcome {
    subject.set_up().await?;
    let mut tx = subject.database.begin(Mode::Keep).await?;
    subject.insert_item(&mut *tx, 1, Some("one")).await?;
    tx.commit().await?;
    assert_eq!(subject.count_now().await?, 1);
    Ok(())
}

pub async fn constraints_can_be_settled_and_relaxed(subject: &Subject) -> Outcome {
    subject.set_up().await?;
    let mut tx = subject.change().await?;
    tx.relax_constraints().await?;
    subject.insert_item(&mut *tx, 1, None).await?;
    run(&mut *tx, subject.statements.rename_items, vec![text("renamed")]).await?;
    tx.settle_constraints().await?;
    tx.commit().await?;
    assert_eq!(subject.count_now().await?, 1);
    Ok(())
}
