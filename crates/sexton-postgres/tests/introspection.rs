//! The schema as it is read from catalogs that are as odd as they may be.

use sexton_core::names::{ColumnName, TableName};
use sexton_core::schema::{
    Column, Deferrable, ForeignKey, Index, OnDelete, Schema, Table, TypeKind,
};
use sexton_engine::ports::Database;
use sexton_testkit::postgres::TestDatabase;

async fn schema_of(script: &str) -> Schema {
    let test = TestDatabase::bare().await;
    test.execute(script).await;
    test.database().schema().await.expect("the schema can be read")
}

fn table<'a>(schema: &'a Schema, name: &str) -> &'a Table {
    let name = match name.split_once('/') {
        Some((schema, name)) => {
            TableName { schema: Some(schema.to_owned()), name: name.to_owned() }
        }
        None => TableName::local(name),
    };
    schema.table(&name).unwrap_or_else(|| panic!("{name} in {:?}", schema.tables.keys()))
}

fn column<'a>(table: &'a Table, name: &str) -> &'a Column {
    table.column(&ColumnName::new(name)).unwrap_or_else(|| panic!("{name} in {table:?}"))
}

fn index<'a>(table: &'a Table, name: &str) -> &'a Index {
    table.indexes.iter().find(|index| index.name == name).expect("the script made it")
}

fn columns(names: &[&str]) -> Vec<ColumnName> {
    names.iter().map(|name| ColumnName::new(*name)).collect()
}

fn only_key(table: &Table) -> &ForeignKey {
    let [key] = &table.foreign_keys[..] else { panic!("one foreign key: {table:?}") };
    key
}

fn names(schema: &Schema) -> Vec<String> {
    schema.tables.keys().map(TableName::to_string).collect()
}

#[tokio::test]
async fn names_survive_as_they_are() {
    let schema = schema_of(
        r#"CREATE TABLE "Odd ""Table"" ä.b" ("Ünï" int PRIMARY KEY, "select" text, " " text);
           CREATE TABLE "order" (id int REFERENCES "Odd ""Table"" ä.b");"#,
    )
    .await;
    let odd = table(&schema, "Odd \"Table\" ä.b");
    let found: Vec<&str> = odd.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(found, ["Ünï", "select", " "]);
    assert_eq!(odd.primary_key, columns(&["Ünï"]));
    assert_eq!(only_key(table(&schema, "order")).parent, odd.name);
}

#[tokio::test]
async fn pairs_of_a_foreign_key_keep_together() {
    let schema = schema_of(
        "CREATE TABLE parent (a int, b int, c int, PRIMARY KEY (b, a));
         CREATE UNIQUE INDEX parent_c_a ON parent (c, a);
         CREATE TABLE child (
            x int, y int, z int,
            CONSTRAINT to_key FOREIGN KEY (y, x) REFERENCES parent (a, b) ON DELETE RESTRICT,
            CONSTRAINT to_index FOREIGN KEY (z, x) REFERENCES parent (a, c) ON DELETE SET NULL
         );",
    )
    .await;
    assert_eq!(table(&schema, "parent").primary_key, columns(&["b", "a"]));
    let keys = &table(&schema, "child").foreign_keys;
    let key = |name: &str| keys.iter().find(|key| key.name.as_deref() == Some(name)).unwrap();
    assert_eq!(key("to_key").columns, columns(&["y", "x"]));
    assert_eq!(key("to_key").parent_columns, columns(&["a", "b"]));
    assert_eq!(key("to_key").on_delete, OnDelete::Restrict);
    assert_eq!(key("to_index").columns, columns(&["z", "x"]));
    assert_eq!(key("to_index").parent_columns, columns(&["a", "c"]));
    assert_eq!(key("to_index").on_delete, OnDelete::SetNull);
}

#[tokio::test]
async fn a_foreign_key_says_when_it_is_judged_and_of_what() {
    let schema = schema_of(
        "CREATE TABLE tree (
            id int PRIMARY KEY,
            up int REFERENCES tree ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
         );
         CREATE TABLE leaf (id int, tree int DEFAULT 1);
         ALTER TABLE leaf ADD FOREIGN KEY (tree) REFERENCES tree
            ON DELETE SET DEFAULT DEFERRABLE NOT VALID;",
    )
    .await;
    let own = only_key(table(&schema, "tree"));
    assert_eq!((&own.parent.name[..], own.on_delete), ("tree", OnDelete::Cascade));
    assert_eq!((own.deferrable, own.validated), (Deferrable::InitiallyDeferred, true));
    let leaf = only_key(table(&schema, "leaf"));
    assert_eq!(leaf.on_delete, OnDelete::SetDefault);
    assert_eq!((leaf.deferrable, leaf.validated), (Deferrable::InitiallyImmediate, false));
}

#[tokio::test]
async fn types_are_written_so_that_a_cast_cuts_nothing() {
    let schema = schema_of(
        "CREATE DOMAIN code AS char(3) NOT NULL;
         CREATE DOMAIN positive AS bigint DEFAULT 1 CHECK (VALUE > 0);
         CREATE DOMAIN small_positive AS positive CHECK (VALUE < 100);
         CREATE TYPE mood AS ENUM ('sad', 'fine');
         CREATE TABLE t (
            iso char(3) PRIMARY KEY, name varchar(20), code code, level small_positive,
            mood mood, price numeric(10, 2), at timestamptz(3), day date, took interval,
            uid uuid, doc jsonb, raw bytea, yes boolean, tags text[], flags bit(4), r real,
            o oid, cash money, n name
         );",
    )
    .await;
    let t = table(&schema, "t");
    let found: Vec<(&str, &str, TypeKind)> = t
        .columns
        .iter()
        .map(|column| (column.name.as_str(), column.type_name.as_str(), column.kind))
        .collect();
    let expected = [
        ("iso", "bpchar", TypeKind::Other),
        ("name", "character varying", TypeKind::Text),
        ("code", "code", TypeKind::Other),
        ("level", "small_positive", TypeKind::Integer),
        ("mood", "mood", TypeKind::Other),
        ("price", "numeric", TypeKind::Number),
        ("at", "timestamp with time zone", TypeKind::Time),
        ("day", "date", TypeKind::Time),
        ("took", "interval", TypeKind::Time),
        ("uid", "uuid", TypeKind::Uuid),
        ("doc", "jsonb", TypeKind::Json),
        ("raw", "bytea", TypeKind::Bytes),
        ("yes", "boolean", TypeKind::Boolean),
        ("tags", "text[]", TypeKind::Other),
        ("flags", "\"bit\"", TypeKind::Other),
        ("r", "real", TypeKind::Number),
        ("o", "oid", TypeKind::Integer),
        ("cash", "money", TypeKind::Other),
        ("n", "name", TypeKind::Text),
    ];
    assert_eq!(found, expected);
    assert!(!column(t, "code").nullable, "its domain forbids NULL");
    assert!(column(t, "level").nullable && column(t, "level").default.is_some());
}

#[tokio::test]
async fn columns_say_where_their_values_come_from() {
    let schema = schema_of(
        "CREATE TABLE t (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            old serial,
            gone int,
            twice bigint GENERATED ALWAYS AS (old * 2) STORED,
            word text DEFAULT 'nextval' NOT NULL,
            plain text
         );
         ALTER TABLE t DROP COLUMN gone;",
    )
    .await;
    let t = table(&schema, "t");
    let facts: Vec<(&str, [bool; 4])> = t
        .columns
        .iter()
        .map(|c| (c.name.as_str(), [c.nullable, c.generated, c.identity, c.default.is_some()]))
        .collect();
    let expected = [
        ("id", [false, false, true, false]),
        ("old", [false, false, true, true]),
        ("twice", [true, true, false, false]),
        ("word", [false, false, false, true]),
        ("plain", [true, false, false, false]),
    ];
    assert_eq!(facts, expected);
    assert_eq!(column(t, "word").default.as_deref(), Some("'nextval'::text"));
}

#[tokio::test]
async fn indexes_say_what_they_can_find() {
    let schema = schema_of(
        "CREATE TABLE t (a int, b int, c text, d int[], UNIQUE (b, a));
         CREATE INDEX partial ON t (a) WHERE b > 0;
         CREATE INDEX expression ON t (a, lower(c));
         CREATE UNIQUE INDEX covering ON t (a) INCLUDE (b);
         CREATE INDEX hashed ON t USING hash (a);
         CREATE INDEX inverted ON t USING gin (d);
         CREATE INDEX invalid ON t (b);
         UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'invalid'::regclass;",
    )
    .await;
    let t = table(&schema, "t");
    assert!(t.primary_key.is_empty());
    let some = |names: &[&str]| columns(names).into_iter().map(Some).collect::<Vec<_>>();
    assert_eq!(index(t, "t_b_a_key").columns, some(&["b", "a"]));
    assert!(index(t, "t_b_a_key").unique && index(t, "t_b_a_key").usable);
    assert_eq!(index(t, "partial").predicate.as_deref(), Some("(b > 0)"));
    assert_eq!(index(t, "expression").columns, [Some(ColumnName::new("a")), None]);
    assert_eq!(index(t, "covering").columns, some(&["a"]));
    assert!(index(t, "covering").unique);
    assert!(index(t, "hashed").usable);
    assert!(!index(t, "inverted").usable && !index(t, "invalid").usable);
}

#[tokio::test]
async fn what_may_refuse_or_change_a_row_is_read() {
    let schema = schema_of(
        "CREATE TABLE log (id int);
         CREATE TABLE t (id int PRIMARY KEY, n int CONSTRAINT positive CHECK (n > 0));
         CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
         CREATE TRIGGER keeps BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION nothing();
         CREATE TRIGGER tells AFTER UPDATE OR INSERT ON t EXECUTE FUNCTION nothing();
         CREATE TRIGGER sleeps AFTER DELETE ON t EXECUTE FUNCTION nothing();
         CREATE TRIGGER elsewhere AFTER DELETE ON t EXECUTE FUNCTION nothing();
         ALTER TABLE t DISABLE TRIGGER sleeps, ENABLE REPLICA TRIGGER elsewhere;
         CREATE RULE kept AS ON DELETE TO t DO ALSO INSERT INTO log VALUES (OLD.id);
         CREATE RULE off AS ON UPDATE TO t DO ALSO NOTHING;
         ALTER TABLE t DISABLE RULE off;
         CREATE TABLE child (t int REFERENCES t);",
    )
    .await;
    let t = table(&schema, "t");
    let [check] = &t.checks[..] else { panic!("one check: {t:?}") };
    assert_eq!((check.name.as_deref(), &check.condition[..]), (Some("positive"), "(n > 0)"));
    let found: Vec<(&str, [bool; 4])> = t
        .triggers
        .iter()
        .map(|g| (g.name.as_str(), [g.on_delete, g.on_update, g.before, g.enabled]))
        .collect();
    let expected = [
        ("elsewhere", [true, false, false, false]),
        ("keeps", [true, false, true, true]),
        ("sleeps", [true, false, false, false]),
        ("tells", [false, true, false, true]),
    ];
    assert_eq!(found, expected, "none of those that serve the foreign key");
    assert_eq!(t.rules, ["kept"]);
}

#[tokio::test]
async fn tables_of_other_schemas_are_read_where_foreign_keys_lead_there() {
    let schema = schema_of(
        "CREATE SCHEMA crm;
         CREATE SCHEMA sexton;
         CREATE TABLE local (id int PRIMARY KEY);
         CREATE TABLE crm.refers (id int PRIMARY KEY, local int REFERENCES local);
         CREATE TABLE crm.refers_to_that (refers int REFERENCES crm.refers);
         CREATE TABLE crm.referred (id int PRIMARY KEY);
         ALTER TABLE local ADD COLUMN referred int REFERENCES crm.referred;
         CREATE TABLE crm.far (id int PRIMARY KEY);
         CREATE TABLE crm.far_too (far int REFERENCES crm.far);
         CREATE TABLE sexton.deletions (local int REFERENCES local);
         CREATE VIEW looks AS SELECT id FROM local;
         CREATE TEMPORARY TABLE passing (id int);",
    )
    .await;
    assert_eq!(names(&schema), ["local", "crm.referred", "crm.refers", "crm.refers_to_that"]);
    assert_eq!(only_key(table(&schema, "crm/refers")).parent, TableName::local("local"));
    let other = TableName { schema: Some("crm".to_owned()), name: "referred".to_owned() };
    assert_eq!(only_key(table(&schema, "local")).parent, other);
}

#[tokio::test]
async fn another_default_schema_swaps_what_is_qualified() {
    let test = TestDatabase::bare().await;
    test.execute(
        r#"CREATE SCHEMA "My App";
           CREATE TYPE "My App".mood AS ENUM ('fine');
           CREATE TABLE public.shared (id int PRIMARY KEY);
           CREATE TABLE "My App".t (id int REFERENCES public.shared, mood "My App".mood);"#,
    )
    .await;
    let database = sexton_postgres::PostgresDatabase::connect(&test.url(), Some("My App")).unwrap();
    let schema = database.schema().await.unwrap();
    assert_eq!(schema.default_schema, "My App");
    assert_eq!(names(&schema), ["t", "public.shared"]);
    assert_eq!(column(table(&schema, "t"), "mood").type_name, "mood");
}

/// What is said of a partition is said of its root, and nothing is told twice.
#[tokio::test]
async fn partitions_are_told_with_their_root() {
    let schema = schema_of(
        "CREATE TABLE parent (id int PRIMARY KEY);
         CREATE TABLE events (id int, at int, parent int REFERENCES parent, PRIMARY KEY (id, at))
            PARTITION BY RANGE (at);
         CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (100);
         CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (100) TO (200)
            PARTITION BY RANGE (at);
         CREATE TABLE events_2a PARTITION OF events_2 FOR VALUES FROM (100) TO (150);
         CREATE TABLE notes (id int, at int, FOREIGN KEY (id, at) REFERENCES events);
         CREATE TABLE extra (id int PRIMARY KEY);
         ALTER TABLE events_1 ADD CONSTRAINT lone FOREIGN KEY (id) REFERENCES extra;
         INSERT INTO events SELECT n, n, NULL FROM generate_series(100, 149) AS n;
         ANALYZE events;",
    )
    .await;
    assert_eq!(names(&schema), ["events", "extra", "notes", "parent"]);
    let events = table(&schema, "events");
    assert_eq!(events.primary_key, columns(&["id", "at"]));
    assert_eq!(events.rows_estimate, Some(50));
    assert_eq!(events.bytes, Some(8192));
    let found: Vec<(&str, bool)> =
        events.foreign_keys.iter().map(|k| (k.parent.name.as_str(), k.validated)).collect();
    assert_eq!(found, [("parent", true), ("extra", false)]);
    assert_eq!(only_key(table(&schema, "notes")).parent, TableName::local("events"));
}

#[tokio::test]
async fn sizes_are_told_where_they_are_known() {
    let schema = schema_of(
        "CREATE TABLE counted (id int);
         INSERT INTO counted SELECT generate_series(1, 1000);
         ANALYZE counted;
         CREATE TABLE fresh (id int);",
    )
    .await;
    let counted = table(&schema, "counted");
    assert_eq!((counted.rows_estimate, counted.bytes), (Some(1000), Some(5 * 8192)));
    let fresh = table(&schema, "fresh");
    assert_eq!((fresh.rows_estimate, fresh.bytes), (None, Some(0)));
}
