//! `sexton_object_owners`, `_refs`, `_deciders` and `_pins`: shared objects, and who names them.

use async_trait::async_trait;
use serde_json::Value;
use sexton_core::names::{IntentId, PoolName, SystemName};
use sexton_engine::ports::{DatabaseError, Scope, Shared};
use sqlx::SqliteConnection;

use crate::failure::failure;
use crate::transaction::SqliteTx;

#[async_trait]
impl Shared for SqliteTx<'_> {
    async fn owners(&mut self, scope: Scope<'_>) -> Result<Vec<String>, DatabaseError> {
        let answer = owners(self.connection()?, scope).await;
        self.judged(told("read owners of objects", answer))
    }

    async fn meet_owner(
        &mut self,
        scope: Scope<'_>,
        owner: &str,
        keys: &[String],
    ) -> Result<(), DatabaseError> {
        let answer = meet(self.connection()?, scope, owner, keys).await;
        self.judged(told("note an owner of objects", answer))
    }

    async fn forget_owners(
        &mut self,
        scope: Scope<'_>,
        owners: &[String],
    ) -> Result<(), DatabaseError> {
        let answer = forget(self.connection()?, scope, owners).await;
        self.judged(told("forget owners of objects", answer))
    }

    async fn kept(
        &mut self,
        scope: Scope<'_>,
        keys: &[String],
    ) -> Result<Vec<String>, DatabaseError> {
        let answer = kept(self.connection()?, scope, keys).await;
        self.judged(told("look which objects are kept", answer))
    }

    async fn decide_in(
        &mut self,
        scope: Scope<'_>,
        intent: &IntentId,
    ) -> Result<bool, DatabaseError> {
        let answer = decide(self.connection()?, scope, intent).await;
        self.judged(told("decide on objects", answer))
    }

    async fn has_decided_in(
        &mut self,
        scope: Scope<'_>,
        intent: &IntentId,
    ) -> Result<(), DatabaseError> {
        let answer = decided(self.connection()?, scope, intent).await;
        self.judged(told("have decided on objects", answer))
    }

    async fn pins(
        &mut self,
        system: &SystemName,
        pool: &PoolName,
        limit: u32,
    ) -> Result<Vec<String>, DatabaseError> {
        let answer = pins(self.connection()?, system, pool, limit).await;
        self.judged(told("read which objects are kept", answer))
    }

    async fn pin(
        &mut self,
        system: &SystemName,
        pool: &PoolName,
        key: &str,
        secs: i64,
    ) -> Result<(), DatabaseError> {
        let answer = pin(self.connection()?, system, pool, key, secs).await;
        self.judged(told("keep an object", answer))
    }
}

fn told<T>(label: &str, answer: Result<T, sqlx::Error>) -> Result<T, DatabaseError> {
    answer.map_err(|error| failure(label, error))
}

async fn owners(
    connection: &mut SqliteConnection,
    scope: Scope<'_>,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT owner
         FROM sexton_object_owners
         WHERE system = ?1
           AND pool = ?2
           AND scope = ?3
         ORDER BY owner",
    )
    .bind(scope.system.as_str())
    .bind(scope.pool.as_str())
    .bind(scope.scope)
    .fetch_all(connection)
    .await
}

/// A repeat adds what is new.
async fn meet(
    connection: &mut SqliteConnection,
    scope: Scope<'_>,
    owner: &str,
    keys: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO sexton_object_owners (system, pool, scope, owner)
         VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO NOTHING",
    )
    .bind(scope.system.as_str())
    .bind(scope.pool.as_str())
    .bind(scope.scope)
    .bind(owner)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO sexton_object_refs (system, pool, scope, key, owner)
         SELECT ?1, ?2, ?3, value, ?4
         FROM json_each(?5)
         WHERE true
         ON CONFLICT DO NOTHING",
    )
    .bind(scope.system.as_str())
    .bind(scope.pool.as_str())
    .bind(scope.scope)
    .bind(owner)
    .bind(Value::from(keys.to_vec()).to_string())
    .execute(connection)
    .await?;
    Ok(())
}

/// What they named goes with them. A repeat finds none.
async fn forget(
    connection: &mut SqliteConnection,
    scope: Scope<'_>,
    owners: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM sexton_object_owners
         WHERE system = ?1
           AND pool = ?2
           AND scope = ?3
           AND owner IN (SELECT value FROM json_each(?4))",
    )
    .bind(scope.system.as_str())
    .bind(scope.pool.as_str())
    .bind(scope.scope)
    .bind(Value::from(owners.to_vec()).to_string())
    .execute(connection)
    .await?;
    Ok(())
}

async fn kept(
    connection: &mut SqliteConnection,
    scope: Scope<'_>,
    keys: &[String],
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT asked.value
         FROM json_each(?4) AS asked
         WHERE EXISTS (
                   SELECT 1
                   FROM sexton_object_refs
                   WHERE system = ?1 AND pool = ?2 AND scope = ?3 AND key = asked.value)
            OR EXISTS (
                   SELECT 1
                   FROM sexton_object_pins
                   WHERE system = ?1 AND pool = ?2 AND key = asked.value
                     AND until > CAST(unixepoch('subsec') * 1000000 AS INTEGER))
         ORDER BY asked.value",
    )
    .bind(scope.system.as_str())
    .bind(scope.pool.as_str())
    .bind(scope.scope)
    .bind(Value::from(keys.to_vec()).to_string())
    .fetch_all(connection)
    .await
}

/// Locks the scope's row, as every change in SQLite locks all. A repeat is true again.
async fn decide(
    connection: &mut SqliteConnection,
    scope: Scope<'_>,
    intent: &IntentId,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "INSERT INTO sexton_object_deciders (system, pool, scope, intent)
         VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (system, pool, scope) DO UPDATE
         SET intent = excluded.intent
         WHERE intent = excluded.intent
            OR NOT EXISTS (
                SELECT 1
                FROM sexton_intents AS held
                WHERE held.id = sexton_object_deciders.intent
                  AND held.outcome IS NULL
                  AND held.leased_until > CAST(unixepoch('subsec') * 1000000 AS INTEGER))",
    )
    .bind(scope.system.as_str())
    .bind(scope.pool.as_str())
    .bind(scope.scope)
    .bind(intent.as_str())
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// A repeat finds none.
async fn decided(
    connection: &mut SqliteConnection,
    scope: Scope<'_>,
    intent: &IntentId,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM sexton_object_deciders
         WHERE system = ?1
           AND pool = ?2
           AND scope = ?3
           AND intent = ?4",
    )
    .bind(scope.system.as_str())
    .bind(scope.pool.as_str())
    .bind(scope.scope)
    .bind(intent.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

/// Locks nothing.
async fn pins(
    connection: &mut SqliteConnection,
    system: &SystemName,
    pool: &PoolName,
    limit: u32,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT key
         FROM sexton_object_pins
         WHERE system = ?1
           AND pool = ?2
           AND until > CAST(unixepoch('subsec') * 1000000 AS INTEGER)
         ORDER BY key
         LIMIT ?3",
    )
    .bind(system.as_str())
    .bind(pool.as_str())
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// The longer time holds. A repeat may add to it.
async fn pin(
    connection: &mut SqliteConnection,
    system: &SystemName,
    pool: &PoolName,
    key: &str,
    secs: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO sexton_object_pins (system, pool, key, until)
         VALUES (?1, ?2, ?3, CAST((unixepoch('subsec') + ?4) * 1000000 AS INTEGER))
         ON CONFLICT DO UPDATE
         SET until = max(until, excluded.until)",
    )
    .bind(system.as_str())
    .bind(pool.as_str())
    .bind(key)
    .bind(secs)
    .execute(connection)
    .await?;
    Ok(())
}
