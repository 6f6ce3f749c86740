//! Which keys of the rows that go a fence remembers, so that no late writer refers to them.

use super::Remembered;
use super::closure::{Closure, positions};
use super::compile::Source;
use super::hiding::Way;
use crate::fence;
use crate::names::TableName;
use crate::policy::Hide;
use crate::schema::Column;

/// Columns of a table that a fence remembers, each with the name of their memory.
pub(super) fn memories(source: &Source<'_>, table: &TableName) -> Vec<(Vec<Column>, String)> {
    if !fence::is_by_triggers(source.policy) {
        return Vec::new();
    }
    fence::memories(source.policy, source.schema, source.graph, table)
}

/// Whether a fence asks conditions of rows of this table.
pub(super) fn is_asked(source: &Source<'_>, table: &TableName) -> bool {
    fence::is_by_triggers(source.policy)
        && fence::is_asked(source.policy, source.schema, source.graph, table)
}

/// What is remembered of every set of rows that go.
pub(super) fn remembered(source: &Source<'_>, closure: &Closure) -> Vec<Remembered> {
    let tables = closure.going.iter().filter_map(|table| closure.set_of(table));
    let of_set = tables.flat_map(|set| {
        let memories = memories(source, &set.table).into_iter();
        memories.map(|(columns, memory)| Remembered {
            set: set.id,
            columns: positions(set, &columns),
            memory,
        })
    });
    let mut remembered: Vec<Remembered> = of_set.collect();
    remembered.sort_by(|a, b| (a.set, &a.memory).cmp(&(b.set, &b.memory)));
    remembered
}

/// What is remembered of roots that are hidden in the ledger: nothing else tells the fence.
pub(super) fn hidden(source: &Source<'_>, closure: &Closure) -> Vec<Remembered> {
    let in_ledger = source.thing.hide.as_ref().is_some_and(Hide::is_in_ledger);
    let row = source.thing.row.as_ref().filter(|_| in_ledger);
    let Some(set) = row.and_then(|row| closure.set_of(&row.value.table)) else {
        return Vec::new();
    };
    if !fence::is_by_triggers(source.policy) {
        return Vec::new();
    }
    let memories = fence::hidden_memories(source.policy, source.schema, source.graph, &set.table);
    let remembered = memories.into_iter().map(|(columns, memory)| Remembered {
        set: set.id,
        columns: positions(set, &columns),
        memory,
    });
    remembered.collect()
}

/// The memory of the root's own value: its row may come after those that name it.
pub(super) fn of_value(source: &Source<'_>) -> Option<String> {
    if source.way == Way::Hide {
        let in_ledger = source.thing.hide.as_ref().is_some_and(Hide::is_in_ledger);
        let is_fenced = in_ledger && fence::is_by_triggers(source.policy);
        let Source { policy, schema, graph, thing, .. } = source;
        return is_fenced
            .then(|| fence::value_memory(policy, schema, graph, &thing.name))
            .flatten();
    }
    let row = source.thing.row.as_ref().filter(|_| !source.thing.starts.is_empty())?;
    let is_key =
        |columns: &[Column]| columns.iter().map(|column| &column.name).eq(&row.value.columns);
    let memories = memories(source, &row.value.table).into_iter();
    memories.filter(|(columns, _)| is_key(columns)).map(|(_, memory)| memory).next()
}
