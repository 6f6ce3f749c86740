use std::collections::BTreeSet;

use super::{Edge, EdgeId, Graph, components, reach, removal_order};
use crate::finding::Span;
use crate::names::{ColumnName, TableName};
use crate::policy::{Fate, Via};
use crate::schema::{Column, Deferrable, ForeignKey, OnDelete, TypeKind};

/// A graph from lines such as `runs -> batches delete` or `domains -> runs keep enforced`.
fn graph(lines: &[&str]) -> Graph {
    let edges = lines.iter().enumerate().map(|(number, line)| edge(number, line)).collect();
    Graph::of(edges, Vec::new())
}

fn edge(number: usize, line: &str) -> Edge {
    let words: Vec<&str> = line.split_whitespace().collect();
    let fate = match words[3] {
        "delete" => Fate::Delete,
        "unlink" => Fate::Unlink,
        "derive" => Fate::Derive,
        _ => Fate::Keep,
    };
    let (child, parent) = (TableName::local(words[0]), TableName::local(words[2]));
    let enforced = (words.get(4) == Some(&"enforced")).then(|| ForeignKey {
        name: None,
        columns: vec![ColumnName::new("x_id")],
        parent: parent.clone(),
        parent_columns: vec![ColumnName::new("id")],
        on_delete: OnDelete::NoAction,
        deferrable: Deferrable::No,
        validated: true,
    });
    Edge {
        id: EdgeId(number),
        child,
        columns: vec![column("x_id")],
        parent,
        parent_key: vec![column("id")],
        via: Via::Columns,
        fate,
        switched_by: Vec::new(),
        filter: None,
        say: None,
        enforced,
        text: line.to_owned(),
        span: Span::default(),
    }
}

fn column(name: &str) -> Column {
    Column {
        name: ColumnName::new(name),
        type_name: "bigint".into(),
        stored_type: "bigint".into(),
        kind: TypeKind::Integer,
        nullable: true,
        generated: false,
        identity: false,
        default: None,
    }
}

fn going(graph: &Graph, root: &str) -> BTreeSet<TableName> {
    reach(graph, &[TableName::local(root)])
}

fn order(lines: &[&str], root: &str) -> Vec<String> {
    let graph = graph(lines);
    let names = |group: Vec<TableName>| {
        let names: Vec<String> = group.iter().map(ToString::to_string).collect();
        names.join("+")
    };
    removal_order(&graph, &going(&graph, root)).into_iter().map(names).collect()
}

#[test]
fn only_delete_lines_reach() {
    let graph = graph(&["b -> a delete", "c -> b delete", "d -> a unlink", "e -> d delete"]);
    let names: Vec<String> = going(&graph, "a").iter().map(ToString::to_string).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[test]
fn children_go_before_parents_and_ties_by_line() {
    let lines = ["z -> a delete", "m -> a delete", "c -> m delete"];
    assert_eq!(order(&lines, "a"), ["z", "c", "m", "a"]);
    let lines = ["c -> m delete", "m -> a delete", "z -> a delete"];
    assert_eq!(order(&lines, "a"), ["c", "m", "z", "a"]);
}

#[test]
fn a_diamond_loses_its_lowest_first() {
    let lines = ["l -> a delete", "r -> a delete", "low -> l delete", "low -> r delete"];
    assert_eq!(order(&lines, "a"), ["low", "l", "r", "a"]);
}

#[test]
fn a_cycle_goes_as_one_group() {
    let lines = ["b -> a delete", "a -> b delete", "c -> b delete"];
    assert_eq!(order(&lines, "a"), ["c", "a+b"]);
}

#[test]
fn a_foreign_key_holds_the_order_whatever_its_fate() {
    // Both go; the enforced pointer of `c` would refuse if `b` went first.
    let lines = ["b -> a delete", "c -> a delete", "c -> b keep enforced"];
    assert_eq!(order(&lines, "a"), ["c", "b", "a"]);
    let lines = ["b -> a delete", "c -> a delete", "c -> b keep"];
    assert_eq!(order(&lines, "a"), ["b", "c", "a"]);
}

#[test]
fn components_come_parents_first() {
    let graph = graph(&["b -> a delete", "c -> b delete", "b -> c delete", "d -> c delete"]);
    let groups = components(&going(&graph, "a"), graph.edges.iter());
    let names: Vec<String> =
        groups.iter().map(|g| g.iter().map(|t| t.name.as_str()).collect::<String>()).collect();
    assert_eq!(names, ["a", "bc", "d"]);
}

#[test]
fn a_chain_of_many_tables_does_not_overflow() {
    let lines: Vec<String> =
        (0..2_000).map(|at| format!("t{:04} -> t{at:04} delete", at + 1)).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let graph = graph(&lines);
    let tables = going(&graph, "t0000");
    assert_eq!(components(&tables, graph.edges.iter()).len(), 2_001);
}
