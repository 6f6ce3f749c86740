//! What foreign keys say of a deletion, worked out on rows in memory.
//!
//! It shares nothing with the engine: the closure is what CASCADE reaches, whatever the order;
//! rows outside that refer to it refuse or are set to NULL.

use std::collections::BTreeSet;

use sexton_core::schema::OnDelete;
use sexton_testkit::random::shape::{ForeignKey, Shape};
use sexton_testkit::random::values::Value;

/// The rows of every table.
pub type Rows = Vec<Vec<Vec<Value>>>;

/// How a deletion ends.
pub enum Outcome {
    /// Well.
    Ends(End),
    /// Rows that stay still refer to rows that go.
    Blocked,
    /// A reference would have to become NULL and cannot.
    NotNull,
}

/// What is there after a deletion.
pub struct End {
    /// The rows.
    pub rows: Rows,
    /// How many rows each foreign key had set to NULL.
    pub changed: Vec<usize>,
}

/// Deletes rows, each by its table and place.
pub fn delete(shape: &Shape, rows: &Rows, roots: &[(usize, usize)]) -> Outcome {
    let closure = closure(shape, rows, roots);
    let mut end = rows.clone();
    let mut changed = vec![0; shape.foreign_keys.len()];
    let mut not_null = false;
    for (number, key) in shape.foreign_keys.iter().enumerate() {
        for (at, row) in end[key.child].iter_mut().enumerate() {
            let goes = closure.contains(&(key.child, at));
            if goes || !refers_into(key, rows, at, &closure) {
                continue;
            }
            if key.on_delete != OnDelete::SetNull {
                return Outcome::Blocked;
            }
            changed[number] += 1;
            not_null |= shape.nullable_columns(key).len() < key.columns.len();
            for column in &key.columns {
                row[*column] = Value::Null;
            }
        }
    }
    if not_null {
        return Outcome::NotNull;
    }
    for (table, rows) in end.iter_mut().enumerate() {
        let mut at = 0;
        rows.retain(|_| {
            at += 1;
            !closure.contains(&(table, at - 1))
        });
    }
    Outcome::Ends(End { rows: end, changed })
}

/// The roots and all that CASCADE reaches from them.
fn closure(shape: &Shape, rows: &Rows, roots: &[(usize, usize)]) -> BTreeSet<(usize, usize)> {
    let mut closure: BTreeSet<(usize, usize)> = roots.iter().copied().collect();
    let mut open = roots.to_vec();
    while let Some((parent, at)) = open.pop() {
        let cascades = shape
            .foreign_keys
            .iter()
            .filter(|key| key.parent == parent && key.on_delete == OnDelete::Cascade);
        for key in cascades {
            for child in 0..rows[key.child].len() {
                if refers_to(key, rows, child, at) && closure.insert((key.child, child)) {
                    open.push((key.child, child));
                }
            }
        }
    }
    closure
}

fn refers_into(
    key: &ForeignKey,
    rows: &Rows,
    child: usize,
    closure: &BTreeSet<(usize, usize)>,
) -> bool {
    closure.iter().any(|(table, at)| *table == key.parent && refers_to(key, rows, child, *at))
}

fn refers_to(key: &ForeignKey, rows: &Rows, child: usize, parent: usize) -> bool {
    key.columns.iter().zip(&key.parent_columns).all(|(column, to)| {
        let value = &rows[key.child][child][*column];
        !value.is_null() && *value == rows[key.parent][parent][*to]
    })
}
