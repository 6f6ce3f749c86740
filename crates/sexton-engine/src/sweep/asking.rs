//! How rows are asked what they name: by a policy that fits the schema as it is.

use std::sync::Arc;

use sexton_core::check::check;
use sexton_core::finding::{Finding, Severity};
use sexton_core::graph::Graph;
use sexton_core::names::StoreName;
use sexton_core::objects::{Named, ObjectTarget};
use sexton_core::plan::{NamedIn, names_in};
use sexton_core::schema::Schema;

use crate::outcome::EngineError;
use crate::ports::IntentRow;
use crate::system::System;

/// What rows are asked by.
pub(crate) struct Asking {
    schema: Arc<Schema>,
    graph: Graph,
}

impl System {
    /// A policy that does not fit its schema may have forgotten a rule: then nothing is compared.
    pub(super) async fn asking(&self) -> Result<Asking, EngineError> {
        let schema = Arc::new(self.database.schema().await?);
        let checked = check(&self.policy, &schema);
        let errors = checked.findings.into_iter().filter(|f| f.severity == Severity::Error);
        let errors: Vec<Finding> = errors.collect();
        if !errors.is_empty() {
            return Err(EngineError::Policy(errors));
        }
        Ok(Asking { schema, graph: checked.graph })
    }

    /// How names in a store are read: all, or those that account for keys between two.
    pub(super) fn naming(
        &self,
        asking: &Asking,
        store: &StoreName,
        range: Option<(&str, &str)>,
    ) -> Result<NamedIn, String> {
        let root = self.stores.get(store)?.root();
        let of = (asking.schema.as_ref(), &asking.graph);
        names_in(&self.policy, of, (store, &root), range).map_err(|findings| {
            let messages: Vec<String> = findings.into_iter().map(|found| found.message).collect();
            messages.join("; ")
        })
    }

    /// How rows are asked once more whether they name what is promised to be removed.
    pub(crate) async fn naming_again(&self, intent: &IntentRow) -> Result<NamedIn, String> {
        let target: ObjectTarget =
            serde_json::from_str(&intent.target).map_err(|error| error.to_string())?;
        let Named::Orphans(seen) = &target.named else {
            return Err("it names no orphans".to_owned());
        };
        let asking = self.asking().await.map_err(|error| error.to_string())?;
        let range = seen.keys().next().zip(seen.keys().next_back());
        let range = range.map(|(first, last)| (first.as_str(), last.as_str()));
        self.naming(&asking, &target.store, range)
    }
}
