//! Keeps previews for as long as they can be confirmed.
//!
//! They are kept in the server's own state, so that any replica can confirm what another has shown;
//! a service without a state keeps them in mind, the oldest going first. Nothing durable is
//! promised of a preview: one that is gone is made again, and a deletion that was confirmed carries
//! the digest itself.

mod stored;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use sexton_api::Preview;
use sexton_core::names::{PreviewId, SystemName, Timestamp};
use sexton_engine::ports::{DatabaseError, State, StoredPreview};
use sexton_engine::{Bound, Root};

use crate::who::Identity;

/// So long a preview can be confirmed.
pub const KEPT_SECS: i64 = 15 * 60;
/// So many are kept in mind.
const KEPT_MAX: usize = 1_000;

/// A preview that can be confirmed.
pub struct Kept {
    /// As it is shown.
    pub shown: Preview,
    /// What it is of.
    pub root: Root,
    /// What a deletion that confirms it is bound to; none where not every key was found.
    pub bound: Option<Bound>,
}

/// Previews by their ids.
pub enum Shelf {
    /// In the server's own state.
    Shared(Arc<dyn State>),
    /// In mind.
    Own(Mutex<Shelved>),
}

impl Default for Shelf {
    fn default() -> Self {
        Self::Own(Mutex::default())
    }
}

/// Previews in mind.
#[derive(Default)]
pub struct Shelved {
    by_id: BTreeMap<PreviewId, StoredPreview>,
    in_order: VecDeque<PreviewId>,
}

impl Shelf {
    /// Keeps a preview from now until then, for whoever made it.
    pub async fn keep(
        &self,
        kept: &Kept,
        (now, expires_at): (Timestamp, Timestamp),
    ) -> Result<(), DatabaseError> {
        let preview = StoredPreview {
            id: PreviewId::new(kept.shown.id.as_str()),
            system: SystemName::new(kept.shown.system.as_str()),
            owner: kept.root.caller.owner(),
            body: stored::write(kept)?,
            created_at: now,
            expires_at,
        };
        match self {
            Self::Shared(state) => state.put_preview(&preview).await,
            Self::Own(shelved) => {
                let mut shelved = shelved.lock().unwrap_or_else(PoisonError::into_inner);
                shelved.keep(preview, now);
                Ok(())
            }
        }
    }

    /// The preview of this id, if it can still be confirmed and was made for them: another's is
    /// as one that never was.
    pub async fn find(
        &self,
        system: &str,
        id: &str,
        of: &Identity,
        now: Timestamp,
    ) -> Result<Option<Kept>, DatabaseError> {
        let (id, caller) = (PreviewId::new(id), of.caller());
        let owner = caller.owner();
        let found = match self {
            Self::Shared(state) => state.preview(&id, &owner, now).await?,
            Self::Own(shelved) => {
                let shelved = shelved.lock().unwrap_or_else(PoisonError::into_inner);
                let found = shelved.by_id.get(&id);
                found.filter(|found| found.owner == owner && found.expires_at > now).cloned()
            }
        };
        let found = found.filter(|found| found.system.as_str() == system);
        // What another version of the program has written is made again.
        Ok(found.and_then(|found| stored::read(&found.body, caller)))
    }
}

impl Shelved {
    /// Of too many, the oldest goes.
    fn keep(&mut self, preview: StoredPreview, now: Timestamp) {
        while let Some(oldest) = self.in_order.front().cloned() {
            let over = self.by_id.get(&oldest).is_none_or(|kept| kept.expires_at <= now);
            if !over && self.in_order.len() < KEPT_MAX {
                break;
            }
            self.in_order.pop_front();
            self.by_id.remove(&oldest);
        }
        self.in_order.push_back(preview.id.clone());
        self.by_id.insert(preview.id.clone(), preview);
    }
}
