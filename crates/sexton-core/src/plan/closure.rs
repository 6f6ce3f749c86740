//! Which rows go, and which of their tables are collected: the sets of a plan and how they fill.

use std::collections::{BTreeMap, BTreeSet};

use super::compile::Source;
use super::hiding::Way;
use super::{Find, KeySet, Round, SetRole};
use crate::finding::Finding;
use crate::graph::{self, Edge};
use crate::names::{ColumnName, TableName};
use crate::policy::{Fate, TableColumns};
use crate::schema::{Column, Schema, Table};
use crate::sql::{KeyColumns, KeySource, SetId, Statement, Writer, refers};

/// The going tables of a thing, the sets of the collected ones, and the sets of rows that stay.
pub(super) struct Closure {
    /// All tables that lose rows.
    pub going: BTreeSet<TableName>,
    /// Every set so far; going ones first.
    pub sets: Vec<KeySet>,
    of_table: BTreeMap<TableName, SetId>,
    /// Groups of going tables, parents before children.
    components: Vec<Vec<TableName>>,
}

/// The tables that lose rows when the thing goes.
pub(super) fn going(source: &Source<'_>) -> BTreeSet<TableName> {
    if source.thing.is_partial() {
        return BTreeSet::new();
    }
    if source.way == Way::Hide {
        return super::hiding::tables(source);
    }
    let mut roots: Vec<TableName> =
        source.thing.starts.iter().map(|s| s.value.table.clone()).collect();
    roots.extend(source.thing.row.iter().map(|row| row.value.table.clone()));
    roots.retain(|table| source.schema.table(table).is_some());
    graph::reach(source.graph, &roots)
}

impl Closure {
    /// Decides what is collected. `None` if a table that must be collected has no key.
    pub fn new(source: &Source<'_>, findings: &mut Vec<Finding>) -> Option<Self> {
        let going = going(source);
        let deletes = source.graph.below_any(&going).filter(|edge| edge.fate == Fate::Delete);
        let components = graph::components(&going, deletes);
        let mut closure = Self { going, sets: Vec::new(), of_table: BTreeMap::new(), components };
        let order: Vec<TableName> = closure.components.iter().flatten().cloned().collect();
        let before = findings.len();
        for name in order {
            let table = source.schema.table(&name)?;
            if closure.is_collected(source, table) {
                closure.collect(source, table, findings);
            }
        }
        if source.thing.is_partial() {
            closure.hold_root(source, findings)?;
        }
        (findings.len() == before).then_some(closure)
    }

    /// The set of a going table, if it is collected.
    pub fn set_of(&self, table: &TableName) -> Option<&KeySet> {
        self.of_table.get(table).map(|id| &self.sets[id.0])
    }

    /// Adds a set of rows that stay.
    pub fn add(
        &mut self,
        table: &Table,
        columns: Vec<Column>,
        identity: usize,
        role: SetRole,
    ) -> SetId {
        let id = SetId(self.sets.len());
        self.sets.push(KeySet { id, table: table.name.clone(), columns, identity, role });
        id
    }

    fn is_collected(&self, source: &Source<'_>, table: &Table) -> bool {
        let name = &table.name;
        let reached_through = source.graph.below(name).any(|edge| edge.fate != Fate::Keep);
        let told_apart = source.graph.above(name).any(|edge| {
            self.going.contains(&edge.parent)
                && !matches!(edge.fate, Fate::Delete | Fate::Keep | Fate::Derive)
        });
        let reads_others = source
            .graph
            .above(name)
            .any(|edge| edge.fate == Fate::Delete && edge.filter.as_ref().is_some_and(has_select));
        let things = source.policy.things.iter().chain([source.thing]);
        let named = things
            .into_iter()
            .any(|thing| thing.row.as_ref().is_some_and(|row| row.value.table == *name));
        let watched = source.policy.guards.iter().any(|guard| guard.of.value == *name)
            || source.policy.derived.iter().any(|derived| derived.of.value.table == *name);
        let guarding = source.policy.guards.iter().any(|guard| {
            self.going.contains(&guard.of.value)
                && super::judging::guarding_table(guard, source.schema)
                    .is_some_and(|(table, _)| table.name == *name)
        });
        let derived = source.policy.derived.iter().any(|derived| derived.table.value == *name);
        let worked_on = source.policy.work.iter().any(|work| work.table.value == *name);
        let taking = super::taking::takings(source, &self.going).any(|taking| {
            // Whoever keeps the right alive must be told from those that go.
            let keeps_alive = || source.graph.above(name).any(|e| e.parent == taking.edge.parent);
            [&taking.edge.child, &taking.edge.parent].contains(&name) || keeps_alive()
        });
        reached_through
            || taking
            || told_apart
            || reads_others
            || named
            || watched
            || guarding
            || derived
            || worked_on
            || super::linking::leads_through(source, name)
            || !super::remembering::memories(source, name).is_empty()
            || super::recording::reads(source.policy, name)
            || source.thing.digest_rows
    }

    fn collect(&mut self, source: &Source<'_>, table: &Table, findings: &mut Vec<Finding>) {
        let Some(mut columns) = identity(table) else {
            findings.push(
                Finding::error(
                    "C120",
                    Some(source.thing.span),
                    format!("`{}` has no key to tell its rows apart by", table.name),
                )
                .help("add a primary key, or a unique index over columns that are NOT NULL"),
            );
            return;
        };
        let identity = columns.len();
        let mut carry = |column: &Column| {
            if !columns.iter().any(|known| known.name == column.name) {
                columns.push(column.clone());
            }
        };
        if source.way == Way::Hide {
            // Order: a preview shows old values of what changes behind the identity.
            super::hiding::touched(source, table).iter().for_each(&mut carry);
        }
        for edge in source.graph.below(&table.name) {
            edge.parent_key.iter().for_each(&mut carry);
        }
        for derived in &source.policy.derived {
            if derived.of.value.table == table.name {
                columns_of(table, &derived.of.value.columns).iter().for_each(&mut carry);
            }
        }
        for edge in super::linking::edges_up(source, &table.name) {
            edge.columns.iter().for_each(&mut carry);
        }
        for (remembered, _) in super::remembering::memories(source, &table.name) {
            remembered.iter().for_each(&mut carry);
        }
        let id = self.add(table, columns, identity, SetRole::Going);
        self.of_table.insert(table.name.clone(), id);
    }

    /// The set of a root that stays: its identity, then the columns that the thing sets.
    fn hold_root(&mut self, source: &Source<'_>, findings: &mut Vec<Finding>) -> Option<()> {
        let (table, _) = root_row(source)?;
        let names = source.thing.set.iter().map(|assignment| assignment.column.value.clone());
        let touched = columns_of(table, &names.collect::<Vec<ColumnName>>());
        let role = SetRole::Changed;
        let set = super::effects::staying(source, self, table, &touched, role, findings)?;
        self.of_table.insert(table.name.clone(), set);
        Some(())
    }

    /// The keys of an edge's parent side, if its table is collected.
    pub fn keys_above<'e>(&self, edge: &'e Edge, frontier: bool) -> Option<KeySource<'e>> {
        let set = self.set_of(&edge.parent)?;
        Some(KeySource {
            from: vec![KeyColumns {
                set: set.id,
                columns: positions(set, &edge.parent_key),
                frontier,
            }],
            types: &edge.parent_key,
        })
    }

    /// Finds for all collected tables, parents before children.
    pub fn finds(&mut self, source: &Source<'_>) -> Vec<Find> {
        if super::taking::takings(source, &self.going).next().is_some() {
            return vec![self.find_with_takes(source)];
        }
        self.components.iter().filter_map(|group| self.find(source, group)).collect()
    }

    /// All tables as one component: what is taken may lead anywhere.
    fn find_with_takes(&mut self, source: &Source<'_>) -> Find {
        let group: Vec<TableName> = self.going.iter().cloned().collect();
        let seeds = self.seeds(source, &group);
        let edges = source.graph.below_any(&group).filter(|edge| edge.fate == Fate::Delete);
        let inner = edges.filter(|edge| self.going.contains(&edge.child));
        let inner = inner.filter(|_| source.way != Way::Hide);
        let mut rounds: Vec<Round> = inner.filter_map(|edge| self.round(source, edge)).collect();
        rounds.extend(super::taking::rounds(source, self));
        let lasts = super::taking::lasts(source, self);
        Find::Component { seeds, rounds, lasts }
    }

    fn seeds(&self, source: &Source<'_>, group: &[TableName]) -> Vec<(SetId, Statement)> {
        let sets = self.components.iter().flatten().filter(|name| group.contains(name));
        sets.filter_map(|name| self.set_of(name))
            .filter_map(|set| Some((set.id, self.seed(source, set, group)?)))
            .collect()
    }

    fn find(&self, source: &Source<'_>, group: &[TableName]) -> Option<Find> {
        let deletes = source.graph.below_any(group).filter(|edge| edge.fate == Fate::Delete);
        let inner = deletes.filter(|edge| group.contains(&edge.child));
        let inner: Vec<&Edge> = inner.filter(|_| source.way != Way::Hide).collect();
        if inner.is_empty() {
            let set = self.set_of(&group[0])?;
            let statement = self.seed(source, set, &[])?;
            return Some(Find::Table { set: set.id, statement });
        }
        let seeds = self.seeds(source, group);
        let rounds = inner.iter().filter_map(|edge| self.round(source, edge)).collect();
        Some(Find::Component { seeds, rounds, lasts: Vec::new() })
    }

    /// Edges by which rows of this going table are reached.
    fn deletes_above<'s>(
        &'s self,
        source: &Source<'s>,
        table: &TableName,
    ) -> impl Iterator<Item = &'s Edge> {
        // What hangs below a hidden row stays where it is.
        let goes = self.going.contains(table) && source.way != Way::Hide;
        source.graph.above(table).filter(move |edge| {
            goes && edge.fate == Fate::Delete && self.going.contains(&edge.parent)
        })
    }

    /// Rows of a set that are reached from outside its own component.
    fn seed(&self, source: &Source<'_>, set: &KeySet, group: &[TableName]) -> Option<Statement> {
        let table = source.schema.table(&set.table)?;
        let mut writer = select(source.schema, set);
        let any = self.reached(source, table, group, &mut writer);
        any.then(|| writer.finish_locked("find", &table.name, " FOR UPDATE"))
            .map(|statement| ordered(statement, set, source.schema))
    }

    /// Writes ` WHERE` and the ways in which rows of a going table are reached; false if none.
    /// Edges whose parent is in `inside` are left out.
    pub fn reached(
        &self,
        source: &Source<'_>,
        table: &Table,
        inside: &[TableName],
        writer: &mut Writer,
    ) -> bool {
        self.ways(source, table, inside, " WHERE ", writer)
    }

    /// The same, behind another word than ` WHERE`.
    pub fn ways(
        &self,
        source: &Source<'_>,
        table: &Table,
        inside: &[TableName],
        opening: &'static str,
        writer: &mut Writer,
    ) -> bool {
        let mut ways = Ways { any: false, opening, writer };
        for start in source.thing.starts.iter().filter(|start| start.value.table == table.name) {
            let columns = columns_of(table, &start.value.columns);
            super::starting::holds(source, table, &columns, ways.next());
        }
        let edges = merged(
            self.deletes_above(source, &table.name)
                .filter(|edge| !inside.contains(&edge.parent) && !self.started_by(source, edge)),
        );
        for same in edges {
            let sources: Vec<KeySource<'_>> =
                same.iter().filter_map(|edge| self.keys_above(edge, false)).collect();
            let from = sources.iter().flat_map(|keys| keys.from.clone()).collect();
            let keys = KeySource { from, types: &same[0].parent_key };
            edge_condition(ways.next(), same[0], &keys, table);
        }
        ways.any
    }

    /// Whether a start column finds all that this edge would: same column, root's own key.
    fn started_by(&self, source: &Source<'_>, edge: &Edge) -> bool {
        let Some(row) = &source.thing.row else { return false };
        // Where lines or starts take more rows of the root's table, the edge finds theirs.
        let others_go = self.deletes_above(source, &row.value.table).next().is_some()
            || source.graph.takes.iter().any(|taking| taking.edge.parent == row.value.table)
            || source.thing.starts.iter().any(|start| start.value.table == row.value.table);
        let is_root_key = edge.via.is_plain()
            && edge.parent == row.value.table
            && names(&edge.parent_key) == row.value.columns
            && !others_go;
        is_root_key
            && source.thing.starts.iter().any(|start| {
                start.value.table == edge.child && start.value.columns == names(&edge.columns)
            })
    }

    fn round(&self, source: &Source<'_>, edge: &Edge) -> Option<Round> {
        let (above, below) = (self.set_of(&edge.parent)?, self.set_of(&edge.child)?);
        let table = source.schema.table(&edge.child)?;
        let mut writer = select(source.schema, below);
        writer.push(" WHERE ");
        edge_condition(&mut writer, edge, &self.keys_above(edge, true)?, table);
        let statement = writer.finish_locked("find", &table.name, " FOR UPDATE");
        Some(Round {
            above: above.id,
            below: below.id,
            statement: ordered(statement, below, source.schema),
        })
    }
}

/// The identities of a set.
pub(super) fn identities(set: &KeySet) -> KeySource<'_> {
    let columns = (0..set.identity).collect();
    KeySource {
        from: vec![KeyColumns { set: set.id, columns, frontier: false }],
        types: &set.columns[..set.identity],
    }
}

/// Writes its opening before the first way and ` OR ` before each further one.
struct Ways<'w> {
    any: bool,
    opening: &'static str,
    writer: &'w mut Writer,
}

impl Ways<'_> {
    fn next(&mut self) -> &mut Writer {
        self.writer.push(if self.any { " OR " } else { self.opening });
        self.any = true;
        self.writer
    }
}

/// Edges in groups that one list of keys can serve: same columns, types and filter.
fn merged<'e>(edges: impl Iterator<Item = &'e Edge>) -> Vec<Vec<&'e Edge>> {
    let mut groups: Vec<Vec<&Edge>> = Vec::new();
    for edge in edges {
        let types = |edge: &Edge| -> Vec<String> {
            edge.parent_key.iter().map(|column| column.type_name.clone()).collect()
        };
        let alike = groups.iter_mut().find(|group| {
            group[0].columns == edge.columns
                && group[0].via == edge.via
                && types(group[0]) == types(edge)
                && group[0].filter == edge.filter
        });
        match alike {
            Some(group) => group.push(edge),
            None => groups.push(vec![edge]),
        }
    }
    groups
}

/// `columns IN keys`, and the edge's own condition.
pub(super) fn edge_condition(
    writer: &mut Writer,
    edge: &Edge,
    keys: &KeySource<'_>,
    child: &Table,
) {
    match &edge.filter {
        Some(filter) => {
            writer.push("(");
            refers(writer, &edge.columns, &edge.via, keys, child);
            writer.push(" AND ").condition(filter, child).push(")");
        }
        None => refers(writer, &edge.columns, &edge.via, keys, child),
    }
}

/// `SELECT columns FROM table` of a set.
pub(super) fn select(schema: &Schema, set: &KeySet) -> Writer {
    let mut writer = Writer::new(schema.dialect);
    writer.push("SELECT ").list(&set.columns, |writer, column| {
        writer.read(column);
    });
    if let Some(table) = schema.table(&set.table) {
        writer.push(" FROM ").table(table);
    }
    writer
}

/// The same, ordered by identity, so that two deletions lock rows in the same order, and capped.
pub(super) fn ordered(mut statement: Statement, set: &KeySet, schema: &Schema) -> Statement {
    let mut writer = Writer::continuing(schema.dialect, statement.binds);
    writer.push(" ORDER BY ").columns(&set.columns[..set.identity]);
    writer.limit();
    let tail = writer.finish("", &set.table);
    statement.sql.push_str(&tail.sql);
    Statement { binds: tail.binds, ..statement }
}

/// The columns that tell rows of a table apart: its primary key, else a unique index over
/// columns that are never NULL.
pub(crate) fn identity(table: &Table) -> Option<Vec<Column>> {
    if !table.primary_key.is_empty() {
        return Some(columns_of(table, &table.primary_key));
    }
    table
        .indexes
        .iter()
        .filter(|index| index.unique && index.usable && index.predicate.is_none())
        .filter_map(|index| index.columns.iter().cloned().collect::<Option<Vec<ColumnName>>>())
        .map(|names| columns_of(table, &names))
        .find(|columns| !columns.is_empty() && columns.iter().all(|column| !column.nullable))
}

pub(super) fn columns_of(table: &Table, names: &[ColumnName]) -> Vec<Column> {
    names.iter().filter_map(|name| table.column(name)).cloned().collect()
}

pub(super) fn names(columns: &[Column]) -> Vec<ColumnName> {
    columns.iter().map(|column| column.name.clone()).collect()
}

pub(super) fn positions(set: &KeySet, columns: &[Column]) -> Vec<usize> {
    columns
        .iter()
        .filter_map(|column| set.columns.iter().position(|known| known.name == column.name))
        .collect()
}

fn has_select(fragment: &crate::policy::Fragment) -> bool {
    fragment.parts.iter().any(|part| match part {
        crate::policy::Part::Text(text) => text.to_ascii_lowercase().contains("select"),
        crate::policy::Part::Placeholder(_) => false,
    })
}

/// The root's row as table and columns, if the policy names one that exists.
pub(super) fn root_row<'s>(source: &Source<'s>) -> Option<(&'s Table, &'s TableColumns)> {
    let row = source.thing.row.as_ref()?;
    Some((source.schema.table(&row.value.table)?, &row.value))
}
