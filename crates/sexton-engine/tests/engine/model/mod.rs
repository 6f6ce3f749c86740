//! Fates that foreign keys cannot say, against a model in memory.
//!
//! Each world is a random system whose references stand in its policy, most of them nowhere
//! else. What a deletion must leave, whom it must refuse and what it must count is worked out by
//! `expect`, which knows rows and the sentences of the policy and nothing of the engine.

mod draw;
mod expect;
mod foretold;
mod holding;
mod text;
mod trial;
mod working;
mod world;

use sexton_testkit::random::ground::Ground;

use crate::census::Census;
use crate::place::Place;
use crate::seeds::{Named, Seeds, demand_none};
use world::World;

const SEED_BASE: u64 = 40_000;
const CASES: u64 = 120;
/// A run that goes wrong everywhere needs not go on.
const FAILURES_MAX: usize = 20;

/// What an ordinary run must have met, at least so often.
const MINIMA: [(&str, usize); 49] = [
    ("worlds", 120),
    ("roots", 400),
    ("deleted", 250),
    ("deleted by value", 30),
    ("deleted by a tenant's value", 5),
    ("several roots deleted", 40),
    ("several values deleted", 10),
    ("several roots that must come one at a time", 2),
    ("deleted with a switched line", 40),
    ("deleted by value, its own row missing", 15),
    ("missing", 5),
    ("refused", 40),
    ("refused by `only`", 3),
    ("refused by `refuse`", 5),
    ("refused by a line", 20),
    ("refused by a guard", 10),
    ("refused by a limit", 3),
    ("rows removed", 300),
    ("rows taken", 60),
    ("rows changed", 80),
    ("rows changed inside JSON", 20),
    ("rows anonymized", 30),
    ("rows derived", 25),
    ("values foretold", 40),
    ("values not foretold", 5),
    ("rows kept though they refer", 10),
    ("guards", 50),
    ("derived tables", 20),
    ("things that are values", 30),
    ("lines: delete", 150),
    ("lines: unlink", 50),
    ("lines: set", 70),
    ("lines: anonymize", 50),
    ("lines: when-last", 60),
    ("lines: always", 30),
    ("takes with where", 25),
    ("takes that no other line declares", 20),
    ("lines: keep", 40),
    ("lines: block", 40),
    ("lines: derive", 15),
    ("lines with where", 200),
    ("lines with a cast", 100),
    ("lines from a place in JSON", 50),
    ("lines from an array in JSON", 60),
    ("lines that an option switches", 100),
    ("lines that a foreign key enforces", 80),
    ("lines held by RESTRICT", 25),
    ("lines from a table to itself", 50),
    ("lines onto a column that is no key", 30),
];

/// Worlds with workers in them.
const WORKING_SEED_BASE: u64 = 60_000;
const WORKING_CASES: u64 = 60;

/// What an ordinary run of these must have met besides, at least so often.
const WORKING_MINIMA: [(&str, usize); 10] = [
    ("worlds", 60),
    ("deleted", 100),
    ("refused", 40),
    ("tables with work", 75),
    ("deleted once workers stopped", 20),
    ("rows asked to stop", 30),
    ("rows stopped", 50),
    ("rows stopped that stay", 12),
    ("refused while somebody is at work", 10),
    ("refused, nobody asked", 12),
];

#[tokio::test]
async fn every_fate_does_what_the_model_says_on_sqlite() {
    let census = compare(Ground::sqlite().await, SEED_BASE, CASES, draw::world).await;
    demand(census, &MINIMA);
}

#[tokio::test]
async fn every_fate_does_what_the_model_says_on_postgres() {
    let census = compare(Ground::postgres().await, SEED_BASE, CASES, draw::world).await;
    demand(census, &MINIMA);
}

#[tokio::test]
async fn work_is_stopped_as_the_model_says_on_sqlite() {
    let ground = Ground::sqlite().await;
    let census = compare(ground, WORKING_SEED_BASE, WORKING_CASES, working::world).await;
    demand(census, &WORKING_MINIMA);
}

#[tokio::test]
async fn work_is_stopped_as_the_model_says_on_postgres() {
    let ground = Ground::postgres().await;
    let census = compare(ground, WORKING_SEED_BASE, WORKING_CASES, working::world).await;
    demand(census, &WORKING_MINIMA);
}

fn demand(census: Option<Census>, minima: &[(&'static str, usize)]) {
    if let Some(census) = census {
        census.demand(minima);
    }
}

/// The census of an ordinary run.
async fn compare(ground: Ground, base: u64, cases: u64, world: fn(u64) -> World) -> Option<Census> {
    let seeds = Seeds::of_this_run(base, cases);
    let mut place = Place::on(ground).await;
    let mut census = Census::default();
    let mut failures = Vec::new();
    for seed in seeds.range {
        let _named = Named(seed);
        if let Err(told) = trial::of(seed, world(seed), &mut place, &mut census).await {
            failures.push((seed, told));
        }
        if failures.len() == FAILURES_MAX {
            break;
        }
    }
    println!("{census}");
    demand_none(&failures);
    seeds.ordinary.then_some(census)
}
