//! Which tables there are, and how big they are.

use std::collections::{BTreeMap, BTreeSet};

use sexton_core::names::TableName;
use sexton_core::schema::Other;
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

/// Names through which SQL may read tables that it does not name: views, foreign tables, parts
/// of larger tables, functions that belong to no extension. A materialized view does not change
/// with its tables.
pub(super) async fn indirect(link: &mut Link<'_>) -> Result<BTreeSet<String>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT c.relname::text AS name
         FROM pg_catalog.pg_class AS c
         JOIN pg_catalog.pg_namespace AS s ON s.oid = c.relnamespace
         WHERE (c.relkind IN ('v', 'f') OR c.oid IN (
                SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i
                UNION ALL
                SELECT i.inhparent
                FROM pg_catalog.pg_inherits AS i
                JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent AND p.relkind = 'r'))
           AND s.nspname !~ '^pg_'
           AND s.nspname NOT IN ('information_schema', 'sexton')
         UNION
         SELECT f.proname::text
         FROM pg_catalog.pg_proc AS f
         JOIN pg_catalog.pg_namespace AS s ON s.oid = f.pronamespace
         WHERE s.nspname !~ '^pg_'
           AND s.nspname NOT IN ('information_schema', 'sexton')
           AND NOT EXISTS (
                SELECT 1
                FROM pg_catalog.pg_depend AS d
                WHERE d.classid = 'pg_catalog.pg_proc'::regclass
                  AND d.objid = f.oid
                  AND d.deptype = 'e')",
        )
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(|row| row.try_get("name")).collect()
}

/// What has rows and is no table here: views, foreign tables, partitions.
pub(super) async fn others(
    link: &mut Link<'_>,
    default_schema: &str,
) -> Result<BTreeMap<TableName, Other>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT s.nspname::text AS schema_name, c.relname::text AS name,
            c.relkind::text AS kind, rs.nspname::text AS root_schema, r.relname::text AS root
         FROM pg_catalog.pg_class AS c
         JOIN pg_catalog.pg_namespace AS s ON s.oid = c.relnamespace
         LEFT JOIN pg_catalog.pg_class AS r
            ON c.relispartition AND r.oid = pg_partition_root(c.oid)
         LEFT JOIN pg_catalog.pg_namespace AS rs ON rs.oid = r.relnamespace
         WHERE (c.relkind IN ('v', 'm', 'f') OR c.relkind IN ('r', 'p') AND c.relispartition)
           AND s.nspname !~ '^pg_'
           AND s.nspname NOT IN ('information_schema', 'sexton')",
        )
        .fetch_all(&mut *link.connection)
        .await?;
    let named = |schema: String, name: String| TableName {
        schema: (schema != default_schema).then_some(schema),
        name,
    };
    rows.iter()
        .map(|row| {
            let root: Option<String> = row.try_get("root")?;
            let other = match (root, row.try_get("kind")?) {
                (Some(root), _) => Other::Partition(named(row.try_get("root_schema")?, root)),
                (None, "v") => Other::View,
                (None, "m") => Other::MaterializedView,
                (None, _) => Other::ForeignTable,
            };
            Ok((named(row.try_get("schema_name")?, row.try_get("name")?), other))
        })
        .collect()
}

/// Tables that inherit from these; partitions are parts of their root and no heirs.
pub(super) async fn heirs(
    link: &mut Link<'_>,
    oids: &[Oid],
) -> Result<Vec<(Oid, String)>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT i.inhparent::int8 AS oid, c.relname::text AS name
         FROM pg_catalog.pg_inherits AS i
         JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
         WHERE i.inhparent = ANY($1::int8[]::oid[])
           AND NOT c.relispartition
         ORDER BY i.inhparent, c.relname",
        )
        .bind(oids)
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(|row| Ok((row.try_get("oid")?, row.try_get("name")?))).collect()
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
