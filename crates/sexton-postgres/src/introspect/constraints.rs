//! What may refuse or change a row: CHECK constraints, triggers, rules.

use sexton_core::fence;
use sexton_core::schema::{CheckConstraint, InstalledFence, Trigger};
use sqlx::Row;

use crate::link::Link;

use super::Oid;

/// The CHECK constraints of these tables.
pub(super) async fn checks(
    link: &mut Link<'_>,
    oids: &[Oid],
) -> Result<Vec<(Oid, CheckConstraint)>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT k.conrelid::int8 AS oid, k.conname::text AS name,
            pg_get_expr(k.conbin, k.conrelid) AS condition
         FROM pg_catalog.pg_constraint AS k
         WHERE k.conrelid = ANY($1::int8[]::oid[])
           AND k.contype = 'c'
         ORDER BY k.conrelid, k.conname",
        )
        .bind(oids)
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter()
        .map(|row| {
            let check = CheckConstraint {
                name: row.try_get("name")?,
                condition: row.try_get("condition")?,
            };
            Ok((row.try_get("oid")?, check))
        })
        .collect()
}

/// Triggers of the user. Those that fire only in a replica do not fire for us.
pub(super) async fn triggers(
    link: &mut Link<'_>,
    oids: &[Oid],
) -> Result<Vec<(Oid, Trigger)>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT g.tgrelid::int8 AS oid, g.tgname::text AS name,
            g.tgtype & 8 <> 0 AS on_delete,
            g.tgtype & 16 <> 0 AS on_update,
            g.tgtype & (2 + 64) <> 0 AS fires_before,
            g.tgenabled IN ('O', 'A') AS enabled
         FROM pg_catalog.pg_trigger AS g
         WHERE g.tgrelid = ANY($1::int8[]::oid[])
           AND NOT g.tgisinternal
           AND NOT starts_with(g.tgname, $2)
         ORDER BY g.tgrelid, g.tgname",
        )
        .bind(oids)
        .bind(fence::PREFIX)
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter()
        .map(|row| {
            let trigger = Trigger {
                name: row.try_get("name")?,
                on_delete: row.try_get("on_delete")?,
                on_update: row.try_get("on_update")?,
                before: row.try_get("fires_before")?,
                enabled: row.try_get("enabled")?,
            };
            Ok((row.try_get("oid")?, trigger))
        })
        .collect()
}

/// Triggers of fences, with the body of what each runs.
pub(super) async fn fences(
    link: &mut Link<'_>,
    oids: &[Oid],
) -> Result<Vec<(Oid, InstalledFence)>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT g.tgrelid::int8 AS oid, g.tgname::text AS name,
            p.prosrc AS body,
            g.tgenabled IN ('O', 'A') AS enabled
         FROM pg_catalog.pg_trigger AS g
         JOIN pg_catalog.pg_proc AS p ON p.oid = g.tgfoid
         WHERE g.tgrelid = ANY($1::int8[]::oid[])
           AND NOT g.tgisinternal
           AND starts_with(g.tgname, $2)
         ORDER BY g.tgrelid, g.tgname",
        )
        .bind(oids)
        .bind(fence::PREFIX)
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter()
        .map(|row| {
            let fence = InstalledFence {
                name: row.try_get("name")?,
                body: row.try_get("body")?,
                enabled: row.try_get("enabled")?,
            };
            Ok((row.try_get("oid")?, fence))
        })
        .collect()
}

/// Names of rewrite rules that are switched on.
pub(super) async fn rules(
    link: &mut Link<'_>,
    oids: &[Oid],
) -> Result<Vec<(Oid, String)>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT r.ev_class::int8 AS oid, r.rulename::text AS name
         FROM pg_catalog.pg_rewrite AS r
         WHERE r.ev_class = ANY($1::int8[]::oid[])
           AND r.rulename <> '_RETURN'
           AND r.ev_enabled IN ('O', 'A')
         ORDER BY r.ev_class, r.rulename",
        )
        .bind(oids)
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(|row| Ok((row.try_get("oid")?, row.try_get("name")?))).collect()
}
