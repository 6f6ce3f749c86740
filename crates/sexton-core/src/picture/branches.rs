//! Builds the tree: each table's own place, then its branches, then sisters together.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Branch, Mark, Picture};
use crate::check::spelling;
use crate::names::{ColumnName, TableName};
use crate::policy::{
    Assignment, Fate, Fragment, Literal, Part, Placeholder, Policy, Reference, Sql, Thing, Value,
};

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
        elsewhere: false,
        below: Vec::new(),
        left_out: 0,
    }
}

/// Where each table that goes has its place: below the line that reaches it first, or nowhere.
struct Drawing<'a> {
    below: BTreeMap<&'a TableName, Vec<(usize, &'a Reference)>>,
    homes: BTreeMap<&'a TableName, Option<usize>>,
}

impl<'a> Drawing<'a> {
    fn of(policy: &'a Policy, thing: &'a Thing) -> Self {
        let mut below: BTreeMap<&TableName, Vec<(usize, &Reference)>> = BTreeMap::new();
        for (at, reference) in policy.references.iter().enumerate() {
            below.entry(&reference.parent).or_default().push((at, reference));
        }
        let mut drawing = Self { below, homes: BTreeMap::new() };
        let mut open: VecDeque<&TableName> = VecDeque::new();
        for (table, _) in drawing.roots(thing) {
            drawing.homes.insert(table, None);
            open.push_back(table);
        }
        while let Some(parent) = open.pop_front() {
            for (at, reference) in drawing.below.get(parent).cloned().unwrap_or_default() {
                let goes = mark(&reference.fate) == Mark::Goes;
                if goes && !drawing.homes.contains_key(&reference.child) {
                    drawing.homes.insert(&reference.child, Some(at));
                    open.push_back(&reference.child);
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
            let lines = own.and_then(|own| self.below.get(&own.table)).into_iter().flatten();
            lines.into_iter().any(|(_, line)| line.child == *table && line.fate == Fate::Delete)
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
        let lines = self.below.get(table).map(Vec::as_slice).unwrap_or_default();
        let mut branches: Vec<Branch> = Vec::new();
        for (at, line) in lines {
            let next = self.line(*at, line);
            let same = |known: &&mut Branch| {
                (known.mark, &known.tables, &known.change, &known.condition)
                    == (next.mark, &next.tables, &next.change, &next.condition)
            };
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

    fn line(&self, at: usize, line: &Reference) -> Branch {
        let mark = mark(&line.fate);
        let columns: Vec<String> = line
            .columns
            .iter()
            .map(|path| {
                let json = path.json.as_ref().map(|json| format!("${json}")).unwrap_or_default();
                spelling::policy_name(path.column.as_str()) + &json
            })
            .collect();
        Branch {
            via: vec![joined(&columns)],
            change: change(&line.fate),
            condition: line.filter.as_ref().map(condition),
            elsewhere: mark == Mark::Goes && self.homes.get(&line.child) != Some(&Some(at)),
            ..branch(mark, &line.child)
        }
    }
}

fn joined(columns: &[String]) -> String {
    if columns.len() == 1 { columns.concat() } else { format!("({})", columns.join(",")) }
}

fn mark(fate: &Fate) -> Mark {
    match fate {
        Fate::Delete => Mark::Goes,
        Fate::Unlink | Fate::Set(_) | Fate::Anonymize(_) => Mark::Changes,
        Fate::Derive => Mark::Derived,
        Fate::Block => Mark::Blocks,
        Fate::Review => Mark::Open,
        Fate::Keep => Mark::Keeps,
    }
}

/// Branches that say the same of several tables, and have nothing below, become one.
fn with_sisters(branches: Vec<Branch>) -> Vec<Branch> {
    let is_alone = |branch: &Branch| !branch.below.is_empty() || branch.left_out > 0;
    let says = |branch: &Branch| {
        let Branch { mark, via, change, condition, elsewhere, .. } = branch;
        (*mark, via.clone(), change.clone(), condition.clone(), *elsewhere)
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

fn change(fate: &Fate) -> Option<String> {
    match fate {
        Fate::Unlink => Some("unlinked".to_owned()),
        Fate::Set(assignments) => {
            let set: Vec<String> = assignments.iter().map(assignment).collect();
            Some(format!("set {}", set.join(", ")))
        }
        Fate::Anonymize(columns) => {
            let names: Vec<&str> = columns.iter().map(ColumnName::as_str).collect();
            Some(format!("anonymized {}", names.join(", ")))
        }
        _ => None,
    }
}

fn assignment(assignment: &Assignment) -> String {
    let value = match &assignment.value {
        Value::Literal(Literal::Bool(yes)) => yes.to_string(),
        Value::Literal(Literal::Integer(number)) => number.to_string(),
        Value::Literal(Literal::Float(number)) => number.to_string(),
        Value::Literal(Literal::Text(text)) => format!("'{text}'"),
        Value::Sql(sql) => condition(sql),
    };
    format!("{} = {value}", assignment.column.value)
}

/// SQL as it stands in the policy; where it is written for both databases, PostgreSQL's.
fn condition(sql: &Sql) -> String {
    let written = sql.postgres.as_ref().or(sql.sqlite.as_ref());
    let text = written.map(fragment).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn fragment(fragment: &Fragment) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Placeholder(placeholder) => format!("{{{}}}", named(placeholder)),
    };
    fragment.parts.iter().map(part).collect()
}

fn named(placeholder: &Placeholder) -> String {
    match placeholder {
        Placeholder::Id => "id".to_owned(),
        Placeholder::Actor => "actor".to_owned(),
        Placeholder::Tenant => "tenant".to_owned(),
        Placeholder::Now { minus_secs: 0 } => "now".to_owned(),
        Placeholder::Now { minus_secs } => format!("now - {minus_secs}s"),
        Placeholder::Path(name) => format!("path.{name}"),
        Placeholder::Going(table) => format!("going.{table}"),
        Placeholder::Unbuilt(name) => name.clone(),
    }
}
