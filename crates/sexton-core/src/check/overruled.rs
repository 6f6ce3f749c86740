//! Fates that a foreign key overrules: the database does something else, or refuses.
//!
//! Only where rows of the right can go: a table that nothing deletes is left in peace.

use super::{Source, spelling};
use crate::finding::Finding;
use crate::graph::Edge;
use crate::policy::Fate;
use crate::schema::{ForeignKey, OnDelete};

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let edges = source.graph.edges.iter().filter(|edge| source.losses.reach(&edge.parent));
    edges
        .flat_map(|edge| {
            let Some(key) = &edge.enforced else { return Vec::new() };
            let left = keeps_referring(edge).then(|| left_referring(edge, key));
            let found = [left, unreleasable(edge), partly_covered(source, edge)];
            found.into_iter().flatten().collect()
        })
        .collect()
}

/// Whether the left still names the right after its fate has come.
fn keeps_referring(edge: &Edge) -> bool {
    match &edge.fate {
        Fate::Keep => true,
        Fate::Set(assignments) => !assignments.iter().any(|assignment| {
            edge.columns.iter().any(|column| column.name == assignment.column.value)
        }),
        Fate::Anonymize(names) => !edge.columns.iter().any(|column| names.contains(&column.name)),
        _ => false,
    }
}

fn left_referring(edge: &Edge, key: &ForeignKey) -> Finding {
    let (code, does, help) = match key.on_delete {
        OnDelete::Cascade => (
            "C150",
            "the database deletes them (ON DELETE CASCADE)",
            "write \"delete\", or take the cascade out of the foreign key",
        ),
        OnDelete::SetNull => (
            "C151",
            "the database unlinks them (ON DELETE SET NULL)",
            "write \"unlink\", so that it is previewed and counted",
        ),
        OnDelete::SetDefault => (
            "C151",
            "the database changes them (ON DELETE SET DEFAULT)",
            "write { set = … } with the default, so that it is previewed and counted",
        ),
        OnDelete::NoAction => (
            "C152",
            "the database refuses the deletion while they refer (ON DELETE NO ACTION)",
            "write \"block\" to refuse with a sentence, or \"delete\" or \"unlink\"",
        ),
        OnDelete::Restrict => (
            "C152",
            "the database refuses the deletion while they refer (ON DELETE RESTRICT)",
            "write \"block\" to refuse with a sentence, or \"delete\" or \"unlink\"",
        ),
    };
    let message =
        format!("`{}` leaves rows of {} as they refer, but {does}", edge.text, edge.child);
    Finding::error(code, Some(edge.span), message).help(help)
}

/// An enforced pointer is nulled before its target goes, and derived afterwards.
fn unreleasable(edge: &Edge) -> Option<Finding> {
    let fixed = edge.columns.iter().find(|column| !column.nullable)?;
    (edge.fate == Fate::Derive).then(|| {
        let message = format!(
            "`{}` must be null while its row goes, but `{}` is NOT NULL",
            edge.text, fixed.name
        );
        Finding::error("C153", Some(edge.span), message)
            .help("allow NULL in the column, or write delete or block")
    })
}

/// A foreign key holds all rows, the line speaks only of those that meet its condition.
fn partly_covered(source: &Source<'_>, edge: &Edge) -> Option<Finding> {
    let other = source.graph.above(&edge.child).any(|other| {
        other.id != edge.id && other.enforced.is_some() && other.enforced == edge.enforced
    });
    (edge.filter.is_some() && !other).then(|| {
        let message = format!(
            "the foreign key of `{}` also holds rows that do not meet its `where`; no line decides \
             what happens to them",
            edge.text
        );
        Finding::warning("C154", Some(edge.span), message).help(format!(
            "add a line for the others; `{} -> {}` names the same reference",
            spelling::side(&edge.child, &spelling::names(&edge.columns)),
            spelling::side(&edge.parent, &spelling::names(&edge.parent_key)),
        ))
    })
}
