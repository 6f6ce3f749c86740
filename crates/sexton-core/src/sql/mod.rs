//! Statements over the user's tables, and the only place that quotes identifiers.
//!
//! A `Statement` is data: text, and what its binds mean. Its text is built by `Writer`, which
//! takes literals of this code, tables and columns of the introspected schema, and fragments of
//! the policy; values enter only as binds.

mod condition;
mod inside;
mod meaningless;
mod named;
mod naming;
mod referring;
mod rendered;
mod scalar;
mod stored;
mod writer;

pub use condition::{KeySource, in_keys, in_roots, is_owned, listed, not_in_keys, roots_held};
pub use inside::read_in_json;
pub use meaningless::{Meaningful, can_be_meaningless, meaningless};
pub use named::{Asked, named_by};
pub use naming::{key_text, key_text_of, naming, same_key};
pub use referring::{referred, refers, refers_to_row, unlinked};
pub use rendered::{Bare, LEFT_OUT, MEANT, NamePart, REFUSED, UNSURE, keys_of, rendered};
pub use scalar::Scalar;
pub use stored::read_stored;
pub use writer::{Alias, Writer, column_for_placeholder};

use crate::names::TableName;

/// The number of a key set within its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SetId(pub usize);

/// A statement, with what its binds stand for.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What it does: `find runs`, `remove entries`.
    pub label: String,
    /// The table it is about.
    pub table: TableName,
    /// Its text.
    pub sql: String,
    /// What follows the text when rows are to be locked; empty where nothing is locked.
    pub lock: &'static str,
    /// What its placeholders stand for, in order.
    pub binds: Vec<Bind>,
    /// Whether one plan serves all values: rows are found by keys, and nothing in it joins.
    pub general: bool,
}

/// What a placeholder of a statement stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Bind {
    /// All values of these columns of key sets, as one list without repeats and NULLs. With
    /// several columns a list of tuples, of which this bind is the column `part`.
    Keys {
        /// Where the keys come from; the union of them all.
        from: Vec<KeyColumns>,
        /// Which column of the tuple; `None` for the list of tuples as a whole.
        part: Option<usize>,
    },
    /// The keys of all roots, as one list. With several columns a list of tuples, of which this
    /// bind is the column `part`.
    Roots {
        /// Which column of the tuple; `None` for the list of tuples as a whole.
        part: Option<usize>,
    },
    /// The id of the root, in SQL of the policy: such SQL speaks of one root.
    Id,
    /// For whom, or NULL for everybody.
    Tenant,
    /// Who asks.
    Actor,
    /// Who asks and the organisations that they act for, as one list.
    Owners,
    /// Some text if the caller need not own what they ask for, else NULL.
    Admin,
    /// A named value given instead of a key.
    Path(String),
    /// A value of the policy.
    Literal(Scalar),
    /// How many rows to look at, at most.
    Cap,
    /// Stored rows of a set, as one JSON array of arrays.
    Rows(SetId),
}

/// Columns of a key set.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyColumns {
    /// The set.
    pub set: SetId,
    /// Positions among the set's columns.
    pub columns: Vec<usize>,
    /// Only the rows that the last round added, while a component is walked.
    pub frontier: bool,
}
