//! Names as they come from the database, part by part, and what they say of keys.

use sexton_core::plan::NamedIn;
use sexton_core::sql::{Bind, REFUSED};
use sexton_core::sweep::{Accounts, InStore, NameRead, Standing, Unordered};
use tokio::sync::mpsc;

use crate::ports::{Arg, DatabaseError, Query, Row, Tx};

/// Names that are laid beside keys, in the order of both.
pub(crate) struct NamesRead<'n> {
    named: &'n NamedIn,
    parts: mpsc::Receiver<Vec<Row>>,
    part: std::vec::IntoIter<Row>,
    next: Option<NameRead>,
    accounts: Accounts,
}

impl<'n> NamesRead<'n> {
    pub fn new(named: &'n NamedIn, parts: mpsc::Receiver<Vec<Row>>) -> Self {
        let part = Vec::new().into_iter();
        Self { named, parts, part, next: None, accounts: Accounts::default() }
    }

    /// Judges the next key, once every name up to it was read.
    pub async fn standing(
        &mut self,
        key: &str,
        found: &mut InStore,
    ) -> Result<Standing, Unordered> {
        while let Some(name) = self.next(found).await {
            if name.name.as_str() > key {
                self.next = Some(name);
                break;
            }
            self.take(name, found)?;
        }
        self.accounts.object(key, &|by, rest| self.named.is_pooled(by, rest))
    }

    /// Reads the names behind the last key.
    pub async fn rest(&mut self, found: &mut InStore) -> Result<(), Unordered> {
        while let Some(name) = self.next(found).await {
            self.take(name, found)?;
        }
        self.accounts.end();
        self.tell_missing(found);
        Ok(())
    }

    async fn next(&mut self, found: &mut InStore) -> Option<NameRead> {
        if let Some(name) = self.next.take() {
            return Some(name);
        }
        loop {
            for row in self.part.by_ref() {
                let Some(name) = self.named.read(&row) else { continue };
                found.names += 1;
                if name.how >= REFUSED {
                    found.add_refused(&self.named.by[name.by].rule, name.name.clone());
                }
                return Some(name);
            }
            self.part = self.parts.recv().await?.into_iter();
        }
    }

    fn take(&mut self, name: NameRead, found: &mut InStore) -> Result<(), Unordered> {
        self.accounts.name(name)?;
        self.tell_missing(found);
        Ok(())
    }

    fn tell_missing(&mut self, found: &mut InStore) {
        for (name, by) in self.accounts.missing() {
            let of = &self.named.by[by];
            if of.is_certain {
                found.add_dangling(&of.rule, name);
            } else if of.is_in_one {
                found.add_missing(&of.rule, name);
            }
        }
    }
}

/// Reads names, for as long as somebody takes them.
pub(crate) async fn read_names(
    tx: &mut dyn Tx,
    named: &NamedIn,
    parts: mpsc::Sender<Vec<Row>>,
) -> Result<(), DatabaseError> {
    let Some(statement) = &named.statement else { return Ok(()) };
    let value = |bind: &Bind| match bind {
        Bind::Literal(value) => Arg::Scalar(value.clone()),
        _ => Arg::Scalar(sexton_core::sql::Scalar::Null),
    };
    let args = statement.binds.iter().map(value).collect();
    let (label, sql) = (statement.label.as_str(), statement.sql.as_str());
    tx.stream(Query { label, sql, args, general: false }, &parts).await
}
