//! `sexton_state.secrets`: what all servers share and nobody else knows.

use sqlx::Row;

use crate::link::Link;

/// Says nothing. A repeat, and one that is later than another, changes nothing.
pub(super) async fn offer(
    link: &mut Link<'_>,
    name: &str,
    fresh: &[u8; 32],
) -> Result<(), sqlx::Error> {
    link.query(
        "INSERT INTO sexton_state.secrets (name, secret)
         VALUES ($1, $2)
         ON CONFLICT DO NOTHING",
    )
    .bind(name)
    .bind(&fresh[..])
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// Locks nothing.
pub(super) async fn read(link: &mut Link<'_>, name: &str) -> Result<Option<Vec<u8>>, sqlx::Error> {
    let row = link
        .query(
            "SELECT secret
         FROM sexton_state.secrets
         WHERE name = $1",
        )
        .bind(name)
        .fetch_optional(&mut *link.connection)
        .await?;
    row.map(|row| row.try_get("secret")).transpose()
}
