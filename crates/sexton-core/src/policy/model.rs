//! A policy as written, with the place of everything in it: what the parser makes of a file.
//!
//! Nothing here has met a database yet; `graph::resolve` judges it against a schema.

use crate::finding::{Located, Span};
use crate::names::{
    ColumnName, GuardName, HookName, ObjectRuleName, OptionName, SystemName, TableName, ThingName,
};
use crate::policy::{
    Event, Hide, Hook, List, ObjectRule, Panel, Pool, Purge, Replies, Retention, Route, StoreRule,
    ThingOption,
};
use crate::schema::Dialect;

/// A whole policy file.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The system's name.
    pub system: SystemName,
    /// Where its database is: a URL or `env:NAME`.
    pub database: Option<Located<String>>,
    /// The schema that unqualified names mean, where it is not the database's default.
    pub schema: Option<Located<String>>,
    /// Where its objects are, in the file's order.
    pub stores: Vec<StoreRule>,
    /// What can be deleted, in the file's order.
    pub things: Vec<Thing>,
    /// One entry per reference, sisters expanded, in the file's order.
    pub references: Vec<Reference>,
    /// What takes the right with it when the left goes.
    pub takes: Vec<Take>,
    /// Reasons to refuse.
    pub guards: Vec<Guard>,
    /// Tables whose columns are computed from rows that may go.
    pub derived: Vec<Derived>,
    /// Rows that a worker may be acting on.
    pub work: Vec<Work>,
    /// What no writer attaches to that is gone.
    pub fence: Option<Fence>,
    /// Objects that several rows share.
    pub pools: Vec<Pool>,
    /// Which objects of stores go with rows.
    pub objects: Vec<ObjectRule>,
    /// Whom to tell of rows that go.
    pub hooks: Vec<Hook>,
    /// What goes by its age.
    pub retention: Vec<Retention>,
    /// Lines of the log about what is deleted.
    pub events: Vec<Event>,
    /// What all routes answer.
    pub replies: Replies,
    /// The application's own routes.
    pub routes: Vec<Route>,
    /// Rows that answers name.
    pub lists: Vec<List>,
    /// Lists for the console.
    pub panels: Vec<Panel>,
    /// How the audit names roots.
    pub audit: AuditRule,
    /// What `check` demands beyond the language's own rules.
    pub check: CheckRule,
    /// Parts of the language that this version reads over.
    pub unbuilt: Vec<Unbuilt>,
}

/// A part of the language that stands in the file and has no engine behind it yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbuilt {
    /// The key as written, such as `work.jobs` or `things.snapshot.hide`.
    pub key: String,
    /// Whether a deletion without it is less safe; then deletions refuse.
    pub makes_safer: bool,
    /// Where it stands.
    pub span: Span,
}

/// What a person may ask to delete.
#[derive(Debug, Clone, PartialEq)]
pub struct Thing {
    /// Its name.
    pub name: ThingName,
    /// Where its table begins in the file.
    pub span: Span,
    /// The thing's own row: table and key columns.
    pub row: Option<Located<TableColumns>>,
    /// More columns that hold the value.
    pub starts: Vec<Located<TableColumns>>,
    /// The column that names the thing for people.
    pub label: Option<Located<ColumnName>>,
    /// The path of reference columns that leads to the tenant, or `=SQL`.
    pub tenant: Option<Located<TenantPath>>,
    /// The column that names the owner.
    pub owner: Option<Located<ColumnName>>,
    /// Who sees it though they do not own it.
    pub visible: Option<Sql>,
    /// Whether tenant and owner are lifted.
    pub across_tenants: bool,
    /// Roles that may delete it; empty means any.
    pub roles: Vec<Located<String>>,
    /// How a person confirms.
    pub confirm: Confirm,
    /// What the confirmation says.
    pub confirm_text: Option<String>,
    /// Columns shown with it.
    pub show: Vec<Located<ColumnName>>,
    /// What may stand before an id where a route is given one, and is no part of it.
    pub strip: Option<String>,
    /// How named values, instead of a key, find the row.
    pub find: Option<Sql>,
    /// Conditions that must hold for this thing to be of this kind.
    pub only: Vec<Located<Condition>>,
    /// Conditions of the row that refuse.
    pub refuse: Vec<Located<Condition>>,
    /// What a person may choose with a deletion.
    pub options: Vec<ThingOption>,
    /// Caps on one deletion.
    pub limits: Limits,
    /// Whether the digest also hashes the keys of leaves.
    pub digest_rows: bool,
    /// Which objects of the row go while the row stays: then no reference is followed.
    pub removes: Vec<Located<ObjectRuleName>>,
    /// What the row becomes when they go.
    pub set: Vec<Assignment>,
    /// How it is made invisible; then a deletion stops there, and the purge goes on.
    pub hide: Option<Hide>,
    /// How what is hidden is removed; without it, it stays hidden.
    pub purge: Option<Purge>,
}

impl Thing {
    /// Whether only objects of its row go.
    pub fn is_partial(&self) -> bool {
        !self.removes.is_empty()
    }
}

/// A table and one or more of its columns, as in `table.key` or `table.(a,b)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TableColumns {
    /// The table.
    pub table: TableName,
    /// Its columns, in the order written.
    pub columns: Vec<ColumnName>,
}

/// How a thing's tenant is found.
#[derive(Debug, Clone, PartialEq)]
pub enum TenantPath {
    /// Columns to follow: all but the last refer to a row, the last holds the tenant.
    Columns(Vec<ColumnName>),
    /// An expression.
    Sql(Sql),
}

/// How a person confirms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirm {
    /// By typing the id.
    TypeId,
    /// By a yes.
    Click,
}

/// A condition and the sentence said when it decides.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The condition, about the thing's row.
    pub sql: Sql,
    /// The sentence, with placeholders.
    pub say: String,
}

/// Caps on one deletion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// At most this many rows.
    pub rows: u64,
    /// At most this share of any one table.
    pub percent: Option<f64>,
    /// At most rows of this many tenants.
    pub tenants: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rows: 1_000_000, percent: None, tenants: None }
    }
}

/// One reference and what happens to its left side when the right goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// The referring table.
    pub child: TableName,
    /// The referring columns.
    pub columns: Vec<ColumnPath>,
    /// The table referred to.
    pub parent: TableName,
    /// The columns referred to, where they are not the parent's primary key.
    pub parent_key: Option<Vec<ColumnName>>,
    /// What happens to the left when the right goes.
    pub fate: Fate,
    /// Fates that an option switches to.
    pub switched_by: Vec<(Located<OptionName>, Fate)>,
    /// Which left rows refer at all, judged on the state before the deletion.
    pub filter: Option<Sql>,
    /// The type that the left value is cast to before comparing.
    pub cast: Option<Located<String>>,
    /// What `block` answers, or what the preview warns of.
    pub say: Option<String>,
    /// Whether a null parent is garbage.
    pub orphans: bool,
    /// The arrow as a sentence: `entries.run_id -> runs`, this sister's own.
    pub text: String,
    /// Where this sister stands in the file.
    pub span: Span,
}

/// One line of `[takes]`: when the left goes, it takes the right.
#[derive(Debug, Clone, PartialEq)]
pub struct Take {
    /// Its two sides and its condition; it has no fate of its own.
    pub reference: Reference,
    /// When it does so.
    pub rule: TakeRule,
}

/// When the left takes the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TakeRule {
    /// Whenever it goes.
    Always,
    /// When no row that stays refers to the right.
    WhenLast,
}

/// A column, or a place inside a JSON column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ColumnPath {
    /// The column.
    pub column: ColumnName,
    /// What follows `$`, such as `.dataset_ids[*]`.
    pub json: Option<String>,
}

/// What happens to the left when the right goes.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// It goes too.
    Delete,
    /// It stays and stops referring.
    Unlink,
    /// It stays with these columns set.
    Set(Vec<Assignment>),
    /// It stays with these columns made meaningless.
    Anonymize(Vec<ColumnName>),
    /// It stays as it is.
    Keep,
    /// Its being there refuses the deletion.
    Block,
    /// It stays and is computed anew (`[derived]`).
    Derive,
    /// Nobody has decided.
    Review,
}

/// A column and the value it gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// The column.
    pub column: Located<ColumnName>,
    /// Its new value.
    pub value: Value,
}

/// A value in a policy: a literal, or SQL behind a `=`.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Written out.
    Literal(Literal),
    /// Computed by the database.
    Sql(Sql),
}

/// A literal of TOML.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Float(f64),
    /// Text.
    Text(String),
}

/// A fragment of the system's own SQL, lexed, with its placeholders known.
#[derive(Debug, Clone, PartialEq)]
pub struct Sql {
    /// As PostgreSQL reads it.
    pub postgres: Option<Fragment>,
    /// As SQLite reads it.
    pub sqlite: Option<Fragment>,
    /// The whole value in the file.
    pub span: Span,
}

impl Sql {
    /// The fragment for this database, if the policy has one.
    pub fn of(&self, dialect: Dialect) -> Option<&Fragment> {
        match dialect {
            Dialect::Postgres => self.postgres.as_ref(),
            Dialect::Sqlite => self.sqlite.as_ref(),
        }
    }
}

impl Sql {
    /// Whether both say the same, wherever they stand.
    pub fn same_as(&self, other: &Self) -> bool {
        let parts = |sql: &Self| {
            [&sql.postgres, &sql.sqlite]
                .map(|of| of.as_ref().map(|fragment| fragment.parts.clone()))
        };
        parts(self) == parts(other)
    }
}

/// One fragment for one database.
#[derive(Debug, Clone, PartialEq)]
pub struct Fragment {
    /// Text and placeholders in turn.
    pub parts: Vec<Part>,
    /// Where it stands.
    pub span: Span,
}

/// A piece of a fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// SQL to be taken over as it is.
    Text(String),
    /// A placeholder that becomes a bind.
    Placeholder(Placeholder),
}

/// A placeholder outside SQL quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placeholder {
    /// `{id}`: the root's value.
    Id,
    /// `{actor}`: who asks.
    Actor,
    /// `{tenant}`: for whom.
    Tenant,
    /// `{now}` or `{now - 15m}`: the database's clock, so many seconds earlier.
    Now {
        /// Seconds to subtract.
        minus_secs: i64,
    },
    /// `{path.NAME}`: a named value given instead of a key.
    Path(String),
    /// `{going.TABLE}`: the closure's keys of a table.
    Going(TableName),
    /// Any other that this version does not bind; `check` names it.
    Unbuilt(String),
}

/// A reason to refuse: linked rows outside the closure that meet a condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    /// Its name.
    pub name: GuardName,
    /// The table of the closure that it guards.
    pub of: Located<TableName>,
    /// What follows FROM: the guarding rows, usually `table alias`.
    pub rows: Sql,
    /// Which of them belong to a going row.
    pub link: Sql,
    /// Which of those refuse; all of them if left out.
    pub filter: Option<Sql>,
    /// An expression that names such a row for people.
    pub name_of: Option<Sql>,
    /// The sentence, with `{count}`, `{names}`, `{subject.…}`.
    pub say: String,
    /// How to clear it.
    pub ways_out: Vec<String>,
    /// Where it stands.
    pub span: Span,
}

/// Columns of a kept table, computed anew when rows go.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived {
    /// The kept table.
    pub table: Located<TableName>,
    /// The column of the lost table that names the row to derive.
    pub of: Located<TableColumns>,
    /// A source of at most one row: `runs r where … order by …`.
    pub first: Option<Sql>,
    /// What is set, in the file's order.
    pub set: Vec<DerivedColumn>,
    /// Where it stands.
    pub span: Span,
}

/// One derived column.
#[derive(Debug, Clone, PartialEq)]
pub struct DerivedColumn {
    /// The column.
    pub column: Located<ColumnName>,
    /// Its value; may name the alias of `first`.
    pub value: Value,
    /// Its value when `first` finds no row; without it the value does not depend on `first`.
    pub none: Option<Value>,
}

/// Rows of one table that a worker may be acting on.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// The table.
    pub table: Located<TableName>,
    /// References that lead between its rows and those that go; rows that go or change need none.
    pub of: Vec<ReferringSide>,
    /// Which of its rows wait for a worker.
    pub waiting: Option<Sql>,
    /// Which of them a worker is acting on.
    pub running: Sql,
    /// Which of the running ones no worker is acting on any more.
    pub dead: Option<Sql>,
    /// How they are asked to stop; `None` if nothing asks them.
    pub stop: Option<Stop>,
    /// How long a deletion waits for them, in seconds.
    pub wait_secs: Located<i64>,
    /// What waits for them.
    pub settle: Settle,
    /// Where it stands.
    pub span: Span,
}

/// How work is asked to stop.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// What rows become that wait, or whose worker is dead.
    pub waiting: Vec<Assignment>,
    /// What tells a worker to stop.
    pub running: Vec<Assignment>,
    /// The hook that is called as well.
    pub hook: Option<Located<HookName>>,
    /// Where it stands.
    pub span: Span,
}

/// What waits for work to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    /// Every deletion.
    BeforeDeletion,
    /// A purge; a deletion at once does not.
    BeforePurge,
}

/// References by which no writer attaches rows to what is gone.
#[derive(Debug, Clone, PartialEq)]
pub struct Fence {
    /// What keeps them from it.
    pub by: FenceBy,
    /// Columns that refer, and rows of things whose ids are not used again.
    pub references: Vec<ReferringSide>,
    /// What else must hold of the rows that they refer to.
    pub also: Vec<Also>,
    /// So long after the receipt tombstones are kept.
    pub late_secs: i64,
    /// Where the section begins.
    pub span: Span,
}

impl Fence {
    /// How long tombstones are kept where nothing is said.
    pub const LATE_SECS: i64 = 15 * 60;
}

/// What keeps late writers off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FenceBy {
    /// Triggers of the referring tables refuse them.
    #[default]
    Triggers,
    /// Nothing: what they left is found by looking again.
    Look,
}

/// The left side of declared references, or the rows of a thing themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferringSide {
    /// The table.
    pub table: TableName,
    /// The columns that refer, or the thing's own key; empty where the table alone is named.
    pub columns: Vec<ColumnPath>,
    /// As it would be written alone.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A condition that must hold of a row referred to when a column of the referring row changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Also {
    /// The referring table.
    pub table: TableName,
    /// The column that is watched.
    pub column: Located<ColumnName>,
    /// The condition, over the referring row and the locked row that it refers to.
    pub sql: Sql,
}

/// How the audit names roots.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditRule {
    /// Where the key for hashing root ids is (`env:NAME`); none: ids as they are.
    pub root_id_key: Option<Located<String>>,
}

/// What `check` demands beyond the language's own rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckRule {
    /// Above so many rows a reference without a usable index is an error, below a warning.
    pub unindexed_rows_max: u64,
}

impl Default for CheckRule {
    fn default() -> Self {
        Self { unindexed_rows_max: 10_000 }
    }
}
