//! Whether a guard finds its rows by an index: the database explains how it would run the guard's
//! statement, word for word as a plan has it.
//!
//! Explained is under the settings of a deletion, where PostgreSQL goes by index wherever there is
//! one: what it reads through all the same, no index serves.

use super::inquiry::Inquiry;
use super::{Source, spelling};
use crate::finding::Finding;
use crate::names::ColumnName;
use crate::plan::{JudgedBy, Mentions, Plan, guarding_table};
use crate::policy::Guard;
use crate::schema::{Dialect, Table};
use crate::sql::{Alias, Scalar, Statement, Writer};

pub(super) fn inquiries(source: &Source<'_>, plan: &Plan) -> Vec<Inquiry> {
    let judgements = plan.steps.judge.iter().filter_map(|judgement| {
        let JudgedBy::Guard(name) = &judgement.by else { return None };
        let guard = source.policy.guards.iter().find(|guard| guard.name == *name)?;
        unserved(source, guard, &judgement.statement)
    });
    judgements.collect()
}

/// Only a long table is worth an index.
fn is_long(source: &Source<'_>, table: &Table) -> bool {
    table.rows_estimate.is_some_and(|rows| rows > source.policy.check.unindexed_rows_max)
}

fn unserved(source: &Source<'_>, guard: &Guard, statement: &Statement) -> Option<Inquiry> {
    let (table, alias) = guarding_table(guard, source.schema)?;
    if !is_long(source, table) {
        return None;
    }
    let names = match source.schema.dialect {
        Dialect::Postgres => vec![table.name.name.clone(), spelling::sql_name(&table.name.name)],
        Dialect::Sqlite => vec![alias.to_string()],
    };
    let message = format!(
        "guard `{}` reads every row of `{}` ({}): no index leads from what goes to the rows that \
         it asks",
        guard.name,
        table.name,
        spelling::size(table)
    );
    let finding = Finding::warning("C322", Some(guard.link.span), message);
    let finding = finding.help(match linking(source, guard, table, &alias).as_slice() {
        [] => "write `link` as `alias.column = …`, so that an index over the column serves".into(),
        columns => {
            let create = |column: &ColumnName| {
                spelling::create_index(source.schema, table, std::slice::from_ref(column))
            };
            columns.iter().map(create).collect::<Vec<String>>().join(" ")
        }
    });
    let mut writer = Writer::new(source.schema.dialect);
    writer.push(match source.schema.dialect {
        Dialect::Postgres => "EXPLAIN (COSTS OFF) ",
        Dialect::Sqlite => "EXPLAIN QUERY PLAN ",
    });
    let explained = writer.finish("explain", &table.name);
    let sql = explained.sql + &statement.sql;
    let explained = Statement { label: "explain".into(), sql, general: true, ..statement.clone() };
    Some(Inquiry::if_read_through(explained, names, finding))
}

/// Columns of the guard's table that its link asks, and that no index begins with.
fn linking(source: &Source<'_>, guard: &Guard, table: &Table, alias: &Alias) -> Vec<ColumnName> {
    let Some(link) = guard.link.of(source.schema.dialect) else { return Vec::new() };
    let mentions = Mentions::of(source.schema.dialect, std::iter::once(link));
    let names = table.columns.iter().map(|column| &column.name);
    let asked = names.filter(|name| mentions.has_qualified(&alias.to_string(), name.as_str()));
    asked.filter(|name| table.index_led_by(std::slice::from_ref(name)).is_none()).cloned().collect()
}

/// Whether a line of the explanation says that one of these is read from end to end.
pub(super) fn is_read_through(row: &[Scalar], names: &[String]) -> bool {
    let Some(Scalar::Text(line)) = row.last() else { return false };
    let step = line.trim_start_matches([' ', '-', '>']);
    let read = step.strip_prefix("Seq Scan on ").or_else(|| step.strip_prefix("SCAN "));
    let Some(first) = read.and_then(|read| read.split(' ').next()) else { return false };
    names.iter().any(|name| name == first)
}
