//! What a rule would delete now: how many, and some of them with what refuses. Changes nothing.

use std::time::Duration;

use sexton_core::preview::Blocker;
use sexton_core::sql::{Bind, Scalar, Statement};

use super::run::root_of;
use super::{RetainError, RetainRequest};
use crate::ports::{Arg, DatabaseError, Mode, Query};
use crate::preview::Budget;
use crate::system::System;

/// So long it may take to count, and to preview each sample.
const TIME_MAX: Duration = Duration::from_secs(5);

/// What a rule would do.
#[derive(Debug, Clone, PartialEq)]
pub struct RetentionLook {
    /// How many roots are due; none if they could not be counted in time.
    pub due: Option<u64>,
    /// Some of them, in the rule's order.
    pub samples: Vec<RetentionSample>,
}

/// One root that is due.
#[derive(Debug, Clone, PartialEq)]
pub struct RetentionSample {
    /// Its key.
    pub root: String,
    /// How many rows would go, at least.
    pub rows: u64,
    /// What refuses.
    pub blockers: Vec<Blocker>,
    /// Why it could not be looked at.
    pub failure: Option<String>,
}

impl System {
    /// Looks what a rule would delete: counts, and previews the first `samples`.
    pub async fn look_at_retention(
        &self,
        request: &RetainRequest,
        samples: u32,
    ) -> Result<RetentionLook, RetainError> {
        let rule = self.rule(&request.rule)?;
        let compiled = self.retaining(rule, request.older_than_secs).await?;
        let due = match self.count_due(&compiled.count).await {
            Ok(count) => Some(count),
            Err(DatabaseError::Timeout { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let first = self.due(&compiled, u64::from(samples), Some(TIME_MAX)).await?;
        let mut looked = Vec::new();
        for root in first {
            let asked = root_of(&compiled, &root, request);
            let budget = Budget { time: TIME_MAX, ..Budget::default() };
            let sample = match self.preview(&asked, budget).await {
                Ok(preview) => RetentionSample {
                    root,
                    rows: preview.rows().least(),
                    blockers: preview.blockers,
                    failure: None,
                },
                Err(error) => RetentionSample {
                    root,
                    rows: 0,
                    blockers: Vec::new(),
                    failure: Some(error.to_string()),
                },
            };
            looked.push(sample);
        }
        Ok(RetentionLook { due, samples: looked })
    }

    async fn count_due(&self, statement: &Statement) -> Result<u64, DatabaseError> {
        let args = statement.binds.iter().map(|bind| match bind {
            Bind::Literal(value) => Arg::Scalar(value.clone()),
            _ => Arg::Scalar(Scalar::Null),
        });
        let (label, sql) = (statement.label.as_str(), statement.sql.as_str());
        let query = Query { label, sql, args: args.collect(), general: statement.general };
        let mut tx = self.database.begin(Mode::Look { budget: Some(TIME_MAX) }).await?;
        let rows = tx.rows(query).await;
        drop(tx.rollback().await);
        let rows = rows?;
        let count = rows.first().and_then(|row| row.first()).and_then(Scalar::as_integer);
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
    }
}
