//! One case: a shape, rows, and what its policy calls a thing.

use sexton_core::schema::Dialect;

use super::dice::Dice;
use super::rows::{self, Rows};
use super::shape::Shape;
use super::values::Value;
use super::{draw, policy};

/// A random database and what may be deleted from it.
#[derive(Debug, Clone)]
pub struct Case {
    /// What it follows from.
    pub seed: u64,
    /// Its tables and foreign keys.
    pub shape: Shape,
    /// Its rows.
    pub rows: Rows,
    /// The things of its policy.
    pub things: Vec<Thing>,
    /// Its policy.
    pub policy: String,
}

/// What may be deleted: rows of one table.
#[derive(Debug, Clone)]
pub struct Thing {
    /// Its name in the policy.
    pub name: String,
    /// The table.
    pub table: usize,
    /// The columns that name one of its rows, in the policy's order.
    pub key: Vec<usize>,
    /// Whether its digest covers the keys of leaves.
    pub digest_rows: bool,
}

impl Case {
    /// The case of this seed.
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let shape = draw::shape(&mut dice);
        let rows = rows::rows(&shape, &mut dice);
        let things = things(&shape, &mut dice);
        let policy = policy::text(seed, &shape, &things, &mut dice);
        Self { seed, shape, rows, things, policy }
    }

    /// The statement that deletes these rows and leaves the rest to the database.
    pub fn plain_delete(&self, thing: &Thing, rows: &[&[Value]], dialect: Dialect) -> String {
        let table = &self.shape.tables[thing.table];
        let is = |row: &[Value]| {
            let parts: Vec<String> = thing
                .key
                .iter()
                .map(|at| {
                    let column = &table.columns[*at];
                    let name = super::script::quoted(&column.name);
                    format!("{name} = {}", row[*at].literal(column.kind, dialect))
                })
                .collect();
            parts.join(" AND ")
        };
        let rows: Vec<String> = rows.iter().map(|row| is(row)).collect();
        format!("DELETE FROM {} WHERE {}", super::script::quoted(&table.name), rows.join(" OR "))
    }

    /// How a person names this row; `None` for what nobody can type.
    pub fn typed(thing: &Thing, row: &[Value], dialect: Dialect) -> Option<String> {
        let typed: Option<Vec<String>> =
            thing.key.iter().map(|at| row[*at].typed(dialect)).collect();
        let typed = match typed?.as_slice() {
            [one] => one.clone(),
            many => {
                let escaped: Vec<String> = many
                    .iter()
                    .map(|part| part.replace('\\', "\\\\").replace(',', "\\,"))
                    .collect();
                escaped.join(",")
            }
        };
        (!typed.trim().is_empty()).then_some(typed)
    }
}

/// Every table is a thing, or only those that others refer to and a few more: a table that is
/// none may lose its rows without anybody having read them.
fn things(shape: &Shape, dice: &mut Dice) -> Vec<Thing> {
    let all = dice.percent(50);
    // A digest over rows needs rows that can be told apart.
    let all_keyed = shape.tables.iter().all(|table| !table.key.is_empty());
    let mut things = Vec::new();
    for (at, table) in shape.tables.iter().enumerate() {
        let is_parent = shape.foreign_keys.iter().any(|key| key.parent == at);
        if table.key.is_empty() || !(all || is_parent || dice.percent(35)) {
            continue;
        }
        let key = match table.unique {
            Some(unique) if dice.percent(25) => vec![unique],
            _ => dice.shuffled(table.key.clone()),
        };
        let digest_rows = all_keyed && dice.percent(10);
        things.push(Thing { name: format!("t{at}"), table: at, key, digest_rows });
    }
    things
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_the_whole_case() {
        for seed in 0..20 {
            let (one, other) = (Case::of(seed), Case::of(seed));
            assert_eq!(one.policy, other.policy);
            assert_eq!(one.rows, other.rows);
        }
        assert_ne!(Case::of(1).rows, Case::of(2).rows);
    }

    #[test]
    fn rows_keep_every_foreign_key() {
        for seed in 0..300 {
            let case = Case::of(seed);
            for key in &case.shape.foreign_keys {
                for row in &case.rows[key.child] {
                    let pointing: Vec<&Value> = key.columns.iter().map(|at| &row[*at]).collect();
                    let found = case.rows[key.parent].iter().any(|parent| {
                        key.parent_columns.iter().zip(&pointing).all(|(at, v)| parent[*at] == **v)
                    });
                    let dangling = !found && !pointing.iter().any(|value| value.is_null());
                    assert!(!dangling, "seed {seed}: {key:?} of {row:?}");
                }
            }
        }
    }
}
