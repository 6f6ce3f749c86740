//! Writes one statement: fixed words, quoted identifiers of the schema, binds, policy fragments.

use super::{Bind, Statement};
use crate::names::TableName;
use crate::policy::{Fragment, Literal, Part, Placeholder, Value};
use crate::schema::{CheckConstraint, Column, Dialect, Table, TypeKind};
use crate::sql::{KeyColumns, Scalar};

/// A statement in the making.
#[derive(Debug, Clone)]
pub struct Writer {
    dialect: Dialect,
    sql: String,
    binds: Vec<Bind>,
    qualifier: Option<Alias>,
    /// Whether it is planned for the values at hand, and not once for all.
    for_these: bool,
    /// Whether literals of the policy are written out, because nobody could bind them.
    written_out: bool,
}

/// What a table is called within a statement of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias(String);

impl Alias {
    /// An alias of this code.
    pub fn of(word: &'static str) -> Self {
        Self(word.to_owned())
    }

    /// The name by which a table's columns are qualified.
    pub fn of_table(table: &Table) -> Self {
        Self(table.name.name.clone())
    }

    /// An alias as the policy writes it: unquoted names fold to lower case.
    pub fn parse(word: &str) -> Option<Self> {
        let plain = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == '_');
        match word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(quoted) => Some(Self(quoted.to_owned())),
            None => (!word.is_empty() && plain(word)).then(|| Self(word.to_lowercase())),
        }
    }
}

impl std::fmt::Display for Alias {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Writer {
    /// An empty statement.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            sql: String::new(),
            binds: Vec::new(),
            qualifier: None,
            for_these: false,
            written_out: false,
        }
    }

    /// A text for the database to keep, such as a trigger's: literals of the policy stand in it
    /// in quotes, as nobody binds them. It has no other values.
    pub fn written_out(dialect: Dialect) -> Self {
        Self { written_out: true, ..Self::new(dialect) }
    }

    /// An empty statement whose binds go on from those of another, to be put behind it.
    pub fn continuing(dialect: Dialect, binds: Vec<Bind>) -> Self {
        Self { binds, ..Self::new(dialect) }
    }

    /// Adds `LIMIT` and the cap of whoever runs it.
    pub fn limit(&mut self) -> &mut Self {
        self.push(" LIMIT ").placeholder(Bind::Cap);
        self.push(if self.dialect == Dialect::Postgres { "::text::bigint" } else { "" })
    }

    /// The database it is written for.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Adds words of this code; being `'static`, they cannot carry a value.
    pub fn push(&mut self, words: &'static str) -> &mut Self {
        self.sql.push_str(words);
        self
    }

    /// Adds a table of the schema.
    pub fn table(&mut self, table: &Table) -> &mut Self {
        if let Some(schema) = &table.name.schema {
            self.quoted(schema);
            self.sql.push('.');
        }
        self.quoted(&table.name.name)
    }

    /// Adds the name by which a table's columns are qualified.
    pub fn alias(&mut self, table: &Table) -> &mut Self {
        self.quoted(&table.name.name)
    }

    /// Adds a column of the schema.
    pub fn column(&mut self, column: &Column) -> &mut Self {
        if let Some(alias) = self.qualifier.clone() {
            self.name(&alias).push(".");
        }
        self.quoted(column.name.as_str())
    }

    /// Adds an alias.
    pub fn name(&mut self, alias: &Alias) -> &mut Self {
        self.quoted(&alias.0)
    }

    /// Writes with every column qualified by an alias.
    pub fn qualified(&mut self, alias: &Alias, write: impl FnOnce(&mut Self)) -> &mut Self {
        let outer = self.qualifier.replace(alias.clone());
        write(self);
        self.qualifier = outer;
        self
    }

    /// Writes with every column qualified by its table's own name.
    pub fn qualified_by(&mut self, table: &Table, write: impl FnOnce(&mut Self)) -> &mut Self {
        self.qualified(&Alias(table.name.name.clone()), write)
    }

    /// Adds a numbered name of this code, such as `k1`.
    pub fn numbered(&mut self, stem: &'static str, number: usize) -> &mut Self {
        self.sql.push_str(stem);
        self.sql.push_str(&number.to_string());
        self
    }

    /// Adds a number of this code.
    pub fn number(&mut self, number: i64) -> &mut Self {
        self.sql.push_str(&number.to_string());
        self
    }

    /// Adds columns with commas between them.
    pub fn columns(&mut self, columns: &[Column]) -> &mut Self {
        self.list(columns, |writer, column| {
            writer.column(column);
        })
    }

    /// Adds something for each item, with commas between.
    pub fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) -> &mut Self {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.sql.push_str(", ");
            }
            write(self, item);
        }
        self
    }

    /// Adds a column as it is read: as text in PostgreSQL, as it is in SQLite.
    pub fn read(&mut self, column: &Column) -> &mut Self {
        self.column(column);
        self.as_text()
    }

    /// Makes the expression before it text where values are read as text.
    pub fn as_text(&mut self) -> &mut Self {
        match self.dialect {
            Dialect::Postgres => self.push("::text"),
            Dialect::Sqlite => self,
        }
    }

    /// Adds a placeholder for one value, in the type of `column`.
    pub fn bind(&mut self, bind: Bind, column: Option<&Column>) -> &mut Self {
        self.placeholder(bind);
        if self.dialect == Dialect::Postgres {
            self.sql.push_str("::text");
            if let Some(column) = column.filter(|column| column.type_name != "text") {
                self.cast(column);
            }
        }
        self
    }

    /// Adds a placeholder for a list of values of `column`'s type (PostgreSQL).
    pub fn bind_array(&mut self, bind: Bind, column: &Column) -> &mut Self {
        self.placeholder(bind);
        self.sql.push_str("::text[]");
        if column.type_name != "text" {
            self.cast(column);
            self.sql.push_str("[]");
        }
        self
    }

    /// Adds text as a literal: names and sentences of the policy, in texts that have no binds.
    pub fn literal(&mut self, text: &str) -> &mut Self {
        let escaped = self.dialect == Dialect::Postgres && text.contains('\\');
        self.sql.push_str(if escaped { " E'" } else { "'" });
        let text = text.replace('\'', "''");
        self.sql.push_str(&if escaped { text.replace('\\', "\\\\") } else { text });
        self.sql.push('\'');
        self
    }

    /// Adds what another writer has written, in quotes that it cannot end (PostgreSQL).
    pub fn dollar_quoted(&mut self, other: &Self) -> &mut Self {
        let body = other.sql.as_str();
        let mut tags = (0..).map(|number| format!("$sexton{number}$"));
        let tag = tags.find(|tag| !body.contains(tag.as_str())).unwrap_or_default();
        self.sql.extend([tag.as_str(), body, tag.as_str()]);
        self
    }

    /// Adds a name of this code's own making.
    pub fn made_name(&mut self, name: &str) -> &mut Self {
        self.quoted(name)
    }

    /// Adds what another writer has written.
    pub fn written(&mut self, other: &Self) -> &mut Self {
        self.sql.push_str(&other.sql);
        self
    }

    /// What its placeholders stand for so far.
    pub fn binds(&self) -> &[Bind] {
        &self.binds
    }

    /// The text so far.
    pub fn text(&self) -> &str {
        &self.sql
    }

    /// Adds a placeholder as it is.
    pub fn placeholder(&mut self, bind: Bind) -> &mut Self {
        if self.written_out {
            return match bind {
                Bind::Literal(Scalar::Text(text)) => self.literal(&text),
                Bind::Literal(Scalar::Integer(number)) => self.number(number),
                _ => self.push("NULL"),
            };
        }
        let number = match self.binds.iter().position(|known| *known == bind) {
            Some(at) => at + 1,
            None => {
                self.binds.push(bind);
                self.binds.len()
            }
        };
        self.numbered(if self.dialect == Dialect::Postgres { "$" } else { "?" }, number)
    }

    /// Adds a cast to a column's type, as the catalog spells it.
    pub fn cast(&mut self, column: &Column) -> &mut Self {
        self.sql.push_str("::");
        self.sql.push_str(&column.type_name);
        self
    }

    /// Adds a cast to a column's type with its length and precision.
    pub fn cast_stored(&mut self, column: &Column) -> &mut Self {
        self.sql.push_str("::");
        self.sql.push_str(&column.stored_type);
        self
    }

    /// Adds the condition of a CHECK constraint, as the catalog spells it.
    pub fn check(&mut self, check: &CheckConstraint) -> &mut Self {
        self.sql.push_str(&check.condition);
        // SQLite keeps what was written, and that may end with a comment.
        self.push("\n")
    }

    /// Has the statement planned for the values at hand, and not once for all.
    pub fn planned_each_time(&mut self) -> &mut Self {
        self.for_these = true;
        self
    }

    /// Adds a fragment of the policy in brackets; placeholders that stand beside a column of
    /// `table` get its type.
    pub fn condition(&mut self, fragment: &Fragment, table: &Table) -> &mut Self {
        self.push("(").fragment(fragment, table).push(")")
    }

    /// Adds a fragment of the policy.
    pub fn fragment(&mut self, fragment: &Fragment, table: &Table) -> &mut Self {
        // `check` refuses the keys of going rows where they are not known.
        self.fragment_with(fragment, table, |writer, _| {
            writer.push("NULL");
        })
    }

    /// Adds a fragment of the policy in which the keys of going rows are written so.
    pub fn fragment_with(
        &mut self,
        fragment: &Fragment,
        table: &Table,
        going: impl Fn(&mut Self, &TableName),
    ) -> &mut Self {
        let mut before = "";
        for part in &fragment.parts {
            match part {
                Part::Placeholder(Placeholder::Going(name)) => {
                    going(self, name);
                    before = "";
                }
                Part::Text(text) => {
                    self.for_these |= text.to_ascii_lowercase().contains("select");
                    self.sql.push_str(text);
                    before = text;
                }
                Part::Placeholder(placeholder) => {
                    self.policy_placeholder(placeholder, column_for_placeholder(before, table));
                    before = "";
                }
            }
        }
        self
    }

    /// Adds a value that `column` is set to.
    pub fn value(&mut self, value: &Value, column: &Column, table: &Table) -> &mut Self {
        match value {
            Value::Literal(literal) => {
                self.bind(Bind::Literal(scalar(literal, self.dialect)), Some(column))
            }
            Value::Sql(sql) => match sql.of(self.dialect) {
                Some(fragment) => match fragment.parts.as_slice() {
                    // A placeholder that is the whole value takes the form of its column.
                    [Part::Placeholder(placeholder)] => {
                        self.policy_placeholder(placeholder, Some(column));
                        self
                    }
                    _ => self.condition(fragment, table),
                },
                None => self.push("NULL"),
            },
        }
    }

    fn policy_placeholder(&mut self, placeholder: &Placeholder, column: Option<&Column>) {
        match placeholder {
            Placeholder::Id => {
                self.bind(Bind::Id, column);
            }
            Placeholder::Actor => {
                self.bind(Bind::Actor, column);
            }
            Placeholder::Tenant => {
                self.bind(Bind::Tenant, column);
            }
            Placeholder::Path(name) => {
                self.bind(Bind::Path(name.clone()), column);
            }
            Placeholder::Now { minus_secs } => {
                self.now(*minus_secs, column);
            }
            // `check` refuses these before a statement is written.
            Placeholder::Going(_) | Placeholder::Unbuilt(_) => {
                self.push("NULL");
            }
        }
    }

    /// Adds the database's clock, so many seconds ago, in the column's own form.
    pub fn now(&mut self, minus_secs: i64, column: Option<&Column>) -> &mut Self {
        let kind = column.map_or(TypeKind::Time, |column| column.kind);
        let secs = minus_secs.to_string();
        let (open, close) = match (self.dialect, kind) {
            (Dialect::Postgres, TypeKind::Integer | TypeKind::Number) => {
                ("(extract(epoch FROM now())::bigint - ", ")")
            }
            (Dialect::Postgres, TypeKind::Text) => (
                "to_char((now() AT TIME ZONE 'UTC') - make_interval(secs => ",
                "), 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')",
            ),
            (Dialect::Postgres, _) => ("(now() - make_interval(secs => ", "))"),
            (Dialect::Sqlite, TypeKind::Integer | TypeKind::Number) => ("(unixepoch() - ", ")"),
            (Dialect::Sqlite, _) => {
                ("strftime('%Y-%m-%dT%H:%M:%SZ', unixepoch() - ", ", 'unixepoch')")
            }
        };
        self.sql.push_str(open);
        self.sql.push_str(&secs);
        self.sql.push_str(close);
        self
    }

    /// The finished statement.
    pub fn finish(self, verb: &str, table: &TableName) -> Statement {
        let by_keys =
            |bind: &Bind| matches!(bind, Bind::Keys { .. } | Bind::Roots { .. } | Bind::Id);
        Statement {
            general: !self.for_these && self.binds.iter().any(by_keys),
            label: [verb, &table.to_string()].join(" "),
            table: table.clone(),
            sql: self.sql,
            lock: "",
            binds: self.binds,
        }
    }

    /// The finished statement, with what locks its rows in a transaction that changes.
    pub fn finish_locked(self, verb: &str, table: &TableName, lock: &'static str) -> Statement {
        let lock = match self.dialect {
            Dialect::Postgres => lock,
            // One writer at a time: there is nothing to lock.
            Dialect::Sqlite => "",
        };
        Statement { lock, ..self.finish(verb, table) }
    }

    fn quoted(&mut self, name: &str) -> &mut Self {
        self.sql.push('"');
        self.sql.push_str(&name.replace('"', "\"\""));
        self.sql.push('"');
        self
    }
}

/// The column that the text before a placeholder compares it with: `… created_at <`.
pub fn column_for_placeholder<'a>(before: &str, table: &'a Table) -> Option<&'a Column> {
    let operand = before.trim_end().trim_end_matches(['=', '<', '>', '!']);
    if operand.len() == before.trim_end().len() {
        return None;
    }
    let operand = operand.trim_end();
    let name = if let Some(quoted) = operand.strip_suffix('"') {
        &quoted[quoted.rfind('"')? + 1..]
    } else {
        let from = operand
            .rfind(|c: char| !c.is_alphanumeric() && c != '_')
            .map_or(0, |at| at + operand[at..].chars().next().map_or(1, char::len_utf8));
        &operand[from..]
    };
    table.columns.iter().find(|column| column.name.as_str().eq_ignore_ascii_case(name))
}

/// A literal of the policy as the database carries it.
fn scalar(literal: &Literal, dialect: Dialect) -> Scalar {
    match (literal, dialect) {
        (Literal::Bool(yes), Dialect::Sqlite) => Scalar::Integer(i64::from(*yes)),
        (Literal::Bool(yes), Dialect::Postgres) => Scalar::text(yes.to_string()),
        (Literal::Integer(number), _) => Scalar::Integer(*number),
        (Literal::Float(number), Dialect::Sqlite) => Scalar::Real(*number),
        (Literal::Float(number), Dialect::Postgres) => Scalar::text(number.to_string()),
        (Literal::Text(text), _) => Scalar::text(text.clone()),
    }
}

impl Bind {
    /// Every value of these columns of a set.
    pub fn keys(from: Vec<KeyColumns>, part: Option<usize>) -> Self {
        Self::Keys { from, part }
    }
}
