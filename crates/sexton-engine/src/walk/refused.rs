//! For which of several roots something refuses.
//!
//! All roots are judged together, because what goes with one may refer to another. Once they are
//! refused, each is walked alone: what refuses it alone, by rows that refuse them together,
//! refuses it. That takes a walk for each root, so it is done for refusals only, after the locks
//! are gone, and for as long as the time allows; a blocker that comes too late names no root.

use sexton_core::names::Timestamp;
use sexton_core::plan::Plan;
use sexton_core::policy::Policy;
use sexton_core::preview::{Blocker, BlockerKind};

use super::{Deadline, Found, Judge, Locks, Rooted, Roots, Walk};
use crate::ports::{Clock, DatabaseError, Tx};

/// What was refused, and until when it may be looked at.
pub(crate) struct Refused<'r> {
    pub policy: &'r Policy,
    pub plan: &'r Plan,
    pub roots: &'r Roots,
    pub clock: &'r dyn Clock,
    pub until: Timestamp,
}

impl Refused<'_> {
    /// Says of each blocker that rows make for which roots they do.
    pub async fn tell_roots(
        &self,
        blockers: &mut [Blocker],
        tx: &mut dyn Tx,
    ) -> Result<(), DatabaseError> {
        let by_rows =
            |blocker: &Blocker| matches!(blocker.kind, BlockerKind::Reference | BlockerKind::Guard);
        if self.roots.len() < 2 || !blockers.iter().any(by_rows) {
            return Ok(());
        }
        for at in 0..self.roots.len() {
            let (id, alone) = match self.judge_alone(at, tx).await {
                Ok(judged) => judged,
                Err(DatabaseError::Timeout { .. }) => return Ok(()),
                Err(error) => return Err(error),
            };
            for blocker in blockers.iter_mut().filter(|blocker| by_rows(blocker)) {
                if alone.iter().any(|other| is_part(other, blocker)) {
                    blocker.roots.push(id.clone());
                }
            }
        }
        Ok(())
    }

    async fn judge_alone(
        &self,
        at: usize,
        tx: &mut dyn Tx,
    ) -> Result<(String, Vec<Blocker>), DatabaseError> {
        let roots = self.roots.alone(at);
        let id = roots.written().concat();
        let mut walk = Walk::new(self.plan, tx, roots, Locks::Leave);
        walk.deadline = Some(Deadline { clock: self.clock, at: self.until });
        let Rooted::All(subjects) = walk.find_root().await? else { return Ok((id, Vec::new())) };
        if walk.find_all().await? == Found::TooMany {
            return Ok((id, Vec::new()));
        }
        let judge = Judge { policy: self.policy, subjects: &subjects };
        Ok((id, walk.judge(&judge).await?))
    }
}

/// Whether what refuses one root is among what refuses them together: rows that go with another
/// root refuse it only while it is alone.
fn is_part(alone: &Blocker, together: &Blocker) -> bool {
    let more_than_named = together.count > together.names.len() as u64;
    alone.kind == together.kind
        && alone.name == together.name
        && (more_than_named || alone.names.iter().any(|name| together.names.contains(name)))
}
