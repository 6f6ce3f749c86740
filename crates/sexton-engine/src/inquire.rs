//! Asks the database what only its rows can tell of a policy.
//!
//! Every question reads in one snapshot, and has little time: what the database does not answer
//! within it, or cannot answer at all, is left open. A check must end, unless all rows are asked
//! for; and it says what it has not looked at.

use std::time::Duration;

use sexton_core::check::{Inquiry, LOOKED_AT, lengths_of};
use sexton_core::finding::Finding;
use sexton_core::names::TableName;
use sexton_core::schema::Schema;
use sexton_core::sql::{Bind, Scalar, Statement};

use crate::ports::{Arg, Database, DatabaseError, Mode, Query, Tx};

/// An answer that takes longer is not waited for.
const ANSWER_TIME: Duration = Duration::from_secs(1);

/// How far a check looks at rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// At some rows of each table, and for a short time.
    Some,
    /// At all of them, however long that takes.
    All,
}

impl Reach {
    fn rows(self) -> u64 {
        match self {
            Self::Some => LOOKED_AT,
            Self::All => u64::MAX,
        }
    }
}

/// What a check has found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Inspected {
    /// What is wrong, in the order of the file.
    pub findings: Vec<Finding>,
    /// Tables that have more rows than were looked at.
    pub bounded: Vec<TableName>,
    /// Looks that took too long to tell anything.
    pub unanswered: Vec<String>,
}

/// What the answers to these questions mean, and what was not looked at.
pub(crate) async fn inquire(
    database: &dyn Database,
    schema: &Schema,
    inquiries: &[Inquiry],
    reach: Reach,
) -> Result<Inspected, DatabaseError> {
    let mut asking = Asking { database, reach, open: None, told: Inspected::default() };
    for inquiry in inquiries {
        // Of a statement that is only explained, no row is read.
        let cap = if inquiry.is_explained() { 1 } else { reach.rows() };
        match asking.ask(&inquiry.statement, cap).await? {
            Answer::Rows(rows) => asking.told.findings.extend(inquiry.found(&rows)),
            Answer::Refused(detail) => asking.told.findings.extend(inquiry.refused(&detail)),
            Answer::None => {}
        }
    }
    if reach == Reach::Some {
        for (table, statement) in lengths_of(inquiries, schema) {
            let Answer::Rows(rows) = asking.ask(&statement, LOOKED_AT + 1).await? else { continue };
            let count = rows.first().and_then(|row| row.first()?.as_integer());
            if count.is_some_and(|count| count.unsigned_abs() > LOOKED_AT) {
                asking.told.bounded.push(table);
            }
        }
    }
    if let Some(tx) = asking.open {
        tx.rollback().await?;
    }
    asking.told.unanswered.dedup();
    Ok(asking.told)
}

/// Questions to a database, as far as they go.
struct Asking<'d> {
    database: &'d dyn Database,
    reach: Reach,
    open: Option<Box<dyn Tx>>,
    told: Inspected,
}

enum Answer {
    Rows(Vec<Vec<Scalar>>),
    /// The database does not take a value.
    Refused(String),
    None,
}

impl Asking<'_> {
    async fn ask(&mut self, statement: &Statement, cap: u64) -> Result<Answer, DatabaseError> {
        let mut tx = match self.open.take() {
            Some(tx) => tx,
            None => {
                let budget = (self.reach == Reach::Some).then_some(ANSWER_TIME);
                self.database.begin(Mode::Look { budget }).await?
            }
        };
        match tx.rows(query(statement, cap)).await {
            Ok(rows) => {
                self.open = Some(tx);
                Ok(Answer::Rows(rows))
            }
            Err(error @ (DatabaseError::Unreachable(_) | DatabaseError::Lost(_))) => Err(error),
            // After a failure the transaction answers nothing more: the next has one of its own.
            Err(error) => {
                drop(tx.rollback().await);
                Ok(match error {
                    DatabaseError::BadValue(detail) | DatabaseError::Violation { detail, .. } => {
                        Answer::Refused(detail)
                    }
                    DatabaseError::Timeout { label } => {
                        self.told.unanswered.push(label);
                        Answer::None
                    }
                    _ => Answer::None,
                })
            }
        }
    }
}

/// The statement with the values of the policy; nothing else is known before there is a root.
pub(crate) fn query(statement: &Statement, cap: u64) -> Query<'_> {
    let args = statement.binds.iter().map(|bind| match bind {
        Bind::Literal(scalar) => Arg::Scalar(scalar.clone()),
        // Of a statement that is only explained: a key that no row has.
        Bind::Keys { .. } => Arg::Array([Scalar::Null].into()),
        Bind::Cap => Arg::Scalar(Scalar::Integer(i64::try_from(cap).unwrap_or(i64::MAX))),
        _ => Arg::Scalar(Scalar::Null),
    });
    let Statement { label, sql, general, .. } = statement;
    Query { label, sql, args: args.collect(), general: *general }
}
