//! The order of blocks: for each table that others refer to, one block of lines, children first.
//!
//! The order of lines decides the order of removal. Because the block of a table comes after the
//! blocks of its children, reading the file from top to bottom is watching the rows go.

use std::collections::{BTreeMap, BTreeSet};

use crate::names::TableName;

/// Rows of one table refer to rows of another.
pub(super) struct Link<'a> {
    /// The referring table.
    pub child: &'a TableName,
    /// The table referred to.
    pub parent: &'a TableName,
}

type Below<'a> = BTreeMap<&'a TableName, BTreeSet<&'a TableName>>;

/// The tables that something refers to, children before parents as far as there are no circles.
/// A suggestion never turns the order of what the database knows.
pub(super) fn parents<'a>(known: &[Link<'a>], suggested: &[Link<'a>]) -> Vec<&'a TableName> {
    let mut below = Below::new();
    for link in known {
        below.entry(link.parent).or_default().insert(link.child);
    }
    for link in suggested {
        let closes_circle = reaches(&below, link.child, link.parent);
        let children = below.entry(link.parent).or_default();
        if !closes_circle {
            children.insert(link.child);
        }
    }
    bottom_up(&below)
}

/// Whether going down from one table comes to another.
fn reaches<'a>(below: &Below<'a>, from: &'a TableName, to: &TableName) -> bool {
    let (mut seen, mut open) = (BTreeSet::from([from]), vec![from]);
    while let Some(table) = open.pop() {
        if table == to {
            return true;
        }
        let children = below.get(table).into_iter().flatten();
        open.extend(children.filter(|child| seen.insert(**child)));
    }
    false
}

/// Each table behind all that is below it. A stack of its own, so that long chains of tables
/// cannot overflow.
fn bottom_up<'a>(below: &Below<'a>) -> Vec<&'a TableName> {
    let (mut seen, mut done) = (BTreeSet::new(), Vec::new());
    for start in below.keys() {
        let mut path = Vec::from([(*start, seen.insert(*start))]);
        while let Some((table, is_new)) = path.pop() {
            if !is_new {
                continue;
            }
            let next = below.get(table).into_iter().flatten().find(|child| !seen.contains(*child));
            match next {
                Some(child) => {
                    seen.insert(*child);
                    path.extend([(table, true), (*child, true)]);
                }
                None => done.extend(below.contains_key(table).then_some(table)),
            }
        }
    }
    done
}
