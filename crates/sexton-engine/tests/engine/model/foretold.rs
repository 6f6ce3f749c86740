//! What a preview foretells of derived rows, against what they are afterwards.

use sexton_core::preview::{After, Preview, RowSample};
use sexton_core::schema::Dialect;

use super::expect::End;
use super::world::{Derived, ID, World};
use crate::census::Census;
use crate::place::Told;

/// Every value foretold must be there; those that are not foretold are counted.
pub fn judge(
    world: &World,
    preview: &Preview,
    end: &End,
    dialect: Dialect,
    census: &mut Census,
) -> Told<()> {
    let Some(derived) = &world.derived else { return Ok(()) };
    for shown in &preview.derived {
        for sample in &shown.samples {
            let (foretold, untold) = judge_row(world, derived, end, sample, dialect)?;
            census.add("values foretold", foretold);
            census.add("values not foretold", untold);
        }
    }
    Ok(())
}

fn judge_row(
    world: &World,
    derived: &Derived,
    end: &End,
    sample: &RowSample,
    dialect: Dialect,
) -> Told<(usize, usize)> {
    let rows = &end.rows[derived.table];
    let row = rows.iter().find(|row| row[ID].typed(dialect).as_ref() == Some(&sample.key));
    let row = row.ok_or_else(|| format!("{} is derived, but not there", sample.key))?;
    let columns = [derived.total, derived.latest, derived.note];
    let mut untold = 0;
    demand!(sample.after.len() == columns.len(), "not every column has a word: {sample:?}");
    for (column, after) in columns.into_iter().zip(&sample.after) {
        match after {
            After::Untold => untold += 1,
            After::Value(value) => {
                let name = &world.tables[derived.table].columns[column].name;
                let is = row[column].typed(dialect);
                demand!(*value == is, "{name} of {} becomes {is:?}: {sample:?}", sample.key);
            }
        }
    }
    Ok((columns.len() - untold, untold))
}
