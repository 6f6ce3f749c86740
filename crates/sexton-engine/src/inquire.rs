//! Asks the database what only its rows can tell of a policy.
//!
//! Every question reads in one snapshot, and has little time: what the database does not answer
//! within it, or cannot answer at all, is left open. A check must end.

use std::time::Duration;

use sexton_core::check::Inquiry;
use sexton_core::finding::Finding;
use sexton_core::sql::{Bind, Scalar, Statement};

use crate::ports::{Arg, Database, DatabaseError, Mode, Query, Tx};

/// An answer that takes longer is not waited for.
const ANSWER_TIME: Duration = Duration::from_secs(1);

/// What the answers to these questions mean.
pub(crate) async fn inquire(
    database: &dyn Database,
    inquiries: &[Inquiry],
) -> Result<Vec<Finding>, DatabaseError> {
    let mut findings = Vec::new();
    let mut open: Option<Box<dyn Tx>> = None;
    for inquiry in inquiries {
        let mut tx = match open.take() {
            Some(tx) => tx,
            None => database.begin(Mode::Look { budget: Some(ANSWER_TIME) }).await?,
        };
        match tx.rows(query(&inquiry.statement)).await {
            Ok(rows) => {
                findings.extend(inquiry.found(&rows));
                open = Some(tx);
            }
            Err(error @ (DatabaseError::Unreachable(_) | DatabaseError::Lost(_))) => {
                return Err(error);
            }
            // After a failure the transaction answers nothing more: the next has one of its own.
            Err(DatabaseError::BadValue(detail) | DatabaseError::Violation { detail, .. }) => {
                findings.extend(inquiry.refused(&detail));
                drop(tx.rollback().await);
            }
            Err(_) => drop(tx.rollback().await),
        }
    }
    if let Some(tx) = open {
        tx.rollback().await?;
    }
    Ok(findings)
}

/// The statement with the values of the policy; nothing else is known before there is a root.
fn query(statement: &Statement) -> Query<'_> {
    let args = statement.binds.iter().map(|bind| match bind {
        Bind::Literal(scalar) => Arg::Scalar(scalar.clone()),
        // Of a statement that is only explained: a key that no row has.
        Bind::Keys { .. } => Arg::Array([Scalar::Null].into()),
        Bind::Cap => Arg::Scalar(Scalar::Integer(1)),
        _ => Arg::Scalar(Scalar::Null),
    });
    let Statement { label, sql, general, .. } = statement;
    Query { label, sql, args: args.collect(), general: *general }
}
