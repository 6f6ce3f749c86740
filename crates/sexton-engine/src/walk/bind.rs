//! Resolves what a statement's placeholders stand for.
//!
//! Most statements of a plan name the same few lists of keys, so a list is made once and shared
//! until rows are added to a set.

use std::collections::HashSet;

use sexton_core::schema::Dialect;
use sexton_core::sql::{Bind, KeyColumns, Scalar, SetId, Statement};

use super::{KeyRows, Walk};
use crate::ports::{Arg, Row};
use crate::request::Caller;

impl Walk<'_> {
    /// The values of a statement, in order.
    pub(super) fn args(&mut self, statement: &Statement, cap: u64) -> Vec<Arg> {
        statement.binds.iter().map(|bind| self.arg(bind, cap)).collect()
    }

    /// Whether a statement speaks of keys only, and there are none.
    pub(super) fn is_void(&self, statement: &Statement) -> bool {
        let mut keys = statement.binds.iter().filter_map(|bind| match bind {
            Bind::Keys { from, .. } => Some(from),
            _ => None,
        });
        let of_root = |bind: &Bind| matches!(bind, Bind::Roots { .. } | Bind::Id);
        let speaks_of_root = statement.binds.iter().any(of_root);
        let Some(first) = keys.next() else { return false };
        !speaks_of_root
            && std::iter::once(first).chain(keys).flatten().all(|keys| self.source(keys).is_empty())
    }

    fn source(&self, keys: &KeyColumns) -> &[Row] {
        let set = &self.sets[keys.set.0];
        if keys.frontier { set.frontier() } else { set.all() }
    }

    /// Adds rows to a set; lists made of its rows are made anew.
    pub(super) fn add(&mut self, set: SetId, rows: Vec<Row>) {
        self.sets[set.0].add(rows);
        self.lists.clear();
    }

    /// Puts other rows in the place of a set's; lists made of the old ones are made anew.
    pub fn exchange(&mut self, set: SetId, rows: KeyRows) -> KeyRows {
        self.lists.clear();
        std::mem::replace(&mut self.sets[set.0], rows)
    }

    fn arg(&mut self, bind: &Bind, cap: u64) -> Arg {
        match bind {
            Bind::Keys { from, part } if from.iter().any(|keys| keys.frontier) => {
                self.keys(from, *part)
            }
            Bind::Keys { from, part } => {
                let known = (from.clone(), *part);
                if !self.lists.contains_key(&known) {
                    self.lists.insert(known.clone(), self.keys(from, *part));
                }
                self.lists[&known].clone()
            }
            Bind::Roots { part } => self.roots.list(*part, self.plan.dialect),
            Bind::Id => Arg::Scalar(self.roots.id()),
            Bind::Tenant | Bind::Actor | Bind::Owners | Bind::Admin => {
                of_caller(bind, &self.roots.caller)
            }
            Bind::Literal(scalar) => Arg::Scalar(scalar.clone()),
            // Named values are resolved to the key before a walk begins, and stored rows are bound by
            // whoever restores them.
            Bind::Path(_) | Bind::Rows(_) => Arg::Scalar(Scalar::Null),
            Bind::Cap => Arg::Scalar(Scalar::Integer(i64::try_from(cap).unwrap_or(i64::MAX))),
        }
    }

    fn keys(&self, from: &[KeyColumns], part: Option<usize>) -> Arg {
        if let [keys] = from
            && let [column] = keys.columns[..]
            && self.sets[keys.set.0].is_identity(&keys.columns)
        {
            // One column that tells rows apart: no two are alike.
            let values = self.source(keys).iter().map(|row| &row[column]);
            return Arg::Array(values.filter(|value| !value.is_null()).cloned().collect());
        }
        let mut tuples: Vec<Vec<Scalar>> = Vec::new();
        for keys in from {
            let of = |row: &Row| keys.columns.iter().map(|at| row[*at].clone()).collect();
            tuples.extend(self.source(keys).iter().map(of));
        }
        // A null refers to nothing, and nothing refers to it.
        tuples.retain(|tuple| !tuple.iter().any(Scalar::is_null));
        // Identities of one set are no two alike already.
        let distinct = matches!(from, [keys] if self.sets[keys.set.0].is_identity(&keys.columns));
        if !distinct {
            let mut seen = HashSet::with_capacity(tuples.len());
            tuples.retain(|tuple| seen.insert(tuple.clone()));
        }
        match (part, self.plan.dialect) {
            (None, _) | (Some(_), Dialect::Sqlite) if from.iter().any(|k| k.columns.len() > 1) => {
                Arg::Tuples(tuples.into())
            }
            (part, _) => {
                let part = part.unwrap_or(0);
                Arg::Array(tuples.into_iter().map(|mut tuple| tuple.swap_remove(part)).collect())
            }
        }
    }
}

/// What a statement binds of who asks.
pub(crate) fn of_caller(bind: &Bind, caller: &Caller) -> Arg {
    let text = |text: &str| Scalar::text(text);
    Arg::Scalar(match bind {
        Bind::Actor => text(caller.actor.as_str()),
        Bind::Tenant => caller.tenant.as_ref().map_or(Scalar::Null, |t| text(t.as_str())),
        Bind::Admin if caller.admin => text("admin"),
        Bind::Owners => {
            let organisations = caller.organisations.iter().map(String::as_str);
            let owners = std::iter::once(caller.actor.as_str()).chain(organisations);
            return Arg::Array(owners.map(text).collect());
        }
        _ => Scalar::Null,
    })
}
