//! The sample of batches in a SQLite file.

use std::sync::Arc;

use sexton_core::policy::parse;
use sexton_engine::{Surroundings, System};
use sexton_samples::{batches, install_sqlite};
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::interpose::Interposed;
use sexton_testkit::sqlite::TestDatabase;

/// A file with the sample in it.
pub struct File {
    pub test: TestDatabase,
}

impl File {
    pub async fn batches() -> Self {
        let test = TestDatabase::new().await;
        std::fs::remove_file(test.path()).expect("an empty file can be removed");
        install_sqlite(&batches(), &test.path()).await.expect("the sample fits");
        Self { test }
    }

    /// Its address.
    pub fn address(&self) -> String {
        self.test.path().to_str().expect("a temporary path is text").to_owned()
    }

    /// A system with an adapter of its own, as another process would have one.
    pub async fn system(&self, with: impl FnOnce(Interposed) -> Interposed) -> System {
        let database = SqliteDatabase::open(&self.address()).await.expect("the file is there");
        let database = Arc::new(with(Interposed::on(Arc::new(database))));
        let (policy, _) = parse(batches().policy);
        let policy = policy.expect("the sample's policy can be read");
        let policy = sexton_core::policy::Policy { fence: None, ..policy };
        System::new(policy, database, Surroundings::of_this_machine(), None)
    }
}
