//! Failures: each comes back as the branch that a use case takes.

use sexton_core::sql::Scalar;
use sexton_engine::ports::{Arg, DatabaseError, Transient, Violation};

use super::{Outcome, Subject, number, refusal, rows, run, text};

async fn violates(subject: &Subject, args: Vec<Arg>, expected: Violation) -> Outcome {
    subject.set_up().await?;
    let mut tx = subject.change().await?;
    subject.insert_item(&mut *tx, 1, Some("there before")).await?;
    let error = refusal(run(&mut *tx, subject.statements.insert_item, args).await);
    assert!(!error.is_transient(), "{error:?}");
    let DatabaseError::Violation { kind, label, .. } = &error else {
        panic!("a violation, not {error:?}")
    };
    assert_eq!((*kind, label.as_str()), (expected, "change"), "{error:?}");
    assert!(!error.to_string().contains("secret"), "the row's values stay out: {error}");
    tx.rollback().await
}

pub async fn a_missing_value_is_named(subject: &Subject) -> Outcome {
    let args = vec![number(2), text("secret"), Arg::Scalar(Scalar::Null)];
    violates(subject, args, Violation::NotNull).await
}

pub async fn a_failed_check_is_named(subject: &Subject) -> Outcome {
    violates(subject, vec![number(2), text("secret"), number(-1)], Violation::Check).await
}

pub async fn a_repeated_key_is_named(subject: &Subject) -> Outcome {
    violates(subject, vec![number(1), text("secret"), number(1)], Violation::Unique).await
}

pub async fn a_refusing_trigger_is_named(subject: &Subject) -> Outcome {
    subject.set_up().await?;
    let mut tx = subject.change().await?;
    subject.insert_item(&mut *tx, 13, Some("unlucky")).await?;
    let error = refusal(run(&mut *tx, subject.statements.delete_item, vec![number(13)]).await);
    let raised = matches!(error, DatabaseError::Violation { kind: Violation::Raised, .. });
    assert!(raised, "{error:?}");
    tx.rollback().await
}

/// Where others write meanwhile, the row may have come in between, and the same again may
/// succeed; where there is one writer at a time, it cannot.
pub async fn a_row_still_referred_to_is_named(subject: &Subject) -> Outcome {
    subject.set_up().await?;
    let mut tx = subject.change().await?;
    subject.insert_item(&mut *tx, 1, Some("one")).await?;
    run(&mut *tx, subject.statements.insert_part, vec![number(1), number(1)]).await?;
    let deletion = async {
        run(&mut *tx, subject.statements.delete_item, vec![number(1)]).await?;
        tx.settle_constraints().await
    };
    let error = refusal(deletion.await);
    let named = match error {
        DatabaseError::Transient { kind, .. } => kind == Transient::LateReference,
        DatabaseError::Violation { kind, .. } => kind == Violation::Reference,
        _ => false,
    };
    assert!(named, "{error:?}");
    tx.rollback().await
}

pub async fn an_unknown_column_is_a_mistake_of_the_statement(subject: &Subject) -> Outcome {
    subject.set_up().await?;
    let mut tx = subject.look().await?;
    let error = refusal(rows(&mut *tx, "SELECT no_such_column FROM items", vec![]).await);
    assert!(matches!(error, DatabaseError::Statement { .. }), "{error:?}");
    tx.rollback().await
}

/// Nothing to try where any value fits any column.
pub async fn a_mistyped_value_is_named(subject: &Subject) -> Outcome {
    let Some(mistyped) = subject.statements.mistyped else {
        return Ok(());
    };
    subject.set_up().await?;
    let mut tx = subject.look().await?;
    let error = refusal(rows(&mut *tx, mistyped, vec![text("not a number")]).await);
    assert!(matches!(error, DatabaseError::BadValue(_)), "{error:?}");
    tx.rollback().await
}

pub async fn a_prepared_statement_is_judged_and_not_run(subject: &Subject) -> Outcome {
    subject.set_up().await?;
    let mut tx = subject.change().await?;
    subject.insert_item(&mut *tx, 1, Some("one")).await?;
    tx.commit().await?;
    subject.database.prepare(subject.statements.delete_items).await?;
    assert_eq!(subject.count_now().await?, 1, "it was only prepared");
    for wrong in ["SELECT no_such_column FROM items", "SELECT 1 FROM no_such_table", "SELEC 1"] {
        let error = refusal(subject.database.prepare(wrong).await);
        assert!(matches!(error, DatabaseError::Statement { .. }), "{wrong}: {error:?}");
    }
    Ok(())
}
