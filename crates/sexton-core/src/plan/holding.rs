//! Things whose roots may be among the rows that a deletion finds: what holds are judged by.
//!
//! A hold names a root, or says a condition that a person wrote long after the plan was compiled.
//! So a plan keeps of each such thing what a statement about its rows needs, and the statement is
//! made when somebody holds one: a deletion that nobody holds asks nothing more.

use super::closure::{Closure, columns_of, identities};
use super::compile::Source;
use super::{KeySet, SetRole};
use crate::names::{ColumnName, ThingName};
use crate::policy::{Fragment, Policy};
use crate::schema::{Column, Dialect, Schema, Table};
use crate::sql::{KeyColumns, KeySource, SetId, Statement, Writer, in_keys};

/// A thing whose roots may be among the rows of a set.
#[derive(Debug, Clone, PartialEq)]
pub struct Holdable {
    /// The thing.
    pub thing: ThingName,
    /// The set of its rows.
    pub set: SetId,
    /// Whether the rows of the set are known by the thing's own key.
    pub by_identity: bool,
    table: Table,
    key: Vec<Column>,
    identity: Vec<Column>,
    from: Vec<KeyColumns>,
}

/// Every thing whose roots this deletion may find, in the file's order.
pub(super) fn holdable(source: &Source<'_>, closure: &Closure) -> Vec<Holdable> {
    let own = source.thing.row.as_ref().map(|row| &row.value.table);
    let things = source.policy.things.iter();
    let holdable = things.filter_map(|thing| {
        let row = &thing.row.as_ref()?.value;
        let table = source.schema.table(&row.table)?;
        let set = closure.set_of(&row.table)?;
        // A root that stays, because only its objects go, is held all the same.
        let is_root = own == Some(&row.table);
        (set.role == SetRole::Going || is_root).then(|| of(thing.name.clone(), set, table, row))
    });
    holdable.collect()
}

fn of(
    thing: ThingName,
    set: &KeySet,
    table: &Table,
    row: &crate::policy::TableColumns,
) -> Holdable {
    let identity = set.columns[..set.identity].to_vec();
    let names: Vec<&ColumnName> = identity.iter().map(|column| &column.name).collect();
    Holdable {
        thing,
        set: set.id,
        by_identity: names == row.columns.iter().collect::<Vec<_>>(),
        table: table.clone(),
        key: columns_of(table, &row.columns),
        from: identities(set).from,
        identity,
    }
}

impl Holdable {
    /// Reads the keys of those rows of the set that meet the condition; of all, where there is
    /// none.
    pub fn matching(&self, condition: Option<&Fragment>, dialect: Dialect) -> Statement {
        let mut writer = Writer::new(dialect);
        writer.push("SELECT ").list(&self.key, |writer, column| {
            writer.read(column);
        });
        writer.push(" FROM ").table(&self.table).push(" WHERE ");
        let keys = KeySource { from: self.from.clone(), types: &self.identity };
        in_keys(&mut writer, &self.identity, &keys);
        if let Some(condition) = condition {
            writer.push(" AND ").condition(condition, &self.table);
        }
        writer.push(" ORDER BY ").columns(&self.key).limit();
        writer.finish("judge holds on", &self.table.name)
    }
}

/// Counts the roots of a thing that meet a condition now; none if the thing has no row.
pub fn count_meeting(
    policy: &Policy,
    schema: &Schema,
    thing: &ThingName,
    condition: &Fragment,
) -> Option<Statement> {
    let thing = policy.things.iter().find(|known| known.name == *thing)?;
    let table = schema.table(&thing.row.as_ref()?.value.table)?;
    let mut writer = Writer::new(schema.dialect);
    writer.push("SELECT count(*) FROM ").table(table).push(" WHERE ").condition(condition, table);
    Some(writer.finish("count what is held of", &table.name))
}
