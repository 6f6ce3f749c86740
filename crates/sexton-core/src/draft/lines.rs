//! The lines of `[references]`: one for each foreign key, and one for each suggestion.

use std::collections::BTreeMap;

use super::fates::{self, Fate, Kind};
use super::{Suggestion, Undecided};
use crate::check::spelling;
use crate::names::{ColumnName, TableName};
use crate::schema::{ForeignKey, OnDelete, Schema, Table};

/// One reference as it will stand in the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    /// The table referred to.
    pub parent: TableName,
    /// Lines of one parent in groups: suggestions behind the database's own references, rows of
    /// the table itself behind all others, which go before them.
    pub group: Group,
    /// The fate as it is written.
    pub fate: String,
    /// What is said behind it.
    pub comment: Option<String>,
    /// The referring columns.
    pub columns: Vec<ColumnName>,
    /// The referring table.
    pub child: TableName,
    /// The right side as it is written.
    pub right: String,
}

/// The place of a line among those of its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    /// A foreign key whose fate is implied.
    Decided(Kind),
    /// A foreign key that a person must decide.
    Open,
    /// A foreign key within one table.
    Own,
    /// A reference that the database does not know.
    Suggested,
}

/// The lines of all foreign keys, one for each reference however often it is declared.
pub(super) fn of_keys(schema: &Schema, undecided: Undecided) -> Vec<Line> {
    let mut found: BTreeMap<_, (&Table, &ForeignKey)> = BTreeMap::new();
    for table in schema.tables.values() {
        for key in &table.foreign_keys {
            let known = schema.table(&key.parent).is_some() && !key.parent_columns.is_empty();
            let mut pairs: Vec<_> = key.columns.iter().zip(&key.parent_columns).collect();
            pairs.sort();
            if known {
                let kept = found.entry((&table.name, &key.parent, pairs)).or_insert((table, key));
                if strength(key.on_delete) < strength(kept.1.on_delete) {
                    *kept = (table, key);
                }
            }
        }
    }
    let mut lines: Vec<Line> = Vec::new();
    let mut fates: Vec<(&Table, &ForeignKey, Fate)> = Vec::new();
    for (table, key) in found.into_values() {
        let fate = agreeing(fates::implied(table, key), table, key, &fates);
        lines.push(line(schema, table, key, fate.clone(), undecided));
        fates.push((table, key, fate));
    }
    lines.sort();
    lines
}

/// Foreign keys whose table or key is not there, which only SQLite allows.
pub(super) fn dangling(schema: &Schema) -> Vec<String> {
    let leads_nowhere =
        |key: &&ForeignKey| schema.table(&key.parent).is_none() || key.parent_columns.is_empty();
    let tables = schema.tables.values();
    let keys = tables.flat_map(|table| {
        let keys = table.foreign_keys.iter().filter(leads_nowhere);
        keys.map(|key| format!("{} -> {}", spelling::side(&table.name, &key.columns), key.parent))
    });
    keys.collect()
}

/// Of two foreign keys that say the same reference the one counts that does more.
fn strength(on_delete: OnDelete) -> u8 {
    match on_delete {
        OnDelete::Cascade => 0,
        OnDelete::SetNull => 1,
        OnDelete::SetDefault => 2,
        OnDelete::Restrict => 3,
        OnDelete::NoAction => 4,
    }
}

/// Two lines must not set one column to different values; the second is left to a person.
fn agreeing(
    fate: Fate,
    table: &Table,
    key: &ForeignKey,
    before: &[(&Table, &ForeignKey, Fate)],
) -> Fate {
    let Fate::Decided(Kind::Unlink | Kind::Set, _) = &fate else { return fate };
    let clash = before.iter().filter(|(other, ..)| other.name == table.name).find_map(
        |(_, other, theirs)| {
            let changes = matches!(theirs, Fate::Decided(Kind::Unlink | Kind::Set, _));
            let shared = other.columns.iter().find(|column| key.columns.contains(column))?;
            let is_null = |fate: &Fate| matches!(fate, Fate::Decided(Kind::Unlink, _));
            let same = is_null(&fate) && is_null(theirs);
            (changes && !same).then(|| shared.clone())
        },
    );
    match clash {
        Some(column) => Fate::Open(format!("another line sets {column} too: which?")),
        None => fate,
    }
}

fn line(
    schema: &Schema,
    table: &Table,
    key: &ForeignKey,
    fate: Fate,
    undecided: Undecided,
) -> Line {
    let is_own = key.parent == table.name;
    let (columns, parent_columns) = in_key_order(schema, key);
    let (group, fate, comment) = match fate {
        Fate::Decided(kind, fate) => (Group::Decided(kind), fate, None),
        Fate::Open(question) => (Group::Open, undecided.fate(), Some(undecided.said(question))),
    };
    Line {
        group: if is_own { Group::Own } else { group },
        child: table.name.clone(),
        columns,
        parent: key.parent.clone(),
        right: spelling::right(schema, &key.parent, &parent_columns),
        fate,
        comment,
    }
}

/// The columns in the order of the parent's key, so that the right side need not name them.
fn in_key_order(schema: &Schema, key: &ForeignKey) -> (Vec<ColumnName>, Vec<ColumnName>) {
    let own = schema.table(&key.parent).map(|parent| parent.primary_key.as_slice());
    let place = |column: &ColumnName| own.and_then(|own| own.iter().position(|c| c == column));
    let mut pairs: Vec<_> = key.columns.iter().cloned().zip(key.parent_columns.clone()).collect();
    pairs.sort_by_key(|(_, theirs)| place(theirs).unwrap_or(usize::MAX));
    pairs.into_iter().unzip()
}

/// The lines of suggestions.
pub(super) fn of_suggestions(
    schema: &Schema,
    suggestions: &[Suggestion],
    undecided: Undecided,
) -> Vec<Line> {
    let line = |suggestion: &Suggestion| {
        let candidate = &suggestion.candidate;
        Line {
            parent: candidate.parent.clone(),
            group: Group::Suggested,
            fate: undecided.fate(),
            comment: Some(reason(suggestion)),
            columns: candidate.columns.clone(),
            child: candidate.child.clone(),
            right: spelling::right(schema, &candidate.parent, &candidate.parent_key),
        }
    };
    let mut lines: Vec<Line> = suggestions.iter().map(line).collect();
    lines.sort_by(|a, b| (&a.parent, &a.child, &a.columns).cmp(&(&b.parent, &b.child, &b.columns)));
    lines
}

fn reason(suggestion: &Suggestion) -> String {
    match suggestion.seen {
        None => "by name alone".to_owned(),
        Some(seen) if seen.values == 1 => "its one value is there".to_owned(),
        Some(seen) if seen.found == seen.values => format!("all {} values are there", seen.values),
        Some(seen) => format!("{} of {} values are there", seen.found, seen.values),
    }
}
