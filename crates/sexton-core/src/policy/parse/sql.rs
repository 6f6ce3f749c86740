//! Lexes fragments of the system's own SQL and finds the placeholders in them.
//!
//! A fragment is put into a larger statement, so it must not be able to end it, hide the rest
//! of it in a comment, or reach out of its brackets; and it must not bring parameters of its
//! own, because placeholders become parameters. What it means is the database's business.

use toml::de::DeValue;

use super::placed::Placed;
use super::table::{Entry, Reader};
use super::{codes, placeholder};
use crate::finding::{Finding, Span};
use crate::policy::{Fragment, Part, Placeholder, Sql};
use crate::schema::Dialect;

/// The databases that a fragment can be written for.
const DIALECTS: [&str; 2] = ["postgres", "sqlite"];

/// How SQL is told from other values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The key always takes SQL.
    Bare,
    /// The key takes literals or paths too, so SQL begins with `=`.
    Marked,
}

/// Reads a condition that stands in no file: that of a hold, as a person gave it. It says of a row
/// what anybody may ask at any time, so of placeholders it knows `{now}` only.
pub fn condition(text: &str, dialect: Dialect) -> Result<Fragment, Finding> {
    let placed = Placed::within(text, text, Span::new(0, text.len()));
    let is_sqlite = dialect == Dialect::Sqlite;
    let lexer =
        Lexer { placed: &placed, is_sqlite, at: 0, text_start: 0, open: vec![], parts: vec![] };
    let mut findings = Vec::new();
    let parts = lexer.run(&mut findings)?;
    if let Some(finding) = findings.into_iter().next() {
        return Err(finding);
    }
    let is_bound =
        |part: &Part| matches!(part, Part::Text(_) | Part::Placeholder(Placeholder::Now { .. }));
    if !parts.iter().all(is_bound) {
        let message = "a hold is judged whoever deletes what, so it has no such value".to_owned();
        let finding = Finding::error(codes::UNBOUND_IN_HOLD, Some(placed.all()), message);
        return Err(finding.help("of placeholders it knows `{now}` and the like only"));
    }
    Ok(Fragment { parts, span: placed.all() })
}

impl<'t> Reader<'t> {
    /// The entry's value as SQL: one string for both databases, or one for each.
    pub fn sql(&mut self, entry: &Entry<'t>, form: Form) -> Option<Sql> {
        if !matches!(entry.value, DeValue::Table(_)) {
            return self.sql_for_both(entry, form);
        }
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &DIALECTS);
        if table.entries.is_empty() {
            return self.empty(entry.span, format!("`{}` is empty", entry.path));
        }
        let mut fragment = |name| {
            let entry = table.get(name)?;
            let placed = self.unmarked(entry, form)?;
            self.fragment(&placed, name == "sqlite")
        };
        let (postgres, sqlite) = (fragment("postgres"), fragment("sqlite"));
        Some(Sql { postgres, sqlite, span: entry.span })
    }

    /// SQL that is itself a key, as in `only = { "state = 1" = "…" }`.
    pub fn sql_of_key(&mut self, entry: &Entry<'t>) -> Option<Sql> {
        let placed = self.placed(entry.name, entry.name_span);
        let fragment = self.fragment(&placed, false)?;
        Some(both(fragment, entry.name_span))
    }

    fn sql_for_both(&mut self, entry: &Entry<'t>, form: Form) -> Option<Sql> {
        if !matches!(entry.value, DeValue::String(_)) {
            return self.wrong_type(entry, "SQL: a string, or { postgres = …, sqlite = … }");
        }
        let placed = self.unmarked(entry, form)?;
        Some(both(self.fragment(&placed, false)?, entry.span))
    }

    /// The text of a fragment without its `=`.
    fn unmarked(&mut self, entry: &Entry<'t>, form: Form) -> Option<Placed> {
        let placed = self.placed_value(entry)?;
        let is_marked = placed.text.starts_with('=');
        match form {
            Form::Bare if is_marked => {
                let message = format!("`{}` is always SQL", entry.path);
                self.refuse(bad_sql(&placed, 0, 1, message).help("leave out the `=`"));
                None
            }
            Form::Marked if !is_marked => self.wrong_type(entry, "SQL, which begins with `=`"),
            Form::Bare => Some(placed),
            Form::Marked => Some(placed.slice(1..placed.text.len())),
        }
    }

    fn fragment(&mut self, placed: &Placed, is_sqlite: bool) -> Option<Fragment> {
        let lexer = Lexer { placed, is_sqlite, at: 0, text_start: 0, open: vec![], parts: vec![] };
        let mut findings = Vec::new();
        let parts = self.take(lexer.run(&mut findings));
        self.findings.append(&mut findings);
        Some(Fragment { parts: parts?, span: placed.all() })
    }
}

fn both(fragment: Fragment, span: Span) -> Sql {
    Sql { postgres: Some(fragment.clone()), sqlite: Some(fragment), span }
}

fn bad_sql(placed: &Placed, start: usize, length: usize, message: impl Into<String>) -> Finding {
    Finding::error(codes::BAD_SQL, Some(placed.span(start..start + length)), message)
}

/// Goes through a fragment from left to right.
struct Lexer<'a> {
    placed: &'a Placed,
    is_sqlite: bool,
    at: usize,
    /// Where the text since the last placeholder begins.
    text_start: usize,
    /// Brackets that are not closed yet.
    open: Vec<(char, usize)>,
    parts: Vec<Part>,
}

impl Lexer<'_> {
    /// The parts, or the mistake after which the rest cannot be judged; others in `findings`.
    fn run(mut self, findings: &mut Vec<Finding>) -> Result<Vec<Part>, Finding> {
        if self.placed.text.trim().is_empty() {
            return Err(bad_sql(self.placed, 0, self.placed.text.len(), "this SQL is empty"));
        }
        while let Some(c) = self.peek() {
            match c {
                '\'' => self.text_literal(findings)?,
                '"' => drop(self.quoted('"')?),
                '{' => self.placeholder(findings)?,
                '(' | '[' => self.open.push((c, self.at)),
                ')' | ']' => self.close(c)?,
                _ => self.refuse_sign(c)?,
            }
            self.at += self.peek().map_or(0, char::len_utf8);
        }
        if let Some((bracket, at)) = self.open.pop() {
            return Err(bad_sql(self.placed, at, 1, format!("`{bracket}` is not closed")));
        }
        self.end_text(self.at);
        Ok(self.parts)
    }

    fn rest(&self) -> &str {
        &self.placed.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn refuse(&self, length: usize, message: impl Into<String>) -> Finding {
        bad_sql(self.placed, self.at, length, message)
    }

    /// Whether a name goes on up to here, so that the next sign may belong to it.
    fn is_in_name(&self) -> bool {
        let before = self.placed.text[..self.at].chars().next_back();
        before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    }

    /// Refuses what would leave the fragment or bring parameters of its own.
    fn refuse_sign(&self, c: char) -> Result<(), Finding> {
        let next = self.rest()[c.len_utf8()..].chars().next();
        let begins_name = next.is_some_and(|c| c.is_alphabetic() || c == '_');
        match (c, next) {
            (';', _) => Err(self.refuse(1, "`;` would end the statement")),
            ('-', Some('-')) | ('/', Some('*')) => Err(self
                .refuse(2, "a comment cannot stand in SQL of a policy")
                .help("write it behind the value, as a comment of TOML")),
            ('}', _) => Err(self.refuse(1, "this brace was never opened")),
            ('\0', _) => Err(self.refuse(1, "a NUL cannot stand in SQL")),
            ('`', _) => {
                Err(self.refuse(1, "names are quoted with double quotes, not with backticks"))
            }
            ('$', _) if !self.is_in_name() => Err(self
                .refuse(1, "`$` outside quotes is not allowed: neither $$-quotes nor $1")
                .help("quote text as '…'; values come from placeholders such as {id}")),
            ('?' | ':' | '@', _) if self.is_sqlite && (c == '?' || begins_name) => Err(self
                .refuse(1, format!("`{c}` would be a parameter of SQLite"))
                .help("values come from placeholders such as {id}")),
            _ => Ok(()),
        }
    }

    fn close(&mut self, bracket: char) -> Result<(), Finding> {
        let expected = if bracket == ')' { '(' } else { '[' };
        match self.open.pop() {
            Some((open, _)) if open == expected => Ok(()),
            _ => Err(self.refuse(1, format!("`{bracket}` closes nothing"))),
        }
    }

    /// Goes to the closing quote; returns what stands before it.
    fn quoted(&mut self, quote: char) -> Result<String, Finding> {
        // A doubled quote ends this text and begins another, which comes to the same.
        let Some(length) = self.rest()[1..].find(quote) else {
            return Err(self.refuse(1, "this quote is not closed"));
        };
        let content = self.rest()[1..=length].to_owned();
        self.at += 1 + length;
        Ok(content)
    }

    fn text_literal(&mut self, findings: &mut Vec<Finding>) -> Result<(), Finding> {
        let mut before = self.placed.text[..self.at].chars().rev();
        let is_escaped = before.next().is_some_and(|c| c.eq_ignore_ascii_case(&'e'))
            && !before.next().is_some_and(|c| c.is_alphanumeric() || c == '_');
        if is_escaped {
            return Err(self.refuse(1, "E'…' with its backslashes is not allowed: write '…'"));
        }
        let start = self.at;
        let content = self.quoted('\'')?;
        let bare = content.trim().strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
        if bare.is_some()
            && placeholder::read(&self.placed.slice(start + 1..self.at).trimmed()).is_ok()
        {
            let span = self.placed.span(start..self.at + 1);
            let message = format!("'{content}' is plain text: placeholders count outside quotes");
            findings.push(
                Finding::warning(codes::QUOTED_PLACEHOLDER, Some(span), message)
                    .help("leave out the quotes; a placeholder is bound as a value"),
            );
        }
        Ok(())
    }

    /// Goes to the closing brace of a placeholder.
    fn placeholder(&mut self, findings: &mut Vec<Finding>) -> Result<(), Finding> {
        let Some(length) = self.rest().find('}') else {
            return Err(self.refuse(1, "this brace is not closed"));
        };
        let end = self.at + length;
        let braces = self.placed.slice(self.at..end + 1);
        self.end_text(self.at);
        match placeholder::read(&braces) {
            Ok(placeholder) => self.parts.push(Part::Placeholder(placeholder)),
            Err(finding) => findings.push(finding),
        }
        (self.at, self.text_start) = (end, end + 1);
        Ok(())
    }

    /// Keeps the text up to here as a part.
    fn end_text(&mut self, end: usize) {
        if self.text_start < end {
            self.parts.push(Part::Text(self.placed.text[self.text_start..end].to_owned()));
        }
    }
}
