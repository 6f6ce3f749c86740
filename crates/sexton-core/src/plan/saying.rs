//! What is said of rows that go: the values that were read, put into their template.

use serde_json::Value;

use super::{HookPlan, Recording, Said, Told};
use crate::sql::Scalar;
use crate::template::{ValuePath, value_of};

/// What words of a template stand for.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// Who asked.
    pub actor: &'a str,
    /// The deletion.
    pub deletion: &'a str,
    /// The thing.
    pub thing: &'a str,
    /// The root's value, as people write it.
    pub root: &'a str,
    /// Rows that went, by their tables.
    pub removed: &'a [(String, u64)],
    /// Why it was refused, or failed.
    pub refusal: Option<Why<'a>>,
}

/// Why a deletion was refused, or failed.
#[derive(Debug, Clone, Copy)]
pub struct Why<'a> {
    /// In a sentence.
    pub message: &'a str,
    /// How many rows refuse.
    pub count: u64,
    /// What they are called.
    pub names: &'a [String],
    /// What is said of the rows that a guard keeps.
    pub subject: &'a [(String, String)],
}

impl Recording {
    /// What is said of these rows, one for each call.
    pub fn bodies(&self, rows: &[Vec<Scalar>], words: Words<'_>) -> Vec<Value> {
        let value = |row: &[Scalar], path: &ValuePath| self.value(row, path, words);
        let body = |row: &Vec<Scalar>| self.form.fill(&|path| value(row, path));
        let batch = match &self.told {
            Told::Hook(HookPlan { batch, .. }) => batch.as_ref(),
            Told::Event(_) => None,
        };
        let Some((by, max)) = batch else { return rows.iter().map(body).collect() };
        let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
        for row in rows {
            let group = by.as_ref().map_or(Value::Null, |path| value(row, path));
            // Only a group that was met last is asked first: rows come in the order of their keys.
            match groups.iter_mut().rev().find(|(known, _)| *known == group) {
                Some((_, bodies)) => bodies.push(body(row)),
                None => groups.push((group, vec![body(row)])),
            }
        }
        let calls = groups.iter().flat_map(|(_, bodies)| bodies.chunks(*max));
        calls.map(|bodies| Value::Array(bodies.to_vec())).collect()
    }

    fn value(&self, row: &[Scalar], path: &ValuePath, words: Words<'_>) -> Value {
        let said = self.said.iter().find(|(known, _)| known == path).map(|(_, said)| said);
        match said {
            Some(Said::Read { at, is_json }) => {
                row.get(*at).map_or(Value::Null, |scalar| value_of(scalar, *is_json))
            }
            Some(Said::RootKey { at, is_json }) => {
                row.get(*at).map_or(words.root.into(), |scalar| value_of(scalar, *is_json))
            }
            Some(Said::Root) => words.root.into(),
            Some(Said::Rows(table)) => {
                let name = table.to_string();
                let of = words.removed.iter().filter(|(removed, _)| *removed == name);
                of.map(|(_, rows)| rows).sum::<u64>().into()
            }
            Some(Said::Count) => words.refusal.map_or(Value::Null, |why| why.count.into()),
            Some(Said::Names) => {
                words.refusal.map_or(Value::Null, |why| why.names.join(", ").into())
            }
            Some(Said::Subject(column)) => {
                let subject = words.refusal.map_or(&[][..], |why| why.subject);
                let said = subject.iter().find(|(known, _)| known == column);
                said.map_or(Value::Null, |(_, values)| values.as_str().into())
            }
            Some(Said::Message) => words.refusal.map_or(Value::Null, |why| why.message.into()),
            Some(Said::Actor) => words.actor.into(),
            Some(Said::Deletion) => words.deletion.into(),
            Some(Said::Thing) => words.thing.into(),
            None => Value::Null,
        }
    }
}
