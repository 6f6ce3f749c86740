//! Which tables there are, and how big they are.

use std::collections::BTreeMap;

use sexton_core::names::TableName;
use sqlx::Row;

use crate::link::Link;

use super::Oid;

/// Names of all tables that are neither the server's nor Sexton's, nor partitions.
pub(super) async fn names(
    link: &mut Link<'_>,
    default_schema: &str,
) -> Result<BTreeMap<Oid, TableName>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT c.oid::int8 AS oid, s.nspname::text AS schema_name, c.relname::text AS name
         FROM pg_catalog.pg_class AS c
         JOIN pg_catalog.pg_namespace AS s ON s.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p')
           AND NOT c.relispartition
           AND c.relpersistence <> 't'
           AND s.nspname !~ '^pg_'
           AND s.nspname NOT IN ('information_schema', 'sexton')",
        )
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter()
        .map(|row| {
            let schema: String = row.try_get("schema_name")?;
            let schema = (schema != default_schema).then_some(schema);
            Ok((row.try_get("oid")?, TableName { schema, name: row.try_get("name")? }))
        })
        .collect()
}

/// A table with its estimated rows and its bytes.
type Size = (Oid, Option<u64>, Option<u64>);

/// How big the tables are, partitions included, as far as the server knows.
pub(super) async fn sizes(link: &mut Link<'_>, oids: &[Oid]) -> Result<Vec<Size>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT
            t.oid::int8 AS oid,
            sum(NULLIF(c.reltuples, -1)::float8)::int8 AS rows_estimate,
            sum(pg_relation_size(c.oid))::int8 AS bytes
         FROM unnest($1::int8[]::oid[]) AS t (oid)
         CROSS JOIN LATERAL (
            SELECT t.oid
            UNION
            SELECT p.relid::oid
            FROM pg_partition_tree(t.oid::regclass) AS p
            WHERE p.isleaf
         ) AS part (oid)
         JOIN pg_catalog.pg_class AS c ON c.oid = part.oid AND c.relkind = 'r'
         GROUP BY t.oid",
        )
        .bind(oids)
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter()
        .map(|row| {
            let known = |name| {
                let number: Option<i64> = row.try_get(name)?;
                Ok::<_, sqlx::Error>(number.and_then(|number| u64::try_from(number).ok()))
            };
            Ok((row.try_get("oid")?, known("rows_estimate")?, known("bytes")?))
        })
        .collect()
}
