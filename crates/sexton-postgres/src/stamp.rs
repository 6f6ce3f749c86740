//! Marks the shape of some tables, cheaply enough for every deletion.
//!
//! One query over catalog indexes; what a deletion depends on goes into one hash. What cannot
//! change while an object keeps its number, such as the columns of a foreign key, is in the
//! number. Foreign keys from other tables are seen through the triggers that they leave on the
//! table they refer to, as `pg_constraint` has no index for that side.
//! Planning it would cost as much as running it. The server keeps the plan of a statement without
//! binds, whatever `plan_cache_mode` says, so the names go in through a setting.
//! Not here: bodies of trigger functions, defaults, statistics, rights.

use sexton_core::names::TableName;
use sqlx::Row;

use crate::link::Link;
use crate::session::quoted;

/// A table that is not there adds a gap where its number would be.
const QUERY: &str = "
WITH named AS MATERIALIZED (
    SELECT
        array_agg(c.oid) AS oids,
        string_agg(
            concat_ws(' ', n.place, c.oid, c.relkind, c.relrowsecurity, c.relforcerowsecurity,
                c.relhassubclass),
            ',' ORDER BY n.place) AS classes
    FROM unnest(current_setting('sexton.stamped')::text[]) WITH ORDINALITY AS n (name, place)
    LEFT JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(n.name)
)
SELECT md5(concat(named.classes, ';',
    (
        SELECT string_agg(
            concat_ws(' ', a.attnum, a.attname, a.atttypid, a.attnotnull, a.attisdropped,
                a.attgenerated, a.attidentity),
            ',' ORDER BY a.attrelid, a.attnum)
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = ANY(named.oids)
          AND a.attnum > 0
    ), ';',
    (
        SELECT string_agg(
            concat_ws(' ', k.oid, k.condeferrable, k.condeferred, k.convalidated),
            ',' ORDER BY k.oid)
        FROM pg_catalog.pg_constraint AS k
        WHERE k.conrelid = ANY(named.oids)
    ), ';',
    (
        SELECT string_agg(
            concat_ws(' ', g.oid, g.tgfoid, g.tgtype, g.tgattr, g.tgenabled, g.tgdeferrable,
                g.tginitdeferred),
            ',' ORDER BY g.oid)
        FROM pg_catalog.pg_trigger AS g
        WHERE g.tgrelid = ANY(named.oids)
    ), ';',
    (
        SELECT string_agg(
            concat_ws(' ', r.oid, r.ev_type, r.ev_enabled, r.is_instead),
            ',' ORDER BY r.oid)
        FROM pg_catalog.pg_rewrite AS r
        WHERE r.ev_class = ANY(named.oids)
    ), ';',
    (
        SELECT string_agg(
            concat_ws(' ', i.indexrelid, i.indisvalid, i.indisready),
            ',' ORDER BY i.indexrelid)
        FROM pg_catalog.pg_index AS i
        WHERE i.indrelid = ANY(named.oids)
    )))
FROM named";

/// Reads the stamp of these tables. Locks nothing; a repeat tells the same until something
/// changes.
pub(crate) async fn read(
    link: &mut Link<'_>,
    default_schema: &str,
    tables: &[TableName],
) -> Result<String, sqlx::Error> {
    let names = tables.iter().map(|table| {
        let schema = table.schema.as_deref().unwrap_or(default_schema);
        [quoted(schema), quoted(&table.name)].join(".")
    });
    name_tables(link, names.collect()).await?;
    link.query(QUERY).fetch_one(&mut *link.connection).await?.try_get(0)
}

/// Sets which tables the query is about, until the transaction ends.
async fn name_tables(link: &mut Link<'_>, names: Vec<String>) -> Result<(), sqlx::Error> {
    link.query("SELECT set_config('sexton.stamped', $1::text[]::text, true)")
        .bind(names)
        .execute(&mut *link.connection)
        .await?;
    Ok(())
}
