//! Removes all that lies below a prefix, and sees that nothing does any more. A pause of the store
//! is looked for before each page and each batch.

use std::sync::Arc;

use sexton_core::names::StoreName;
use sexton_core::objects::{ObjectTarget, Prefix, Progress};
use sexton_core::sql::Asked;

use super::{Committed, Noted, Remover, Went, count, held, scope};
use crate::clear::{ClearRequest, Cleared, Spared, Stopped, clear};
use crate::stores::forms;

/// A prefix into which somebody keeps writing is left for a while after so many listings.
const ROUNDS_MAX: u32 = 5;
/// What was paused is due again so soon; until it goes on, nobody claims it.
const PAUSED_MS: i64 = 1_000;

impl Remover {
    pub(super) async fn prefix(
        &self,
        target: &ObjectTarget,
        prefix: &str,
        noted: &Noted,
        committed: Committed,
    ) -> Result<Went, Went> {
        let spared = self.spared_below(target, prefix).await?;
        for _ in 0..ROUNDS_MAX {
            let was_whole = held(noted).behind.is_none();
            let cleared = self.clear_once(target, prefix, spared.clone(), noted).await?;
            if !was_whole || !cleared.found_nothing() {
                continue;
            }
            let empty = held(noted).empty + 1;
            held(noted).empty = empty;
            let wait_ms = target.look_again_secs.saturating_mul(1_000) - committed.ago_ms();
            if target.look_again_secs <= 0 || (wait_ms <= 0 && empty > 1) {
                return Ok(Went::Ended);
            }
            if wait_ms > 0 {
                return Ok(Went::Later(wait_ms));
            }
        }
        Err(Went::Again("somebody keeps writing below it".to_owned(), None))
    }

    /// Removes all below a prefix but these, which are to be read first and are not called spared.
    pub(super) async fn clear_but_for(
        &self,
        target: &ObjectTarget,
        prefix: &str,
        unread: &[String],
        noted: &Noted,
    ) -> Result<(), Went> {
        let spared = self.spared_below(target, prefix).await?.and(unread);
        self.clear_once(target, prefix, spared, noted).await?;
        if let Some(removed) = held(noted).stores.get_mut(&target.store) {
            removed.spared = 0;
        }
        Ok(())
    }

    async fn spared_below(&self, target: &ObjectTarget, prefix: &str) -> Result<Spared, Went> {
        let store = self.store(&target.store)?.as_ref();
        self.spared(target, store, Asked::Below(&forms(store, prefix))).await
    }

    /// Goes through a prefix once, from where it was noted to be.
    async fn clear_once(
        &self,
        target: &ObjectTarget,
        prefix: &str,
        spared: Spared,
        noted: &Noted,
    ) -> Result<Cleared, Went> {
        let store = self.store(&target.store)?;
        let prefix = Prefix::new(prefix).map_err(|bad| Went::Refused(bad.to_string()))?;
        let begun = held(noted).clone();
        let request = ClearRequest {
            prefix,
            scope: scope(target),
            behind: begun.behind.clone(),
            spared,
            effort: self.effort(),
            gate: Some(self.gate(&target.store)),
        };
        let note = |cleared: &Cleared, behind| {
            *held(noted) = gone_on(&begun, &target.store, cleared, behind);
        };
        let mut told = |cleared: &Cleared| note(cleared, cleared.behind.clone());
        let entropy = Arc::clone(&self.entropy);
        match clear(Arc::clone(store), entropy, &request, &mut told).await {
            Ok(cleared) => {
                // What was listed from the middle on says nothing of what lies before.
                note(&cleared, cleared.behind.clone().filter(|_| cleared.is_halted));
                self.note_left(&cleared);
                if cleared.is_halted {
                    return Err(Went::Later(PAUSED_MS));
                }
                refuse_left(&cleared)?;
                Ok(cleared)
            }
            Err(stopped) => {
                let Stopped { cleared, error } = *stopped;
                note(&cleared, cleared.behind.clone());
                self.note_left(&cleared);
                Err(error.into())
            }
        }
    }
}

/// How far a promise is that was so far, and then did this.
fn gone_on(
    begun: &Progress,
    store: &StoreName,
    cleared: &Cleared,
    behind: Option<String>,
) -> Progress {
    let mut progress = Progress { behind, ..begun.clone() };
    let removed = progress.stores.entry(store.clone()).or_default();
    removed.forget_left();
    count(removed, cleared);
    progress
}

/// What is left fails the attempt: for good, if asking again cannot help.
fn refuse_left(cleared: &Cleared) -> Result<(), Went> {
    let left = cleared.counts.left() + cleared.uploads.left();
    let Some(first) = cleared.failures.first().filter(|_| left > 0) else { return Ok(()) };
    let reason = match left {
        1 => format!("{}: {}", first.place, first.outcome),
        more => format!("{more} are left, such as {}: {}", first.place, first.outcome),
    };
    if cleared.failures.iter().any(|failure| failure.outcome.is_transient()) {
        Err(Went::Again(reason, None))
    } else {
        Err(Went::Refused(reason))
    }
}
