//! Puts holds on roots and releases them: nobody deletes what is held, on any path.
//!
//! Race: a deletion that has judged already must not go on past a hold. A hold on a root is put
//! under the lock that every deletion of that root takes first: whoever has it waits for the
//! other, and a hold that comes too late finds nothing. A hold on a condition has no rows to lock;
//! it waits until nobody is between its judgement and its commit, and keeps others from judging
//! until it stands.
//!
//! Invariants: a hold and its record commit together, and so do a release and its record; a hold
//! that was released is kept with who did it and why.

use std::collections::BTreeMap;
use std::time::Duration;

use sexton_core::audit::{Act, Record, RootNames, Told, root_name};
use sexton_core::finding::Finding;
use sexton_core::names::{Actor, DeletionId, ThingName, Timestamp};
use sexton_core::plan::{Plan, count_meeting};
use sexton_core::policy::condition;
use sexton_core::sql::{Scalar, Statement};

use crate::asked::all_of;
use crate::outcome::{DeleteError, EngineError};
use crate::ports::{DatabaseError, HeldOn, Hold, Mode, NewHold, Query, RequestKey, Tx};
use crate::request::Root;
use crate::system::System;
use crate::walk::{Locks, Roots, Walk, named};

/// So often a hold gives way to deletions before it says `busy`.
const ATTEMPTS_MAX: u32 = 40;
/// Between two attempts, so that deletions go on meanwhile.
const PAUSE: Duration = Duration::from_millis(200);
/// So long it may take to count what a condition meets.
const COUNT_MAX: Duration = Duration::from_secs(5);

/// What is to be held.
#[derive(Debug, Clone)]
pub enum HoldOn {
    /// One root, as its caller sees it.
    Root(Root),
    /// Every root of the thing that meets a condition, whenever somebody would delete it.
    Condition {
        /// The thing.
        thing: ThingName,
        /// The condition, in the database's own SQL.
        text: String,
    },
}

impl HoldOn {
    fn thing(&self) -> &ThingName {
        match self {
            Self::Root(root) => &root.thing,
            Self::Condition { thing, .. } => thing,
        }
    }
}

/// A hold asked for.
#[derive(Debug, Clone)]
pub struct HoldRequest {
    /// What on.
    pub on: HoldOn,
    /// For which case.
    pub case: Option<String>,
    /// Why.
    pub reason: String,
    /// Who asks.
    pub actor: Actor,
    /// Until when, if not until it is released.
    pub until: Option<Timestamp>,
}

/// Why a hold was not put.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// Its time is over already, by the database's clock.
    #[error("the hold would be over before it begins")]
    Over,
    /// The condition cannot be read.
    #[error("the condition cannot be read: {}", .0.message)]
    Unread(Box<Finding>),
    /// The database does not accept the condition.
    #[error("the database does not accept the condition: {0}")]
    Unprepared(String),
    /// The thing has no row that a condition could speak of.
    #[error("a {0} has no row of its own that a condition could speak of: hold it by its id")]
    NoRow(ThingName),
    /// Nothing could be looked at, or others were in the way too often.
    #[error(transparent)]
    Engine(DeleteError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<EngineError> for HoldError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Database(error) => Self::Database(error),
            error => Self::Engine(error.into()),
        }
    }
}

impl From<DeleteError> for HoldError {
    fn from(error: DeleteError) -> Self {
        Self::Engine(error)
    }
}

/// What is locked for a hold.
enum Wanted {
    Root(Box<WantedRoot>),
    Condition(String),
}

struct WantedRoot {
    plan: Plan,
    roots: Roots,
    asked: Root,
}

impl System {
    /// Puts a hold; returns once nobody can delete what it is on any more.
    pub async fn put_hold(&self, request: &HoldRequest) -> Result<Hold, HoldError> {
        self.put_hold_once(request, None).await
    }

    /// The same for a request that was kept: its answer, the hold's number, is kept with the hold.
    pub async fn put_hold_once(
        &self,
        request: &HoldRequest,
        asked: Option<&RequestKey>,
    ) -> Result<Hold, HoldError> {
        self.prepare().await?;
        let wanted = self.wanted(request).await?;
        let mut attempts = 0;
        loop {
            match self.put_once(request, &wanted, asked).await {
                Err(HoldError::Database(error)) if error.is_transient() => {
                    attempts += 1;
                    if attempts == ATTEMPTS_MAX {
                        let last = error.to_string();
                        return Err(
                            DeleteError::Busy { attempts, blockers: Vec::new(), last }.into()
                        );
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                ended => return ended,
            }
        }
    }

    /// Releases a hold; none where there is no such hold. One that was released stays as it is.
    pub async fn release_hold(
        &self,
        id: i64,
        actor: &Actor,
        reason: &str,
    ) -> Result<Option<Hold>, DeleteError> {
        if !self.has_history().await? {
            return Ok(None);
        }
        let system = &self.policy.system;
        let mut tx = self.begin_patiently(Mode::Change).await?;
        let Some(before) = tx.hold(system, id).await? else {
            tx.rollback().await?;
            return Ok(None);
        };
        if !tx.release_hold(system, id, actor.as_str(), reason).await? {
            tx.rollback().await?;
            return Ok(Some(before));
        }
        let told = (Act::HoldReleased, actor, reason);
        self.record_hold(tx.as_mut(), &before, told).await?;
        let after = tx.hold(system, id).await?;
        tx.commit().await?;
        Ok(after)
    }

    /// Holds, the latest first: those in force, or all that ever were.
    pub async fn holds(&self, all: bool, limit: u32) -> Result<Vec<Hold>, DeleteError> {
        self.holds_before(all, None, limit).await
    }

    /// The same, only those before that number.
    pub async fn holds_before(
        &self,
        all: bool,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Hold>, DeleteError> {
        if !self.has_history().await? {
            return Ok(Vec::new());
        }
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let holds = tx.holds(&self.policy.system, all, before, limit).await?;
        tx.rollback().await?;
        Ok(holds)
    }

    /// One hold by its number.
    pub async fn hold(&self, id: i64) -> Result<Option<Hold>, DeleteError> {
        if !self.has_history().await? {
            return Ok(None);
        }
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let hold = tx.hold(&self.policy.system, id).await?;
        tx.rollback().await?;
        Ok(hold)
    }

    /// How many roots a condition meets now.
    pub async fn count_held(&self, thing: &ThingName, text: &str) -> Result<u64, HoldError> {
        let statement = self.meeting(thing, text).await?;
        let mut tx = self.database.begin(Mode::Look { budget: Some(COUNT_MAX) }).await?;
        let query = Query {
            label: &statement.label,
            sql: &statement.sql,
            args: Vec::new(),
            general: false,
        };
        let rows = tx.rows(query).await;
        drop(tx.rollback().await);
        let rows = rows?;
        let count = rows.first().and_then(|row| row.first()).and_then(Scalar::as_integer);
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
    }

    /// What is to be locked for a hold, once it is known that it can be judged.
    async fn wanted(&self, request: &HoldRequest) -> Result<Wanted, HoldError> {
        match &request.on {
            HoldOn::Root(root) => {
                let options = self.options(&root.thing, &root.options)?;
                let plan = self.ready(&root.thing, &options).await?.plan.clone();
                let roots = self.roots(&plan, root).await?;
                Ok(Wanted::Root(Box::new(WantedRoot { plan, roots, asked: root.clone() })))
            }
            HoldOn::Condition { thing, text } => {
                let statement = self.meeting(thing, text).await?;
                match self.database.prepare(&statement.sql).await {
                    Err(
                        DatabaseError::Statement { detail, .. } | DatabaseError::BadValue(detail),
                    ) => Err(HoldError::Unprepared(detail)),
                    prepared => Ok(prepared.map(|()| Wanted::Condition(text.clone()))?),
                }
            }
        }
    }

    async fn meeting(&self, thing: &ThingName, text: &str) -> Result<Statement, HoldError> {
        // A thing that the policy does not have is told with the nearest name.
        self.options(thing, &BTreeMap::new())?;
        let schema = self.schema().await?;
        let read = condition(text, schema.dialect);
        let read = read.map_err(|finding| HoldError::Unread(Box::new(finding)))?;
        count_meeting(&self.policy, &schema, thing, &read)
            .ok_or_else(|| HoldError::NoRow(thing.clone()))
    }

    async fn put_once(
        &self,
        request: &HoldRequest,
        wanted: &Wanted,
        asked: Option<&RequestKey>,
    ) -> Result<Hold, HoldError> {
        let mut tx = self.begin_patiently(Mode::Change).await?;
        let put = self.put_in(request, wanted, tx.as_mut()).await;
        match put {
            Ok(hold) => {
                if let Some(key) = asked {
                    let answer = hold.id.to_string();
                    tx.answer_request(&self.policy.system, key, &answer).await?;
                }
                tx.commit().await?;
                Ok(hold)
            }
            Err(error) => {
                drop(tx.rollback().await);
                Err(error)
            }
        }
    }

    async fn put_in(
        &self,
        request: &HoldRequest,
        wanted: &Wanted,
        tx: &mut dyn Tx,
    ) -> Result<Hold, HoldError> {
        let on = match wanted {
            Wanted::Root(root) => {
                self.lock_root(&root.plan, &root.roots, &root.asked, tx).await?;
                HeldOn::Root(root.roots.written().concat())
            }
            Wanted::Condition(text) => {
                tx.lock_holds().await?;
                HeldOn::Condition(text.clone())
            }
        };
        let new = NewHold {
            system: self.policy.system.clone(),
            thing: request.on.thing().clone(),
            on,
            case: request.case.clone(),
            reason: request.reason.clone(),
            placed_by: request.actor.to_string(),
            until: request.until,
        };
        let hold = tx.insert_hold(&new).await?.ok_or(HoldError::Over)?;
        let told = (Act::HoldPut, &request.actor, request.reason.as_str());
        self.record_hold(tx, &hold, told).await?;
        Ok(hold)
    }

    /// Locks the root as its deletion does.
    async fn lock_root(
        &self,
        plan: &Plan,
        roots: &Roots,
        asked: &Root,
        tx: &mut dyn Tx,
    ) -> Result<(), HoldError> {
        if plan.root.lock_value {
            tx.lock_names(&roots.lock_names(&self.policy.system, plan)).await?;
        }
        let found = match Walk::new(plan, tx, roots.clone(), Locks::Take).find_root().await {
            Err(DatabaseError::BadValue(detail)) => {
                let (thing, ids) = (asked.thing.clone(), named(asked));
                return Err(EngineError::BadId { thing, ids, detail }.into());
            }
            found => found?,
        };
        all_of(asked, plan, found)?;
        Ok(())
    }

    /// Writes the record of a hold and seals it.
    async fn record_hold(
        &self,
        tx: &mut dyn Tx,
        hold: &Hold,
        (act, actor, reason): (Act, &Actor, &str),
    ) -> Result<(), DatabaseError> {
        let key = self.audit_key.as_deref();
        let (system, thing) = (self.policy.system.as_str(), hold.thing.as_str());
        // A condition may hold values of rows as well as an id may.
        let (HeldOn::Root(on) | HeldOn::Condition(on)) = &hold.on;
        let word = if act == Act::HoldPut { "put" } else { "released" };
        let name = DeletionId::new(format!("hold-{}.{word}", hold.id));
        let case = hold.case.as_ref().map(|case| format!("case {case}: ")).unwrap_or_default();
        let told = Told {
            name: name.to_string(),
            system: system.to_owned(),
            thing: thing.to_owned(),
            roots: RootNames::of(vec![root_name(system, thing, on, key)]),
            actor: actor.to_string(),
            reason: Some(case + reason),
            at: self.surroundings.clock.now().to_string(),
        };
        tx.insert_audit(&name, &Record::of_act(act, told).text()).await?;
        self.seal_in(tx, &name).await.map(drop)
    }
}
