//! The fence: triggers by which no writer attaches rows to what a deletion took, as text.
//!
//! A deletion remembers the keys that are gone under the name of their table and columns, its
//! *memory*. A trigger of the referring table locks the rows that are referred to; for those that
//! are not there it asks the memory, under a lock that a deletion of the same key takes too.
//!
//! `sides` says what a policy fences, `postgres` and `sqlite` write it. A trigger's name carries
//! the system and a hash of the text, so that one which is no longer what the policy says is told
//! by its name, and those of another system are left alone.
//! Not here: the memory itself, which is a table of the database crates.

mod postgres;
mod sides;
mod sqlite;

#[cfg(test)]
mod tests;

use sha2::{Digest, Sha256};

use crate::graph::Graph;
use crate::names::{SystemName, TableName};
use crate::policy::{FenceBy, Policy};
use crate::schema::{Dialect, InstalledFence, Schema};
use crate::sql::Scalar;

pub(crate) use sides::{
    Fenced, Held, Line, fenced, hidden_memories, hidden_memory, is_asked, memories, memory,
    value_memory,
};

/// How the name of every trigger of a fence begins.
pub const PREFIX: &str = "sexton_fence_";

/// One trigger of a fence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FenceTrigger {
    /// Its name.
    pub name: String,
    /// The table whose writers it watches.
    pub table: TableName,
    /// What it watches, for people: `INSERT: entries.run_id`.
    pub watches: String,
    /// Statements that make it, in order.
    pub create: Vec<String>,
    /// What the database shows of it.
    pub body: String,
}

/// What a trigger of a fence is in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// As the policy says.
    Installed,
    /// Not there.
    Missing,
    /// Changed by hand, or switched off.
    Stale,
    /// Of an earlier policy; nothing says it any more.
    Leftover,
}

/// A trigger and what it is in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: TableName,
    /// What it watches; unknown of a leftover.
    pub watches: Option<String>,
    /// What it is.
    pub standing: Standing,
}

/// Whether the policy has a fence made of triggers.
pub fn is_by_triggers(policy: &Policy) -> bool {
    policy.fence.as_ref().is_some_and(|fence| fence.by == FenceBy::Triggers)
}

/// The triggers that a policy asks for, in the order of its tables.
pub fn triggers(policy: &Policy, schema: &Schema, graph: &Graph) -> Vec<FenceTrigger> {
    if !is_by_triggers(policy) {
        return Vec::new();
    }
    let (fenced, _) = fenced(policy, schema, graph);
    let drafts = fenced.iter().flat_map(|fenced| match schema.dialect {
        Dialect::Postgres => postgres::triggers(schema, fenced),
        Dialect::Sqlite => sqlite::triggers(schema, fenced),
    });
    drafts.map(|draft| draft.named(&policy.system, schema.dialect)).collect()
}

/// What the triggers of a policy are in the database: those that it asks for, then leftovers.
pub fn posts(policy: &Policy, schema: &Schema, graph: &Graph) -> Vec<Post> {
    let asked = triggers(policy, schema, graph);
    let mut posts: Vec<Post> = asked
        .iter()
        .map(|trigger| Post {
            name: trigger.name.clone(),
            table: trigger.table.clone(),
            watches: Some(trigger.watches.clone()),
            standing: standing(trigger, schema),
        })
        .collect();
    let own = prefix_of(&policy.system);
    for (table, found) in installed(schema).filter(|(_, found)| found.name.starts_with(&own)) {
        if !asked.iter().any(|trigger| trigger.name == found.name && trigger.table == *table) {
            let (name, table) = (found.name.clone(), table.clone());
            posts.push(Post { name, table, watches: None, standing: Standing::Leftover });
        }
    }
    posts
}

/// Statements that make the database's fence what the policy says: leftovers and what is stale
/// go, what is missing comes. None if it is that already.
pub fn install(policy: &Policy, schema: &Schema, graph: &Graph) -> Vec<String> {
    let posts = posts(policy, schema, graph);
    let mut statements = Vec::new();
    for post in &posts {
        if matches!(post.standing, Standing::Stale | Standing::Leftover) {
            statements.extend(drops(schema, post));
        }
    }
    let amiss = |name: &str| {
        let of_name = posts.iter().find(|post| post.name == name);
        of_name.is_some_and(|post| post.standing != Standing::Installed)
    };
    for trigger in triggers(policy, schema, graph) {
        if amiss(&trigger.name) {
            statements.extend(trigger.create);
        }
    }
    statements
}

/// Statements that remove every trigger of this policy's fence, and no other.
pub fn remove(policy: &Policy, schema: &Schema, graph: &Graph) -> Vec<String> {
    let posts = posts(policy, schema, graph);
    let there = posts.iter().filter(|post| post.standing != Standing::Missing);
    there.flat_map(|post| drops(schema, post)).collect()
}

fn drops(schema: &Schema, post: &Post) -> Vec<String> {
    match schema.dialect {
        Dialect::Postgres => postgres::drops(schema, post),
        Dialect::Sqlite => sqlite::drops(post),
    }
}

fn standing(trigger: &FenceTrigger, schema: &Schema) -> Standing {
    let table = schema.table(&trigger.table);
    let found = table.and_then(|t| t.fences.iter().find(|found| found.name == trigger.name));
    match found {
        None => Standing::Missing,
        Some(found) if found.enabled && found.body == trigger.body => Standing::Installed,
        Some(_) => Standing::Stale,
    }
}

fn installed(schema: &Schema) -> impl Iterator<Item = (&TableName, &InstalledFence)> {
    schema.tables.values().flat_map(|table| table.fences.iter().map(|found| (&table.name, found)))
}

/// A trigger without its name.
struct Draft {
    table: TableName,
    watches: String,
    /// Its text, from the name that it is given.
    write: Box<dyn Fn(&str) -> Written>,
}

/// What a trigger is made of.
struct Written {
    create: Vec<String>,
    body: String,
}

impl Draft {
    /// Names it by its system and by a hash of its text.
    fn named(self, system: &SystemName, dialect: Dialect) -> FenceTrigger {
        let mut hash = Sha256::new();
        hash.update(format!("{dialect:?}"));
        (self.write)("").create.iter().for_each(|statement| hash.update(statement));
        let name = [prefix_of(system), short(&hash.finalize(), 16)].concat();
        let Written { create, body } = (self.write)(&name);
        FenceTrigger { name, table: self.table, watches: self.watches, create, body }
    }
}

/// How the names of one system's triggers begin.
fn prefix_of(system: &SystemName) -> String {
    let hash = Sha256::digest(system.as_str().as_bytes());
    [PREFIX, &short(&hash, 8), "_"].concat()
}

fn short(hash: &[u8], digits: usize) -> String {
    let mut text = data_encoding::HEXLOWER.encode(hash);
    text.truncate(digits);
    text
}

/// The text by which a key is remembered: one value as it is, several joined by commas, with `\`
/// before a comma or `\` inside one.
pub fn key_text(values: &[Scalar]) -> String {
    match values {
        [one] => one.to_string(),
        many => {
            let escape =
                |value: &Scalar| value.to_string().replace('\\', "\\\\").replace(',', "\\,");
            many.iter().map(escape).collect::<Vec<_>>().join(",")
        }
    }
}
