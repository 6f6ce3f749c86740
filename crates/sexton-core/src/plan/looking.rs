//! The look after the commit: what no row may refer to, or hold, any more.
//!
//! Deleted parents cannot be joined, so the look goes by the keys that became tombstones. All of
//! it is asked in one statement: it is one snapshot, and one round trip for any number of lines.

use super::closure::{Closure, columns_of, edge_condition, names, positions};
use super::compile::Source;
use super::{Look, LookAgain, TombstoneKeys, starting};
use crate::graph::Edge;
use crate::names::TableName;
use crate::policy::Fate;
use crate::schema::{Column, Table};
use crate::sql::{KeySource, Statement, Writer};

/// So many columns are asked at once: PostgreSQL reads 1664 at most, SQLite 2000.
pub(super) const COLUMNS_MAX: usize = 1_000;

/// Looks for references that nothing enforces, and for the root's value where columns start
/// from it.
pub(super) fn looks(source: &Source<'_>, closure: &Closure) -> Vec<LookAgain> {
    let mut sought: Vec<Sought<'_>> = source
        .graph
        .below_any(&closure.going)
        .filter(|edge| !edge.is_proven())
        .filter(|edge| stops_referring(edge))
        .filter_map(|edge| referring(source, closure, edge))
        .collect();
    sought.extend(holding(source));
    sought.chunks(COLUMNS_MAX).map(|sought| at_once(source, sought)).collect()
}

/// Rows of one table that must not be there.
struct Sought<'a> {
    look: Look,
    table: &'a Table,
    by: By<'a>,
}

enum By<'a> {
    /// They refer through this line to one of these keys.
    Line(&'a Edge, KeySource<'a>),
    /// They hold the root's value in these columns.
    Value(Vec<Column>),
}

/// Whether no row may refer through this edge after the deletion.
pub(crate) fn stops_referring(edge: &Edge) -> bool {
    match &edge.fate {
        Fate::Delete | Fate::Unlink | Fate::Derive | Fate::Block => true,
        // A JSON document that is set may go on referring from another place or from this.
        Fate::Set(_) if edge.via.json().is_some() => false,
        Fate::Set(set) => set.iter().any(|assignment| {
            edge.columns.iter().any(|column| column.name == assignment.column.value)
        }),
        Fate::Anonymize(names) => {
            edge.via.is_plain() && edge.columns.iter().any(|column| names.contains(&column.name))
        }
        Fate::Keep | Fate::Review => false,
    }
}

fn referring<'a>(source: &Source<'a>, closure: &'a Closure, edge: &'a Edge) -> Option<Sought<'a>> {
    let table = source.schema.table(&edge.child)?;
    let set = closure.set_of(&edge.parent)?;
    let by_identity = names(&edge.parent_key) == names(&set.columns[..set.identity]);
    let tombstones = TombstoneKeys {
        set: set.id,
        columns: positions(set, &edge.parent_key),
        name: if by_identity { edge.parent.to_string() } else { composed(edge) },
    };
    let look = Look { text: edge.text.clone(), keys: Some(tombstones) };
    Some(Sought { look, table, by: By::Line(edge, closure.keys_above(edge, false)?) })
}

fn composed(edge: &Edge) -> String {
    let columns: Vec<&str> = edge.parent_key.iter().map(|column| column.name.as_str()).collect();
    format!("{}.({})", edge.parent, columns.join(","))
}

/// The root's own row is among them: one that was missing may have come late.
fn holding<'a>(source: &Source<'a>) -> Vec<Sought<'a>> {
    let starts = &source.thing.starts;
    let row = source.thing.row.iter().filter(|_| !starts.is_empty());
    row.chain(starts)
        .filter_map(|held| {
            let table = source.schema.table(&held.value.table)?;
            let look = Look { text: still_held(&table.name), keys: None };
            Some(Sought { look, table, by: By::Value(columns_of(table, &held.value.columns)) })
        })
        .collect()
}

fn still_held(table: &TableName) -> String {
    format!("{table} still holds the root's value")
}

fn at_once(source: &Source<'_>, sought: &[Sought<'_>]) -> LookAgain {
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT ").list(sought, |writer, sought| {
        writer.push("(SELECT count(*) FROM (SELECT 1 FROM ").table(sought.table).push(" WHERE ");
        match &sought.by {
            By::Line(edge, keys) => edge_condition(writer, edge, keys, sought.table),
            By::Value(columns) => starting::still_holds(source, sought.table, columns, writer),
        }
        writer.limit().push(") AS sexton_c)").as_text();
    });
    let statement = writer.finish("", &sought[0].table.name);
    LookAgain {
        looks: sought.iter().map(|sought| sought.look.clone()).collect(),
        statement: Statement { label: "look again".into(), ..statement },
    }
}
