//! Statements of a rule of retention: which roots are due, how many, and whether one still is.
//!
//! What is due is judged by the database's clock: when roots are looked for, and again under the
//! lock of each root, by the deletion itself. How many are looked for is the caller's: who could
//! not be deleted is still due, so as many more are read.

use super::closure::columns_of;
use super::hiding::write_hidden;
use crate::finding::Finding;
use crate::graph::{column_or_finding, table_or_finding};
use crate::names::{RetentionName, ThingName};
use crate::policy::{HideRow, Policy, Retention};
use crate::schema::{Column, Schema, Table, TypeKind};
use crate::sql::{Statement, Writer, in_roots};

/// The compiled statements of one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Retaining {
    /// The rule.
    pub rule: RetentionName,
    /// Of which thing the roots are.
    pub thing: ThingName,
    /// Reads the keys of roots that are due, in the rule's order, at most the cap.
    pub due: Statement,
    /// Counts them.
    pub count: Statement,
    /// Reads the keys of those roots of a deletion that are due.
    pub still: Statement,
}

/// What a rule looks at, once its names are found.
struct Ruled<'a> {
    rule: &'a Retention,
    /// How roots are hidden that the rule has found before.
    hide: Option<&'a HideRow>,
    table: &'a Table,
    key: Vec<Column>,
    age: Option<(&'a Column, i64)>,
    order: Option<(&'a Column, bool)>,
}

/// Compiles a rule; `over_secs` is its age in seconds, where it has one. Or what is wrong with it.
pub fn retaining(
    policy: &Policy,
    schema: &Schema,
    rule: &Retention,
    over_secs: Option<i64>,
) -> Result<Retaining, Vec<Finding>> {
    let ruled = ruled(policy, schema, rule, over_secs)?;
    let table = ruled.table;
    let select = || {
        let mut writer = Writer::new(schema.dialect);
        writer.push("SELECT ").list(&ruled.key, |writer, column| {
            writer.read(column);
        });
        writer.push(" FROM ").table(table).push(" WHERE ");
        writer
    };
    let mut due = select();
    is_due(&ruled, &mut due);
    due.push(" ORDER BY ");
    if let Some((column, descending)) = ruled.order {
        due.column(column).push(if descending { " DESC, " } else { ", " });
    }
    due.columns(&ruled.key).limit();
    let mut count = Writer::new(schema.dialect);
    count.push("SELECT count(*) FROM ").table(table).push(" WHERE ");
    is_due(&ruled, &mut count);
    let mut still = select();
    in_roots(&mut still, &ruled.key);
    still.push(" AND ");
    is_due(&ruled, &mut still);
    Ok(Retaining {
        rule: rule.name.clone(),
        thing: rule.thing.value.clone(),
        due: due.finish("look for due", &table.name),
        count: count.finish("count due", &table.name),
        still: still.finish("judge the age of", &table.name),
    })
}

/// `created_at < … AND (where)`. Who is exactly as old stays.
fn is_due(ruled: &Ruled<'_>, writer: &mut Writer) {
    if let Some((column, secs)) = ruled.age {
        writer.alias(ruled.table).push(".").column(column).push(" < ").now(secs, Some(column));
    }
    let filter = ruled.rule.filter.as_ref().and_then(|sql| sql.of(writer.dialect()));
    if let Some(filter) = filter {
        writer.push(if ruled.age.is_some() { " AND " } else { "" });
        writer.condition(filter, ruled.table);
    }
    if let Some(hide) = ruled.hide {
        let any = ruled.age.is_some() || filter.is_some();
        writer.push(if any { " AND NOT " } else { "NOT " });
        write_hidden(writer, hide, ruled.table);
    }
}

/// What is wrong with the names of a rule.
pub(crate) fn misnamed(policy: &Policy, schema: &Schema, rule: &Retention) -> Vec<Finding> {
    ruled(policy, schema, rule, None).err().unwrap_or_default()
}

fn ruled<'a>(
    policy: &'a Policy,
    schema: &'a Schema,
    rule: &'a Retention,
    over_secs: Option<i64>,
) -> Result<Ruled<'a>, Vec<Finding>> {
    let (table, key) = table_of(policy, schema, rule).map_err(|finding| vec![*finding])?;
    let mut findings = Vec::new();
    let mut age = None;
    if let Some(written) = &rule.age {
        match column_or_finding(table, &written.of.value, written.of.span) {
            Ok(column) if tells_time(column) => age = Some(column),
            Ok(column) => findings.push(no_time(column, rule, written.of.span)),
            Err(finding) => findings.push(*finding),
        }
    }
    let mut order = age.map(|column| (column, false));
    if let Some(written) = &rule.order {
        match column_or_finding(table, &written.value.column, written.span) {
            Ok(column) => order = Some((column, written.value.descending)),
            Err(finding) => findings.push(*finding),
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let age = age.zip(over_secs);
    let thing = policy.things.iter().find(|thing| thing.name == rule.thing.value);
    let hide = thing.and_then(|thing| thing.hide.as_ref()?.row());
    Ok(Ruled { rule, hide, table, key, age, order })
}

fn table_of<'a>(
    policy: &'a Policy,
    schema: &'a Schema,
    rule: &Retention,
) -> Result<(&'a Table, Vec<Column>), Box<Finding>> {
    let (name, span) = (&rule.thing.value, rule.thing.span);
    let thing = policy.things.iter().find(|thing| thing.name == *name).ok_or_else(|| {
        let known: Vec<&str> = policy.things.iter().map(|thing| thing.name.as_str()).collect();
        let message = format!("`{}` deletes by age what is no thing: `{name}`", rule.name);
        let help = format!("the things are {}", known.join(", "));
        Box::new(Finding::error("C621", Some(span), message).help(help))
    })?;
    let Some(row) = &thing.row else {
        let message = format!("a `{name}` has no row of its own that could be of an age");
        let finding = Finding::error("C622", Some(span), message);
        return Err(Box::new(finding.help("name a thing with `row`")));
    };
    let table = table_or_finding(&row.value.table, row.span, schema)?;
    for column in &row.value.columns {
        column_or_finding(table, column, row.span)?;
    }
    Ok((table, columns_of(table, &row.value.columns)))
}

fn tells_time(column: &Column) -> bool {
    matches!(
        column.kind,
        TypeKind::Time | TypeKind::Text | TypeKind::Integer | TypeKind::Number | TypeKind::Other
    )
}

fn no_time(column: &Column, rule: &Retention, span: crate::finding::Span) -> Finding {
    let message =
        format!("`{}` holds no time, so it tells no age for `{}`", column.name, rule.name);
    Finding::error("C624", Some(span), message)
        .help("name a column of times, of seconds since 1970, or of ISO 8601 text")
}
