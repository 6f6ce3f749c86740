//! How a thing is hidden before it goes, and how what is hidden is purged, as the file says it.

use crate::finding::Span;
use crate::policy::{Assignment, Literal, Sql, Value};

/// How a thing is made invisible.
#[derive(Debug, Clone, PartialEq)]
pub enum Hide {
    /// By columns of its own row.
    Row(HideRow),
    /// In Sexton's own table only.
    Ledger(Span),
}

/// What a hidden row is.
#[derive(Debug, Clone, PartialEq)]
pub struct HideRow {
    /// What the row becomes.
    pub set: Vec<Assignment>,
    /// Tells hidden rows; where it does not stand, those are hidden that hold what `set` writes out.
    pub hidden: Option<Sql>,
    /// How long it can be restored.
    pub undo: Undo,
    /// What the row becomes when it is restored, where that is not what it was.
    pub restore: Vec<Assignment>,
    /// Where it stands.
    pub span: Span,
}

/// How long what is hidden can be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// Until the purge begins, which may be at once.
    UntilPurged,
    /// So many seconds, in which nothing is purged.
    Secs(i64),
    /// For ever: there is no purge.
    Forever,
}

/// How what is hidden is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purge {
    /// So often a worker drains what there is; never if it is 0.
    pub every_secs: i64,
    /// At most so many rows of one table are claimed at a time.
    pub chunk_rows: u64,
    /// The pause between two chunks.
    pub pause_millis: u64,
    /// What becomes of the hidden row at the end.
    pub root: RootAfter,
    /// Where it stands.
    pub span: Span,
}

/// What becomes of the hidden row once nothing is left below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootAfter {
    /// It goes.
    Goes,
    /// It stays, hidden.
    Stays,
    /// It goes so many seconds after it was hidden.
    GoesAfter(i64),
}

impl Hide {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Self::Row(row) => row.span,
            Self::Ledger(span) => *span,
        }
    }

    /// Whether Sexton alone knows of it.
    pub fn is_in_ledger(&self) -> bool {
        matches!(self, Self::Ledger(_))
    }

    /// How it is done by columns, if it is.
    pub fn row(&self) -> Option<&HideRow> {
        match self {
            Self::Row(row) => Some(row),
            Self::Ledger(_) => None,
        }
    }
}

impl HideRow {
    /// What `set` writes out: by these hidden rows are told where `hidden` does not stand.
    pub fn written_out(&self) -> impl Iterator<Item = (&Assignment, &Literal)> {
        self.set.iter().filter_map(|assignment| match &assignment.value {
            Value::Literal(literal) => Some((assignment, literal)),
            Value::Sql(_) => None,
        })
    }
}
