//! What a policy says of those who are told of rows that go: somebody outside, or a log.

use super::Sql;
use crate::finding::{Located, Span};
use crate::line::Failing;
use crate::names::{EventName, GuardName, HookName, TableName, ThingName};
use crate::template::{Form, Slot};

/// Whom to tell of rows that go, and what to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Hook {
    /// Its name.
    pub name: HookName,
    /// The table of whose going rows is told.
    pub of: Located<TableName>,
    /// Of which of them; of all if left out.
    pub filter: Option<Sql>,
    /// Whom.
    pub call: Located<Call>,
    /// What is said of a row.
    pub body: Form,
    /// Whether one call speaks of several rows.
    pub batch: Option<Batch>,
    /// Whether the deletion waits for the answer, and does not happen without a good one.
    pub before: bool,
    /// So long one call may take.
    pub within_secs: u64,
    /// Where the secret is with which a call is signed (`env:NAME`).
    pub secret: Option<Located<String>>,
    /// Where its name stands.
    pub span: Span,
}

/// Whom a hook calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// An address of the web.
    Address(String),
    /// The address that a variable of the environment holds.
    Variable {
        /// The variable.
        name: String,
        /// Whether nobody is called while it is not set.
        is_optional: bool,
    },
    /// Whoever listens to this channel of the database.
    Notify(String),
}

/// How rows are put together into calls.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Only rows in which this is the same.
    pub by: Option<Slot>,
    /// At most so many.
    pub max: usize,
}

/// A line of the log about what is deleted, with the application's own names.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its name.
    pub name: EventName,
    /// Of what.
    pub of: Located<EventOf>,
    /// When.
    pub on: Located<On>,
    /// Of which rows; of all if left out.
    pub filter: Option<Sql>,
    /// What it says, beside its name, the moment and the deletion.
    pub fields: Form,
    /// Where its name stands.
    pub span: Span,
}

/// Of what an event tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventOf {
    /// Of a thing that is deleted: once.
    Thing(ThingName),
    /// Of rows that go, one by one: with any thing, or with this one only.
    Rows {
        /// With which thing.
        thing: Option<ThingName>,
        /// The table.
        table: TableName,
    },
}

/// When an event is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum On {
    /// The rows are gone.
    Committed,
    /// Everything that was promised is carried out.
    Reaped,
    /// The same, or nobody waits for it any more.
    ReapedOrWaited,
    /// Somebody at work was asked to stop.
    Cancelled,
    /// It was refused: by anything, or by this guard.
    Refused(Option<GuardName>),
    /// It failed.
    Failed,
    /// Something failed once its rows were gone.
    Failing(Failing),
}

impl On {
    /// Whether rows are read for it: it tells of a deletion that commits, or asks work to stop.
    pub fn reads_rows(&self) -> bool {
        self.is_committed() || *self == Self::Cancelled
    }

    /// Whether it tells of a deletion whose rows are gone.
    pub fn is_committed(&self) -> bool {
        match self {
            Self::Committed | Self::Reaped | Self::ReapedOrWaited | Self::Failing(_) => true,
            Self::Cancelled | Self::Refused(_) | Self::Failed => false,
        }
    }

    /// Whether it is told when something has become of objects.
    pub fn knows_objects(&self) -> bool {
        matches!(self, Self::Reaped | Self::ReapedOrWaited | Self::Failing(_))
    }
}
