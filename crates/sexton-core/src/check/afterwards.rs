//! Effects and derivations that make rows meet the condition of another line.
//!
//! A condition is judged on the state before the deletion; looking again can only judge the state
//! after it. A row that came to meet a condition meanwhile would be taken for one that was left.
//! What a condition says of a value is the database's business, so this is a warning.

use super::Source;
use crate::finding::{Finding, Span};
use crate::graph::Edge;
use crate::names::{ColumnName, TableName};
use crate::plan::{Mentions, stops_referring};
use crate::policy::{Fate, Fragment};

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let looked_for = source.graph.edges.iter().filter(|edge| is_looked_for(source, edge));
    looked_for.filter_map(|edge| met_afterwards(source, edge, edge.filter.as_ref()?)).collect()
}

/// Whether a deletion looks again for rows that refer through this line.
fn is_looked_for(source: &Source<'_>, edge: &Edge) -> bool {
    !edge.is_proven() && stops_referring(edge) && source.losses.reach(&edge.parent)
}

/// What writes columns of a table's rows that stay.
struct Writing<'a> {
    /// As a person knows it.
    text: String,
    span: Span,
    columns: Vec<&'a ColumnName>,
}

fn met_afterwards(source: &Source<'_>, edge: &Edge, filter: &Fragment) -> Option<Finding> {
    let mentions = Mentions::of(source.schema.dialect, std::iter::once(filter));
    let by_lines = source.graph.above(&edge.child);
    let by_lines = by_lines.filter(|other| source.losses.reach_both(&other.parent, &edge.parent));
    let by_table = derived(source, &edge.child, edge);
    let mut writings = by_lines.filter_map(written_by).chain(by_table);
    let (writing, column) = writings.find_map(|writing| {
        // A row whose reference is written over refers no longer to what is gone.
        if edge.columns.iter().any(|column| writing.columns.contains(&&column.name)) {
            return None;
        }
        let column = writing.columns.iter().find(|name| mentions.has(name.as_str())).copied()?;
        Some((writing, column))
    })?;
    let message = format!(
        "{} writes `{}.{column}`, which the `where` of `{}` asks: a row may meet it only afterwards, \
         and would be taken for one that was left",
        writing.text, edge.child, edge.text
    );
    let referring: Vec<String> =
        edge.columns.iter().map(|column| format!("`{}`", column.name)).collect();
    Some(Finding::warning("C155", Some(writing.span), message).help(format!(
        "ask a column that no deletion writes, or let it set {} too",
        referring.join(" and ")
    )))
}

fn written_by(edge: &Edge) -> Option<Writing<'_>> {
    let columns = match &edge.fate {
        Fate::Unlink => edge.columns.iter().map(|column| &column.name).collect(),
        Fate::Set(set) => set.iter().map(|set| &set.column.value).collect(),
        _ => return None,
    };
    Some(Writing { text: format!("`{}`", edge.text), span: edge.span, columns })
}

fn derived<'a>(
    source: &'a Source<'_>,
    table: &'a TableName,
    edge: &'a Edge,
) -> impl Iterator<Item = Writing<'a>> {
    let of_table =
        source.policy.derived.iter().filter(move |derived| derived.table.value == *table);
    of_table
        .filter(|derived| {
            let mut pointers = source.graph.above(table).filter(|edge| edge.fate == Fate::Derive);
            let lost = &derived.of.value.table;
            source.losses.reach_both(lost, &edge.parent)
                || pointers.any(|pointer| source.losses.reach_both(&pointer.parent, &edge.parent))
        })
        .map(|derived| Writing {
            text: format!("[derived.{}]", derived.table.value),
            span: derived.table.span,
            columns: derived.set.iter().map(|set| &set.column.value).collect(),
        })
}
