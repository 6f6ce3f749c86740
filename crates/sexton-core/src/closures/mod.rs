//! What each thing of a policy takes and touches, as values by which two moments are compared.
//!
//! A closure here is what the lines of a policy say, with what the live schema adds: whether a
//! foreign key enforces them. It can be kept as JSON, so that a later check can tell in words
//! what a change of policy or schema has changed.
//!
//! `lines` finds lines by their table, `said` puts a line into words, `difference` compares.
//! Not here: plans, which are statements; pictures, which are trees.

mod difference;
mod lines;
pub(crate) mod said;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::graph::Graph;
use crate::names::TableName;
use crate::policy::{Options, Policy, TableColumns, TakeRule, Thing};

pub use difference::{Change, Sign, changes};
pub(crate) use lines::{Line, Lines};

/// The version of the stored form.
const VERSION: u32 = 1;

/// What happens to the rows on the left of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// They go.
    Goes,
    /// They stay and change.
    Changes,
    /// They stay and are computed anew.
    Derived,
    /// They refuse.
    Blocks,
    /// Nobody has decided.
    Open,
    /// They stay as they are.
    Keeps,
}

impl Mark {
    /// Every mark, in the order in which branches come.
    pub const ALL: [Self; 6] =
        [Self::Goes, Self::Changes, Self::Derived, Self::Blocks, Self::Open, Self::Keeps];

    /// The sign that a preview has for it too.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Goes => "-",
            Self::Changes => "~",
            Self::Derived => "*",
            Self::Blocks => "!",
            Self::Open => "?",
            Self::Keeps => "=",
        }
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Goes => "goes",
            Self::Changes => "stays and changes",
            Self::Derived => "is computed anew",
            Self::Blocks => "refuses",
            Self::Open => "is not decided",
            Self::Keeps => "keeps referring",
        }
    }
}

/// The closures of all things, with each choice of an option a closure of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closures {
    v: u32,
    things: BTreeMap<String, ClosureOf>,
}

/// What one thing takes and touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClosureOf {
    /// The tables that lose rows.
    going: BTreeSet<String>,
    /// What the lines that lead from them say.
    lines: BTreeMap<String, Said>,
    /// What refuses, caps and confirms.
    rules: BTreeMap<String, String>,
}

/// What one line says of the rows that it leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    table: String,
    mark: Mark,
    /// What they become, or how they are taken.
    change: Option<String>,
    condition: Option<String>,
    /// Whether a foreign key enforces it; nothing if the line names nothing in the schema.
    enforced: Option<bool>,
}

impl Closures {
    /// The closures of a policy whose lines were resolved into this graph.
    pub fn of(policy: &Policy, graph: &Graph) -> Self {
        let mut things = BTreeMap::new();
        for thing in &policy.things {
            let defaults = Options::defaults(thing);
            things.insert(thing.name.to_string(), closure(policy, graph, thing, &defaults));
            for option in &thing.options {
                let chosen = !option.default;
                let asked = BTreeMap::from([(option.name.value.to_string(), chosen.to_string())]);
                let Ok(options) = Options::chosen(thing, &asked) else { continue };
                let name = format!("{} --option {}={chosen}", thing.name, option.name.value);
                things.insert(name, closure(policy, graph, thing, &options));
            }
        }
        Self { v: VERSION, things }
    }

    /// The closures that are kept in a text; nothing if it is another text, or of another version.
    pub fn kept(text: &str) -> Option<Self> {
        let kept: Self = serde_json::from_str(text).ok()?;
        (kept.v == VERSION).then_some(kept)
    }
}

fn closure(policy: &Policy, graph: &Graph, thing: &Thing, options: &Options) -> ClosureOf {
    let lines = Lines::of(policy, options);
    let roots = thing.row.iter().chain(&thing.starts).map(|columns| &columns.value);
    let mut going: BTreeSet<&TableName> = roots.map(|TableColumns { table, .. }| table).collect();
    let mut open: VecDeque<&TableName> = going.iter().copied().collect();
    let mut said = BTreeMap::new();
    while let Some(table) = open.pop_front() {
        for line in lines.from(table) {
            said.insert(named(*line), what(*line, graph));
            if line.mark() == Mark::Goes && going.insert(line.to()) {
                open.push_back(line.to());
            }
        }
    }
    let rules = rules(policy, thing, &going);
    ClosureOf { going: going.into_iter().map(TableName::to_string).collect(), lines: said, rules }
}

/// A line's name: one sentence may stand in both sections.
fn named(line: Line<'_>) -> String {
    let text = &line.reference().text;
    if line.taken().is_some() { format!("[takes] {text}") } else { text.clone() }
}

fn what(line: Line<'_>, graph: &Graph) -> Said {
    let reference = line.reference();
    let edges = graph.edges.iter().chain(graph.takes.iter().map(|taking| &taking.edge));
    let edge = edges.into_iter().find(|edge| edge.text == reference.text);
    let taken = line.taken().map(|rule| match rule {
        TakeRule::Always => "taken".to_owned(),
        TakeRule::WhenLast => "taken by the last".to_owned(),
    });
    Said {
        table: line.to().to_string(),
        mark: line.mark(),
        change: taken.or_else(|| line.fate().and_then(said::change)),
        condition: reference.filter.as_ref().map(said::condition),
        enforced: edge.map(|edge| edge.enforced.is_some()),
    }
}

/// What else decides about a thing, each by its name, in the words of the policy.
fn rules(policy: &Policy, thing: &Thing, going: &BTreeSet<&TableName>) -> BTreeMap<String, String> {
    let mut rules = BTreeMap::new();
    for (key, conditions) in [("only", &thing.only), ("refuse", &thing.refuse)] {
        for condition in conditions {
            let sql = said::condition(&condition.value.sql);
            rules.insert(format!("{key} where {sql}"), condition.value.say.clone());
        }
    }
    for guard in policy.guards.iter().filter(|guard| going.contains(&guard.of.value)) {
        let filter = guard.filter.as_ref().map_or_else(|| "true".to_owned(), said::condition);
        let (rows, link) = (said::condition(&guard.rows), said::condition(&guard.link));
        let what = format!("while {rows} linked by {link} meet {filter}");
        rules.insert(format!("guard {}", guard.name), what);
    }
    rules.insert("limits.rows".to_owned(), thing.limits.rows.to_string());
    if let Some(percent) = thing.limits.percent {
        rules.insert("limits.percent".to_owned(), percent.to_string());
    }
    if let Some(tenants) = thing.limits.tenants {
        rules.insert("limits.tenants".to_owned(), tenants.to_string());
    }
    if !thing.roles.is_empty() {
        let names: Vec<&str> = thing.roles.iter().map(|role| role.value.as_str()).collect();
        rules.insert("roles".to_owned(), names.join(", "));
    }
    rules
}
