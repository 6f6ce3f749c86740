//! What a role must be allowed for the deletions of a policy: the least, read off the plans.
//!
//! Rows that are looked at need SELECT, rows that go DELETE, columns that are written UPDATE. To
//! lock a row PostgreSQL demands UPDATE of any one of its columns. Which tables a fragment of the
//! policy reads is told by its words.
//! Not here: what triggers and functions of the application need, who holds a right (the database).

use std::collections::{BTreeMap, BTreeSet};

use crate::check::spelling::sql_name;
use crate::finding::Finding;
use crate::names::{ColumnName, TableName};
use crate::plan::{Plan, identity};
use crate::schema::Schema;
use crate::sql::{SetId, Statement};

/// Something that a role must be allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// Of what.
    pub on: On,
    /// Its schema, where it is in one.
    pub schema: String,
    /// To do what.
    pub may: May,
    /// What for.
    pub why: String,
}

/// What a right is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum On {
    /// The database.
    Database(String),
    /// The schema itself.
    Schema,
    /// A table or view of it.
    Table(String),
}

/// What a right allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum May {
    /// To make schemas.
    Create,
    /// To find what is in a schema.
    Use,
    /// To read rows.
    Select,
    /// To add rows.
    Insert,
    /// To change any column.
    Update,
    /// To change these columns.
    UpdateOf(Vec<ColumnName>),
    /// To lock rows, which takes UPDATE of one column, such as this.
    Lock(ColumnName),
    /// To remove rows.
    Delete,
}

/// What a role is allowed, as the database tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The role.
    pub role: String,
    /// What it needs, and whether it may.
    pub rights: Vec<Held>,
    /// Tables whose rows are hidden from it by row-level security.
    pub hidden: Vec<TableName>,
    /// Whether its sessions fire no triggers, those of foreign keys among them.
    pub is_replica: bool,
}

/// A right, and who holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The right.
    pub right: Right,
    /// Whether the role holds it.
    pub by_role: bool,
    /// Whether every role holds it.
    pub by_all: bool,
}

/// What a table is needed for.
#[derive(Debug, Default)]
struct Use {
    read: bool,
    removed: bool,
    locked: bool,
    written: BTreeSet<ColumnName>,
}

/// The least that a role needs of the system's own tables for these plans.
pub fn needed(plans: &[Plan], schema: &Schema) -> Vec<Right> {
    let mut uses: BTreeMap<TableName, Use> = BTreeMap::new();
    for plan in plans {
        for statement in plan.statements() {
            for table in tables_read(statement, schema) {
                uses.entry(table).or_default().read = true;
            }
            if !statement.lock.is_empty() {
                uses.entry(statement.table.clone()).or_default().locked = true;
            }
        }
        for lock in plan.steps.judge.iter().filter_map(|judge| judge.lock.as_ref()) {
            uses.entry(lock.table.clone()).or_default().locked = true;
        }
        // Whether a row names an object is asked when it is removed, by whoever removes it.
        for naming in plan.steps.name.iter().flat_map(|named| &named.unless_named_by) {
            let table = TableName { schema: naming.schema.clone(), name: naming.table.clone() };
            uses.entry(table).or_default().read = true;
        }
        for part in plan.steps.remove.iter().flat_map(|removal| &removal.parts) {
            uses.entry(part.table.clone()).or_default().removed = true;
        }
        let changed = plan.steps.change.iter().map(|change| change.set);
        for set in changed.chain(plan.steps.derive.iter().map(|derivation| derivation.set)) {
            write(&mut uses, plan, set);
        }
        for work in &plan.steps.work {
            let stopped = work.stop.iter().flat_map(|_| &work.stopped);
            let asked = work.ask.iter().flat_map(|_| &work.asked);
            let written = &mut uses.entry(work.table.clone()).or_default().written;
            written.extend(stopped.chain(asked).map(|(column, _)| ColumnName::new(column)));
        }
        for release in plan.steps.derive.iter().flat_map(|derivation| &derivation.release) {
            let written = &mut uses.entry(release.table.clone()).or_default().written;
            written.extend(columns_set(release));
        }
    }
    let mut schemas = BTreeSet::new();
    let mut rights = Vec::new();
    for (table, of) in &uses {
        let own = table.schema.clone().unwrap_or_else(|| schema.default_schema.clone());
        if schemas.insert(own.clone()) {
            let why = "its tables are named".to_owned();
            rights.push(Right { on: On::Schema, schema: own.clone(), may: May::Use, why });
        }
        rights.extend(rights_of(table, &own, of, schema));
    }
    rights
}

/// The columns that a set keeps behind the identity of its rows are those that are written.
fn write(uses: &mut BTreeMap<TableName, Use>, plan: &Plan, set: SetId) {
    if let Some(set) = plan.sets.iter().find(|known| known.id == set) {
        let written = set.columns.iter().skip(set.identity).map(|column| column.name.clone());
        uses.entry(set.table.clone()).or_default().written.extend(written);
    }
}

fn rights_of(table: &TableName, own: &str, of: &Use, schema: &Schema) -> Vec<Right> {
    let right = |may, why: &str| Right {
        on: On::Table(table.name.clone()),
        schema: own.to_owned(),
        may,
        why: why.to_owned(),
    };
    let mut rights = Vec::new();
    if of.read {
        rights.push(right(May::Select, "its rows are looked at"));
    }
    if !of.written.is_empty() {
        let columns = of.written.iter().cloned().collect();
        rights.push(right(May::UpdateOf(columns), "rows that stay are changed"));
    } else if of.locked {
        let key = schema.table(table).and_then(identity).unwrap_or_default();
        let column = key.first().map(|column| column.name.clone());
        let why = "its rows are locked, for which any column will do";
        rights.extend(column.map(|column| right(May::Lock(column), why)));
    }
    if of.removed {
        rights.push(right(May::Delete, "rows of it go"));
    }
    rights
}

/// A word of SQL, and whether it stood in quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    text: String,
    quoted: bool,
}

/// Tables and views that a statement reads: names behind the words that such names follow.
fn tables_read(statement: &Statement, schema: &Schema) -> BTreeSet<TableName> {
    const BEFORE: [&str; 5] = ["from", "join", "update", "only", "using"];
    let words = words(&statement.sql);
    let mut tables = BTreeSet::new();
    for (at, word) in words.iter().enumerate().skip(1) {
        let before = &words[at - 1];
        let leads = !before.quoted && BEFORE.contains(&before.text.as_str());
        // The policy's own lists: `from a, b`. Lists of Sexton's own are of quoted columns.
        let listed = before.text == "," && !before.quoted && !word.quoted;
        if !leads && !listed {
            continue;
        }
        let dotted = words.get(at + 1).is_some_and(|next| next.text == "." && !next.quoted);
        let name = match words.get(at + 2).filter(|_| dotted) {
            Some(name) => TableName {
                schema: (word.text != schema.default_schema).then(|| word.text.clone()),
                name: name.text.clone(),
            },
            None => TableName::local(word.text.clone()),
        };
        if schema.tables.contains_key(&name) || schema.others.contains_key(&name) {
            tables.insert(name);
        }
    }
    tables
}

/// The columns between SET and WHERE of a statement that sets each to NULL.
fn columns_set(statement: &Statement) -> Vec<ColumnName> {
    let words = words(&statement.sql);
    let is = |word: &Word, text: &str| !word.quoted && word.text == text;
    let from = words.iter().position(|word| is(word, "set")).unwrap_or(words.len());
    let set = words.iter().skip(from).take_while(|word| !is(word, "where"));
    set.filter(|word| word.quoted).map(|word| ColumnName::new(word.text.clone())).collect()
}

/// Names, keywords in small letters, and signs; text in single quotes is left out.
fn words(sql: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut signs = sql.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '"' | '\'' => {
                let mut text = String::new();
                while let Some(next) = signs.next() {
                    if next == sign && signs.next_if_eq(&sign).is_none() {
                        break;
                    }
                    text.push(next);
                }
                if sign == '"' {
                    words.push(Word { text, quoted: true });
                }
            }
            sign if sign.is_alphanumeric() || sign == '_' => {
                let mut text = sign.to_lowercase().collect::<String>();
                let of_name = |next: &char| next.is_alphanumeric() || *next == '_' || *next == '$';
                while let Some(next) = signs.next_if(of_name) {
                    text.extend(next.to_lowercase());
                }
                words.push(Word { text, quoted: false });
            }
            sign if sign.is_whitespace() => {}
            sign => words.push(Word { text: sign.to_string(), quoted: false }),
        }
    }
    words
}

impl Right {
    /// The words of a GRANT between GRANT and TO: `SELECT ON public.runs`.
    fn granted(&self) -> String {
        let of = |columns: &[ColumnName]| {
            let names: Vec<String> = columns.iter().map(|c| sql_name(c.as_str())).collect();
            format!("UPDATE ({})", names.join(", "))
        };
        let may = match &self.may {
            May::Create => "CREATE".to_owned(),
            May::Use => "USAGE".to_owned(),
            May::Select => "SELECT".to_owned(),
            May::Insert => "INSERT".to_owned(),
            May::Update => "UPDATE".to_owned(),
            May::UpdateOf(columns) => of(columns),
            May::Lock(column) => of(std::slice::from_ref(column)),
            May::Delete => "DELETE".to_owned(),
        };
        let on = match &self.on {
            On::Database(name) => format!("DATABASE {}", sql_name(name)),
            On::Schema => format!("SCHEMA {}", sql_name(&self.schema)),
            On::Table(name) => format!("{}.{}", sql_name(&self.schema), sql_name(name)),
        };
        format!("{may} ON {on}")
    }
}

impl Standing {
    /// A GRANT for everything that the role needs and not every role may, one in a line, each with
    /// what it is for.
    pub fn grants(&self) -> Vec<String> {
        let role = sql_name(&self.role);
        let needed = self.rights.iter().filter(|held| !held.by_all);
        let line = |held: &Held| {
            let Right { why, .. } = &held.right;
            format!("GRANT {} TO {role};  -- {why}", held.right.granted())
        };
        needed.map(line).collect()
    }

    /// What the role lacks.
    pub fn findings(&self) -> Vec<Finding> {
        let role = sql_name(&self.role);
        let lacking = self.rights.iter().filter(|held| !held.by_role);
        let mut findings: Vec<Finding> = lacking
            .map(|held| {
                let granted = held.right.granted();
                let message =
                    format!("the role `{}` lacks {granted}: {}", self.role, held.right.why);
                Finding::warning("C310", None, message).help(format!("GRANT {granted} TO {role};"))
            })
            .collect();
        findings.extend(self.hidden.iter().map(|table| {
            let message = format!(
                "row-level security hides rows of `{table}` from the role `{}`: every statement \
                 on it is refused",
                self.role
            );
            Finding::warning("C311", None, message).help(format!(
                "delete with the table's owner, if it is not forced on owners too, or ALTER ROLE \
                 {role} BYPASSRLS;"
            ))
        }));
        if self.is_replica {
            let message = format!(
                "sessions of the role `{}` have session_replication_role = replica: no foreign key \
                 is enforced in them, and no trigger fires",
                self.role
            );
            let help = format!("ALTER ROLE {role} RESET session_replication_role;");
            findings.push(Finding::warning("C312", None, message).help(help));
        }
        findings
    }
}

#[cfg(test)]
mod tests;
