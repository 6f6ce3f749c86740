//! The triggers of a system's fence: made, removed, and looked at.

use sexton_core::fence::{self, Post};
use sexton_core::graph::resolve;
use sexton_core::schema::Schema;

use crate::ports::DatabaseError;
use crate::system::System;

/// What is done about the fence of a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FenceChange {
    /// Makes it what the policy says.
    Install,
    /// Removes all of it.
    Remove,
}

impl System {
    /// What the triggers of the policy's fence are in the database.
    pub async fn fence(&self) -> Result<Vec<Post>, DatabaseError> {
        let schema = self.database.schema().await?;
        let (graph, _) = resolve(&self.policy, &schema);
        Ok(fence::posts(&self.policy, &schema, &graph))
    }

    /// The statements of a change, which is not carried out. None if there is nothing to change.
    pub async fn fence_statements(&self, what: FenceChange) -> Result<Vec<String>, DatabaseError> {
        let schema = self.database.schema().await?;
        Ok(self.statements(what, &schema))
    }

    /// Carries a change out, whole or not at all; a repeat changes nothing. Returns the statements.
    pub async fn change_fence(&self, what: FenceChange) -> Result<Vec<String>, DatabaseError> {
        if what == FenceChange::Install {
            // Order: the triggers ask Sexton's own tables.
            self.prepare().await?;
        }
        let schema = self.database.schema().await?;
        let statements = self.statements(what, &schema);
        if !statements.is_empty() {
            self.database.change_fence(&statements).await?;
            self.forget().await;
        }
        Ok(statements)
    }

    fn statements(&self, what: FenceChange, schema: &Schema) -> Vec<String> {
        let (graph, _) = resolve(&self.policy, schema);
        match what {
            FenceChange::Install => fence::install(&self.policy, schema, &graph),
            FenceChange::Remove => fence::remove(&self.policy, schema, &graph),
        }
    }
}
