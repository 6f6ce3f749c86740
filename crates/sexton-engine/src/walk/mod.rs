//! The one executor of plans: finds the rows, judges them, and knows their digest.
//!
//! A preview walks in a look and counts; a deletion walks in a change, under locks, and goes on
//! to change and remove. What a statement binds is resolved here and nowhere else.

mod bind;
mod claim;
mod digest;
mod fence;
mod find;
mod held;
mod judge;
mod refused;
mod roots;
mod rows;
mod work;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use sexton_core::names::Timestamp;
use sexton_core::plan::Plan;
use sexton_core::sql::{Bind, KeyColumns, Scalar, Statement};

pub(crate) use bind::of_caller as caller_arg;
pub(crate) use find::{Found, INTERIOR_KEYS_MAX, Rooted};
pub(crate) use judge::Judge;
pub(crate) use refused::Refused;
pub(crate) use roots::{Roots, key_of, key_values};
pub(crate) use rows::KeyRows;
pub(crate) use work::WorkCount;

use crate::ports::{Arg, DatabaseError, Query, Row, Tx};
use crate::request::{Caller, Root, RootKey};

/// Whether rows are locked as they are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Locks {
    /// A look: nothing is locked.
    Leave,
    /// A change: rows are locked, then looked at.
    Take,
}

/// One root, and what was read of its own row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Subject {
    /// As people write it.
    pub id: String,
    /// As its row holds it; nothing where it has none.
    pub key: Vec<Scalar>,
    pub row_exists: bool,
    pub label: Option<String>,
    pub tenant: Option<String>,
    /// Whether the caller owns it, where that matters.
    pub owned: Option<bool>,
    pub show: Vec<(String, Option<String>)>,
    /// Columns that sentences name.
    pub said: Vec<(String, Option<String>)>,
    /// Sentences of conditions that refuse: `only` not met, then `refuse` met.
    pub wrong: Vec<String>,
    pub refused: Vec<String>,
}

/// One walk of a plan over its roots, in one transaction.
pub(crate) struct Walk<'w> {
    pub plan: &'w Plan,
    pub tx: &'w mut dyn Tx,
    pub roots: Roots,
    pub sets: Vec<KeyRows>,
    lists: HashMap<(Vec<KeyColumns>, Option<usize>), Arg>,
    pub locks: Locks,
    /// No statement begins after this moment; `None` for a deletion.
    pub deadline: Option<Deadline<'w>>,
}

/// When a preview has looked long enough.
#[derive(Clone, Copy)]
pub(crate) struct Deadline<'w> {
    pub clock: &'w dyn crate::ports::Clock,
    pub at: Timestamp,
}

impl<'w> Walk<'w> {
    pub fn new(plan: &'w Plan, tx: &'w mut dyn Tx, roots: Roots, locks: Locks) -> Self {
        let sets = plan.sets.iter().map(|set| KeyRows::new(set.identity)).collect();
        Self { plan, tx, roots, sets, lists: HashMap::new(), locks, deadline: None }
    }

    /// Reads the key of a root by named values.
    pub async fn look_up(
        find: &Statement,
        values: &BTreeMap<String, String>,
        root: &Root,
        tx: &mut dyn Tx,
    ) -> Result<Vec<Row>, DatabaseError> {
        let args = find.binds.iter().map(|bind| match bind {
            Bind::Path(name) => Arg::Scalar(
                values.get(name).map_or(Scalar::Null, |value| Scalar::text(value.as_str())),
            ),
            bind => bind::of_caller(bind, &root.caller),
        });
        let query =
            Query { label: &find.label, sql: &find.sql, args: args.collect(), general: false };
        tx.rows(query).await
    }

    /// Reads rows. A statement whose lists of keys are all empty has no answer and is not sent.
    pub async fn rows(
        &mut self,
        statement: &Statement,
        cap: u64,
    ) -> Result<Vec<Row>, DatabaseError> {
        if self.is_void(statement) {
            return Ok(Vec::new());
        }
        self.in_time(statement)?;
        self.of_one(statement)?;
        let args = self.args(statement, cap);
        let mut sql = text(statement, &args);
        if self.locks == Locks::Take {
            sql += statement.lock;
        }
        self.tx
            .rows(Query { label: &statement.label, sql: &sql, args, general: statement.general })
            .await
    }

    /// Changes rows and says how many. A statement without keys changes none and is not sent.
    pub async fn run(&mut self, statement: &Statement) -> Result<u64, DatabaseError> {
        if self.is_void(statement) {
            return Ok(0);
        }
        self.of_one(statement)?;
        let args = self.args(statement, u64::MAX);
        let sql = text(statement, &args);
        self.tx
            .run(Query { label: &statement.label, sql: &sql, args, general: statement.general })
            .await
    }

    /// The single number that a counting statement answers.
    pub async fn count(&mut self, statement: &Statement, cap: u64) -> Result<u64, DatabaseError> {
        let rows = self.rows(statement, cap).await?;
        let number = rows.first().and_then(|row| row.first()).and_then(Scalar::as_integer);
        Ok(number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0))
    }

    /// SQL of the policy that says `{id}` has no answer for several roots.
    fn of_one(&self, statement: &Statement) -> Result<(), DatabaseError> {
        if self.roots.len() > 1 && statement.binds.contains(&Bind::Id) {
            let why = "SQL of the policy says `{id}`, so only one can be asked for at a time";
            return Err(DatabaseError::BadValue(why.into()));
        }
        Ok(())
    }

    fn in_time(&self, statement: &Statement) -> Result<(), DatabaseError> {
        match &self.deadline {
            Some(deadline) if deadline.clock.now() > deadline.at => {
                Err(DatabaseError::Timeout { label: statement.label.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// Reads rows by a statement outside of any walk: by named values and who asks.
pub(crate) async fn read_named(
    statement: &Statement,
    values: &BTreeMap<String, Scalar>,
    caller: &Caller,
    cap: u32,
    tx: &mut dyn Tx,
) -> Result<Vec<Row>, DatabaseError> {
    let args = statement.binds.iter().map(|bind| match bind {
        Bind::Path(name) => Arg::Scalar(values.get(name).cloned().unwrap_or(Scalar::Null)),
        Bind::Literal(scalar) => Arg::Scalar(scalar.clone()),
        Bind::Cap => Arg::Scalar(Scalar::Integer(i64::from(cap))),
        bind => bind::of_caller(bind, caller),
    });
    let Statement { label, sql, .. } = statement;
    tx.rows(Query { label, sql, args: args.collect(), general: false }).await
}

/// The text of a statement for these values.
fn text<'s>(statement: &'s Statement, args: &[Arg]) -> Cow<'s, str> {
    let is_blob = |value: &Scalar| matches!(value, Scalar::Blob(_));
    let blobs = args.iter().any(|arg| matches!(arg, Arg::Array(list) if list.iter().any(is_blob)));
    if blobs { statement.with_blobs().into() } else { statement.sql.as_str().into() }
}

/// The roots as the caller named them, for messages.
pub(crate) fn named(root: &Root) -> Vec<String> {
    match &root.key {
        RootKey::Id(id) => vec![id.clone()],
        RootKey::Ids(ids) => ids.clone(),
        RootKey::Named(values) => {
            let values: Vec<String> =
                values.iter().map(|(name, value)| format!("{name}={value}")).collect();
            vec![values.join(" ")]
        }
    }
}
