//! One run of a rule: page after page of what is due, root by root.
//!
//! Roots that refused before this run are passed by until all others were tried. Whoever refuses
//! stays due, so each page is read longer by as many as stay: no place in the order is remembered
//! that rows could come or go before.

use std::collections::{BTreeMap, BTreeSet};

use sexton_core::fence::key_text;
use sexton_core::names::RetentionName;
use sexton_core::plan::Retaining;
use sexton_core::sql::Bind;
use tokio::sync::watch;

use super::{RetainError, RetainRequest};
use crate::execute::Committed;
use crate::outcome::{DeleteError, EngineError};
use crate::ports::{Arg, DatabaseError, Mode, Query, RefusedRoot, RuleRun};
use crate::request::{Caller, DeleteRequest, Root, RootKey};
use crate::system::System;

/// How long nobody else runs a rule whose program says nothing.
const LEASE_SECS: i64 = 120;
/// No root is left alone for longer, however often it refused.
const PAUSE_SECS_MAX: i64 = 24 * 3_600;
/// A run that failed is not tried again at once.
const FAILED_PAUSE_SECS: i64 = 60;
/// So many refusals are told one by one.
const TOLD_MAX: usize = 100;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetentionEnd {
    /// Nothing more is due that could be tried.
    Done,
    /// As many were deleted as were asked for.
    Limit,
    /// The program was asked to stop.
    Stopped,
    /// Somebody paused background work.
    Paused,
    /// Another program has the rule.
    Lost,
    /// Something failed that is no root's.
    Failed,
}

impl RetentionEnd {
    /// The word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Limit => "limit",
            Self::Stopped => "stopped",
            Self::Paused => "paused",
            Self::Lost => "lost",
            Self::Failed => "failed",
        }
    }
}

/// What a run did so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retained {
    /// The rule.
    pub rule: RetentionName,
    /// How many roots went.
    pub deleted: u64,
    /// How many rows went with them.
    pub rows: u64,
    /// The same, per table.
    pub removed: BTreeMap<String, u64>,
    /// Of the roots that went, how many have objects or calls that are still to be seen to.
    pub open: u64,
    /// How many were not due any more, or gone, when their turn came.
    pub passed: u64,
    /// How many stayed.
    pub refused: u64,
    /// Some of those that stayed, and why.
    pub told: Vec<(String, String)>,
    /// How many were left alone, because they refused before and their pause is not over.
    pub resting: u64,
    /// How it ended.
    pub end: RetentionEnd,
    /// What failed, if something did that is no root's.
    pub failure: Option<String>,
}

impl Retained {
    fn begun(rule: &RetentionName) -> Self {
        Self {
            rule: rule.clone(),
            deleted: 0,
            rows: 0,
            removed: BTreeMap::new(),
            open: 0,
            passed: 0,
            refused: 0,
            told: Vec::new(),
            resting: 0,
            end: RetentionEnd::Done,
            failure: None,
        }
    }

    /// A run that did not even begin.
    pub(super) fn failed(rule: &RetentionName, error: &dyn std::error::Error) -> Self {
        let failure = Some(error.to_string());
        Self { end: RetentionEnd::Failed, failure, ..Self::begun(rule) }
    }

    /// Whether a root stayed that was tried, or the run failed.
    pub fn is_short(&self) -> bool {
        self.refused > 0 || self.end == RetentionEnd::Failed
    }
}

/// What became of one root.
enum Tried {
    Deleted { removed: Vec<(String, u64)>, is_open: bool },
    Passed,
    Refused(String),
}

/// A run under way.
struct Running<'r> {
    system: &'r System,
    request: &'r RetainRequest,
    compiled: Retaining,
    /// How long the rule rests, which is how long a root does at first.
    every_secs: i64,
    /// Whether the row stays: only objects go, or it is hidden.
    stays: bool,
    lease: String,
    /// Roots that refused before, and how often.
    before: BTreeMap<String, RefusedRoot>,
    /// Roots that are due and not to be tried now.
    aside: BTreeSet<String>,
    done: Retained,
}

/// Whom a run tells how far it is.
struct Told<'t> {
    begun: &'t mut (dyn FnMut() + Send),
    progress: &'t mut (dyn FnMut(&Retained) + Send),
}

impl System {
    /// Runs a rule by hand; tells after each root what it did so far.
    pub async fn retain(
        &self,
        request: &RetainRequest,
        progress: &mut (dyn FnMut(&Retained) + Send),
    ) -> Result<Retained, RetainError> {
        let told = Told { begun: &mut || {}, progress };
        self.run(request, true, told, None).await
    }

    /// The same until `stop` says so; tells only once it has the rule, before the first root.
    pub async fn retain_until(
        &self,
        request: &RetainRequest,
        begun: &mut (dyn FnMut() + Send),
        stop: &watch::Receiver<bool>,
    ) -> Result<Retained, RetainError> {
        let told = Told { begun, progress: &mut |_| {} };
        self.run(request, true, told, Some(stop)).await
    }

    /// Runs a rule that is due.
    pub(super) async fn run_due(
        &self,
        request: &RetainRequest,
        stop: &watch::Receiver<bool>,
    ) -> Result<Retained, RetainError> {
        let told = Told { begun: &mut || {}, progress: &mut |_| {} };
        self.run(request, false, told, Some(stop)).await
    }

    async fn run(
        &self,
        request: &RetainRequest,
        by_hand: bool,
        told: Told<'_>,
        stop: Option<&watch::Receiver<bool>>,
    ) -> Result<Retained, RetainError> {
        let rule = self.rule(&request.rule)?;
        let compiled = self.retaining(rule, request.older_than_secs).await?;
        self.may_delete(&rule.thing.value).await?;
        self.prepare().await?;
        let lease = self.new_lease();
        let system = &self.policy.system;
        let run = RuleRun { system, rule: &rule.name, lease: &lease, lease_secs: LEASE_SECS };
        let mut tx = self.begin_keep().await?;
        let taken = tx.begin_rule(run, by_hand).await?;
        let before = tx.refused_roots(system, &rule.name).await?;
        tx.commit().await?;
        if !taken {
            return Err(RetainError::Taken(rule.name.clone()));
        }
        (told.begun)();
        let thing = self.thing(&rule.thing.value);
        let mut running = Running {
            system: self,
            request,
            compiled,
            every_secs: rule.every_secs,
            stays: thing.is_some_and(|thing| thing.is_partial() || thing.hide.is_some()),
            lease: lease.clone(),
            before: before.iter().map(|root| (root.root.clone(), root.clone())).collect(),
            aside: BTreeSet::new(),
            done: Retained::begun(&rule.name),
        };
        let order: Vec<String> = before.into_iter().map(|root| root.root).collect();
        let ended = running.go(&order, by_hand, told.progress, stop).await;
        if let Err(error) = &ended {
            running.done.end = RetentionEnd::Failed;
            running.done.failure = Some(error.to_string());
        }
        let note = note(&running.done);
        let mut tx = self.begin_keep().await?;
        tx.end_rule(run, again_secs(running.done.end, rule.every_secs), &note).await?;
        tx.commit().await?;
        let done = running.done;
        ended.map(|()| done).map_err(RetainError::from)
    }
}

impl Running<'_> {
    async fn go(
        &mut self,
        order: &[String],
        by_hand: bool,
        progress: &mut (dyn FnMut(&Retained) + Send),
        stop: Option<&watch::Receiver<bool>>,
    ) -> Result<(), DeleteError> {
        loop {
            let roots = self.page().await?;
            if roots.is_empty() {
                break;
            }
            for root in roots {
                if self.before.contains_key(&root) {
                    self.aside.insert(root);
                } else if !self.one(root, progress, stop).await? {
                    return Ok(());
                }
            }
        }
        // Order: who refused before comes last, the longest ago first, so that nobody waits for
        // them. Those that were not met are not due any more.
        for root in order {
            if !self.aside.contains(root) {
                self.forget(root).await?;
            } else if !by_hand && self.before.get(root).is_some_and(|before| !before.is_due) {
                self.done.resting += 1;
            } else if !self.one(root.clone(), progress, stop).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Tries one root; says whether the run goes on.
    async fn one(
        &mut self,
        root: String,
        progress: &mut (dyn FnMut(&Retained) + Send),
        stop: Option<&watch::Receiver<bool>>,
    ) -> Result<bool, DeleteError> {
        if let Some(end) = self.ends(stop).await? {
            self.done.end = end;
            return Ok(false);
        }
        match self.delete(&root).await? {
            Tried::Deleted { removed, is_open } => {
                self.done.deleted += 1;
                for (table, rows) in removed {
                    self.done.rows += rows;
                    *self.done.removed.entry(table).or_default() += rows;
                }
                self.done.open += u64::from(is_open);
                if self.stays {
                    // Its row stays, and may be due for ever.
                    self.aside.insert(root.clone());
                }
                self.forget(&root).await?;
            }
            Tried::Passed => {
                self.done.passed += 1;
                self.aside.insert(root.clone());
                self.forget(&root).await?;
            }
            Tried::Refused(reason) => {
                self.refused(&root, &reason).await?;
                self.aside.insert(root);
            }
        }
        progress(&self.done);
        Ok(true)
    }

    /// Why no further root is begun, if something is in the way.
    async fn ends(
        &self,
        stop: Option<&watch::Receiver<bool>>,
    ) -> Result<Option<RetentionEnd>, DeleteError> {
        if stop.is_some_and(|stop| *stop.borrow()) {
            return Ok(Some(RetentionEnd::Stopped));
        }
        if self.request.limit.is_some_and(|limit| self.done.deleted >= limit) {
            return Ok(Some(RetentionEnd::Limit));
        }
        let system = &self.system.policy.system;
        let mut tx = self.system.begin_keep().await?;
        let is_ours = tx.keep_rule(self.run()).await?;
        let pauses = tx.pauses(system).await?;
        tx.commit().await?;
        if !is_ours {
            return Ok(Some(RetentionEnd::Lost));
        }
        let is_paused = pauses.iter().any(|pause| pause.store.is_none());
        Ok(is_paused.then_some(RetentionEnd::Paused))
    }

    fn run(&self) -> RuleRun<'_> {
        RuleRun {
            system: &self.system.policy.system,
            rule: &self.compiled.rule,
            lease: &self.lease,
            lease_secs: LEASE_SECS,
        }
    }

    /// The next roots that are due and not set aside.
    async fn page(&self) -> Result<Vec<String>, DeleteError> {
        let rule = self.system.rule(&self.compiled.rule);
        let chunk = rule.map_or(1, |rule| u64::from(rule.chunk));
        let cap = chunk + self.aside.len() as u64;
        let due = self.system.due(&self.compiled, cap, None).await?;
        Ok(due.into_iter().filter(|root| !self.aside.contains(root)).collect())
    }

    async fn delete(&self, root: &str) -> Result<Tried, DeleteError> {
        let request = DeleteRequest {
            root: root_of(&self.compiled, root, self.request),
            reason: Some(format!("retention {}", self.compiled.rule)),
            bound_to: None,
        };
        // Each is a whole deletion: its future is large, and there is one at a time.
        let (still, gone) = (&self.compiled.still, watch::Sender::new(None));
        let ended = Box::pin(self.system.delete_while(&request, still, &gone)).await;
        let committed: Option<Committed> = gone.borrow().clone();
        let removed = committed.map(|committed| committed.removed).unwrap_or_default();
        match ended {
            Ok(_) => Ok(Tried::Deleted { removed, is_open: false }),
            Err(error) => tried(error, removed),
        }
    }

    async fn refused(&mut self, root: &str, reason: &str) -> Result<(), DeleteError> {
        self.done.refused += 1;
        if self.done.told.len() < TOLD_MAX {
            self.done.told.push((root.to_owned(), reason.to_owned()));
        }
        let attempts = self.before.get(root).map_or(0, |before| before.attempts);
        let pause = self.every_secs.saturating_mul(1_i64 << attempts.min(20));
        let mut tx = self.system.begin_keep().await?;
        let (system, rule) = (&self.system.policy.system, &self.compiled.rule);
        tx.note_refused_root(system, rule, (root, reason), pause.min(PAUSE_SECS_MAX)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Forgets that a root refused, if it ever did.
    async fn forget(&self, root: &String) -> Result<(), DeleteError> {
        if !self.before.contains_key(root) {
            return Ok(());
        }
        let mut tx = self.system.begin_keep().await?;
        let (system, rule) = (&self.system.policy.system, &self.compiled.rule);
        tx.forget_refused_roots(system, rule, std::slice::from_ref(root)).await?;
        tx.commit().await?;
        Ok(())
    }
}

impl System {
    /// Roots that are due, in the rule's order.
    pub(super) async fn due(
        &self,
        compiled: &Retaining,
        cap: u64,
        budget: Option<std::time::Duration>,
    ) -> Result<Vec<String>, DeleteError> {
        let statement = &compiled.due;
        let args = statement.binds.iter().map(|bind| match bind {
            Bind::Literal(value) => Arg::Scalar(value.clone()),
            Bind::Cap => {
                let cap = i64::try_from(cap).unwrap_or(i64::MAX);
                Arg::Scalar(sexton_core::sql::Scalar::Integer(cap))
            }
            _ => Arg::Scalar(sexton_core::sql::Scalar::Null),
        });
        let (label, sql) = (statement.label.as_str(), statement.sql.as_str());
        let query = Query { label, sql, args: args.collect(), general: statement.general };
        let mut tx = self.database.begin(Mode::Look { budget }).await?;
        let rows = tx.rows(query).await;
        drop(tx.rollback().await);
        Ok(rows?.iter().map(|row| key_text(row)).collect())
    }
}

/// A root of a rule, as its worker asks for it.
pub(super) fn root_of(compiled: &Retaining, root: &str, request: &RetainRequest) -> Root {
    Root {
        thing: compiled.thing.clone(),
        key: RootKey::Id(root.to_owned()),
        options: BTreeMap::new(),
        caller: Caller::operator(request.actor.clone()),
    }
}

/// What an error says of one root; an error is no root's where every other would meet it too.
fn tried(error: DeleteError, removed: Vec<(String, u64)>) -> Result<Tried, DeleteError> {
    match error {
        DeleteError::Unreaped { .. }
        | DeleteError::Unverified { .. }
        | DeleteError::Unfinished { .. } => Ok(Tried::Deleted { removed, is_open: true }),
        DeleteError::Engine(EngineError::NotFound { .. }) => Ok(Tried::Passed),
        DeleteError::Refused(refusal) if refusal.is_undue() => Ok(Tried::Passed),
        DeleteError::Refused(_)
        | DeleteError::Stale(_)
        | DeleteError::Busy { .. }
        | DeleteError::Untaken { .. }
        | DeleteError::Engine(
            EngineError::BadId { .. }
            | EngineError::NotOwner { .. }
            | EngineError::NoRole { .. }
            | EngineError::OneAtATime { .. }
            | EngineError::TooManyRoots { .. }
            | EngineError::NoTenant { .. }
            | EngineError::BadOption(_)
            | EngineError::Database(
                DatabaseError::Violation { .. }
                | DatabaseError::BadValue(_)
                | DatabaseError::Timeout { .. }
                | DatabaseError::Transient { .. },
            ),
        ) => Ok(Tried::Refused(error.to_string())),
        error => Err(error),
    }
}

/// When the rule is due again: what was cut short goes on as soon as it may.
fn again_secs(end: RetentionEnd, every_secs: i64) -> i64 {
    match end {
        RetentionEnd::Done => every_secs,
        RetentionEnd::Failed => every_secs.min(FAILED_PAUSE_SECS),
        RetentionEnd::Limit | RetentionEnd::Paused | RetentionEnd::Stopped | RetentionEnd::Lost => {
            0
        }
    }
}

fn note(done: &Retained) -> String {
    serde_json::json!({
        "end": done.end.as_str(),
        "deleted": done.deleted,
        "rows": done.rows,
        "open": done.open,
        "passed": done.passed,
        "refused": done.refused,
        "resting": done.resting,
        "failure": done.failure,
    })
    .to_string()
}
