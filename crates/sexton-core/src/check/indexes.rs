//! Whether what deletions look up has an index.
//!
//! Without one, each lookup reads a whole table; through a foreign key the database does so
//! once for every row that goes.

use std::collections::HashSet;

use super::{Source, spelling};
use crate::finding::{Finding, Severity, Span};
use crate::graph::Edge;
use crate::names::ColumnName;
use crate::policy::{Cast, Fate, Fragment, JsonPlace, Part, Via};
use crate::schema::{Dialect, Index, Table, TypeKind};

/// A lookup of rows by columns.
struct Lookup<'a> {
    table: &'a Table,
    columns: Vec<ColumnName>,
    filter: Option<&'a Fragment>,
    what: String,
    span: Span,
    via: &'a Via,
}

/// How a start column holds its value.
const PLAINLY: &Via = &Via::Columns;

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let edges = source.graph.edges.iter().filter(|edge| is_looked_up(source, edge));
    let counted = source.graph.takes.iter().filter(|taking| taking.when_last);
    let counted = counted.map(|taking| &taking.edge);
    let edges = edges.chain(counted.filter(|edge| source.losses.reach(&edge.child)));
    let of_edges = edges.filter_map(|edge| of_edge(source, edge));
    let mut told = HashSet::new();
    of_edges
        .chain(of_starts(source))
        .filter(|lookup| !is_served(source, lookup))
        .filter(|lookup| told.insert((lookup.table.name.clone(), lookup.columns.clone())))
        .map(|lookup| unserved(source, &lookup))
        .collect()
}

/// Whether the left is looked up when rows of the right go, by a plan or by the database.
fn is_looked_up(source: &Source<'_>, edge: &Edge) -> bool {
    let by_plan = match edge.fate {
        Fate::Delete
        | Fate::Unlink
        | Fate::Set(_)
        | Fate::Anonymize(_)
        | Fate::Block
        | Fate::Derive => true,
        Fate::Keep | Fate::Review => false,
    };
    (by_plan || edge.enforced.is_some()) && source.losses.reach(&edge.parent)
}

/// Whether rows that refer through a line are found by an index.
pub(super) fn is_looked_up_by_index(source: &Source<'_>, edge: &Edge) -> bool {
    of_edge(source, edge).is_some_and(|lookup| is_served(source, &lookup))
}

fn of_edge<'a>(source: &Source<'a>, edge: &'a Edge) -> Option<Lookup<'a>> {
    Some(Lookup {
        table: source.schema.table(&edge.child)?,
        columns: spelling::names(&edge.columns),
        filter: edge.filter.as_ref(),
        via: &edge.via,
        what: edge.text.clone(),
        span: edge.span,
    })
}

fn of_starts<'a>(source: &Source<'a>) -> impl Iterator<Item = Lookup<'a>> {
    let schema = source.schema;
    source.policy.things.iter().flat_map(|thing| &thing.starts).filter_map(move |start| {
        let table = schema.table(&start.value.table)?;
        let columns = start.value.columns.clone();
        // A column that is not there is told of by itself.
        columns.iter().all(|name| table.column(name).is_some()).then(|| Lookup {
            table,
            what: spelling::side(&table.name, &columns),
            columns,
            filter: None,
            via: PLAINLY,
            span: start.span,
        })
    })
}

fn is_served(source: &Source<'_>, lookup: &Lookup<'_>) -> bool {
    let Lookup { table, columns, .. } = lookup;
    let is_postgres = source.schema.dialect == Dialect::Postgres;
    match lookup.via {
        Via::Columns => {}
        // Numbers and UUIDs are looked up as what they are, by their own index.
        Via::Cast(Cast::Text) if is_postgres && has_one_text(table, columns) => {}
        // Which expression an index is over cannot be told, so any is trusted.
        Via::Json(JsonPlace { each: false, cast: None, .. }) if is_postgres => {
            let is_over_expression =
                |index: &Index| index.usable && index.columns.first().is_some_and(Option::is_none);
            return table.indexes.iter().any(is_over_expression);
        }
        Via::Cast(_) | Via::Json(_) => return false,
    }
    // SQLite lists no index for a key that is the row's own number.
    let by_key = table.primary_key.len() >= columns.len()
        && table.primary_key[..columns.len()].iter().all(|name| columns.contains(name));
    by_key || table.indexes.iter().any(|index| index.usable && leads_to(index, lookup))
}

fn has_one_text(table: &Table, columns: &[ColumnName]) -> bool {
    let kind = |name: &ColumnName| table.column(name).map(|column| column.kind);
    columns.iter().all(|name| matches!(kind(name), Some(TypeKind::Integer | TypeKind::Uuid)))
}

/// Whether the index leads to the rows, if it may be used at all.
fn leads_to(index: &Index, lookup: &Lookup<'_>) -> bool {
    let is_pinned = |name: &ColumnName| {
        !lookup.columns.contains(name)
            && lookup.filter.is_some_and(|filter| equates(&text(filter), name.as_str()))
    };
    let rest = index.columns.iter().skip_while(|column| column.as_ref().is_some_and(is_pinned));
    let leading: Vec<_> = rest.take(lookup.columns.len()).flatten().collect();
    leading.len() == lookup.columns.len()
        && leading.iter().all(|name| lookup.columns.contains(name))
        && index.predicate.as_ref().is_none_or(|predicate| is_implied(predicate, lookup))
}

/// Whether every row that is looked up is in a partial index: its condition only leaves out
/// NULLs, or is the condition of the line.
fn is_implied(predicate: &str, lookup: &Lookup<'_>) -> bool {
    let predicate = bare(predicate);
    let leaves_out_nulls = |name: &ColumnName| predicate == bare(&format!("{name} is not null"));
    let filter = lookup.filter.map(|filter| bare(&text(filter)));
    lookup.columns.iter().any(leaves_out_nulls) || filter.is_some_and(|filter| filter == predicate)
}

fn text(fragment: &Fragment) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Placeholder(_) => "?".to_owned(),
    };
    fragment.parts.iter().map(part).collect()
}

/// A condition without what databases add to it: spaces, brackets, quotes of names, casts.
fn bare(condition: &str) -> String {
    let mut pieces = condition.split("::");
    let mut kept = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let of_type = |c: char| c.is_alphanumeric() || c == '_';
        kept.push_str(piece.trim_start_matches(of_type));
    }
    kept.retain(|c| !c.is_whitespace() && !"()\"".contains(c));
    kept.to_lowercase()
}

/// Whether the condition demands one value of the column, as in `owner_type = 'user'`.
fn equates(condition: &str, column: &str) -> bool {
    let condition = condition.to_lowercase();
    let of_name = |c: char| c.is_alphanumeric() || c == '_';
    let is_plain = !condition.split(|c| !of_name(c)).any(|word| ["or", "not"].contains(&word));
    let demands = |at: usize| {
        let after = condition[at + column.len()..].trim_start_matches('"').trim_start();
        !condition[..at].ends_with(of_name) && after.starts_with('=')
    };
    is_plain && condition.match_indices(&column.to_lowercase()).any(|(at, _)| demands(at))
}

fn unserved(source: &Source<'_>, lookup: &Lookup<'_>) -> Finding {
    let Lookup { table, columns, .. } = lookup;
    if !lookup.via.is_plain() {
        return unservable(source, lookup);
    }
    let is_big = table.rows_estimate.is_some_and(|r| r > source.policy.check.unindexed_rows_max);
    let severity = if is_big { Severity::Error } else { Severity::Warning };
    let by = spelling::listed(columns);
    let message = format!(
        "`{}`: deletions look up rows of `{}` by {by}, and no usable index begins with that ({})",
        lookup.what,
        table.name,
        spelling::size(table),
    );
    let broken = table.indexes.iter().find(|index| !index.usable && leads_to(index, lookup));
    let help = match broken {
        Some(index) => {
            format!("its index is not valid: REINDEX INDEX {};", spelling::sql_name(&index.name))
        }
        None => spelling::create_index(source.schema, table, columns),
    };
    Finding { severity, ..Finding::warning("C140", Some(lookup.span), message).help(help) }
}

/// A lookup that no index over columns serves, only one over an expression if any.
fn unservable(source: &Source<'_>, lookup: &Lookup<'_>) -> Finding {
    let Lookup { table, columns, via, .. } = lookup;
    let message = format!(
        "`{}`: deletions read every row of `{}` ({})",
        lookup.what,
        table.name,
        spelling::size(table),
    );
    let finding = Finding::warning("C140", Some(lookup.span), message);
    match via {
        Via::Json(place) if source.schema.dialect == Dialect::Postgres && !place.each => finding
            .help(spelling::create_json_index(source.schema, table, &columns[0], &place.path)),
        _ => finding.help("no index serves this; keep what it refers to in a column of its own"),
    }
}
