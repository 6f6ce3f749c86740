//! Whether `unlink`, `set` and `anonymize` lines can write what they say, and do not contradict each other.

use super::{Source, spelling};
use crate::finding::{Finding, Span};
use crate::graph::{Edge, column_or_finding};
use crate::names::ColumnName;
use crate::plan;
use crate::policy::{Assignment, Fate, Literal, Part, Value};
use crate::schema::{Column, Dialect, Table};
use crate::sql::{Meaningful, can_be_meaningless};

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let edges = || source.graph.edges.iter();
    let mut findings: Vec<Finding> = edges()
        .flat_map(|edge| match &edge.fate {
            Fate::Unlink => unlinked_not_null(edge),
            Fate::Set(assignments) => assigned(source, edge, assignments),
            Fate::Anonymize(names) => anonymized(source, edge, names),
            _ => Vec::new(),
        })
        .collect();
    findings.extend(edges().flat_map(|edge| contradicted(source, edge)));
    findings
}

/// Unlinking makes every column of the reference NULL, but a JSON document stays one.
fn unlinked_not_null(edge: &Edge) -> Vec<Finding> {
    if edge.via.json().is_some() {
        return Vec::new();
    }
    let Some(fixed) = edge.columns.iter().find(|column| !column.nullable) else {
        return Vec::new();
    };
    let message = format!("`{}` cannot be unlinked: `{}` is NOT NULL", edge.text, fixed.name);
    let help = match edge.columns.iter().find(|column| column.nullable) {
        Some(free) => format!("write {{ set = {{ {} = \"=null\" }} }}", free.name),
        None => format!("write delete, block or {{ set = {{ {} = … }} }}", fixed.name),
    };
    vec![Finding::error("C114", Some(edge.span), message).help(help)]
}

fn assigned(source: &Source<'_>, edge: &Edge, assignments: &[Assignment]) -> Vec<Finding> {
    let Some(table) = source.schema.table(&edge.child) else { return Vec::new() };
    let dialect = source.schema.dialect;
    let judge = |assignment: &Assignment| {
        let column = &assignment.column;
        written(table, &column.value, column.span, &[&assignment.value], dialect)
    };
    assignments.iter().filter_map(judge).collect()
}

/// Columns that nothing meaningless can be written to.
fn anonymized(source: &Source<'_>, edge: &Edge, names: &[ColumnName]) -> Vec<Finding> {
    let Some(table) = source.schema.table(&edge.child) else { return Vec::new() };
    let own_key = plan::identity(table).unwrap_or_default();
    let judge = |name: &ColumnName| {
        let column = match column_or_finding(table, name, edge.span) {
            Ok(column) => column,
            Err(finding) => return Some(*finding),
        };
        if column.generated {
            return written(table, name, edge.span, &[], source.schema.dialect);
        }
        let why = can_be_meaningless(column, table, &own_key).err()?;
        Some(meaningful(edge, column, why))
    };
    names.iter().filter_map(judge).collect()
}

fn meaningful(edge: &Edge, column: &Column, why: Meaningful) -> Finding {
    let name = &column.name;
    let (why, help) = match why {
        Meaningful::Key => ("it is a part of the row's own key", "leave it out"),
        Meaningful::Reference => (
            "it is NOT NULL and a foreign key holds it",
            "allow NULL in the column, or write another fate",
        ),
        Meaningful::Unique => (
            "no two rows may be alike in it, and only texts and UUIDs can differ and say nothing",
            "allow NULL in the column, or write { set = … }",
        ),
        Meaningful::Type => (
            "it is NOT NULL, and no value of its type is known to say nothing",
            "write { set = … } with a value that means none",
        ),
    };
    let message = format!("`{}.{name}` cannot be anonymized: {why}", edge.child);
    Finding::error("C128", Some(edge.span), message).help(help)
}

/// What forbids that a column gets one of these values.
pub(super) fn written(
    table: &Table,
    name: &ColumnName,
    span: Span,
    values: &[&Value],
    dialect: Dialect,
) -> Option<Finding> {
    let column = match column_or_finding(table, name, span) {
        Ok(column) => column,
        Err(finding) => return Some(*finding),
    };
    let is_nulled = || values.iter().any(|value| is_null(value, dialect));
    if column.generated {
        let message = format!("`{}.{name}` is computed by the database", table.name);
        let help = "leave it out, and set the columns that it is computed from";
        return Some(Finding::error("C115", Some(span), message).help(help));
    }
    (!column.nullable && is_nulled()).then(|| not_null(table, column, span))
}

fn not_null(table: &Table, column: &Column, span: Span) -> Finding {
    let message = format!("`{}.{}` is NOT NULL, so it cannot become null", table.name, column.name);
    Finding::error("C114", Some(span), message).help("set it to a value that means none")
}

/// Whether this is `=null` and nothing else.
pub(super) fn is_null(value: &Value, dialect: Dialect) -> bool {
    matches!(effect(value, dialect), Effect::Null)
}

/// What a column becomes, so that two of them can be compared.
#[derive(PartialEq)]
enum Effect<'a> {
    Null,
    /// A place inside it is taken out; other places of it can be too.
    Inside,
    /// It is anonymized, the same each time.
    Meaningless,
    Literal(&'a Literal),
    Sql(&'a [Part]),
}

fn effect(value: &Value, dialect: Dialect) -> Effect<'_> {
    let sql = match value {
        Value::Literal(literal) => return Effect::Literal(literal),
        Value::Sql(sql) => sql,
    };
    match sql.of(dialect).map(|fragment| fragment.parts.as_slice()) {
        Some([Part::Text(text)]) if text.trim().eq_ignore_ascii_case("null") => Effect::Null,
        Some(parts) => Effect::Sql(parts),
        None => Effect::Sql(&[]),
    }
}

/// The columns that a line writes.
fn effects(edge: &Edge, dialect: Dialect) -> Vec<(&ColumnName, Effect<'_>)> {
    match &edge.fate {
        Fate::Unlink if edge.via.json().is_some() => {
            edge.columns.iter().map(|column| (&column.name, Effect::Inside)).collect()
        }
        Fate::Unlink => edge.columns.iter().map(|column| (&column.name, Effect::Null)).collect(),
        Fate::Set(assignments) => assignments
            .iter()
            .map(|assignment| (&assignment.column.value, effect(&assignment.value, dialect)))
            .collect(),
        Fate::Anonymize(names) => names.iter().map(|name| (name, Effect::Meaningless)).collect(),
        _ => Vec::new(),
    }
}

/// Lines before this one that write something else to a column of the same row.
fn contradicted(source: &Source<'_>, edge: &Edge) -> Vec<Finding> {
    let dialect = source.schema.dialect;
    let own = effects(edge, dialect);
    let clashing = |first: &Edge| {
        let of_first = effects(first, dialect);
        let differs = |(name, effect): &&(&ColumnName, Effect<'_>)| {
            of_first.iter().any(|(other, first)| other == name && first != effect)
        };
        own.iter().find(differs).map(|(name, _)| (*name).clone())
    };
    let before = source.graph.above(&edge.child).filter(|first| first.id < edge.id);
    before
        .filter(|first| source.losses.reach_both(&first.parent, &edge.parent))
        .filter(|first| !is_told_apart(first, edge))
        .filter_map(|first| Some(contradiction(first, edge, &clashing(first)?)))
        .collect()
}

/// One reference whose lines have conditions: a row meets one of them.
fn is_told_apart(one: &Edge, other: &Edge) -> bool {
    let conditions = one.filter.is_some() && other.filter.is_some();
    conditions
        && one.via == other.via
        && spelling::names(&one.columns) == spelling::names(&other.columns)
}

fn contradiction(first: &Edge, edge: &Edge, column: &ColumnName) -> Finding {
    let message = format!(
        "`{}` and `{}` both change `{}.{column}`, and one deletion can do both to one row",
        first.text, edge.text, edge.child
    );
    Finding::error("C116", Some(edge.span), message)
        .help("let both set it to the same value, or let only one of them set it")
}
