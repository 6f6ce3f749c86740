//! A deletion whose process ended is gone on with as it was chosen.

use std::collections::BTreeMap;

use sexton_core::lifecycle::State;
use sexton_core::names::{Actor, ThingName};
use sexton_engine::ports::{Mode, Query};
use sexton_engine::{Caller, DeleteRequest, Root, RootKey, commit_in};
use sexton_testkit::random::ground::Ground;

use crate::place::Place;

const SCRIPT: &str = "
    CREATE TABLE jobs (id INTEGER PRIMARY KEY);
    CREATE TABLE runs (id INTEGER PRIMARY KEY, job_id INTEGER);
    CREATE TABLE notes (id INTEGER PRIMARY KEY, run_id INTEGER);
    INSERT INTO jobs VALUES (1), (2);
    INSERT INTO runs VALUES (10, 1), (20, 2);
    INSERT INTO notes VALUES (100, 10), (200, 20);";

const POLICY: &str = "
    system = \"jobs\"
    [things.job]
    row = \"jobs.id\"
    options.runs = {}
    [references]
    \"runs.job_id -> jobs\" = { rule = \"unlink\", with = { runs = \"delete\" } }
    \"notes.run_id -> runs\" = \"delete\"";

/// Deletes job 1 by a process that ends at the commit, then lets a late note name a run that may
/// be gone, and settles: only a plan that took the runs looks for their notes.
async fn settled(ground: Ground, asked: &[(&str, &str)]) -> State {
    let mut place = Place::on(ground).await;
    let system = place.renew_with(SCRIPT, POLICY).await.expect("the database answers");
    system.prepare().await.expect("the database answers");
    let asked = asked.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let root = Root {
        thing: ThingName::new("job"),
        key: RootKey::Id("1".into()),
        options: asked.collect::<BTreeMap<_, _>>(),
        caller: Caller::operator(Actor::new("the test")),
    };
    let request = DeleteRequest { root, reason: None, bound_to: None };
    let mut tx = system.database().begin(Mode::Change).await.expect("the database answers");
    let committed = commit_in(&system, tx.as_mut(), &request).await.expect("the database answers");
    tx.commit().await.expect("the database answers");
    let mut tx = system.database().begin(Mode::Keep).await.expect("the database answers");
    let sql = "INSERT INTO notes VALUES (101, 10)";
    tx.run(Query { label: "write late", sql, general: false, args: Vec::new() })
        .await
        .expect("the database answers");
    tx.commit().await.expect("the database answers");
    let settled = system.settle().await.expect("the database answers");
    let [(id, state)] = settled.as_slice() else { panic!("{settled:?}") };
    assert_eq!(*id, committed.id);
    *state
}

#[tokio::test]
async fn a_deletion_is_gone_on_with_by_the_options_it_was_begun_with_on_sqlite() {
    assert_eq!(settled(Ground::sqlite().await, &[("runs", "True")]).await, State::Reaped);
    assert_eq!(settled(Ground::sqlite().await, &[]).await, State::Complete);
}

#[tokio::test]
async fn a_deletion_is_gone_on_with_by_the_options_it_was_begun_with_on_postgres() {
    assert_eq!(settled(Ground::postgres().await, &[("runs", "True")]).await, State::Reaped);
    assert_eq!(settled(Ground::postgres().await, &[]).await, State::Complete);
}
