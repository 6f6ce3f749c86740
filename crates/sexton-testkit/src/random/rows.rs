//! Fills a shape with rows that keep all of its foreign keys.

use std::collections::BTreeSet;

use super::dice::Dice;
use super::shape::{ForeignKey, Shape};
use super::values::{Kind, Value};

/// A row: a value for each column.
pub type Row = Vec<Value>;
/// The rows of every table.
pub type Rows = Vec<Vec<Row>>;

/// Rows for every table.
pub(super) fn rows(shape: &Shape, dice: &mut Dice) -> Rows {
    let mut filling = Filling { shape, rows: Vec::new(), dice };
    for table in 0..shape.tables.len() {
        let rows = filling.of_own_values(table);
        filling.rows.push(rows);
    }
    let references: Vec<&ForeignKey> =
        shape.foreign_keys.iter().filter(|key| !shape.is_identifying(key)).collect();
    for key in references {
        filling.point(key);
    }
    while shape.foreign_keys.iter().any(|key| filling.mend(key)) {}
    filling.rows
}

struct Filling<'f> {
    shape: &'f Shape,
    rows: Rows,
    dice: &'f mut Dice,
}

impl Filling<'_> {
    /// Rows in which everything stands but what other rows decide.
    fn of_own_values(&mut self, table: usize) -> Vec<Row> {
        let count = match self.dice.weighted(&[4, 26, 70]) {
            0 => 0,
            1 => self.dice.between(1, 4),
            _ => self.dice.between(5, 30),
        };
        let shape = self.shape;
        let described = &shape.tables[table];
        let mut rows: Vec<Row> = Vec::new();
        let mut keys = BTreeSet::new();
        let mut uniques = BTreeSet::new();
        for _ in 0..count {
            let mut row = self.own_values(table);
            if !self.identify(table, &mut row) {
                break;
            }
            if let Some(unique) = described.unique {
                let is_null =
                    described.columns[unique].nullable && !rows.is_empty() && self.dice.percent(30);
                let kind = described.columns[unique].kind;
                row[unique] = if is_null { Value::Null } else { Value::of_key(kind, self.dice) };
                if !is_null && !uniques.insert(row[unique].clone()) {
                    continue;
                }
            }
            let key: Vec<Value> = described.key.iter().map(|at| row[*at].clone()).collect();
            if described.key.is_empty() || keys.insert(key) {
                rows.push(row);
            }
        }
        rows
    }

    fn own_values(&mut self, table: usize) -> Row {
        let shape = self.shape;
        let described = &shape.tables[table];
        let columns = described.columns.iter().enumerate();
        columns
            .map(|(at, column)| match (described.key.contains(&at), column.nullable) {
                (true, _) if column.few => Value::Integer(i64::from(self.dice.percent(50))),
                (true, _) => Value::of_key(column.kind, self.dice),
                (false, true) if self.dice.percent(25) => Value::Null,
                (false, _) => Value::any(column.kind, self.dice),
            })
            .collect()
    }

    /// Gives the columns that are both key and foreign key the values of parents; false if there
    /// are no parents.
    fn identify(&mut self, table: usize, row: &mut Row) -> bool {
        let shape = self.shape;
        for key in &shape.foreign_keys {
            if key.child != table || !shape.is_identifying(key) {
                continue;
            }
            let parents = self.candidates(key);
            if parents.is_empty() {
                return false;
            }
            write(key, row, self.dice.pick(&parents));
        }
        true
    }

    /// What a row may refer to: the values of each parent.
    fn candidates(&self, key: &ForeignKey) -> Vec<Row> {
        let kinds: Vec<Kind> =
            key.columns.iter().map(|at| self.shape.tables[key.child].columns[*at].kind).collect();
        let values =
            |row: &Row| -> Row { key.parent_columns.iter().map(|at| row[*at].clone()).collect() };
        self.rows[key.parent]
            .iter()
            .map(values)
            .filter(|values| values.iter().zip(&kinds).all(|(value, kind)| fits(value, *kind)))
            .collect()
    }

    /// Lets the rows of a foreign key refer to parents, or to nothing.
    fn point(&mut self, key: &ForeignKey) {
        let candidates = self.candidates(key);
        let nullable = self.shape.nullable_columns(key);
        let mut rows = std::mem::take(&mut self.rows[key.child]);
        let mut at = 0;
        rows.retain_mut(|row| {
            at += 1;
            let parents = reachable(self.shape, key, row, &candidates);
            if nullable.is_empty() || (!parents.is_empty() && self.dice.percent(key.filled)) {
                let Some(parent) = self.parent(key, &parents, at - 1) else { return false };
                write(key, row, &parent);
            } else {
                self.let_go(key, &nullable, row);
            }
            true
        });
        self.rows[key.child] = rows;
    }

    /// One of the parents: often one of the first few, and in a self-reference often one before.
    fn parent(&mut self, key: &ForeignKey, parents: &[Row], at: usize) -> Option<Row> {
        let end = match (key.child == key.parent, self.dice.weighted(&[40, 35, 25])) {
            (true, 0 | 1) => at.clamp(1, parents.len().max(1)),
            (false, 0) => parents.len().min(3),
            _ => parents.len(),
        };
        parents.get(self.dice.below(end)).cloned()
    }

    /// Lets a row refer to nothing: all of its values NULL, or one of a few.
    fn let_go(&mut self, key: &ForeignKey, nullable: &[usize], row: &mut Row) {
        let columns = &self.shape.tables[key.child].columns;
        let half = nullable.len() > 1 && self.dice.percent(40);
        let kept = half.then(|| *self.dice.pick(nullable));
        for at in nullable {
            row[*at] = match kept {
                Some(kept) if kept == *at => Value::of_key(columns[*at].kind, self.dice),
                _ => Value::Null,
            };
        }
    }

    /// Mends what refers to rows that are no longer there; says whether rows had to go for it.
    fn mend(&mut self, key: &ForeignKey) -> bool {
        let candidates = self.candidates(key);
        let known: BTreeSet<&Row> = candidates.iter().collect();
        let nullable = self.shape.nullable_columns(key);
        let before = self.rows[key.child].len();
        self.rows[key.child].retain_mut(|row| {
            let values: Row = key.columns.iter().map(|at| row[*at].clone()).collect();
            if values.iter().any(Value::is_null) || known.contains(&values) {
                return true;
            }
            for at in &nullable {
                row[*at] = Value::Null;
            }
            !nullable.is_empty()
        });
        self.rows[key.child].len() < before
    }
}

/// Parents that fit the values that a row shares with another foreign key.
fn reachable(shape: &Shape, key: &ForeignKey, row: &Row, candidates: &[Row]) -> Vec<Row> {
    let own_key = &shape.tables[key.child].key;
    let fits = |values: &&Row| {
        key.columns
            .iter()
            .zip(values.iter())
            .all(|(at, value)| !own_key.contains(at) || row[*at] == *value)
    };
    candidates.iter().filter(fits).cloned().collect()
}

fn write(key: &ForeignKey, row: &mut Row, values: &Row) {
    for (at, value) in key.columns.iter().zip(values) {
        row[*at] = value.clone();
    }
}

fn fits(value: &Value, kind: Kind) -> bool {
    match (value, kind) {
        (Value::Null, _) => false,
        (Value::Integer(number), Kind::Narrow) => i32::try_from(*number).is_ok(),
        _ => true,
    }
}
