//! Foreign keys that do not vouch for every row, rows that refer to none, and tables that are
//! more than they seem.

use std::collections::BTreeSet;

use super::inquiry::Inquiry;
use super::{Source, spelling};
use crate::finding::Finding;
use crate::graph::Edge;
use crate::plan;
use crate::schema::{Dialect, ForeignKey};
use crate::sql::{Alias, Writer};

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let doubted = enforced(source).filter(|(_, key)| !key.validated);
    let mut findings: Vec<Finding> =
        doubted.map(|(edge, key)| doubtful(source, edge, key)).collect();
    findings.extend(inherited(source));
    findings
}

/// Lines of foreign keys whose right loses rows.
fn enforced<'a>(source: &Source<'a>) -> impl Iterator<Item = (&'a Edge, &'a ForeignKey)> {
    let edges = source.graph.edges.iter().filter(|edge| source.losses.reach(&edge.parent));
    edges.filter_map(|edge| Some((edge, edge.enforced.as_ref()?)))
}

fn doubtful(source: &Source<'_>, edge: &Edge, key: &ForeignKey) -> Finding {
    let name = key.name.as_deref().unwrap_or_default();
    let message = format!(
        "`{}`: the foreign key `{name}` does not vouch for every row: it is NOT VALID, or was \
         declared on one partition only, or is switched off",
        edge.text
    );
    let table = spelling::sql_table(source.schema, &edge.child);
    Finding::warning("C190", Some(edge.span), message).help(format!(
        "deletions look again as if there were none; if it is NOT VALID: ALTER TABLE {table} \
         VALIDATE CONSTRAINT {};",
        spelling::sql_name(name)
    ))
}

/// Tables that others inherit from: rows of the heirs go too, and no key of theirs is seen.
fn inherited(source: &Source<'_>) -> Vec<Finding> {
    let mut told = BTreeSet::new();
    let rows = source.policy.things.iter().flat_map(|t| t.row.iter().chain(&t.starts));
    let of_things = rows.map(|row| (&row.value.table, row.span));
    let of_lines = source.graph.edges.iter().map(|edge| (&edge.child, edge.span));
    let lost = of_things.chain(of_lines).filter(|(name, _)| source.losses.reach(name));
    lost.filter(|(name, _)| told.insert(*name))
        .filter_map(|(name, span)| {
            let heirs = &source.schema.table(name)?.inherited_by;
            (!heirs.is_empty()).then(|| {
                let message = format!(
                    "deletions of `{name}` take rows of {} too, which inherit from it",
                    spelling::listed(heirs)
                );
                Finding::warning("C191", Some(span), message).help(
                    "foreign keys to it do not see rows of its heirs, and keys may be there twice: \
                     see that what refers to them has lines",
                )
            })
        })
        .collect()
}

/// Rows that refer, through a foreign key, to rows that are not there.
pub(super) fn inquiries(source: &Source<'_>) -> Vec<Inquiry> {
    let doubted = |key: &ForeignKey| source.schema.dialect == Dialect::Sqlite || !key.validated;
    let edges = enforced(source).filter(|(_, key)| doubted(key));
    edges.filter_map(|(edge, _)| dangling(source, edge)).collect()
}

fn dangling(source: &Source<'_>, edge: &Edge) -> Option<Inquiry> {
    let (child, parent) = (source.schema.table(&edge.child)?, source.schema.table(&edge.parent)?);
    let key = plan::identity(child)?;
    let alias = Alias::of("sexton_c");
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT ").list(&key, |writer, column| {
        writer.read(column);
    });
    writer.push(" FROM (SELECT * FROM ").table(child).push(" WHERE ");
    for (at, column) in edge.columns.iter().enumerate() {
        writer.push(if at > 0 { " AND " } else { "" }).column(column).push(" IS NOT NULL");
    }
    writer.limit().push(") AS ").name(&alias);
    writer.push(" WHERE NOT EXISTS (SELECT 1 FROM ").table(parent).push(" AS sexton_p WHERE ");
    for (at, (column, key)) in edge.columns.iter().zip(&edge.parent_key).enumerate() {
        writer.push(if at > 0 { " AND " } else { "" }).push("sexton_p.").column(key);
        writer.push(" = ").name(&alias).push(".").column(column);
    }
    writer.push(") LIMIT 1");
    let statement = writer.finish("look for what refers to nothing in", &child.name);
    let message = format!(
        "`{}`: the row {{row}} of `{}` refers to a row that is not there, though a foreign key \
         holds it",
        edge.text, child.name
    );
    let finding = Finding::warning("C305", Some(edge.span), message);
    let finding = finding.help(match source.schema.dialect {
        Dialect::Sqlite => {
            "somebody writes without `PRAGMA foreign_keys = ON`: then nothing refuses what comes \
             late, and such rows are found by no deletion"
        }
        Dialect::Postgres => "such rows are found by no deletion: mend them, then validate the key",
    });
    Some(Inquiry::if_found(statement, finding))
}
