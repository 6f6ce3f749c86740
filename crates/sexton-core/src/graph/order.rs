//! Walks over edges: what is reached, what belongs together, what goes first.

use std::collections::{BTreeMap, BTreeSet};

use super::{Edge, Graph};
use crate::names::TableName;
use crate::policy::Fate;

/// Tables that go when rows of `roots` go: the roots, all that `delete` lines reach, and all that
/// these take.
pub fn reach(graph: &Graph, roots: &[TableName]) -> BTreeSet<TableName> {
    let mut going: BTreeSet<TableName> = roots.iter().cloned().collect();
    let mut open: Vec<TableName> = roots.to_vec();
    while let Some(parent) = open.pop() {
        let below = graph.below(&parent).filter(|edge| edge.fate == Fate::Delete);
        let taken = graph.takes.iter().map(|taking| &taking.edge).filter(|e| e.child == parent);
        for table in below.map(|edge| &edge.child).chain(taken.map(|edge| &edge.parent)) {
            if going.insert(table.clone()) {
                open.push(table.clone());
            }
        }
    }
    going
}

/// Tables in groups, parents before children; a group of several, or of one that refers to
/// itself, is a component whose rows reach each other.
pub fn components<'a>(
    tables: &BTreeSet<TableName>,
    edges: impl Iterator<Item = &'a Edge>,
) -> Vec<Vec<TableName>> {
    let mut below: BTreeMap<&TableName, BTreeSet<&TableName>> = BTreeMap::new();
    for edge in edges {
        if tables.contains(&edge.child) && tables.contains(&edge.parent) {
            below.entry(&edge.parent).or_default().insert(&edge.child);
        }
    }
    let mut walk = Tarjan::over(&below);
    for table in tables {
        walk.visit_all_from(table);
    }
    // Tarjan closes a component after all that it reaches, so children come first.
    walk.closed.reverse();
    walk.closed
}

/// The order in which tables lose their rows: again and again, among the groups whose
/// children are all gone, the one whose first line comes first. Groups hold each other by
/// foreign keys that must be removed in one statement.
pub fn removal_order(graph: &Graph, going: &BTreeSet<TableName>) -> Vec<Vec<TableName>> {
    // Order: a `keep` or `derive` that no foreign key enforces holds nothing back.
    let holds =
        |edge: &&Edge| edge.enforced.is_some() || !matches!(edge.fate, Fate::Keep | Fate::Derive);
    let groups = components(going, graph.below_any(going).filter(holds));
    let group_of: BTreeMap<&TableName, usize> = groups
        .iter()
        .enumerate()
        .flat_map(|(at, group)| group.iter().map(move |table| (table, at)))
        .collect();
    let mut first_line = vec![usize::MAX; groups.len()];
    let mut children: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); groups.len()];
    for edge in graph.above_any(going) {
        let Some(child) = group_of.get(&edge.child).copied() else { continue };
        first_line[child] = first_line[child].min(edge.id.0);
        match group_of.get(&edge.parent).copied() {
            Some(parent) if parent != child && holds(&edge) => {
                children[parent].insert(child);
            }
            _ => {}
        }
    }
    let mut free: BTreeSet<(usize, usize)> = (0..groups.len())
        .filter(|at| children[*at].is_empty())
        .map(|at| (first_line[at], at))
        .collect();
    let mut ordered = Vec::with_capacity(groups.len());
    while let Some((_, gone)) = free.pop_first() {
        ordered.push(groups[gone].clone());
        for (parent, below) in children.iter_mut().enumerate() {
            if below.remove(&gone) && below.is_empty() {
                free.insert((first_line[parent], parent));
            }
        }
    }
    ordered
}

/// Tarjan's walk, with a stack of its own so that long chains of tables cannot overflow.
struct Tarjan<'a> {
    below: &'a BTreeMap<&'a TableName, BTreeSet<&'a TableName>>,
    number: BTreeMap<TableName, usize>,
    low: BTreeMap<TableName, usize>,
    stack: Vec<TableName>,
    closed: Vec<Vec<TableName>>,
}

impl<'a> Tarjan<'a> {
    fn over(below: &'a BTreeMap<&'a TableName, BTreeSet<&'a TableName>>) -> Self {
        Self {
            below,
            number: BTreeMap::new(),
            low: BTreeMap::new(),
            stack: Vec::new(),
            closed: Vec::new(),
        }
    }

    fn children(&self, table: &TableName) -> Vec<TableName> {
        self.below.get(table).into_iter().flatten().map(|child| (*child).clone()).collect()
    }

    fn open(&mut self, table: &TableName) {
        let number = self.number.len();
        self.number.insert(table.clone(), number);
        self.low.insert(table.clone(), number);
        self.stack.push(table.clone());
    }

    fn lower(&mut self, table: &TableName, to: usize) {
        let low = self.low.get_mut(table).expect("opened before it is lowered");
        *low = (*low).min(to);
    }

    fn visit_all_from(&mut self, start: &TableName) {
        if self.number.contains_key(start) {
            return;
        }
        self.open(start);
        let mut path = vec![(start.clone(), self.children(start))];
        while let Some((table, open)) = path.last_mut() {
            let table = table.clone();
            match open.pop() {
                Some(child) if !self.number.contains_key(&child) => {
                    self.open(&child);
                    let children = self.children(&child);
                    path.push((child, children));
                }
                Some(child) => {
                    if self.stack.contains(&child) {
                        self.lower(&table, self.number[&child]);
                    }
                }
                None => {
                    path.pop();
                    self.close(&table);
                    if let Some((parent, _)) = path.last() {
                        let (parent, low) = (parent.clone(), self.low[&table]);
                        self.lower(&parent, low);
                    }
                }
            }
        }
    }

    fn close(&mut self, table: &TableName) {
        if self.low[table] != self.number[table] {
            return;
        }
        let from = self.stack.iter().position(|open| open == table).expect("it is still open");
        let mut group = self.stack.split_off(from);
        group.sort();
        self.closed.push(group);
    }
}
