//! Removes objects that deletions promised to remove, and sees that they are gone.
//!
//! A prefix is gone once a listing of all of it was empty; where late uploads are possible, once a
//! second one was, so long after the commit as the policy says. Names are asked for once more then.
//! What rows name by now, as the
//! policy says, stays: it is asked right before each removal.
//!
//! How far a promise is, is noted while it is held, so whoever goes on begins there. Whoever lost
//! its lease stops: another has it.

mod failures;
mod manifest;
mod names;
mod orphans;
mod paused;
mod prefix;
mod shared;
mod spared;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sexton_core::intent::IntentKind;
use sexton_core::line::Failure;
use sexton_core::names::{IntentId, StoreName};
use sexton_core::objects::{ManifestTarget, Named, ObjectTarget, Progress, Removed, SharedTarget};
use sexton_core::plan::NamedIn;
use sexton_core::policy::Policy;
use sexton_core::schema::Schema;
use sexton_core::sql::{Bind, Scalar, Statement};
use tokio::sync::watch;
use tokio::time::Instant;

use super::meter::{Gone, Meter};
use super::retry;
use crate::clear::Cleared;
use crate::ports::store::Scope;
use crate::ports::{
    Answer, Arg, Clock, Database, DatabaseError, Entropy, IntentRow, Mode, Query, Row, Settlement,
    Store, StoreError, Tx,
};
use crate::stores::Stores;
use crate::sweep::KeptError;

/// So many names of spared objects are kept in mind.
const SPARED_MAX: u64 = 100_000;
/// A promise that goes on is held again so often.
const KEEP_EVERY: Duration = Duration::from_secs(20);

/// What one attempt at a promise came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attempted {
    pub settlement: Settlement,
    pub progress: Option<String>,
    /// What failed and was not told before, where somebody is told.
    pub failures: Vec<Failure>,
}

/// Whoever removes objects.
pub(super) struct Remover {
    pub stores: Stores,
    /// How often a key, a batch or a page is tried in one attempt.
    pub attempts_max: u32,
    pub policy: Arc<Policy>,
    pub database: Arc<dyn Database>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    /// The schema, where columns are asked which objects they name.
    pub schema: Option<Arc<Schema>>,
    /// How rows are asked whether they name what no row named, or why they cannot be.
    pub naming: Option<Result<NamedIn, String>>,
    pub lease: String,
    pub lease_secs: i64,
    /// Tells when this program is asked to end.
    pub stop: Option<watch::Receiver<bool>>,
    /// Whether somebody is told of what fails.
    pub tells: bool,
    /// Objects that this attempt could not remove: why, and in one word.
    pub failed: Mutex<BTreeMap<String, (String, &'static str)>>,
    /// Who is told how much is gone.
    pub meter: Option<watch::Sender<Gone>>,
}

/// So long is waited before it is asked again whether manifests were read.
const MANIFEST_READ_MS: i64 = 200;
/// The later it is, the longer; at most so long.
const MANIFEST_READ_MS_MAX: i64 = 60_000;
/// So long after the commit whoever waits for one goes on with all else.
const MANIFEST_LATE_MS: i64 = 1_000;

/// What is promised of objects.
enum Promise {
    Objects(ObjectTarget),
    Manifest(ManifestTarget),
    Shared(SharedTarget),
}

impl Promise {
    fn of(intent: &IntentRow) -> Result<Self, serde_json::Error> {
        Ok(match intent.kind {
            IntentKind::Manifest => Self::Manifest(serde_json::from_str(&intent.target)?),
            IntentKind::Shared => Self::Shared(serde_json::from_str(&intent.target)?),
            _ => Self::Objects(serde_json::from_str(&intent.target)?),
        })
    }
}

/// How an attempt went.
enum Went {
    Ended,
    /// It is looked at again after so many milliseconds.
    Later(i64),
    /// The store gave no answer.
    Unanswered(StoreError),
    /// It failed; the same again may not.
    Again(String, Option<Duration>),
    /// It failed and will, until somebody changes something.
    Refused(String),
}

impl From<StoreError> for Went {
    fn from(error: StoreError) -> Self {
        Self::Unanswered(error)
    }
}

impl From<DatabaseError> for Went {
    fn from(error: DatabaseError) -> Self {
        Self::Again(error.to_string(), None)
    }
}

impl From<KeptError> for Went {
    fn from(error: KeptError) -> Self {
        match error {
            KeptError::Unfit(why) => Self::Again(why, None),
            KeptError::Store(error) => error.into(),
            KeptError::Database(error) => error.into(),
        }
    }
}

/// What is noted while an attempt goes on.
pub(super) type Noted = Mutex<Progress>;

impl Remover {
    /// Carries a promise out as far as it goes; nothing if it is another's by now.
    pub async fn carry_out(self, intent: &IntentRow, chance: u8) -> Option<Attempted> {
        let promise = match Promise::of(intent) {
            Ok(promise) => promise,
            Err(error) => {
                let reason = format!("what is stored of it cannot be read: {error}");
                let answer = Answer::Refused { reason };
                let settlement = retry::settlement(answer, intent.attempts, chance);
                return Some(Attempted { settlement, progress: None, failures: Vec::new() });
            }
        };
        let begun = intent.progress.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let noted = Mutex::new(begun.unwrap_or_default());
        let committed = Committed { ago_ms: intent.age_ms, seen: Instant::now() };
        let mut meter = Meter::begin(self.meter.clone(), &noted);
        let went = tokio::select! {
            went = self.work(intent, &promise, &noted, committed) => went,
            () = self.keep(&intent.id, &noted) => return None,
            () = meter.go_on(&noted) => return None,
            // It goes on where it was noted to be, by whoever comes next.
            () = stopped(self.stop.clone()) => Went::Later(0),
        };
        let failures = self.failures(&went, &noted);
        meter.tell(&noted);
        let progress = Some(text(&noted));
        let settled = |answer| retry::settlement(answer, intent.attempts, chance);
        let settlement = match went {
            Went::Ended => Settlement::Ended { outcome: "removed".to_owned() },
            Went::Later(after_ms) => Settlement::Later { after_ms },
            Went::Unanswered(error) if error.is_transient() => {
                let (reason, after) = (error.to_string(), error.retry_after());
                settled(Answer::Later { reason, after })
            }
            Went::Unanswered(error) => settled(Answer::Refused { reason: error.to_string() }),
            Went::Again(reason, after) => settled(Answer::Later { reason, after }),
            Went::Refused(reason) => settled(Answer::Refused { reason }),
        };
        Some(Attempted { settlement, progress, failures })
    }

    /// Holds the promise for as long as it is ours. A database that is away is asked again.
    async fn keep(&self, id: &IntentId, noted: &Noted) {
        loop {
            tokio::time::sleep(KEEP_EVERY).await;
            if matches!(self.keep_once(id, &text(noted)).await, Ok(false)) {
                return;
            }
        }
    }

    async fn keep_once(&self, id: &IntentId, progress: &str) -> Result<bool, DatabaseError> {
        let mut tx = self.database.begin(Mode::Keep).await?;
        let kept = tx.keep_intent(&self.lease, id, progress, self.lease_secs).await?;
        tx.commit().await?;
        Ok(kept)
    }

    async fn work(
        &self,
        intent: &IntentRow,
        promise: &Promise,
        noted: &Noted,
        committed: Committed,
    ) -> Went {
        let went = match promise {
            Promise::Objects(target) => match self.too_early(intent, target).await {
                Ok(unread) if unread.is_empty() => self.objects(target, noted, committed).await,
                Ok(unread) => self.but_for(target, &unread, noted, committed).await,
                // Whoever cannot ask must not remove what is perhaps not read yet.
                Err(error) => Err(error.into()),
            },
            Promise::Manifest(target) => self.manifest(intent, target, noted).await,
            Promise::Shared(target) => self.shared(intent, target, noted).await,
        };
        went.unwrap_or_else(|went| went)
    }

    async fn objects(
        &self,
        target: &ObjectTarget,
        noted: &Noted,
        committed: Committed,
    ) -> Result<Went, Went> {
        match &target.named {
            Named::Prefix(prefix) => self.prefix(target, prefix, noted, committed).await,
            Named::Keys(names) | Named::Uris(names) => {
                self.names(target, names, noted, committed).await
            }
            Named::Orphans(seen) => self.orphans(target, seen, noted).await,
        }
    }

    /// Waits for manifests that are to be read; where that takes long, because a store is down, all
    /// below a prefix goes but they.
    async fn but_for(
        &self,
        target: &ObjectTarget,
        unread: &[String],
        noted: &Noted,
        committed: Committed,
    ) -> Result<Went, Went> {
        let ago_ms = committed.ago_ms();
        if let (Named::Prefix(prefix), true) = (&target.named, ago_ms >= MANIFEST_LATE_MS) {
            self.clear_but_for(target, prefix, unread, noted).await?;
        }
        Ok(Went::Later((ago_ms / 4).clamp(MANIFEST_READ_MS, MANIFEST_READ_MS_MAX)))
    }

    fn store(&self, name: &StoreName) -> Result<&Arc<dyn Store>, Went> {
        self.stores.get(name).map_err(Went::Refused)
    }
}

/// How long ago the deletion committed.
#[derive(Clone, Copy)]
struct Committed {
    ago_ms: i64,
    seen: Instant,
}

impl Committed {
    fn ago_ms(self) -> i64 {
        let since = i64::try_from(self.seen.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.ago_ms.saturating_add(since)
    }
}

/// Waits until the program is asked to end; for ever, if nobody can ask.
async fn stopped(stop: Option<watch::Receiver<bool>>) {
    if let Some(mut stop) = stop
        && stop.wait_for(|is_stopped| *is_stopped).await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

/// What is noted is whole whoever panicked while holding it.
pub(super) fn held(noted: &Noted) -> MutexGuard<'_, Progress> {
    noted.lock().unwrap_or_else(PoisonError::into_inner)
}

fn text(noted: &Noted) -> String {
    serde_json::to_string(&*held(noted)).expect("progress is plain text and numbers")
}

fn scope(target: &ObjectTarget) -> Scope {
    if target.all_versions { Scope::Versions } else { Scope::Current }
}

fn count(removed: &mut Removed, cleared: &Cleared) {
    removed.add_gone(&cleared.counts);
    removed.spared += cleared.spared;
    removed.bytes += cleared.bytes;
    removed.uploads += cleared.uploads.gone();
    let left = cleared.counts.left() + cleared.uploads.left();
    for failure in &cleared.failures {
        removed.add_left(&failure.place, &failure.outcome.to_string());
    }
    removed.failed += left.saturating_sub(cleared.failures.len() as u64);
}

/// Asks the database what a statement with literals only asks.
async fn read(tx: &mut dyn Tx, statement: &Statement) -> Result<Vec<Row>, DatabaseError> {
    let args = args(statement);
    let (label, sql) = (statement.label.as_str(), statement.sql.as_str());
    tx.rows(Query { label, sql, args, general: statement.general }).await
}

fn args(statement: &Statement) -> Vec<Arg> {
    let arg = |bind: &Bind| match bind {
        Bind::Literal(value) => Arg::Scalar(value.clone()),
        Bind::Cap => Arg::Scalar(Scalar::Integer(SPARED_MAX.cast_signed())),
        _ => Arg::Scalar(Scalar::Null),
    };
    statement.binds.iter().map(arg).collect()
}
