//! Things: one for each table whose rows somebody may want to delete.

use std::collections::BTreeSet;

use super::fates::has_identity;
use super::tenant::Tenants;
use crate::check::spelling;
use crate::names::{ColumnName, TableName};
use crate::schema::{Schema, Table, TypeKind};

/// Columns that name a row for people, the plainest first.
const LABELS: [&str; 5] = ["name", "title", "label", "display_name", "slug"];

/// One thing of the draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Thing {
    /// Its name in the policy.
    pub name: String,
    /// Its keys and their values, as they stand in the file.
    pub keys: Vec<(&'static str, String)>,
}

/// Things, those that others refer to before the others, and the tables that are none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Things {
    /// Things that something refers to, parents before children.
    pub referred: Vec<Thing>,
    /// Things that nothing refers to.
    pub leaves: Vec<Thing>,
    /// Tables that only link others.
    pub links: Vec<String>,
    /// Tables whose rows cannot be told apart.
    pub keyless: Vec<String>,
}

/// The things of a schema; `parents` are the tables that something refers to, children first.
pub(super) fn things(schema: &Schema, parents: &[&TableName]) -> Things {
    let mut things = Things::default();
    let mut names = Names::default();
    let tenants = Tenants::of(schema);
    let referred: BTreeSet<&TableName> = parents.iter().copied().collect();
    let leaves = schema.tables.keys().filter(|name| !referred.contains(name));
    for name in parents.iter().rev().copied().chain(leaves) {
        let Some(table) = schema.table(name) else { continue };
        if !has_identity(table) {
            things.keyless.push(name.to_string());
        } else if !referred.contains(name) && only_links(table) {
            things.links.push(name.to_string());
        } else {
            let thing = Thing { name: names.free(name), keys: keys(table, tenants.as_ref()) };
            let list =
                if referred.contains(name) { &mut things.referred } else { &mut things.leaves };
            list.push(thing);
        }
    }
    things
}

/// Whether all that tells its rows apart is what they refer to.
fn only_links(table: &Table) -> bool {
    let refers =
        |column: &ColumnName| table.foreign_keys.iter().any(|k| k.columns.contains(column));
    table.primary_key.len() > 1 && table.primary_key.iter().all(refers)
}

fn keys(table: &Table, tenants: Option<&Tenants<'_>>) -> Vec<(&'static str, String)> {
    let row = spelling::side(&table.name, &identity(table));
    let mut keys = vec![("row", spelling::string(&row))];
    let label = LABELS.iter().find_map(|name| {
        let column = table.column(&ColumnName::new(*name))?;
        let says_more = column.kind == TypeKind::Text && !table.primary_key.contains(&column.name);
        says_more.then_some(*name)
    });
    keys.extend(label.map(|label| ("label", spelling::string(label))));
    if let Some(tenants) = tenants {
        let tenant = tenants.path(table).map(|path| ("tenant", spelling::string(&path)));
        keys.extend(tenant);
        if tenants.is_own(table) {
            keys.push(("confirm", "\"type-id\"".to_owned()));
        }
    }
    keys
}

/// The columns by which a row is known: the primary key, else the first unique index.
fn identity(table: &Table) -> Vec<ColumnName> {
    if !table.primary_key.is_empty() {
        return table.primary_key.clone();
    }
    let is_fixed = |name: &ColumnName| table.column(name).is_some_and(|column| !column.nullable);
    let unique = table.indexes.iter().filter(|i| i.unique && i.usable && i.predicate.is_none());
    let mut columns = unique.filter_map(|index| index.columns.iter().cloned().collect());
    columns.find(|columns: &Vec<ColumnName>| columns.iter().all(is_fixed)).unwrap_or_default()
}

/// Names of things, none given twice.
#[derive(Debug, Default)]
struct Names {
    given: BTreeSet<String>,
}

impl Names {
    /// The table's name as the language allows it; with the schema, or a number, where another
    /// thing has it already.
    fn free(&mut self, table: &TableName) -> String {
        let schema = table.schema.as_deref().unwrap_or_default();
        let plain = allowed(&table.name);
        let long = allowed(&format!("{schema}-{}", table.name));
        let numbered = (2..).map(|number| format!("{plain}-{number}"));
        let mut names = [plain.clone(), long].into_iter().chain(numbered);
        let free = names.find(|name| !self.given.contains(name));
        let free = free.expect("there is always a number that is free");
        self.given.insert(free.clone());
        free
    }
}

/// Small letters, digits, `_` and `-`, a letter first.
fn allowed(name: &str) -> String {
    let mut allowed = String::new();
    for letter in name.to_lowercase().chars() {
        let fits = letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        if fits {
            allowed.push(letter);
        } else if !allowed.ends_with('-') && !allowed.is_empty() {
            allowed.push('-');
        }
    }
    let trimmed = allowed.trim_end_matches('-');
    match trimmed.chars().next() {
        Some(first) if first.is_ascii_lowercase() => trimmed.to_owned(),
        Some(_) => format!("t{trimmed}"),
        None => "thing".to_owned(),
    }
}
