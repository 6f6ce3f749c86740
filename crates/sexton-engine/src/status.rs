//! What is going on: deletions with their state, and what each waits for.

use sexton_core::names::DeletionId;

use crate::outcome::DeleteError;
use crate::ports::{DeletionRow, Mode};
use crate::system::System;

/// A deletion, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletionStatus {
    /// The deletion as stored.
    pub row: DeletionRow,
    /// What it waits for, or why it was refused, in a sentence.
    pub sentence: String,
}

impl System {
    /// One deletion.
    pub async fn status(&self, id: &DeletionId) -> Result<Option<DeletionStatus>, DeleteError> {
        if !self.has_history().await? {
            return Ok(None);
        }
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let row = tx.deletion(id).await?;
        tx.rollback().await?;
        Ok(row.map(described))
    }

    /// The latest deletions, newest first.
    pub async fn statuses(&self, limit: u32) -> Result<Vec<DeletionStatus>, DeleteError> {
        if !self.has_history().await? {
            return Ok(Vec::new());
        }
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let rows = tx.deletions(&self.policy.system, limit).await?;
        tx.rollback().await?;
        Ok(rows.into_iter().map(described).collect())
    }
}

fn described(row: DeletionRow) -> DeletionStatus {
    use sexton_core::lifecycle::State;
    let note: serde_json::Value =
        row.note.as_deref().and_then(|note| serde_json::from_str(note).ok()).unwrap_or_default();
    let said = note["message"].as_str().unwrap_or_default();
    let sentence = match row.state {
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
        State::Refused | State::Withdrawn => said.to_owned(),
        State::Committed => "the rows are gone; looking again is still to come".into(),
        State::Reaped => match note["left"].as_object() {
            Some(left) => {
                let lines: Vec<String> =
                    left.iter().map(|(line, rows)| format!("{rows} row(s) by {line}")).collect();
                format!("waits for rows that still refer to what is gone: {}", lines.join("; "))
            }
            None => "nothing is left to remove; looking again is still to come".into(),
        },
        State::Complete => "looked at again: nothing is left".into(),
    };
    DeletionStatus { row, sentence }
}
