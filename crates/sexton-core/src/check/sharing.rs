//! Objects that several rows name by what the policy makes of their keys: the first that goes would
//! take what the others still need.
//!
//! Judged are names made of keys. What a row has written down (`|path`, a place inside JSON) may be
//! shared as well; that only rows can tell.

use super::Source;
use super::templates::{Name, Part, Value, placeholder};
use crate::finding::Finding;
use crate::names::{ColumnName, TableName};
use crate::policy::{NamesBy, ObjectRule};
use crate::schema::{Column, Table, TypeKind};

/// A rule's names, with the table whose rows have them.
pub(super) struct Named<'a> {
    pub rule: &'a ObjectRule,
    pub table: &'a Table,
    pub names: Vec<Name<'a>>,
}

/// Names that several rows of one table may have.
pub(super) fn among_rows(source: &Source<'_>, table: &Table, name: &Name<'_>) -> Option<Finding> {
    let is_address = name.by == NamesBy::Uri && name.parts.len() == 1;
    let is_made = name.values().next().is_some() && !name.values().any(Value::is_recorded);
    let told: Vec<ColumnName> =
        name.values().filter_map(|value| tells(source, value)).cloned().collect();
    (is_made && !is_address && !table.is_unique(&told)).then(|| {
        let message = format!(
            "several rows of `{}` may name `{}`: the first that goes takes the objects of all",
            table.name, name.written
        );
        let help = "name what tells the rows apart; where no two rows share it, say so by a unique \
                    index";
        Finding::warning("C411", Some(name.span), message).help(help)
    })
}

/// The row's own column whose value can be told from this one: itself, or what leads to a row that
/// no other value of it leads to.
fn tells<'v>(source: &Source<'_>, value: &'v Value<'_>) -> Option<&'v ColumnName> {
    let is_alone = |table: &TableName, column: &Column| {
        let table = source.schema.table(table);
        table.is_some_and(|table| table.is_unique(std::slice::from_ref(&column.name)))
    };
    let Some((first, _)) = value.steps.first() else { return Some(&value.column.name) };
    let columns = value.steps.iter().skip(1).map(|(column, _)| column).chain([&value.column]);
    let tables = value.steps.iter().map(|(_, table)| table);
    tables.zip(columns).all(|(table, column)| is_alone(table, column)).then_some(&first.name)
}

/// Names that differ by nothing but values that may be equal, in one store.
pub(super) fn among_names<'n, 'a>(source: &Source<'_>, all: &'n [Named<'a>]) -> Vec<Finding> {
    let each = |of: &'n Named<'a>| of.names.iter().map(|name| (of.rule, name));
    let every: Vec<_> = all.iter().flat_map(each).collect();
    let mut findings = Vec::new();
    for (at, one) in every.iter().enumerate() {
        let others = every[at + 1..].iter().filter(|(rule, _)| in_one_store(one.0, rule));
        findings.extend(others.filter_map(|other| between(source, *one, *other)));
    }
    findings
}

fn in_one_store(one: &ObjectRule, other: &ObjectRule) -> bool {
    let has = |name| other.stores.iter().any(|store| store.value == name);
    one.stores.iter().any(|store| has(store.value.clone()))
}

/// The finding stands at the later of the two.
fn between(
    source: &Source<'_>,
    (rule, name): (&ObjectRule, &Name<'_>),
    (other_rule, other): (&ObjectRule, &Name<'_>),
) -> Option<Finding> {
    let (mine, theirs) = meets(source, name, other)?;
    let message = format!(
        "`{}` of [objects.{}] meets `{}` of [objects.{}] wherever `{}` and `{}` are equal: who deletes \
         one takes the objects of the other",
        other.written,
        other_rule.name,
        name.written,
        rule.name,
        placeholder(theirs.slot),
        placeholder(mine.slot),
    );
    let are_counted = [mine, theirs].iter().all(|v| v.column.kind == TypeKind::Integer);
    let finding = if are_counted {
        // Both count from one: they will be equal.
        Finding::error("C416", Some(other.span), message)
    } else {
        Finding::warning("C416", Some(other.span), message)
    };
    Some(finding.help("keep them in stores of their own, or below names of their own"))
}

/// What stands between two `/`.
type Segment<'n, 'a> = Vec<Shown<'n, 'a>>;

enum Shown<'n, 'a> {
    Written(String),
    Value(&'n Value<'a>),
}

/// The values by which alone two names differ that may be the same, or one below the other.
fn meets<'n, 'a>(
    source: &Source<'_>,
    one: &'n Name<'a>,
    other: &'n Name<'a>,
) -> Option<(&'n Value<'a>, &'n Value<'a>)> {
    if one.values().chain(other.values()).any(Value::is_recorded) {
        return None;
    }
    let (mine, theirs) = (segments(one), segments(other));
    let is_below =
        |short: &Name<'_>, length: usize, long: usize| short.by == NamesBy::Prefix && length < long;
    let are_alike = one.by == other.by && mine.len() == theirs.len();
    if !are_alike
        && !is_below(one, mine.len(), theirs.len())
        && !is_below(other, theirs.len(), mine.len())
    {
        return None;
    }
    let mut apart = None;
    for (mine, theirs) in mine.iter().zip(&theirs) {
        if mine.len() != theirs.len() {
            return None;
        }
        for pair in mine.iter().zip(theirs) {
            match pair {
                (Shown::Written(mine), Shown::Written(theirs)) if mine == theirs => {}
                (Shown::Value(mine), Shown::Value(theirs)) => {
                    let (from, other) = (origin(source, mine)?, origin(source, theirs)?);
                    if from != other {
                        apart = apart.or(Some((*mine, *theirs)));
                    }
                }
                _ => return None,
            }
        }
    }
    // UUIDs of two tables are never equal.
    apart.filter(|(mine, theirs)| !mine.is_uuid() && !theirs.is_uuid())
}

fn segments<'n, 'a>(name: &'n Name<'a>) -> Vec<Segment<'n, 'a>> {
    let mut segments: Vec<Segment<'n, 'a>> = vec![Vec::new()];
    for part in &name.parts {
        match part {
            Part::Value(value) => {
                segments.last_mut().into_iter().for_each(|last| last.push(Shown::Value(value)));
            }
            Part::Written(text) => {
                for (at, text) in text.split('/').enumerate() {
                    if at > 0 {
                        segments.push(Vec::new());
                    }
                    if let Some(last) = segments.last_mut().filter(|_| !text.is_empty()) {
                        last.push(Shown::Written(text.to_owned()));
                    }
                }
            }
        }
    }
    // Behind the `/` at the end of a prefix stands nothing.
    if segments.last().is_some_and(Vec::is_empty) {
        segments.pop();
    }
    segments
}

/// The column that a value comes from in the end; none where it may come from several.
pub(super) fn origin(source: &Source<'_>, value: &Value<'_>) -> Option<(TableName, ColumnName)> {
    let (mut table, mut column) = (value.table.clone(), value.column.name.clone());
    // A circle of references ends nowhere.
    for _ in 0..=source.graph.edges.len() {
        let columns = [column.clone()];
        let above: Vec<_> = source.graph.plainly_above(&table, &columns).collect();
        match above.as_slice() {
            [] => return Some((table, column)),
            [edge] if edge.filter.is_none() => {
                let key = edge.parent_key.first()?.name.clone();
                let parent = edge.parent.clone();
                (table, column) = (parent, key);
            }
            _ => return None,
        }
    }
    None
}
