//! Counts what a run of random cases has met, and demands that it was enough.

use std::collections::BTreeMap;
use std::fmt;

use sexton_core::schema::{Deferrable, OnDelete};
use sexton_testkit::random::case::Case;
use sexton_testkit::random::names::is_odd;
use sexton_testkit::random::shape::ForeignKey;
use sexton_testkit::random::values::Kind;

/// How often each thing was met.
#[derive(Debug, Default)]
pub struct Census {
    counts: BTreeMap<&'static str, usize>,
}

impl Census {
    /// Met once more.
    pub fn met(&mut self, what: &'static str) {
        self.add(what, 1_usize);
    }

    /// Met so many times more.
    pub fn add(&mut self, what: &'static str, times: impl TryInto<usize>) {
        *self.counts.entry(what).or_default() += times.try_into().unwrap_or(usize::MAX);
    }

    /// How often it was met.
    pub fn of(&self, what: &str) -> usize {
        self.counts.get(what).copied().unwrap_or(0)
    }

    /// Demands that each of these was met at least so often.
    pub fn demand(&self, minima: &[(&'static str, usize)]) {
        let missing: Vec<String> = minima
            .iter()
            .filter(|(what, least)| self.of(what) < *least)
            .map(|(what, least)| format!("{what}: {} of {least}", self.of(what)))
            .collect();
        assert!(missing.is_empty(), "the cases did not meet enough: {missing:?}\n{self}");
    }

    /// Counts what a case is like.
    pub fn describe(&mut self, case: &Case) {
        let shape = &case.shape;
        self.met("cases");
        self.add("tables", shape.tables.len());
        self.add("rows created", case.rows.iter().map(Vec::len).sum::<usize>());
        let strict = |key: &ForeignKey| shape.nullable_columns(key).is_empty();
        let self_references =
            shape.foreign_keys.iter().filter(|key| key.child == key.parent).collect::<Vec<_>>();
        let several = self_references
            .iter()
            .any(|one| self_references.iter().filter(|other| other.child == one.child).count() > 1);
        let names = shape
            .tables
            .iter()
            .flat_map(|table| table.columns.iter().map(|c| &c.name).chain([&table.name]));
        let marks = [
            ("with a cycle", shape.has_cycle(|_| true)),
            ("with a NOT NULL cycle", shape.has_cycle(strict)),
            ("with a CASCADE cycle", shape.has_cycle(|key| key.on_delete == OnDelete::Cascade)),
            ("with a diamond", shape.has_diamond()),
            ("with a self-reference", !self_references.is_empty()),
            ("with several self-references of a table", several),
            ("with odd names", names.into_iter().any(|name| is_odd(name))),
            ("with a composite key", shape.tables.iter().any(|table| table.key.len() > 1)),
            ("with a table without key", shape.tables.iter().any(|table| table.key.is_empty())),
            ("with a table that is no thing", case.things.len() < shape.tables.len()),
        ];
        for (mark, _) in marks.iter().filter(|(_, holds)| *holds) {
            self.met(mark);
        }
        for key in &shape.foreign_keys {
            self.describe_key(case, key);
        }
    }

    fn describe_key(&mut self, case: &Case, key: &ForeignKey) {
        let shape = &case.shape;
        let child = &shape.tables[key.child];
        self.met("foreign keys");
        self.met(match key.on_delete {
            OnDelete::Cascade => "CASCADE",
            OnDelete::SetNull => "SET NULL",
            OnDelete::NoAction => "NO ACTION",
            OnDelete::Restrict => "RESTRICT",
            OnDelete::SetDefault => "SET DEFAULT",
        });
        self.met(match child.columns[key.columns[0]].kind {
            Kind::Integer | Kind::Narrow => "keys of numbers",
            Kind::Text => "keys of text",
            Kind::Uuid => "keys of UUIDs",
            Kind::Bytes => "keys of bytes",
            Kind::Jsonb | Kind::Json => "keys of JSON",
        });
        let kinds_differ = key.columns.iter().zip(&key.parent_columns).any(|(from, to)| {
            child.columns[*from].kind != shape.tables[key.parent].columns[*to].kind
        });
        let nullable = shape.nullable_columns(key).len();
        let in_key = key.columns.iter().filter(|at| child.key.contains(at)).count();
        let key_order: Vec<usize> = shape.tables[key.parent].key.clone();
        let marks = [
            ("composite foreign keys", key.columns.len() > 1),
            (
                "composite in another order",
                key.columns.len() > 1 && key.parent_columns != key_order,
            ),
            ("onto a unique key", shape.is_onto_unique(key)),
            ("deferrable", key.deferrable != Deferrable::No),
            ("without an index", !key.indexed),
            ("NOT NULL", nullable == 0),
            ("NULL in part", nullable > 0 && nullable < key.columns.len()),
            ("part of the child's own key", in_key == key.columns.len()),
            ("sharing a column with the key", in_key > 0 && in_key < key.columns.len()),
            ("of another type than the key", kinds_differ),
        ];
        for (mark, _) in marks.iter().filter(|(_, holds)| *holds) {
            self.met(mark);
        }
    }
}

impl fmt::Display for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, count) in &self.counts {
            writeln!(f, "{count:>8}  {what}")?;
        }
        Ok(())
    }
}
