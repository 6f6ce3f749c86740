//! The columns of tables, and what kind of values they hold.

use sexton_core::names::ColumnName;
use sexton_core::schema::{Column, TypeKind};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::link::Link;

use super::Oid;

/// Types are written without their modifier, by `-1`: a cast to `character` would mean one
/// letter, `bpchar` means any number. A domain is what it is made of, and may forbid NULL.
const QUERY: &str = "
WITH RECURSIVE made_of AS (
    SELECT d.oid AS domain, d.typbasetype AS base, d.typnotnull AS not_null,
        d.typdefault AS default_text
    FROM pg_catalog.pg_type AS d
    WHERE d.typtype = 'd'
    UNION ALL
    SELECT m.domain, d.typbasetype, m.not_null OR d.typnotnull,
        COALESCE(m.default_text, d.typdefault)
    FROM made_of AS m
    JOIN pg_catalog.pg_type AS d ON d.oid = m.base AND d.typtype = 'd'
),
domains AS (
    SELECT m.domain, m.base, m.not_null, m.default_text
    FROM made_of AS m
    JOIN pg_catalog.pg_type AS b ON b.oid = m.base AND b.typtype <> 'd'
)
SELECT
    a.attrelid::int8 AS oid,
    a.attname::text AS name,
    format_type(a.atttypid, -1) AS type_name,
    format_type(a.atttypid, a.atttypmod) AS stored_type,
    b.typname::text AS base_name,
    b.typnamespace = 'pg_catalog'::regnamespace AS built_in,
    NOT a.attnotnull AND d.not_null IS NOT TRUE AS nullable,
    a.attgenerated <> '' AS generated,
    a.attidentity <> ''
        OR COALESCE(pg_get_expr(e.adbin, e.adrelid) LIKE 'nextval(%', false) AS identity,
    CASE WHEN a.attgenerated = ''
        THEN COALESCE(pg_get_expr(e.adbin, e.adrelid), d.default_text) END AS default_text
FROM pg_catalog.pg_attribute AS a
LEFT JOIN domains AS d ON d.domain = a.atttypid
JOIN pg_catalog.pg_type AS b ON b.oid = COALESCE(d.base, a.atttypid)
LEFT JOIN pg_catalog.pg_attrdef AS e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
WHERE a.attrelid = ANY($1::int8[]::oid[])
  AND a.attnum > 0
  AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum";

/// The columns of these tables, each table's in their order.
pub(super) async fn read(
    link: &mut Link<'_>,
    oids: &[Oid],
) -> Result<Vec<(Oid, Column)>, sqlx::Error> {
    let rows = link.query(QUERY).bind(oids).fetch_all(&mut *link.connection).await?;
    rows.iter().map(|row| Ok((row.try_get("oid")?, column(row)?))).collect()
}

fn column(row: &PgRow) -> Result<Column, sqlx::Error> {
    let base: &str = row.try_get("base_name")?;
    let built_in: bool = row.try_get("built_in")?;
    Ok(Column {
        name: ColumnName::new(row.try_get::<String, _>("name")?),
        type_name: row.try_get("type_name")?,
        stored_type: row.try_get("stored_type")?,
        kind: if built_in { kind(base) } else { TypeKind::Other },
        nullable: row.try_get("nullable")?,
        generated: row.try_get("generated")?,
        identity: row.try_get("identity")?,
        default: row.try_get("default_text")?,
    })
}

/// The kind of a built-in type.
///
/// `bpchar` compares by a rule of its own, so it is not plain text: a value has to be cast to it,
/// or the comparison is another one and finds no index. The same goes for types of extensions,
/// such as `citext`. `money` is spelled by locale, so it is no plain number.
fn kind(type_name: &str) -> TypeKind {
    match type_name {
        "int2" | "int4" | "int8" | "oid" => TypeKind::Integer,
        "float4" | "float8" | "numeric" => TypeKind::Number,
        "text" | "varchar" | "name" => TypeKind::Text,
        "bool" => TypeKind::Boolean,
        "bytea" => TypeKind::Bytes,
        "date" | "time" | "timetz" | "timestamp" | "timestamptz" | "interval" => TypeKind::Time,
        "uuid" => TypeKind::Uuid,
        "json" | "jsonb" => TypeKind::Json,
        _ => TypeKind::Other,
    }
}
