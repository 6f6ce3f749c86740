//! Compiles the plan of one thing from its policy and the live schema.

use std::collections::BTreeSet;

use super::closure::Closure;
use super::hiding::{self, Way};
use super::{Plan, PlanSteps, fingerprint};
use crate::finding::Finding;
use crate::graph::{self, Graph};
use crate::names::{TableName, ThingName};
use crate::policy::{Fate, Options, Policy, Thing};
use crate::schema::Schema;

/// Why a thing has no plan.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CompileError {
    /// The policy has no such thing; the nearest name, if one is near.
    #[error("there is no thing `{0}` in the policy")]
    UnknownThing(ThingName),
    /// The policy does not fit; `check` says the same.
    #[error("the policy does not fit: {}", first(.0))]
    Findings(Vec<Finding>),
}

fn first(findings: &[Finding]) -> &str {
    findings.first().map_or("no finding", |finding| finding.message.as_str())
}

/// All that the parts of the compiler look at.
pub(super) struct Source<'a> {
    pub policy: &'a Policy,
    pub schema: &'a Schema,
    pub graph: &'a Graph,
    pub thing: &'a Thing,
    pub way: Way,
}

/// The plan of `thing` for the options chosen, all at once. `graph` is the policy resolved against
/// `schema`.
pub fn compile(
    policy: &Policy,
    schema: &Schema,
    graph: &Graph,
    thing: &ThingName,
    options: &Options,
) -> Result<Plan, CompileError> {
    let thing = known(policy, thing)?;
    let graph = graph.switched(options);
    planned(&Source { policy, schema, graph: &graph, thing, way: Way::AtOnce })
}

/// The plan by which a root of `thing` is hidden; of one that nothing hides, the plan at once.
pub fn compile_hide(
    policy: &Policy,
    schema: &Schema,
    graph: &Graph,
    thing: &ThingName,
    options: &Options,
) -> Result<Plan, CompileError> {
    let thing = known(policy, thing)?;
    let way = if thing.hide.is_some() { Way::Hide } else { Way::AtOnce };
    let graph = graph.switched(options);
    planned(&Source { policy, schema, graph: &graph, thing, way })
}

pub(super) fn known<'p>(policy: &'p Policy, name: &ThingName) -> Result<&'p Thing, CompileError> {
    let mut things = policy.things.iter();
    things.find(|known| known.name == *name).ok_or_else(|| CompileError::UnknownThing(name.clone()))
}

pub(super) fn planned(source: &Source<'_>) -> Result<Plan, CompileError> {
    let mut findings = unrooted(source);
    if !findings.is_empty() {
        return Err(CompileError::Findings(findings));
    }
    findings.extend(undecided(source));
    let plan = build(source, &mut findings);
    match plan {
        Some(plan) if findings.is_empty() => Ok(plan),
        _ => Err(CompileError::Findings(findings)),
    }
}

fn build(source: &Source<'_>, findings: &mut Vec<Finding>) -> Option<Plan> {
    let mut closure = Closure::new(source, findings)?;
    let root = super::root::root(source, &closure, findings)?;
    let mut find = closure.finds(source);
    let (mut change, found) = super::effects::changes(source, &mut closure, findings);
    find.extend(found);
    let is_hide = source.way == Way::Hide;
    if is_hide {
        change.extend(hiding::changes(source, &closure));
    }
    super::becoming::add(source, &closure, &mut change);
    let (mut derive, found) = super::effects::derivations(source, &mut closure, findings);
    find.extend(found);
    find.extend(super::linking::finds(source, &mut closure, findings));
    super::foretell::add(source, &closure, &change, &mut derive);
    let remove = match source.way {
        Way::Hide => Vec::new(),
        Way::AtOnce | Way::Chunk => super::removing::removals(source, &closure),
    };
    let leaves = super::removing::leaves(source, &closure, &remove);
    let judge = super::judging::judgements(source, &closure, findings);
    let work = super::working::working(source, &closure, findings);
    let record = super::recording::recordings(source, &closure, findings);
    let name = match source.way {
        // What is hidden keeps its objects until it is purged.
        Way::Hide => Vec::new(),
        Way::AtOnce | Way::Chunk => super::objects::named(source, &closure, findings),
    };
    let hidden = if is_hide { hiding::hidden(source, &closure) } else { Vec::new() };
    let steps = PlanSteps { find, judge, work, record, name, change, remove, derive };
    let mut plan = Plan {
        thing: source.thing.name.clone(),
        dialect: source.schema.dialect,
        fingerprint: String::new(),
        tables: involved(source, &closure),
        limits: source.thing.limits,
        tenants: super::tenants::count(source, &closure, findings),
        root,
        holdable: super::holding::holdable(source, &closure),
        // A row that its own columns hide is there: the fence judges it by itself.
        remembered: match source.way {
            Way::Hide => super::remembering::hidden(source, &closure),
            Way::AtOnce | Way::Chunk => super::remembering::remembered(source, &closure),
        },
        leaves,
        kept: super::effects::kept(source, &closure),
        looks: match source.way {
            Way::Hide => Vec::new(),
            Way::AtOnce | Way::Chunk => super::looking::looks(source, &closure),
        },
        way: source.way,
        undo: super::restoring::undo(source, &closure, &steps),
        hidden,
        claim: None,
        reasons: super::reasons::reasons(source, &closure),
        sets: closure.sets,
        steps,
    };
    plan.fingerprint = fingerprint::of(&plan);
    Some(plan)
}

/// `review` lines below a going table: nobody has decided, so nothing is deleted.
fn undecided(source: &Source<'_>) -> Vec<Finding> {
    let going = super::closure::going(source);
    source
        .graph
        .below_any(&going)
        .filter(|edge| edge.fate == Fate::Review)
        .map(|edge| {
            Finding::error("C110", Some(edge.span), format!("`{}` is not decided yet", edge.text))
                .help("write delete, unlink, set, keep, block or derive instead of review")
        })
        .collect()
}

/// Columns that the thing begins with and the schema lacks; a root known by fewer columns than
/// written would be more rows than meant.
fn unrooted(source: &Source<'_>) -> Vec<Finding> {
    let begins = source.thing.row.iter().chain(&source.thing.starts);
    begins
        .flat_map(|columns| {
            let table = graph::table_or_finding(&columns.value.table, columns.span, source.schema);
            let table = match table {
                Ok(table) => table,
                Err(finding) => return vec![*finding],
            };
            let found = columns.value.columns.iter();
            let found = found.map(|name| graph::column_or_finding(table, name, columns.span));
            found.filter_map(Result::err).map(|finding| *finding).collect()
        })
        .collect()
}

fn involved(source: &Source<'_>, closure: &Closure) -> Vec<TableName> {
    let mut tables: BTreeSet<TableName> = closure.going.clone();
    tables.extend(source.graph.below_any(&closure.going).map(|edge| edge.child.clone()));
    tables.extend(closure.sets.iter().map(|set| set.table.clone()));
    tables.into_iter().collect()
}
