//! What only rows can tell: statements that read, each with what its answer means.
//!
//! An inquiry looks at a part of a table at most, so that it ends soon on a table of any size: it
//! may find nothing although there is something, but what it tells is there.

use super::{Source, conditions, lengths, relations, uniques};
use crate::finding::{Finding, Severity};
use crate::sql::{Scalar, Statement};

/// A statement that reads, and what it means if it finds a row, or fails.
#[derive(Debug, Clone, PartialEq)]
pub struct Inquiry {
    /// The statement; what it binds are values of the policy.
    pub statement: Statement,
    /// What is told; `{row}` in its sentence stands for the row that is found.
    told: Finding,
    when: When,
}

/// When an inquiry tells what it has to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// It finds a row.
    Found,
    /// The database does not take a value.
    Refused,
}

impl Inquiry {
    /// Tells this if the statement finds a row.
    pub(super) fn if_found(statement: Statement, told: Finding) -> Self {
        Self { statement, told, when: When::Found }
    }

    /// Tells this, and what the database says, if it does not take a value of the statement.
    pub(super) fn if_refused(statement: Statement, told: Finding) -> Self {
        Self { statement, told, when: When::Refused }
    }

    /// What the first row means.
    pub fn found(&self, row: &[Scalar]) -> Option<Finding> {
        let words: Vec<String> = row.iter().map(ToString::to_string).collect();
        (self.when == When::Found).then(|| Finding {
            message: self.told.message.replace("{row}", &words.join(",")),
            ..self.told.clone()
        })
    }

    /// What it means that the database does not take a value.
    pub fn refused(&self, database_message: &str) -> Option<Finding> {
        (self.when == When::Refused).then(|| Finding {
            message: format!("{}: {database_message}", self.told.message),
            ..self.told.clone()
        })
    }

    /// What makes two of them the same to whoever reads the answer.
    pub(super) fn face(&self) -> (Option<crate::finding::Span>, String, Severity) {
        (self.told.span, self.told.message.clone(), self.told.severity)
    }
}

pub(super) fn inquiries(source: &Source<'_>) -> Vec<Inquiry> {
    [
        conditions::inquiries(source),
        uniques::inquiries(source),
        lengths::inquiries(source),
        relations::inquiries(source),
    ]
    .concat()
}
