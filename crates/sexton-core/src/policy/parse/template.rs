//! Reads templates: documents whose text has placeholders, as in `body = { id = "{id}" }`.

use serde_json::{Number, Value};
use toml::de::DeValue;

use super::codes;
use super::path::Path;
use super::placed::Placed;
use super::table::{Entry, Reader};
use crate::finding::Finding;
use crate::template::{Field, Filter, Form, Piece, Slot, Text, ValuePath};

/// Whether placeholders may be added up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sums {
    /// In answers of routes.
    Allowed,
    /// Anywhere else.
    Refused,
}

impl<'t> Reader<'t> {
    /// The entry's value as a document of any depth.
    pub fn form(&mut self, entry: &Entry<'t>, sums: Sums) -> Option<Form> {
        match entry.value {
            DeValue::Array(_) => {
                let items = self.list(entry, "values")?;
                let read: Vec<Option<Form>> =
                    items.iter().map(|item| self.form(item, sums)).collect();
                read.into_iter().collect::<Option<Vec<_>>>().map(Form::List)
            }
            DeValue::Table(_) => {
                let table = self.table(entry)?;
                let read: Vec<Option<Field>> =
                    table.entries.iter().map(|entry| self.field(entry, sums)).collect();
                read.into_iter().collect::<Option<Vec<_>>>().map(Form::Table)
            }
            _ => self.flat_form(entry, sums),
        }
    }

    /// The entry's value as one value: text, a number, true or false.
    fn flat_form(&mut self, entry: &Entry<'t>, sums: Sums) -> Option<Form> {
        match entry.value {
            DeValue::String(text) => {
                let placed = self.placed(text, entry.span);
                let read = template(&placed, sums);
                self.take(read).map(Form::Text)
            }
            DeValue::Boolean(value) => Some(Form::Literal(Value::Bool(*value))),
            DeValue::Integer(_) => Some(Form::Literal(Value::from(self.integer(entry)?))),
            DeValue::Float(_) => {
                Number::from_f64(self.number(entry)?).map(|number| Form::Literal(number.into()))
            }
            _ => self.wrong_type(entry, "text, a number, true or false"),
        }
    }

    /// A key and its value; `"key?"` is left out where the value says nothing.
    fn field(&mut self, entry: &Entry<'t>, sums: Sums) -> Option<Field> {
        let form = self.form(entry, sums)?;
        Some(named(entry.name, form))
    }

    /// The same with one value, as a line of the log has it.
    pub fn flat_field(&mut self, entry: &Entry<'t>) -> Option<Field> {
        let form = self.flat_form(entry, Sums::Refused)?;
        Some(named(entry.name, form))
    }

    /// The entry's value as text with placeholders.
    pub fn text(&mut self, entry: &Entry<'t>) -> Option<Text> {
        self.text_with(entry, Sums::Refused)
    }

    /// The same, where placeholders may be added up or not.
    pub fn text_with(&mut self, entry: &Entry<'t>, sums: Sums) -> Option<Text> {
        let placed = self.placed_value(entry)?;
        let text = template(&placed, sums);
        self.take(text)
    }

    /// The entry's value as one placeholder.
    pub fn slot(&mut self, entry: &Entry<'t>) -> Option<Slot> {
        match self.text(entry)?.pieces.as_slice() {
            [Piece::Value(slot)] => Some(slot.clone()),
            _ => self.wrong_type(entry, "one placeholder, such as \"{project_id}\""),
        }
    }
}

fn named(name: &str, form: Form) -> Field {
    match name.strip_suffix('?') {
        Some(name) => Field { name: name.to_owned(), is_optional: true, form },
        None => Field { name: name.to_owned(), is_optional: false, form },
    }
}

/// Text with placeholders between braces.
fn template(placed: &Placed, sums: Sums) -> Result<Text, Finding> {
    let mut text = Text::default();
    let mut at = 0;
    while at < placed.text.len() {
        let rest = &placed.text[at..];
        let open = rest.find(['{', '}']).unwrap_or(rest.len());
        if open > 0 {
            text.pieces.push(Piece::Written(rest[..open].to_owned()));
            at += open;
            continue;
        }
        let Some(length) = rest.find('}').filter(|_| rest.starts_with('{')) else {
            let brace = placed.slice(at..at + 1);
            return Err(bad(&brace, "this brace has no other")
                .help("a placeholder is a path between braces, as in \"{id}\""));
        };
        text.pieces.push(Piece::Value(slot(&placed.slice(at..at + length + 1), sums)?));
        at += length + 1;
    }
    Ok(text)
}

fn slot(braces: &Placed, sums: Sums) -> Result<Slot, Finding> {
    let inner = braces.slice(1..braces.text.len() - 1);
    let (path, filter) = match inner.text.find('|') {
        Some(bar) => {
            let word = inner.slice(bar + 1..inner.text.len()).trimmed();
            (inner.slice(0..bar), Some(filter(&word)?))
        }
        None => (inner, None),
    };
    let mut paths = addends(&path, sums).iter().map(value_path).collect::<Result<Vec<_>, _>>()?;
    let path = paths.remove(0);
    Ok(Slot { path, plus: paths, filter, span: braces.all() })
}

/// What a `+` stands between; at least one.
fn addends(path: &Placed, sums: Sums) -> Vec<Placed> {
    let mut addends = Vec::new();
    let mut start = 0;
    if sums == Sums::Allowed {
        for (at, _) in path.outside_quotes().filter(|(_, c)| *c == '+') {
            addends.push(path.slice(start..at));
            start = at + 1;
        }
    }
    addends.push(path.slice(start..path.text.len()));
    addends
}

fn value_path(path: &Placed) -> Result<ValuePath, Finding> {
    let (names, json) = Path::read(&path.trimmed())?.value()?;
    Ok(ValuePath { names, json })
}

fn filter(word: &Placed) -> Result<Filter, Finding> {
    match word.text.as_str() {
        "bool" => Ok(Filter::Bool),
        "path" => Ok(Filter::Path),
        other => Err(bad(word, &format!("`{other}` is not a filter"))
            .help("filters are `|bool`, and for keys of objects `|path`")),
    }
}

fn bad(placed: &Placed, message: &str) -> Finding {
    Finding::error(codes::BAD_TEMPLATE, Some(placed.all()), message)
}
