//! A deletion inside the caller's own transaction.

use sexton_engine::{Committed, DeleteError, DeleteRequest, System, commit_in};
use sqlx::{Sqlite, Transaction};

use crate::transaction::in_transaction;

/// Deletes a root within `tx`: its rows go when the caller commits, or stay when it does not.
///
/// The transaction is on the system's own file, best begun with `BEGIN IMMEDIATE`, on a
/// connection that enforces foreign keys. What the caller has changed before is seen, but a
/// changed schema is refused. There is no retry, no waiting for work and no hiding, as those take
/// several transactions. After an error the caller can only roll back.
///
/// [`System::prepare`] is called once before. After the commit, [`System::settle`] looks again and
/// writes the receipt.
pub async fn delete_in(
    tx: &mut Transaction<'_, Sqlite>,
    system: &System,
    request: &DeleteRequest,
) -> Result<Committed, DeleteError> {
    let mut lent = in_transaction(tx).await?;
    commit_in(system, lent.as_mut(), request).await
}
