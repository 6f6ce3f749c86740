//! What is known when a route answers: values by the words that answers say.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::policy::Outcome;
use crate::template::{ValuePath, says};

/// What is known when a route answers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// The thing that was asked for.
    pub thing: String,
    /// The id as it was given, without white space around it.
    pub id: String,
    /// All ids that were deleted, each of its own type.
    pub ids: Vec<Value>,
    /// Who asked.
    pub actor: String,
    /// What the path gave.
    pub path: BTreeMap<String, String>,
    /// What stood behind the `?`.
    pub query: BTreeMap<String, String>,
    /// What was sent.
    pub body: Value,
    /// What is said of how it ended, in a sentence.
    pub message: String,
    /// The deletion.
    pub deletion: Option<String>,
    /// Seconds after which to try again.
    pub retry_after_secs: Option<u64>,
    /// Who refuses.
    pub refusal: Option<Refusing>,
    /// Columns of the thing's own row.
    pub row: Map<String, Value>,
    /// Rows that go or went, by their tables.
    pub rows: Vec<(String, u64)>,
    /// Rows that stay and would change, by their tables.
    pub changed: Vec<(String, u64)>,
    /// Work by its tables: the word, and how much.
    pub work: Vec<(String, &'static str, u64)>,
    /// Rows of lists.
    pub lists: BTreeMap<String, Value>,
    /// Objects.
    pub objects: Objects,
    /// A part of a list.
    pub listed: Option<Listed>,
}

/// What refuses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusing {
    /// The guard, if one refuses first.
    pub guard: Option<String>,
    /// How many rows.
    pub count: u64,
    /// What they are called.
    pub names: Vec<String>,
    /// What is said of the rows that a guard keeps.
    pub subject: Vec<(String, String)>,
}

/// What came of objects so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Objects {
    /// Gone, confirmed.
    pub deleted: u64,
    /// Tried without success so far.
    pub failed: u64,
    /// Still to be removed.
    pub pending: u64,
    /// Bytes that are free again.
    pub bytes: u64,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Listed {
    /// The things, in their order.
    pub items: Vec<Value>,
    /// How many there are in all.
    pub total: u64,
    /// How many were asked for at most.
    pub limit: u64,
    /// How many were passed over.
    pub offset: u64,
}

impl Facts {
    /// What a placeholder stands for, null where it is not known. `code` and `message` are the
    /// answer's own.
    pub(super) fn value(&self, path: &ValuePath) -> Value {
        let names: Vec<&str> = path.names.iter().map(String::as_str).collect();
        match names[..] {
            [word] => self.plain(word),
            ["path", name] => text_or_null(self.path.get(name)),
            ["query", name] => text_or_null(self.query.get(name)),
            ["body", name] => self.body.get(name).cloned().unwrap_or_default(),
            ["row", column] => self.row.get(column).cloned().unwrap_or_default(),
            ["lists", name] => self.lists.get(name).cloned().unwrap_or_default(),
            ["objects", word] => self.objects_word(word),
            ["subject", word] => {
                let subject = self.refusal.iter().flat_map(|refusal| &refusal.subject);
                let said = subject.into_iter().find(|(known, _)| known == word);
                said.map_or(Value::Null, |(_, value)| value.as_str().into())
            }
            ["rows", ..] => {
                let table = names[1..].join(".");
                let of = self.rows.iter().filter(|(known, _)| is_table(known, &table));
                of.map(|(_, rows)| rows).sum::<u64>().into()
            }
            ["work", .., word] => {
                let table = names[1..names.len() - 1].join(".");
                let of = self.work.iter();
                let of = of.filter(|(known, what, _)| is_table(known, &table) && *what == word);
                of.map(|(.., rows)| rows).sum::<u64>().into()
            }
            _ => Value::Null,
        }
    }

    fn plain(&self, word: &str) -> Value {
        let listed = self.listed.as_ref();
        let refusal = self.refusal.as_ref();
        match word {
            "id" => self.id.as_str().into(),
            "ids" => Value::Array(self.ids.clone()),
            "thing" => self.thing.as_str().into(),
            "Thing" => capitalized(&self.thing).into(),
            "actor" => self.actor.as_str().into(),
            "count" => refusal.map_or(Value::Null, |refusal| refusal.count.into()),
            "names" => refusal.map_or(Value::Null, |refusal| refusal.names.join(", ").into()),
            "rows" => {
                let mut tables: Vec<(String, u64)> = Vec::new();
                for (table, rows) in self.rows.iter().chain(&self.changed) {
                    match tables.iter_mut().find(|(known, _)| known == table) {
                        Some((_, sum)) => *sum = sum.saturating_add(*rows),
                        None => tables.push((table.clone(), *rows)),
                    }
                }
                let told = tables.into_iter().map(|(table, rows)| (table, rows.into()));
                Value::Object(told.collect())
            }
            "items" => listed.map_or(Value::Null, |listed| Value::Array(listed.items.clone())),
            "total" => listed.map_or(Value::Null, |listed| listed.total.into()),
            "limit" => listed.map_or(Value::Null, |listed| listed.limit.into()),
            "offset" => listed.map_or(Value::Null, |listed| listed.offset.into()),
            "deletion" => text_or_null(self.deletion.as_ref()),
            "retry_after" => self.retry_after_secs.map_or(Value::Null, Value::from),
            _ => Value::Null,
        }
    }

    fn objects_word(&self, word: &str) -> Value {
        let Objects { deleted, failed, pending, bytes } = self.objects;
        match word {
            "deleted" => deleted.into(),
            "failed" => failed.into(),
            "pending" => pending.into(),
            "total" => deleted.saturating_add(failed).saturating_add(pending).into(),
            "bytes" => bytes.into(),
            "all_gone" => (failed == 0 && pending == 0).into(),
            _ => Value::Null,
        }
    }

    /// What is said of an outcome where nobody says anything of it.
    pub(super) fn message_of(&self, outcome: Outcome) -> String {
        if self.message.is_empty() {
            outcome.as_str().replace('-', " ")
        } else {
            self.message.clone()
        }
    }
}

/// Rows of a list as they are told: a key that ends with `?` is left out where its value says
/// nothing, and loses the mark where it says something.
pub fn without_empty(row: Map<String, Value>) -> Map<String, Value> {
    let told = row.into_iter().filter_map(|(key, value)| match key.strip_suffix('?') {
        Some(name) => says(&value).then(|| (name.to_owned(), value)),
        None => Some((key, value)),
    });
    told.collect()
}

/// Whether a table is meant; the system's own schema may be left out.
fn is_table(known: &str, written: &str) -> bool {
    known == written || known.rsplit_once('.').is_some_and(|(_, name)| name == written)
}

fn text_or_null(text: Option<&String>) -> Value {
    text.map_or(Value::Null, |text| text.as_str().into())
}

/// With a great first letter, as at the beginning of a sentence.
fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}
