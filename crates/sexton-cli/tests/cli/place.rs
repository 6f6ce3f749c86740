//! A sample system on either database, for one test.

use std::path::Path;

use sexton_engine::ports::Database;
use sexton_postgres::PostgresDatabase;
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::dump::Dump;
use sexton_testkit::{postgres, sqlite};
use tempfile::TempDir;

use crate::program::{Said, program};

/// Makes a test of each function for each database.
macro_rules! on_both_databases {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::place::Place::on_sqlite().await).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::place::Place::on_postgres().await).await;
            })*
        }
    };
}

/// The sample `batches` in a database, and its policy in a folder.
pub struct Place {
    pub folder: TempDir,
    pub database: TestDatabase,
}

pub enum TestDatabase {
    Sqlite(sqlite::TestDatabase),
    Postgres(postgres::TestDatabase),
}

impl Place {
    pub async fn on_sqlite() -> Self {
        let sample = sexton_samples::batches();
        let database = sqlite::TestDatabase::new().await;
        let both = ["BEGIN;", sample.schema_sqlite, sample.seed_sqlite, "COMMIT;"].join("\n");
        database.execute(&both).await;
        Self::with(TestDatabase::Sqlite(database))
    }

    pub async fn on_postgres() -> Self {
        let sample = sexton_samples::batches();
        let database = postgres::TestDatabase::bare().await;
        let both = [sample.schema_postgres, sample.seed_postgres].join("\n");
        database.execute(&both).await;
        Self::with(TestDatabase::Postgres(database))
    }

    /// The sample `requests`; the test writes its policy.
    pub async fn requests_on_sqlite() -> Self {
        let sample = sexton_samples::requests();
        let database = sqlite::TestDatabase::new().await;
        let both = ["BEGIN;", sample.schema_sqlite, sample.seed_sqlite, "COMMIT;"].join("\n");
        database.execute(&both).await;
        Self::with(TestDatabase::Sqlite(database))
    }

    /// The same.
    pub async fn requests_on_postgres() -> Self {
        let sample = sexton_samples::requests();
        let database = postgres::TestDatabase::bare().await;
        database.execute(&[sample.schema_postgres, sample.seed_postgres].join("\n")).await;
        Self::with(TestDatabase::Postgres(database))
    }

    /// A file without tables.
    pub async fn empty_on_sqlite() -> Self {
        Self::with(TestDatabase::Sqlite(sqlite::TestDatabase::new().await))
    }

    /// A database without tables.
    pub async fn empty_on_postgres() -> Self {
        Self::with(TestDatabase::Postgres(postgres::TestDatabase::bare().await))
    }

    /// Another one like it, to be changed by hand.
    pub async fn twin(&self) -> Self {
        match self.database {
            TestDatabase::Sqlite(_) => Self::on_sqlite().await,
            TestDatabase::Postgres(_) => Self::on_postgres().await,
        }
    }

    fn with(database: TestDatabase) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a temporary folder");
        let place = Self { folder, database };
        place.write_policy(&policy());
        place
    }

    /// The address of its database.
    pub fn address(&self) -> String {
        match &self.database {
            TestDatabase::Sqlite(database) => database.path().display().to_string(),
            TestDatabase::Postgres(database) => database.url(),
        }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn write_policy(&self, text: &str) {
        let path = self.folder().join("sexton.toml");
        std::fs::write(path, text).expect("the test's own folder can be written");
    }

    /// Changes the policy; what is replaced must stand in it.
    pub fn change_policy(&self, from: &str, to: &str) {
        let policy = policy();
        assert!(policy.contains(from), "the policy has no {from}");
        self.write_policy(&policy.replace(from, to));
    }

    /// Runs the program on it with these variables set.
    pub fn sexton_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Said {
        let mut command = program(self.folder());
        command.envs(variables.iter().copied()).env("DATABASE_URL", self.address());
        Said::of(command.args(arguments).output().expect("the program starts"))
    }

    /// Runs the program on it.
    pub fn sexton(&self, arguments: &[&str]) -> Said {
        let mut command = program(self.folder());
        let output = command.env("DATABASE_URL", self.address()).args(arguments).output();
        Said::of(output.expect("the program starts"))
    }

    pub async fn execute(&self, script: &str) {
        match &self.database {
            TestDatabase::Sqlite(database) => database.execute(script).await,
            TestDatabase::Postgres(database) => database.execute(script).await,
        }
    }

    /// Whether the database refuses a statement.
    pub async fn is_refused(&self, sql: &str) -> bool {
        match &self.database {
            TestDatabase::Sqlite(database) => database.try_execute(sql).await.is_err(),
            TestDatabase::Postgres(database) => database.try_execute(sql).await.is_err(),
        }
    }

    /// The first column of what is asked for.
    pub async fn column(&self, sql: &str) -> Vec<Option<String>> {
        let rows = match &self.database {
            TestDatabase::Sqlite(database) => database.query(sql).await,
            TestDatabase::Postgres(database) => database.query(sql).await,
        };
        rows.into_iter().map(|mut row| row.swap_remove(0)).collect()
    }

    /// The one number that is asked for.
    pub async fn number(&self, sql: &str) -> i64 {
        let column = self.column(sql).await;
        column[0].as_ref().and_then(|text| text.parse().ok()).expect("the answer is a number")
    }

    /// The table of deletions.
    pub fn deletions(&self) -> &'static str {
        match &self.database {
            TestDatabase::Sqlite(_) => "sexton_deletions",
            TestDatabase::Postgres(_) => "sexton.deletions",
        }
    }

    pub async fn dump(&self) -> Dump {
        match &self.database {
            TestDatabase::Sqlite(database) => database.dump().await,
            TestDatabase::Postgres(database) => database.dump().await,
        }
    }

    /// The name of one of Sexton's own tables here.
    pub fn own(&self, table: &str) -> String {
        match &self.database {
            TestDatabase::Sqlite(_) => format!("sexton_{table}"),
            TestDatabase::Postgres(_) => format!("sexton.{table}"),
        }
    }

    /// Whether Sexton has made tables of its own here.
    pub async fn has_own_tables(&self) -> bool {
        let question = match &self.database {
            TestDatabase::Sqlite(_) => {
                "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'sexton\\_%' ESCAPE '\\'"
            }
            TestDatabase::Postgres(_) => {
                "SELECT count(*) FROM pg_namespace WHERE nspname = 'sexton'"
            }
        };
        self.number(question).await > 0
    }

    /// Lets Sexton make its own tables.
    pub async fn with_own_tables(self) -> Self {
        let address = self.address();
        let database: Box<dyn Database> = if address.starts_with("postgres") {
            Box::new(PostgresDatabase::connect(&address, None).expect("an address of ours"))
        } else {
            Box::new(SqliteDatabase::open(&address).await.expect("a file of ours"))
        };
        database.prepare_ledger().await.expect("room for Sexton's tables");
        self
    }

    /// How many records the audit has.
    pub fn records(&self) -> usize {
        let said = self.sexton(&["audit", "list", "--output", "json"]).expect(0);
        said.document()["records"].as_array().expect("records are a list").len()
    }
}

/// The sample's policy without its fence, which would need triggers first.
pub fn policy() -> String {
    let policy = sexton_samples::batches().policy;
    let (before, fence) = policy.split_once("[fence]").expect("there is a fence");
    let after = fence.find("\n[").map_or("", |at| &fence[at..]);
    [before, after].concat()
}
