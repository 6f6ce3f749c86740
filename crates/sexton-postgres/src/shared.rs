//! `sexton.object_owners`, `_refs`, `_deciders` and `_pins`: shared objects, and who names them.

use async_trait::async_trait;
use sexton_core::names::{IntentId, PoolName, SystemName};
use sexton_engine::ports::{DatabaseError, Scope, Shared};

use crate::held::Held;
use crate::link::Link;
use crate::transaction::PostgresTx;

#[async_trait]
impl<H: Held> Shared for PostgresTx<H> {
    async fn owners(&mut self, scope: Scope<'_>) -> Result<Vec<String>, DatabaseError> {
        let answer = owners(&mut self.link(), scope).await;
        self.judged("read owners of objects", "", answer)
    }

    async fn meet_owner(
        &mut self,
        scope: Scope<'_>,
        owner: &str,
        keys: &[String],
    ) -> Result<(), DatabaseError> {
        let answer = meet(&mut self.link(), scope, owner, keys).await;
        self.judged("note an owner of objects", "", answer)
    }

    async fn forget_owners(
        &mut self,
        scope: Scope<'_>,
        owners: &[String],
    ) -> Result<(), DatabaseError> {
        let answer = forget(&mut self.link(), scope, owners).await;
        self.judged("forget owners of objects", "", answer)
    }

    async fn kept(
        &mut self,
        scope: Scope<'_>,
        keys: &[String],
    ) -> Result<Vec<String>, DatabaseError> {
        let answer = kept(&mut self.link(), scope, keys).await;
        self.judged("look which objects are kept", "", answer)
    }

    async fn decide_in(
        &mut self,
        scope: Scope<'_>,
        intent: &IntentId,
    ) -> Result<bool, DatabaseError> {
        let answer = decide(&mut self.link(), scope, intent).await;
        self.judged("decide on objects", "", answer)
    }

    async fn has_decided_in(
        &mut self,
        scope: Scope<'_>,
        intent: &IntentId,
    ) -> Result<(), DatabaseError> {
        let answer = decided(&mut self.link(), scope, intent).await;
        self.judged("have decided on objects", "", answer)
    }

    async fn pins(
        &mut self,
        system: &SystemName,
        pool: &PoolName,
        limit: u32,
    ) -> Result<Vec<String>, DatabaseError> {
        let answer = pins(&mut self.link(), system, pool, limit).await;
        self.judged("read which objects are kept", "", answer)
    }

    async fn pin(
        &mut self,
        system: &SystemName,
        pool: &PoolName,
        key: &str,
        secs: i64,
    ) -> Result<(), DatabaseError> {
        let answer = pin(&mut self.link(), system, pool, key, secs).await;
        self.judged("keep an object", "", answer)
    }
}

/// Locks nothing.
async fn owners(link: &mut Link<'_>, scope: Scope<'_>) -> Result<Vec<String>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT owner
         FROM sexton.object_owners
         WHERE system = $1
           AND pool = $2
           AND scope = $3
         ORDER BY owner COLLATE \"C\"",
        )
        .bind(scope.system.as_str())
        .bind(scope.pool.as_str())
        .bind(scope.scope)
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(|row| sqlx::Row::try_get(row, "owner")).collect()
}

/// Locks what it adds; a repeat adds what is new.
async fn meet(
    link: &mut Link<'_>,
    scope: Scope<'_>,
    owner: &str,
    keys: &[String],
) -> Result<(), sqlx::Error> {
    link.query(
        "INSERT INTO sexton.object_owners (system, pool, scope, owner)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING",
    )
    .bind(scope.system.as_str())
    .bind(scope.pool.as_str())
    .bind(scope.scope)
    .bind(owner)
    .execute(&mut *link.connection)
    .await?;
    link.query(
        "INSERT INTO sexton.object_refs (system, pool, scope, key, owner)
         SELECT $1, $2, $3, named.key, $4
         FROM unnest($5::text[]) AS named (key)
         ON CONFLICT DO NOTHING",
    )
    .bind(scope.system.as_str())
    .bind(scope.pool.as_str())
    .bind(scope.scope)
    .bind(owner)
    .bind(keys.to_vec())
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// Locks what it removes; what owners named goes with them. A repeat finds none.
async fn forget(
    link: &mut Link<'_>,
    scope: Scope<'_>,
    owners: &[String],
) -> Result<(), sqlx::Error> {
    link.query(
        "DELETE FROM sexton.object_owners
         WHERE system = $1
           AND pool = $2
           AND scope = $3
           AND owner = ANY($4)",
    )
    .bind(scope.system.as_str())
    .bind(scope.pool.as_str())
    .bind(scope.scope)
    .bind(owners.to_vec())
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// Locks nothing: whoever decides holds the lock of the scope.
async fn kept(
    link: &mut Link<'_>,
    scope: Scope<'_>,
    keys: &[String],
) -> Result<Vec<String>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT asked.key
         FROM unnest($4::text[]) AS asked (key)
         WHERE EXISTS (
                SELECT 1
                FROM sexton.object_refs
                WHERE system = $1 AND pool = $2 AND scope = $3 AND object_refs.key = asked.key)
            OR EXISTS (
                SELECT 1
                FROM sexton.object_pins
                WHERE system = $1 AND pool = $2 AND object_pins.key = asked.key
                    AND until > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
         ORDER BY asked.key COLLATE \"C\"",
        )
        .bind(scope.system.as_str())
        .bind(scope.pool.as_str())
        .bind(scope.scope)
        .bind(keys.to_vec())
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(|row| sqlx::Row::try_get(row, "key")).collect()
}

/// Locks the scope's row. A repeat is true again.
async fn decide(
    link: &mut Link<'_>,
    scope: Scope<'_>,
    intent: &IntentId,
) -> Result<bool, sqlx::Error> {
    let done = link
        .query(
            "INSERT INTO sexton.object_deciders (system, pool, scope, intent)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (system, pool, scope) DO UPDATE
         SET intent = EXCLUDED.intent
         WHERE object_deciders.intent = EXCLUDED.intent
            OR NOT EXISTS (
                SELECT 1
                FROM sexton.intents AS held
                WHERE held.id = object_deciders.intent
                    AND held.outcome IS NULL
                    AND held.leased_until
                        > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)",
        )
        .bind(scope.system.as_str())
        .bind(scope.pool.as_str())
        .bind(scope.scope)
        .bind(intent.as_str())
        .execute(&mut *link.connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Locks the scope's row. A repeat finds none.
async fn decided(
    link: &mut Link<'_>,
    scope: Scope<'_>,
    intent: &IntentId,
) -> Result<(), sqlx::Error> {
    link.query(
        "DELETE FROM sexton.object_deciders
         WHERE system = $1
            AND pool = $2
            AND scope = $3
            AND intent = $4",
    )
    .bind(scope.system.as_str())
    .bind(scope.pool.as_str())
    .bind(scope.scope)
    .bind(intent.as_str())
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// Locks nothing.
async fn pins(
    link: &mut Link<'_>,
    system: &SystemName,
    pool: &PoolName,
    limit: u32,
) -> Result<Vec<String>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT key
         FROM sexton.object_pins
         WHERE system = $1
           AND pool = $2
           AND until > (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
         ORDER BY key COLLATE \"C\"
         LIMIT $3",
        )
        .bind(system.as_str())
        .bind(pool.as_str())
        .bind(i64::from(limit))
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(|row| sqlx::Row::try_get(row, "key")).collect()
}

/// Locks the pin; the longer time holds.
async fn pin(
    link: &mut Link<'_>,
    system: &SystemName,
    pool: &PoolName,
    key: &str,
    secs: i64,
) -> Result<(), sqlx::Error> {
    link.query("SELECT sexton.pin($1, $2, $3, $4)")
        .bind(system.as_str())
        .bind(pool.as_str())
        .bind(key)
        .bind(i32::try_from(secs).unwrap_or(i32::MAX))
        .execute(&mut *link.connection)
        .await?;
    Ok(())
}
