//! Columns that look like references of which neither a line nor a foreign key tells.
//!
//! A draft and a check guess alike; a check tells only what names and values leave hardly a doubt
//! of, and only where rows of the right go. A line answers it, `"keep"` if nothing shall happen.

use super::losses::Losses;
use super::spelling;
use crate::draft::{self, Candidate, Suggestion};
use crate::finding::Finding;
use crate::graph::Graph;
use crate::names::{ColumnName, TableName};
use crate::policy::Policy;
use crate::schema::Schema;

/// References that a name speaks for and that no line declares, to tables that lose rows.
pub fn undeclared(policy: &Policy, schema: &Schema, graph: &Graph) -> Vec<Candidate> {
    let things: Vec<_> = policy.things.iter().collect();
    let losses = Losses::of(&things, schema, graph);
    let mut open = draft::candidates(schema);
    open.retain(|candidate| {
        losses.reach(&candidate.parent)
            && !candidate.columns.iter().any(|c| is_spoken_of(policy, schema, &candidate.child, c))
    });
    open
}

/// What is left of them after a look at their values.
pub fn undeclared_findings(schema: &Schema, suggestions: &[Suggestion]) -> Vec<Finding> {
    let plain = suggestions.iter().filter(|suggestion| suggestion.is_plain());
    plain.map(|suggestion| finding(schema, suggestion)).collect()
}

/// Whether the policy, or a foreign key, says anything of what the column refers to.
fn is_spoken_of(policy: &Policy, schema: &Schema, table: &TableName, column: &ColumnName) -> bool {
    let takes = policy.takes.iter().map(|take| &take.reference);
    let mut lines = policy.references.iter().chain(takes);
    let by_line = lines
        .any(|line| line.child == *table && line.columns.iter().any(|path| path.column == *column));
    let rows = policy.things.iter().flat_map(|thing| thing.row.iter().chain(&thing.starts));
    let of_derived = policy.derived.iter().map(|derived| &derived.of);
    let by_place = || {
        let mut places = rows.chain(of_derived);
        places.any(|of| of.value.table == *table && of.value.columns.contains(column))
    };
    let by_key = || {
        let keys = schema.table(table).into_iter().flat_map(|table| &table.foreign_keys);
        keys.into_iter().any(|key| key.columns.contains(column))
    };
    let by_derivation = || {
        let mut derived = policy.derived.iter().filter(|derived| derived.table.value == *table);
        derived.any(|derived| derived.set.iter().any(|set| set.column.value == *column))
    };
    by_line || by_place() || by_derivation() || by_key()
}

fn finding(schema: &Schema, suggestion: &Suggestion) -> Finding {
    let Candidate { child, columns, parent, parent_key, .. } = &suggestion.candidate;
    let side = spelling::side(child, columns);
    let values = match suggestion.seen {
        None => "by its name".to_owned(),
        Some(seen) => format!("{} of its {} values are there", seen.found, seen.values),
    };
    let message =
        format!("`{side}` seems to refer to `{parent}` ({values}), and no line says what happens");
    let arrow = format!("{side} -> {}", spelling::right(schema, parent, parent_key));
    Finding::warning("C320", None, message).help(format!(
        "{}   # decide; \"keep\", if it refers to nothing or nothing shall happen",
        spelling::line(&arrow, "\"review\"")
    ))
}
