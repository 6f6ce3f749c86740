//! Whether values of a column are found where its name says that they come from.
//!
//! For each candidate the first rows of a table are read in the order of its key, so it is cheap
//! on any table and says the same tomorrow. What is counted confirms or refutes the name. Several
//! candidates share a statement, because on a large schema the way to the database costs most.

use std::collections::BTreeMap;

use super::{Candidate, Seen, Suggestion};
use crate::names::{ColumnName, TableName};
use crate::schema::{Column, Dialect, Schema, Table, TypeKind};
use crate::sql::{Statement, Writer};

/// From this score on a name is believed though there are no values.
const BELIEVED: u8 = 2;

/// The statement that counts the values of each candidate, and those that are found, behind the
/// candidate's place in the list.
pub(super) fn comparison(candidates: &[Candidate], schema: &Schema) -> Option<Statement> {
    let mut writer = Writer::new(schema.dialect);
    let mut first = None;
    for (at, candidate) in candidates.iter().enumerate() {
        let mut one = writer.clone();
        one.push(if first.is_some() { " UNION ALL " } else { "" });
        if let Some(child) = compare(&mut one, at, candidate, schema) {
            (writer, first) = (one, first.or(Some(child)));
        }
    }
    Some(writer.finish("compare values of", &first?.name))
}

/// Writes one comparison; nothing if a table or column is not there.
fn compare<'s>(
    writer: &mut Writer,
    at: usize,
    candidate: &Candidate,
    schema: &'s Schema,
) -> Option<&'s Table> {
    let child = schema.table(&candidate.child)?;
    let parent = schema.table(&candidate.parent)?;
    let columns = known(child, &candidate.columns)?;
    let keys = known(parent, &candidate.parent_key)?;
    writer.numbered("SELECT ", at).as_text().push(", count(*)").as_text();
    writer.push(", count(CASE WHEN EXISTS (SELECT 1 FROM ").table(parent).push(" AS p WHERE ");
    for (at, key) in keys.iter().enumerate() {
        writer.push(if at > 0 { " AND p." } else { "p." }).column(key);
        writer.numbered(" = s.v", at);
    }
    writer.push(") THEN 1 END)").as_text().push(" FROM (SELECT DISTINCT ");
    let places: Vec<usize> = (0..columns.len()).collect();
    writer.list(&places, |writer, at| {
        writer.numbered("v", *at);
    });
    writer.push(" FROM (SELECT ");
    writer.list(&places, |writer, at| {
        writer.column(&columns[*at]).numbered(" AS v", *at);
    });
    writer.push(" FROM ").table(child);
    if !child.primary_key.is_empty() {
        writer.push(" ORDER BY ").columns(&known(child, &child.primary_key)?);
    }
    writer.limit().push(") AS r WHERE ");
    for (at, column) in columns.iter().enumerate() {
        writer.numbered(if at > 0 { " AND v" } else { "v" }, at).push(" IS NOT NULL");
        if holds_text(column, schema.dialect) {
            writer.numbered(" AND v", at).push(" <> ''");
        }
    }
    writer.push(") AS s");
    Some(child)
}

fn known(table: &Table, names: &[ColumnName]) -> Option<Vec<Column>> {
    names.iter().map(|name| table.column(name).cloned()).collect()
}

/// Where there is no NULL, empty text often stands for nothing.
fn holds_text(column: &Column, dialect: Dialect) -> bool {
    column.kind == TypeKind::Text || dialect == Dialect::Sqlite
}

/// What is left to suggest: for each column the plainest name that its values do not refute.
pub(super) fn suggested(candidates: Vec<Candidate>, seen: &[Option<Seen>]) -> Vec<Suggestion> {
    let mut of_column: BTreeMap<(TableName, Vec<ColumnName>), Vec<Suggestion>> = BTreeMap::new();
    for (at, candidate) in candidates.into_iter().enumerate() {
        let seen = seen.get(at).copied().flatten().filter(|seen| seen.values > 0);
        if is_believed(&candidate, seen) {
            let column = (candidate.child.clone(), candidate.columns.clone());
            of_column.entry(column).or_default().push(Suggestion { candidate, seen });
        }
    }
    of_column.into_values().filter_map(plainest).collect()
}

fn is_believed(candidate: &Candidate, seen: Option<Seen>) -> bool {
    match seen {
        None => candidate.score >= BELIEVED,
        // Rows that were deleted leave values behind, so not all need be found.
        Some(seen) if candidate.score >= BELIEVED => seen.found * 2 >= seen.values,
        Some(seen) => seen.found == seen.values,
    }
}

/// The best one, unless another is as good: then nobody can tell.
fn plainest(mut suggestions: Vec<Suggestion>) -> Option<Suggestion> {
    let weight = |suggestion: &Suggestion| {
        let share = suggestion.seen.map_or(0, |seen| seen.found * 1000 / seen.values);
        (suggestion.candidate.score, share)
    };
    suggestions.sort_by_key(|suggestion| std::cmp::Reverse(weight(suggestion)));
    let is_tied = suggestions.get(1).is_some_and(|next| weight(next) == weight(&suggestions[0]));
    if is_tied { None } else { suggestions.into_iter().next() }
}
