use std::sync::Arc;

use sexton_engine::ports::State as _;
use sexton_postgres::PostgresState;
use sexton_testkit::conformance::state::StateSubject;
use sexton_testkit::postgres::TestDatabase;

async fn fixture() -> (StateSubject, TestDatabase) {
    let test = TestDatabase::bare().await;
    let state = PostgresState::connect(&test.url()).expect("an address of ours can be read");
    (StateSubject { state: Arc::new(state) }, test)
}

sexton_testkit::state_conformance_suite!(fixture);

#[tokio::test]
async fn replicas_that_start_at_once_make_the_tables_once() {
    let test = TestDatabase::bare().await;
    let replicas = [(); 3].map(|()| PostgresState::connect(&test.url()).unwrap());
    let [one, two, three] = &replicas;
    let made = tokio::join!(one.prepare(), two.prepare(), three.prepare());
    made.0.and(made.1).and(made.2).expect("each waits for the other");
    let applied = test.query("SELECT name FROM sexton_state.migrations ORDER BY number").await;
    assert_eq!(applied, [[Some("keys".to_owned())], [Some("sweeps".to_owned())]]);
}
