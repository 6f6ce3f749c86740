//! Restores what a route speaks of: the deletion that hid it is found by the root.

use std::collections::BTreeMap;

use sexton_core::policy::Outcome;
use sexton_core::routes::Facts;
use sexton_engine::{Root, RootRestored};

use super::carry_out::{Doing, Ended, missing};
use super::{objects, outcomes};

impl Doing<'_> {
    /// Gives back what is hidden. What is not hidden is as it was asked for already.
    pub(super) async fn restore(
        &self,
        root: &Root,
        path: &BTreeMap<String, String>,
        mut facts: Facts,
    ) -> Ended {
        match self.system.speaks_of(self.asking(&root.thing, path), root).await {
            Ok(true) => {}
            Ok(false) => return Ended::with(Outcome::Missing, missing(root, facts)),
            Err(error) => return Ended::by(&error, facts),
        }
        match self.system.restore_root(root).await {
            Ok(RootRestored::Visible) => Ended::with(Outcome::Done, facts),
            Ok(RootRestored::Restored { deletion, .. }) => {
                facts.deletion = Some(deletion.to_string());
                let headers = vec![objects::named(deletion.as_str())];
                Ended { headers, ..Ended::with(Outcome::Done, facts) }
            }
            Ok(RootRestored::Refused(why)) => {
                facts.message = format!("it cannot be restored: {why}");
                Ended::with(Outcome::Refused, facts)
            }
            Err(error) => {
                let cause = Some(error.to_string());
                let outcome = outcomes::of_deletion(&error, &mut facts);
                Ended { cause, ..Ended::with(outcome.unwrap_or(Outcome::Failed), facts) }
            }
        }
    }
}
