//! Typed access to the tables of the file: the wrong type becomes a finding at its place.
//!
//! The `toml` crate hands out tables sorted by key; here entries come in the order of the
//! file, because the order of references has meaning.

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::placed::Placed;
use super::{codes, placeholder};
use crate::finding::{Finding, Located, Span, did_you_mean};
use crate::policy::Unbuilt;

/// Walks one file and collects what there is to say about it.
pub(super) struct Reader<'t> {
    /// The file, and behind it those that it is like.
    text: &'t str,
    /// Where the text of each file begins.
    starts: Vec<usize>,
    /// What is wrong so far, in the order of reading.
    pub findings: Vec<Finding>,
    /// What is read over so far, in the order of reading.
    pub unbuilt: Vec<Unbuilt>,
    /// Whether the file is a variant of another, so that what it lacks may stand there.
    pub is_variant: bool,
}

/// A table of the file.
pub(super) struct Table<'t> {
    /// Its name with those around it, as in `things.batch`.
    pub path: String,
    /// Its header, or its braces.
    pub span: Span,
    /// What stands in it, in the file's order. What a variant adds comes last; what it replaces
    /// keeps its place, because the order of references has meaning.
    pub entries: Vec<Entry<'t>>,
}

/// A key with its value, or an item of a list.
pub(super) struct Entry<'t> {
    /// The key with those around it, as in `things.batch.row`.
    pub path: String,
    /// The key itself.
    pub name: &'t str,
    /// Where the key stands.
    pub name_span: Span,
    /// The value.
    pub value: &'t DeValue<'t>,
    /// Where the value stands.
    pub span: Span,
    /// The tables of the same name in the files below, the nearest first, where they are laid
    /// under this one key by key.
    below: Vec<&'t DeTable<'t>>,
}

/// Sections that hold one table for each name; those are laid over their namesakes key by key.
const NAMED: [&str; 13] = [
    "things",
    "guards",
    "derived",
    "work",
    "pools",
    "objects",
    "hooks",
    "retention",
    "panels",
    "quota",
    "routes",
    "lists",
    "events",
];

impl<'t> Table<'t> {
    /// The entry of that name, if there is one.
    pub fn get(&self, name: &str) -> Option<&Entry<'t>> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The entries of these tables, the first laid over those behind it.
    fn of(path: &str, span: Span, tables: &[&'t DeTable<'t>]) -> Self {
        let mut entries: Vec<Entry<'t>> = Vec::new();
        for table in tables.iter().rev() {
            let mut own: Vec<Entry<'t>> =
                table.iter().map(|entry| Entry::of(path, entry)).collect();
            own.sort_by_key(|entry| entry.name_span);
            for entry in own {
                match entries.iter_mut().find(|known| known.name == entry.name) {
                    Some(known) => known.replace_by(entry, path),
                    None => entries.push(entry),
                }
            }
        }
        Self { path: path.to_owned(), span, entries }
    }
}

impl<'t> Entry<'t> {
    fn of(
        path: &str,
        (name, value): (&'t Spanned<DeString<'t>>, &'t Spanned<DeValue<'t>>),
    ) -> Self {
        Self {
            path: join(path, name.get_ref()),
            name: name.get_ref(),
            name_span: name.span().into(),
            value: value.get_ref(),
            span: value.span().into(),
            below: Vec::new(),
        }
    }

    /// A section and a named table in one are laid over key by key; any other key is replaced
    /// whole.
    fn replace_by(&mut self, entry: Self, path: &str) {
        let mut below = Vec::new();
        if let (true, DeValue::Table(table)) =
            (path.is_empty() || NAMED.contains(&path), self.value)
        {
            below.push(table);
            below.append(&mut self.below);
        }
        *self = Self { below, ..entry };
    }
}

impl<'t> Reader<'t> {
    /// A reader of this text that has read nothing yet.
    pub fn new(text: &'t str, starts: Vec<usize>) -> Self {
        Self { text, starts, findings: Vec::new(), unbuilt: Vec::new(), is_variant: false }
    }

    /// Takes note of a mistake.
    pub fn refuse(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// The value, or nothing and a note of the mistake.
    pub fn take<T>(&mut self, read: Result<T, Finding>) -> Option<T> {
        read.map_err(|finding| self.refuse(finding)).ok()
    }

    /// Takes note of a part of the language that is read over.
    pub fn read_over(&mut self, key: impl Into<String>, makes_safer: bool, span: Span) {
        self.unbuilt.push(Unbuilt { key: key.into(), makes_safer, span });
    }

    /// The line of its file in which this byte stands, counted from 1.
    pub fn line(&self, at: usize) -> usize {
        let start = self.starts.iter().rev().find(|start| **start <= at).copied().unwrap_or(0);
        self.text[start..at].bytes().filter(|byte| *byte == b'\n').count() + 1
    }

    /// The whole file as a table, laid over those that it is like, the nearest first.
    pub fn root(files: &[&'t DeTable<'t>]) -> Table<'t> {
        Table::of("", Span::default(), files)
    }

    /// The entry's value as a table.
    pub fn table(&mut self, entry: &Entry<'t>) -> Option<Table<'t>> {
        match entry.value {
            DeValue::Table(table) => {
                let tables = [&[table][..], &entry.below].concat();
                Some(Table::of(&entry.path, entry.span, &tables))
            }
            _ => self.wrong_type(entry, "a table"),
        }
    }

    /// The items of the entry's value.
    pub fn list(&mut self, entry: &Entry<'t>, of: &str) -> Option<Vec<Entry<'t>>> {
        let DeValue::Array(items) = entry.value else {
            return self.wrong_type(entry, &format!("a list of {of}"));
        };
        let item = |item: &'t Spanned<DeValue<'t>>| Entry {
            path: entry.path.clone(),
            name: entry.name,
            name_span: item.span().into(),
            value: item.get_ref(),
            span: item.span().into(),
            below: Vec::new(),
        };
        Some(items.iter().map(item).collect())
    }

    /// The entry's value as text that says something.
    pub fn string(&mut self, entry: &Entry<'t>) -> Option<Located<String>> {
        let DeValue::String(text) = entry.value else {
            return self.wrong_type(entry, "a string");
        };
        if text.trim().is_empty() {
            return self.empty(entry.span, format!("`{}` is empty", entry.path));
        }
        Some(Located::new(text.clone().into_owned(), entry.span))
    }

    /// The entry's value as text without its place.
    pub fn sentence(&mut self, entry: &Entry<'t>) -> Option<String> {
        self.string(entry).map(|text| text.value)
    }

    /// The entry's value as text whose every byte knows its place.
    pub fn placed_value(&mut self, entry: &Entry<'t>) -> Option<Placed> {
        let text = self.string(entry)?;
        Some(self.placed(&text.value, entry.span))
    }

    /// Text that the file holds within `span`, perhaps between quotes, perhaps with escapes.
    pub fn placed(&self, text: &str, span: Span) -> Placed {
        Placed::within(self.text, text, span)
    }

    /// The entry's value as true or false.
    pub fn boolean(&mut self, entry: &Entry<'t>) -> Option<bool> {
        match entry.value {
            DeValue::Boolean(value) => Some(*value),
            _ => self.wrong_type(entry, "true or false"),
        }
    }

    /// The entry's value as a whole number.
    pub fn integer(&mut self, entry: &Entry<'t>) -> Option<i64> {
        let DeValue::Integer(digits) = entry.value else {
            return self.wrong_type(entry, "a whole number");
        };
        match i64::from_str_radix(digits.as_str(), digits.radix()) {
            Ok(number) => Some(number),
            Err(_) => self.bad_number(entry, "is too large"),
        }
    }

    /// The entry's value as any number.
    pub fn number(&mut self, entry: &Entry<'t>) -> Option<f64> {
        let digits = match entry.value {
            DeValue::Integer(digits) if digits.radix() == 10 => digits.as_str(),
            DeValue::Float(digits) => digits.as_str(),
            _ => return self.wrong_type(entry, "a number"),
        };
        match digits.parse::<f64>() {
            Ok(number) if number.is_finite() => Some(number),
            _ => self.bad_number(entry, "is not a finite number"),
        }
    }

    /// The entry's value as a duration, in seconds; `example` is one that would fit.
    pub fn duration(&mut self, entry: &Entry<'t>, example: &str) -> Option<i64> {
        let written = self.string(entry)?;
        let secs = placeholder::seconds(written.value.trim());
        if secs.is_none() {
            let message = format!("`{}` is not a duration", written.value);
            let help = format!("a duration is a number with s, m, h, d or w, as in \"{example}\"");
            self.refuse(
                Finding::error(codes::BAD_DURATION, Some(written.span), message).help(help),
            );
        }
        secs
    }

    /// The entry's value as one of a few words.
    pub fn choice<T: Copy>(&mut self, entry: &Entry<'t>, choices: &[(&str, T)]) -> Option<T> {
        let written = self.string(entry)?.value;
        if let Some((_, chosen)) = choices.iter().find(|(word, _)| *word == written) {
            return Some(*chosen);
        }
        let words = choices.iter().map(|(word, _)| *word);
        self.refuse(
            Finding::error(
                codes::BAD_CHOICE,
                Some(entry.span),
                format!("`{}` cannot be \"{written}\"", entry.path),
            )
            .help(suggestion(&written, words)),
        );
        None
    }

    /// Refuses every key of the table that is not known in it.
    pub fn refuse_unknown(&mut self, table: &Table<'t>, known: &[&str]) {
        for entry in &table.entries {
            if !known.contains(&entry.name) {
                self.unknown_key(entry, known);
            }
        }
    }

    /// Refuses a key that is not known in its table.
    pub fn unknown_key(&mut self, entry: &Entry<'t>, known: &[&str]) {
        self.refuse(
            Finding::error(
                codes::UNKNOWN_KEY,
                Some(entry.name_span),
                format!("`{}` is not a key of the language", entry.path),
            )
            .help(suggestion(entry.name, known.iter().copied())),
        );
    }

    /// The entry that must be there; in a variant it may stand in the other file.
    pub fn compulsory<'a>(&mut self, table: &'a Table<'t>, name: &str) -> Option<&'a Entry<'t>> {
        let entry = table.get(name);
        if entry.is_none() && !self.is_variant {
            self.missing(Some(table.span), format!("`{}` needs `{name}`", table.path));
        }
        entry
    }

    /// Refuses that a key is not there.
    pub fn missing(&mut self, span: Option<Span>, message: String) {
        self.refuse(Finding::error(codes::MISSING_KEY, span, message));
    }

    /// Refuses an entry whose value is not what the key takes.
    pub fn wrong_type<T>(&mut self, entry: &Entry<'t>, expected: &str) -> Option<T> {
        let (path, found) = (&entry.path, kind(entry.value));
        let message = format!("`{path}` is {found}, but must be {expected}");
        self.refuse(Finding::error(codes::WRONG_TYPE, Some(entry.span), message));
        None
    }

    /// Refuses a number.
    pub fn bad_number<T>(&mut self, entry: &Entry<'t>, why: &str) -> Option<T> {
        let message = format!("`{}` {why}", entry.path);
        self.refuse(Finding::error(codes::BAD_NUMBER, Some(entry.span), message));
        None
    }

    /// Refuses that nothing stands where something must.
    pub fn empty<T>(&mut self, span: Span, message: String) -> Option<T> {
        self.refuse(Finding::error(codes::EMPTY, Some(span), message));
        None
    }
}

/// The nearest of the known words, if one is near, and all of them.
pub(super) fn suggestion<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<_> = known.collect();
    let listed = known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match did_you_mean(written, known) {
        Some(near) => format!("did you mean `{near}`? Known here: {listed}"),
        None => format!("known here: {listed}"),
    }
}

/// The path of a key below another, quoted as TOML would need it.
fn join(path: &str, name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let name = if !name.is_empty() && name.chars().all(is_bare) {
        name.to_owned()
    } else if name.contains('"') {
        format!("'{name}'")
    } else {
        format!("\"{name}\"")
    };
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
