//! Builds the tree: each table's own place, then its branches, then sisters together.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Branch, Mark, Picture};
use crate::check::spelling;
use crate::closures::said::{change, columns, condition, joined};
use crate::closures::{Line, Lines};
use crate::names::TableName;
use crate::policy::{Fate, Options, Policy, Thing};

/// So many sisters that say the same share a branch.
const SISTERS_MIN: usize = 2;

/// The picture of this thing.
pub(super) fn picture(policy: &Policy, thing: &Thing, depth: usize) -> Picture {
    let drawing = Drawing::of(policy, thing);
    let mut roots: Vec<Branch> = Vec::new();
    for (table, via) in drawing.roots(thing) {
        let mut root = branch(Mark::Goes, table);
        root.via = via;
        drawing.grow(&mut root, table, depth);
        roots.push(root);
    }
    Picture { thing: thing.name.clone(), roots, going: drawing.homes.len() }
}

fn branch(mark: Mark, table: &TableName) -> Branch {
    Branch {
        mark,
        tables: vec![table.clone()],
        via: Vec::new(),
        change: None,
        condition: None,
        taken: None,
        elsewhere: false,
        below: Vec::new(),
        left_out: 0,
    }
}

/// Where each table that goes has its place: below the line that reaches it first, or nowhere.
struct Drawing<'a> {
    lines: Lines<'a>,
    homes: BTreeMap<&'a TableName, Option<Line<'a>>>,
}

impl<'a> Drawing<'a> {
    fn of(policy: &'a Policy, thing: &'a Thing) -> Self {
        let lines = Lines::of(policy, &Options::default());
        let mut drawing = Self { lines, homes: BTreeMap::new() };
        let mut open: VecDeque<&TableName> = VecDeque::new();
        for (table, _) in drawing.roots(thing) {
            drawing.homes.insert(table, None);
            open.push_back(table);
        }
        while let Some(table) = open.pop_front() {
            for line in drawing.lines.from(table).to_vec() {
                if line.mark() == Mark::Goes && !drawing.homes.contains_key(line.to()) {
                    drawing.homes.insert(line.to(), Some(line));
                    open.push_back(line.to());
                }
            }
        }
        drawing
    }

    /// The tables that hold the value, with the columns that do. One that a line reaches from the
    /// thing's own row by the same columns has its place there.
    fn roots(&self, thing: &'a Thing) -> Vec<(&'a TableName, Vec<String>)> {
        let own = thing.row.as_ref().map(|row| &row.value);
        let reached = |table: &TableName| {
            let mut lines = own.iter().flat_map(|own| self.lines.from(&own.table));
            lines.any(|line| matches!(line, Line::Down(_, Fate::Delete)) && line.to() == table)
        };
        let starts = thing.starts.iter().map(|start| &start.value);
        let starts = starts.filter(|start| !reached(&start.table));
        let mut roots: Vec<(&TableName, Vec<String>)> = Vec::new();
        for columns in own.into_iter().chain(starts) {
            let names: Vec<String> =
                columns.columns.iter().map(|name| spelling::policy_name(name.as_str())).collect();
            match roots.iter_mut().find(|(table, _)| **table == columns.table) {
                Some((_, via)) => via.push(joined(&names)),
                None => roots.push((&columns.table, vec![joined(&names)])),
            }
        }
        roots
    }

    /// Adds what hangs below a table.
    fn grow(&self, branch: &mut Branch, table: &TableName, depth: usize) {
        let mut branches: Vec<Branch> = Vec::new();
        for line in self.lines.from(table) {
            let next = self.branch_of(*line);
            let said = |of: &Branch| {
                let Branch { mark, tables, change, condition, taken, .. } = of;
                (*mark, tables.clone(), change.clone(), condition.clone(), *taken)
            };
            let same = |known: &&mut Branch| said(known) == said(&next);
            match branches.iter_mut().find(same) {
                Some(known) => {
                    known.via.extend(next.via);
                    // The table's own place is shown, whichever of its lines came first.
                    known.elsewhere &= next.elsewhere;
                }
                None => branches.push(next),
            }
        }
        branches.sort_by_key(|branch| branch.mark);
        if depth == 0 {
            branch.left_out = branches.len();
            return;
        }
        for branch in &mut branches {
            if branch.mark == Mark::Goes && !branch.elsewhere {
                let table = branch.tables[0].clone();
                self.grow(branch, &table, depth - 1);
            }
        }
        branch.below = with_sisters(branches);
    }

    fn branch_of(&self, line: Line<'_>) -> Branch {
        let reference = line.reference();
        let goes = line.mark() == Mark::Goes;
        Branch {
            via: vec![columns(&reference.columns)],
            change: line.fate().and_then(change),
            condition: reference.filter.as_ref().map(condition),
            taken: line.taken(),
            elsewhere: goes && self.homes.get(line.to()) != Some(&Some(line)),
            ..branch(line.mark(), line.to())
        }
    }
}

/// Branches that say the same of several tables, and have nothing below, become one.
fn with_sisters(branches: Vec<Branch>) -> Vec<Branch> {
    let is_alone = |branch: &Branch| !branch.below.is_empty() || branch.left_out > 0;
    let says = |branch: &Branch| {
        let Branch { mark, via, change, condition, taken, elsewhere, .. } = branch;
        (*mark, via.clone(), change.clone(), condition.clone(), *taken, *elsewhere)
    };
    let mut families: Vec<Vec<Branch>> = Vec::new();
    for branch in branches {
        let family = families.iter_mut().find(|family| {
            !is_alone(&branch) && !is_alone(&family[0]) && says(&family[0]) == says(&branch)
        });
        match family {
            Some(family) => family.push(branch),
            None => families.push(vec![branch]),
        }
    }
    let together = |family: Vec<Branch>| {
        if family.len() < SISTERS_MIN {
            return family;
        }
        let tables: BTreeSet<TableName> = family.iter().flat_map(|b| b.tables.clone()).collect();
        let first = family.into_iter().next();
        first
            .map(|first| Branch { tables: tables.into_iter().collect(), ..first })
            .into_iter()
            .collect()
    };
    families.into_iter().flat_map(together).collect()
}
