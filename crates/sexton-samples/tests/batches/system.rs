//! The sample installed in a throw-away database, with the engine on it.

use std::sync::Arc;

use sexton_engine::{FenceChange, Surroundings, System};
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::{postgres, sqlite};

/// The sample in a SQLite file.
pub async fn on_sqlite() -> (sqlite::TestDatabase, System) {
    let sample = sexton_samples::batches();
    let database = sqlite::TestDatabase::new().await;
    database.execute(sample.schema_sqlite).await;
    database.execute(sample.seed_sqlite).await;
    let opened = SqliteDatabase::open(database.path().to_str().unwrap()).await.unwrap();
    let system = system(Arc::new(opened));
    system.change_fence(FenceChange::Install).await.unwrap();
    (database, system)
}

/// The sample in a PostgreSQL database.
pub async fn on_postgres() -> (postgres::TestDatabase, System) {
    let sample = sexton_samples::batches();
    let database = postgres::TestDatabase::new().await;
    database.execute(sample.schema_postgres).await;
    database.execute(sample.seed_postgres).await;
    let system = system(database.database());
    system.change_fence(FenceChange::Install).await.unwrap();
    (database, system)
}

/// The engine with the sample's policy on any database.
pub fn system(database: Arc<dyn sexton_engine::ports::Database>) -> System {
    let (policy, findings) = sexton_core::policy::parse(sexton_samples::batches().policy);
    assert_eq!(findings, []);
    System::new(policy.unwrap(), database, Surroundings::of_this_machine(), None)
}
