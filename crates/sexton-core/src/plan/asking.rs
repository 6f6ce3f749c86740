//! Statements of routes: whose tenant is meant, which rows a route speaks of, lists.
//!
//! They are read in a look of their own, beside the plan of a thing: a plan is the same whoever
//! asks for it, and no deletion by another door runs one of them.
//!
//! Invariants: what the caller does not see is in no list, and rows of lists have an end.

use super::compile::Source;
use super::{InLedger, Way, closure, root};
use crate::graph::Graph;
use crate::names::{ColumnName, ListName};
use crate::policy::{Order, Policy, Route, Sql, Thing};
use crate::schema::{Column, Dialect, Schema, Table};
use crate::sql::{Bind, Statement, Writer, in_roots};

/// The name under which it is bound how many rows of a list are passed over; no path has it.
pub const OFFSET: &str = "?offset";

/// ` OFFSET` what is bound, which is text as all values by name are.
pub(super) fn write_offset(writer: &mut Writer) {
    writer.push(" OFFSET ");
    match writer.dialect() {
        Dialect::Postgres => {
            writer.placeholder(Bind::Path(OFFSET.to_owned())).push("::text::bigint");
        }
        Dialect::Sqlite => {
            writer.push("CAST(").placeholder(Bind::Path(OFFSET.to_owned())).push(" AS INTEGER)");
        }
    }
}

/// Statements of a route about one thing.
#[derive(Debug, Clone, PartialEq)]
pub struct RoutePlan {
    /// Reads for which tenant it is.
    pub tenant: Option<Statement>,
    /// Reads a row where there is anything to list.
    pub parent: Option<Statement>,
    /// Reads a row for each root that the route speaks of.
    pub within: Option<Statement>,
    /// Reads the things, a part of them.
    pub rows: Option<Statement>,
    /// Counts all of them.
    pub total: Option<Statement>,
    /// What is told of a thing's own row, in the order in which `rows` has it.
    pub fields: Vec<Column>,
    /// The columns of its key.
    pub key: Vec<Column>,
    /// As what the ledger may hide rows, which no statement tells.
    pub in_ledger: Option<InLedger>,
    /// Rows that answers name.
    pub lists: Vec<ListPlan>,
}

/// What reads the rows of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListPlan {
    /// The list.
    pub name: ListName,
    /// Reads each row, as one JSON document or by its columns.
    pub statement: Statement,
    /// Whether a row is one document.
    pub is_document: bool,
}

/// The statements of a route about a thing; nothing for what does not fit the schema.
pub fn route_plan(
    policy: &Policy,
    schema: &Schema,
    graph: &Graph,
    route: &Route,
    thing: &Thing,
) -> RoutePlan {
    let way = if thing.hide.is_some() { Way::Hide } else { Way::AtOnce };
    let source = Source { policy, schema, graph, thing, way };
    let columns = thing.row.iter().chain(&thing.starts).next();
    let table = columns.and_then(|columns| schema.table(&columns.value.table));
    let key = match (columns, table) {
        (Some(columns), Some(table)) => closure::columns_of(table, &columns.value.columns),
        _ => Vec::new(),
    };
    let row = table.filter(|_| thing.row.is_some());
    let fields = row.map(|table| fields(thing, table, &key)).unwrap_or_default();
    let asked = |sql: &Option<Sql>, before: &'static str, as_text: bool| {
        let fragment = sql.as_ref()?.of(schema.dialect)?;
        let mut writer = Writer::new(schema.dialect);
        writer.push(before).condition(fragment, table?);
        if as_text {
            writer.as_text();
        }
        Some(writer.finish("ask for", &table?.name))
    };
    let seen = row.map(|table| Seen { source: &source, route, table, key: &key, fields: &fields });
    RoutePlan {
        tenant: asked(&route.tenant, "SELECT ", true),
        parent: asked(&route.parent, "SELECT 1 WHERE EXISTS ", false),
        within: seen.as_ref().and_then(Seen::within),
        rows: seen.as_ref().map(Seen::rows),
        total: seen.as_ref().map(Seen::total),
        lists: table.map(|table| lists(&source, table)).unwrap_or_default(),
        fields,
        key,
        in_ledger: super::hiding::missing(&source),
    }
}

/// The key, the label, and what the thing shows; each once.
fn fields(thing: &Thing, table: &Table, key: &[Column]) -> Vec<Column> {
    let mut fields = key.to_vec();
    let named = thing.label.iter().chain(&thing.show).map(|column| &column.value);
    let named: Vec<ColumnName> = named.cloned().collect();
    for column in closure::columns_of(table, &named) {
        if !fields.iter().any(|known| known.name == column.name) {
            fields.push(column);
        }
    }
    fields
}

/// Rows of a thing's own table, as far as the caller sees them and the route speaks of them.
struct Seen<'a> {
    source: &'a Source<'a>,
    route: &'a Route,
    table: &'a Table,
    key: &'a [Column],
    fields: &'a [Column],
}

impl Seen<'_> {
    fn writer(&self) -> Writer {
        Writer::new(self.source.schema.dialect)
    }

    fn of_route(&self, writer: &mut Writer) {
        let filter = self.route.filter.as_ref();
        match filter.and_then(|filter| filter.of(self.source.schema.dialect)) {
            Some(fragment) => writer.condition(fragment, self.table),
            None => writer.push("1 = 1"),
        };
    }

    fn within(&self) -> Option<Statement> {
        self.route.filter.as_ref()?;
        let mut writer = self.writer();
        writer.push("SELECT 1 FROM ").table(self.table).push(" WHERE ");
        in_roots(&mut writer, self.key);
        writer.push(" AND ");
        self.of_route(&mut writer);
        Some(writer.finish("look which are meant of the", &self.table.name))
    }

    fn rows(&self) -> Statement {
        let mut writer = self.writer();
        writer.push("SELECT ").list(self.fields, |writer, column| {
            writer.read(column);
        });
        self.from(&mut writer);
        writer.push(" ORDER BY ").list(&self.order(), |writer, (column, descending)| {
            writer.column(column).push(if *descending { " DESC" } else { "" });
        });
        writer.limit();
        write_offset(&mut writer);
        writer.finish("list", &self.table.name)
    }

    fn total(&self) -> Statement {
        let mut writer = self.writer();
        writer.push("SELECT count(*)").as_text();
        self.from(&mut writer);
        writer.finish("count", &self.table.name)
    }

    fn from(&self, writer: &mut Writer) {
        writer.push(" FROM ").table(self.table).push(" WHERE ");
        self.of_route(writer);
        root::seen(self.source, self.table, writer);
        root::unhidden(self.source, self.table, writer);
    }

    /// As the route says, and then by the key, so that parts of a list never overlap.
    fn order(&self) -> Vec<(Column, bool)> {
        let told = self.route.order.iter().filter_map(|order| {
            let Order { column, descending } = &order.value;
            Some((self.table.column(column)?.clone(), *descending))
        });
        let mut order: Vec<(Column, bool)> = told.collect();
        for column in self.key {
            if !order.iter().any(|(known, _)| known.name == column.name) {
                order.push((column.clone(), false));
            }
        }
        order
    }
}

fn lists(source: &Source<'_>, table: &Table) -> Vec<ListPlan> {
    let own = source.policy.lists.iter().filter(|list| list.of.value == source.thing.name);
    let plans = own.filter_map(|list| {
        let dialect = source.schema.dialect;
        let fragment = list.sql.of(dialect)?;
        let mut writer = Writer::new(dialect);
        let is_document = dialect == Dialect::Postgres;
        if is_document {
            // Types and names are kept; in SQLite each value tells its own.
            writer.push("SELECT row_to_json(listed)::text FROM ");
            writer.condition(fragment, table).push(" AS listed").limit();
        } else {
            writer.fragment(fragment, table);
        }
        let statement = writer.finish("list beside", &table.name);
        Some(ListPlan { name: list.name.clone(), statement, is_document })
    });
    plans.collect()
}
