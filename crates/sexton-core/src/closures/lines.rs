//! The lines of a policy by the table that they lead from, without a schema.

use std::collections::BTreeMap;

use super::{Mark, said};
use crate::names::TableName;
use crate::policy::{Fate, Options, Policy, Reference, Take, TakeRule};

/// A line that leads from a table that goes: down to what refers to it, or to what it takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Line<'a> {
    Down(&'a Reference, &'a Fate),
    Takes(&'a Take),
}

impl<'a> Line<'a> {
    pub fn from(self) -> &'a TableName {
        match self {
            Self::Down(reference, _) => &reference.parent,
            Self::Takes(take) => &take.reference.child,
        }
    }

    pub fn to(self) -> &'a TableName {
        match self {
            Self::Down(reference, _) => &reference.child,
            Self::Takes(take) => &take.reference.parent,
        }
    }

    pub fn mark(self) -> Mark {
        self.fate().map_or(Mark::Goes, said::mark)
    }

    /// What happens to the left; a line that takes has no fate.
    pub fn fate(self) -> Option<&'a Fate> {
        match self {
            Self::Down(_, fate) => Some(fate),
            Self::Takes(_) => None,
        }
    }

    pub fn reference(self) -> &'a Reference {
        match self {
            Self::Down(reference, _) => reference,
            Self::Takes(take) => &take.reference,
        }
    }

    pub fn taken(self) -> Option<TakeRule> {
        match self {
            Self::Down(..) => None,
            Self::Takes(take) => Some(take.rule),
        }
    }
}

/// All lines, each found by the table that it leads from, in the order of the file.
pub(crate) struct Lines<'a>(BTreeMap<&'a TableName, Vec<Line<'a>>>);

impl<'a> Lines<'a> {
    /// The lines with the fates that these options give them.
    pub fn of(policy: &'a Policy, options: &Options) -> Self {
        let down = policy.references.iter().map(|reference| {
            let mut switches = reference.switched_by.iter();
            let chosen = switches.find(|(option, _)| options.is_on(&option.value));
            Line::Down(reference, chosen.map_or(&reference.fate, |(_, fate)| fate))
        });
        let mut lines: BTreeMap<&TableName, Vec<Line<'_>>> = BTreeMap::new();
        for line in down.chain(policy.takes.iter().map(Line::Takes)) {
            lines.entry(line.from()).or_default().push(line);
        }
        Self(lines)
    }

    /// The lines that lead from a table.
    pub fn from(&self, table: &TableName) -> &[Line<'a>] {
        self.0.get(table).map(Vec::as_slice).unwrap_or_default()
    }
}
