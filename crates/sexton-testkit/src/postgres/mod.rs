//! Databases on a throw-away PostgreSQL server, each a clone of one prepared template.

mod server;
mod tls;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use sexton_engine::ports::{Database, SessionId};
use sexton_postgres::PostgresDatabase;
use sqlx::{Connection, PgConnection};

use crate::dump::{Dump, quoted};
use crate::script::{self, TextRow};
use server::{Server, Turn};

pub use tls::TlsServer;

/// A database of its own for one test. It is removed when this is dropped.
pub struct TestDatabase {
    server: Server,
    name: String,
}

impl TestDatabase {
    /// An empty database in which Sexton's own tables are ready.
    pub async fn new() -> Self {
        let made = Self::made(true).await;
        made.unwrap_or_else(|error| panic!("no PostgreSQL database for the test: {error:#}"))
    }

    /// An empty database in which Sexton has never been.
    pub async fn bare() -> Self {
        let made = Self::made(false).await;
        made.unwrap_or_else(|error| panic!("no PostgreSQL database for the test: {error:#}"))
    }

    async fn made(with_ledger: bool) -> Result<Self> {
        let (server, turn) = Server::running().await?;
        let mut admin = PgConnection::connect(&server.url("postgres")).await?;
        let template = if with_ledger {
            template(&server, &mut admin, &turn).await?
        } else {
            "template0".to_owned()
        };
        drop(turn);
        let name = unique_name();
        let create = format!("CREATE DATABASE {} TEMPLATE {}", quoted(&name), quoted(&template));
        script::on_postgres(&mut admin, &create).await.context("cloning the template")?;
        admin.close().await?;
        Ok(Self { server, name })
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// The adapter on it, with the default schema `public`.
    pub fn database(&self) -> Arc<PostgresDatabase> {
        let database = PostgresDatabase::connect(&self.url(), None);
        Arc::new(database.expect("an address that we made can be read"))
    }

    /// A session of its own, for tests in which two meet.
    pub async fn session(&self) -> TestSession {
        let connection = PgConnection::connect(&self.url()).await;
        TestSession { connection: connection.expect("the test server takes a connection") }
    }

    /// Runs a script of several statements.
    pub async fn execute(&self, script: &str) {
        self.session().await.execute(script).await;
    }

    /// Runs a script that may be refused; the words of the refusal.
    pub async fn try_execute(&self, script: &str) -> Result<(), String> {
        let mut session = self.session().await;
        let done = script::on_postgres(session.connection(), script).await;
        done.map(drop).map_err(|error| error.to_string())
    }

    /// Reads rows, every value as text.
    pub async fn query(&self, sql: &str) -> Vec<TextRow> {
        self.session().await.query(sql).await
    }

    /// Everything that is in it.
    pub async fn dump(&self) -> Dump {
        let mut session = self.session().await;
        let tables = session
            .query(
                "SELECT s.nspname, c.relname, c.relkind,
                    string_agg(quote_ident(a.attname) || '::text', ', ' ORDER BY a.attnum)
                 FROM pg_class AS c
                 JOIN pg_namespace AS s ON s.oid = c.relnamespace
                 JOIN pg_attribute AS a
                    ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                 WHERE c.relkind IN ('r', 'p')
                   AND NOT c.relispartition
                   AND c.relpersistence <> 't'
                   AND s.nspname !~ '^pg_'
                   AND s.nspname NOT IN ('information_schema', 'sexton')
                 GROUP BY s.nspname, c.relname, c.relkind",
            )
            .await;
        let mut dump = Dump::new();
        for table in tables {
            let [Some(schema), Some(name), Some(kind), Some(columns)] = &table[..] else {
                panic!("a table without a name: {table:?}")
            };
            // Rows of tables that inherit are told with those tables.
            let only = if kind == "r" { "ONLY " } else { "" };
            let from = format!("{only}{}.{}", quoted(schema), quoted(name));
            let mut rows = session.query(&format!("SELECT {columns} FROM {from}")).await;
            rows.sort();
            let key = if schema == "public" { name.clone() } else { format!("{schema}.{name}") };
            dump.insert(key, rows);
        }
        dump
    }

    /// Waits until this session waits for a lock.
    pub async fn until_blocked(&self, session: SessionId) {
        let question = format!(
            "SELECT 1
             FROM pg_stat_activity
             WHERE pid = {}
               AND wait_event_type = 'Lock'",
            session.0
        );
        let mut watcher = self.session().await;
        while watcher.query(&question).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Removes it now, whoever is still connected.
    pub async fn close(self) {
        let mut admin = PgConnection::connect(&self.server.url("postgres"))
            .await
            .expect("the test server takes a connection");
        let remove = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(&self.name));
        script::on_postgres(&mut admin, &remove).await.expect("a database can be forced out");
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        self.server.drop_in_background(&self.name);
    }
}

/// One connection of a test.
pub struct TestSession {
    connection: PgConnection,
}

impl TestSession {
    /// Runs a script of several statements.
    pub async fn execute(&mut self, script: &str) {
        let done = script::on_postgres(&mut self.connection, script).await;
        done.unwrap_or_else(|error| panic!("the test's script failed: {error}"));
    }

    /// Reads rows, every value as text.
    pub async fn query(&mut self, sql: &str) -> Vec<TextRow> {
        let rows = script::on_postgres(&mut self.connection, sql).await;
        rows.unwrap_or_else(|error| panic!("the test's question failed: {error}"))
    }

    /// Its connection, for what only the driver can do.
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

/// The template with Sexton's tables, made if there is none for this program's tables yet.
///
/// Race: the turn is ours, so nobody else makes it now.
async fn template(server: &Server, admin: &mut PgConnection, _turn: &Turn) -> Result<String> {
    let name = format!("template_{}", &PostgresDatabase::ledger_fingerprint()[..16]);
    let question = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    if !script::on_postgres(admin, &question).await?.is_empty() {
        return Ok(name);
    }
    script::on_postgres(admin, "DROP DATABASE IF EXISTS template_unfinished WITH (FORCE)").await?;
    script::on_postgres(admin, "CREATE DATABASE template_unfinished TEMPLATE template0").await?;
    let database = PostgresDatabase::connect(&server.url("template_unfinished"), None)?;
    database.prepare_ledger().await.context("preparing the template")?;
    database.close().await;
    let rename = format!("ALTER DATABASE template_unfinished RENAME TO {}", quoted(&name));
    script::on_postgres(admin, &rename).await.context("naming the template")?;
    Ok(name)
}

/// The standard library's hasher is seeded by chance.
fn unique_name() -> String {
    format!("test_{:016x}", RandomState::new().build_hasher().finish())
}
