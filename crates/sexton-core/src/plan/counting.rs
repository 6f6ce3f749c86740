//! How the calls of a hook are counted before they are made: a preview says how many there will be.

use super::CallCount;
use super::compile::Source;
use super::recording::{Asker, Followed, columns, follow};
use crate::finding::Finding;
use crate::policy::{Batch, Hook};
use crate::schema::Table;
use crate::sql::{SetId, Writer};

/// Counts calls. `from` writes ` FROM table WHERE` the rows that are told of; of a hook that tells
/// of every row of a set, one by one, the set says it.
pub(super) fn calls(
    source: &Source<'_>,
    hook: &Hook,
    table: &Table,
    all: Option<SetId>,
    from: impl FnOnce(&mut Writer),
) -> Result<CallCount, Vec<Finding>> {
    let mut writer = Writer::new(source.schema.dialect);
    match (&hook.batch, all) {
        (None, Some(set)) => return Ok(CallCount::Rows(set)),
        (None, None) => {
            writer.push("SELECT count(*)");
            from(&mut writer);
        }
        (Some(batch), _) => {
            let max = i64::try_from(batch.max).unwrap_or(i64::MAX);
            writer.push("SELECT CAST(COALESCE(sum((n + ").number(max - 1).push(") / ");
            writer.number(max).push("), 0) AS bigint) FROM (SELECT count(*) AS n");
            from(&mut writer);
            grouped(source, batch, table, &mut writer)?;
            writer.push(") AS sexton_c");
        }
    }
    let label = ["for the hook", hook.name.as_str(), "count calls of"].join(" ");
    Ok(CallCount::Asked(Box::new(writer.finish(&label, &table.name))))
}

/// ` GROUP BY` what rows of one call have in common. A word is the same in all of them.
fn grouped(
    source: &Source<'_>,
    batch: &Batch,
    table: &Table,
    writer: &mut Writer,
) -> Result<(), Vec<Finding>> {
    let Some(by) = &batch.by else { return Ok(()) };
    let path = columns(by, Asker::Hook);
    let followed = follow(by, &path, Asker::Hook, Some(table), source.schema, source.graph);
    let followed = followed.map_err(|finding| vec![*finding])?;
    if followed.is_read() {
        writer.push(" GROUP BY ");
        Followed::write(&followed, table, writer);
    }
    Ok(())
}
