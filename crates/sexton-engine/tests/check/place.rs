//! A schema, its rows and a policy on either database, and what `check` finds there.

use std::sync::Arc;

use sexton_core::finding::{Finding, Severity};
use sexton_core::schema::Dialect;
use sexton_engine::ports::Database;
use sexton_engine::{Surroundings, System};
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::{postgres, sqlite};

pub const BOTH: [Dialect; 2] = [Dialect::Sqlite, Dialect::Postgres];

/// A database of its own for one test.
pub enum Place {
    Sqlite(sqlite::TestDatabase),
    Postgres(postgres::TestDatabase),
}

impl Place {
    pub async fn on(dialect: Dialect, script: &str) -> Self {
        match dialect {
            Dialect::Sqlite => {
                let database = sqlite::TestDatabase::new().await;
                database.execute(script).await;
                Self::Sqlite(database)
            }
            Dialect::Postgres => {
                let database = postgres::TestDatabase::new().await;
                database.execute(script).await;
                Self::Postgres(database)
            }
        }
    }

    pub async fn system(&self, policy: &str) -> System {
        let database: Arc<dyn Database> = match self {
            Self::Sqlite(database) => {
                let path = database.path();
                let path = path.to_str().expect("a path is text");
                Arc::new(SqliteDatabase::open(path).await.expect("it opens"))
            }
            Self::Postgres(database) => database.database(),
        };
        system(policy, database)
    }

    /// What `check` finds with this policy.
    pub async fn finds(&self, policy: &str) -> Vec<Finding> {
        self.system(policy).await.check().await.expect("the database answers")
    }
}

pub fn system(policy: &str, database: Arc<dyn Database>) -> System {
    let text = format!("system = \"s\"\n{policy}");
    let (parsed, findings) = sexton_core::policy::parse(&text);
    assert_eq!(findings, [], "in\n{text}");
    let policy = parsed.expect("it has no mistakes");
    System::new(policy, database, Surroundings::of_this_machine(), None)
}

/// Codes, and whether they are errors.
pub fn codes(findings: &[Finding]) -> Vec<(&str, Severity)> {
    findings.iter().map(|finding| (finding.code, finding.severity)).collect()
}

/// What `check` finds of this script and policy on one database.
pub async fn finds(dialect: Dialect, script: &str, policy: &str) -> Vec<Finding> {
    Place::on(dialect, script).await.finds(policy).await
}

/// Expects these codes on both databases.
pub async fn expect(script: &str, policy: &str, expected: &[(&str, Severity)]) {
    for dialect in BOTH {
        let findings = finds(dialect, script, policy).await;
        assert_eq!(codes(&findings), expected, "{dialect:?}\n{policy}\n{findings:#?}");
    }
}
