//! Why each table is touched: the shortest chain of lines from the root to it.

use std::collections::{BTreeMap, VecDeque};

use super::Reason;
use super::closure::Closure;
use super::compile::Source;
use crate::names::TableName;
use crate::policy::Fate;

/// Reasons for every going table and for every table that an effect or derivation changes.
pub(super) fn reasons(source: &Source<'_>, closure: &Closure) -> Vec<Reason> {
    let mut chains: BTreeMap<TableName, Vec<String>> = BTreeMap::new();
    let mut open: VecDeque<TableName> = VecDeque::new();
    for table in roots(source) {
        chains.insert(table.clone(), Vec::new());
        open.push_back(table);
    }
    while let Some(parent) = open.pop_front() {
        let above = chains[&parent].clone();
        for edge in source.graph.below(&parent) {
            if matches!(edge.fate, Fate::Keep | Fate::Review | Fate::Block)
                || chains.contains_key(&edge.child)
            {
                continue;
            }
            let mut chain = above.clone();
            chain.push(edge.text.clone());
            chains.insert(edge.child.clone(), chain);
            // Order: only rows that go lead further down.
            if edge.fate == Fate::Delete && closure.going.contains(&edge.child) {
                open.push_back(edge.child.clone());
            }
        }
        for taking in source.graph.takes.iter().filter(|taking| taking.edge.child == parent) {
            let table = &taking.edge.parent;
            if closure.going.contains(&parent) && !chains.contains_key(table) {
                let mut chain = above.clone();
                chain.push(taking.edge.text.clone());
                chains.insert(table.clone(), chain);
                open.push_back(table.clone());
            }
        }
    }
    chains.into_iter().map(|(table, chain)| Reason { table, chain }).collect()
}

fn roots(source: &Source<'_>) -> Vec<TableName> {
    let row = source.thing.row.iter().map(|row| row.value.table.clone());
    let starts = source.thing.starts.iter().map(|start| start.value.table.clone());
    match source.thing.row {
        // A start column that a line also reaches is explained by that line.
        Some(_) => row.collect(),
        None => starts.collect(),
    }
}
