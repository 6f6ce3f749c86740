//! SQLite databases in temporary files.

use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

use crate::dump::{Dump, quoted};
use crate::script::{self, TextRow};

/// A database file of its own for one test. It is removed when this is dropped.
pub struct TestDatabase {
    folder: TempDir,
}

impl TestDatabase {
    /// An empty database.
    pub async fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("sexton-testkit-").tempdir();
        let made = Self { folder: folder.expect("there is room for a temporary folder") };
        made.execute("PRAGMA journal_mode = WAL").await;
        made
    }

    /// Its file.
    pub fn path(&self) -> PathBuf {
        self.folder().join("test.db")
    }

    /// The folder of its file, for what a test keeps beside it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a script of several statements on a connection of its own, foreign keys enforced
    /// unless the script says otherwise.
    pub async fn execute(&self, script: &str) {
        self.query(script).await;
    }

    /// Runs a script that may be refused; the words of the refusal.
    pub async fn try_execute(&self, script: &str) -> Result<(), String> {
        let mut connection = self.connection().await;
        let done = script::on_sqlite(&mut connection, script).await;
        connection.close().await.expect("a file that was just open closes");
        done.map(drop).map_err(|error| error.to_string())
    }

    /// Reads rows, every value as text.
    pub async fn query(&self, sql: &str) -> Vec<TextRow> {
        let mut connection = self.connection().await;
        let rows = script::on_sqlite(&mut connection, sql).await;
        let rows = rows.unwrap_or_else(|error| panic!("the test's script failed: {error}"));
        connection.close().await.expect("a file that was just open closes");
        rows
    }

    /// Everything that is in it. Values are as `quote` writes them, so a number and the text
    /// that spells it differ.
    pub async fn dump(&self) -> Dump {
        let columns = self
            .query(
                "SELECT t.name, group_concat('quote(\"' || replace(c.name, '\"', '\"\"') || '\")')
                 FROM sqlite_schema AS t
                 JOIN pragma_table_xinfo(t.name) AS c ON c.hidden <> 1
                 WHERE t.type = 'table'
                   AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                   AND t.name NOT LIKE 'sexton\\_%' ESCAPE '\\'
                 GROUP BY t.name",
            )
            .await;
        let mut dump = Dump::new();
        for table in columns {
            let [Some(name), Some(columns)] = &table[..] else {
                panic!("a table without a name: {table:?}")
            };
            let mut rows = self.query(&format!("SELECT {columns} FROM {}", quoted(name))).await;
            rows.sort();
            dump.insert(name.clone(), rows);
        }
        dump
    }

    async fn connection(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.path()).create_if_missing(true);
        let connection = options.disable_statement_logging().connect().await;
        connection.expect("a file of the test's own opens")
    }
}
