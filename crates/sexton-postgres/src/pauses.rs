//! `sexton.pauses`: background work that people have stopped.

use async_trait::async_trait;
use sexton_core::names::{StoreName, SystemName, Timestamp};
use sexton_engine::ports::{DatabaseError, Pause, Pauses};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::held::Held;
use crate::link::Link;
use crate::transaction::PostgresTx;

#[async_trait]
impl<H: Held> Pauses for PostgresTx<H> {
    async fn pauses(&mut self, system: &SystemName) -> Result<Vec<Pause>, DatabaseError> {
        let answer = all(&mut self.link(), system).await;
        self.judged("read what is paused", "", answer)
    }

    async fn insert_pause(
        &mut self,
        system: &SystemName,
        store: Option<&StoreName>,
        by: (&str, &str),
    ) -> Result<bool, DatabaseError> {
        let answer = insert(&mut self.link(), system, store, by).await;
        self.judged("pause", "", answer)
    }

    async fn remove_pause(
        &mut self,
        system: &SystemName,
        store: Option<&StoreName>,
    ) -> Result<bool, DatabaseError> {
        let answer = remove(&mut self.link(), system, store).await;
        self.judged("resume", "", answer)
    }
}

/// Reads all of the system. Locks nothing.
async fn all(link: &mut Link<'_>, system: &SystemName) -> Result<Vec<Pause>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT store, actor, reason, at
         FROM sexton.pauses
         WHERE system = $1
         ORDER BY store",
        )
        .bind(system.as_str())
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(pause).collect()
}

/// Inserts one unless it is there. A repeat changes nothing.
async fn insert(
    link: &mut Link<'_>,
    system: &SystemName,
    store: Option<&StoreName>,
    (actor, reason): (&str, &str),
) -> Result<bool, sqlx::Error> {
    let done = link
        .query(
            "INSERT INTO sexton.pauses (system, store, actor, reason, at)
         VALUES ($1, $2, $3, $4,
            (extract(epoch FROM statement_timestamp()) * 1000000)::bigint)
         ON CONFLICT (system, store) DO NOTHING",
        )
        .bind(system.as_str())
        .bind(store.map_or("", StoreName::as_str))
        .bind(actor)
        .bind(reason)
        .execute(&mut *link.connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes one. A repeat finds none.
async fn remove(
    link: &mut Link<'_>,
    system: &SystemName,
    store: Option<&StoreName>,
) -> Result<bool, sqlx::Error> {
    let done = link
        .query(
            "DELETE FROM sexton.pauses
         WHERE system = $1
           AND store = $2",
        )
        .bind(system.as_str())
        .bind(store.map_or("", StoreName::as_str))
        .execute(&mut *link.connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

fn pause(row: &PgRow) -> Result<Pause, sqlx::Error> {
    let store: String = row.try_get("store")?;
    Ok(Pause {
        store: (!store.is_empty()).then(|| StoreName::new(store)),
        actor: row.try_get("actor")?,
        reason: row.try_get("reason")?,
        at: Timestamp(row.try_get("at")?),
    })
}
