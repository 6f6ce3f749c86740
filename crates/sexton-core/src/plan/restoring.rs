//! How what hiding has changed is given back: the rows of the root and of its effects.
//!
//! Old values are kept only where the policy says that they can be given back, since they may be what
//! was to be forgotten. A value is given back where the row still holds what hiding wrote; where
//! somebody has changed it since, nothing is restored.

use super::closure::Closure;
use super::compile::Source;
use super::effects::by_identity;
use super::hiding::{Way, hides};
use super::{KeySet, PlanSteps, Undo, closure};
use crate::policy::{Assignment, Hide, Undo as Window};
use crate::schema::{Column, Dialect, Table};
use crate::sql::{Bind, SetId, Statement, Writer};

/// One for each set that hiding changes, in the order of the changes.
pub(super) fn undo(source: &Source<'_>, closure: &Closure, steps: &PlanSteps) -> Vec<Undo> {
    let hide = source.thing.hide.as_ref().and_then(Hide::row);
    let can_be = hide.is_some_and(|hide| hide.undo != Window::UntilPurged);
    if source.way != Way::Hide || !can_be {
        return Vec::new();
    }
    let changed = steps.change.iter().map(|change| (change.set, change.becomes.len()));
    let derived = steps.derive.iter().map(|derivation| {
        let set = &closure.sets[derivation.set.0];
        (derivation.set, set.columns.len() - set.identity)
    });
    changed
        .chain(derived)
        .filter_map(|(set, values)| of_set(source, closure, set, values))
        .collect()
}

fn of_set(source: &Source<'_>, closure: &Closure, id: SetId, values: usize) -> Option<Undo> {
    let set = &closure.sets[id.0];
    let table = source.schema.table(&set.table)?;
    let columns = &set.columns[set.identity..set.identity + values];
    let mut reread = closure::select(source.schema, set);
    by_identity(&mut reread, closure, id);
    let reread = reread.finish("read again", &table.name);
    let restore = restore(source, set, table, columns);
    Some(Undo { set: id, values, reread, restore })
}

fn restore(source: &Source<'_>, set: &KeySet, table: &Table, columns: &[Column]) -> Statement {
    let dialect = source.schema.dialect;
    let given = given(source, set);
    let mut writer = Writer::new(dialect);
    writer.push("UPDATE ").table(table).push(" SET ");
    for (at, column) in columns.iter().enumerate() {
        writer.push(if at > 0 { ", " } else { "" }).column(column).push(" = ");
        match given.iter().find(|assignment| assignment.column.value == column.name) {
            Some(assignment) => {
                writer.value(&assignment.value, column, table);
            }
            None => stored(&mut writer, set.identity + at, Some(column)),
        }
    }
    match dialect {
        Dialect::Postgres => writer
            .push(" FROM jsonb_array_elements(")
            .placeholder(Bind::Rows(set.id))
            .push("::text::jsonb) AS sexton_r(v) WHERE "),
        Dialect::Sqlite => writer
            .push(" FROM json_each(")
            .placeholder(Bind::Rows(set.id))
            .push(") AS sexton_r WHERE "),
    };
    for (at, column) in set.columns[..set.identity].iter().enumerate() {
        writer.push(if at > 0 { " AND " } else { "" });
        writer.alias(table).push(".").column(column).push(" = ");
        stored(&mut writer, at, Some(column));
    }
    for (at, column) in columns.iter().enumerate() {
        writer.push(" AND ").alias(table).push(".").column(column).as_text();
        writer.push(match dialect {
            Dialect::Postgres => " IS NOT DISTINCT FROM ",
            Dialect::Sqlite => " IS ",
        });
        stored(&mut writer, set.identity + columns.len() + at, None);
    }
    writer.finish("restore", &table.name)
}

/// What the policy says a restored row becomes, where that is not what it was.
fn given<'s>(source: &Source<'s>, set: &KeySet) -> &'s [Assignment] {
    let is_hidden = set.role == super::SetRole::Going;
    let own = source.thing.row.as_ref().is_some_and(|row| row.value.table == set.table);
    let hide = match (is_hidden, own) {
        (false, _) => None,
        (true, true) => source.thing.hide.as_ref().and_then(Hide::row),
        (true, false) => hides(source.policy, &set.table).map(|(_, hide)| hide),
    };
    hide.map_or(&[], |hide| hide.restore.as_slice())
}

/// A value of a stored row, in the type of a column or as text.
fn stored(writer: &mut Writer, at: usize, column: Option<&Column>) {
    match writer.dialect() {
        Dialect::Postgres => {
            writer.push("(sexton_r.v").numbered("->>", at).push(")");
            if let Some(column) = column {
                writer.cast_stored(column);
            }
        }
        Dialect::Sqlite => {
            writer.push("json_extract(sexton_r.value, ").numbered("'$[", at).push("]')");
        }
    }
}
