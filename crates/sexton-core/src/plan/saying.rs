//! What is said of rows that go: the values that were read, put into their template.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{HookPlan, Recording, Said, Told};
use crate::line::{Later, LaterPiece};
use crate::sql::Scalar;
use crate::template::{Filter, Form, Piece, Slot, Text, ValuePath, value_of};

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

    /// The fields of an event's lines about these rows, one for each, and which of them are filled
    /// when it is told.
    pub fn fields(
        &self,
        rows: &[Vec<Scalar>],
        words: Words<'_>,
    ) -> Vec<(Map<String, Value>, BTreeMap<String, Later>)> {
        let of_row = |row: &Vec<Scalar>| {
            let value = |path: &ValuePath| self.value(row, path, words);
            let is_later = |slot: &Slot| self.said_of(&slot.path) == Some(&Said::Later);
            let (mut known, mut later) = (Map::new(), BTreeMap::new());
            let Form::Table(fields) = &self.form else { return (known, later) };
            for field in fields {
                let name = field.name.clone();
                let open = match &field.form {
                    Form::Text(text) if text.slots().any(is_later) => open(text, &value, &is_later),
                    _ => {
                        known.extend(field.filled(&value).map(|filled| (name, filled)));
                        continue;
                    }
                };
                known.insert(name.clone(), Value::Null);
                let is_optional = field.is_optional;
                later.extend(open.map(|pieces| (name, Later { pieces, is_optional })));
            }
            (known, later)
        };
        rows.iter().map(of_row).collect()
    }

    fn said_of(&self, path: &ValuePath) -> Option<&Said> {
        self.said.iter().find(|(known, _)| known == path).map(|(_, said)| said)
    }

    fn value(&self, row: &[Scalar], path: &ValuePath, words: Words<'_>) -> Value {
        match self.said_of(path) {
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
            Some(Said::Later) | None => Value::Null,
        }
    }
}

/// The pieces of a text of which not all is known; none where what is known is null.
fn open(
    text: &Text,
    value: &dyn Fn(&ValuePath) -> Value,
    is_later: &dyn Fn(&Slot) -> bool,
) -> Option<Vec<LaterPiece>> {
    let piece = |piece: &Piece| match piece {
        Piece::Written(written) => Some(LaterPiece::Text(written.clone())),
        Piece::Value(slot) if is_later(slot) => {
            let word = slot.path.written();
            Some(if slot.filter == Some(Filter::Bool) {
                LaterPiece::Truth(word)
            } else {
                LaterPiece::Word(word)
            })
        }
        Piece::Value(slot) => match slot.filtered(value(&slot.path)) {
            Value::Null => None,
            Value::String(text) => Some(LaterPiece::Text(text)),
            value => Some(LaterPiece::Text(value.to_string())),
        },
    };
    text.pieces.iter().map(piece).collect()
}
