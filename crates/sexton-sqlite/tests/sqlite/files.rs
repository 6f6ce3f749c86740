//! Databases in folders of their own, and short ways to fill and read them.

use std::path::PathBuf;

use sexton_core::sql::Scalar;
use sexton_engine::ports::{Arg, Database, DatabaseError, Mode, Query, Row, Tx};
use sexton_sqlite::SqliteDatabase;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tempfile::TempDir;

/// A database file that goes with its folder.
pub struct File {
    pub folder: TempDir,
    pub path: PathBuf,
    pub database: SqliteDatabase,
}

impl File {
    /// A new file with a write-ahead log, holding what this SQL makes.
    pub async fn with(sql: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("app.db");
        let address = path.to_str().expect("a path in UTF-8");
        let database = SqliteDatabase::open_or_create(address).await.expect("a new file");
        let file = Self { folder, path, database };
        file.write(sql).await;
        file
    }

    /// Another program's connection to the same file.
    pub async fn stranger(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(&self.path);
        options.connect().await.expect("a second connection")
    }

    /// Runs SQL as another program.
    pub async fn write(&self, sql: &str) {
        let mut stranger = self.stranger().await;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut stranger).await.expect(sql);
        stranger.close().await.expect("a connection that closes");
    }

    /// The only value of a query, read in a transaction of its own.
    pub async fn one(&self, sql: &str) -> Scalar {
        let mut look = self.look().await;
        rows(&mut *look, sql, Vec::new()).await.expect(sql).remove(0).remove(0)
    }

    pub async fn look(&self) -> Box<dyn Tx> {
        self.database.begin(Mode::Look { budget: None }).await.expect("a snapshot")
    }

    pub async fn change(&self) -> Box<dyn Tx> {
        self.database.begin(Mode::Change).await.expect("the write lock")
    }
}

pub async fn rows(tx: &mut dyn Tx, sql: &str, args: Vec<Arg>) -> Result<Vec<Row>, DatabaseError> {
    tx.rows(Query { label: "test", sql, args, general: false }).await
}

pub async fn run(tx: &mut dyn Tx, sql: &str) -> Result<u64, DatabaseError> {
    tx.run(Query { label: "test", sql, args: Vec::new(), general: false }).await
}
