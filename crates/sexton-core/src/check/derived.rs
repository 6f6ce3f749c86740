//! Whether derived columns exist, can be written, and follow from something.

use super::{Source, effects, spelling};
use crate::finding::Finding;
use crate::graph::{Edge, column_or_finding, table_or_finding};
use crate::names::ColumnName;
use crate::plan::leading_table;
use crate::policy::{Derived, Fate, Part, Value};
use crate::schema::{Column, Dialect, Table};
use crate::sql::Alias;

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let pointers = source.graph.edges.iter().filter(|edge| edge.fate == Fate::Derive);
    let of_pointers = pointers.filter_map(|edge| of_pointer(source, edge));
    let of_tables = source.policy.derived.iter().flat_map(|derived| of_table(source, derived));
    of_pointers.chain(of_tables).collect()
}

/// A `derive` line needs a table that says how, and a new value for the pointer itself.
fn of_pointer(source: &Source<'_>, edge: &Edge) -> Option<Finding> {
    let told = source.policy.derived.iter().find(|derived| derived.table.value == edge.child);
    let Some(derived) = told else {
        let message = format!("nothing says how `{}` is derived", edge.child);
        let help = format!("write [derived.{}], or another fate than derive", edge.child);
        return Some(Finding::error("C112", Some(edge.span), message).help(help));
    };
    let sets = |column: &Column| derived.set.iter().any(|set| set.column.value == column.name);
    // Order: an enforced pointer is nulled in any case before its row goes.
    let is_left = edge.enforced.is_none() && !edge.columns.iter().any(sets);
    is_left.then(|| {
        let columns = spelling::side(&edge.child, &spelling::names(&edge.columns));
        let message = format!("`{}`: [derived.{}] does not set {columns}", edge.text, edge.child);
        Finding::error("C118", Some(edge.span), message).help(format!(
            "set it there, or it goes on naming a row of {} that is gone",
            edge.parent
        ))
    })
}

fn of_table(source: &Source<'_>, derived: &Derived) -> Vec<Finding> {
    let table = match table_or_finding(&derived.table.value, derived.table.span, source.schema) {
        Ok(table) => table,
        Err(finding) => return vec![*finding],
    };
    let columns = derived.set.iter().filter_map(|set| {
        let values = [Some(&set.value), set.none.as_ref()];
        let values: Vec<_> = values.into_iter().flatten().collect();
        let column = &set.column;
        effects::written(table, &column.value, column.span, &values, source.schema.dialect)
    });
    let mut findings: Vec<Finding> = columns.collect();
    findings.extend(of_column(source, derived, table));
    findings.extend(undeclared(source, derived, table));
    findings.extend(never(source, derived));
    findings
}

/// A column that becomes the key of a row refers to it, so a line must say what happens to it.
fn undeclared(source: &Source<'_>, derived: &Derived, table: &Table) -> Vec<Finding> {
    let first = derived.first.as_ref().and_then(|first| first.of(source.schema.dialect));
    let Some((parent, alias)) = first.and_then(|first| leading_table(first, source.schema)) else {
        return Vec::new();
    };
    let is_declared = |column: &ColumnName| {
        let mut lines = source.graph.above(&table.name);
        lines.any(|edge| {
            edge.parent == parent.name && edge.columns.iter().any(|known| known.name == *column)
        })
    };
    let set = derived.set.iter().filter(|set| {
        source.losses.reach(&parent.name)
            && key_read(&set.value, &alias, source.schema.dialect)
                .is_some_and(|key| parent.primary_key == [key])
            && !is_declared(&set.column.value)
    });
    set.map(|set| {
        let side = spelling::side(&table.name, std::slice::from_ref(&set.column.value));
        let message =
            format!("`{side}` becomes the key of a row of `{}`, and no line says so", parent.name);
        Finding::warning("C125", Some(set.column.span), message).help(format!(
            "write {}",
            spelling::line(&format!("{side} -> {}", parent.name), "\"derive\"")
        ))
    })
    .collect()
}

/// The column of the first row that a value is, and nothing else.
fn key_read(value: &Value, alias: &Alias, dialect: Dialect) -> Option<ColumnName> {
    let Value::Sql(sql) = value else { return None };
    let [Part::Text(text)] = sql.of(dialect)?.parts.as_slice() else { return None };
    let (of, column) = text.trim().split_once('.')?;
    let column = match column.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => quoted.to_owned(),
        None => column.to_lowercase(),
    };
    (Alias::parse(of)? == *alias).then(|| ColumnName::new(column))
}

/// `of` must exist and name rows of the derived table.
fn of_column(source: &Source<'_>, derived: &Derived, table: &Table) -> Vec<Finding> {
    let of = &derived.of;
    let lost = match table_or_finding(&of.value.table, of.span, source.schema) {
        Ok(lost) => lost,
        Err(finding) => return vec![*finding],
    };
    let found = of.value.columns.iter().map(|name| column_or_finding(lost, name, of.span));
    let columns = match found.collect::<Result<Vec<&Column>, _>>() {
        Ok(columns) => columns,
        Err(finding) => return vec![*finding],
    };
    let mut lines = source.graph.plainly_above(&lost.name, &of.value.columns);
    let by_line = lines.any(|edge| edge.parent == table.name);
    let key: Vec<_> = table.primary_key.iter().filter_map(|name| table.column(name)).collect();
    let by_key = !key.is_empty()
        && key.iter().map(|column| column.kind).eq(columns.iter().map(|column| column.kind));
    if by_line || by_key {
        return Vec::new();
    }
    let side = spelling::side(&of.value.table, &of.value.columns);
    let message = format!("{side} does not name rows of `{}`", table.name);
    let help = format!("declare `\"{side} -> {}\"` under [references]", table.name);
    vec![Finding::error("C117", Some(of.span), message).help(help)]
}

/// A table that nothing ever derives is likely a mistake of names.
fn never(source: &Source<'_>, derived: &Derived) -> Option<Finding> {
    (!is_set_off(source, derived)).then(|| {
        let name = &derived.table.value;
        let of = &derived.of.value.table;
        let message = format!("`{name}` is never derived: no thing deletes rows of `{of}`");
        Finding::warning("C119", Some(derived.table.span), message)
            .help(format!("take [derived.{name}] out, or add the line that reaches `{of}`"))
    })
}

/// Whether some deletion loses rows that this is derived from.
pub(super) fn is_set_off(source: &Source<'_>, derived: &Derived) -> bool {
    let mut pointers = source.graph.above(&derived.table.value);
    source.losses.reach(&derived.of.value.table)
        || pointers.any(|edge| edge.fate == Fate::Derive && source.losses.reach(&edge.parent))
}
