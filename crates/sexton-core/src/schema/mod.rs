//! The live schema as it was found: tables, keys, references, indexes, triggers.
//!
//! Values only. The database crates fill them in from catalogs and pragmas; identifiers that
//! reach SQL come from here and from nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use crate::names::{ColumnName, TableName};

/// Which database speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// PostgreSQL 14 or later.
    Postgres,
    /// SQLite as bundled.
    Sqlite,
}

/// All tables of one system.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// Which database it was read from.
    pub dialect: Dialect,
    /// The schema that unqualified names mean (`main` in SQLite).
    pub default_schema: String,
    /// Tables by name.
    pub tables: BTreeMap<TableName, Table>,
    /// Names through which SQL reads tables that it does not name: views, partitions, functions
    /// of the user. In lower case in SQLite.
    pub indirect: BTreeSet<String>,
    /// What has rows and is no table here, and so cannot be spoken of.
    pub others: BTreeMap<TableName, Other>,
}

impl Schema {
    /// The table of that name, if there is one.
    pub fn table(&self, name: &TableName) -> Option<&Table> {
        self.tables.get(name)
    }
}

/// What has rows and is no table of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Other {
    /// A view: it shows rows of tables.
    View,
    /// A copy of such rows.
    MaterializedView,
    /// A table of another database.
    ForeignTable,
    /// A part of this table.
    Partition(TableName),
    /// A table whose rows are kept by a program of its own (SQLite).
    VirtualTable,
}

/// One table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: TableName,
    /// Its columns in their order.
    pub columns: Vec<Column>,
    /// The primary key's columns in key order; empty if there is none.
    pub primary_key: Vec<ColumnName>,
    /// Foreign keys that leave this table.
    pub foreign_keys: Vec<ForeignKey>,
    /// Indexes, those of the primary key and of unique constraints among them.
    pub indexes: Vec<Index>,
    /// CHECK constraints.
    pub checks: Vec<CheckConstraint>,
    /// Triggers of the user; the database's own for foreign keys are left out, and Sexton's.
    pub triggers: Vec<Trigger>,
    /// Triggers of Sexton's fences.
    pub fences: Vec<InstalledFence>,
    /// Names of rewrite rules (PostgreSQL).
    pub rules: Vec<String>,
    /// About how many rows there are, if the database knows.
    pub rows_estimate: Option<u64>,
    /// About how many bytes it holds, indexes not counted, if the database knows.
    pub bytes: Option<u64>,
    /// Whether rows have no identity of their own beside the primary key (`WITHOUT ROWID`).
    pub without_rowid: bool,
    /// Whether values of other types than the declared ones are refused (SQLite).
    pub strict: bool,
    /// Tables that inherit from it: what is asked of it is asked of them too (PostgreSQL).
    pub inherited_by: Vec<String>,
}

impl Table {
    /// The column of that name, if there is one.
    pub fn column(&self, name: &ColumnName) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == *name)
    }

    /// The first index in which these columns, in any order, lead and which serves every row.
    pub fn index_led_by(&self, columns: &[ColumnName]) -> Option<&Index> {
        self.indexes.iter().find(|index| {
            index.usable
                && index.predicate.is_none()
                && index.columns.len() >= columns.len()
                && index.columns[..columns.len()].iter().flatten().all(|c| columns.contains(c))
                && index.columns[..columns.len()].iter().all(Option::is_some)
        })
    }

    /// Whether these columns together name at most one row.
    pub fn is_unique(&self, columns: &[ColumnName]) -> bool {
        let covers =
            |key: &[ColumnName]| !key.is_empty() && key.iter().all(|c| columns.contains(c));
        covers(&self.primary_key)
            || self.indexes.iter().any(|index| {
                let named: Option<Vec<ColumnName>> = index.columns.iter().cloned().collect();
                index.unique
                    && index.usable
                    && index.predicate.is_none()
                    && named.is_some_and(|named| covers(&named))
            })
    }
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: ColumnName,
    /// Its type as the database writes it, without length or precision (`character varying`,
    /// `bigint`); for SQLite the declared type as written.
    pub type_name: String,
    /// The same with length and precision, as values are stored (`numeric(5,2)`).
    pub stored_type: String,
    /// What kind of values the type holds, as far as Sexton cares.
    pub kind: TypeKind,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Whether the database computes it.
    pub generated: bool,
    /// Whether it is an identity or auto-increment column.
    pub identity: bool,
    /// What it holds where nothing is given, in the database's SQL; none for NULL.
    pub default: Option<String>,
}

/// What a column's values are, as far as binding and reading them cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TypeKind {
    /// Whole numbers.
    Integer,
    /// Other numbers.
    Number,
    /// Text of any length.
    Text,
    /// True and false.
    Boolean,
    /// Bytes.
    Bytes,
    /// Dates and times.
    Time,
    /// UUIDs.
    Uuid,
    /// JSON documents.
    Json,
    /// Anything else.
    Other,
}

/// One foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// Its name, where the database gives one.
    pub name: Option<String>,
    /// The referring columns in key order.
    pub columns: Vec<ColumnName>,
    /// The table referred to.
    pub parent: TableName,
    /// The columns referred to, in the same order; resolved to the primary key where the
    /// declaration leaves them out.
    pub parent_columns: Vec<ColumnName>,
    /// What the database does when the parent goes.
    pub on_delete: OnDelete,
    /// When the database judges it.
    pub deferrable: Deferrable,
    /// Whether the database vouches for every row: not if it is NOT VALID, was declared on one
    /// partition only, or is switched off.
    pub validated: bool,
}

/// What the database does to referring rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub enum OnDelete {
    /// Refuse at the end of the statement (or of the transaction, if deferred).
    NoAction,
    /// Refuse at once.
    Restrict,
    /// Delete them too.
    Cascade,
    /// Null the reference.
    SetNull,
    /// Set the reference to the column's default.
    SetDefault,
}

/// When a constraint is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deferrable {
    /// At once, always.
    No,
    /// At once unless a transaction defers it.
    InitiallyImmediate,
    /// At the end of the transaction unless made immediate.
    InitiallyDeferred,
}

/// One index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its columns in order; `None` for an expression.
    pub columns: Vec<Option<ColumnName>>,
    /// Whether it allows no two equal rows.
    pub unique: bool,
    /// The condition of a partial index.
    pub predicate: Option<String>,
    /// Whether queries may use it (valid, ready, ordered).
    pub usable: bool,
}

/// One CHECK constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckConstraint {
    /// Its name, where the database gives one.
    pub name: Option<String>,
    /// Its condition as written.
    pub condition: String,
}

/// One trigger of a fence, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledFence {
    /// Its name.
    pub name: String,
    /// What it does, as the database keeps it: a function's body, or the trigger's own text.
    pub body: String,
    /// Whether it is switched on.
    pub enabled: bool,
}

/// One trigger of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// Whether a DELETE fires it.
    pub on_delete: bool,
    /// Whether an UPDATE fires it.
    pub on_update: bool,
    /// Whether it runs before (or instead of) the change, and so can keep the row.
    pub before: bool,
    /// Whether it is switched on.
    pub enabled: bool,
}
