//! `sexton_holds`: what people put on roots so that they stay.

use async_trait::async_trait;
use sexton_core::names::{SystemName, ThingName, Timestamp};
use sexton_engine::ports::{DatabaseError, HeldOn, Hold, Holds, NewHold, Released};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::failure::{failure, is_missing_table};
use crate::transaction::SqliteTx;

#[async_trait]
impl Holds for SqliteTx<'_> {
    async fn active_holds(
        &mut self,
        system: &SystemName,
        things: &[ThingName],
    ) -> Result<Vec<Hold>, DatabaseError> {
        match told("read holds", active(self.connection()?, system, things).await) {
            // No table, no holds: nobody has prepared this file yet.
            Err(error) if is_missing_table(&error) => Ok(Vec::new()),
            answer => self.judged(answer),
        }
    }

    async fn lock_holds(&mut self) -> Result<(), DatabaseError> {
        // In a transaction that changes nobody else judges by holds.
        Ok(())
    }

    async fn insert_hold(&mut self, hold: &NewHold) -> Result<Option<Hold>, DatabaseError> {
        let answer = insert(self.connection()?, hold).await;
        self.judged(told("put a hold", answer))
    }

    async fn holds(
        &mut self,
        system: &SystemName,
        all: bool,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Hold>, DatabaseError> {
        let answer = latest(self.connection()?, system, all, before, limit).await;
        self.judged(told("read holds", answer))
    }

    async fn hold(&mut self, system: &SystemName, id: i64) -> Result<Option<Hold>, DatabaseError> {
        let answer = one(self.connection()?, system, id).await;
        self.judged(told("read a hold", answer))
    }

    async fn release_hold(
        &mut self,
        system: &SystemName,
        id: i64,
        by: &str,
        because: &str,
    ) -> Result<bool, DatabaseError> {
        let answer = release(self.connection()?, system, id, by, because).await;
        self.judged(told("release a hold", answer))
    }
}

fn told<T>(label: &str, answer: Result<T, sqlx::Error>) -> Result<T, DatabaseError> {
    answer.map_err(|error| failure(label, error))
}

/// Whether Sexton's own tables are in the file.
pub async fn exists(connection: &mut SqliteConnection) -> Result<bool, DatabaseError> {
    sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT 1
             FROM sqlite_schema
             WHERE type = 'table'
               AND name = 'sexton_holds')",
    )
    .fetch_one(connection)
    .await
    .map_err(|error| failure("look for Sexton's tables", error))
}

/// Holds that are neither released nor over. No lock of its own: in a transaction that changes
/// nobody else can place one.
async fn active(
    connection: &mut SqliteConnection,
    system: &SystemName,
    things: &[ThingName],
) -> Result<Vec<Hold>, sqlx::Error> {
    let names: Vec<&str> = things.iter().map(ThingName::as_str).collect();
    let rows = sqlx::query(
        "SELECT id, thing, root, condition, case_name, reason, placed_by, placed_at, until,
                1 AS is_active, released_at, released_by, released_because
         FROM sexton_holds
         WHERE system = ?1
           AND thing IN (SELECT value FROM json_each(?2))
           AND released_at IS NULL
           AND (until IS NULL OR until > CAST(unixepoch('subsec') * 1000000 AS INTEGER))
         ORDER BY id",
    )
    .bind(system.as_str())
    .bind(serde_json::Value::from(names).to_string())
    .fetch_all(connection)
    .await?;
    rows.iter().map(hold).collect()
}

/// Inserts a hold unless it is over by the database's clock. A repeat inserts another.
async fn insert(
    connection: &mut SqliteConnection,
    new: &NewHold,
) -> Result<Option<Hold>, sqlx::Error> {
    let (root, condition) = match &new.on {
        HeldOn::Root(root) => (root.as_str(), None),
        HeldOn::Condition(condition) => ("", Some(condition.as_str())),
    };
    let row = sqlx::query(
        "INSERT INTO sexton_holds
             (system, thing, root, condition, case_name, reason, placed_by, placed_at, until)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, moment.now, ?8
         FROM (SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER) AS now) AS moment
         WHERE ?8 IS NULL OR ?8 > moment.now
         RETURNING id, thing, root, condition, case_name, reason, placed_by, placed_at, until,
                   1 AS is_active, released_at, released_by, released_because",
    )
    .bind(new.system.as_str())
    .bind(new.thing.as_str())
    .bind(root)
    .bind(condition)
    .bind(new.case.as_deref())
    .bind(new.reason.as_str())
    .bind(new.placed_by.as_str())
    .bind(new.until.map(|until| until.0))
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(hold).transpose()
}

/// Reads the latest.
async fn latest(
    connection: &mut SqliteConnection,
    system: &SystemName,
    all: bool,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Hold>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, thing, root, condition, case_name, reason, placed_by, placed_at, until,
                is_active, released_at, released_by, released_because
         FROM (
             SELECT *, released_at IS NULL AND (until IS NULL
                 OR until > CAST(unixepoch('subsec') * 1000000 AS INTEGER)) AS is_active
             FROM sexton_holds
         ) AS holds
         WHERE system = ?1
           AND (?2 OR is_active)
           AND (?3 IS NULL OR id < ?3)
         ORDER BY id DESC
         LIMIT ?4",
    )
    .bind(system.as_str())
    .bind(all)
    .bind(before)
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    rows.iter().map(hold).collect()
}

/// Reads one.
async fn one(
    connection: &mut SqliteConnection,
    system: &SystemName,
    id: i64,
) -> Result<Option<Hold>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT id, thing, root, condition, case_name, reason, placed_by, placed_at, until,
                released_at IS NULL AND (until IS NULL
                    OR until > CAST(unixepoch('subsec') * 1000000 AS INTEGER)) AS is_active,
                released_at, released_by, released_because
         FROM sexton_holds
         WHERE system = ?1
           AND id = ?2",
    )
    .bind(system.as_str())
    .bind(id)
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(hold).transpose()
}

/// Releases one that is not released. A repeat changes nothing.
async fn release(
    connection: &mut SqliteConnection,
    system: &SystemName,
    id: i64,
    by: &str,
    because: &str,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE sexton_holds
         SET released_at = max(placed_at, CAST(unixepoch('subsec') * 1000000 AS INTEGER)),
             released_by = ?3, released_because = ?4
         WHERE system = ?1
           AND id = ?2
           AND released_at IS NULL",
    )
    .bind(system.as_str())
    .bind(id)
    .bind(by)
    .bind(because)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

fn hold(row: &SqliteRow) -> Result<Hold, sqlx::Error> {
    let on = match row.try_get::<Option<String>, _>("condition")? {
        Some(condition) => HeldOn::Condition(condition),
        None => HeldOn::Root(row.try_get("root")?),
    };
    let released = match row.try_get::<Option<i64>, _>("released_at")? {
        Some(at) => Some(Released {
            at: Timestamp(at),
            by: row.try_get("released_by")?,
            because: row.try_get("released_because")?,
        }),
        None => None,
    };
    Ok(Hold {
        id: row.try_get("id")?,
        thing: ThingName::new(row.try_get::<String, _>("thing")?),
        on,
        case: row.try_get("case_name")?,
        reason: row.try_get("reason")?,
        placed_by: row.try_get("placed_by")?,
        placed_at: Timestamp(row.try_get("placed_at")?),
        until: row.try_get::<Option<i64>, _>("until")?.map(Timestamp),
        is_active: row.try_get("is_active")?,
        released,
    })
}
