//! What a plan would do to a root, or to several at once, now, and the digest that binds a
//! deletion to it.
//!
//! The digest covers the plan, the roots, the ordered keys of every interior table, the old
//! values of every row that an effect touches, and the count of every leaf. Blind spot: one leaf
//! removed and another added under the same parent in between; `digest = "rows"` closes it.

mod digest;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use digest::{Difference, DigestPart, DigestParts, PartKind, canonical_key, parse_key};

/// A preview.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// The system.
    pub system: String,
    /// The thing.
    pub thing: String,
    /// The root, or several as `roots`.
    #[serde(flatten)]
    pub roots: ShownRoots,
    /// The thing's options as chosen.
    pub options: Vec<ChosenOption>,
    /// Rows that go, in the order in which they go.
    pub removed: Vec<RemovedRows>,
    /// Rows that stay and change.
    pub changed: Vec<ChangedRows>,
    /// Rows that stay and are computed anew.
    pub derived: Vec<DerivedRows>,
    /// References that stay as they are.
    pub kept: Vec<KeptRows>,
    /// Objects that go with the rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<ObjectsGoing>,
    /// Work in flight among the rows that go or change, and what becomes of it.
    pub work: Vec<WorkInFlight>,
    /// Who will be called, outside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<HookCalls>,
    /// What refuses the deletion; empty if nothing does.
    pub blockers: Vec<Blocker>,
    /// What is worth knowing before saying yes.
    pub warnings: Vec<String>,
    /// Whether every number is exact.
    pub precision: Precision,
    /// The digest that a deletion can be bound to; none if not even the keys were all found.
    pub digest: Option<String>,
    /// The parts of the digest.
    #[serde(skip)]
    pub parts: Option<DigestParts>,
    /// How a person confirms: `type-id` or `click`.
    pub confirm: Cow<'static, str>,
    /// What the confirmation says.
    pub confirm_text: Option<String>,
}

impl Preview {
    /// How many rows go, as far as they were counted.
    pub fn rows(&self) -> Count {
        self.removed.iter().fold(Count::Exact(0), |sum, table| sum.plus(table.rows))
    }
}

/// The root of a preview, or its roots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ShownRoots {
    /// One.
    One(ShownRoot),
    /// Several, in the order of their keys.
    Several {
        /// Each of them.
        roots: Vec<ShownRoot>,
    },
}

/// What a preview shows of a root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownRoot {
    /// Its value, composite values joined by commas.
    pub id: String,
    /// How people call it, where the policy says.
    pub label: Option<String>,
    /// Its tenant, where the policy says.
    pub tenant: Option<String>,
    /// Columns that the policy shows with it.
    pub show: Vec<(String, Option<String>)>,
    /// Whether its own row exists (a value may live on in other rows).
    pub row_exists: bool,
}

impl ShownRoots {
    /// One root, or several.
    pub fn of(mut roots: Vec<ShownRoot>) -> Self {
        match roots.len() {
            1 => Self::One(roots.swap_remove(0)),
            _ => Self::Several { roots },
        }
    }

    /// Each of them.
    pub fn all(&self) -> &[ShownRoot] {
        match self {
            Self::One(root) => std::slice::from_ref(root),
            Self::Several { roots } => roots,
        }
    }
}

/// A number of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// So many.
    Exact(u64),
    /// So many or more.
    AtLeast(u64),
    /// Not counted in the time allowed.
    Unknown,
}

impl Count {
    /// A count that stopped at `cap`.
    pub fn capped(rows: u64, cap: u64) -> Self {
        if rows > cap { Self::AtLeast(cap) } else { Self::Exact(rows) }
    }

    /// The sum, no more exact than its parts.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Exact(a), Self::Exact(b)) => Self::Exact(a + b),
            (Self::Unknown, Self::Unknown) => Self::Unknown,
            (a, b) => Self::AtLeast(a.least() + b.least()),
        }
    }

    /// At least so many.
    pub fn least(self) -> u64 {
        match self {
            Self::Exact(rows) | Self::AtLeast(rows) => rows,
            Self::Unknown => 0,
        }
    }

    /// Whether it is known to be none.
    pub fn is_zero(self) -> bool {
        self == Self::Exact(0)
    }
}

/// One option of a thing, as chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenOption {
    /// Its name.
    pub name: String,
    /// What was chosen.
    pub chosen: bool,
    /// What it is if nobody says.
    pub default: bool,
    /// What it does.
    pub help: Option<String>,
}

/// Rows of one table that go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RemovedRows {
    /// The table.
    pub table: String,
    /// How many.
    pub rows: Count,
    /// The chain of lines that leads to it; empty for the root's own table.
    pub why: Vec<String>,
}

/// Rows that an effect changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangedRows {
    /// The table.
    pub table: String,
    /// The line that says so.
    pub line: String,
    /// How many.
    pub rows: Count,
    /// Columns and what they become.
    pub becomes: Vec<(String, String)>,
    /// Some of the rows: key, the old values of these columns, and where SQL of the policy makes new
    /// ones of the row alone, these.
    pub samples: Vec<RowSample>,
    /// What the policy says of it.
    pub say: Option<String>,
}

/// Rows that are computed anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DerivedRows {
    /// The table.
    pub table: String,
    /// How many.
    pub rows: Count,
    /// The columns computed.
    pub columns: Vec<String>,
    /// Some of the rows: key, and the values before and after.
    pub samples: Vec<RowSample>,
    /// Columns whose new values cannot be told before, and why.
    pub untold: Vec<UntoldColumn>,
}

/// A column whose new value shows only when the deletion has come so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UntoldColumn {
    /// The column.
    pub column: String,
    /// Why it cannot be told.
    pub why: String,
}

/// One row, for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RowSample {
    /// Its key.
    pub key: String,
    /// Values of the columns that change, before.
    pub before: Vec<Option<String>>,
    /// Values of the same columns after, where they are read beforehand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<After>,
}

/// What a column will hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum After {
    /// This value, or NULL.
    Value(Option<String>),
    /// It cannot be told before.
    Untold,
}

/// References that stay as they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptRows {
    /// The line.
    pub line: String,
    /// How many rows refer to what goes.
    pub rows: Count,
}

/// Objects that go by one rule from one store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObjectsGoing {
    /// The rule.
    pub rule: String,
    /// The store.
    pub store: String,
    /// How many keys and addresses rows name.
    pub keys: u64,
    /// How many prefixes they name.
    pub prefixes: u64,
    /// How many objects there are, as far as was looked.
    pub objects: Count,
    /// How many bytes they have.
    pub bytes: u64,
    /// Some of their keys.
    pub samples: Vec<String>,
    /// Why the store could not be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen: Option<String>,
    /// Whether rows that stay may hold on to some of them.
    pub may_stay: bool,
    /// Whether what goes is only covered where the store keeps versions.
    pub keeps_versions: bool,
}

/// Rows of one table that wait for a worker, or that one is acting on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkInFlight {
    /// The table.
    pub table: String,
    /// How many wait.
    pub waiting: u64,
    /// How many a worker is acting on.
    pub running: u64,
    /// How many have a worker that is dead.
    pub dead: u64,
    /// What becomes of them.
    pub fate: WorkFate,
    /// What rows become that wait, or whose worker is dead.
    pub stopped: Vec<(String, String)>,
    /// What tells a worker to stop.
    pub asked: Vec<(String, String)>,
    /// How long a deletion waits for workers.
    pub wait_secs: u64,
}

/// The calls of one hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookCalls {
    /// The hook.
    pub hook: String,
    /// When it is called.
    pub when: CallMoment,
    /// How many calls.
    pub calls: Count,
}

/// When a hook is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallMoment {
    /// While the deletion waits for work to stop.
    ToStop,
    /// Before anything is deleted; it waits for the answer.
    Before,
    /// With the commit.
    AtOnce,
    /// After the commit, until it is taken.
    After,
}

/// What becomes of work in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkFate {
    /// It is stopped, and waited for.
    Stopped,
    /// Nobody is at work: what waits goes, or is stopped, with the deletion.
    Idle,
    /// Nothing asks it to stop: it refuses.
    Refuses,
    /// Its rows go all the same; only a purge would wait.
    NotAwaited,
}

/// A reason to refuse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Blocker {
    /// What kind of reason.
    pub kind: BlockerKind,
    /// The line, guard or hold.
    pub name: String,
    /// What it says.
    pub message: String,
    /// How many rows offend.
    pub count: u64,
    /// Some of them by name.
    pub names: Vec<String>,
    /// What events ask of the rows that a guard keeps: the column, and its values.
    #[serde(skip)]
    pub subject: Vec<(String, String)>,
    /// For which of several roots it refuses, as far as that is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roots: Vec<String>,
    /// How to clear it.
    pub ways_out: Vec<String>,
}

/// What kind of reason refuses, in the order in which they are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlockerKind {
    /// It is not a thing of this kind.
    Wrong,
    /// Its own state refuses.
    State,
    /// A referring row refuses.
    Reference,
    /// A guard refuses.
    Guard,
    /// Values of a row make no name for its objects.
    Object,
    /// A person holds it.
    Hold,
    /// It is more than one deletion may take.
    OverLimit,
    /// Somebody is at work on its rows.
    Undrained,
}

/// How far the numbers of a preview can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Every number is exact, and the digest covers them all.
    Exact,
    /// Some were cut off by a cap or by time; the digest covers root, interior keys and effects.
    Bounded,
}
