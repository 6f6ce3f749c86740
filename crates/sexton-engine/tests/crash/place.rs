//! Where the batches lie: a database that can be made as new again and again.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use async_trait::async_trait;
use sexton_engine::ports::Database;
use sexton_samples::{batches, install_postgres, install_sqlite};
use sexton_testkit::postgres::TestSession;
use sexton_testkit::{postgres, sqlite};
use tokio::sync::{Mutex, RwLock};

use crate::child;

/// A row, every value as text or NULL.
type Row = Vec<Option<String>>;
/// Rows by table, in the order of their text.
pub type Rows = BTreeMap<String, Vec<Row>>;

/// A database with the sample in it.
#[async_trait]
pub trait Place: Send + Sync {
    /// Makes it as on its first day: all rows there, and Sexton has never been.
    async fn renew(&self);

    /// Its address.
    fn address(&self) -> String;

    /// All rows of the system.
    async fn rows(&self) -> Rows;

    /// Lets leases run out: moves what is stored, as if their time had passed.
    async fn end_leases(&self);

    /// Waits until nobody is connected. A killed process's session ends a moment after it.
    async fn until_deserted(&self);

    /// An adapter of its own on it.
    async fn open(&self) -> Arc<dyn Database> {
        child::open(&self.address()).await.expect("the place is there")
    }
}

/// On PostgreSQL: emptied and filled again, which takes a fifth of a new database's time. All
/// is asked in one session, as hundreds of them would take longer than what they ask.
pub struct OnPostgres {
    database: postgres::TestDatabase,
    session: Mutex<TestSession>,
    renewal: String,
    all_rows: String,
}

impl OnPostgres {
    pub async fn new() -> Self {
        let database = postgres::TestDatabase::bare().await;
        install_postgres(&batches(), &database.url()).await.expect("the sample fits");
        let mut session = database.session().await;
        let emptied = session
            .query(
                "SELECT 'DELETE FROM ' || tablename FROM pg_tables WHERE schemaname = 'public'
                 UNION ALL
                 SELECT 'ALTER SEQUENCE ' || sequencename || ' RESTART' FROM pg_sequences
                 UNION ALL
                 SELECT 'DROP SCHEMA IF EXISTS sexton CASCADE'",
            )
            .await;
        let selects = session
            .query(
                "SELECT format('SELECT %L, * FROM %I', tablename, tablename)
                 FROM pg_tables WHERE schemaname = 'public'",
            )
            .await;
        let renewal = [&script(emptied), batches().seed_postgres].concat();
        Self { database, session: Mutex::new(session), renewal, all_rows: script(selects) }
    }
}

#[async_trait]
impl Place for OnPostgres {
    async fn renew(&self) {
        self.until_deserted().await;
        self.session.lock().await.execute(&self.renewal).await;
    }

    fn address(&self) -> String {
        self.database.url()
    }

    async fn rows(&self) -> Rows {
        by_table(self.session.lock().await.query(&self.all_rows).await)
    }

    async fn end_leases(&self) {
        let mut session = self.session.lock().await;
        let there = "SELECT 1 FROM pg_tables WHERE schemaname = 'sexton'";
        if !session.query(there).await.is_empty() {
            session.execute("UPDATE sexton.deletions SET leased_until = 0").await;
            session.execute("UPDATE sexton.intents SET leased_until = 0").await;
        }
    }

    async fn until_deserted(&self) {
        let others = "SELECT 1
            FROM pg_stat_activity
            WHERE datname = current_database()
              AND application_name = 'sexton'";
        let mut session = self.session.lock().await;
        while !session.query(others).await.is_empty() {
            tokio::task::yield_now().await;
        }
    }
}

/// How a SQLite file is kept whole.
#[derive(Debug, Clone, Copy)]
pub enum Journal {
    /// By a write-ahead log.
    Log,
    /// By a journal of what was before.
    Rollback,
}

/// On SQLite: a copy of one file.
pub struct OnSqlite {
    first_day: sqlite::TestDatabase,
    database: RwLock<sqlite::TestDatabase>,
    all_rows: String,
}

impl OnSqlite {
    pub async fn new(journal: Journal) -> Self {
        let first_day = sqlite::TestDatabase::new().await;
        fs::remove_file(first_day.path()).expect("an empty file can be removed");
        install_sqlite(&batches(), &first_day.path()).await.expect("the sample fits");
        if matches!(journal, Journal::Rollback) {
            first_day.execute("PRAGMA journal_mode = DELETE").await;
        }
        let selects = first_day
            .query(
                "SELECT 'SELECT ' || quote(t.name) || ', ' || group_concat('quote(' || c.name || ')')
                    || ' FROM ' || t.name
                 FROM sqlite_schema AS t
                 JOIN pragma_table_info(t.name) AS c
                 WHERE t.type = 'table'
                   AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                 GROUP BY t.name",
            )
            .await;
        let database = RwLock::new(sqlite::TestDatabase::new().await);
        Self { first_day, database, all_rows: script(selects) }
    }
}

#[async_trait]
impl Place for OnSqlite {
    /// In a new folder: connections that are still closing tidy up behind the old file's name.
    async fn renew(&self) {
        let database = sqlite::TestDatabase::new().await;
        fs::copy(self.first_day.path(), database.path()).expect("there is room for a copy");
        *self.database.write().await = database;
    }

    fn address(&self) -> String {
        let database = self.database.try_read().expect("nobody renews it now");
        database.path().to_str().expect("a temporary path is text").to_owned()
    }

    async fn rows(&self) -> Rows {
        by_table(self.database.read().await.query(&self.all_rows).await)
    }

    async fn end_leases(&self) {
        let database = self.database.read().await;
        let there = "SELECT 1 FROM sqlite_schema WHERE name = 'sexton_deletions'";
        if !database.query(there).await.is_empty() {
            database.execute("UPDATE sexton_deletions SET leased_until = 0").await;
            database.execute("UPDATE sexton_intents SET leased_until = 0").await;
        }
    }

    /// The locks of a process end with it.
    async fn until_deserted(&self) {}
}

/// Statements that were asked for, one after the other.
fn script(statements: Vec<Row>) -> String {
    statements.into_iter().flatten().flatten().map(|statement| statement + ";\n").collect()
}

/// Rows whose first value names their table.
fn by_table(rows: Vec<Row>) -> Rows {
    let mut sorted = Rows::new();
    for mut row in rows {
        let table = row.remove(0).expect("every row names its table");
        sorted.entry(table).or_default().push(row);
    }
    for rows in sorted.values_mut() {
        rows.sort();
    }
    sorted
}
