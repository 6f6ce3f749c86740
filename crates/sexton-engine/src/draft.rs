//! Drafts a first policy: reads the schema, and compares values where a name speaks for a
//! reference.
//!
//! Comparing reads the first rows of a table for each candidate. What cannot be compared, because
//! a right is missing or it takes too long, stays a name without values.

use std::time::Duration;

use sexton_core::draft::{self, Candidate, Draft, Seen, Suggestion, Wanted};
use sexton_core::schema::Schema;
use sexton_core::sql::Scalar;

use crate::inquire::Reach;
use crate::ports::{Arg, Database, DatabaseError, Mode, Query, Row};

/// So many candidates are compared; the names of the others have to do.
const COMPARISONS_MAX: usize = 500;

/// So many candidates share a statement.
const TOGETHER: usize = 8;

/// A comparison that takes longer tells nothing.
const COMPARISON_TIME: Duration = Duration::from_secs(1);

/// So many rows of a table are compared.
const COMPARED: i64 = 2_000;

/// A first policy for this database. Only reads.
pub async fn draft(database: &dyn Database, wanted: &Wanted) -> Result<Draft, DatabaseError> {
    let schema = database.schema().await?;
    let suggestions = suggest(database, &schema, draft::candidates(&schema), Reach::Some).await?;
    Ok(draft::draft(&schema, &suggestions, wanted))
}

/// What is left of candidates when their values were looked at.
pub(crate) async fn suggest(
    database: &dyn Database,
    schema: &Schema,
    candidates: Vec<Candidate>,
    reach: Reach,
) -> Result<Vec<Suggestion>, DatabaseError> {
    let seen = compare(database, schema, &candidates, reach).await?;
    Ok(draft::suggestions(candidates, &seen))
}

/// What values say of each candidate.
async fn compare(
    database: &dyn Database,
    schema: &Schema,
    candidates: &[Candidate],
    reach: Reach,
) -> Result<Vec<Option<Seen>>, DatabaseError> {
    let compared = &candidates[..candidates.len().min(COMPARISONS_MAX)];
    let mut seen = Vec::with_capacity(candidates.len());
    for together in compared.chunks(TOGETHER) {
        match compare_together(database, schema, together, reach).await? {
            Some(all) => seen.extend(all),
            // One that cannot be compared must not keep the others from it.
            None => {
                for one in together.chunks(1) {
                    let one = compare_together(database, schema, one, reach).await?;
                    seen.extend(one.unwrap_or_else(|| vec![None]));
                }
            }
        }
    }
    Ok(seen)
}

/// The same of a few, in one statement; `None` if the database would not answer it.
async fn compare_together(
    database: &dyn Database,
    schema: &Schema,
    candidates: &[Candidate],
    reach: Reach,
) -> Result<Option<Vec<Option<Seen>>>, DatabaseError> {
    let mut seen = vec![None; candidates.len()];
    let Some(statement) = draft::comparison(candidates, schema) else { return Ok(Some(seen)) };
    let (budget, rows) = match reach {
        Reach::Some => (Some(COMPARISON_TIME), COMPARED),
        Reach::All => (None, i64::MAX),
    };
    let mut tx = database.begin(Mode::Look { budget }).await?;
    let (label, sql) = (&statement.label, &statement.sql);
    // Nothing else is bound.
    let args = statement.binds.iter().map(|_| Arg::Scalar(Scalar::Integer(rows))).collect();
    let answer = tx.rows(Query { label, sql, args, general: false }).await;
    drop(tx.rollback().await);
    match answer {
        Ok(rows) => {
            for (at, found) in rows.iter().filter_map(counted) {
                if let Some(place) = seen.get_mut(at) {
                    *place = Some(found);
                }
            }
            Ok(Some(seen))
        }
        Err(error @ (DatabaseError::Unreachable(_) | DatabaseError::Lost(_))) => Err(error),
        Err(_) => Ok(None),
    }
}

/// The candidate's place, and what was seen of it.
fn counted(row: &Row) -> Option<(usize, Seen)> {
    let number = |scalar: &Scalar| scalar.as_integer().and_then(|n| u64::try_from(n).ok());
    match row.as_slice() {
        [at, values, found] => {
            let seen = Seen { values: number(values)?, found: number(found)? };
            Some((usize::try_from(number(at)?).ok()?, seen))
        }
        _ => None,
    }
}
