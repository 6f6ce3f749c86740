//! Finds roots that somebody else has hidden: the application, by SQL of its own.
//!
//! Where a hidden row goes in the end, each of them is to be purged. Where it stays, those are which
//! something still hangs from: of the others, nothing is left to do.

use super::closure::{Closure, columns_of, root_row};
use super::compile::Source;
use super::hiding::{Way, hides, write_plainly};
use crate::graph::Graph;
use crate::names::ThingName;
use crate::policy::{Fate, Policy, RootAfter, Undo};
use crate::schema::Schema;
use crate::sql::{Alias, Statement, Writer, refers_to_row};

/// How hidden roots of a thing are found.
#[derive(Debug, Clone, PartialEq)]
pub struct Adopting {
    /// Reads the keys of some.
    pub statement: Statement,
    /// How many seconds after it was found the purge of one may begin.
    pub after_secs: i64,
}

/// How hidden roots of a thing are found; nothing where nobody purges them, or another thing of the
/// same rows is hidden in the same way.
pub fn adopting(
    policy: &Policy,
    schema: &Schema,
    graph: &Graph,
    thing: &ThingName,
) -> Option<Adopting> {
    let thing = policy.things.iter().find(|known| known.name == *thing)?;
    let source = Source { policy, schema, graph, thing, way: Way::AtOnce };
    let (table, row) = root_row(&source)?;
    let (first, hide) = hides(policy, &table.name)?;
    let purge = thing.purge.as_ref().filter(|_| first.name == thing.name)?;
    let after_secs = match hide.undo {
        Undo::Forever => return None,
        Undo::Secs(secs) => secs,
        Undo::UntilPurged => 0,
    };
    let key = columns_of(table, &row.columns);
    let mut writer = Writer::new(schema.dialect);
    writer.push("SELECT ").list(&key, |writer, column| {
        writer.read(column);
    });
    writer.push(" FROM ").table(table).push(" WHERE ");
    writer.push("(");
    write_plainly(&mut writer, hide, table);
    writer.push(")");
    if purge.root == RootAfter::Stays {
        let going = Closure::new(&source, &mut Vec::new())?.going;
        let below = graph.below(&table.name).filter(|edge| {
            edge.fate == Fate::Delete && going.contains(&edge.child) && !edge.is_self_reference()
        });
        let below = below.filter_map(|edge| Some((edge, schema.table(&edge.child)?)));
        // One row is looked for below each hidden one. As EXISTS the planner might read all of them.
        writer.push(" AND (1 = 0");
        for (edge, child) in below {
            writer.push(" OR (SELECT 1 FROM ").table(child).push(" WHERE ");
            let parent = (&Alias::of_table(table), edge.parent_key.as_slice());
            refers_to_row(&mut writer, &edge.columns, &edge.via, parent, child);
            if let Some(filter) = &edge.filter {
                writer.push(" AND ").condition(filter, child);
            }
            writer.push(" LIMIT 1) = 1");
        }
        writer.push(")");
    }
    writer.push(" ORDER BY ").columns(&key).limit();
    Some(Adopting { statement: writer.finish("look for hidden", &table.name), after_secs })
}
