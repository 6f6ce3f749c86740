//! `sexton_state.keys`: API keys, by what their secrets hash to.

use data_encoding::HEXLOWER;
use sexton_core::names::{KeyId, SystemName, TenantId, Timestamp};
use sexton_engine::ports::{Grant, Key, KeyPlace, NewKey, SecretHash, USE_NOTED_EVERY_SECS};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::link::Link;

/// A repeat with the same id or hash fails.
pub(super) async fn insert(link: &mut Link<'_>, key: &NewKey) -> Result<(), sqlx::Error> {
    link.query(
        "INSERT INTO sexton_state.keys (id, name, prefix, hash, roles, tenant, systems,
                                        organisations, per_minute, created_by, created_at,
                                        expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(key.id.as_str())
    .bind(&key.name)
    .bind(&key.prefix)
    .bind(stored(&key.hash))
    .bind(&key.grant.roles)
    .bind(key.grant.tenant.as_ref().map(TenantId::as_str))
    .bind(key.grant.systems.as_ref().map(|systems| {
        systems.iter().map(|system| system.as_str().to_owned()).collect::<Vec<String>>()
    }))
    .bind(&key.grant.organisations)
    .bind(key.grant.per_minute.map(i64::from))
    .bind(&key.created_by)
    .bind(key.created_at.0)
    .bind(key.expires_at.map(|at| at.0))
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// Newest first. Locks nothing.
pub(super) async fn page(
    link: &mut Link<'_>,
    before: Option<&KeyPlace>,
    limit: u32,
) -> Result<Vec<Key>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT id, name, prefix, hash, roles, tenant, systems, organisations, per_minute,
                created_by, created_at, expires_at, revoked_at, used_at
         FROM sexton_state.keys
         WHERE $1::bigint IS NULL
            OR (created_at, id) < ($1, $2)
         ORDER BY created_at DESC, id DESC
         LIMIT $3",
        )
        .bind(before.map(|place| place.created_at.0))
        .bind(before.map(|place| place.id.as_str()))
        .bind(i64::from(limit))
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(key).collect()
}

/// Locks nothing.
pub(super) async fn is_one_there(link: &mut Link<'_>) -> Result<bool, sqlx::Error> {
    let row = link
        .query("SELECT EXISTS (SELECT 1 FROM sexton_state.keys)")
        .fetch_one(&mut *link.connection)
        .await?;
    row.try_get(0)
}

/// Locks nothing.
pub(super) async fn by_id(link: &mut Link<'_>, id: &KeyId) -> Result<Option<Key>, sqlx::Error> {
    let row = link
        .query(
            "SELECT id, name, prefix, hash, roles, tenant, systems, organisations, per_minute,
                created_by, created_at, expires_at, revoked_at, used_at
         FROM sexton_state.keys
         WHERE id = $1",
        )
        .bind(id.as_str())
        .fetch_optional(&mut *link.connection)
        .await?;
    row.as_ref().map(key).transpose()
}

/// Locks nothing.
pub(super) async fn by_hash(
    link: &mut Link<'_>,
    hash: &SecretHash,
) -> Result<Option<Key>, sqlx::Error> {
    let row = link
        .query(
            "SELECT id, name, prefix, hash, roles, tenant, systems, organisations, per_minute,
                created_by, created_at, expires_at, revoked_at, used_at
         FROM sexton_state.keys
         WHERE hash = $1",
        )
        .bind(stored(hash))
        .fetch_optional(&mut *link.connection)
        .await?;
    row.as_ref().map(key).transpose()
}

/// Locks the key. Says whether it was there and not revoked; if not, nothing changes. So does a
/// repeat.
pub(super) async fn revoke(
    link: &mut Link<'_>,
    id: &KeyId,
    at: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = link
        .query(
            "UPDATE sexton_state.keys
         SET revoked_at = $2
         WHERE id = $1
           AND revoked_at IS NULL",
        )
        .bind(id.as_str())
        .bind(at.0)
        .execute(&mut *link.connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Locks the key. A repeat within the time changes nothing.
pub(super) async fn note_use(
    link: &mut Link<'_>,
    id: &KeyId,
    at: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = link
        .query(
            "UPDATE sexton_state.keys
         SET used_at = $2
         WHERE id = $1
           AND (used_at IS NULL OR used_at <= $3)",
        )
        .bind(id.as_str())
        .bind(at.0)
        .bind(at.plus_secs(-USE_NOTED_EVERY_SECS).0)
        .execute(&mut *link.connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// A hash as it stands in a column.
pub(super) fn stored(hash: &SecretHash) -> String {
    HEXLOWER.encode(&hash.0)
}

/// A hash from its column.
pub(super) fn hash(row: &PgRow) -> Result<SecretHash, sqlx::Error> {
    let text: String = row.try_get("hash")?;
    let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.map(SecretHash).ok_or_else(|| sqlx::Error::Decode("a hash is 64 hexadecimals".into()))
}

fn key(row: &PgRow) -> Result<Key, sqlx::Error> {
    let systems: Option<Vec<String>> = row.try_get("systems")?;
    let tenant: Option<String> = row.try_get("tenant")?;
    let per_minute: Option<i64> = row.try_get("per_minute")?;
    let time = |column: &str| row.try_get::<Option<i64>, _>(column).map(|at| at.map(Timestamp));
    Ok(Key {
        made: NewKey {
            id: KeyId::new(row.try_get::<String, _>("id")?),
            name: row.try_get("name")?,
            prefix: row.try_get("prefix")?,
            hash: hash(row)?,
            grant: Grant {
                roles: row.try_get("roles")?,
                tenant: tenant.map(TenantId::new),
                systems: systems.map(|names| names.into_iter().map(SystemName::new).collect()),
                organisations: row.try_get("organisations")?,
                per_minute: per_minute.map(|rate| u32::try_from(rate).unwrap_or(u32::MAX)),
            },
            created_by: row.try_get("created_by")?,
            created_at: Timestamp(row.try_get("created_at")?),
            expires_at: time("expires_at")?,
        },
        revoked_at: time("revoked_at")?,
        used_at: time("used_at")?,
    })
}
