//! One chunk of a purge: claim, find, judge, change and remove, in one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sexton_core::lifecycle::State;
use sexton_core::plan::Claim;

use super::{Part, Purging};
use crate::execute::{Admitted, ChangeError, tombstones};
use crate::outcome::DeleteError;
use crate::ports::{Mode, NewDeletion, Tx};
use crate::reap::Calling;
use crate::request::{DeleteRequest, Root, RootKey};
use crate::system::{Ready, System};
use crate::walk::{Found, Judge, Locks, Walk};

/// What became of a chunk.
pub(super) enum Chunk {
    /// So many rows went, of so many that were claimed.
    Removed { rows: u64, claimed: u64 },
    /// There was nothing to claim.
    Nothing,
    /// More hangs from what was claimed than one transaction takes.
    TooMany,
    /// Others were in the way, in a sentence.
    Waits(String),
}

impl System {
    /// Removes a few rows and all that hangs from them. Whatever is in the way is waited for by a
    /// later pass, and not here.
    pub(super) async fn chunk(
        &self,
        purging: &mut Purging,
        part: &Part,
        ready: &Arc<Ready>,
        rows_max: u64,
    ) -> Result<Chunk, DeleteError> {
        let Some(claim) = &ready.plan.claim else { return Ok(Chunk::Nothing) };
        let admitted = purging.admitted(part, ready);
        let mut tx = self.database.begin(Mode::Change).await?;
        let carried = {
            let carrying = self.carry_chunk(&admitted, claim, rows_max, tx.as_mut());
            tokio::time::timeout(self.chunk_time, carrying).await
        };
        let Ok(carried) = carried else {
            // The line may be dead: with it goes the transaction, and nobody waits to be told so.
            drop(tx);
            let secs = self.chunk_time.as_secs_f32();
            return Ok(Chunk::Waits(format!("a chunk that was not done within {secs} s")));
        };
        match carried {
            Ok(Chunk::Removed { rows, claimed }) => match tx.commit().await {
                Ok(()) => Ok(Chunk::Removed { rows, claimed }),
                Err(error) if error.is_transient() => Ok(Chunk::Waits(error.to_string())),
                Err(error) => Err(error.into()),
            },
            Ok(chunk) => {
                tx.rollback().await?;
                Ok(chunk)
            }
            Err(error) => {
                // A lost connection cannot be rolled back, and needs not be.
                drop(tx.rollback().await);
                self.hindered(purging, error).await
            }
        }
    }

    /// What there is to do about a chunk that was taken back.
    async fn hindered(
        &self,
        purging: &mut Purging,
        error: ChangeError,
    ) -> Result<Chunk, DeleteError> {
        match error {
            ChangeError::SchemaChanged => {
                self.forget().await;
                Ok(Chunk::Waits("the schema has changed".into()))
            }
            ChangeError::Database(error) if error.is_transient() => {
                Ok(Chunk::Waits(error.to_string()))
            }
            ChangeError::Database(error) => Err(error.into()),
            ChangeError::AtWork(blockers) => {
                Ok(Chunk::Waits(blockers.first().map_or_else(String::new, |b| b.message.clone())))
            }
            ChangeError::Uncalled(calls) => {
                let keys = calls.iter().map(|call: &Calling| call.key(&purging.row.id));
                let keys: Vec<String> = keys.collect();
                self.call_before(&purging.row.id, calls).await?;
                purging.called.extend(keys);
                Ok(Chunk::Waits("somebody was told first".into()))
            }
            ChangeError::Ended(error) => Ok(Chunk::Waits(error.to_string())),
        }
    }

    /// Everything between BEGIN and COMMIT.
    async fn carry_chunk(
        &self,
        admitted: &Admitted,
        claim: &Claim,
        rows_max: u64,
        tx: &mut dyn Tx,
    ) -> Result<Chunk, ChangeError> {
        let plan = &admitted.ready.plan;
        let mut walk = Walk::new(plan, tx, admitted.roots.clone(), Locks::Take);
        let claimed = walk.claim(claim, rows_max).await? as u64;
        if claimed == 0 {
            return Ok(Chunk::Nothing);
        }
        if walk.sets[claim.set.0].is_empty() {
            return Ok(Chunk::Waits(format!("rows that refer to {}", claim.table)));
        }
        if walk.find_all().await? == Found::TooMany {
            return Ok(Chunk::TooMany);
        }
        let now = self.surroundings.clock.now();
        let blockers = walk.judge(&Judge { policy: &self.policy, subjects: &[] }).await?;
        let at_work = walk.at_work(|_| true).await?;
        if let Some(blocker) = blockers.into_iter().chain(at_work).next() {
            return Ok(Chunk::Waits(blocker.message));
        }
        let parts = walk.digest_parts(&self.policy.system, &admitted.options);
        let carried = self.carry(admitted, &mut walk, parts).await?;
        let id = &admitted.stored.id;
        let tombstones = tombstones(&walk);
        if !tombstones.is_empty() {
            walk.tx.insert_tombstones(id, now, &tombstones).await?;
        }
        let remembered = walk.remembered();
        if !remembered.is_empty() {
            walk.tx.insert_fenced(id, now, &remembered).await?;
        }
        let removed = carried.removed;
        carried.promised.store(self, admitted, &mut walk, &removed).await?;
        let counts: BTreeMap<&str, u64> = removed
            .iter()
            .filter(|(_, rows)| *rows > 0)
            .map(|(table, rows)| (table.as_str(), *rows))
            .collect();
        let rows = counts.values().sum();
        let counts = serde_json::to_string(&counts).expect("counts are plain text and numbers");
        walk.tx.insert_purged(id, now, &counts).await?;
        Ok(Chunk::Removed { rows, claimed })
    }
}

impl Purging {
    /// The deletion as whoever carries rows out sees it.
    fn admitted(&self, part: &Part, ready: &Arc<Ready>) -> Admitted {
        let row = &self.row;
        Admitted {
            ready: ready.clone(),
            due: None,
            roots: part.roots.clone(),
            options: self.options.clone(),
            request: DeleteRequest {
                root: Root {
                    thing: part.thing.clone(),
                    key: RootKey::Ids(part.roots.written()),
                    options: BTreeMap::new(),
                    caller: part.roots.caller.clone(),
                },
                reason: row.reason.clone(),
                bound_to: None,
            },
            stored: NewDeletion {
                id: row.id.clone(),
                system: row.system.clone(),
                thing: row.thing.clone(),
                roots: row.roots.clone(),
                actor: row.actor.clone(),
                tenant: None,
                reason: row.reason.clone(),
                bound_to: row.bound_to.clone(),
                requested_at: row.requested_at,
                lease: row.lease.clone(),
                lease_secs: 0,
            },
            called: self.called.clone(),
            state: State::Purging,
            has_asked: true,
            told: BTreeSet::new(),
            is_stored: true,
        }
    }
}
