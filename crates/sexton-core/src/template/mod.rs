//! Templates: documents of the policy whose placeholders become values of rows.
//!
//! `{artifact_id.project_id.org_id}` follows reference columns, `{extras$.key}` goes into JSON.
//! Text that is one placeholder keeps the value's own type; beside other text a value is written
//! out. What is null, or is not there, makes the whole text null: half a key names another thing.
//! `naming` makes names of objects, and refuses values that would lead elsewhere.
//!
//! Not here: where values come from (`plan`), and reading a template from a file
//! (`policy::parse`).

mod naming;

use serde_json::{Map, Number, Value};

use crate::finding::Span;
use crate::policy::JsonPlace;
use crate::sql::Scalar;

pub use naming::BadName;

/// A document, or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// A literal that is no text.
    Literal(Value),
    /// Text, with placeholders or without.
    Text(Text),
    /// A list.
    List(Vec<Form>),
    /// A table, in the file's order.
    Table(Vec<Field>),
}

/// One key of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Whether it is left out where its value says nothing (`"name?"`).
    pub is_optional: bool,
    /// Its value.
    pub form: Form,
}

/// Text with placeholders.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Text {
    /// Text and placeholders in turn.
    pub pieces: Vec<Piece>,
}

/// A piece of text.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// As it is.
    Written(String),
    /// A value.
    Value(Slot),
}

/// A placeholder.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    /// What it names.
    pub path: ValuePath,
    /// What is added to it: an answer of a route may say a sum of counts.
    pub plus: Vec<ValuePath>,
    /// What is made of the value.
    pub filter: Option<Filter>,
    /// Where it stands.
    pub span: Span,
}

/// What a placeholder names: columns to follow, or a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValuePath {
    /// All but the last refer to a row; the last is a column of it.
    pub names: Vec<String>,
    /// A place inside the JSON of that column.
    pub json: Option<JsonPlace>,
}

/// What is made of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// It may be a path: `/` is allowed in it.
    Path,
    /// True or false, however the database writes that.
    Bool,
}

impl ValuePath {
    /// As the policy writes it.
    pub fn written(&self) -> String {
        let json = self.json.as_ref().map(JsonPlace::written).unwrap_or_default();
        [self.names.join("."), json].concat()
    }
}

impl Form {
    /// Every placeholder in it, in order.
    pub fn slots(&self) -> Vec<&Slot> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Text(text) => text.slots().collect(),
            Self::List(items) => items.iter().flat_map(Self::slots).collect(),
            Self::Table(fields) => fields.iter().flat_map(|field| field.form.slots()).collect(),
        }
    }

    /// The document, each placeholder by its value.
    pub fn fill(&self, value: &dyn Fn(&ValuePath) -> Value) -> Value {
        match self {
            Self::Literal(literal) => literal.clone(),
            Self::Text(text) => text.fill(value),
            Self::List(items) => items.iter().map(|item| item.fill(value)).collect(),
            Self::Table(fields) => {
                let said = fields
                    .iter()
                    .filter_map(|field| Some((field.name.clone(), field.filled(value)?)));
                Value::Object(said.collect::<Map<String, Value>>())
            }
        }
    }
}

impl Field {
    /// Its value; none where it is left out.
    pub(crate) fn filled(&self, value: &dyn Fn(&ValuePath) -> Value) -> Option<Value> {
        let filled = self.form.fill(value);
        (!self.is_optional || says(&filled)).then_some(filled)
    }
}

impl Text {
    /// As the policy writes it.
    pub fn written(&self) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Written(written) => written.clone(),
            Piece::Value(slot) => {
                let filter = match slot.filter {
                    Some(Filter::Path) => "|path",
                    Some(Filter::Bool) => "|bool",
                    None => "",
                };
                ["{", &slot.written(), filter, "}"].concat()
            }
        };
        self.pieces.iter().map(piece).collect()
    }

    /// Every placeholder in it, in order.
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Written(_) => None,
            Piece::Value(slot) => Some(slot),
        })
    }

    pub(crate) fn fill(&self, value: &dyn Fn(&ValuePath) -> Value) -> Value {
        if let [Piece::Value(slot)] = self.pieces.as_slice() {
            return slot.value(value);
        }
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Written(written) => text += written,
                Piece::Value(slot) => match slot.value(value) {
                    Value::Null => return Value::Null,
                    Value::String(value) => text += &value,
                    value => text += &value.to_string(),
                },
            }
        }
        Value::String(text)
    }
}

impl Slot {
    /// All that it names.
    pub fn paths(&self) -> impl Iterator<Item = &ValuePath> {
        std::iter::once(&self.path).chain(&self.plus)
    }

    /// As the policy writes it, without braces and filter.
    pub fn written(&self) -> String {
        let paths: Vec<String> = self.paths().map(ValuePath::written).collect();
        paths.join(" + ")
    }

    /// What it stands for.
    fn value(&self, value: &dyn Fn(&ValuePath) -> Value) -> Value {
        if self.plus.is_empty() {
            return self.filtered(value(&self.path));
        }
        // What is not counted adds nothing.
        let counts = self.paths().filter_map(|path| value(path).as_u64());
        self.filtered(Value::from(counts.fold(0, u64::saturating_add)))
    }

    pub(crate) fn filtered(&self, value: Value) -> Value {
        match self.filter {
            Some(Filter::Bool) => truth(&value).map_or(Value::Null, Value::Bool),
            Some(Filter::Path) | None => value,
        }
    }
}

/// The truth that a value stands for; databases write it in many ways.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::Number(number) => number.as_f64().map(|number| number != 0.0),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "t" | "true" | "yes" | "on" | "1" => Some(true),
            "f" | "false" | "no" | "off" | "0" => Some(false),
            _ => None,
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether a value says anything: null, nothing and zero do not.
pub(crate) fn says(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) => true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// A value as it was read: JSON as such, any other by its storage class.
pub fn value_of(scalar: &Scalar, is_json: bool) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Integer(number) => Value::from(*number),
        Scalar::Real(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
        // A number that JSON's reader cannot hold stays the text that it is.
        Scalar::Text(text) if is_json => {
            serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str()))
        }
        Scalar::Text(text) => Value::from(text.as_str()),
        Scalar::Blob(bytes) => {
            Value::from(["\\x", &data_encoding::HEXLOWER.encode(bytes)].concat())
        }
    }
}

#[cfg(test)]
mod tests;
