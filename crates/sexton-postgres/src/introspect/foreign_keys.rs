//! Foreign keys, their columns in pairs.

use sexton_core::names::TableName;
use sexton_core::schema::{Deferrable, ForeignKey, OnDelete};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::link::Link;

use super::{Oid, column_names};

/// A foreign key whose tables are not named yet.
pub(super) struct FoundForeignKey {
    pub(super) child: Oid,
    pub(super) parent: Oid,
    name: String,
    columns: Vec<String>,
    parent_columns: Vec<String>,
    on_delete: OnDelete,
    deferrable: Deferrable,
    validated: bool,
}

impl FoundForeignKey {
    /// The foreign key, once it is known what its parent is called.
    pub(super) fn of(self, parent: TableName) -> ForeignKey {
        ForeignKey {
            name: Some(self.name),
            columns: column_names(self.columns),
            parent,
            parent_columns: column_names(self.parent_columns),
            on_delete: self.on_delete,
            deferrable: self.deferrable,
            validated: self.validated,
        }
    }
}

/// Each foreign key once: copies that the server keeps for partitions have a parent of their
/// own. One that was declared on a single partition binds only some rows of the root, so the
/// server does not vouch for the others; nor where its triggers are switched off, or, from
/// PostgreSQL 18 on, where it is not enforced at all.
const QUERY: &str = "
SELECT
    CASE WHEN c.relispartition THEN pg_partition_root(c.oid) ELSE c.oid END::oid::int8 AS child,
    CASE WHEN p.relispartition THEN pg_partition_root(p.oid) ELSE p.oid END::oid::int8 AS parent,
    k.conname::text AS name,
    ARRAY(
        SELECT a.attname::text
        FROM unnest(k.conkey) WITH ORDINALITY AS u (attnum, place)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.attnum
        ORDER BY u.place
    ) AS columns,
    ARRAY(
        SELECT a.attname::text
        FROM unnest(k.confkey) WITH ORDINALITY AS u (attnum, place)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = u.attnum
        ORDER BY u.place
    ) AS parent_columns,
    k.confdeltype::text AS on_delete,
    k.condeferrable AS deferrable,
    k.condeferred AS deferred,
    k.convalidated AND NOT c.relispartition
        AND COALESCE((to_jsonb(k) ->> 'conenforced')::boolean, true)
        AND NOT EXISTS (
            SELECT 1
            FROM pg_catalog.pg_trigger AS g
            WHERE g.tgconstraint = k.oid
              AND g.tgenabled NOT IN ('O', 'A')
        ) AS validated
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
JOIN pg_catalog.pg_class AS p ON p.oid = k.confrelid
WHERE k.contype = 'f'
  AND k.conparentid = 0
ORDER BY c.oid, k.conname";

/// All foreign keys of the database.
pub(super) async fn read(link: &mut Link<'_>) -> Result<Vec<FoundForeignKey>, sqlx::Error> {
    link.query(QUERY).fetch_all(&mut *link.connection).await?.iter().map(found).collect()
}

fn found(row: &PgRow) -> Result<FoundForeignKey, sqlx::Error> {
    Ok(FoundForeignKey {
        child: row.try_get("child")?,
        parent: row.try_get("parent")?,
        name: row.try_get("name")?,
        columns: row.try_get("columns")?,
        parent_columns: row.try_get("parent_columns")?,
        on_delete: on_delete(row.try_get("on_delete")?)?,
        deferrable: match (row.try_get("deferrable")?, row.try_get("deferred")?) {
            (false, _) => Deferrable::No,
            (true, false) => Deferrable::InitiallyImmediate,
            (true, true) => Deferrable::InitiallyDeferred,
        },
        validated: row.try_get("validated")?,
    })
}

fn on_delete(letter: &str) -> Result<OnDelete, sqlx::Error> {
    match letter {
        "a" => Ok(OnDelete::NoAction),
        "r" => Ok(OnDelete::Restrict),
        "c" => Ok(OnDelete::Cascade),
        "n" => Ok(OnDelete::SetNull),
        "d" => Ok(OnDelete::SetDefault),
        other => Err(sqlx::Error::Decode(format!("ON DELETE action `{other}`").into())),
    }
}
