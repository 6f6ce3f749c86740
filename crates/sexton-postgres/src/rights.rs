//! What a role may do, as the catalog tells it.

use sexton_core::names::{ColumnName, TableName};
use sexton_core::rights::{Held, May, On, Right, Standing};
use sqlx::Row;

use crate::link::Link;

/// What deletions do with Sexton's own tables.
const OWN: [(&str, &[May]); 22] = [
    ("migrations", &[May::Select]),
    ("deletions", ALL),
    ("tombstones", &[May::Select, May::Insert, May::Delete]),
    ("fenced", &[May::Select, May::Insert, May::Delete]),
    ("intents", ALL),
    ("object_owners", &[May::Select, May::Insert, May::Delete]),
    ("object_refs", &[May::Select, May::Insert, May::Delete]),
    ("object_deciders", ALL),
    ("hidden", &[May::Select, May::Insert, May::Delete]),
    ("undo", &[May::Select, May::Insert, May::Delete]),
    ("purged", &[May::Select, May::Insert, May::Delete]),
    ("object_pins", &[May::Select, May::Insert, May::Update]),
    ("holds", &[May::Select, May::Update]),
    ("requests", ALL),
    ("rules", &[May::Select, May::Insert, May::Update]),
    ("refused_roots", ALL),
    ("pauses", &[May::Select]),
    ("days", &[May::Select, May::Insert, May::Update]),
    ("counted", &[May::Select, May::Insert, May::Update]),
    ("samples", ALL),
    ("audit", &[May::Select, May::Insert, May::Update]),
    ("audit_head", &[May::Select, May::Update]),
];

/// Of tables that are not listed.
const ALL: &[May] = &[May::Select, May::Insert, May::Update, May::Delete];

/// What the role, or else the connected one, may do of what is needed, and of what Sexton's own
/// tables need.
pub(crate) async fn read(
    link: &mut Link<'_>,
    role: Option<&str>,
    default_schema: &str,
    needed: Vec<Right>,
) -> Result<Standing, sqlx::Error> {
    let row = link
        .query(
            "SELECT COALESCE($1::text, current_user::text) AS role,
            current_setting('session_replication_role') = 'replica' AS is_replica",
        )
        .bind(role)
        .fetch_one(&mut *link.connection)
        .await?;
    let role: String = row.try_get("role")?;
    let is_replica = row.try_get("is_replica")?;
    let tables = needed.iter().filter_map(|right| Some((&right.schema, name(&right.on)?)));
    let tables: Vec<(String, String)> =
        tables.map(|(schema, name)| (schema.clone(), name.to_owned())).collect();
    let mut rights = needed;
    rights.extend(own(link).await?);
    let by_role = held(link, &role, &rights).await?;
    let by_all = held(link, "public", &rights).await?;
    let both = by_role.into_iter().zip(by_all);
    let rights = rights.into_iter().zip(both);
    let rights = rights.map(|(right, (by_role, by_all))| Held { right, by_role, by_all });
    Ok(Standing {
        rights: rights.collect(),
        hidden: hidden(link, &role, default_schema, &tables).await?,
        role,
        is_replica,
    })
}

/// The rights that Sexton's own tables ask for; where there are none, the right to make them.
async fn own(link: &mut Link<'_>) -> Result<Vec<Right>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT current_database()::text AS database, c.relname::text AS name
         FROM (SELECT to_regnamespace('sexton')::oid AS own) AS s
         LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = s.own AND c.relkind = 'r'
         ORDER BY c.relname",
        )
        .fetch_all(&mut *link.connection)
        .await?;
    let right = |on, may, why: &str| Right { on, schema: "sexton".into(), may, why: why.into() };
    let mut rights = Vec::new();
    for row in rows {
        let Some(name) = row.try_get::<Option<String>, _>("name")? else {
            let database = On::Database(row.try_get("database")?);
            return Ok(vec![right(database, May::Create, "to make Sexton's own tables")]);
        };
        let known = OWN.iter().find(|(known, _)| *known == name).map_or(ALL, |(_, may)| *may);
        let of_table = |may: &May| right(On::Table(name.clone()), may.clone(), "Sexton's own");
        rights.extend(known.iter().map(of_table));
    }
    rights.insert(0, right(On::Schema, May::Use, "Sexton's own tables"));
    Ok(rights)
}

/// Whether the role holds each of these. `public` is what every role holds.
async fn held(link: &mut Link<'_>, role: &str, rights: &[Right]) -> Result<Vec<bool>, sqlx::Error> {
    let schemas: Vec<&str> = rights.iter().map(|right| right.schema.as_str()).collect();
    let names: Vec<Option<&str>> = rights.iter().map(|right| name(&right.on)).collect();
    let (verbs, columns): (Vec<&str>, Vec<Option<String>>) =
        rights.iter().map(|right| verb(&right.may)).unzip();
    let rows = link
        .query(
            "SELECT COALESCE(CASE
            WHEN r.verb = 'CREATE' THEN has_database_privilege($1::text::name, current_database(), r.verb)
            WHEN r.verb = 'USAGE' THEN
                has_schema_privilege($1::text::name, r.of_schema, r.verb)
            WHEN r.columns IS NOT NULL THEN (
                SELECT bool_and(
                    has_column_privilege($1::text::name, r.of_table, c.name, r.verb))
                FROM unnest(r.columns::text[]) AS c (name))
            WHEN r.verb IN ('SELECT', 'LOCK') THEN
                has_any_column_privilege($1::text::name, r.of_table,
                    replace(r.verb, 'LOCK', 'UPDATE'))
            ELSE has_table_privilege($1::text::name, r.of_table, r.verb)
         END, false)
         FROM (
            SELECT a.verb, a.columns, a.place, s.oid AS of_schema, c.oid AS of_table
            FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY
                AS a (schema, name, verb, columns, place)
            LEFT JOIN pg_catalog.pg_namespace AS s ON s.nspname = a.schema
            LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = s.oid AND c.relname = a.name
         ) AS r
         ORDER BY r.place",
        )
        .bind(role)
        .bind(schemas)
        .bind(names)
        .bind(verbs)
        .bind(columns)
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

fn name(on: &On) -> Option<&str> {
    match on {
        On::Table(name) => Some(name),
        On::Database(_) | On::Schema => None,
    }
}

/// What is done, and with which columns, as a list that the server reads.
fn verb(may: &May) -> (&'static str, Option<String>) {
    let quoted = |column: &ColumnName| {
        let escaped = column.as_str().replace('\\', "\\\\").replace('"', "\\\"");
        ["\"", &escaped, "\""].concat()
    };
    let list = |columns: &[ColumnName]| {
        let quoted: Vec<String> = columns.iter().map(quoted).collect();
        ["{", &quoted.join(","), "}"].concat()
    };
    match may {
        May::Create => ("CREATE", None),
        May::Use => ("USAGE", None),
        May::Select => ("SELECT", None),
        May::Insert => ("INSERT", None),
        May::Update => ("UPDATE", None),
        May::UpdateOf(columns) => ("UPDATE", Some(list(columns))),
        May::Lock(_) => ("LOCK", None),
        May::Delete => ("DELETE", None),
    }
}

/// Tables whose rows row-level security hides from the role.
async fn hidden(
    link: &mut Link<'_>,
    role: &str,
    default_schema: &str,
    tables: &[(String, String)],
) -> Result<Vec<TableName>, sqlx::Error> {
    let (schemas, names): (Vec<&str>, Vec<&str>) =
        tables.iter().map(|(schema, name)| (schema.as_str(), name.as_str())).unzip();
    let rows = link
        .query(
            "SELECT DISTINCT t.schema, t.name
         FROM unnest($2::text[], $3::text[]) AS t (schema, name)
         JOIN pg_catalog.pg_namespace AS s ON s.nspname = t.schema
         JOIN pg_catalog.pg_class AS c ON c.relnamespace = s.oid AND c.relname = t.name
         JOIN pg_catalog.pg_roles AS r ON r.rolname = $1::text::name
         WHERE c.relrowsecurity
           AND NOT r.rolsuper
           AND NOT r.rolbypassrls
           AND (c.relforcerowsecurity OR NOT pg_has_role(r.oid, c.relowner, 'USAGE'))
         ORDER BY t.schema, t.name",
        )
        .bind(role)
        .bind(schemas)
        .bind(names)
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter()
        .map(|row| {
            let schema: String = row.try_get("schema")?;
            let schema = (schema != default_schema).then_some(schema);
            Ok(TableName { schema, name: row.try_get("name")? })
        })
        .collect()
}
