//! Whether derived columns exist, can be written, and follow from something.

use super::{Source, effects, spelling};
use crate::finding::Finding;
use crate::graph::{Edge, column_or_finding, table_or_finding};
use crate::policy::{Derived, Fate};
use crate::schema::{Column, Table};

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
    findings.extend(never(source, derived));
    findings
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
    let by_line = source.graph.above(&lost.name).any(|edge| {
        edge.parent == table.name && spelling::names(&edge.columns) == of.value.columns
    });
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
