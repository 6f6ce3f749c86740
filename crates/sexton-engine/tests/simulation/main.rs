//! Many workers on one model: a scheduler lets one of them go on at a time, from point to point, and
//! lets calls fail, processes end in the middle, leases run out and time pass, all by a seed. In the
//! end, with everybody well, every hidden root is purged, restored or held, and receipts are exact.
//!
//! `SEXTON_SEED=n` runs one case again; `SEXTON_CASES=n` runs so many, for as long as it takes.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up ends here")]

mod actors;
mod judge;
mod schedule;
mod world;

use std::time::Duration;

use sexton_engine::ports::{Clock, SystemClock};

use judge::Census;
use world::{Template, World};

/// Cases of an ordinary run, and the time after which it begins no other.
const CASES: u64 = 300;
const TIME: Duration = Duration::from_secs(40);

#[tokio::test]
async fn every_hidden_root_ends_purged_restored_or_held_whatever_fails() {
    let number = |variable| std::env::var(variable).ok().and_then(|said: String| said.parse().ok());
    let (one, many): (Option<u64>, Option<u64>) = (number("SEXTON_SEED"), number("SEXTON_CASES"));
    let seeds = match (one, many) {
        (Some(seed), _) => seed..seed + 1,
        (None, cases) => 0..cases.unwrap_or(CASES),
    };
    let began = SystemClock.now();
    let template = Template::new().await;
    let mut census = Census::default();
    for seed in seeds {
        let spent = SystemClock.now().0 - began.0;
        if one.is_none() && many.is_none() && i128::from(spent) > TIME.as_micros().cast_signed() {
            break;
        }
        let world = World::new(&template, seed).await;
        let told = schedule::run(&world).await;
        if let Err(why) = judge::end(&world, &told, &mut census).await {
            panic!("SEXTON_SEED={seed} fails: {why}\n{}", told.story.join("\n"));
        }
    }
    println!("{census:?}");
    if one.is_none() {
        census.demand();
    }
}
