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
mod world;

use sexton_testkit::random::ground::Ground;

use crate::census::Census;
use crate::place::Place;
use crate::seeds::{Named, Seeds, demand_none};

const SEED_BASE: u64 = 40_000;
const CASES: u64 = 120;
/// A run that goes wrong everywhere needs not go on.
const FAILURES_MAX: usize = 20;

/// What an ordinary run must have met, at least so often.
const MINIMA: [(&str, usize); 48] = [
    ("worlds", 120),
    ("roots", 400),
    ("deleted", 250),
    ("deleted by value", 30),
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

#[tokio::test]
async fn every_fate_does_what_the_model_says_on_sqlite() {
    compare(Ground::sqlite().await).await;
}

#[tokio::test]
async fn every_fate_does_what_the_model_says_on_postgres() {
    compare(Ground::postgres().await).await;
}

async fn compare(ground: Ground) {
    let seeds = Seeds::of_this_run(SEED_BASE, CASES);
    let mut place = Place::on(ground).await;
    let mut census = Census::default();
    let mut failures = Vec::new();
    for seed in seeds.range {
        let _named = Named(seed);
        if let Err(told) = trial::of(seed, &mut place, &mut census).await {
            failures.push((seed, told));
        }
        if failures.len() == FAILURES_MAX {
            break;
        }
    }
    println!("{census}");
    demand_none(&failures);
    if seeds.ordinary {
        census.demand(&MINIMA);
    }
}
