//! Ends a purge: counts what is left, whoever has locked it, lets the hidden rows themselves go or
//! stay, and has everything looked at again.

use std::time::Duration;

use sexton_core::lifecycle::{Event, State, next};
use sexton_core::plan::Claim;
use sexton_core::policy::RootAfter;

use super::chunk::Chunk;
use super::{Part, Purging};
use crate::outcome::DeleteError;
use crate::ports::{DatabaseError, DeletionRow, Mode, StateChange};
use crate::reap::Open;
use crate::system::{Ready, System};
use crate::walk::{Locks, Walk};

/// What is said of a purge that another replica has come to the end of.
const TAKEN: &str = "another program, which has taken it";
/// A count stops here: what is left is named, not measured.
const LEFT_MAX: u64 = 1_000;
/// Whoever is in the way of counting is met so often, with a pause in between and no lock kept.
const COUNTS_MAX: usize = 5;
const PAUSE: Duration = Duration::from_millis(100);

/// How a purge stands after a pass in which nothing went.
pub(super) enum End {
    Ended(State),
    /// Others are in the way, or its time has not come; in a sentence.
    Waits(String),
    /// There is more to do at once.
    GoesOn,
}

/// What is below the hidden roots.
enum Left {
    Nothing,
    Rows(Vec<(String, u64)>),
    /// Somebody is in the way of counting.
    Unknown(String),
}

impl Purging {
    /// The same, with no part taken yet.
    fn as_it_is(&self) -> Self {
        Self {
            row: self.row.clone(),
            options: self.options.clone(),
            parts: Vec::new(),
            called: self.called.clone(),
            waits_for: None,
        }
    }
}

impl System {
    /// Ends the purge if nothing is left, or says what it waits for.
    pub(super) async fn end(&self, purging: &Purging) -> Result<End, DeleteError> {
        if purging.parts.is_empty() {
            return Ok(End::Waits(TAKEN.into()));
        }
        match self.left_below(purging).await? {
            Left::Nothing => {}
            Left::Unknown(what) => return self.wait_for(purging, what, &[]).await,
            Left::Rows(left) => {
                let what = purging.waits_for.clone();
                let what = what.unwrap_or_else(|| "rows that somebody is at work on".into());
                return self.wait_for(purging, what, &left).await;
            }
        }
        for part in &purging.parts {
            if let Some(waits) = self.let_roots_go(purging, part).await? {
                return Ok(waits);
            }
        }
        self.become_purged(purging).await
    }

    async fn left_below(&self, purging: &Purging) -> Result<Left, DeleteError> {
        let mut left = Vec::new();
        for part in &purging.parts {
            for ready in part.plans.iter().filter(|ready| !part.is_of_roots(self, ready)) {
                let Some(claim) = &ready.plan.claim else { continue };
                if claim.left.is_none() {
                    continue;
                }
                match self.count_below(claim, ready, part).await {
                    Ok(0) => {}
                    Ok(rows) => left.push((claim.table.to_string(), rows)),
                    Err(error) if error.is_transient() => {
                        return Ok(Left::Unknown(error.to_string()));
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(if left.is_empty() { Left::Nothing } else { Left::Rows(left) })
    }

    async fn count_below(
        &self,
        claim: &Claim,
        ready: &Ready,
        part: &Part,
    ) -> Result<u64, DatabaseError> {
        let mut tries = 1;
        loop {
            let mut tx = self.database.begin(Mode::Change).await?;
            let roots = part.roots.clone();
            let mut walk = Walk::new(&ready.plan, tx.as_mut(), roots, Locks::Take);
            let counted = walk.left(claim, LEFT_MAX).await;
            drop(tx.rollback().await);
            match counted {
                Err(error) if error.is_transient() && tries < COUNTS_MAX => tries += 1,
                counted => return counted,
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Lets the hidden rows of a part go, if they go and it is time; how it stands if not.
    async fn let_roots_go(
        &self,
        purging: &Purging,
        part: &Part,
    ) -> Result<Option<End>, DeleteError> {
        if let RootAfter::GoesAfter(secs) = part.purge.root {
            let goes_at = part.hidden_at.plus_secs(secs);
            if self.surroundings.clock.now() < goes_at {
                let what = format!("the time at which {} goes: {goes_at}", part.thing);
                return self.wait_for(purging, what, &[]).await.map(Some);
            }
        }
        for ready in part.plans.iter().filter(|ready| part.is_of_roots(self, ready)) {
            let mut again = purging.as_it_is();
            let stays = part.purge.root == RootAfter::Stays;
            // Those that stay lose their objects, all at once: nothing would tell which have.
            let rows_max = if stays { part.roots.len() as u64 } else { part.rows_max };
            match self.chunk(&mut again, part, ready, rows_max).await? {
                Chunk::Removed { claimed, .. } => {
                    // There may be more of them than one chunk takes.
                    if !stays && claimed >= part.purge.chunk_rows {
                        return Ok(Some(End::GoesOn));
                    }
                }
                Chunk::Nothing => {}
                Chunk::TooMany => return Ok(Some(End::GoesOn)),
                Chunk::Waits(what) => return self.wait_for(purging, what, &[]).await.map(Some),
            }
        }
        Ok(None)
    }

    async fn become_purged(&self, purging: &Purging) -> Result<End, DeleteError> {
        let row = &purging.row;
        // Race: another replica may have ended it since it was read.
        let Ok(to) = next(row.state, Event::Emptied) else {
            return Ok(End::Waits(TAKEN.into()));
        };
        let mut tx = self.begin_keep().await?;
        let change = StateChange {
            id: &row.id,
            lease: &row.lease,
            from: row.state,
            to,
            at: self.surroundings.clock.now(),
            note: None,
            receipt: None,
        };
        if !tx.change_state(change).await? {
            tx.rollback().await?;
            return Ok(End::Waits(TAKEN.into()));
        }
        tx.commit().await?;
        // What its chunks promised stands with their rows.
        let open = Open { calls: true, objects: true, events: true };
        self.tell_log(&row.id, open).await?;
        let finished = self
            .finish(&row.id, &row.thing, &purging.options, &row.lease, State::Purged, open)
            .await;
        match finished {
            Ok(_) => Ok(End::Ended(State::Complete)),
            Err(DeleteError::Unreaped { .. }) => Ok(End::Ended(State::Purged)),
            Err(DeleteError::Unverified { .. }) => Ok(End::Ended(State::Reaped)),
            // Race: its lease may be over since it was hidden, and whoever settles has taken it.
            Err(_) if self.is_anothers(row).await? => Ok(End::Waits(TAKEN.into())),
            Err(error) => Err(error),
        }
    }

    async fn is_anothers(&self, row: &DeletionRow) -> Result<bool, DeleteError> {
        let mut tx = self.begin_keep().await?;
        let now = tx.deletion(&row.id).await?;
        tx.rollback().await?;
        Ok(now.is_some_and(|now| now.lease != row.lease))
    }

    /// Notes what it waits for, for whoever asks.
    async fn wait_for(
        &self,
        purging: &Purging,
        what: String,
        left: &[(String, u64)],
    ) -> Result<End, DeleteError> {
        let left: std::collections::BTreeMap<&str, u64> =
            left.iter().map(|(table, rows)| (table.as_str(), *rows)).collect();
        let note = serde_json::json!({ "waiting_on": what, "left": left }).to_string();
        let mut tx = self.begin_keep().await?;
        tx.note_purge(&purging.row.id, Some(&note)).await?;
        tx.commit().await?;
        Ok(End::Waits(what))
    }
}
