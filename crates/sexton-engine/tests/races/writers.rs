//! The other side: a session that writes, and is known to have ended or to wait.

use sexton_engine::ports::SessionId;
use sexton_testkit::postgres::{TestDatabase, TestSession};
use sqlx::{AssertSqlSafe, raw_sql};
use tokio::task::JoinHandle;

/// What a row that refers to nobody is refused with.
pub const NO_PARENT: &str = "23503";
/// What the one is told whom the server chose to end a deadlock.
pub const DEADLOCK: &str = "40P01";

/// How a writer ended: well, or with the server's code.
pub type Written = Result<(), String>;

/// A statement on its way.
pub enum Writing {
    /// It has ended.
    Ended(Written),
    /// It waits for a lock.
    Waits(JoinHandle<Written>),
}

impl Writing {
    /// Runs a script in a session of its own, until it has ended or waits for a lock.
    pub async fn start(test: &TestDatabase, script: &str) -> Self {
        Self::go_on(test, test.session().await, script).await
    }

    /// The same in a session that has something open already.
    pub async fn go_on(test: &TestDatabase, mut session: TestSession, script: &str) -> Self {
        let id = number_of(&mut session).await;
        let script = script.to_owned();
        let mut task = tokio::spawn(async move { write(&mut session, &script).await });
        tokio::select! {
            ended = &mut task => Self::Ended(ended.expect("a writer does not panic")),
            () = test.until_blocked(id) => Self::Waits(task),
        }
    }

    /// Whether it waits.
    pub fn waits(&self) -> bool {
        matches!(self, Self::Waits(_))
    }

    /// How it ended.
    pub async fn end(self) -> Written {
        match self {
            Self::Ended(ended) => ended,
            Self::Waits(task) => task.await.expect("a writer does not panic"),
        }
    }
}

/// Runs a script and tells how it ended.
async fn write(session: &mut TestSession, script: &str) -> Written {
    let done = raw_sql(AssertSqlSafe(script)).execute(session.connection()).await;
    done.map(drop).map_err(|error| {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        code.map_or_else(|| error.to_string(), std::borrow::Cow::into_owned)
    })
}

/// A session's number.
pub async fn number_of(session: &mut TestSession) -> SessionId {
    let rows = session.query("SELECT pg_backend_pid()").await;
    let number = rows[0][0].as_ref().and_then(|number| number.parse().ok());
    SessionId(number.expect("a session has a number"))
}
