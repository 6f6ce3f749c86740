//! `sexton_pauses`: background work that people have stopped.

use async_trait::async_trait;
use sexton_core::names::{StoreName, SystemName, Timestamp};
use sexton_engine::ports::{DatabaseError, Pause, Pauses};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::failure::failure;
use crate::transaction::SqliteTx;

#[async_trait]
impl Pauses for SqliteTx<'_> {
    async fn pauses(&mut self, system: &SystemName) -> Result<Vec<Pause>, DatabaseError> {
        let answer = all(self.connection()?, system).await;
        self.judged(told("read what is paused", answer))
    }

    async fn insert_pause(
        &mut self,
        system: &SystemName,
        store: Option<&StoreName>,
        by: (&str, &str),
    ) -> Result<bool, DatabaseError> {
        let answer = insert(self.connection()?, system, store, by).await;
        self.judged(told("pause", answer))
    }

    async fn remove_pause(
        &mut self,
        system: &SystemName,
        store: Option<&StoreName>,
    ) -> Result<bool, DatabaseError> {
        let answer = remove(self.connection()?, system, store).await;
        self.judged(told("resume", answer))
    }
}

fn told<T>(label: &str, answer: Result<T, sqlx::Error>) -> Result<T, DatabaseError> {
    answer.map_err(|error| failure(label, error))
}

/// Reads all of the system. Locks nothing.
async fn all(
    connection: &mut SqliteConnection,
    system: &SystemName,
) -> Result<Vec<Pause>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT store, actor, reason, at
         FROM sexton_pauses
         WHERE system = ?1
         ORDER BY store",
    )
    .bind(system.as_str())
    .fetch_all(connection)
    .await?;
    rows.iter().map(pause).collect()
}

/// Inserts one unless it is there. A repeat changes nothing.
async fn insert(
    connection: &mut SqliteConnection,
    system: &SystemName,
    store: Option<&StoreName>,
    (actor, reason): (&str, &str),
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "INSERT INTO sexton_pauses (system, store, actor, reason, at)
         VALUES (?1, ?2, ?3, ?4,
            CAST(unixepoch('subsec') * 1000000 AS INTEGER))
         ON CONFLICT (system, store) DO NOTHING",
    )
    .bind(system.as_str())
    .bind(store.map_or("", StoreName::as_str))
    .bind(actor)
    .bind(reason)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes one. A repeat finds none.
async fn remove(
    connection: &mut SqliteConnection,
    system: &SystemName,
    store: Option<&StoreName>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "DELETE FROM sexton_pauses
         WHERE system = ?1
           AND store = ?2",
    )
    .bind(system.as_str())
    .bind(store.map_or("", StoreName::as_str))
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

fn pause(row: &SqliteRow) -> Result<Pause, sqlx::Error> {
    let store: String = row.try_get("store")?;
    Ok(Pause {
        store: (!store.is_empty()).then(|| StoreName::new(store)),
        actor: row.try_get("actor")?,
        reason: row.try_get("reason")?,
        at: Timestamp(row.try_get("at")?),
    })
}
