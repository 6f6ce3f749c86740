//! The closure of a thing as a picture: what goes with it, what changes, what refuses, and why.
//!
//! A picture is drawn from the policy alone, so it needs no database and shows what was decided.
//! It is a tree: each table that goes stands once, where the fewest steps lead to it, and is
//! referred to wherever else a line leads to it. Sisters that say the same share a branch, so
//! that two hundred tables still fit.
//!
//! Here: the tree, and its drawing as SVG. Not here: the tree as text for a terminal.

mod branches;
mod layout;
mod svg;

#[cfg(test)]
mod tests;

use crate::names::{TableName, ThingName};
use crate::policy::{Policy, TakeRule};

pub use crate::closures::Mark;
pub use svg::svg;

/// The closure of one thing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Picture {
    /// The thing.
    #[serde(serialize_with = "as_text")]
    pub thing: ThingName,
    /// The tables that its value names rows of, its own first.
    pub roots: Vec<Branch>,
    /// How many tables lose rows.
    pub going: usize,
}

/// One table, or sisters, and what hangs below.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Branch {
    /// What happens to its rows.
    pub mark: Mark,
    /// The tables; several where they say the same and nothing is below them.
    #[serde(serialize_with = "as_texts")]
    pub tables: Vec<TableName>,
    /// By which columns it is reached.
    pub via: Vec<String>,
    /// What it is set to, where it changes.
    pub change: Option<String>,
    /// Which of its rows refer at all.
    pub condition: Option<String>,
    /// Where its rows go because what is above takes them: whether always, or with the last.
    pub taken: Option<TakeRule>,
    /// Whether the table stands in another place, with what hangs below it.
    pub elsewhere: bool,
    /// What hangs below.
    pub below: Vec<Branch>,
    /// How many branches are left out below, because the picture is to be shallow.
    pub left_out: usize,
}

impl Branch {
    /// How it is reached from what is above.
    pub fn way(&self) -> String {
        let via = self.via.join(", ");
        match self.taken {
            None => format!("via {via}"),
            Some(TakeRule::Always) => format!("taken by {via}"),
            Some(TakeRule::WhenLast) => format!("taken by the last {via}"),
        }
    }
}

/// The picture of a thing, at most so many levels below its own; `None` if there is no such thing.
pub fn picture(policy: &Policy, thing: &ThingName, depth: Option<usize>) -> Option<Picture> {
    let thing = policy.things.iter().find(|known| known.name == *thing)?;
    Some(branches::picture(policy, thing, depth.unwrap_or(usize::MAX)))
}

fn as_text<S: serde::Serializer>(name: &ThingName, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(name)
}

fn as_texts<S: serde::Serializer>(names: &[TableName], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(names.iter().map(ToString::to_string))
}
