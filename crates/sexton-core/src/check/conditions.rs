//! Whether what deletions write is taken by its column's type and by the CHECK constraints of its
//! table: the database is asked, with the new values in the place of the old.
//!
//! A CHECK that asks written columns only has one answer for all rows that get constants. One that
//! asks other columns too is tried on rows that would be written to.

use super::inquiry::Inquiry;
use super::writings::{Becomes, Writing, Written, writings};
use super::{Source, spelling};
use crate::finding::Finding;
use crate::plan::{self, Mentions};
use crate::policy::Value;
use crate::schema::{CheckConstraint, Column, Dialect, Table, TypeKind};
use crate::sql::{Statement, Writer};

pub(super) fn inquiries(source: &Source<'_>) -> Vec<Inquiry> {
    let mut inquiries = Vec::new();
    for writing in writings(source) {
        inquiries.extend(writing.columns.iter().filter_map(|of| untaken(source, &writing, of)));
        for check in &writing.table.checks {
            inquiries.extend(violated(source, &writing, check));
        }
    }
    inquiries
}

/// A literal of the policy that the type of its column does not take: PostgreSQL says so itself.
fn untaken(source: &Source<'_>, writing: &Writing<'_>, written: &Written<'_>) -> Option<Inquiry> {
    let Becomes::Value(Value::Literal(_)) = written.becomes else { return None };
    let plain = ["text", "character varying", "bpchar"];
    let is_asked = source.schema.dialect == Dialect::Postgres
        && !plain.contains(&written.column.type_name.as_str());
    let Written { column, becomes } = written;
    is_asked.then(|| {
        let mut writer = Writer::new(source.schema.dialect);
        writer.push("SELECT ");
        becomes.write(&mut writer, column, writing.table);
        writer.as_text();
        let statement = writer.finish("try a value of", &writing.table.name);
        let message = format!(
            "{} sets `{}.{}` to what {} does not take",
            writing.text, writing.table.name, column.name, column.type_name
        );
        let finding = Finding::error("C301", Some(writing.span), message)
            .help("write a value of the column's own type");
        Inquiry::if_refused(statement, finding)
    })
}

fn violated(
    source: &Source<'_>,
    writing: &Writing<'_>,
    check: &CheckConstraint,
) -> Option<Inquiry> {
    let dialect = source.schema.dialect;
    let mentions = Mentions::in_text(dialect, &check.condition);
    let asked: Vec<&Column> =
        writing.table.columns.iter().filter(|c| mentions.has(c.name.as_str())).collect();
    let becomes: Vec<_> = asked.iter().map(|column| writing.becomes(&column.name)).collect();
    let written = || becomes.iter().flatten();
    if written().next().is_none() || !written().all(|becomes| becomes.is_told(dialect)) {
        return None;
    }
    let constraint = match &check.name {
        Some(name) => format!("the CHECK `{name}`"),
        None => format!("CHECK ({})", check.condition),
    };
    let is_one_answer =
        becomes.iter().all(|b| b.is_some_and(|b| b.is_constant(writing.table, dialect)));
    let (table, text) = (&writing.table.name, &writing.text);
    let names = spelling::listed(asked.iter().map(|column| &column.name));
    let (statement, finding) = if is_one_answer {
        let message = format!("{text} sets {names} of `{table}` to what {constraint} refuses");
        (of_constants(source, writing, check, &asked), Finding::error("C301", None, message))
    } else {
        let message =
            format!("{text} would change `{table}` ({{row}}) to what {constraint} refuses, now");
        (of_rows(source, writing, check, &asked)?, Finding::warning("C302", None, message))
    };
    let finding = Finding { span: Some(writing.span), ..finding };
    let finding = finding.help(format!("it demands {}", check.condition));
    Some(Inquiry::if_found(statement, finding))
}

/// `SELECT 1 FROM (SELECT value AS column, …) AS table WHERE NOT (condition)`.
fn of_constants(
    source: &Source<'_>,
    writing: &Writing<'_>,
    check: &CheckConstraint,
    asked: &[&Column],
) -> Statement {
    let table = writing.table;
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT 1 FROM (SELECT ");
    new_values(&mut writer, writing, asked, "");
    refusing(&mut writer, table, check);
    if source.schema.dialect == Dialect::Sqlite {
        // A value alone has lost the collation of its column. What is refused whether small and
        // capital letters differ or not is refused.
        writer.push(" AND EXISTS (SELECT 1 FROM (SELECT ");
        new_values(&mut writer, writing, asked, " COLLATE NOCASE");
        refusing(&mut writer, table, check);
        writer.push(")");
    }
    writer.finish("try a CHECK of", &table.name)
}

fn new_values(
    writer: &mut Writer,
    writing: &Writing<'_>,
    asked: &[&Column],
    collation: &'static str,
) {
    writer.list(asked, |writer, column| {
        if let Some(becomes) = writing.becomes(&column.name) {
            becomes.write(writer, column, writing.table);
            writer.push(if column.kind == TypeKind::Text { collation } else { "" }).push(" AS ");
        }
        writer.column(column);
    });
}

fn refusing(writer: &mut Writer, table: &Table, check: &CheckConstraint) {
    writer.push(") AS ").alias(table).push(" WHERE NOT (").check(check).push(")");
}

/// The same over rows as they are, but for what is written to them.
fn of_rows(
    source: &Source<'_>,
    writing: &Writing<'_>,
    check: &CheckConstraint,
    asked: &[&Column],
) -> Option<Statement> {
    let table = writing.table;
    let key = plan::identity(table)?;
    let places: Vec<usize> = (0..key.len()).collect();
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT ").list(&places, |writer, at| {
        writer.numbered("sexton_k", *at).as_text();
    });
    writer.push(" FROM (SELECT ").list(&places, |writer, at| {
        writer.column(&key[*at]).numbered(" AS sexton_k", *at);
    });
    writer.push(", ");
    new_values(&mut writer, writing, asked, "");
    writer.push(" FROM ").table(table).push(" WHERE ");
    writing.rows(source, &mut writer)?;
    writer.limit();
    refusing(&mut writer, table, check);
    writer.push(" LIMIT 1");
    Some(writer.finish("try a CHECK on rows of", &table.name))
}
