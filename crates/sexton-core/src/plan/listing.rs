//! How the rows of a thing are listed: those that the caller sees, the newest first.
//!
//! A page begins behind the last row of the one before, by the columns that order them, so a
//! later page costs what the first one does. Newest is by a column that says when a row was made,
//! where the table has one that is never NULL; else by the key.
//! Not here: values without a row of their own, which nobody can list by a key.

use super::closure::{columns_of, root_row};
use super::compile::{CompileError, Source};
use super::root::{seen, tenant, unhidden, write_tenant};
use super::{InLedger, Way};
use crate::graph::Graph;
use crate::names::ThingName;
use crate::policy::Policy;
use crate::schema::{Column, Dialect, Schema, Table};
use crate::sql::{Bind, Statement, Writer};

/// The named value that has what a row's key or label must contain.
pub const ASKED: &str = "q";

/// The named value of a column of the last row before a page.
pub fn after(column: usize) -> String {
    format!("after.{column}")
}

/// What tables call the moment in which a row was made, the likeliest first.
const MADE: [&str; 4] = ["created_at", "created", "inserted_at", "submitted_at"];

/// How the rows of a thing are listed.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// The columns that order rows, the key last. Each row begins with them, then label and tenant
    /// (NULL where the policy says none), then what is shown.
    pub order: Vec<Column>,
    /// How many of them are the key.
    pub key: usize,
    /// The columns that are shown.
    pub show: Vec<Column>,
    /// As what the ledger may hide them, which no statement tells.
    pub in_ledger: Option<InLedger>,
    /// Reads the first page.
    pub first: Statement,
    /// Reads a page behind a row.
    pub next: Statement,
    /// Reads one row, by its key as `after`.
    pub one: Statement,
}

/// Which rows one statement reads.
#[derive(Clone, Copy, PartialEq)]
enum Rows {
    First,
    Next,
    One,
}

/// The statements for the rows of a thing; none where its values have no row.
pub fn listing(
    policy: &Policy,
    schema: &Schema,
    graph: &Graph,
    thing: &ThingName,
) -> Result<Option<Listing>, CompileError> {
    let known = policy.things.iter().find(|known| known.name == *thing);
    let thing = known.ok_or_else(|| CompileError::UnknownThing(thing.clone()))?;
    let way = if thing.hide.is_some() { Way::Hide } else { Way::AtOnce };
    let source = Source { policy, schema, graph, thing, way };
    let Some((table, columns)) = root_row(&source) else { return Ok(None) };
    // A path that leads nowhere must not leave the rows to everybody.
    if let Some(path) = &thing.tenant
        && let Err(finding) = super::follow_tenant(&path.value, path.span, table, schema, graph)
    {
        return Err(CompileError::Findings(vec![*finding]));
    }
    let key = columns_of(table, &columns.columns);
    let made = MADE.iter().find_map(|name| {
        table.columns.iter().find(|column| column.name.as_str() == *name && !column.nullable)
    });
    let made = made.filter(|made| !key.contains(made)).cloned();
    let order: Vec<Column> = made.into_iter().chain(key.iter().cloned()).collect();
    let show = thing.show.iter().filter_map(|shown| table.column(&shown.value)).cloned().collect();
    let written = Written { source: &source, table, key: &key, order: &order, show: &show };
    let [first, next, one] = [Rows::First, Rows::Next, Rows::One].map(|rows| written.read(rows));
    let in_ledger = super::hiding::missing(&source);
    Ok(Some(Listing { key: key.len(), first, next, one, order, show, in_ledger }))
}

/// What the statements have in common.
struct Written<'a> {
    source: &'a Source<'a>,
    table: &'a Table,
    key: &'a [Column],
    order: &'a [Column],
    show: &'a Vec<Column>,
}

impl Written<'_> {
    fn read(&self, rows: Rows) -> Statement {
        let (source, table) = (self.source, self.table);
        let mut writer = Writer::new(source.schema.dialect);
        writer.push("SELECT ").list(self.order, |writer, column| {
            writer.read(column);
        });
        writer.push(", ");
        let label = source.thing.label.as_ref().and_then(|label| table.column(&label.value));
        match label {
            Some(label) => writer.read(label),
            None => writer.push("NULL"),
        };
        writer.push(", ");
        match tenant(source, table) {
            Some(tenant) => {
                write_tenant(&mut writer, &tenant, table);
                writer.as_text();
            }
            None => drop(writer.push("NULL")),
        }
        for shown in self.show {
            writer.push(", ").read(shown);
        }
        writer.push(" FROM ").table(table).push(" WHERE ");
        match rows {
            Rows::First => asked(&mut writer, self.key, label),
            Rows::Next => {
                behind(&mut writer, "<", self.order, 0);
                writer.push(" AND ");
                asked(&mut writer, self.key, label);
            }
            Rows::One => {
                let before = self.order.len() - self.key.len();
                behind(&mut writer, "=", self.key, before);
            }
        }
        seen(source, table, &mut writer);
        unhidden(source, table, &mut writer);
        if rows != Rows::One {
            writer.push(" ORDER BY ").list(self.order, |writer, column| {
                writer.column(column).push(" DESC");
            });
            writer.limit();
        }
        writer.finish("list the", &table.name)
    }
}

/// The key or the label contains what is asked for, if anything is.
pub(super) fn asked(writer: &mut Writer, key: &[Column], label: Option<&Column>) {
    let asked = |writer: &mut Writer| {
        writer.placeholder(Bind::Path(ASKED.to_owned()));
        if writer.dialect() == Dialect::Postgres {
            writer.push("::text");
        }
    };
    writer.push("(");
    asked(writer);
    writer.push(" IS NULL");
    for column in key.iter().chain(label) {
        writer.push(" OR CAST(").column(column).push(" AS text)");
        writer.push(match writer.dialect() {
            Dialect::Postgres => " ILIKE ",
            Dialect::Sqlite => " LIKE ",
        });
        asked(writer);
        writer.push(" ESCAPE '!'");
    }
    writer.push(")");
}

/// `(made, id) < (…, …)`
fn behind(writer: &mut Writer, sign: &'static str, columns: &[Column], from: usize) {
    writer.push("(").columns(columns).push(") ").push(sign).push(" (");
    let numbered: Vec<(usize, &Column)> = columns.iter().enumerate().collect();
    writer.list(&numbered, |writer, (at, column)| {
        writer.bind(Bind::Path(after(from + at)), Some(column));
    });
    writer.push(")");
}
