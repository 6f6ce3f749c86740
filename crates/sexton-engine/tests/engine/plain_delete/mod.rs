//! The database is the judge: what plain DELETE leaves is what Sexton must leave, row by row.
//!
//! Each case is a random schema whose foreign keys say what happens, and a policy that says the
//! same. One root after the other is deleted: plain DELETE in a transaction that is taken back
//! tells what must be there, then Sexton previews and deletes, and whole dumps are compared.
//!
//! Both databases carry out CASCADE row by row, so now and then they refuse what would have
//! held at the end. There Sexton may refuse too, or leave what a model of the foreign keys says.

mod trial;

use sexton_testkit::random::ground::Ground;

use crate::census::Census;
use crate::place::Place;
use crate::seeds::{Named, Seeds, demand_none};

const SEED_BASE: u64 = 20_000;
const CASES: u64 = 100;
/// A run that goes wrong everywhere needs not go on.
const FAILURES_MAX: usize = 20;

/// What an ordinary run must have met, at least so often.
const MINIMA: [(&str, usize); 36] = [
    ("cases", 100),
    ("roots", 250),
    ("deleted", 200),
    ("several roots", 70),
    ("several roots that can go", 40),
    ("several roots, one of which is refused alone", 5),
    ("refused by a row that stays", 30),
    ("rows removed", 600),
    ("effects", 70),
    ("with a cycle", 30),
    ("with a NOT NULL cycle", 15),
    ("with a CASCADE cycle", 15),
    ("with a diamond", 40),
    ("with a self-reference", 30),
    ("with several self-references of a table", 12),
    ("with a composite key", 40),
    ("with a table without key", 4),
    ("with a table that is no thing", 20),
    ("with odd names", 20),
    ("CASCADE", 200),
    ("SET NULL", 60),
    ("NO ACTION", 50),
    ("RESTRICT", 20),
    ("deferrable", 60),
    ("composite foreign keys", 100),
    ("composite in another order", 60),
    ("onto a unique key", 40),
    ("NOT NULL", 120),
    ("NULL in part", 20),
    ("part of the child's own key", 20),
    ("sharing a column with the key", 20),
    ("of another type than the key", 30),
    ("without an index", 150),
    ("keys of UUIDs", 40),
    ("keys of bytes", 25),
    ("keys of text", 100),
];

#[tokio::test]
async fn plain_delete_is_the_judge_on_sqlite() {
    judge(Ground::sqlite().await, &[]).await;
}

#[tokio::test]
async fn plain_delete_is_the_judge_on_postgres() {
    judge(Ground::postgres().await, &[("refused by the database's order", 3)]).await;
}

async fn judge(ground: Ground, minima: &[(&'static str, usize)]) {
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
        census.demand(minima);
    }
}
