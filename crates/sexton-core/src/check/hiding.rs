//! Whether what is hidden can be hidden, told, and judged without reading what hangs below it.

use std::collections::BTreeSet;

use super::effects::{is_null, written};
use super::indexes::is_looked_up_by_index;
use super::{Source, spelling};
use crate::finding::Finding;
use crate::graph::{Edge, reach};
use crate::names::{ColumnName, TableName};
use crate::policy::{
    Assignment, Fate, Fragment, Hide, HideRow, Literal, Part, RootAfter, Thing, Undo, Value,
};
use crate::schema::{Index, OnDelete, Table};

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let things = source.policy.things.iter().flat_map(|thing| of_thing(source, thing));
    things.chain(orphans(source)).collect()
}

/// What a null means is the application's to say. That nulls come from deletions is to be seen of
/// the foreign key; and a row that nobody has attached yet looks the same.
fn orphans(source: &Source<'_>) -> Vec<Finding> {
    let lines = source.graph.edges.iter().filter_map(|edge| {
        Some((edge, source.policy.references.get(edge.id.0).filter(|line| line.orphans)?))
    });
    let judged = lines.map(|(edge, line)| {
        let sets_null =
            edge.enforced.as_ref().is_some_and(|key| key.on_delete == OnDelete::SetNull);
        let is_purged = source.policy.things.iter().any(|thing| {
            let is_own = thing.row.as_ref().is_some_and(|row| row.value.table == edge.parent);
            is_own && thing.purge.is_some()
        });
        if edge.fate != Fate::Delete || !edge.via.is_plain() || edge.is_self_reference() {
            let message = format!("`{}` cannot have orphans", edge.text);
            return Finding::error("C608", Some(line.span), message)
                .help("rows that go with another table's, held by a plain column, can");
        }
        if !sets_null {
            let message = format!(
                "nothing shows that a row without `{}` was left behind by a deletion",
                edge.text
            );
            return Finding::error("C608", Some(line.span), message).help(
                "rows are left behind where the foreign key says ON DELETE SET NULL; leave \
                 `orphans` out",
            );
        }
        if !is_purged {
            let message = format!("nobody purges what `{}` leaves behind", edge.text);
            return Finding::error("C608", Some(line.span), message)
                .help(format!("give the thing of `{}` a `purge`", edge.parent));
        }
        let message = format!("every row without `{}` is garbage and goes", edge.text);
        Finding::warning("C609", Some(line.span), message)
            .help("a row that the application has not attached yet goes, too")
    });
    judged.collect()
}

fn of_thing(source: &Source<'_>, thing: &Thing) -> Vec<Finding> {
    let Some(hide) = &thing.hide else { return Vec::new() };
    if thing.is_partial() {
        let message = format!("only objects of `{}` go, so its row cannot be hidden", thing.name);
        let finding = Finding::error("C602", Some(hide.span()), message);
        return vec![finding.help("leave `hide` out, or let the whole thing go")];
    }
    let mut findings = Vec::new();
    match (hide, &thing.row) {
        (Hide::Row(_), None) => {
            let message = format!("`{}` has no row of its own that could be hidden", thing.name);
            let finding = Finding::error("C602", Some(hide.span()), message);
            findings.push(finding.help("write `hide = \"ledger\"`"));
        }
        (Hide::Row(hide), Some(row)) => {
            if let Some(table) = source.schema.table(&row.value.table) {
                findings.extend(sets(source, thing, hide, table));
                findings.extend(unmet(source, hide, table));
                findings.extend(taken_names(source, thing, hide, table));
            }
        }
        (Hide::Ledger(_), _) => findings.extend(of_ledger(source, thing)),
    }
    if thing.purge.is_some() {
        findings.extend(unreachable(source, thing, hide));
    }
    findings
}

/// What the ledger alone hides is visible again once its purge has ended, and open to writers where
/// no fence watches them.
fn of_ledger(source: &Source<'_>, thing: &Thing) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(purge) = thing.purge.as_ref().filter(|purge| purge.root == RootAfter::Stays) {
        let message = format!(
            "a `{}` that stays after its purge would be seen again: no column hides it",
            thing.name
        );
        findings.push(
            Finding::error("C606", Some(purge.span), message)
                .help("let the row go, or hide it by a column of its own"),
        );
    }
    let rows = thing.row.iter().flat_map(|row| {
        source.graph.below(&row.value.table).filter(|edge| edge.fate == Fate::Delete)
    });
    let attached = rows.filter_map(|edge| {
        let columns: Vec<ColumnName> = edge.columns.iter().map(|c| c.name.clone()).collect();
        edge.via.is_plain().then_some((&edge.child, columns))
    });
    let held = thing.starts.iter().map(|s| (&s.value.table, s.value.columns.clone()));
    let fenced = |(table, columns): &(&TableName, Vec<ColumnName>)| {
        let sides = source.policy.fence.iter().flat_map(|fence| &fence.references);
        sides.into_iter().any(|side| {
            let named = side.columns.iter().map(|path| &path.column);
            side.table == **table && named.eq(columns)
        })
    };
    let open: Vec<String> = attached
        .chain(held)
        .filter(|side| !fenced(side))
        .map(|(table, columns)| spelling::side(table, &columns))
        .collect();
    if !open.is_empty() {
        let message = format!(
            "writers go on attaching rows to a hidden `{}`: no fence watches {}",
            thing.name,
            open.join(", ")
        );
        findings.push(
            Finding::warning("C607", thing.hide.as_ref().map(Hide::span), message)
                .help("name them in `fence.references`; what comes until its purge ends goes too"),
        );
    }
    findings
}

/// What the row becomes must be possible, and it must still be found under its key.
fn sets(source: &Source<'_>, thing: &Thing, hide: &HideRow, table: &Table) -> Vec<Finding> {
    let key = thing.row.iter().flat_map(|row| &row.value.columns);
    let key: Vec<_> = key.chain(&table.primary_key).collect();
    let judge = |assignment: &Assignment| {
        let (name, span) = (&assignment.column.value, assignment.column.span);
        if key.contains(&name) {
            let message = format!("`{name}` is what a row of `{}` is known by", table.name);
            let finding = Finding::error("C601", Some(span), message);
            return Some(finding.help("set another column: a hidden row is found by its key"));
        }
        written(table, name, span, &[&assignment.value], source.schema.dialect)
    };
    hide.set.iter().chain(&hide.restore).filter_map(judge).collect()
}

/// Rows that `set` has written must be those that `hidden` tells, as far as that can be read.
fn unmet(source: &Source<'_>, hide: &HideRow, table: &Table) -> Option<Finding> {
    let fragment = hide.hidden.as_ref()?.of(source.schema.dialect)?;
    let column = said_of(fragment, table)?;
    let assignment = hide.set.iter().find(|set| set.column.value == column.name);
    let is_met = match (&column.is, assignment) {
        // What a column was may be what it must be.
        (_, None) => return None,
        (Is::NotNull, Some(set)) => !is_null(&set.value, source.schema.dialect),
        (Is::Text(text), Some(set)) => match &set.value {
            Value::Literal(Literal::Text(written)) => written == text,
            Value::Literal(_) | Value::Sql(_) => return None,
        },
    };
    (!is_met).then(|| {
        let message = format!(
            "a row of `{}` that `set` has hidden is not `hidden`: it sets `{}` to something else",
            table.name, column.name
        );
        Finding::error("C605", Some(fragment.span), message)
            .help("let `hidden` tell what `set` writes")
    })
}

/// A condition that says one thing of one column.
struct Said {
    name: ColumnName,
    is: Is,
}

enum Is {
    NotNull,
    Text(String),
}

/// What a short condition says: `deleted_at is not null`, `status = 'retired'`.
fn said_of(fragment: &Fragment, table: &Table) -> Option<Said> {
    let [Part::Text(text)] = fragment.parts.as_slice() else { return None };
    let text = text.trim();
    let (name, rest) = text.split_at(text.find(|c: char| c.is_whitespace() || c == '=')?);
    let (name, rest) = (ColumnName::new(name), rest.trim());
    table.column(&name)?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    let is_not_null = words.join(" ").eq_ignore_ascii_case("is not null");
    let quoted = rest.strip_prefix('=').map(str::trim);
    let quoted = quoted.and_then(|text| text.strip_prefix('\'')?.strip_suffix('\''));
    let is = match quoted.filter(|text| !text.contains('\'')) {
        Some(text) => Is::Text(text.to_owned()),
        None if is_not_null => Is::NotNull,
        None => return None,
    };
    Some(Said { name, is })
}

/// A hidden row keeps what is unique of it, so that nobody else takes its name.
fn taken_names(source: &Source<'_>, thing: &Thing, hide: &HideRow, table: &Table) -> Vec<Finding> {
    // What can be given back for ever needs its name until then.
    if hide.undo == Undo::Forever
        || thing.purge.as_ref().is_some_and(|purge| purge.root == RootAfter::Goes)
    {
        return Vec::new();
    }
    let is_set =
        |name: &ColumnName| hide.set.iter().any(|assignment| assignment.column.value == *name);
    // What refers to another row is no name that anybody else would take.
    let refers = |index: &Index| {
        let mut edges = source.graph.above(&table.name);
        edges.any(|edge| index.columns.iter().flatten().eq(edge.columns.iter().map(|c| &c.name)))
    };
    let is_kept = |index: &&Index| {
        let mut columns = index.columns.iter().flatten();
        index.unique
            && !refers(index)
            && index.predicate.is_none()
            && !columns.clone().eq(table.primary_key.iter())
            && !columns.any(is_set)
    };
    let kept = table.indexes.iter().filter(is_kept);
    kept.map(|index| {
        let columns: Vec<ColumnName> = index.columns.iter().flatten().cloned().collect();
        let message = format!(
            "a hidden row of `{}` stays and keeps {} taken: the unique index counts it",
            table.name,
            spelling::listed(&columns)
        );
        Finding::warning("C604", Some(hide.span), message).help(
            "leave hidden rows out of the index by a condition of its own, if others may use it",
        )
    })
    .collect()
}

/// What refuses a deletion must be found from the root by indexes, or hiding reads whole tables.
fn unreachable(source: &Source<'_>, thing: &Thing, hide: &Hide) -> Vec<Finding> {
    let roots = thing.row.iter().chain(&thing.starts).map(|held| held.value.table.clone());
    let roots: Vec<TableName> =
        roots.filter(|table| source.schema.table(table).is_some()).collect();
    let below: BTreeSet<TableName> = reach(source.graph, &roots);
    let judged = source
        .policy
        .guards
        .iter()
        .map(|guard| (guard.of.value.clone(), format!("the guard `{}`", guard.name)));
    let blocks = source.graph.edges.iter().filter(|edge| edge.fate == Fate::Block);
    let blocks = blocks.map(|edge| (edge.parent.clone(), format!("`{}`", edge.text)));
    let far =
        judged.chain(blocks).filter(|(table, _)| below.contains(table) && !roots.contains(table));
    let mut findings = Vec::new();
    for (table, what) in far {
        if let Some(edge) = without_index(source, &roots, &table) {
            let message = format!(
                "{what} is judged when a `{}` is hidden, and no index leads there from the root \
                 (`{}`)",
                thing.name, edge.text
            );
            findings.push(
                Finding::error("C603", Some(hide.span()), message)
                    .help("add the index, or let the thing go at once"),
            );
        }
    }
    findings
}

/// A line on the way from the root to the table that no index serves.
fn without_index<'a>(
    source: &Source<'a>,
    roots: &[TableName],
    table: &TableName,
) -> Option<&'a Edge> {
    let mut met: Vec<TableName> = roots.to_vec();
    let mut ways: Vec<(TableName, Option<&'a Edge>)> =
        roots.iter().map(|root| (root.clone(), None)).collect();
    let mut first = None;
    while let Some((here, broken)) = ways.pop() {
        if here == *table {
            first = first.or(broken);
            broken?;
        }
        for edge in source.graph.below(&here).filter(|edge| edge.fate == Fate::Delete) {
            if !met.contains(&edge.child) {
                met.push(edge.child.clone());
                let broken =
                    broken.or_else(|| (!is_looked_up_by_index(source, edge)).then_some(edge));
                ways.push((edge.child.clone(), broken));
            }
        }
    }
    first
}
