//! The plan's part about those who are told of rows that go: what is read, and what is said.

use crate::names::{EventName, HookName, TableName};
use crate::policy::{Call, On};
use crate::sql::{SetId, Statement};
use crate::template::{Form, ValuePath};

/// Values of rows that go, and what is said with them.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Who is told.
    pub told: Told,
    /// Reads the values, a row for each row that goes; none where nothing is read.
    pub statement: Option<Statement>,
    /// So many columns at the end are the key of the root that the row is of, or of the row.
    pub root_key: usize,
    /// What is said of a row.
    pub form: Form,
    /// What its placeholders stand for.
    pub said: Vec<(ValuePath, Said)>,
}

/// Who is told of rows that go.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// Somebody outside.
    Hook(HookPlan),
    /// Whoever reads the log.
    Event(EventPlan),
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPlan {
    /// Its name.
    pub name: EventName,
    /// When it is told.
    pub on: On,
    /// Whether it is told once of each root, which may have no row.
    pub of_root: bool,
    /// Whether a condition says of which.
    pub has_filter: bool,
    /// The table, where only what fails of a row itself is told with it.
    pub of_row: Option<TableName>,
}

/// Whom a hook calls, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct HookPlan {
    /// Its name.
    pub name: HookName,
    /// Whom.
    pub call: Call,
    /// Rows in which this is the same, at most so many, are told of in one call.
    pub batch: Option<(Option<ValuePath>, usize)>,
    /// Whether the deletion waits for the answer.
    pub before: bool,
    /// So long one call may take.
    pub within_secs: u64,
    /// Where the secret is that signs the call.
    pub secret: Option<String>,
    /// How its calls are counted before they are made.
    pub calls: CallCount,
}

/// How the calls of a hook are counted, for previews.
#[derive(Debug, Clone, PartialEq)]
pub enum CallCount {
    /// One for each row of a set.
    Rows(SetId),
    /// By a statement.
    Asked(Box<Statement>),
}

/// What a placeholder stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A value that is read.
    Read {
        /// Its place among the columns that are read.
        at: usize,
        /// Whether it is written as JSON.
        is_json: bool,
    },
    /// Who asked.
    Actor,
    /// The deletion.
    Deletion,
    /// The thing.
    Thing,
    /// The root's value, as text.
    Root,
    /// The same, in its own type where its row was read.
    RootKey {
        /// Its place among the columns that are read.
        at: usize,
        /// Whether it is written as JSON.
        is_json: bool,
    },
    /// How many rows of a table went.
    Rows(TableName),
    /// How many rows refuse.
    Count,
    /// What the rows that refuse are called.
    Names,
    /// A column of the rows that a guard keeps, for which it refuses.
    Subject(String),
    /// What went wrong, in a sentence.
    Message,
    /// What is known only when it is told.
    Later,
}
