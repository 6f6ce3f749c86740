//! A database to put one case after the other on, and to ask what plain DELETE does there.

use std::path::PathBuf;
use std::str::FromStr as _;

use sexton_core::schema::Dialect;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

use super::script::quoted;
use crate::dump::Dump;
use crate::postgres::{TestDatabase, TestSession};
use crate::script::{self, TextRow};

/// What plain DELETE did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was done, and this is what would be there after a commit.
    Left(Dump),
    /// A constraint refused it.
    Refused(String),
}

/// A database of either kind.
pub enum Ground {
    /// One database whose schema `public` is made anew for each case.
    Postgres(Box<PostgresGround>),
    /// A file for each case.
    Sqlite(Box<SqliteGround>),
}

impl Ground {
    /// A ground on PostgreSQL.
    pub async fn postgres() -> Self {
        let database = TestDatabase::new().await;
        let session = database.session().await;
        Self::Postgres(Box::new(PostgresGround { database, session }))
    }

    /// A ground on SQLite.
    pub async fn sqlite() -> Self {
        let folder = tempfile::Builder::new().prefix("sexton-random-").tempdir();
        let folder = folder.expect("there is room for a temporary folder");
        let connection = SqliteGround::connect(folder.path().join("0.db")).await;
        Self::Sqlite(Box::new(SqliteGround { folder, files: 0, connection }))
    }

    /// Which database it is.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Postgres(_) => Dialect::Postgres,
            Self::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Its address; another one after each `renew` in SQLite.
    pub fn address(&self) -> String {
        match self {
            Self::Postgres(ground) => ground.database.url(),
            Self::Sqlite(ground) => ground.file().display().to_string(),
        }
    }

    /// Forgets all tables and runs this script instead.
    pub async fn renew(&mut self, script: &str) {
        match self {
            Self::Postgres(ground) => {
                let anew = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;";
                ground.session.execute(&[anew, script].concat()).await;
            }
            Self::Sqlite(ground) => ground.renew(script).await,
        }
    }

    /// Runs a script on what is there.
    pub async fn execute(&mut self, script: &str) {
        match self {
            Self::Postgres(ground) => ground.session.execute(script).await,
            Self::Sqlite(ground) => {
                let done = script::on_sqlite(&mut ground.connection, script).await;
                done.unwrap_or_else(|error| panic!("the script failed: {error}\n{script}"));
            }
        }
    }

    /// Everything that is in it, Sexton's own tables left out.
    pub async fn dump(&mut self) -> Dump {
        let answer = match self {
            Self::Postgres(ground) => ground.dump().await,
            Self::Sqlite(ground) => dump_sqlite(&mut ground.connection).await,
        };
        answer.unwrap_or_else(|error| panic!("the dump failed: {error}"))
    }

    /// Asks for rows, or changes some.
    pub async fn query(&mut self, sql: &str) -> Vec<TextRow> {
        let answer = match self {
            Self::Postgres(ground) => script::on_postgres(ground.session.connection(), sql).await,
            Self::Sqlite(ground) => script::on_sqlite(&mut ground.connection, sql).await,
        };
        answer.unwrap_or_else(|error| panic!("`{sql}` failed: {error}"))
    }

    /// Runs plain DELETE to the end, commit and all, and takes it back.
    pub async fn judge(&mut self, delete: &str) -> Verdict {
        let answer = match self {
            Self::Postgres(ground) => ground.judge(delete).await,
            Self::Sqlite(ground) => ground.judge(delete).await,
        };
        match answer {
            Ok(dump) => Verdict::Left(dump),
            Err(error) if is_refusal(&error) => Verdict::Refused(error.to_string()),
            Err(error) => panic!("`{delete}` failed otherwise than by a constraint: {error}"),
        }
    }
}

/// Whether a constraint on references or NULLs refused.
fn is_refusal(error: &sqlx::Error) -> bool {
    const FOREIGN_KEY: [&str; 4] = ["23503", "23001", "787", "1811"];
    const NOT_NULL: [&str; 2] = ["23502", "1299"];
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| FOREIGN_KEY.contains(&&*code) || NOT_NULL.contains(&&*code))
}

/// A PostgreSQL database and a session in it.
pub struct PostgresGround {
    database: TestDatabase,
    session: TestSession,
}

impl PostgresGround {
    /// The rows of every table in one message, each behind the number of its table.
    async fn dump(&mut self) -> Result<Dump, sqlx::Error> {
        let connection = self.session.connection();
        let tables = script::on_postgres(
            connection,
            "SELECT c.relname, string_agg(quote_ident(a.attname) || '::text', ', ' ORDER BY a.attnum)
             FROM pg_class AS c
             JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE c.relkind = 'r'
               AND c.relnamespace = 'public'::regnamespace
             GROUP BY c.relname",
        )
        .await?;
        let read = reading(&tables);
        let rows = script::on_postgres(connection, &read).await?;
        Ok(sorted(&tables, rows))
    }

    async fn judge(&mut self, delete: &str) -> Result<Dump, sqlx::Error> {
        let settled = format!("BEGIN; {delete}; SET CONSTRAINTS ALL IMMEDIATE;");
        let done = script::on_postgres(self.session.connection(), &settled).await;
        let dump = match done {
            Ok(_) => self.dump().await,
            Err(error) => Err(error),
        };
        script::on_postgres(self.session.connection(), "ROLLBACK").await?;
        dump
    }
}

/// A folder of SQLite files.
pub struct SqliteGround {
    folder: TempDir,
    files: u32,
    connection: SqliteConnection,
}

impl SqliteGround {
    fn file(&self) -> PathBuf {
        self.folder.path().join(format!("{}.db", self.files))
    }

    async fn connect(file: PathBuf) -> SqliteConnection {
        let options = SqliteConnectOptions::from_str("sqlite:").expect("a plain address");
        let options = options
            .filename(file)
            .create_if_missing(true)
            .synchronous(SqliteSynchronous::Off)
            .disable_statement_logging();
        options.connect().await.expect("a file of the test's own opens")
    }

    async fn renew(&mut self, script: &str) {
        self.files += 1;
        self.connection = Self::connect(self.file()).await;
        let script = ["PRAGMA journal_mode = WAL;", script].concat();
        let done = script::on_sqlite(&mut self.connection, &script).await;
        done.unwrap_or_else(|error| panic!("the case's script failed: {error}\n{script}"));
        let broken = script::on_sqlite(&mut self.connection, "PRAGMA foreign_key_check").await;
        assert_eq!(broken.expect("a pragma runs"), Vec::<TextRow>::new(), "{script}");
    }

    /// A deferred constraint is judged by COMMIT only, so the judge works on a copy.
    async fn judge(&mut self, delete: &str) -> Result<Dump, sqlx::Error> {
        let copy = self.folder.path().join("judged.db");
        let _ = std::fs::remove_file(&copy);
        let into = format!("VACUUM INTO '{}'", copy.display().to_string().replace('\'', "''"));
        script::on_sqlite(&mut self.connection, &into).await?;
        let mut connection = Self::connect(copy).await;
        let whole = format!("PRAGMA foreign_keys = ON; BEGIN; {delete}; COMMIT");
        script::on_sqlite(&mut connection, &whole).await?;
        let dump = dump_sqlite(&mut connection).await;
        connection.close().await?;
        dump
    }
}

async fn dump_sqlite(connection: &mut SqliteConnection) -> Result<Dump, sqlx::Error> {
    let tables = script::on_sqlite(
        connection,
        "SELECT t.name, group_concat('quote(\"' || replace(c.name, '\"', '\"\"') || '\")')
         FROM sqlite_schema AS t
         JOIN pragma_table_info(t.name) AS c
         WHERE t.type = 'table'
           AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
           AND t.name NOT LIKE 'sexton\\_%' ESCAPE '\\'
         GROUP BY t.name",
    )
    .await?;
    let rows = script::on_sqlite(connection, &reading(&tables)).await?;
    Ok(sorted(&tables, rows))
}

/// A SELECT for each table, with the table's number before the columns.
fn reading(tables: &[TextRow]) -> String {
    let selects = tables.iter().enumerate().map(|(number, table)| {
        let [Some(name), Some(columns)] = &table[..] else { panic!("a nameless table: {table:?}") };
        format!("SELECT '{number}', {columns} FROM {};", quoted(name))
    });
    selects.collect()
}

fn sorted(tables: &[TextRow], rows: Vec<TextRow>) -> Dump {
    let names: Vec<String> =
        tables.iter().map(|table| table[0].clone().unwrap_or_default()).collect();
    let mut dump: Dump = names.iter().map(|name| (name.clone(), Vec::new())).collect();
    for mut row in rows {
        let number: usize = row.remove(0).and_then(|number| number.parse().ok()).expect("a number");
        dump.entry(names[number].clone()).or_default().push(row);
    }
    for rows in dump.values_mut() {
        rows.sort();
    }
    dump
}
