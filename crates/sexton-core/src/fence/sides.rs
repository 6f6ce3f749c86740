//! What a policy fences, resolved against a live schema, table by table.

use std::collections::BTreeMap;

use crate::check::spelling;
use crate::finding::Finding;
use crate::graph::{Edge, Graph, column_or_finding, table_or_finding};
use crate::names::{ColumnName, TableName, ThingName};
use crate::plan::{Mentions, Tenant, follow_tenant, hides, hides_in_ledger, is_of_tenant};
use crate::policy::{
    Also, Fence, Fragment, Hide, HideRow, Part, Placeholder, Policy, ReferringSide, TableColumns,
};
use crate::schema::{Column, Dialect, Schema, Table, TypeKind};

/// What is fenced of the writers of one table.
pub(crate) struct Fenced<'a> {
    /// The table.
    pub table: &'a Table,
    /// References by which it attaches to others.
    pub lines: Vec<Line<'a>>,
    /// Keys of a thing in it that are not used again.
    pub keys: Vec<Vec<Column>>,
    /// Columns that hold values which may be hidden in the ledger.
    pub values: Vec<Held<'a>>,
    /// What else must hold, each with the lines whose right side it is asked of.
    pub also: Vec<(&'a Also, &'a Fragment, Vec<Line<'a>>)>,
}

/// A fenced reference.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    /// The reference.
    pub edge: &'a Edge,
    /// The table that it leads to.
    pub parent: &'a Table,
    /// How rows of that table are hidden, if they are.
    pub hide: Option<&'a HideRow>,
    /// Whether they may be hidden in the ledger, so that no column of theirs tells it.
    pub in_ledger: bool,
}

/// Start columns of a thing whose values are hidden in the ledger.
pub(crate) struct Held<'a> {
    /// The thing.
    pub thing: &'a ThingName,
    /// The columns that hold its value.
    pub columns: Vec<Column>,
    /// How a row tells whose value it is, where the same value of two tenants is two.
    pub tenant: Option<Tenant<'a>>,
}

impl Line<'_> {
    /// Whether the memory is to be asked for it: a foreign key sees to it otherwise.
    pub fn is_remembered(&self) -> bool {
        self.edge.enforced.is_none()
    }

    /// Whether a change of the reference is judged at all: foreign keys let writers attach rows to
    /// what is hidden.
    pub fn is_judged(&self) -> bool {
        self.is_remembered() || self.hide.is_some() || self.in_ledger
    }
}

/// What the policy fences, by table; and what is wrong with it.
pub(crate) fn fenced<'a>(
    policy: &'a Policy,
    schema: &'a Schema,
    graph: &'a Graph,
) -> (Vec<Fenced<'a>>, Vec<Finding>) {
    let Some(fence) = &policy.fence else { return (Vec::new(), Vec::new()) };
    let source = Source { policy, schema, graph };
    let mut findings = Vec::new();
    let mut tables: BTreeMap<&TableName, Fenced<'a>> = BTreeMap::new();
    for side in &fence.references {
        match source.side(side) {
            Ok(Side { table, lines, key, values }) => {
                let fenced = tables.entry(&table.name).or_insert_with(|| Fenced::nothing_of(table));
                fenced.lines.extend(lines);
                fenced.keys.extend(key);
                fenced.values.extend(values);
            }
            Err(finding) => findings.push(*finding),
        }
    }
    for also in &fence.also {
        match source.also(also, fence, &tables) {
            Ok(Some((fragment, lines))) => {
                if let Some(fenced) = tables.get_mut(&also.table) {
                    fenced.also.push((also, fragment, lines));
                }
            }
            Ok(None) => {}
            Err(finding) => findings.push(*finding),
        }
    }
    (tables.into_values().collect(), findings)
}

/// Keys of a table that a deletion has to remember: columns, and the name of their memory.
pub(crate) fn memories(
    policy: &Policy,
    schema: &Schema,
    graph: &Graph,
    table: &TableName,
) -> Vec<(Vec<Column>, String)> {
    let (fenced, _) = fenced(policy, schema, graph);
    let lines = fenced.iter().flat_map(|fenced| &fenced.lines);
    let lines = lines.filter(|line| line.is_remembered() && line.parent.name == *table);
    let own = fenced.iter().filter(|fenced| fenced.table.name == *table);
    let own = own.flat_map(|fenced| fenced.keys.iter().cloned());
    let mut memories: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for columns in lines.map(|line| line.edge.parent_key.clone()).chain(own) {
        memories.insert(memory(schema, table, &columns), columns);
    }
    memories.into_iter().map(|(name, columns)| (columns, name)).collect()
}

/// Keys of a table that are remembered as long as their rows are hidden in the ledger.
pub(crate) fn hidden_memories(
    policy: &Policy,
    schema: &Schema,
    graph: &Graph,
    table: &TableName,
) -> Vec<(Vec<Column>, String)> {
    let (fenced, _) = fenced(policy, schema, graph);
    let lines = fenced.iter().flat_map(|fenced| &fenced.lines);
    let lines = lines.filter(|line| line.in_ledger && line.parent.name == *table);
    let named = lines.map(|line| {
        let key = &line.edge.parent_key;
        (hidden_memory(schema, table, key), key.clone())
    });
    let memories: BTreeMap<String, Vec<Column>> = named.collect();
    memories.into_iter().map(|(name, columns)| (columns, name)).collect()
}

/// The memory of a thing's values that are hidden in the ledger, if the fence asks it.
pub(crate) fn value_memory(
    policy: &Policy,
    schema: &Schema,
    graph: &Graph,
    thing: &ThingName,
) -> Option<String> {
    let (fenced, _) = fenced(policy, schema, graph);
    let mut values = fenced.iter().flat_map(|fenced| &fenced.values);
    values.find(|held| held.thing == thing).map(Held::memory)
}

impl Held<'_> {
    /// Of how many parts a value is told.
    pub fn parts(&self) -> usize {
        self.columns.len() + usize::from(self.tenant.is_some())
    }

    /// How people call what is watched.
    pub fn text(&self, table: &Table) -> String {
        spelling::side(&table.name, &spelling::names(&self.columns))
    }

    /// The name under which its values are remembered.
    pub fn memory(&self) -> String {
        format!("hidden {}", self.thing)
    }
}

/// The name under which keys of these columns are remembered while their rows are hidden in the
/// ledger. It is another than that of keys that are gone: here the row is there.
pub(crate) fn hidden_memory(schema: &Schema, table: &TableName, columns: &[Column]) -> String {
    format!("hidden {}", memory(schema, table, columns))
}

/// The name under which keys of these columns are remembered: the same for every system on the
/// database that means this table.
pub(crate) fn memory(schema: &Schema, table: &TableName, columns: &[Column]) -> String {
    let in_schema = table.schema.clone().unwrap_or_else(|| schema.default_schema.clone());
    let whole = TableName { schema: Some(in_schema), name: table.name.clone() };
    spelling::side(&whole, &spelling::names(columns))
}

impl<'a> Fenced<'a> {
    fn nothing_of(table: &'a Table) -> Self {
        let (lines, keys) = (Vec::new(), Vec::new());
        Self { table, lines, keys, values: Vec::new(), also: Vec::new() }
    }

    /// Columns whose change may attach a row anew: those that refer, those that a condition of
    /// their line asks, and keys.
    pub fn watched(&self) -> Vec<&'a Column> {
        let is_watched = |column: &Column| {
            let refers = |line: &Line<'_>| {
                let edge = line.edge;
                let asked = edge.filter.as_ref().is_some_and(|filter| {
                    // Either dialect's way of comparing names: what is watched in vain costs little.
                    let mentions = Mentions::of(Dialect::Sqlite, std::iter::once(filter));
                    mentions.has(column.name.as_str())
                });
                asked || edge.columns.iter().any(|own| own.name == column.name)
            };
            let mut lines = self.lines.iter().filter(|line| line.is_judged());
            let held = self.values.iter().flat_map(|held| &held.columns);
            let mut keys = self.keys.iter().flatten().chain(held);
            lines.any(refers) || keys.any(|key| key.name == column.name)
        };
        self.table.columns.iter().filter(|column| is_watched(column)).collect()
    }
}

/// Whether conditions of the fence are asked of rows of this table.
pub(crate) fn is_asked(policy: &Policy, schema: &Schema, graph: &Graph, table: &TableName) -> bool {
    let (fenced, _) = fenced(policy, schema, graph);
    let mut lines = fenced.iter().flat_map(|fenced| &fenced.also).flat_map(|(.., lines)| lines);
    lines.any(|line| line.parent.name == *table)
}

struct Source<'a> {
    policy: &'a Policy,
    schema: &'a Schema,
    graph: &'a Graph,
}

/// What one side of `references` means.
struct Side<'a> {
    table: &'a Table,
    lines: Vec<Line<'a>>,
    key: Option<Vec<Column>>,
    values: Vec<Held<'a>>,
}

type Asked<'a> = (&'a Fragment, Vec<Line<'a>>);

impl<'a> Source<'a> {
    fn side(&self, side: &ReferringSide) -> Result<Side<'a>, Box<Finding>> {
        let table = table_or_finding(&side.table, side.span, self.schema)?;
        for path in &side.columns {
            column_or_finding(table, &path.column, side.span)?;
        }
        let references = self.policy.references.iter().enumerate().filter(|(_, reference)| {
            reference.child == side.table && reference.columns == side.columns
        });
        let declared: Vec<usize> = references.map(|(at, _)| at).collect();
        let edges = self.graph.edges.iter().filter(|edge| declared.contains(&edge.id.0));
        let line = |edge: &'a Edge| {
            let hide = hides(self.policy, &edge.parent).map(|(_, hide)| hide);
            let in_ledger = hides_in_ledger(self.policy, &edge.parent);
            Some(Line { edge, parent: self.schema.table(&edge.parent)?, hide, in_ledger })
        };
        let lines: Vec<Line<'a>> = edges.filter_map(line).collect();
        for line in &lines {
            self.fit(side, line)?;
        }
        let key = self.key_of_a_thing(side, table);
        let values = self.values(side, table);
        if declared.is_empty() && key.is_none() && values.is_empty() {
            return Err(Box::new(undeclared(side)));
        }
        if let Some(key) = &key {
            self.tellable(side, key)?;
        }
        for held in &values {
            self.tellable(side, &held.columns)?;
        }
        Ok(Side { table, lines, key, values })
    }

    /// Values that the columns of the side hold, of things that are hidden in the ledger.
    fn values(&self, side: &ReferringSide, table: &'a Table) -> Vec<Held<'a>> {
        let Some(written) = plain(side) else { return Vec::new() };
        let things = self.policy.things.iter().filter(|thing| {
            let is_start = thing
                .starts
                .iter()
                .any(|start| start.value.table == side.table && start.value.columns == written);
            is_start && thing.hide.as_ref().is_some_and(Hide::is_in_ledger)
        });
        let held = things.map(|thing| {
            let path = thing.tenant.as_ref().filter(|_| is_of_tenant(thing));
            let tenant = path.and_then(|path| {
                follow_tenant(&path.value, path.span, table, self.schema, self.graph).ok()
            });
            let columns = written.iter().filter_map(|name| table.column(name)).cloned();
            Held { thing: &thing.name, columns: columns.collect(), tenant }
        });
        held.collect()
    }

    /// The columns of a thing's own row, if the side names them, or the table alone.
    fn key_of_a_thing(&self, side: &ReferringSide, table: &Table) -> Option<Vec<Column>> {
        let written = plain(side);
        let is_meant = |row: &TableColumns| {
            row.table == side.table
                && (side.columns.is_empty() || Some(&row.columns) == written.as_ref())
        };
        let rows = self.policy.things.iter().filter_map(|thing| thing.row.as_ref());
        let row = rows.map(|row| &row.value).find(|row| is_meant(row))?;
        let columns = row.columns.iter().map(|name| table.column(name).cloned());
        columns.collect()
    }

    /// A trigger can judge the line by what it sees of a row alone.
    fn fit(&self, side: &ReferringSide, line: &Line<'_>) -> Result<(), Box<Finding>> {
        self.tellable(side, &line.edge.parent_key)?;
        match line.edge.filter.as_ref().and_then(unbound) {
            None => Ok(()),
            Some(placeholder) => {
                let message = format!(
                    "`{}` cannot be fenced: its `where` asks for {placeholder}, which only a \
                     deletion knows",
                    line.edge.text
                );
                Err(Box::new(
                    Finding::error("C172", Some(side.span), message)
                        .help("write the condition without it, or fence the others only"),
                ))
            }
        }
    }

    /// Equal keys must have equal texts, by which they are remembered.
    fn tellable(&self, side: &ReferringSide, key: &[Column]) -> Result<(), Box<Finding>> {
        let is_plain = |column: &&Column| match (column.kind, self.schema.dialect) {
            (TypeKind::Integer | TypeKind::Text | TypeKind::Uuid, _) => true,
            (TypeKind::Other | TypeKind::Bytes | TypeKind::Json, dialect) => {
                dialect == Dialect::Sqlite
            }
            _ => false,
        };
        match key.iter().find(|column| !is_plain(column)) {
            None => Ok(()),
            Some(column) => {
                let message = format!(
                    "`{}` cannot be fenced: equal values of `{}` ({}) may be written in several ways",
                    side.text, column.name, column.type_name
                );
                Err(Box::new(
                    Finding::error("C173", Some(side.span), message).help(
                        "whole numbers, texts and UUIDs can; leave the others to the late look",
                    ),
                ))
            }
        }
    }

    /// The condition for this database, and the fenced lines that it is asked of.
    fn also(
        &self,
        also: &'a Also,
        fence: &Fence,
        tables: &BTreeMap<&TableName, Fenced<'a>>,
    ) -> Result<Option<Asked<'a>>, Box<Finding>> {
        let table = table_or_finding(&also.table, also.column.span, self.schema)?;
        column_or_finding(table, &also.column.value, also.column.span)?;
        let Some(fragment) = also.sql.of(self.schema.dialect) else { return Ok(None) };
        let mentions = Mentions::of(self.schema.dialect, std::iter::once(fragment));
        let lines = tables.get(&also.table).map_or(&[][..], |fenced| &fenced.lines);
        let asked = lines.iter().filter(|line| mentions.has(&line.parent.name.name));
        let asked: Vec<Line<'a>> = asked.copied().collect();
        let of = format!("{}.{}", also.table, also.column.value);
        if let Some(line) = asked.iter().find(|line| line.edge.is_self_reference()) {
            let message = format!("`{of}` asks of `{}`, whose sides have one name", line.edge.text);
            return Err(Box::new(
                Finding::error("C177", Some(also.column.span), message)
                    .help("a condition names both tables, so they must be two"),
            ));
        }
        let any_unresolved = fence
            .references
            .iter()
            .any(|side| side.table == also.table && !tables.contains_key(&side.table));
        if asked.is_empty() && !any_unresolved {
            let message = format!(
                "`{of}` asks of no row: no fenced line leads from `{}` to a table that it names",
                also.table
            );
            return Err(Box::new(
                Finding::error("C177", Some(also.column.span), message)
                    .help("fence the reference to the table that the condition names"),
            ));
        }
        match unbound(fragment) {
            None => Ok(Some((fragment, asked))),
            Some(placeholder) => {
                let message = format!("`{of}` asks for {placeholder}, which no trigger knows");
                Err(Box::new(
                    Finding::error("C172", Some(also.column.span), message)
                        .help("write the condition without it"),
                ))
            }
        }
    }
}

/// The columns of a side, if all are plain.
fn plain(side: &ReferringSide) -> Option<Vec<ColumnName>> {
    let columns = side.columns.iter();
    columns.map(|path| path.json.is_none().then(|| path.column.clone())).collect()
}

fn undeclared(side: &ReferringSide) -> Finding {
    let message = format!(
        "`{}` is neither the left side of a line of [references] nor the row of a thing",
        side.text
    );
    Finding::error("C171", Some(side.span), message).help("declare the reference, or mend the name")
}

/// A placeholder that has no value in a trigger.
fn unbound(fragment: &Fragment) -> Option<String> {
    fragment.parts.iter().find_map(|part| match part {
        Part::Placeholder(Placeholder::Id) => Some("`{id}`".to_owned()),
        Part::Placeholder(Placeholder::Actor) => Some("`{actor}`".to_owned()),
        Part::Placeholder(Placeholder::Tenant) => Some("`{tenant}`".to_owned()),
        Part::Placeholder(Placeholder::Path(name)) => Some(format!("`{{path.{name}}}`")),
        Part::Placeholder(Placeholder::Going(table)) => Some(format!("`{{going.{table}}}`")),
        Part::Placeholder(Placeholder::Unbuilt(name)) => Some(format!("`{{{name}}}`")),
        Part::Placeholder(Placeholder::Now { .. }) | Part::Text(_) => None,
    })
}
