//! What deletions write to rows that stay: the columns of each line and derivation, and what each
//! becomes, as far as that can be told before.

use super::{Source, derived};
use crate::finding::Span;
use crate::graph::Edge;
use crate::names::ColumnName;
use crate::plan::{self, Mentions};
use crate::policy::{Derived, Fate, Fragment, Literal, Part, Placeholder, Value};
use crate::schema::{Column, Dialect, Table};
use crate::sql::{Alias, Writer, can_be_meaningless, meaningless, refers_to_row};

/// A line or a derivation that writes to rows of a table.
pub(super) struct Writing<'a> {
    pub table: &'a Table,
    /// As a person knows it.
    pub text: String,
    pub span: Span,
    pub columns: Vec<Written<'a>>,
    /// The line that says which rows; a derivation may write to any.
    pub line: Option<&'a Edge>,
}

/// A column, and what it becomes.
pub(super) struct Written<'a> {
    pub column: &'a Column,
    pub becomes: Becomes<'a>,
}

/// What a column becomes.
#[derive(Clone, Copy)]
pub(super) enum Becomes<'a> {
    Null,
    Value(&'a Value),
    Meaningless,
    /// It cannot be told before.
    Untold,
}

/// Everything that some deletion writes.
pub(super) fn writings<'a>(source: &Source<'a>) -> Vec<Writing<'a>> {
    let lost = source.graph.edges.iter().filter(|edge| source.losses.reach(&edge.parent));
    let of_lines = lost.filter_map(|edge| of_line(source, edge));
    let set_off = source.policy.derived.iter().filter(|of| derived::is_set_off(source, of));
    let of_tables = set_off.filter_map(|derived| of_table(source, derived));
    of_lines.chain(of_tables).filter(|writing| !writing.columns.is_empty()).collect()
}

fn of_line<'a>(source: &Source<'a>, edge: &'a Edge) -> Option<Writing<'a>> {
    let table = source.schema.table(&edge.child)?;
    let written = |name: &ColumnName, becomes| {
        let column = table.column(name).filter(|column| !column.generated)?;
        Some(Written { column, becomes })
    };
    let columns = match &edge.fate {
        // What is taken out of JSON leaves a document that is not foretold.
        Fate::Unlink if edge.via.json().is_some() => return None,
        Fate::Unlink => {
            edge.columns.iter().filter_map(|c| written(&c.name, Becomes::Null)).collect()
        }
        Fate::Set(set) => {
            let of_set = |set: &'a crate::policy::Assignment| {
                written(&set.column.value, Becomes::Value(&set.value))
            };
            set.iter().filter_map(of_set).collect()
        }
        Fate::Anonymize(names) => {
            let key = plan::identity(table).unwrap_or_default();
            let known = names.iter().filter_map(|name| written(name, Becomes::Meaningless));
            known.filter(|w| can_be_meaningless(w.column, table, &key).is_ok()).collect()
        }
        _ => return None,
    };
    let text = format!("`{}`", edge.text);
    Some(Writing { table, text, span: edge.span, columns, line: Some(edge) })
}

/// What a derived row becomes when nothing is left to derive it from.
fn of_table<'a>(source: &Source<'a>, derived: &'a Derived) -> Option<Writing<'a>> {
    let table = source.schema.table(&derived.table.value)?;
    let columns = derived.set.iter().filter_map(|set| {
        let column = table.column(&set.column.value).filter(|column| !column.generated)?;
        let becomes = match (&set.none, &set.value) {
            (Some(none), _) => Becomes::Value(none),
            (None, value @ Value::Literal(_)) => Becomes::Value(value),
            (None, Value::Sql(_)) => Becomes::Untold,
        };
        Some(Written { column, becomes })
    });
    let (text, span) = (format!("[derived.{}]", derived.table.value), derived.table.span);
    Some(Writing { table, text, span, columns: columns.collect(), line: None })
}

impl Writing<'_> {
    /// What a column becomes, if it is written at all.
    pub fn becomes(&self, column: &ColumnName) -> Option<Becomes<'_>> {
        let written = self.columns.iter().find(|written| written.column.name == *column);
        written.map(|written| written.becomes)
    }

    /// Writes the condition of the rows that are written to: those that refer to a row, and meet
    /// the condition of the line. Nothing if that cannot be asked beforehand.
    pub fn rows(&self, source: &Source<'_>, writer: &mut Writer) -> Option<()> {
        let Some(edge) = self.line else {
            writer.push("1 = 1");
            return Some(());
        };
        let parent = source.schema.table(&edge.parent)?;
        let alias = Alias::of("sexton_p");
        if !edge.filter.as_ref().is_none_or(is_bindable) {
            return None;
        }
        writer.push("EXISTS (SELECT 1 FROM ").table(parent).push(" AS ").name(&alias);
        writer.push(" WHERE ");
        refers_to_row(writer, &edge.columns, &edge.via, (&alias, &edge.parent_key), self.table);
        writer.push(")");
        if let Some(filter) = &edge.filter {
            writer.push(" AND ").condition(filter, self.table);
        }
        Some(())
    }
}

impl Becomes<'_> {
    /// Whether it is one value for every row, known before.
    pub fn is_constant(&self, table: &Table, dialect: Dialect) -> bool {
        match self {
            Self::Null | Self::Value(Value::Literal(_)) => true,
            Self::Meaningless | Self::Untold => false,
            Self::Value(value @ Value::Sql(_)) => {
                let Some(fragment) = told(value, dialect) else { return false };
                let mentions = Mentions::of(dialect, std::iter::once(fragment));
                !mentions.is_fleeting()
                    && !table.columns.iter().any(|column| mentions.has(column.name.as_str()))
            }
        }
    }

    /// Whether it is NULL for certain.
    pub fn is_null(&self, column: &Column, dialect: Dialect) -> bool {
        match self {
            Self::Null => true,
            Self::Meaningless => column.nullable,
            Self::Value(value) => super::effects::is_null(value, dialect),
            Self::Untold => false,
        }
    }

    /// Whether a statement can ask for it before anything goes.
    pub fn is_told(&self, dialect: Dialect) -> bool {
        match self {
            Self::Null | Self::Meaningless | Self::Value(Value::Literal(_)) => true,
            Self::Value(value @ Value::Sql(_)) => told(value, dialect).is_some(),
            Self::Untold => false,
        }
    }

    /// The text, if it is one written out.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Value(Value::Literal(Literal::Text(text))) => Some(text),
            _ => None,
        }
    }

    /// Writes it in the column's type.
    pub fn write(&self, writer: &mut Writer, column: &Column, table: &Table) {
        writer.push("(");
        match self {
            Self::Null | Self::Untold => {
                writer.push("NULL");
            }
            Self::Value(value) => {
                writer.value(value, column, table);
            }
            Self::Meaningless => {
                meaningless(writer, column, &plan::identity(table).unwrap_or_default());
            }
        }
        writer.push(")");
        if writer.dialect() == Dialect::Postgres {
            writer.cast(column);
        }
    }
}

/// The fragment, if it can be asked before anything goes: it reads no other rows and nothing that
/// only a deletion knows.
fn told(value: &Value, dialect: Dialect) -> Option<&Fragment> {
    let Value::Sql(sql) = value else { return None };
    let reads = |part: &Part| match part {
        Part::Text(text) => text.to_ascii_lowercase().contains("select"),
        Part::Placeholder(_) => false,
    };
    sql.of(dialect).filter(|fragment| is_bindable(fragment) && !fragment.parts.iter().any(reads))
}

/// Whether every placeholder has a value without a root.
pub(super) fn is_bindable(fragment: &Fragment) -> bool {
    let is_bindable =
        |part: &Part| matches!(part, Part::Text(_) | Part::Placeholder(Placeholder::Now { .. }));
    fragment.parts.iter().all(is_bindable)
}
