//! An application's connection to its database: runs sections of its statements.
//!
//! A section that changes something is one transaction. What the database takes back only
//! because somebody else was in the way (a deadlock, a busy file) is tried again.

use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, Column, ConnectOptions, Executor, Row, TypeInfo, ValueRef};

use super::statements::{Dialect, Section, Statement};
use super::values::Values;

/// How long a writer waits for another one in a SQLite file.
const PATIENCE: Duration = Duration::from_secs(30);
const TRIES: usize = 20;

/// A connection to either database.
#[derive(Debug)]
pub enum Connection {
    /// To a PostgreSQL server.
    Postgres(PgConnection),
    /// To a SQLite file.
    Sqlite(SqliteConnection),
}

/// What became of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// It is committed; these are its rows, in order.
    Committed(Vec<Values>),
    /// One of its conditions found nothing, and nothing has changed.
    NotMet,
}

/// Why a section failed.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The database cannot be reached.
    #[error("cannot open the database")]
    Open(#[source] sqlx::Error),
    /// There is no section of this name.
    #[error("there is no statement `{0}`")]
    NoSection(String),
    /// A section takes a value that nobody gave.
    #[error("`{section}` takes a value `{value}`")]
    NoValue {
        /// The section.
        section: String,
        /// The value.
        value: String,
    },
    /// The database refuses the statement: a constraint, a trigger, a mistake.
    #[error("the database refuses `{section}`")]
    Refused {
        /// The section.
        section: String,
        /// What the database says.
        source: sqlx::Error,
    },
    /// A store cannot be opened.
    #[error("cannot open the store {store}: {why}")]
    Store {
        /// The store.
        store: String,
        /// Why not.
        why: String,
    },
    /// An object cannot be uploaded.
    #[error("cannot upload {key}: {why}")]
    Upload {
        /// Its key.
        key: String,
        /// Why not.
        why: String,
    },
}

impl AppError {
    /// What the database calls it, if it is the database that refuses.
    pub fn code(&self) -> Option<String> {
        let Self::Refused { source: sqlx::Error::Database(error), .. } = self else { return None };
        error.code().map(Into::into)
    }

    /// Whether a constraint or a trigger says no, rather than a mistake or a lost connection.
    pub fn is_refusal(&self) -> bool {
        let Some(code) = self.code() else { return false };
        if code.len() == 5 {
            // Mistakes in SQL, connections and servers that go down.
            return !["42", "08", "57"].iter().any(|class| code.starts_with(class));
        }
        // SQLite keeps the kind of an error in the low byte of its code.
        code.parse::<u32>().is_ok_and(|code| code & 0xff == 19)
    }

    /// What happened, for whoever listens.
    pub(super) fn told(&self, values: Values) -> Values {
        let mut values = values;
        values.put("code", self.code());
        values.put("message", std::error::Error::source(self).map(ToString::to_string));
        values
    }

    fn is_passing(&self) -> bool {
        // Serialization, deadlock, lock not available; SQLITE_BUSY and SQLITE_LOCKED.
        let passing = ["40001", "40P01", "55P03", "5", "6", "517"];
        self.code().is_some_and(|code| passing.contains(&code.as_str()))
    }
}

/// How a section is run.
pub struct Manner<'a> {
    /// A condition that is not met stops nothing, as for a worker that never checks whether its
    /// job is still its own.
    pub careless: bool,
    /// Told when everything has happened but the commit.
    pub before_commit: &'a mut (dyn FnMut() + Send),
}

impl Connection {
    /// Opens the database at this address: `postgres://…`, or the path of a SQLite file.
    pub async fn open(address: &str, schema: Option<&str>) -> Result<Self, AppError> {
        if address.starts_with("postgres:") || address.starts_with("postgresql:") {
            let mut options: PgConnectOptions = address.parse().map_err(AppError::Open)?;
            if let Some(schema) = schema {
                options = options.options([("search_path", schema)]);
            }
            let options = options.disable_statement_logging();
            return Ok(Self::Postgres(options.connect().await.map_err(AppError::Open)?));
        }
        let path = address.trim_start_matches("sqlite:");
        let options = SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            .disable_statement_logging();
        Ok(Self::Sqlite(options.connect().await.map_err(AppError::Open)?))
    }

    /// Which statements it understands.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Postgres(_) => Dialect::Postgres,
            Self::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Runs a section as the application does.
    pub async fn run(&mut self, section: &Section, values: &Values) -> Result<Done, AppError> {
        let mut manner = Manner { careless: false, before_commit: &mut || {} };
        self.run_in(section, values, &mut manner).await
    }

    /// Runs a section in this manner.
    pub async fn run_in(
        &mut self,
        section: &Section,
        values: &Values,
        manner: &mut Manner<'_>,
    ) -> Result<Done, AppError> {
        let mut tries = 1;
        loop {
            match self.once(section, values, manner).await {
                Err(error) if error.is_passing() && tries < TRIES => tries += 1,
                done => return done,
            }
        }
    }

    async fn once(
        &mut self,
        section: &Section,
        values: &Values,
        manner: &mut Manner<'_>,
    ) -> Result<Done, AppError> {
        let refused = |source| AppError::Refused { section: section.name.clone(), source };
        if !section.changes() {
            return self.statements(section, values, manner.careless).await;
        }
        let begin = if self.dialect() == Dialect::Sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" };
        self.word(begin).await.map_err(refused)?;
        let done = self.statements(section, values, manner.careless).await;
        match &done {
            Ok(Done::Committed(_)) => {
                (manner.before_commit)();
                if let Err(source) = self.word("COMMIT").await {
                    // SQLite leaves the transaction open when its commit fails.
                    let _ = self.word("ROLLBACK").await;
                    return Err(refused(source));
                }
            }
            Ok(Done::NotMet) => self.word("ROLLBACK").await.map_err(refused)?,
            // SQLite may have rolled back by itself; what failed before is what is told.
            Err(_) => drop(self.word("ROLLBACK").await),
        }
        done
    }

    async fn statements(
        &mut self,
        section: &Section,
        values: &Values,
        careless: bool,
    ) -> Result<Done, AppError> {
        let mut rows = Vec::new();
        for statement in &section.statements {
            let binds = binds(section, statement, values)?;
            let found = self
                .rows(statement, binds)
                .await
                .map_err(|source| AppError::Refused { section: section.name.clone(), source })?;
            if statement.is_condition && found.is_empty() && !careless {
                return Ok(Done::NotMet);
            }
            rows.extend(found);
        }
        Ok(Done::Committed(rows))
    }

    async fn rows(
        &mut self,
        statement: &Statement,
        binds: Vec<Option<String>>,
    ) -> Result<Vec<Values>, sqlx::Error> {
        let sql = AssertSqlSafe(statement.sql.clone());
        match self {
            Self::Postgres(connection) => {
                let mut arguments = PgArguments::default();
                for bind in binds {
                    arguments.add(bind).map_err(sqlx::Error::Encode)?;
                }
                let found = sqlx::query_with(sql, arguments).fetch_all(connection).await?;
                found.iter().map(postgres_row).collect()
            }
            Self::Sqlite(connection) => {
                let mut arguments = SqliteArguments::default();
                for bind in binds {
                    arguments.add(bind).map_err(sqlx::Error::Encode)?;
                }
                let found = sqlx::query_with(sql, arguments).fetch_all(connection).await?;
                found.iter().map(sqlite_row).collect()
            }
        }
    }

    async fn word(&mut self, word: &'static str) -> Result<(), sqlx::Error> {
        match self {
            Self::Postgres(connection) => connection.execute(word).await.map(drop),
            Self::Sqlite(connection) => connection.execute(word).await.map(drop),
        }
    }
}

fn binds(
    section: &Section,
    statement: &Statement,
    values: &Values,
) -> Result<Vec<Option<String>>, AppError> {
    let bind = |name: &String| {
        if values.has(name) {
            return Ok(values.get(name).map(ToOwned::to_owned));
        }
        Err(AppError::NoValue { section: section.name.clone(), value: name.clone() })
    };
    statement.values.iter().map(bind).collect()
}

/// Statements say `::text` of whatever is neither text, a whole number nor a boolean.
fn postgres_row(row: &PgRow) -> Result<Values, sqlx::Error> {
    let mut values = Values::new();
    for (at, column) in row.columns().iter().enumerate() {
        let value = match column.type_info().name() {
            "INT4" => row.try_get::<Option<i32>, _>(at)?.map(|number| number.to_string()),
            "INT8" => row.try_get::<Option<i64>, _>(at)?.map(|number| number.to_string()),
            "BOOL" => row.try_get::<Option<bool>, _>(at)?.map(|said| said.to_string()),
            _ => row.try_get(at)?,
        };
        values.put(column.name(), value);
    }
    Ok(values)
}

fn sqlite_row(row: &SqliteRow) -> Result<Values, sqlx::Error> {
    let mut values = Values::new();
    for (at, column) in row.columns().iter().enumerate() {
        let raw = row.try_get_raw(at)?;
        let class = raw.type_info().name().to_owned();
        let value = if raw.is_null() {
            None
        } else if class == "INTEGER" {
            Some(row.try_get_unchecked::<i64, _>(at)?.to_string())
        } else if class == "REAL" {
            Some(row.try_get_unchecked::<f64, _>(at)?.to_string())
        } else {
            Some(row.try_get_unchecked(at)?)
        };
        values.put(column.name(), value);
    }
    Ok(values)
}
