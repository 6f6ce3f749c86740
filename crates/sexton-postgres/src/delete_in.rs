//! A deletion inside the caller's own transaction.

use sexton_engine::ports::DatabaseError;
use sexton_engine::{Committed, DeleteError, DeleteRequest, System, commit_in};
use sqlx::{Postgres, Transaction};

use crate::error::{self, Attempt};
use crate::transaction::in_transaction;

/// Deletes a root within `tx`: its rows go when the caller commits, or stay when it does not.
///
/// The transaction must be READ COMMITTED, on the system's own database, and unqualified names
/// must mean there what they mean to the system. What the caller has changed before is seen.
/// Locks are waited for as briefly as in any deletion; there is no retry, no waiting for work and
/// no hiding, as those take several transactions. Deferred constraints are judged at its end, and
/// from then on at once. After an error the caller can only roll back.
///
/// [`System::prepare`] is called once before. After the commit, [`System::settle`] looks again and
/// writes the receipt.
pub async fn delete_in(
    tx: &mut Transaction<'_, Postgres>,
    system: &System,
    request: &DeleteRequest,
) -> Result<Committed, DeleteError> {
    let schema = current_schema(tx).await?;
    let mut lent = in_transaction(tx, schema.as_deref()).await?;
    match commit_in(system, lent.as_mut(), request).await {
        Ok(committed) => {
            lent.commit().await?;
            Ok(committed)
        }
        Err(error) => {
            // The error tells more than what becomes of settings that roll back anyway.
            drop(lent.rollback().await);
            Err(error)
        }
    }
}

/// The schema that the caller's unqualified names mean. If the system's is another, so are its
/// tables, and the stamp of the schema refuses.
async fn current_schema(
    tx: &mut Transaction<'_, Postgres>,
) -> Result<Option<String>, DatabaseError> {
    let label = "ask for the caller's schema";
    let attempt = Attempt { label, sql: "", default_schema: "" };
    sqlx::query_scalar("SELECT current_schema()::text")
        .fetch_one(&mut **tx)
        .await
        .map_err(|error| error::failure(attempt, &error))
}
