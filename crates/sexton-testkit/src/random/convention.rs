//! Names as people give them: tables are called by what they hold, references by what they name.
//!
//! The shapes of `draw` have names that mean nothing. Here a case is named anew by one of the
//! conventions that schemas follow, with the exceptions that schemas have, so that a test can ask
//! how many references can be told from names and values alone.

use std::collections::BTreeSet;

use super::case::Case;
use super::dice::Dice;
use super::shape::{ForeignKey, Shape};

const NOUNS: [(&str, &str); 14] = [
    ("batch", "batches"),
    ("company", "companies"),
    ("address", "addresses"),
    ("person", "people"),
    ("run", "runs"),
    ("order_line", "order_lines"),
    ("invoice", "invoices"),
    ("status", "statuses"),
    ("build", "builds"),
    ("dataset", "datasets"),
    ("session", "sessions"),
    ("audit_entry", "audit_entries"),
    ("project", "projects"),
    ("device", "devices"),
];

/// Columns that are no references, though some look like it.
const PLAIN: [&str; 17] = [
    "name",
    "state",
    "total",
    "note",
    "external_id",
    "remote_key",
    "payload",
    "position",
    "checksum",
    "trace_id",
    "kind",
    "amount",
    "comment",
    "request_uuid",
    "build_uuid",
    "invoice_number",
    "session_count",
];

const ROLES: [&str; 5] = ["latest", "default", "source", "origin", "target"];

/// Columns that nobody can tell to be references.
const OBSCURE: [&str; 4] = ["r1", "slot", "handle", "aux_id"];

/// How a schema writes its names.
struct Style {
    prefix: &'static str,
    camel: bool,
    singular: bool,
    /// In how many of a hundred references the name says nothing.
    obscure: usize,
}

/// Names a case anew; returns which of its foreign keys have a name that says what it refers to.
pub fn name(case: &mut Case, dice: &mut Dice) -> Vec<bool> {
    let style = Style {
        prefix: if dice.percent(25) { "app_" } else { "" },
        camel: dice.percent(25),
        singular: dice.percent(25),
        obscure: 10,
    };
    let nouns = dice.shuffled(NOUNS.to_vec());
    let shape = &mut case.shape;
    for (at, table) in shape.tables.iter_mut().enumerate() {
        let (one, many) = nouns[at];
        table.name = [style.prefix, if style.singular { one } else { many }].concat();
    }
    let mut named: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); shape.tables.len()];
    for at in 0..shape.tables.len() {
        name_key(shape, at, nouns[at].0, &style, dice, &mut named[at]);
    }
    let keys = shape.foreign_keys.clone();
    let told: Vec<bool> = keys
        .iter()
        .map(|key| name_reference(shape, key, nouns[key.parent].0, &style, dice, &mut named))
        .collect();
    for (table, done) in shape.tables.iter_mut().zip(&named) {
        let mut plain = dice.shuffled(PLAIN.to_vec()).into_iter();
        for at in (0..table.columns.len()).filter(|at| !done.contains(at)) {
            let name =
                plain.next().map_or_else(|| format!("field_{at}"), |name| styled(name, &style));
            table.columns[at].name = name;
        }
    }
    case.policy.clear();
    let shape = &case.shape;
    keys.iter().zip(told).map(|(key, told)| told && has_names_of_key(shape, key)).collect()
}

/// A reference of several columns tells by having the names of the key; a single one by its own.
fn has_names_of_key(shape: &Shape, key: &ForeignKey) -> bool {
    let name = |table: usize, column: &usize| &shape.tables[table].columns[*column].name;
    let mut pairs = key.columns.iter().zip(&key.parent_columns);
    key.columns.len() == 1 || pairs.all(|(own, at)| name(key.child, own) == name(key.parent, at))
}

/// The key, unless it is made of references, which are named by what they refer to.
fn name_key(
    shape: &mut Shape,
    at: usize,
    noun: &str,
    style: &Style,
    dice: &mut Dice,
    named: &mut BTreeSet<usize>,
) {
    let referring: BTreeSet<usize> = shape
        .foreign_keys
        .iter()
        .filter(|key| key.child == at)
        .flat_map(|key| key.columns.clone())
        .collect();
    let table = &mut shape.tables[at];
    let own: Vec<usize> =
        table.key.iter().copied().filter(|column| !referring.contains(column)).collect();
    let long = dice.percent(25);
    for (place, column) in own.iter().enumerate() {
        let name = match (own.len(), place) {
            (1, _) if table.key.len() == 1 && !long => "id".to_owned(),
            (1, _) if table.key.len() == 1 => format!("{noun}_id"),
            (_, place) => format!("{noun}_part_{place}"),
        };
        table.columns[*column].name = styled(&name, style);
        named.insert(*column);
    }
    if let Some(unique) = table.unique.filter(|unique| !referring.contains(unique)) {
        "code".clone_into(&mut table.columns[unique].name);
        named.insert(unique);
    }
}

/// The columns of a reference; whether their names tell.
fn name_reference(
    shape: &mut Shape,
    key: &ForeignKey,
    noun: &str,
    style: &Style,
    dice: &mut Dice,
    named: &mut [BTreeSet<usize>],
) -> bool {
    let theirs: Vec<String> = key
        .parent_columns
        .iter()
        .map(|at| shape.tables[key.parent].columns[*at].name.clone())
        .collect();
    let is_single = key.columns.len() == 1;
    let obscure = dice.percent(style.obscure);
    let mut tells = !obscure;
    for (column, theirs) in key.columns.iter().zip(&theirs) {
        if named[key.child].contains(column) {
            // A column of two references has the name of the first.
            tells = false;
            continue;
        }
        let wanted = match (is_single, theirs.as_str()) {
            _ if obscure => (*dice.pick(&OBSCURE)).to_owned(),
            (true, theirs) if key.parent == key.child => {
                let part = dice.pick(&["parent", "previous", "root"]);
                format!("{part}_{}", if theirs == "code" { "code" } else { "id" })
            }
            (true, "code") => format!("{noun}_code"),
            (true, _) => format!("{noun}_id"),
            (false, theirs) => theirs.to_owned(),
        };
        let free = free(shape, key.child, &styled(&wanted, style), style, is_single && !obscure);
        shape.tables[key.child].columns[*column].name = free;
        named[key.child].insert(*column);
    }
    tells
}

/// The name, behind a role or a number where the table has it already.
fn free(shape: &Shape, table: usize, wanted: &str, style: &Style, with_role: bool) -> String {
    let taken = |name: &str| {
        let mut columns = shape.tables[table].columns.iter();
        columns.any(|column| column.name.eq_ignore_ascii_case(name))
    };
    let roles = ROLES.iter().filter(|_| with_role).map(|role| {
        if style.camel {
            let (first, rest) = wanted.split_at(1);
            [role, first.to_uppercase().as_str(), rest].concat()
        } else {
            format!("{role}_{wanted}")
        }
    });
    let numbered = (2..).map(|number| format!("{wanted}_{number}"));
    let mut names = std::iter::once(wanted.to_owned()).chain(roles).chain(numbered);
    names.find(|name| !taken(name)).expect("there is always a number that is free")
}

/// `run_id`, or `runId` where the schema writes so.
fn styled(name: &str, style: &Style) -> String {
    if !style.camel {
        return name.to_owned();
    }
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (first, rest) = word.split_at(word.len().min(1));
        [name.as_str(), &first.to_uppercase(), rest].concat()
    })
}
