//! Judges a policy against the live schema: findings, and what is left for the database to say.
//!
//! Each file answers one kind of question. What values alone can tell is a `Finding`; what only
//! the database can tell is a `Probe`, if it has to understand a fragment, or an `Inquiry`, if it
//! has to look at rows.
//!
//! Invariants: nothing here runs or fails, and no mistake hides another of a different part.
//! Not here: what the file alone tells (`policy::parse`).

mod afterwards;
mod conditions;
mod coverage;
mod dangers;
mod derived;
mod effects;
mod events;
mod fence;
mod fragments;
mod guards;
mod hiding;
mod hooks;
mod indexes;
mod inquiry;
mod leaks;
mod lengths;
mod losses;
mod objects;
mod options;
mod overruled;
mod panels;
mod partial;
mod pools;
mod probes;
mod references;
mod relations;
mod replies;
mod retention;
mod routes;
mod served;
mod settings;
mod sharing;
pub(crate) mod spelling;
mod strict;
mod templates;
mod things;
mod together;
mod triggers;
mod unbuilt;
mod undeclared;
mod uniques;
mod work;
mod writings;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::HashSet;

use crate::finding::{Finding, Span};
use crate::graph::{self, Graph};
use crate::plan::{Plan, compile, compile_hide, compile_purge};
use crate::policy::{Options, Policy};
use crate::schema::Schema;
use losses::Losses;

pub use hooks::uncalled;
pub(crate) use references::is_comparable;

pub use inquiry::{Inquiry, LOOKED_AT, lengths_of};
pub use together::{shared_route, together};
pub use undeclared::{undeclared, undeclared_findings};

/// What can be said of a policy and a schema without asking the database.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The references that resolve.
    pub graph: Graph,
    /// What is wrong, in the order of the file.
    pub findings: Vec<Finding>,
    /// What the database must be able to prepare.
    pub probes: Vec<Probe>,
}

/// A statement that the database must be able to prepare; it is never run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Its text.
    pub sql: String,
    /// The place of what it tries.
    pub span: Span,
    /// What it tries: ``the condition of `entries.run_id -> runs` ``.
    pub what: String,
}

impl Probe {
    /// What is wrong if the database cannot prepare it.
    pub fn finding(&self, database_message: &str) -> Finding {
        let message = format!("the database does not accept {}: {database_message}", self.what);
        Finding::error("C201", Some(self.span), message)
            .help(format!("it was asked to prepare: {}", self.sql))
    }
}

/// All that the questions look at.
struct Source<'a> {
    policy: &'a Policy,
    schema: &'a Schema,
    graph: &'a Graph,
    losses: &'a Losses,
}

const QUESTIONS: &[fn(&Source<'_>) -> Vec<Finding>] = &[
    coverage::findings,
    references::findings,
    things::findings,
    effects::findings,
    uniques::findings,
    lengths::findings,
    strict::findings,
    overruled::findings,
    afterwards::findings,
    derived::findings,
    guards::findings,
    work::findings,
    objects::findings,
    partial::findings,
    hiding::findings,
    pools::findings,
    hooks::findings,
    events::findings,
    retention::findings,
    indexes::findings,
    triggers::findings,
    relations::findings,
    fragments::findings,
    options::findings,
    fence::findings,
    routes::findings,
    panels::findings,
    replies::findings,
    unbuilt::findings,
];

/// Judges `policy` against `schema`.
pub fn check(policy: &Policy, schema: &Schema) -> Checked {
    let (graph, unresolved) = graph::resolve(policy, schema);
    let mut plans = Vec::new();
    let mut answers = Vec::new();
    for setting in settings::settings(policy, &graph) {
        let losses = Losses::of(&setting.things, schema, &setting.graph);
        let source = Source { policy, schema, graph: &setting.graph, losses: &losses };
        let (compiled, uncompiled) = things::compile(&source, &setting);
        plans.extend(compiled);
        let found = QUESTIONS.iter().flat_map(|question| question(&source));
        answers.push(found.chain(uncompiled).collect());
    }
    let losses = Losses::of(&[], schema, &graph);
    let source = Source { policy, schema, graph: &graph, losses: &losses };
    let probes = probes::probes(&source, &plans);
    let findings = settings::together(&answers).into_iter().chain(unresolved).collect();
    Checked { findings: in_file_order(once_each(findings)), probes, graph }
}

/// The plans of every thing that has one, for each choice of its options.
pub fn plans(policy: &Policy, schema: &Schema, graph: &Graph) -> Vec<Plan> {
    let every = policy.things.iter().flat_map(|thing| {
        let choices = Options::all_choices(thing).into_iter();
        choices.flat_map(|options| {
            let at_once = compile(policy, schema, graph, &thing.name, &options).ok();
            let hide = compile_hide(policy, schema, graph, &thing.name, &options).ok();
            let hide = hide.filter(|_| thing.hide.is_some());
            let chunks = compile_purge(policy, schema, graph, &thing.name, &options);
            at_once.into_iter().chain(hide).chain(chunks.unwrap_or_default())
        })
    });
    every.collect()
}

/// What only the rows can tell of `policy`, each question once. `graph` is what `check` made.
pub fn inquiries(policy: &Policy, schema: &Schema, graph: &Graph) -> Vec<Inquiry> {
    let mut inquiries = Vec::new();
    for setting in settings::settings(policy, graph) {
        let losses = Losses::of(&setting.things, schema, &setting.graph);
        let source = Source { policy, schema, graph: &setting.graph, losses: &losses };
        inquiries.extend(inquiry::inquiries(&source));
        let (plans, _) = things::compile(&source, &setting);
        inquiries.extend(plans.iter().flat_map(|plan| served::inquiries(&source, plan)));
    }
    let mut asked = HashSet::new();
    inquiries.retain(|inquiry| asked.insert(inquiry.face()));
    inquiries
}

/// Findings by their place in the file; those without a place come last.
pub fn in_file_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|finding| finding.span.map_or(usize::MAX, |span| span.start));
    findings
}

/// Several things meet the same mistake; it is told once.
fn once_each(mut findings: Vec<Finding>) -> Vec<Finding> {
    let mut told = HashSet::new();
    findings.retain(|finding| told.insert((finding.code, finding.span, finding.message.clone())));
    findings
}
