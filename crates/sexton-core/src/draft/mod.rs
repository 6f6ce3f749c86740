//! Drafts a first policy from a live schema, as a person would write it.
//!
//! Each foreign key gets the line that its ON DELETE implies; where it implies nothing, the line
//! waits for a person. References that the database does not know are guessed from names, and
//! from values where somebody has looked, and stand behind a mark: a guess decides nothing.
//!
//! Invariants: one schema, one text, byte for byte; a draft whose open lines are decided passes
//! `check` but for what is amiss in the schema itself, such as a missing index.
//! Not here: reading the schema, running the comparisons (the engine), writing the file.

mod candidates;
mod defaults;
mod fates;
mod lines;
mod order;
mod page;
mod sisters;
mod tenant;
mod things;
mod values;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::names::{ColumnName, SystemName, TableName};
use crate::schema::Schema;
use crate::sql::Statement;
use lines::Line;
use order::Link;

pub use page::Polymorphic;

/// What is drafted, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The system's name.
    pub system: SystemName,
    /// Where its database is, as the file shall say it.
    pub database: String,
    /// The schema that unqualified names mean, where the file must say it.
    pub schema: Option<String>,
    /// What is written where the schema implies nothing.
    pub undecided: Undecided,
}

/// The fate of references that the database only refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undecided {
    /// Wait for a person.
    Review,
    /// The left goes too.
    Delete,
    /// The left refuses, as the database does.
    Block,
}

impl Undecided {
    fn fate(self) -> String {
        let word = match self {
            Self::Review => "review",
            Self::Delete => "delete",
            Self::Block => "block",
        };
        format!("\"{word}\"")
    }

    /// What is said behind such a line.
    fn said(self, question: String) -> String {
        match self {
            Self::Review => question,
            Self::Delete | Self::Block => "as asked".to_owned(),
        }
    }
}

/// A draft: the file, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    /// The file.
    pub text: String,
    /// Tables of the schema.
    pub tables: usize,
    /// Things in the file.
    pub things: usize,
    /// References that the database knows.
    pub references: usize,
    /// Those of them that the database only refuses.
    pub undecided: usize,
    /// References behind a mark.
    pub suggested: usize,
}

/// A reference that a name speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The referring table.
    pub child: TableName,
    /// The referring columns.
    pub columns: Vec<ColumnName>,
    /// The table referred to.
    pub parent: TableName,
    /// Its columns.
    pub parent_key: Vec<ColumnName>,
    score: u8,
}

/// What a comparison found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Different values on the left.
    pub values: u64,
    /// Those that are on the right.
    pub found: u64,
}

/// A reference worth a person's look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The reference.
    pub candidate: Candidate,
    /// What its values say, where somebody has looked.
    pub seen: Option<Seen>,
}

impl Suggestion {
    /// Whether there is hardly a doubt: the name is plain, and values do not speak against it.
    pub(crate) fn is_plain(&self) -> bool {
        match self.seen {
            None => self.candidate.score >= candidates::EXACT,
            Some(seen) if self.candidate.score >= candidates::EXACT => {
                seen.found * 10 >= seen.values * 9
            }
            Some(seen) => {
                self.candidate.score >= candidates::GOOD
                    && seen.values > 1
                    && seen.found == seen.values
            }
        }
    }
}

/// References that names speak for; several for a column whose name fits several tables.
pub fn candidates(schema: &Schema) -> Vec<Candidate> {
    candidates::candidates(schema)
}

/// The statement that counts, for each of these candidates, the values of the left and those of
/// them found on the right; a row begins with the candidate's place in the list.
pub fn comparison(candidates: &[Candidate], schema: &Schema) -> Option<Statement> {
    values::comparison(candidates, schema)
}

/// What is left of candidates after what was seen of each.
pub fn suggestions(candidates: Vec<Candidate>, seen: &[Option<Seen>]) -> Vec<Suggestion> {
    values::suggested(candidates, seen)
}

/// The draft of a schema.
pub fn draft(schema: &Schema, suggestions: &[Suggestion], wanted: &Wanted) -> Draft {
    let known = lines::of_keys(schema, wanted.undecided);
    let suggested = lines::of_suggestions(schema, suggestions, wanted.undecided);
    let parents = order::parents(&links(&known), &links(&suggested));
    let things = things::things(schema, &parents);
    let draft = Draft {
        text: String::new(),
        tables: schema.tables.len(),
        things: things.referred.len() + things.leaves.len(),
        references: known.len(),
        undecided: known.iter().filter(|line| line.comment.is_some()).count(),
        suggested: suggested.len(),
    };
    let mut of_parent: BTreeMap<&TableName, Vec<Line>> = BTreeMap::new();
    for line in known.iter().chain(&suggested) {
        of_parent.entry(&line.parent).or_default().push(line.clone());
    }
    let blocks = parents.iter().filter_map(|parent| of_parent.get(parent));
    let blocks = blocks.map(|lines| sisters::entries(lines)).collect();
    let polymorphic = candidates::polymorphic(schema);
    let dangling = lines::dangling(schema);
    page::Page { schema, wanted, things, blocks, polymorphic, dangling }.written(draft)
}

fn links(lines: &[Line]) -> Vec<Link<'_>> {
    lines.iter().map(|line| Link { child: &line.child, parent: &line.parent }).collect()
}
