//! Indexes and the primary key.

use sexton_core::names::ColumnName;
use sexton_core::schema::Index;
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::link::Link;

use super::Oid;

/// An index, and whether it is the primary key's.
pub(super) struct FoundIndex {
    pub(super) index: Index,
    pub(super) primary: bool,
}

/// Only key columns: those that an index merely carries along find nothing.
const QUERY: &str = "
SELECT
    i.indrelid::int8 AS oid,
    c.relname::text AS name,
    ARRAY(
        SELECT a.attname::text
        FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS u (attnum, place)
        LEFT JOIN pg_catalog.pg_attribute AS a
            ON a.attrelid = i.indrelid AND a.attnum = u.attnum AND u.attnum <> 0
        WHERE u.place <= i.indnkeyatts
        ORDER BY u.place
    ) AS columns,
    i.indisunique AS is_unique,
    i.indisprimary AS is_primary,
    pg_get_expr(i.indpred, i.indrelid) AS predicate,
    i.indisvalid AND i.indisready
        AND (m.amname = 'btree' OR (m.amname = 'hash' AND i.indnkeyatts = 1)) AS usable
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
WHERE i.indrelid = ANY($1::int8[]::oid[])
ORDER BY i.indrelid, c.relname";

/// The indexes of these tables.
pub(super) async fn read(
    link: &mut Link<'_>,
    oids: &[Oid],
) -> Result<Vec<(Oid, FoundIndex)>, sqlx::Error> {
    let rows = link.query(QUERY).bind(oids).fetch_all(&mut *link.connection).await?;
    rows.iter().map(|row| Ok((row.try_get("oid")?, found(row)?))).collect()
}

fn found(row: &PgRow) -> Result<FoundIndex, sqlx::Error> {
    let columns: Vec<Option<String>> = row.try_get("columns")?;
    let index = Index {
        name: row.try_get("name")?,
        columns: columns.into_iter().map(|name| name.map(ColumnName::new)).collect(),
        unique: row.try_get("is_unique")?,
        predicate: row.try_get("predicate")?,
        usable: row.try_get("usable")?,
    };
    Ok(FoundIndex { index, primary: row.try_get("is_primary")? })
}
