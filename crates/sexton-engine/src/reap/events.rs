//! Tells the events of a deletion in the log, from what was stored with its rows.
//!
//! A line is added before it is forgotten, so a program that dies between the two adds it again:
//! each line is told at least once, by whoever finishes the deletion and keeps a log.

use sexton_core::intent::IntentKind;
use sexton_core::names::DeletionId;

use crate::outcome::DeleteError;
use crate::ports::{DatabaseError, Tx};
use crate::system::System;

/// What a deletion has promised, from its record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Open {
    pub calls: bool,
    pub objects: bool,
    pub events: bool,
}

impl Open {
    /// Whether anything of it is carried out after the commit.
    pub fn is_reaped(self) -> bool {
        self.calls || self.objects
    }
}

impl System {
    /// Tells what is to be told as soon as the rows are gone.
    pub(crate) async fn tell_log(&self, id: &DeletionId, open: Open) -> Result<(), DeleteError> {
        if !open.events {
            return Ok(());
        }
        let mut tx = self.begin_keep().await?;
        self.tell_log_in(tx.as_mut(), id, &[IntentKind::Event]).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Tells and forgets stored lines of these kinds.
    pub(crate) async fn tell_log_in(
        &self,
        tx: &mut dyn Tx,
        id: &DeletionId,
        kinds: &[IntentKind],
    ) -> Result<(), DatabaseError> {
        for kind in kinds {
            for line in tx.intents_of(id, *kind).await? {
                // Who keeps no log forgets what another program meant for its own.
                if let Some(log) = &self.log {
                    log.add(&line.target).map_err(|detail| DatabaseError::Failed {
                        label: "write the log".into(),
                        detail,
                    })?;
                }
            }
            tx.drop_intents(id, *kind).await?;
        }
        Ok(())
    }
}
