//! How many rows of a thing there are, for whoever looks over a system.

use super::Way;
use super::closure::root_row;
use super::compile::Source;
use super::root::unhidden;
use crate::graph::Graph;
use crate::policy::{Policy, Thing};
use crate::schema::Schema;
use crate::sql::{Statement, Writer};

/// The statement that counts the rows of a thing that are not hidden; none where its values have
/// no row.
pub fn measuring(
    policy: &Policy,
    schema: &Schema,
    graph: &Graph,
    thing: &Thing,
) -> Option<Statement> {
    let way = if thing.hide.is_some() { Way::Hide } else { Way::AtOnce };
    let source = Source { policy, schema, graph, thing, way };
    let (table, _) = root_row(&source)?;
    let mut writer = Writer::new(schema.dialect);
    writer.push("SELECT count(*) FROM ").table(table).push(" WHERE 1 = 1");
    unhidden(&source, table, &mut writer);
    Some(writer.finish("count the", &table.name))
}
