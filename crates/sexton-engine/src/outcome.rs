//! How a preview or a deletion can end other than well, as branches that a caller takes.

use sexton_core::audit::ObjectsGone;
use sexton_core::finding::Finding;
use sexton_core::names::{DeletionId, HookName, StoreName, ThingName, Timestamp};
use sexton_core::plan::Plan;
use sexton_core::policy::BadOption;
use sexton_core::preview::{Blocker, BlockerKind, Difference};

use crate::ports::{DatabaseError, OpenIntent};
use crate::request::ROOTS_MAX;

/// Why nothing could be looked at.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The policy has no such thing.
    #[error("there is no thing `{thing}` in the policy; it has {known}")]
    UnknownThing {
        /// What was asked for.
        thing: ThingName,
        /// The nearest name, if one is near.
        near: Option<String>,
        /// All names, for people.
        known: String,
    },
    /// The policy has no such store.
    #[error("there is no store `{store}` in the policy; it has {known}")]
    UnknownStore {
        /// What was asked for.
        store: StoreName,
        /// All names, for people.
        known: String,
    },
    /// The policy does not fit the live schema.
    #[error("the policy does not fit the live schema ({} finding(s))", .0.len())]
    Policy(Vec<Finding>),
    /// The caller has none of the roles that may delete such things.
    #[error("deleting a {thing} needs {}", needed(.roles))]
    NoRole {
        /// The thing.
        thing: ThingName,
        /// The roles that may.
        roles: Vec<String>,
    },
    /// The caller sees it, and others own it; of several, these.
    #[error("{thing} {} belongs to somebody else", quoted(.ids))]
    NotOwner {
        /// The thing.
        thing: ThingName,
        /// The ids as given.
        ids: Vec<String>,
    },
    /// There is no such root, or not one that the caller sees; of several, these.
    #[error("there is no {thing} {}", quoted(.ids))]
    NotFound {
        /// The thing.
        thing: ThingName,
        /// The ids as given.
        ids: Vec<String>,
    },
    /// An id cannot be one of this thing.
    #[error("{} cannot be the id of a {thing}: {detail}", quoted(.ids))]
    BadId {
        /// The thing.
        thing: ThingName,
        /// The id as given; of several, all that were asked for where the database does not say
        /// which.
        ids: Vec<String>,
        /// Why not.
        detail: String,
    },
    /// More roots than one deletion may have.
    #[error("{count} are more than can be deleted at once; at most {ROOTS_MAX} fit one deletion")]
    TooManyRoots {
        /// How many were asked for, no two alike.
        count: usize,
    },
    /// SQL of the policy speaks of one root, and several were asked for.
    #[error("SQL of the policy says `{{id}}`, so only one {thing} can be asked for at a time")]
    OneAtATime {
        /// The thing.
        thing: ThingName,
    },
    /// The value may be used by several tenants, and it is not said whose is meant.
    #[error("{thing} is a value that each tenant has of its own, and whose is meant is not said")]
    NoTenant {
        /// The thing.
        thing: ThingName,
    },
    /// An option that cannot be chosen so.
    #[error(transparent)]
    BadOption(#[from] BadOption),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// The roles that are needed; where none is named, it reaches across tenants.
fn needed(roles: &[String]) -> String {
    if roles.is_empty() {
        "a role that is granted for it, or sight of every tenant".to_owned()
    } else {
        format!("the role {}", roles.join(" or "))
    }
}

/// Why a deletion did not happen, or is not complete.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// Nothing could be looked at.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Parts of the policy that would make it safer are not built yet.
    #[error("the policy asks for what this version cannot do yet: {}", .0.join(", "))]
    Unbuilt(Vec<String>),
    /// It was refused; nothing changed, but for work that was asked to stop.
    #[error(transparent)]
    Refused(Refusal),
    /// What was confirmed is no longer what would happen; nothing changed.
    #[error("what was confirmed is no longer what would happen")]
    Stale(Vec<Difference>),
    /// Others were in the way too often; nothing changed.
    #[error("others are in the way: gave up after {attempts} attempts ({last})")]
    Busy {
        /// How often it was tried.
        attempts: u32,
        /// Who was in the way, a sentence each.
        blockers: Vec<String>,
        /// What the database said last.
        last: String,
    },
    /// Somebody who must be told before was not; nothing was deleted.
    #[error("the hook `{hook}` was not taken: {reason}")]
    Untaken {
        /// The hook.
        hook: HookName,
        /// What went wrong.
        reason: String,
    },
    /// The rows are gone, and calls are still to be made or objects to be removed, or looked at
    /// again; it is not complete.
    #[error("{deletion} removed its rows; {open} promise(s) are still to be carried out")]
    Unreaped {
        /// The deletion.
        deletion: DeletionId,
        /// How many.
        open: u64,
        /// Those that were tried, the next to be tried first.
        failing: Vec<OpenIntent>,
        /// What came of objects so far.
        objects: ObjectsGone,
        /// When the next is due; none if nobody knows.
        next_try: Option<Timestamp>,
    },
    /// The rows are gone and something still refers to them; it is not complete.
    #[error("{deletion} removed its rows, but {} reference(s) still have rows that refer to them", .left.len())]
    Unverified {
        /// The deletion.
        deletion: DeletionId,
        /// Which lines, and how many rows.
        left: Vec<(String, u64)>,
    },
    /// The rows are gone and looking again failed; it goes on with `status`.
    #[error("{deletion} removed its rows, but looking again failed: {cause}")]
    Unfinished {
        /// The deletion.
        deletion: DeletionId,
        /// What failed.
        cause: Box<DeleteError>,
    },
    /// The commit was sent and no answer came; `status` will tell.
    #[error(
        "the connection was lost during the commit of {deletion}: ask `sexton status {deletion}`"
    )]
    Uncertain {
        /// The deletion.
        deletion: DeletionId,
    },
}

impl DeleteError {
    /// The same, said of a deletion that has committed: its rows are gone whatever failed then.
    pub(crate) fn after_commit(self, deletion: DeletionId) -> Self {
        match self {
            Self::Unverified { .. } | Self::Unreaped { .. } | Self::Unfinished { .. } => self,
            cause => Self::Unfinished { deletion, cause: Box::new(cause) },
        }
    }
}

impl From<DatabaseError> for DeleteError {
    fn from(error: DatabaseError) -> Self {
        Self::Engine(EngineError::Database(error))
    }
}

/// What refuses what is not due any more.
const UNDUE: &str = "[retention]";

/// A refusal: what refuses, and how to clear it. Nothing has changed, but for work in flight that
/// was asked to stop.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("refused: {}", first(.blockers))]
pub struct Refusal {
    /// The kind that decides the outcome.
    pub by: RefusedBy,
    /// Everything that refuses.
    pub blockers: Vec<Blocker>,
    /// Whether work in flight was asked to stop before.
    pub has_asked: bool,
}

/// The outcome of a refusal, in POLICY's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefusedBy {
    /// An `only` is not met.
    Wrong,
    /// State, block or guard.
    Refused,
    /// A hold.
    Held,
    /// A limit.
    OverLimit,
    /// Somebody is at work.
    Undrained,
}

impl RefusedBy {
    /// The word of the policy's outcomes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Refused => "refused",
            Self::Held => "held",
            Self::OverLimit => "over-limit",
            Self::Undrained => "undrained",
        }
    }
}

impl Refusal {
    /// The refusal of this kind.
    pub(crate) fn by(by: RefusedBy, blockers: Vec<Blocker>) -> Self {
        Self { by, blockers, has_asked: false }
    }

    /// The refusal of what is not due any more, once it is locked.
    pub(crate) fn undue(plan: &Plan) -> Self {
        let blocker = Blocker {
            kind: BlockerKind::State,
            name: UNDUE.to_owned(),
            message: format!("this {} is not due any more", plan.thing),
            count: 1,
            names: Vec::new(),
            subject: Vec::new(),
            roots: Vec::new(),
            ways_out: Vec::new(),
        };
        Self::by(RefusedBy::Refused, vec![blocker])
    }

    /// Whether it is refused only because it is not due any more.
    pub(crate) fn is_undue(&self) -> bool {
        self.blockers.iter().all(|blocker| blocker.name == UNDUE)
    }

    /// The refusal by these blockers, if there are any.
    pub fn of(mut blockers: Vec<Blocker>) -> Option<Self> {
        blockers.sort_by_key(|blocker| blocker.kind);
        let by = match blockers.first()?.kind {
            BlockerKind::Wrong => RefusedBy::Wrong,
            BlockerKind::State
            | BlockerKind::Reference
            | BlockerKind::Guard
            | BlockerKind::Object => RefusedBy::Refused,
            BlockerKind::Hold => RefusedBy::Held,
            BlockerKind::OverLimit => RefusedBy::OverLimit,
            BlockerKind::Undrained => RefusedBy::Undrained,
        };
        Some(Self::by(by, blockers))
    }
}

/// Ids in a sentence.
fn quoted(ids: &[String]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
    ids.join(", ")
}

fn first(blockers: &[Blocker]) -> &str {
    blockers.first().map_or("", |blocker| blocker.message.as_str())
}
