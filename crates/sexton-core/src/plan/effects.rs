//! What happens to rows that stay: effects, derivations, and what is kept.

use super::closure::{
    Closure, columns_of, edge_condition, identities, identity, names, ordered, positions, root_row,
    select,
};
use super::compile::Source;
use super::{Change, Derivation, Find, Foretelling, KeptReference, SetRole};
use crate::finding::Finding;
use crate::graph::Edge;
use crate::names::{ColumnName, TableName};
use crate::policy::{Assignment, Derived, DerivedColumn, Fate, Fragment, Literal, Part, Value};
use crate::schema::{Column, Dialect, Table};
use crate::sql::{
    KeyColumns, KeySource, SetId, Statement, Writer, can_be_meaningless, in_keys, meaningless,
    not_in_keys, unlinked,
};

/// Effects of `unlink` and `set` lines, and the finds of the rows they change.
pub(super) fn changes(
    source: &Source<'_>,
    closure: &mut Closure,
    findings: &mut Vec<Finding>,
) -> (Vec<Change>, Vec<Find>) {
    let mut changes: Vec<Change> = of_partial(source, closure).into_iter().collect();
    let mut finds = Vec::new();
    for edge in source.graph.below_any(&closure.going.clone()) {
        let assignments = match &edge.fate {
            Fate::Unlink => edge.columns.iter().map(|column| (column.clone(), New::None)).collect(),
            Fate::Set(set) => assigned(source, edge, set, findings),
            Fate::Anonymize(names) => anonymized(source, edge, names, findings),
            _ => continue,
        };
        if let Some((change, find)) = change(source, closure, edge, &assignments, findings) {
            changes.push(change);
            finds.push(find);
        }
    }
    (changes, finds)
}

/// What a column becomes.
#[derive(Debug, Clone, Copy)]
enum New<'a> {
    /// What it is when it refers to nothing.
    None,
    /// What the policy says.
    Value(&'a Value),
    /// What says nothing of the row's past.
    Meaningless,
}

type Assigned<'a> = Vec<(Column, New<'a>)>;

fn assigned<'a>(
    source: &Source<'_>,
    edge: &Edge,
    set: &'a [Assignment],
    findings: &mut Vec<Finding>,
) -> Assigned<'a> {
    let Some(table) = source.schema.table(&edge.child) else { return Vec::new() };
    set.iter()
        .filter_map(|assignment| {
            let name = &assignment.column;
            match crate::graph::column_or_finding(table, &name.value, name.span) {
                Ok(column) => Some((column.clone(), New::Value(&assignment.value))),
                Err(finding) => {
                    findings.push(*finding);
                    None
                }
            }
        })
        .collect()
}

/// The columns to make meaningless; `check` tells of one that cannot be.
fn anonymized<'a>(
    source: &Source<'_>,
    edge: &Edge,
    columns: &[ColumnName],
    findings: &mut Vec<Finding>,
) -> Assigned<'a> {
    let Some(table) = source.schema.table(&edge.child) else { return Vec::new() };
    let own_key = identity(table).unwrap_or_default();
    let mut assigned = Vec::new();
    for name in columns {
        match crate::graph::column_or_finding(table, name, edge.span) {
            Ok(column) if can_be_meaningless(column, table, &own_key).is_ok() => {
                assigned.push((column.clone(), New::Meaningless));
            }
            Ok(_) => {}
            Err(finding) => findings.push(*finding),
        }
    }
    assigned
}

fn change(
    source: &Source<'_>,
    closure: &mut Closure,
    edge: &Edge,
    assignments: &Assigned<'_>,
    findings: &mut Vec<Finding>,
) -> Option<(Change, Find)> {
    let table = source.schema.table(&edge.child)?;
    let touched: Vec<Column> = assignments.iter().map(|(column, _)| column.clone()).collect();
    let set = staying(source, closure, table, &touched, SetRole::Changed, findings)?;
    let mut writer = select(source.schema, &closure.sets[set.0]);
    writer.push(" WHERE ");
    let keys = closure.keys_above(edge, false)?;
    edge_condition(&mut writer, edge, &keys, table);
    outside(&mut writer, closure, table);
    let find = finished_find(source, closure, writer, set);

    let mut writer = Writer::new(source.schema.dialect);
    writer.push("UPDATE ").table(table).push(" SET ").list(
        assignments,
        |writer, (column, value)| {
            writer.column(column).push(" = ");
            match (value, edge.via.json()) {
                (New::Value(value), _) => {
                    writer.value(value, column, table);
                }
                (New::Meaningless, _) => {
                    meaningless(writer, column, &identity(table).unwrap_or_default());
                }
                (New::None, Some(place)) => unlinked(writer, place, column, &keys, table),
                (New::None, None) => {
                    writer.push("NULL");
                }
            }
        },
    );
    by_identity(&mut writer, closure, set);
    let change = Change {
        edge: Some(edge.id),
        text: edge.text.clone(),
        set,
        becomes: assignments
            .iter()
            .map(|(column, new)| {
                (column.name.to_string(), becomes(edge, *new, source.schema.dialect))
            })
            .collect(),
        statement: writer.finish("change", &table.name),
        foretold: Foretelling::default(),
        say: edge.say.clone(),
    };
    Some((change, find))
}

/// What a partial thing sets in its own row, once its objects go.
fn of_partial(source: &Source<'_>, closure: &Closure) -> Option<Change> {
    let set = source.thing.set.as_slice();
    let (table, _) = root_row(source).filter(|_| source.thing.is_partial() && !set.is_empty())?;
    let held = closure.set_of(&table.name)?.id;
    let column = |name: &ColumnName| table.column(name);
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("UPDATE ").table(table).push(" SET ").list(set, |writer, assignment| {
        if let Some(column) = column(&assignment.column.value) {
            writer.column(column).push(" = ").value(&assignment.value, column, table);
        }
    });
    by_identity(&mut writer, closure, held);
    let becomes = set.iter().map(|assignment| {
        let value = spelled(&assignment.value, source.schema.dialect);
        (assignment.column.value.to_string(), value)
    });
    Some(Change {
        edge: None,
        text: ["things.", source.thing.name.as_str(), ".set"].concat(),
        set: held,
        becomes: becomes.collect(),
        statement: writer.finish("change", &table.name),
        foretold: Foretelling::default(),
        say: None,
    })
}

/// What a column becomes, for people.
fn becomes(edge: &Edge, new: New<'_>, dialect: Dialect) -> String {
    match (new, edge.via.json()) {
        (New::Value(value), _) => spelled(value, dialect),
        (New::Meaningless, _) => "anonymized".into(),
        (New::None, Some(place)) if place.each => format!("{} without it", place.written()),
        (New::None, Some(place)) => format!("{} null", place.written()),
        (New::None, None) => "NULL".into(),
    }
}

/// A new set of rows that stay: identity, then the columns that will change.
pub(super) fn staying(
    source: &Source<'_>,
    closure: &mut Closure,
    table: &Table,
    touched: &[Column],
    role: SetRole,
    findings: &mut Vec<Finding>,
) -> Option<SetId> {
    let Some(mut columns) = identity(table) else {
        findings.push(
            Finding::error(
                "C120",
                Some(source.thing.span),
                format!("`{}` has no key to tell its rows apart by", table.name),
            )
            .help("add a primary key, or a unique index over columns that are NOT NULL"),
        );
        return None;
    };
    let identity = columns.len();
    columns.extend_from_slice(touched);
    Some(closure.add(table, columns, identity, role))
}

/// Rows of the closure itself are not rows that stay.
pub(super) fn outside(writer: &mut Writer, closure: &Closure, table: &Table) {
    if let Some(going) = closure.set_of(&table.name) {
        writer.push(" AND ");
        not_in_keys(writer, &going.columns[..going.identity], &identities(going));
    }
}

pub(super) fn finished_find(
    source: &Source<'_>,
    closure: &Closure,
    writer: Writer,
    set: SetId,
) -> Find {
    let set = &closure.sets[set.0];
    // Race: a claim that was allowed by what a row says holds it in the weakest mode; a change of
    // such a row waits for the claim, and so comes before none that was allowed by its old state.
    let lock = if super::remembering::is_asked(source, &set.table) {
        " FOR UPDATE"
    } else {
        " FOR NO KEY UPDATE"
    };
    let statement = writer.finish_locked("find", &set.table, lock);
    Find::Table { set: set.id, statement: ordered(statement, set, source.schema) }
}

pub(super) fn by_identity(writer: &mut Writer, closure: &Closure, set: SetId) {
    let set = &closure.sets[set.0];
    writer.push(" WHERE ");
    in_keys(writer, &set.columns[..set.identity], &identities(set));
}

/// A value as the policy spells it for this database.
pub(super) fn spelled(value: &Value, dialect: Dialect) -> String {
    match value {
        Value::Literal(Literal::Bool(yes)) => yes.to_string(),
        Value::Literal(Literal::Integer(number)) => number.to_string(),
        Value::Literal(Literal::Float(number)) => number.to_string(),
        Value::Literal(Literal::Text(text)) => format!("'{text}'"),
        Value::Sql(sql) => sql.of(dialect).map_or(String::new(), |fragment| {
            let words: Vec<&str> = fragment
                .parts
                .iter()
                .map(|part| match part {
                    Part::Text(text) => text.as_str(),
                    Part::Placeholder(_) => "…",
                })
                .collect();
            let words = words.concat();
            if words.eq_ignore_ascii_case("null") { "NULL".into() } else { words }
        }),
    }
}

/// Derived tables that lose rows, and the finds of the rows computed anew.
pub(super) fn derivations(
    source: &Source<'_>,
    closure: &mut Closure,
    findings: &mut Vec<Finding>,
) -> (Vec<Derivation>, Vec<Find>) {
    let mut derivations = Vec::new();
    let mut finds = Vec::new();
    let pointers = source.graph.below_any(&closure.going);
    for edge in pointers.filter(|edge| edge.fate == Fate::Derive) {
        let told = source.policy.derived.iter().any(|derived| derived.table.value == edge.child);
        if !told {
            findings.push(
                Finding::error(
                    "C112",
                    Some(edge.span),
                    format!("nothing says how `{}` is derived", edge.child),
                )
                .help(format!("write [derived.{}], or another fate than derive", edge.child)),
            );
        }
    }
    for derived in &source.policy.derived {
        if let Some((derivation, find)) = derivation(source, closure, derived, findings) {
            derivations.push(derivation);
            finds.push(find);
        }
    }
    (derivations, finds)
}

fn derivation(
    source: &Source<'_>,
    closure: &mut Closure,
    derived: &Derived,
    findings: &mut Vec<Finding>,
) -> Option<(Derivation, Find)> {
    let table = source.schema.table(&derived.table.value)?;
    let pointers: Vec<&Edge> = source
        .graph
        .above(&table.name)
        .filter(|edge| edge.fate == Fate::Derive && closure.going.contains(&edge.parent))
        .collect();
    let lost = closure.going.contains(&derived.of.value.table);
    if !lost && pointers.is_empty() {
        return None;
    }
    if let Some(missing) = lost_columns(source, derived).err() {
        findings.push(*missing);
        return None;
    }
    let mut columns: Vec<(Column, &DerivedColumn)> = Vec::new();
    for set in &derived.set {
        match crate::graph::column_or_finding(table, &set.column.value, set.column.span) {
            Ok(column) => columns.push((column.clone(), set)),
            Err(finding) => findings.push(*finding),
        }
    }
    let touched: Vec<Column> = columns.iter().map(|(column, _)| column.clone()).collect();
    let set = staying(source, closure, table, &touched, SetRole::Derived, findings)?;
    let mut writer = select(source.schema, &closure.sets[set.0]);
    writer.push(" WHERE (");
    let mut any = false;
    if lost {
        any = named_by_lost(source, closure, derived, table, &mut writer).is_some();
    }
    for edge in &pointers {
        writer.push(if any { " OR " } else { "" });
        any = true;
        edge_condition(&mut writer, edge, &closure.keys_above(edge, false)?, table);
    }
    writer.push(")");
    outside(&mut writer, closure, table);
    let find = finished_find(source, closure, writer, set);
    let release = pointers
        .iter()
        .filter(|edge| edge.enforced.is_some())
        .filter_map(|edge| release(source, closure, edge, table, set))
        .collect();
    let statement = derive(source, closure, derived, &columns, table, set);
    let foretold = Foretelling::default();
    Some((Derivation { table: table.name.clone(), set, release, statement, foretold }, find))
}

/// The columns of `of`, or the finding that one is not there.
fn lost_columns(source: &Source<'_>, derived: &Derived) -> Result<Vec<Column>, Box<Finding>> {
    let of = &derived.of;
    let table = crate::graph::table_or_finding(&of.value.table, of.span, source.schema)?;
    let column = |name| crate::graph::column_or_finding(table, name, of.span).cloned();
    of.value.columns.iter().map(column).collect()
}

/// `key IN (the lost rows' column)`.
fn named_by_lost(
    source: &Source<'_>,
    closure: &Closure,
    derived: &Derived,
    table: &Table,
    writer: &mut Writer,
) -> Option<()> {
    let of = &derived.of.value;
    let lost = closure.set_of(&of.table)?;
    let named = columns_of(source.schema.table(&of.table)?, &of.columns);
    let mut edges = source.graph.plainly_above(&of.table, &of.columns);
    let edge = edges.find(|edge| edge.parent == table.name);
    let key = match edge {
        Some(edge) => edge.parent_key.clone(),
        None => columns_of(table, &table.primary_key),
    };
    let keys = KeySource {
        from: vec![KeyColumns { set: lost.id, columns: positions(lost, &named), frontier: false }],
        types: &named,
    };
    in_keys(writer, &key, &keys);
    Some(())
}

/// Nulls an enforced pointer of the rows to derive, so that its target can go.
fn release(
    source: &Source<'_>,
    closure: &Closure,
    edge: &Edge,
    table: &Table,
    set: SetId,
) -> Option<Statement> {
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("UPDATE ").table(table).push(" SET ").list(&edge.columns, |writer, column| {
        writer.column(column).push(" = NULL");
    });
    by_identity(&mut writer, closure, set);
    writer.push(" AND ");
    in_keys(&mut writer, &edge.columns, &closure.keys_above(edge, false)?);
    Some(writer.finish("release", &table.name))
}

fn derive(
    source: &Source<'_>,
    closure: &Closure,
    derived: &Derived,
    columns: &[(Column, &DerivedColumn)],
    table: &Table,
    set: SetId,
) -> Statement {
    let dialect = source.schema.dialect;
    let mut writer = Writer::new(dialect);
    writer.push("UPDATE ").table(table).push(" SET ");
    let (of_first, plain): (Vec<_>, Vec<_>) =
        columns.iter().partition(|(_, set)| set.none.is_some());
    writer.list(&plain, |writer, (column, set)| {
        writer.column(column).push(" = ").value(&set.value, column, table);
    });
    let first = derived.first.as_ref().and_then(|sql| sql.of(dialect));
    if let (Some(first), false) = (first, of_first.is_empty()) {
        writer.push(if plain.is_empty() { "" } else { ", " });
        from_first(&mut writer, first, &of_first, table);
    }
    by_identity(&mut writer, closure, set);
    writer.finish("derive", &table.name)
}

/// `(a, b) = (SELECT …)`: the values of the first row, or what stands for none.
fn from_first(
    writer: &mut Writer,
    first: &Fragment,
    columns: &[&(Column, &DerivedColumn)],
    table: &Table,
) {
    writer.push("(").list(columns, |writer, (column, _)| {
        writer.column(column);
    });
    writer.push(") = (");
    of_first(writer, first, columns, table);
    writer.push(")");
}

/// `SELECT …` the values of the first row, or what stands for none.
pub(super) fn of_first(
    writer: &mut Writer,
    first: &Fragment,
    columns: &[&(Column, &DerivedColumn)],
    table: &Table,
) {
    let numbers: Vec<usize> = (0..columns.len()).collect();
    writer.push("SELECT ").list(&numbers, |writer, number| {
        writer.numbered("sexton_d.v", *number);
    });
    // Order: the row that stands for none comes second, so a first row always wins.
    writer.push(" FROM (SELECT * FROM (SELECT 0 AS o");
    for number in &numbers {
        let (column, set) = columns[*number];
        writer.push(", ").value(&set.value, column, table).numbered(" AS v", *number);
    }
    writer.push(" FROM ").fragment(first, table).push(" LIMIT 1) AS sexton_f UNION ALL SELECT 1");
    for number in &numbers {
        let (column, set) = columns[*number];
        writer.push(", ");
        if let Some(none) = &set.none {
            writer.value(none, column, table);
        }
    }
    writer.push(") AS sexton_d ORDER BY sexton_d.o LIMIT 1");
}

/// References that stay as they are, counted where an index makes it cheap.
pub(super) fn kept(source: &Source<'_>, closure: &Closure) -> Vec<KeptReference> {
    source
        .graph
        .below_any(&closure.going)
        .filter(|edge| edge.fate == Fate::Keep)
        .filter_map(|edge| {
            let table = source.schema.table(&edge.child)?;
            let indexed =
                edge.via.is_plain() && table.index_led_by(&names(&edge.columns)).is_some();
            let keys = closure.keys_above(edge, false).filter(|_| indexed);
            let count = keys.map(|keys| {
                let mut writer = counting(source, table);
                edge_condition(&mut writer, edge, &keys, table);
                outside(&mut writer, closure, table);
                counted(writer, &table.name)
            });
            let stays = !closure.going.contains(&table.name) || count.is_some();
            stays.then(|| KeptReference { text: edge.text.clone(), count })
        })
        .collect()
}

/// `SELECT count(*) FROM (SELECT 1 FROM table WHERE `, to be closed by `counted`.
pub(super) fn counting(source: &Source<'_>, table: &Table) -> Writer {
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT count(*) FROM (SELECT 1 FROM ").table(table).push(" WHERE ");
    writer
}

pub(super) fn counted(mut writer: Writer, table: &TableName) -> Statement {
    writer.limit().push(") AS sexton_c");
    writer.finish("count", table)
}
