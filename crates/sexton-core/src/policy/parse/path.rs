//! Reads paths of tables and columns inside a string: `runs.id`, `t.(a,b)`, `config$.ids[*]`.
//!
//! A name is letters, digits and `_`, or anything between double quotes, a quote in it
//! doubled. What the last names mean (table, column, schema) depends on where the path stands
//! and is decided by the conversions at the end.

use super::codes;
use super::placed::Placed;
use super::table::{Entry, Reader};
use crate::finding::{Finding, Located, Span};
use crate::names::{ColumnName, TableName};
use crate::policy::{ColumnPath, JsonPlace, TableColumns};

const FORMS: &str = "paths are `table.column`, `schema.table.column`, `table.(a,b)`, \
                     `table.column$.path`; any other name goes in double quotes";

/// A path as read, not yet a table or a column.
#[derive(Debug)]
pub(super) struct Path {
    names: Vec<String>,
    /// Columns in parentheses, which end a path.
    group: Option<Vec<ColumnPath>>,
    /// A place inside the JSON of the last name, which ends a path too.
    json: Option<String>,
    span: Span,
}

impl Path {
    /// Reads the whole text as one path.
    pub fn read(placed: &Placed) -> Result<Self, Finding> {
        let mut scanner = Scanner { placed, at: 0 };
        let mut path = Self { names: Vec::new(), group: None, json: None, span: placed.all() };
        loop {
            if scanner.peek() == Some('(') {
                path.group = Some(scanner.group()?);
                break;
            }
            path.names.push(scanner.name()?);
            path.json = scanner.json()?;
            if path.json.is_some() || !scanner.eat('.') {
                break;
            }
        }
        match scanner.peek() {
            None => Ok(path),
            Some(_) => Err(scanner.unexpected()),
        }
    }

    /// Whether it is one name and nothing else.
    pub fn is_one_name(&self) -> bool {
        self.names.len() == 1 && self.group.is_none() && self.json.is_none()
    }

    /// `table.column`, `schema.table.column` or `table.(a,b)`.
    pub fn columns_of_table(mut self) -> Result<(TableName, Vec<ColumnPath>), Finding> {
        let columns = match self.group.take() {
            Some(columns) => columns,
            None if self.names.len() < 2 => {
                return Err(self.refuse("a table and a column are needed: `table.column`"));
            }
            None => {
                let column = ColumnName::new(self.names.pop().unwrap_or_default());
                vec![ColumnPath { column, json: self.json.take() }]
            }
        };
        Ok((self.table()?, columns))
    }

    /// The same, where JSON has no place.
    pub fn plain_columns_of_table(self) -> Result<TableColumns, Finding> {
        let span = self.span;
        let (table, columns) = self.columns_of_table()?;
        Ok(TableColumns { table, columns: plain(columns, span)? })
    }

    /// `table`, `table.column`, `schema.table.column` or `table.(a,b)`: the right of an arrow.
    pub fn table_and_key(self) -> Result<(TableName, Option<Vec<ColumnName>>), Finding> {
        if self.names.len() == 1 && self.group.is_none() {
            return Ok((self.table()?, None));
        }
        let TableColumns { table, columns } = self.plain_columns_of_table()?;
        Ok((table, Some(columns)))
    }

    /// `table` or `schema.table`.
    pub fn table(self) -> Result<TableName, Finding> {
        match (self.names.as_slice(), &self.group, &self.json) {
            ([name], None, None) => Ok(TableName::local(name)),
            ([schema, name], None, None) => {
                Ok(TableName { schema: Some(schema.clone()), name: name.clone() })
            }
            _ => Err(self.refuse("a table is written `table` or `schema.table`")),
        }
    }

    /// `a.b.c`: columns to follow.
    pub fn columns(self) -> Result<Vec<ColumnName>, Finding> {
        match (&self.group, &self.json) {
            (None, None) => Ok(self.names.into_iter().map(ColumnName::new).collect()),
            _ => Err(self.refuse("only columns and dots can stand here")),
        }
    }

    /// `a.b.c` or `a.b$.x`: columns to follow, and a place inside the JSON of the last.
    pub fn value(self) -> Result<(Vec<String>, Option<JsonPlace>), Finding> {
        let place = self.json.as_deref().map(|written| JsonPlace::read(written, None));
        if self.group.is_some() || place.as_ref().is_some_and(|place| place.each) {
            return Err(self.refuse("only columns, dots and a JSON path can stand here"));
        }
        Ok((self.names, place))
    }

    /// One column.
    pub fn column(self) -> Result<ColumnName, Finding> {
        let span = self.span;
        match self.columns()?.as_slice() {
            [column] => Ok(column.clone()),
            _ => Err(bad_path(span, "one column of the thing's own row is needed here")),
        }
    }

    fn refuse(&self, message: &str) -> Finding {
        bad_path(self.span, message)
    }
}

impl<'t> Reader<'t> {
    /// The entry's value as one column of the thing's own row.
    pub fn column(&mut self, entry: &Entry<'t>) -> Option<Located<ColumnName>> {
        let placed = self.placed_value(entry)?;
        if is_sql(&placed.text) {
            self.refuse(sql_for_column(&placed, &entry.path));
            return None;
        }
        let read = Path::read(&placed).and_then(Path::column);
        Some(Located::new(self.take(read)?, placed.all()))
    }
}

/// Whether this was written as an expression, though a column or a path must stand there.
pub(super) fn is_sql(text: &str) -> bool {
    let has_sql_signs = || text.contains([' ', '\n', '(', ')', '\'']);
    !text.starts_with('"') && (text.starts_with('=') || has_sql_signs())
}

/// Refuses SQL where the name of a column must stand.
pub(super) fn sql_for_column(placed: &Placed, path: &str) -> Finding {
    let message = format!("`{path}` is SQL, but must be the name of a column");
    Finding::error(codes::SQL_FOR_COLUMN, Some(placed.all()), message)
}

/// A name as it must be written in a path.
pub(super) fn quoted(name: &str) -> String {
    if !name.is_empty() && name.chars().all(is_plain) {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn plain(columns: Vec<ColumnPath>, span: Span) -> Result<Vec<ColumnName>, Finding> {
    if columns.iter().any(|column| column.json.is_some()) {
        return Err(bad_path(span, "a place inside JSON cannot stand here"));
    }
    Ok(columns.into_iter().map(|path| path.column).collect())
}

fn bad_path(span: Span, message: impl Into<String>) -> Finding {
    Finding::error(codes::BAD_PATH, Some(span), message)
}

fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Reads a path from left to right.
struct Scanner<'a> {
    placed: &'a Placed,
    at: usize,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        &self.placed.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, expected: char) -> bool {
        let is_next = self.peek() == Some(expected);
        if is_next {
            self.at += expected.len_utf8();
        }
        is_next
    }

    fn skip_spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// The characters from here on that `belongs` accepts.
    fn run(&mut self, belongs: fn(char) -> bool) -> String {
        let rest = self.rest();
        let length = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        let run = rest[..length].to_owned();
        self.at += length;
        run
    }

    fn name(&mut self) -> Result<String, Finding> {
        let start = self.at;
        let name = if self.eat('"') { self.quoted_name(start)? } else { self.run(is_plain) };
        match self.peek() {
            _ if !name.is_empty() => Ok(name),
            None | Some('.' | ',' | ')' | '$' | '"') => {
                let all = self.placed.all();
                Err(Finding::error(codes::EMPTY, Some(all), "a name is missing in this path"))
            }
            Some(_) => Err(self.unexpected()),
        }
    }

    /// What follows an opening quote, up to the closing one.
    fn quoted_name(&mut self, start: usize) -> Result<String, Finding> {
        let mut name = String::new();
        loop {
            name += &self.run(|c| c != '"');
            if !self.eat('"') {
                let open = self.placed.span(start..self.placed.text.len());
                return Err(bad_path(open, "this double quote is not closed"));
            }
            if !self.eat('"') {
                return Ok(name);
            }
            name.push('"');
        }
    }

    /// `$.path` or `$.path[*]`, without the `$`.
    fn json(&mut self) -> Result<Option<String>, Finding> {
        if !self.eat('$') {
            return Ok(None);
        }
        let start = self.at;
        while self.eat('.') {
            let name_start = self.at;
            let name = if self.eat('"') {
                self.quoted_name(name_start)?
            } else {
                self.run(|c| is_plain(c) || c == '-')
            };
            if name.is_empty() {
                return Err(self.unexpected());
            }
        }
        if self.at == start {
            return Err(bad_path(self.placed.all(), "after `$` a JSON path is needed: `$.path`"));
        }
        if self.rest().starts_with("[*]") {
            self.at += "[*]".len();
        }
        Ok(Some(self.placed.text[start..self.at].to_owned()))
    }

    /// `(a, b)`: the columns of a composite key.
    fn group(&mut self) -> Result<Vec<ColumnPath>, Finding> {
        let mut columns = Vec::new();
        self.eat('(');
        loop {
            self.skip_spaces();
            let column = ColumnName::new(self.name()?);
            columns.push(ColumnPath { column, json: self.json()? });
            self.skip_spaces();
            if self.eat(')') {
                return Ok(columns);
            }
            if !self.eat(',') {
                return Err(self.unexpected());
            }
        }
    }

    fn unexpected(&self) -> Finding {
        let Some(found) = self.peek() else {
            return bad_path(self.placed.all(), "this path ends too early");
        };
        let span = self.placed.span(self.at..self.at + found.len_utf8());
        bad_path(span, format!("`{found}` cannot stand here in a path")).help(FORMS)
    }
}
