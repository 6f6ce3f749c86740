//! References that the database does not know, guessed from the names of columns.
//!
//! A column speaks for a table by the words before its `id` (`latest_run_id` → `runs`), by being
//! called like it (`tag` → `tags`), or by the part that a person plays (`created_by`). How plainly
//! it speaks is a score; `values` may then confirm or refute it. Every way of guessing is cheap:
//! tables are looked up by their last word, so a thousand of them take a moment.

use std::collections::{BTreeMap, BTreeSet};

use super::words::words;
use super::{Candidate, Polymorphic};
use crate::check::is_comparable;
use crate::names::{ColumnName, TableName};
use crate::schema::{Column, Schema, Table, TypeKind};

/// Last words of a column that names a row, whatever the key of the row is called.
const GENERIC: [&str; 6] = ["id", "uuid", "guid", "key", "ref", "fk"];

/// Names of keys that say nothing about their table.
const VAGUE: [&str; 14] = [
    "id", "uuid", "guid", "key", "name", "code", "slug", "number", "no", "type", "kind", "date",
    "version", "email",
];

/// Parts that a row of the same table plays.
const KIN: [&str; 8] =
    ["parent", "previous", "prev", "next", "root", "original", "predecessor", "successor"];

/// Parts that people play.
const PARTS: [&str; 9] =
    ["owner", "author", "creator", "assignee", "reviewer", "editor", "sender", "recipient", "user"];

/// What tables of people are called.
const PEOPLE: [&str; 5] = ["user", "account", "member", "person", "employee"];

/// So plainly may a name speak; the sum of a candidate decides.
pub(super) const EXACT: u8 = 4;
pub(super) const GOOD: u8 = 3;
const FAIR: u8 = 2;
const WEAK: u8 = 1;

/// A table that columns may refer to by one column.
struct Parent<'a> {
    table: &'a Table,
    words: Vec<String>,
    key: &'a Column,
    key_words: Vec<String>,
    is_primary: bool,
}

/// All candidates, in the order of the schema: several for a column whose name fits several
/// tables.
pub(super) fn candidates(schema: &Schema) -> Vec<Candidate> {
    let mut parents: Vec<Parent<'_>> = schema.tables.values().flat_map(parents_of).collect();
    forget_shared_prefix(&mut parents);
    let mut by_word: BTreeMap<&str, Vec<&Parent<'_>>> = BTreeMap::new();
    for parent in &parents {
        for word in &parent.words {
            by_word.entry(word).or_default().push(parent);
        }
    }
    let mut by_table: BTreeMap<&TableName, Vec<&Parent<'_>>> = BTreeMap::new();
    for parent in &parents {
        by_table.entry(&parent.table.name).or_default().push(parent);
    }
    let by_key = by_key_name(schema);
    let mut found = Vec::new();
    for table in schema.tables.values() {
        for column in table.columns.iter().filter(|column| is_open(table, column)) {
            let child = Child { table, column, words: words(column.name.as_str()) };
            let mut own = Vec::new();
            for parent in child.words.iter().filter_map(|word| by_word.get(word.as_str())) {
                own.extend(parent.iter().filter_map(|parent| by_table_name(&child, parent)));
            }
            let kin = by_table.get(&table.name).into_iter().flatten();
            own.extend(kin.filter_map(|parent| among_kin(&child, parent)));
            own.extend(by_part(&child, &by_word));
            own.extend(
                by_key.get(column.name.as_str()).and_then(|key| by_specific_key(&child, key)),
            );
            keep_best(&mut own);
            own.retain(|guess| is_comparable(column, guess.key, schema.dialect));
            found.extend(own.into_iter().map(|guess| guess.candidate(&child)));
        }
    }
    found.extend(composite(schema));
    found
}

/// Columns that name rows of several tables, another column telling of which.
pub(super) fn polymorphic(schema: &Schema) -> Vec<Polymorphic> {
    let mut found = Vec::new();
    for table in schema.tables.values() {
        let open = table.columns.iter().filter(|column| is_of_key_kind(column));
        for column in open.filter(|column| !has_foreign_key(table, &column.name)) {
            if let Some(kind) = kind_column(table, column) {
                found.push(Polymorphic {
                    table: table.name.clone(),
                    column: column.name.clone(),
                    kind: kind.clone(),
                });
            }
        }
    }
    found
}

/// A column that may hold a reference.
struct Child<'a> {
    table: &'a Table,
    column: &'a Column,
    words: Vec<String>,
}

/// A table that a column may refer to.
struct Guess<'a> {
    table: &'a Table,
    key: &'a Column,
    score: u8,
}

impl Guess<'_> {
    fn candidate(self, child: &Child<'_>) -> Candidate {
        Candidate {
            child: child.table.name.clone(),
            columns: vec![child.column.name.clone()],
            parent: self.table.name.clone(),
            parent_key: vec![self.key.name.clone()],
            score: self.score,
        }
    }
}

/// The primary key, and every other column that alone names a row.
fn parents_of(table: &Table) -> impl Iterator<Item = Parent<'_>> {
    let is_primary = |column: &Column| table.primary_key == [column.name.clone()];
    let named = words(&table.name.name);
    let keys = table.columns.iter().filter(move |column| {
        is_primary(column) || table.is_unique(std::slice::from_ref(&column.name))
    });
    keys.map(move |key| Parent {
        table,
        words: named.clone(),
        key,
        key_words: words(key.name.as_str()),
        is_primary: is_primary(key),
    })
}

/// A word before the names of all tables, such as the application's, says nothing.
fn forget_shared_prefix(parents: &mut [Parent<'_>]) {
    let first = parents.first().and_then(|parent| parent.words.first()).cloned();
    let has =
        |parent: &Parent<'_>| parent.words.len() > 1 && parent.words.first() == first.as_ref();
    if parents.len() > 1 && parents.iter().all(has) {
        for parent in parents {
            parent.words.remove(0);
        }
    }
}

/// Whether the column may hold a reference that nothing has told of yet.
fn is_open(table: &Table, column: &Column) -> bool {
    is_of_key_kind(column)
        && !has_foreign_key(table, &column.name)
        && kind_column(table, column).is_none()
}

fn is_of_key_kind(column: &Column) -> bool {
    let holds_keys = [TypeKind::Integer, TypeKind::Text, TypeKind::Uuid, TypeKind::Bytes];
    (holds_keys.contains(&column.kind) || column.kind == TypeKind::Other) && !column.generated
}

fn has_foreign_key(table: &Table, column: &ColumnName) -> bool {
    table.foreign_keys.iter().any(|key| key.columns == [column.clone()])
}

/// The column that tells whose id this one holds: `owner_type` beside `owner_id`.
fn kind_column<'a>(table: &'a Table, column: &Column) -> Option<&'a ColumnName> {
    let stem = column.name.as_str().strip_suffix("_id")?;
    let names = [format!("{stem}_type"), format!("{stem}_kind")];
    let found = table.columns.iter().find(|other| names.iter().any(|n| n == other.name.as_str()));
    found.filter(|other| other.kind == TypeKind::Text).map(|other| &other.name)
}

/// Only the plainest of what a name says is asked any further.
fn keep_best(guesses: &mut Vec<Guess<'_>>) {
    let mut seen = BTreeSet::new();
    guesses.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.table.name.cmp(&b.table.name)));
    guesses.retain(|guess| seen.insert((&guess.table.name, &guess.key.name)));
    guesses.truncate(4);
}

/// By the words before `id`, or by being called like the table.
fn by_table_name<'a>(child: &Child<'_>, parent: &Parent<'a>) -> Option<Guess<'a>> {
    let own_key = child.table.name == parent.table.name && child.column.name == parent.key.name;
    if own_key {
        return None;
    }
    let by_stem = stems(child, parent).filter_map(|stem| likeness(stem, child, parent)).max();
    // A column without `id` behind its name more often holds a plain word than a key.
    let by_all = || likeness(&child.words, child, parent).and_then(|by| bare(by, child, parent));
    let score = by_stem.or_else(|| by_all().filter(|_| parent.is_primary))?;
    Some(Guess { table: parent.table, key: parent.key, score })
}

/// What stands before the words that only say "key": before `id`, or before the key's own name,
/// which may hold the table's name too (`latest_run_id` by the key `run_id`).
fn stems<'w>(child: &'w Child<'_>, parent: &Parent<'_>) -> impl Iterator<Item = &'w [String]> {
    let (words, key) = (child.words.as_slice(), parent.key_words.as_slice());
    let behind_key = words.ends_with(key).then(|| &words[..words.len() - key.len()]);
    let is_generic = words.last().is_some_and(|last| GENERIC.contains(&last.as_str()));
    let generic = is_generic && (parent.is_primary || behind_key.is_some());
    let behind_id = generic.then(|| &words[..words.len() - 1]);
    behind_key.into_iter().chain(behind_id).filter(|stem| !stem.is_empty())
}

/// How plainly the words name the table.
fn likeness(stem: &[String], child: &Child<'_>, parent: &Parent<'_>) -> Option<u8> {
    let table = parent.words.as_slice();
    if stem.is_empty() || table.is_empty() {
        None
    } else if stem == table {
        Some(EXACT)
    } else if stem.ends_with(table) {
        Some(GOOD)
    } else if table.ends_with(stem) {
        // `snapshot_id` in `analysis_views` rather means `analysis_snapshots` than another.
        let family = &table[..table.len() - stem.len()];
        let of_family = words(&child.table.name.name).first() == family.first();
        Some(if of_family { GOOD } else { FAIR })
    } else if parent.table.column(&child.column.name).is_some() {
        // Who has the column too refers by it as well.
        None
    } else {
        let within = table.windows(stem.len()).any(|words| words == stem);
        (within || stem.last() == table.last()).then_some(WEAK)
    }
}

/// Only text and numbers that are looked up, and only the table's whole name.
fn bare(score: u8, child: &Child<'_>, parent: &Parent<'_>) -> Option<u8> {
    let indexed = child.table.index_led_by(std::slice::from_ref(&child.column.name)).is_some();
    let other = child.table.name != parent.table.name;
    match score {
        EXACT if indexed && other => Some(FAIR),
        EXACT | GOOD if other => Some(WEAK),
        _ => None,
    }
}

/// `parent_id`, `previous_session_id`: a row of the same table.
fn among_kin<'a>(child: &Child<'_>, parent: &Parent<'a>) -> Option<Guess<'a>> {
    let is_kin = |word: &String| KIN.contains(&word.as_str());
    let bare = parent.is_primary.then_some(child.words.as_slice());
    let fits = |stem: &[String]| {
        let last = stem.last();
        stem.iter().any(is_kin) && (last.is_some_and(is_kin) || last == parent.words.last())
    };
    let speaks = stems(child, parent).chain(bare).any(fits);
    (speaks && child.column.name != parent.key.name).then_some(Guess {
        table: parent.table,
        key: parent.key,
        score: GOOD,
    })
}

/// `created_by`, `owner_id`: a person.
fn by_part<'a>(child: &Child<'_>, tables: &BTreeMap<&str, Vec<&Parent<'a>>>) -> Option<Guess<'a>> {
    let last = child.words.last()?;
    let before_id = child.words.len().checked_sub(2).and_then(|at| child.words.get(at));
    let plays = last == "by" && child.words.len() > 1
        || PARTS.contains(&last.as_str())
        || GENERIC.contains(&last.as_str())
            && before_id.is_some_and(|word| PARTS.contains(&word.as_str()) || word == "by");
    let people = || PEOPLE.iter().find_map(|word| tables.get(word)?.iter().find(|p| p.is_primary));
    let parent = plays.then(people).flatten()?;
    Some(Guess { table: parent.table, key: parent.key, score: FAIR })
}

/// Keys of one column by their name, where it is theirs alone and says something.
fn by_key_name(schema: &Schema) -> BTreeMap<&str, (&Table, &Column)> {
    let mut found: BTreeMap<&str, Vec<(&Table, &Column)>> = BTreeMap::new();
    for table in schema.tables.values() {
        let keys = table.columns.iter().filter(|column| is_key(table, column));
        for key in keys.filter(|key| !VAGUE.contains(&key.name.as_str())) {
            found.entry(key.name.as_str()).or_default().push((table, key));
        }
    }
    found.into_iter().filter_map(|(name, owners)| owner(owners).map(|key| (name, key))).collect()
}

/// Whether the column alone names a row, and never none.
fn is_key(table: &Table, column: &Column) -> bool {
    let name = std::slice::from_ref(&column.name);
    let is_fixed = !column.nullable || table.primary_key == name;
    is_fixed && table.is_unique(name) && !has_foreign_key(table, &column.name)
}

/// The one table whose key it is, or the one that is called like it.
fn owner<'a>(owners: Vec<(&'a Table, &'a Column)>) -> Option<(&'a Table, &'a Column)> {
    if let [only] = owners.as_slice() {
        return Some(*only);
    }
    let called = |(table, key): &(&Table, &Column)| {
        let key = words(key.name.as_str());
        let is_generic = key.len() > 1 && GENERIC.contains(&key[key.len() - 1].as_str());
        words(&table.name.name).ends_with(&key[..key.len() - usize::from(is_generic)])
    };
    let mut named = owners.into_iter().filter(called);
    named.next().filter(|_| named.next().is_none())
}

fn by_specific_key<'a>(child: &Child<'_>, key: &(&'a Table, &'a Column)) -> Option<Guess<'a>> {
    let (table, key) = *key;
    (child.table.name != table.name).then_some(Guess { table, key, score: FAIR })
}

/// The columns of a composite key by the same names in another table; only values can tell.
fn composite(schema: &Schema) -> Vec<Candidate> {
    let mut by_column: BTreeMap<&ColumnName, Vec<&Table>> = BTreeMap::new();
    for table in schema.tables.values() {
        for column in &table.columns {
            by_column.entry(&column.name).or_default().push(table);
        }
    }
    let mut found = Vec::new();
    for parent in schema.tables.values().filter(|table| has_key_of_its_own(table)) {
        let sharing = by_column.get(&parent.primary_key[0]).into_iter().flatten();
        let theirs = |child: &&&Table| {
            child.name != parent.name && !same_columns(&child.primary_key, &parent.primary_key)
        };
        for child in sharing.filter(theirs) {
            let comparable = |name: &ColumnName| {
                child.column(name).zip(parent.column(name)).is_some_and(|(left, right)| {
                    left.kind != TypeKind::Time && is_comparable(left, right, schema.dialect)
                })
            };
            let known = child
                .foreign_keys
                .iter()
                .any(|key| parent.primary_key.iter().all(|column| key.columns.contains(column)));
            if !known && parent.primary_key.iter().all(comparable) {
                found.push(Candidate {
                    child: child.name.clone(),
                    columns: parent.primary_key.clone(),
                    parent: parent.name.clone(),
                    parent_key: parent.primary_key.clone(),
                    score: if says_parent(parent) { FAIR } else { WEAK },
                });
            }
        }
    }
    found
}

/// Two tables with one key are halves of one thing, or versions of it: neither refers.
fn same_columns(one: &[ColumnName], other: &[ColumnName]) -> bool {
    one.len() == other.len() && one.iter().all(|column| other.contains(column))
}

/// Whether a key of several columns holds more than references: else any table that refers to
/// the same rows has the same columns.
fn has_key_of_its_own(table: &Table) -> bool {
    let refers = |column: &ColumnName| {
        let is_named_like_one =
            words(column.as_str()).last().is_some_and(|last| GENERIC.contains(&last.as_str()));
        is_named_like_one || has_foreign_key(table, column)
    };
    table.primary_key.len() > 1 && !table.primary_key.iter().all(refers)
}

/// Whether a column of the key has the table's name in its own.
fn says_parent(parent: &Table) -> bool {
    let last = words(&parent.name.name).pop();
    let mut key = parent.primary_key.iter();
    key.any(|column| last.as_ref().is_some_and(|last| words(column.as_str()).contains(last)))
}
