//! `sexton_state_secrets`: what all servers share and nobody else knows.

use sqlx::{Row, SqliteConnection};

/// Says nothing. A repeat, and one that is later than another, changes nothing.
pub async fn offer(
    connection: &mut SqliteConnection,
    name: &str,
    fresh: &[u8; 32],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO sexton_state_secrets (name, secret)
         VALUES (?1, ?2)
         ON CONFLICT DO NOTHING",
    )
    .bind(name)
    .bind(&fresh[..])
    .execute(connection)
    .await?;
    Ok(())
}

/// Locks nothing.
pub async fn read(
    connection: &mut SqliteConnection,
    name: &str,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT secret
         FROM sexton_state_secrets
         WHERE name = ?1",
    )
    .bind(name)
    .fetch_optional(connection)
    .await?;
    row.map(|row| row.try_get("secret")).transpose()
}
