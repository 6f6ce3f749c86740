//! The sample installed in a throw-away database, with the engine on it.

use std::sync::Arc;

use sexton_engine::{Surroundings, System};
use sexton_samples::take_care;
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::{postgres, sqlite};

/// The sample in a SQLite file.
pub async fn on_sqlite() -> (sqlite::TestDatabase, System) {
    let sample = sexton_samples::batches();
    let database = sqlite::TestDatabase::new().await;
    database.execute(sample.schema_sqlite).await;
    database.execute(sample.seed_sqlite).await;
    let opened = SqliteDatabase::open(database.path().to_str().unwrap()).await.unwrap();
    let system = take_care(sample.read_policy().unwrap(), Arc::new(opened)).await.unwrap();
    (database, system)
}

/// The sample in a PostgreSQL database.
pub async fn on_postgres() -> (postgres::TestDatabase, System) {
    let sample = sexton_samples::batches();
    let database = postgres::TestDatabase::new().await;
    database.execute(sample.schema_postgres).await;
    database.execute(sample.seed_postgres).await;
    let policy = sample.read_policy().unwrap();
    let system = take_care(policy, database.database()).await.unwrap();
    (database, system)
}

/// The engine with the sample's policy on a database that has its fence already.
pub fn system(database: Arc<dyn sexton_engine::ports::Database>) -> System {
    let policy = sexton_samples::batches().read_policy().unwrap();
    System::new(policy, database, Surroundings::of_this_machine(), None)
}
