//! The plan of a thing: every statement of its deletion, in order, as data.
//!
//! A plan is compiled once per thing and schema, may never run, and serves preview and deletion
//! alike: previews leave the locks out and count where a deletion removes. The order is the type:
//! find, judge, stop work, change, remove, derive, then look again.
//!
//! *Interior* tables are those that something is reached through; their rows are collected
//! under locks, top-down, into key sets. *Leaves* are removed by their parents' keys and never
//! read.

mod adopting;
mod asking;
mod becoming;
mod below;
mod claiming;
mod closure;
mod compile;
mod counting;
mod effects;
mod fingerprint;
mod foretell;
mod hiding;
mod holding;
mod judging;
mod linking;
mod listing;
mod looking;
mod measuring;
mod mentions;
mod named;
mod objects;
mod owners;
mod panel;
mod reasons;
mod recording;
mod remembering;
mod removing;
mod restoring;
mod retaining;
mod root;
mod saying;
mod snapshot;
mod starting;
mod statements;
mod sweeping;
mod taking;
mod tenants;
mod told;
mod working;

pub use adopting::{Adopting, adopting};
pub use asking::{ListPlan, OFFSET, RoutePlan, route_plan};
pub use claiming::{compile_orphans, compile_purge};
pub(crate) use closure::identity;
pub use compile::{CompileError, compile, compile_hide};
pub use hiding::Way;
pub(crate) use hiding::{hides, hides_in_ledger, write_hidden};
pub use holding::{Holdable, count_meeting};
pub(crate) use judging::{guarding_table, leading_table, subject_words};
pub(crate) use linking::{Link, links};
pub use listing::{ASKED, Listing, after, listing};
pub(crate) use looking::stops_referring;
pub use measuring::measuring;
pub(crate) use mentions::Mentions;
pub use named::{NamedManifest, NamedObjects, NamedPool};
pub use objects::{FoundManifest, Misnamed};
pub use owners::{Owners, owners};
pub use panel::{KeptPlan, PanelDeed, PanelPlan, on_page, panel};
pub(crate) use recording::{Asker, columns, event_table, follow, named_going, slots};
pub(crate) use retaining::misnamed;
pub use retaining::{Retaining, retaining};
pub(crate) use root::{Tenant, follow_tenant, write_tenant};
pub use saying::{Why, Words};
pub(crate) use starting::is_of_tenant;
pub use sweeping::{NamedIn, NamesOfRule, names_in};
pub use told::{CallCount, EventPlan, HookPlan, Recording, Said, Told};

use crate::graph::EdgeId;
use crate::names::{GuardName, SystemName, TableName, ThingName};
use crate::policy::Limits;
use crate::schema::{Column, Dialect};
use crate::sql::{SetId, Statement};

/// The compiled plan of one thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The thing.
    pub thing: ThingName,
    /// The database it is written for.
    pub dialect: Dialect,
    /// A hash over all that follows: equal fingerprints, equal deletions.
    pub fingerprint: String,
    /// Every table that any statement is about; their shape must not change under the plan.
    pub tables: Vec<TableName>,
    /// The caps.
    pub limits: Limits,
    /// How the tenants that it touches are counted, where a limit speaks of them.
    pub tenants: Option<TenantCount>,
    /// The key sets that the steps fill and use.
    pub sets: Vec<KeySet>,
    /// How the roots are found.
    pub root: RootPlan,
    /// Things whose roots may be among the rows, so that holds on them are judged.
    pub holdable: Vec<Holdable>,
    /// Keys that a fence remembers of the rows that go.
    pub remembered: Vec<Remembered>,
    /// The steps.
    pub steps: PlanSteps,
    /// Counts the rows of all leaves, in the order in which they go; for previews of few keys.
    pub leaves: Option<Statement>,
    /// References that stay as they are, counted by previews.
    pub kept: Vec<KeptReference>,
    /// The look from tombstones, after the commit.
    pub looks: Vec<LookAgain>,
    /// Why each table is touched: the chain of lines that leads to it.
    pub reasons: Vec<Reason>,
    /// How far it goes.
    pub way: Way,
    /// Rows that are hidden, where it goes no farther.
    pub hidden: Vec<Hidden>,
    /// How it is taken back, where it hides and can be restored.
    pub undo: Vec<Undo>,
    /// How the rows of a chunk are claimed, where it is of one.
    pub claim: Option<Claim>,
}

/// Rows of a thing that are hidden.
#[derive(Debug, Clone, PartialEq)]
pub struct Hidden {
    /// The thing.
    pub thing: ThingName,
    /// The set of its rows.
    pub set: SetId,
    /// Positions of the thing's key within the set.
    pub key: Vec<usize>,
}

/// How rows that hiding changed become what they were.
#[derive(Debug, Clone, PartialEq)]
pub struct Undo {
    /// The set, with the old values behind the identity.
    pub set: SetId,
    /// How many values.
    pub values: usize,
    /// Reads the identity and what the values have become.
    pub reread: Statement,
    /// Gives the old values back to rows that still hold what was written.
    pub restore: Statement,
}

/// How a few rows below hidden roots become the roots of a chunk.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The table that they are of.
    pub table: TableName,
    /// The set that they fill.
    pub set: SetId,
    /// The hidden rows themselves, as long as they are hidden; nothing where no column says so.
    pub holders: Option<Holders>,
    /// Finds and locks some that nobody else has locked.
    pub statement: Statement,
    /// Counts those that are there, whoever has locked them; only of tables next to the root,
    /// since all others hang from one of these.
    pub left: Option<Statement>,
    /// Names those that somebody is at work on, and counts them: name, count over all.
    pub at_work: Option<Statement>,
    /// Rows that refer to those claimed, and that a worker may be writing.
    pub referents: Vec<Referents>,
}

/// Hidden rows below which a chunk is claimed.
#[derive(Debug, Clone, PartialEq)]
pub struct Holders {
    /// The set that they fill.
    pub set: SetId,
    /// Finds them, and keeps them from being deleted.
    pub statement: Statement,
    /// Whether a fence keeps writers from attaching anything to them, by whatever reference.
    pub is_fenced: bool,
}

/// Rows that an effect of a chunk changes though a worker may be writing them.
#[derive(Debug, Clone, PartialEq)]
pub struct Referents {
    /// The set that those fill which nobody else has locked.
    pub set: SetId,
    /// Finds and locks them.
    pub statement: Statement,
    /// Reads what the others refer to, and those at work: claimed rows with such stay.
    pub held: Statement,
    /// Positions of what is read within the claimed set.
    pub columns: Vec<usize>,
}

/// The tenants of all rows that go.
#[derive(Debug, Clone, PartialEq)]
pub struct TenantCount {
    /// At most so many.
    pub max: u64,
    /// Names some and counts all: name, count over all.
    pub statement: Statement,
}

impl Claim {
    /// Whether its rows are next to the root: all others hang from such.
    pub fn is_next(&self) -> bool {
        self.left.is_some()
    }
}

/// Columns of a key set that a fence remembers when their rows go.
#[derive(Debug, Clone, PartialEq)]
pub struct Remembered {
    /// The set.
    pub set: SetId,
    /// Positions of the columns within the set.
    pub columns: Vec<usize>,
    /// The name under which their values are remembered.
    pub memory: String,
}

/// Why a table is touched.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The table.
    pub table: TableName,
    /// The lines from the root down to it; empty for the root's own.
    pub chain: Vec<String>,
}

/// A set of rows, known by their keys.
#[derive(Debug, Clone, PartialEq)]
pub struct KeySet {
    /// Its number.
    pub id: SetId,
    /// The table.
    pub table: TableName,
    /// The columns kept of each row, the identity first.
    pub columns: Vec<Column>,
    /// How many of the columns are the row's identity.
    pub identity: usize,
    /// What its rows are to the deletion.
    pub role: SetRole,
}

/// What the rows of a key set are to the deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetRole {
    /// They go.
    Going,
    /// They stay and are changed by an effect.
    Changed,
    /// They stay and are computed anew.
    Derived,
    /// They go if nothing that stays refers to them.
    Candidates,
    /// They stay as they are, and somebody may be at work on what goes through them.
    Linked,
}

/// How roots are found.
#[derive(Debug, Clone, PartialEq)]
pub struct RootPlan {
    /// The key's columns (of the row, or of the first start column).
    pub key: Vec<Column>,
    /// The thing's own row: its set is filled by this statement. Missing for values.
    pub row: Option<RootRow>,
    /// Whether the values themselves are locked, because rows of their own may be missing.
    pub lock_value: bool,
    /// Finds the key from named values.
    pub find: Option<Statement>,
    /// Each tells which values one start column holds, where the rows may be missing.
    pub started: Vec<Statement>,
    /// Whether a value is one of a tenant's, which each row that holds it tells.
    pub of_tenant: bool,
    /// The memory that the value itself goes into, where the row may be missing.
    pub memory: Option<String>,
    /// As what the ledger may hide the roots already, so that they are missing.
    pub in_ledger: Option<InLedger>,
}

/// As what roots may be hidden in the ledger.
#[derive(Debug, Clone, PartialEq)]
pub struct InLedger {
    /// The system.
    pub system: SystemName,
    /// The things.
    pub things: Vec<ThingName>,
}

/// The thing's own row.
#[derive(Debug, Clone, PartialEq)]
pub struct RootRow {
    /// The set that holds it.
    pub set: SetId,
    /// Finds and locks those of all roots that the caller sees, in the order of their keys.
    pub statement: Statement,
    /// Tells which roots have one, where not all have.
    pub held: Statement,
    /// Reads label, tenant, whether it is owned, shown columns and conditions of each locked row.
    pub subject: Statement,
    /// What the columns of `subject` are, in order.
    pub fields: Vec<SubjectField>,
    /// Whether callers of another tenant do not see it.
    pub by_tenant: bool,
    /// Whether only its owner, those it is shown to and admins see it.
    pub by_owner: bool,
}

/// One column of the subject statement.
#[derive(Debug, Clone, PartialEq)]
pub enum SubjectField {
    /// A value of its key; these come first.
    Key,
    /// The label.
    Label,
    /// The tenant.
    Tenant,
    /// Whether the caller owns it (1 or 0), where that matters.
    Owned,
    /// A shown column.
    Show(String),
    /// A column that a sentence names: `{row.status}`.
    Said(String),
    /// Whether an `only` condition holds (1 or 0), and what is said if it does not.
    Only(String),
    /// Whether a `refuse` condition holds (1 or 0), and what is said if it does.
    Refuse(String),
}

/// The steps of a deletion; their order is the order of the fields.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlanSteps {
    /// Collect interior rows, top-down, then rows to change and to derive.
    pub find: Vec<Find>,
    /// Judge references that block, and guards.
    pub judge: Vec<Judgement>,
    /// See, stop and wait for work in flight.
    pub work: Vec<Working>,
    /// Values of rows that go, read while they are there, for those who are told of them.
    pub record: Vec<Recording>,
    /// Names of objects that go with rows, read while they are there.
    pub name: Vec<NamedObjects>,
    /// Effects on rows that stay.
    pub change: Vec<Change>,
    /// Rows that go, children before parents.
    pub remove: Vec<Removal>,
    /// Columns computed anew.
    pub derive: Vec<Derivation>,
}

/// Fills key sets.
#[derive(Debug, Clone, PartialEq)]
pub enum Find {
    /// One table by one statement.
    Table {
        /// The set it fills.
        set: SetId,
        /// Finds and locks the rows.
        statement: Statement,
    },
    /// Tables whose rows reach each other: seeds first, then round after round from the rows
    /// that the last round added, until a round adds none.
    Component {
        /// Statements that fill sets from outside the component.
        seeds: Vec<(SetId, Statement)>,
        /// Statements that find rows below the last round's rows of a set, or taken by them.
        rounds: Vec<Round>,
        /// Rows that go if nothing that stays refers to them, looked for when no round adds any.
        lasts: Vec<Last>,
    },
}

/// One reference inside a component.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// The set whose last rows are the parents.
    pub above: SetId,
    /// The set that the children join.
    pub below: SetId,
    /// Finds and locks the children.
    pub statement: Statement,
}

/// Rows of one table that are taken by the last that refers to them.
#[derive(Debug, Clone, PartialEq)]
pub struct Last {
    /// The set that they join if they go.
    pub set: SetId,
    /// The set of those that may go.
    pub candidates: SetId,
    /// Find and lock the candidates.
    pub finds: Vec<Statement>,
    /// Finds those of them that no row outside the closure refers to.
    pub judge: Statement,
}

/// A reason to refuse.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// What refuses.
    pub by: JudgedBy,
    /// Locks the rows concerned, before they are judged.
    pub lock: Option<Statement>,
    /// Counts offending rows and names some: name, count over all.
    pub statement: Statement,
    /// The sentence said, with placeholders.
    pub say: String,
    /// Reads what the sentence says of the rows that are guarded, if it says anything of them.
    pub guarded: Option<GuardedRows>,
    /// How to clear it.
    pub ways_out: Vec<String>,
}

/// What is said of the rows that a guard keeps, in its sentence and by events: `{subject.label}`, `{subject.column}`.
#[derive(Debug, Clone, PartialEq)]
pub struct GuardedRows {
    /// Reads these of the rows for which the guard refuses.
    pub statement: Statement,
    /// What stands behind `subject.`, in the order in which it is read.
    pub said: Vec<String>,
}

/// What refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JudgedBy {
    /// A `block` line.
    Reference {
        /// The line.
        edge: EdgeId,
        /// Its sentence.
        text: String,
    },
    /// A guard.
    Guard(GuardName),
}

/// Work in flight among the rows of one table that go or change.
#[derive(Debug, Clone, PartialEq)]
pub struct Working {
    /// The table.
    pub table: TableName,
    /// Names rows that a worker is acting on, and counts them: name, count over all.
    pub at_work: Statement,
    /// Counts rows that wait, that a worker is acting on, whose worker is dead, and that could be
    /// asked to stop and were not yet.
    pub count: Statement,
    /// Locks the rows that are to be stopped or asked, where a fence allows claims by what they say.
    pub lock: Option<Statement>,
    /// Stops rows that wait, or whose worker is dead. Again, it changes nothing.
    pub stop: Option<Statement>,
    /// The same, of the rows that stay.
    pub stop_staying: Option<Statement>,
    /// Tells workers to stop. Again, it changes nothing.
    pub ask: Option<Statement>,
    /// What stopped columns become, for people.
    pub stopped: Vec<(String, String)>,
    /// What tells workers to stop, for people.
    pub asked: Vec<(String, String)>,
    /// Whether the policy says how it is stopped; where it does not, rows at work refuse.
    pub is_stopped: bool,
    /// Whether a deletion at once waits for it; if not, only a purge does.
    pub holds_up: bool,
    /// How long it is waited for.
    pub wait_secs: u64,
    /// Who is called for rows that somebody is at work on, once they were asked to stop.
    pub hook: Option<Recording>,
}

/// An effect on rows that stay.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The line; none where a partial thing sets columns of its own row.
    pub edge: Option<EdgeId>,
    /// Its sentence, or the key of the policy that says so.
    pub text: String,
    /// The rows, with the old values of the changed columns behind their identity.
    pub set: SetId,
    /// What each changed column becomes, for people.
    pub becomes: Vec<(String, String)>,
    /// Changes them.
    pub statement: Statement,
    /// Tells what they will become, while nothing is changed; nothing where it is written out.
    pub foretold: Foretelling,
    /// A warning for the preview.
    pub say: Option<String>,
}

/// Rows of one table, or of a few that hold each other, that go.
#[derive(Debug, Clone, PartialEq)]
pub struct Removal {
    /// The table's name, or the first's.
    pub table: TableName,
    /// The parts: one, or one for each table of a group.
    pub parts: Vec<RemovalPart>,
    /// Removes a whole group in one statement and returns a count per part (PostgreSQL).
    pub together: Option<Statement>,
}

/// The rows of one table that go.
#[derive(Debug, Clone, PartialEq)]
pub struct RemovalPart {
    /// The table.
    pub table: TableName,
    /// Its set, if it is interior; then exactly the set's rows must go.
    pub set: Option<SetId>,
    /// Removes them.
    pub statement: Statement,
    /// Counts them without removing, up to the cap.
    pub count: Statement,
    /// Counts the whole table, where a limit speaks of a share of it.
    pub population: Option<Statement>,
    /// Looks whether one of them is still there, where a trigger or a rule may have kept it.
    pub check: Option<Statement>,
}

/// Rows that stay and are computed anew.
#[derive(Debug, Clone, PartialEq)]
pub struct Derivation {
    /// The table.
    pub table: TableName,
    /// The rows, with old values behind their identity.
    pub set: SetId,
    /// Nulls enforced pointers before anything goes.
    pub release: Vec<Statement>,
    /// Computes them, after everything has gone.
    pub statement: Statement,
    /// Tells what they will become, while everything is there.
    pub foretold: Foretelling,
}

/// How new values are read before the deletion.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Foretelling {
    /// Reads the identity of the set's rows and new values behind it; none if nothing can be.
    pub statement: Option<Statement>,
    /// One for each column of the set behind its identity.
    pub columns: Vec<ForetoldColumn>,
}

/// Whether the new value of one column can be told before.
#[derive(Debug, Clone, PartialEq)]
pub struct ForetoldColumn {
    /// Its place among the values that are read.
    pub value: Option<usize>,
    /// Why it is not read.
    pub untold: Option<String>,
    /// Sets whose rows make the value that is read untrue, and why.
    pub unless: Vec<(SetId, String)>,
}

/// Rows that refer to what goes and stay as they are.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptReference {
    /// The line's sentence.
    pub text: String,
    /// Counts them, up to the cap, where an index makes that cheap.
    pub count: Option<Statement>,
}

/// One statement of the look after the commit.
#[derive(Debug, Clone, PartialEq)]
pub struct LookAgain {
    /// What is looked for, in the order of the statement's columns.
    pub looks: Vec<Look>,
    /// Counts the rows of each, up to the cap.
    pub statement: Statement,
}

/// Rows that must not be there any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// What is said if there are some: a line, or that a table still holds the root's value.
    pub text: String,
    /// The keys they are found by; the root's value if none.
    pub keys: Option<TombstoneKeys>,
}

/// Columns of a key set that become tombstones.
#[derive(Debug, Clone, PartialEq)]
pub struct TombstoneKeys {
    /// The set.
    pub set: SetId,
    /// Positions of the columns within the set.
    pub columns: Vec<usize>,
    /// The name under which the tombstones are kept.
    pub name: String,
}
