//! Keeps previews for as long as they can be confirmed.
//!
//! Nothing durable is promised of a preview: one that is gone is made again, and a deletion that
//! was confirmed carries the digest itself. So they are kept in memory, the oldest going first.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use sexton_api::Preview;
use sexton_core::names::Timestamp;
use sexton_engine::{Bound, Root};

use crate::who::Identity;

/// So long a preview can be confirmed.
pub const KEPT_SECS: i64 = 15 * 60;
/// So many are kept.
const KEPT_MAX: usize = 1_000;

/// A preview that can be confirmed.
pub struct Kept {
    /// As it is shown.
    pub shown: Preview,
    /// What it is of.
    pub root: Root,
    /// What a deletion that confirms it is bound to; none where not every key was found.
    pub bound: Option<Bound>,
    /// Until when.
    pub expires_at: Timestamp,
    /// Who made it.
    pub maker: Identity,
}

/// Previews by their ids.
#[derive(Default)]
pub struct Shelf {
    kept: Mutex<Shelved>,
}

#[derive(Default)]
struct Shelved {
    by_id: BTreeMap<String, Arc<Kept>>,
    in_order: VecDeque<String>,
}

impl Shelf {
    /// Keeps a preview; of too many, the oldest goes.
    pub fn keep(&self, preview: Kept, now: Timestamp) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(oldest) = kept.in_order.front().cloned() {
            let over = kept.by_id.get(&oldest).is_none_or(|kept| kept.expires_at <= now);
            if !over && kept.in_order.len() < KEPT_MAX {
                break;
            }
            kept.in_order.pop_front();
            kept.by_id.remove(&oldest);
        }
        let id = preview.shown.id.clone();
        kept.in_order.push_back(id.clone());
        kept.by_id.insert(id, Arc::new(preview));
    }

    /// The preview of this id, if it can still be confirmed and was made for them: another's is
    /// as one that never was.
    pub fn find(&self, system: &str, id: &str, of: &Identity, now: Timestamp) -> Option<Arc<Kept>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.by_id.get(id)?;
        let is_theirs = found.maker.actor == of.actor && found.maker.tenant == of.tenant;
        let is_open = found.shown.system == system && found.expires_at > now;
        (is_theirs && is_open).then(|| found.clone())
    }
}
