//! What only rows can tell: statements that read, each with what its answer means.
//!
//! Unless all rows are asked for, an inquiry looks at a part of a table at most, so that it ends soon
//! on a table of any size: it may find nothing although there is something, but what it tells is
//! there. Whether a table has more rows than were looked at is a question of its own.

use std::collections::BTreeSet;

use super::{Source, conditions, leaks, lengths, relations, served, uniques};
use crate::finding::{Finding, Severity};
use crate::names::TableName;
use crate::schema::Schema;
use crate::sql::{Bind, Scalar, Statement, Writer};

/// So many rows of a table are looked at, unless all are asked for.
pub const LOOKED_AT: u64 = 20_000;

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
#[derive(Debug, Clone, PartialEq, Eq)]
enum When {
    /// It finds a row.
    Found,
    /// The database does not take a value.
    Refused,
    /// It explains that it would read a long table through: one of these names, in its words.
    ReadThrough(Vec<String>),
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

    /// Tells this if the database explains that it reads one of these through.
    pub(super) fn if_read_through(statement: Statement, names: Vec<String>, told: Finding) -> Self {
        Self { statement, told, when: When::ReadThrough(names) }
    }

    /// Whether it is only explained, and reads no row.
    pub fn is_explained(&self) -> bool {
        matches!(self.when, When::ReadThrough(_))
    }

    /// The table of which it looks at so many rows at most, if it does.
    fn capped(&self) -> Option<&TableName> {
        let is_capped = !self.is_explained() && self.statement.binds.contains(&Bind::Cap);
        is_capped.then_some(&self.statement.table)
    }

    /// What the rows mean that were found.
    pub fn found(&self, rows: &[Vec<Scalar>]) -> Option<Finding> {
        let words: Vec<String> = rows.first()?.iter().map(ToString::to_string).collect();
        let is_told = match &self.when {
            When::Found => true,
            When::Refused => false,
            When::ReadThrough(names) => rows.iter().any(|row| served::is_read_through(row, names)),
        };
        is_told.then(|| Finding {
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

/// Counts the rows of each table that these look at, up to a cap.
pub fn lengths_of(inquiries: &[Inquiry], schema: &Schema) -> Vec<(TableName, Statement)> {
    let names: BTreeSet<&TableName> = inquiries.iter().filter_map(Inquiry::capped).collect();
    let tables = names.into_iter().filter_map(|name| schema.table(name));
    let counted = tables.map(|table| {
        let mut writer = Writer::new(schema.dialect);
        writer.push("SELECT count(*)").as_text().push(" FROM (SELECT 1 FROM ").table(table);
        writer.limit().push(") AS sexton_c");
        (table.name.clone(), writer.finish("count some of", &table.name))
    });
    counted.collect()
}

pub(super) fn inquiries(source: &Source<'_>) -> Vec<Inquiry> {
    [
        conditions::inquiries(source),
        uniques::inquiries(source),
        lengths::inquiries(source),
        relations::inquiries(source),
        leaks::inquiries(source),
    ]
    .concat()
}
