//! Drafts a first policy: reads the schema, and compares values where a name speaks for a
//! reference.
//!
//! Comparing costs a statement per candidate over the first rows of a table. What cannot be
//! compared, because a right is missing or it takes too long, stays a name without values.

use std::time::Duration;

use sexton_core::draft::{self, Candidate, Draft, Seen, Wanted};
use sexton_core::schema::Schema;
use sexton_core::sql::Scalar;

use crate::ports::{Database, DatabaseError, Mode, Query, Row, Tx};

/// So many candidates are compared; the names of the others have to do.
const COMPARISONS_MAX: usize = 500;

/// A comparison that takes longer tells nothing.
const COMPARISON_TIME: Duration = Duration::from_secs(1);

/// A first policy for this database. Only reads.
pub async fn draft(database: &dyn Database, wanted: &Wanted) -> Result<Draft, DatabaseError> {
    let schema = database.schema().await?;
    let candidates = draft::candidates(&schema);
    let seen = compare(database, &schema, &candidates).await?;
    let suggestions = draft::suggestions(candidates, &seen);
    Ok(draft::draft(&schema, &suggestions, wanted))
}

/// What values say of each candidate.
async fn compare(
    database: &dyn Database,
    schema: &Schema,
    candidates: &[Candidate],
) -> Result<Vec<Option<Seen>>, DatabaseError> {
    let mode = Mode::Look { budget: Some(COMPARISON_TIME) };
    let mut open: Option<Box<dyn Tx>> = None;
    let mut seen = Vec::with_capacity(candidates.len());
    for candidate in candidates.iter().take(COMPARISONS_MAX) {
        let Some(statement) = candidate.comparison(schema) else {
            seen.push(None);
            continue;
        };
        let mut tx = match open.take() {
            Some(tx) => tx,
            None => database.begin(mode).await?,
        };
        let (label, sql) = (&statement.label, &statement.sql);
        let query = Query { label, sql, args: Vec::new(), general: false };
        match tx.rows(query).await {
            Ok(rows) => {
                seen.push(counted(&rows));
                open = Some(tx);
            }
            Err(error @ (DatabaseError::Unreachable(_) | DatabaseError::Lost(_))) => {
                return Err(error);
            }
            // The transaction may be of no use after a failure; the next one gets a new one.
            Err(_) => {
                seen.push(None);
                drop(tx.rollback().await);
            }
        }
    }
    if let Some(tx) = open {
        tx.rollback().await?;
    }
    Ok(seen)
}

fn counted(rows: &[Row]) -> Option<Seen> {
    let number = |scalar: &Scalar| scalar.as_integer().and_then(|n| u64::try_from(n).ok());
    match rows.first()?.as_slice() {
        [values, found] => Some(Seen { values: number(values)?, found: number(found)? }),
        _ => None,
    }
}
