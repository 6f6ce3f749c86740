//! Keys that a fence remembers: locked as they are found, and handed on to be written.
//!
//! Race: a writer that names a key whose row it does not see asks the memory, and until it ends
//! holds the lock of that key, shared. A deletion takes the lock alone, before it looks for rows
//! below: so it waits for the writer and sees its row, or the writer waits and finds the key
//! remembered.

use std::collections::BTreeSet;

use sexton_core::fence::key_text;
use sexton_core::sql::{Scalar, SetId};

use super::{Locks, Walk};
use crate::ports::{DatabaseError, Remembered, Row};

impl Walk<'_> {
    /// Locks the roots' own values, where their rows may be missing.
    pub(super) async fn lock_values(&mut self) -> Result<(), DatabaseError> {
        if self.locks == Locks::Leave {
            return Ok(());
        }
        match self.remembered_values() {
            Some(of) => self.tx.lock_fence(&of).await,
            None => Ok(()),
        }
    }

    /// Locks the keys of these rows of a set.
    pub(super) async fn lock_keys(
        &mut self,
        set: SetId,
        rows: std::ops::Range<usize>,
    ) -> Result<(), DatabaseError> {
        if self.locks == Locks::Leave || rows.is_empty() {
            return Ok(());
        }
        let plan = self.plan;
        for remembered in plan.remembered.iter().filter(|remembered| remembered.set == set) {
            let rows = &self.sets[set.0].all()[rows.clone()];
            let keys = keys(rows, &remembered.columns).into_iter().collect();
            self.tx.lock_fence(&Remembered { memory: remembered.memory.clone(), keys }).await?;
        }
        Ok(())
    }

    /// All that a fence remembers of what goes.
    pub fn remembered(&self) -> Vec<Remembered> {
        let of_sets = self.plan.remembered.iter().map(|remembered| {
            let keys = keys(self.sets[remembered.set.0].all(), &remembered.columns);
            Remembered { memory: remembered.memory.clone(), keys: keys.into_iter().collect() }
        });
        of_sets.chain(self.remembered_values()).filter(|set| !set.keys.is_empty()).collect()
    }

    fn remembered_values(&self) -> Option<Remembered> {
        let memory = self.plan.root.memory.clone()?;
        let tenant = self.roots.tenant_of_values(self.plan);
        let tenant = tenant.map(|tenant| Scalar::text(tenant.as_str()));
        let keys = self.roots.keys().iter().map(|key| {
            let mut parts = self.stored(key);
            parts.extend(tenant.clone());
            key_text(&parts)
        });
        Some(Remembered { memory, keys: keys.collect() })
    }

    /// A root's values as the columns of its key store them.
    pub(super) fn stored(&self, key: &[Scalar]) -> Vec<Scalar> {
        let values = key.iter().zip(&self.plan.root.key);
        values.map(|(value, column)| value.stored_in(column)).collect()
    }
}

/// The texts of keys, each once; a key with a NULL in it is referred to by nothing.
fn keys(rows: &[Row], columns: &[usize]) -> BTreeSet<String> {
    let values = rows.iter().map(|row| columns.iter().map(|at| row[*at].clone()).collect());
    let known = values.filter(|values: &Vec<Scalar>| !values.iter().any(Scalar::is_null));
    known.map(|values| key_text(&values)).collect()
}
