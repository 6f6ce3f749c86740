//! Tries a transaction of a deletion until it commits, is refused, or others were in the way too often.
//!
//! What fails is taken back whole before anything else is done: plans are made anew where the
//! schema has changed, calls are made for which the transaction has to wait, and whoever was in
//! the way is given way to, after a pause.

use std::collections::BTreeSet;
use std::time::Duration;

use sexton_core::names::HookName;
use sexton_core::preview::Blocker;
use tokio::sync::watch;

use super::Committed;
use super::admit::Admitted;
use super::change::ChangeError;
use super::stopping::Line;
use crate::cancel::CancelledRows;
use crate::outcome::{DeleteError, EngineError};
use crate::ports::{DatabaseError, Mode, SessionId, Transient, Tx, Violation};
use crate::reap::Calling;
use crate::system::System;

/// So often a deletion gives way to others before it says `busy`.
const ATTEMPTS_MAX: u32 = 5;
/// So often a schema may change under a deletion.
const SCHEMA_CHANGES_MAX: u32 = 3;
/// So often rows may come of which somebody must be told first.
const CALLS_MAX: u32 = 5;

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// To ask work in flight to stop, for the deletion that waits for it.
    Ask,
    /// To ask it to stop, and no more.
    Cancel,
    /// To delete.
    Commit,
}

/// How a transaction ended well.
pub(super) enum Done {
    Asked(Asked),
    /// Nothing was done: somebody is at work.
    AtWork(Vec<Blocker>),
    Committed(Committed),
}

/// What asking work to stop has come to.
pub(super) struct Asked {
    pub rows: Vec<CancelledRows>,
    /// What the log says about it.
    pub lines: Vec<Line>,
}

/// How one attempt ended other than well.
enum Attempt {
    SchemaChanged,
    InTheWay { blockers: Vec<String>, last: DatabaseError },
    Uncalled(Vec<Calling>),
    Ended(Box<DeleteError>),
}

impl Attempt {
    fn of(error: DatabaseError) -> Self {
        if error.is_transient() {
            Self::InTheWay { blockers: Vec::new(), last: error }
        } else {
            Self::Ended(Box::new(EngineError::Database(error).into()))
        }
    }
}

impl System {
    /// Tries a transaction until it commits, is refused, or others were in the way too often.
    pub(super) async fn carry_on(
        &self,
        admitted: &mut Admitted,
        step: Step,
    ) -> Result<Done, DeleteError> {
        let (mut attempts, mut schema_changes, mut calls) = (0, 0, 0);
        loop {
            let attempt = self.attempt(admitted, step, attempts + 1 == ATTEMPTS_MAX);
            match Box::pin(attempt).await {
                Ok(done) => return Ok(done),
                Err(Attempt::SchemaChanged) if schema_changes < SCHEMA_CHANGES_MAX => {
                    schema_changes += 1;
                    self.forget().await;
                    self.readmit(admitted).await?;
                }
                Err(Attempt::SchemaChanged) => {
                    return Err(DatabaseError::Failed {
                        label: "look at the schema".into(),
                        detail: "it changes faster than a deletion can be planned".into(),
                    }
                    .into());
                }
                Err(Attempt::Uncalled(uncalled)) => {
                    calls += 1;
                    if calls > CALLS_MAX {
                        return Err(outrun(&uncalled));
                    }
                    let keys = uncalled.iter().map(|call| call.key(&admitted.stored.id));
                    let keys: Vec<String> = keys.collect();
                    let waits_for = format!("calls of {}", listed(&uncalled));
                    let calls = self.call_before(&admitted.stored.id, uncalled);
                    self.keep(admitted, &waits_for, calls).await??;
                    admitted.called.extend(keys);
                }
                Err(Attempt::InTheWay { blockers, last }) => {
                    attempts += 1;
                    if attempts == ATTEMPTS_MAX {
                        return Err(given_up(attempts, blockers, last));
                    }
                    tokio::time::sleep(self.back_off(attempts)).await;
                }
                Err(Attempt::Ended(error)) => return Err(*error),
            }
        }
    }

    async fn attempt(&self, admitted: &Admitted, step: Step, last: bool) -> Result<Done, Attempt> {
        let mut tx = self.database.begin(Mode::Change).await.map_err(Attempt::of)?;
        let session = tx.session().filter(|_| last);
        let carried = {
            let change = self.take(admitted, step, tx.as_mut());
            self.watching(session, change).await
        };
        match carried {
            (Ok(done), _) => self.end_well(tx, done).await,
            (Err(error), blockers) => {
                // A lost connection cannot be rolled back, and needs not be.
                drop(tx.rollback().await);
                match error {
                    ChangeError::Uncalled(calls) => Err(Attempt::Uncalled(calls)),
                    ChangeError::AtWork(blockers) => Ok(Done::AtWork(blockers)),
                    error => self.failed(admitted, error, blockers).await,
                }
            }
        }
    }

    /// What became of an attempt that failed, once it has been taken back.
    async fn failed(
        &self,
        admitted: &Admitted,
        error: ChangeError,
        blockers: Vec<String>,
    ) -> Result<Done, Attempt> {
        // What went wrong may be what comes of a plan whose tables have changed.
        if self.has_changed(&admitted.ready).await.unwrap_or(false) {
            return Err(Attempt::SchemaChanged);
        }
        Err(match error {
            ChangeError::SchemaChanged => Attempt::SchemaChanged,
            ChangeError::Database(error) if error.is_transient() => {
                Attempt::InTheWay { blockers, last: error }
            }
            ChangeError::Database(error) => Attempt::Ended(Box::new(error.into())),
            ChangeError::Ended(error) => Attempt::Ended(error),
            ChangeError::Uncalled(calls) => Attempt::Uncalled(calls),
            ChangeError::AtWork(blockers) => return Ok(Done::AtWork(blockers)),
        })
    }

    async fn take(
        &self,
        admitted: &Admitted,
        step: Step,
        tx: &mut dyn Tx,
    ) -> Result<Done, ChangeError> {
        match step {
            Step::Commit => self.carry_out(admitted, tx).await.map(Done::Committed),
            Step::Ask | Step::Cancel => self.ask_to_stop(admitted, step, tx).await.map(Done::Asked),
        }
    }

    async fn end_well(&self, tx: Box<dyn Tx>, done: Done) -> Result<Done, Attempt> {
        match (tx.commit().await, done) {
            (Ok(()), done) => Ok(done),
            (Err(DatabaseError::Lost(_)), Done::Committed(Committed { id: deletion, .. })) => {
                Err(Attempt::Ended(Box::new(DeleteError::Uncertain { deletion })))
            }
            (Err(error), _) => Err(Attempt::of(error)),
        }
    }

    /// On the last attempt, sees who blocks while it waits.
    async fn watching<T>(
        &self,
        session: Option<SessionId>,
        work: impl Future<Output = T>,
    ) -> (T, Vec<String>) {
        let Some(session) = session else { return (work.await, Vec::new()) };
        let (seen, last) = watch::channel(Vec::new());
        // Race: the work goes on while the question is asked, which may wait for a connection.
        let asking = async move {
            loop {
                tokio::time::sleep(Duration::from_millis(100)).await;
                let blockers = self.database.blockers(session).await;
                if !blockers.is_empty() {
                    seen.send_replace(blockers);
                }
            }
        };
        tokio::select! {
            done = work => (done, last.borrow().clone()),
            () = asking => unreachable!("the question is asked until the work has ended"),
        }
    }

    /// Begins a transaction of Sexton's own bookkeeping. Who is in the way is given way to as
    /// often as by a deletion itself: SQLite lets one writer in at a time.
    pub(crate) async fn begin_keep(&self) -> Result<Box<dyn Tx>, DeleteError> {
        self.begin_patiently(Mode::Keep).await
    }

    /// The same in any mode.
    pub(crate) async fn begin_patiently(&self, mode: Mode) -> Result<Box<dyn Tx>, DeleteError> {
        let mut attempts = 0;
        loop {
            match self.database.begin(mode).await {
                Err(error) if error.is_transient() => {
                    attempts += 1;
                    if attempts == ATTEMPTS_MAX {
                        return Err(given_up(attempts, Vec::new(), error));
                    }
                    tokio::time::sleep(self.back_off(attempts)).await;
                }
                begun => return Ok(begun?),
            }
        }
    }

    /// A growing pause with full jitter, so that two that collided do not collide again.
    fn back_off(&self, attempts: u32) -> Duration {
        let longest = 50_u64 << attempts.min(5);
        let chance = u64::from(self.surroundings.entropy.unique()[15]);
        Duration::from_millis(10 + longest * chance / 255)
    }
}

/// What to say after the last attempt. A row that refers to what goes, attempt after attempt, is
/// not somebody in the way: the policy does not know of a reference.
fn given_up(attempts: u32, blockers: Vec<String>, last: DatabaseError) -> DeleteError {
    match last {
        DatabaseError::Transient { kind: Transient::LateReference, label, detail } => {
            DatabaseError::Violation { kind: Violation::Reference, label, table: None, detail }
                .into()
        }
        last => DeleteError::Busy { attempts, blockers, last: last.to_string() },
    }
}

/// The hooks of some calls, each once.
fn listed(calls: &[Calling]) -> String {
    let hooks: BTreeSet<&str> = calls.iter().map(|call| call.hook.as_str()).collect();
    hooks.into_iter().collect::<Vec<_>>().join(", ")
}

/// What to say when rows come faster than somebody can be told of them.
fn outrun(uncalled: &[Calling]) -> DeleteError {
    let hook = uncalled.first().map_or_else(|| HookName::new("before"), |call| call.hook.clone());
    let reason = "rows come faster than they can be called for".to_owned();
    DeleteError::Untaken { hook, reason }
}
