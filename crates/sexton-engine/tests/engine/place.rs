//! Where random cases are tried: a database, and a system on it for each case.

use std::sync::Arc;

use sexton_core::finding::Severity;
use sexton_core::policy;
use sexton_core::schema::Dialect;
use sexton_engine::System;
use sexton_engine::ports::{Database, DatabaseError};
use sexton_postgres::PostgresDatabase;
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::random::case::Case;
use sexton_testkit::random::ground::Ground;
use sexton_testkit::random::script::{insert_all, script};

use crate::cascade::Rows;
use crate::surroundings;

/// What is wrong, in words.
pub type Told<T> = Result<T, String>;

/// Where cases are tried.
pub struct Place {
    pub ground: Ground,
    /// The adapter that stays from case to case, where the database stays.
    database: Option<Arc<dyn Database>>,
}

impl Place {
    /// One that stays for PostgreSQL, whose connections live on while all tables change; a new
    /// one per case for SQLite, where each case has a file.
    pub async fn on(ground: Ground) -> Self {
        let stays = ground.dialect() == Dialect::Postgres;
        let database = if stays { Some(open(&ground).await.expect("it opens")) } else { None };
        Self { ground, database }
    }

    /// Puts a case where the last one was; a system with the case's policy.
    pub async fn renew(&mut self, case: &Case) -> Told<System> {
        self.renew_with(&script(case, self.ground.dialect()), &case.policy).await
    }

    /// Creates what a script creates; a system with this policy.
    pub async fn renew_with(&mut self, script: &str, policy: &str) -> Told<System> {
        self.ground.renew(script).await;
        self.system(policy).await
    }

    /// A system with this policy on what is there.
    pub async fn system(&self, policy: &str) -> Told<System> {
        let database = match &self.database {
            Some(database) => Arc::clone(database),
            None => open(&self.ground).await?,
        };
        let (read, findings) = policy::parse(policy);
        let read =
            read.ok_or_else(|| format!("the policy is not read: {findings:#?}\n{policy}"))?;
        Ok(System::new(read, database, surroundings::of_a_test(), None))
    }
}

/// The errors that `check` finds, a sentence each.
pub async fn check(system: &System) -> Told<Vec<String>> {
    let findings = system.check().await.map_err(|error| format!("check failed: {error}"))?;
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    Ok(errors.map(|finding| format!("{} {}", finding.code, finding.message)).collect())
}

async fn open(ground: &Ground) -> Told<Arc<dyn Database>> {
    let address = ground.address();
    let told = |error: DatabaseError| format!("the database does not open: {error}");
    Ok(match ground.dialect() {
        Dialect::Postgres => Arc::new(PostgresDatabase::connect(&address, None).map_err(told)?),
        Dialect::Sqlite => Arc::new(SqliteDatabase::open(&address).await.map_err(told)?),
    })
}

/// The case as text, with the rows as they were when it went wrong.
pub fn story(case: &Case, rows: &Rows, dialect: Dialect) -> String {
    let created = script(case, dialect);
    let now = if *rows == case.rows {
        String::new()
    } else {
        format!("\n-- the rows now\n{}", insert_all(&case.shape, rows, dialect).join("\n"))
    };
    format!("\n{created}{now}\n\n{}", case.policy)
}
