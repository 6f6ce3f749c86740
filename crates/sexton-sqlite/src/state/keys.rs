//! `sexton_state_keys`: API keys, by what their secrets hash to.

use data_encoding::HEXLOWER;
use sexton_core::names::{KeyId, SystemName, TenantId, Timestamp};
use sexton_engine::ports::{Grant, Key, KeyPlace, NewKey, SecretHash, USE_NOTED_EVERY_SECS};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

/// A repeat with the same id or hash fails.
pub async fn insert(connection: &mut SqliteConnection, key: &NewKey) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO sexton_state_keys (id, name, prefix, hash, roles, tenant, systems,
                                        organisations, per_minute, created_by, created_at,
                                        expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )
    .bind(key.id.as_str())
    .bind(&key.name)
    .bind(&key.prefix)
    .bind(stored(&key.hash))
    .bind(list(&key.grant.roles))
    .bind(key.grant.tenant.as_ref().map(TenantId::as_str))
    .bind(key.grant.systems.as_ref().map(|systems| {
        list(&systems.iter().map(|system| system.as_str().to_owned()).collect::<Vec<_>>())
    }))
    .bind(list(&key.grant.organisations))
    .bind(key.grant.per_minute)
    .bind(&key.created_by)
    .bind(key.created_at.0)
    .bind(key.expires_at.map(|at| at.0))
    .execute(connection)
    .await?;
    Ok(())
}

/// Newest first.
pub async fn page(
    connection: &mut SqliteConnection,
    before: Option<&KeyPlace>,
    limit: u32,
) -> Result<Vec<Key>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, name, prefix, hash, roles, tenant, systems, organisations, per_minute,
                created_by, created_at, expires_at, revoked_at, used_at
         FROM sexton_state_keys
         WHERE ?1 IS NULL
            OR (created_at, id) < (?1, ?2)
         ORDER BY created_at DESC, id DESC
         LIMIT ?3",
    )
    .bind(before.map(|place| place.created_at.0))
    .bind(before.map(|place| place.id.as_str()))
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.iter().map(key).collect()
}

pub async fn is_one_there(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sexton_state_keys)")
        .fetch_one(connection)
        .await
}

pub async fn by_id(
    connection: &mut SqliteConnection,
    id: &KeyId,
) -> Result<Option<Key>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT id, name, prefix, hash, roles, tenant, systems, organisations, per_minute,
                created_by, created_at, expires_at, revoked_at, used_at
         FROM sexton_state_keys
         WHERE id = ?1",
    )
    .bind(id.as_str())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(key).transpose()
}

pub async fn by_hash(
    connection: &mut SqliteConnection,
    hash: &SecretHash,
) -> Result<Option<Key>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT id, name, prefix, hash, roles, tenant, systems, organisations, per_minute,
                created_by, created_at, expires_at, revoked_at, used_at
         FROM sexton_state_keys
         WHERE hash = ?1",
    )
    .bind(stored(hash))
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(key).transpose()
}

/// Says whether it was there and not revoked; if not, nothing changes. So does a repeat.
pub async fn revoke(
    connection: &mut SqliteConnection,
    id: &KeyId,
    at: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE sexton_state_keys
         SET revoked_at = ?2
         WHERE id = ?1
           AND revoked_at IS NULL",
    )
    .bind(id.as_str())
    .bind(at.0)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A repeat within the time changes nothing.
pub async fn note_use(
    connection: &mut SqliteConnection,
    id: &KeyId,
    at: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE sexton_state_keys
         SET used_at = ?2
         WHERE id = ?1
           AND (used_at IS NULL OR used_at <= ?3)",
    )
    .bind(id.as_str())
    .bind(at.0)
    .bind(at.plus_secs(-USE_NOTED_EVERY_SECS).0)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A hash as it stands in a column.
pub fn stored(hash: &SecretHash) -> String {
    HEXLOWER.encode(&hash.0)
}

/// A hash from its column.
pub fn hash(row: &SqliteRow) -> Result<SecretHash, sqlx::Error> {
    let text: String = row.try_get("hash")?;
    let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.map(SecretHash).ok_or_else(|| sqlx::Error::Decode("a hash is 64 hexadecimals".into()))
}

fn key(row: &SqliteRow) -> Result<Key, sqlx::Error> {
    let systems: Option<String> = row.try_get("systems")?;
    let systems = systems.map(|systems| listed(&systems)).transpose()?;
    let tenant: Option<String> = row.try_get("tenant")?;
    let time = |column: &str| row.try_get::<Option<i64>, _>(column).map(|at| at.map(Timestamp));
    Ok(Key {
        made: NewKey {
            id: KeyId::new(row.try_get::<String, _>("id")?),
            name: row.try_get("name")?,
            prefix: row.try_get("prefix")?,
            hash: hash(row)?,
            grant: Grant {
                roles: listed(row.try_get("roles")?)?,
                tenant: tenant.map(TenantId::new),
                systems: systems.map(|names| names.into_iter().map(SystemName::new).collect()),
                organisations: listed(row.try_get("organisations")?)?,
                per_minute: row.try_get("per_minute")?,
            },
            created_by: row.try_get("created_by")?,
            created_at: Timestamp(row.try_get("created_at")?),
            expires_at: time("expires_at")?,
        },
        revoked_at: time("revoked_at")?,
        used_at: time("used_at")?,
    })
}

fn list(names: &[String]) -> String {
    serde_json::Value::from(names.to_vec()).to_string()
}

fn listed(text: &str) -> Result<Vec<String>, sqlx::Error> {
    serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into()))
}
