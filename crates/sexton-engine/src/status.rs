//! What is going on: deletions with their state, and what each waits for.

use sexton_core::lifecycle::State;
use sexton_core::names::{Actor, DeletionId, TenantId, Timestamp};

use crate::outcome::DeleteError;
use crate::ports::{Backlog, DatabaseError, DeletionPage, DeletionRow, Mode, OpenIntent, Tx};
use crate::reap::{FAILING_MAX, REAPED};
use crate::system::System;

/// A deletion, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletionStatus {
    /// The deletion as stored.
    pub row: DeletionRow,
    /// What it waits for, or why it was refused, in a sentence.
    pub sentence: String,
    /// Promises that are still to be carried out, and failed before, the next to be tried first.
    pub failing: Vec<OpenIntent>,
    /// How many promises are still to be carried out.
    pub open: u64,
}

impl System {
    /// One deletion.
    pub async fn status(&self, id: &DeletionId) -> Result<Option<DeletionStatus>, DeleteError> {
        if !self.has_history().await? {
            return Ok(None);
        }
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let row = tx.deletion(id).await?;
        let described = match row {
            Some(row) => Some(described(tx.as_mut(), row, FAILING_MAX).await?),
            None => None,
        };
        tx.rollback().await?;
        Ok(described)
    }

    /// The latest deletions, newest first.
    pub async fn statuses(&self, limit: u32) -> Result<Vec<DeletionStatus>, DeleteError> {
        if !self.has_history().await? {
            return Ok(Vec::new());
        }
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let mut statuses = Vec::new();
        for row in tx.deletions(&self.policy.system, limit).await? {
            statuses.push(described(tx.as_mut(), row, 1).await?);
        }
        tx.rollback().await?;
        Ok(statuses)
    }

    /// A page of deletions, newest first: only what `actor` asked for, if one is given, and only
    /// what comes after `before` in the list.
    pub async fn status_page(
        &self,
        actor: Option<&Actor>,
        before: Option<(Timestamp, &DeletionId)>,
        limit: u32,
    ) -> Result<Vec<DeletionStatus>, DeleteError> {
        self.status_page_in(None, actor, before, limit).await
    }

    /// The same, only what was asked for in that tenant, if one is given.
    pub async fn status_page_in(
        &self,
        tenant: Option<&TenantId>,
        actor: Option<&Actor>,
        before: Option<(Timestamp, &DeletionId)>,
        limit: u32,
    ) -> Result<Vec<DeletionStatus>, DeleteError> {
        if !self.has_history().await? {
            return Ok(Vec::new());
        }
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let page = DeletionPage { system: &self.policy.system, actor, tenant, before, limit };
        let mut statuses = Vec::new();
        for row in tx.deletion_page(page).await? {
            statuses.push(described(tx.as_mut(), row, 1).await?);
        }
        tx.rollback().await?;
        Ok(statuses)
    }

    /// How much is still to be done.
    pub async fn backlog(&self) -> Result<Backlog, DeleteError> {
        if !self.has_history().await? {
            return Ok(Backlog::default());
        }
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let backlog = tx.backlog(&self.policy.system).await?;
        tx.rollback().await?;
        Ok(backlog)
    }
}

/// Only a deletion that has committed may wait for its promises.
async fn described(
    tx: &mut dyn Tx,
    row: DeletionRow,
    failing: u32,
) -> Result<DeletionStatus, DatabaseError> {
    if !matches!(row.state, State::Committed | State::Purged) {
        let sentence = sentence(&row);
        return Ok(DeletionStatus { row, sentence, failing: Vec::new(), open: 0 });
    }
    let open = tx.intents_left(&row.id, REAPED).await?.open;
    if open == 0 {
        let sentence = sentence(&row);
        return Ok(DeletionStatus { row, sentence, failing: Vec::new(), open: 0 });
    }
    let failing = tx.failing_intents(&row.id, failing).await?;
    let next = failing.first().map(|next| {
        let reason = next.reason.as_deref().unwrap_or("its program ended");
        format!("; last: {}: {reason}; next try at {}", next.rule, next.next_try)
    });
    let next = next.unwrap_or_default();
    let sentence =
        format!("the rows are gone; {open} promise(s) are still to be carried out{next}");
    Ok(DeletionStatus { row, sentence, failing, open })
}

fn sentence(row: &DeletionRow) -> String {
    let note: serde_json::Value =
        row.note.as_deref().and_then(|note| serde_json::from_str(note).ok()).unwrap_or_default();
    let said = note["message"].as_str().unwrap_or_default();
    let left = note["left"].as_object().map(|left| {
        let lines: Vec<String> =
            left.iter().map(|(line, rows)| format!("{rows} row(s) by {line}")).collect();
        lines.join("; ")
    });
    match row.state {
        State::Requested | State::Drained if note["waiting_on"].is_string() => {
            format!("waits for {}", note["waiting_on"].as_str().unwrap_or_default())
        }
        State::Drained => {
            "work in flight has stopped, nothing is gone yet; its process is at work, or its lease \
             runs out"
                .into()
        }
        State::Requested => {
            "nothing has happened yet; its process is at work, or its lease runs out".into()
        }
        State::Hidden => "it is hidden; its purge is still to come, if it has one".into(),
        State::Purging => match (note["waiting_on"].as_str(), left.filter(|left| !left.is_empty()))
        {
            (Some(what), Some(left)) => format!("is being purged; waits for {what}; left: {left}"),
            (Some(what), None) => format!("is being purged; waits for {what}"),
            (None, _) => "is being purged, a chunk at a time".into(),
        },
        State::Purged => "nothing hangs below it any more; looking again is still to come".into(),
        State::Restored => "it is visible again, as it was".into(),
        State::Refused | State::Withdrawn => said.to_owned(),
        State::Committed => "the rows are gone; looking again is still to come".into(),
        State::Reaped => match left {
            Some(left) => format!("waits for rows that still refer to what is gone: {left}"),
            None => "nothing is left to remove; looking again is still to come".into(),
        },
        State::Complete => match left {
            Some(left) => {
                format!("complete, but rows came late that refer to what is gone: {left}")
            }
            None => "looked at again: nothing is left".into(),
        },
    }
}
