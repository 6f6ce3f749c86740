use sexton_core::names::{ColumnName, TableName};
use sexton_core::schema::{Deferrable, ForeignKey, OnDelete, Schema, Table, TypeKind};
use sexton_engine::ports::Database;

use crate::files::File;

const NASTY: &str = r#"
    CREATE TABLE Parents (
        Id INTEGER PRIMARY KEY,
        "Code Name" TEXT COLLATE NOCASE UNIQUE,
        doubled INTEGER GENERATED ALWAYS AS (Id * 2) VIRTUAL,
        stored TEXT AS (upper("Code Name")) STORED
    );
    CREATE TABLE "odd ""name" (
        a TEXT, b INT DEFAULT (1 + (2)), -- REFERENCES nowhere
        PRIMARY KEY (b, a)
    );
    CREATE TABLE pairs (
        x TEXT NOT NULL, y INTEGER NOT NULL, at DATETIME,
        PRIMARY KEY (y, x)
    ) WITHOUT ROWID;
    CREATE TABLE children (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        parent INT REFERENCES PARENTS ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
        code TEXT CONSTRAINT by_code REFERENCES parents ("code name") ON DELETE SET NULL,
        A TEXT, B INT, X TEXT, Y INTEGER,
        lost INTEGER REFERENCES nowhere (id),
        state TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'done )')),
        CONSTRAINT odd FOREIGN KEY (b, a) REFERENCES "odd ""name" ON DELETE RESTRICT
        FOREIGN KEY (Y, X) REFERENCES pairs (Y, X) ON DELETE SET DEFAULT DEFERRABLE,
        CONSTRAINT "some" CHECK (a IS NOT NULL OR b > (0))
    );
    CREATE INDEX children_parent ON children (parent, state DESC);
    CREATE INDEX children_done ON children (code) WHERE state = 'done )' AND a IS NOT NULL;
    CREATE INDEX children_lower ON children (lower(a), b);
    CREATE UNIQUE INDEX children_pair ON children (y, x);
    CREATE TABLE "no key" ("rowid" TEXT, flag BOOLEAN, doc JSON, raw BLOB, what);
    CREATE TABLE descending (id INTEGER PRIMARY KEY DESC);
    CREATE TABLE sexton_like (id INTEGER);
    CREATE TABLE sextons (id INTEGER PRIMARY KEY);
    CREATE VIEW v AS SELECT id FROM children;
    CREATE VIRTUAL TABLE words USING fts5 (body);
    CREATE TRIGGER kept BEFORE DELETE ON CHILDREN BEGIN SELECT RAISE(IGNORE); END;
    CREATE TRIGGER noted AFTER UPDATE OF a ON children BEGIN SELECT 1; END;
    CREATE TRIGGER through INSTEAD OF DELETE ON v BEGIN SELECT 1; END;
"#;

async fn nasty() -> Schema {
    File::with(NASTY).await.database.schema().await.expect("its schema")
}

fn table<'a>(schema: &'a Schema, name: &str) -> &'a Table {
    schema.table(&TableName::local(name)).expect(name)
}

fn names(columns: &[ColumnName]) -> Vec<&str> {
    columns.iter().map(ColumnName::as_str).collect()
}

fn columns(table: &Table, wanted: impl Fn(&sexton_core::schema::Column) -> bool) -> Vec<&str> {
    table
        .columns
        .iter()
        .filter(|column| wanted(column))
        .map(|column| column.name.as_str())
        .collect()
}

#[tokio::test]
async fn ordinary_tables_of_the_application_are_found_and_nothing_else() {
    let schema = nasty().await;
    let found: Vec<&str> = schema.tables.keys().map(|table| table.name.as_str()).collect();
    assert_eq!(
        found,
        ["Parents", "children", "descending", "no key", "odd \"name", "pairs", "sextons"]
    );
    assert_eq!(schema.default_schema, "main");
}

#[tokio::test]
async fn columns_tell_what_they_are() {
    let schema = nasty().await;
    let parents = table(&schema, "Parents");
    assert_eq!(columns(parents, |_| true), ["Id", "Code Name", "doubled", "stored"]);
    assert_eq!(columns(parents, |c| c.generated), ["doubled", "stored"]);
    assert_eq!(columns(parents, |c| c.identity), ["Id"]);
    assert_eq!(columns(parents, |c| !c.nullable), ["Id"]);
    let children = table(&schema, "children");
    assert_eq!(columns(children, |c| c.default.is_some()), ["state"]);
    assert_eq!(columns(children, |c| c.identity), ["id"]);
    let kinds: Vec<TypeKind> = table(&schema, "no key").columns.iter().map(|c| c.kind).collect();
    let expected =
        [TypeKind::Text, TypeKind::Boolean, TypeKind::Json, TypeKind::Bytes, TypeKind::Other];
    assert_eq!(kinds, expected);
}

#[tokio::test]
async fn primary_keys_come_in_key_order_with_the_index_that_carries_them() {
    let schema = nasty().await;
    for (name, key, index) in [
        ("Parents", vec!["Id"], Some("rowid")),
        ("odd \"name", vec!["b", "a"], Some("sqlite_autoindex_odd \"name_1")),
        ("pairs", vec!["y", "x"], Some("sqlite_autoindex_pairs_1")),
        ("descending", vec!["id"], Some("sqlite_autoindex_descending_1")),
        ("no key", vec![], None),
    ] {
        let table = table(&schema, name);
        assert_eq!(names(&table.primary_key), key, "{name}");
        let led = if key.is_empty() { None } else { table.index_led_by(&table.primary_key) };
        assert_eq!(led.map(|index| index.name.as_str()), index, "{name}");
        assert_eq!(table.without_rowid, name == "pairs");
    }
    // In a rowid table only the rowid's own name cannot be NULL.
    assert_eq!(columns(table(&schema, "odd \"name"), |c| !c.nullable), [""; 0]);
    assert_eq!(columns(table(&schema, "descending"), |c| !c.nullable || c.identity), [""; 0]);
    assert_eq!(columns(table(&schema, "pairs"), |c| !c.nullable), ["x", "y"]);
}

fn key(
    name: Option<&str>,
    columns: &[&str],
    parent: (&str, &[&str]),
    on_delete: OnDelete,
    deferrable: Deferrable,
) -> ForeignKey {
    let owned = |names: &[&str]| names.iter().map(|&name| ColumnName::new(name)).collect();
    ForeignKey {
        name: name.map(str::to_owned),
        columns: owned(columns),
        parent: TableName::local(parent.0),
        parent_columns: owned(parent.1),
        on_delete,
        deferrable,
        validated: true,
    }
}

#[tokio::test]
async fn foreign_keys_are_spelled_as_their_tables_declare_them() {
    let schema = nasty().await;
    let no = Deferrable::No;
    let expected = [
        key(
            None,
            &["parent"],
            ("Parents", &["Id"]),
            OnDelete::Cascade,
            Deferrable::InitiallyDeferred,
        ),
        key(Some("by_code"), &["code"], ("Parents", &["Code Name"]), OnDelete::SetNull, no),
        key(None, &["lost"], ("nowhere", &["id"]), OnDelete::NoAction, no),
        key(Some("odd"), &["B", "A"], ("odd \"name", &["b", "a"]), OnDelete::Restrict, no),
        key(
            None,
            &["Y", "X"],
            ("pairs", &["y", "x"]),
            OnDelete::SetDefault,
            Deferrable::InitiallyImmediate,
        ),
    ];
    assert_eq!(table(&schema, "children").foreign_keys, expected);
}

#[tokio::test]
async fn indexes_checks_and_triggers_are_found() {
    let schema = nasty().await;
    let children = table(&schema, "children");
    let mut told: Vec<String> = Vec::new();
    for index in &children.indexes {
        let columns: Vec<&str> =
            index.columns.iter().map(|c| c.as_ref().map_or("()", ColumnName::as_str)).collect();
        let predicate = index.predicate.as_deref().unwrap_or("-");
        told.push(format!("{} {columns:?} {} {predicate}", index.name, index.unique));
    }
    assert_eq!(
        told,
        [
            r#"rowid ["id"] true -"#,
            r#"children_done ["code"] false state = 'done )' AND a IS NOT NULL"#,
            r#"children_lower ["()", "B"] false -"#,
            r#"children_pair ["Y", "X"] true -"#,
            r#"children_parent ["parent", "state"] false -"#,
        ]
    );
    let checks: Vec<(Option<&str>, &str)> =
        children.checks.iter().map(|c| (c.name.as_deref(), c.condition.as_str())).collect();
    assert_eq!(
        checks,
        [(None, "state IN ('new', 'done )')"), (Some("some"), "a IS NOT NULL OR b > (0)")]
    );
    let triggers: Vec<(&str, bool, bool, bool)> = children
        .triggers
        .iter()
        .map(|t| (t.name.as_str(), t.before, t.on_delete, t.on_update))
        .collect();
    assert_eq!(triggers, [("kept", true, true, false), ("noted", false, false, true)]);
}

#[tokio::test]
async fn a_small_table_is_counted_and_a_large_one_estimated() {
    let file = File::with(
        "CREATE TABLE empty (a);
         CREATE TABLE plain (a);
         CREATE TABLE sparse (id INTEGER PRIMARY KEY);
         CREATE TABLE shadowed (rowid TEXT, _ROWID_ TEXT, oid TEXT);
         CREATE TABLE pairs (a PRIMARY KEY) WITHOUT ROWID;
         INSERT INTO plain VALUES (1), (2), (3);
         INSERT INTO sparse VALUES (-9223372036854775808), (9223372036854775807);
         INSERT INTO shadowed VALUES ('x', 'y', 'z');
         INSERT INTO pairs VALUES (1)",
    )
    .await;
    let schema = file.database.schema().await.unwrap();
    let estimate = |schema: &Schema, name| table(schema, name).rows_estimate;
    assert_eq!(estimate(&schema, "empty"), Some(0));
    assert_eq!(estimate(&schema, "plain"), Some(3));
    assert_eq!(estimate(&schema, "sparse"), Some(2));
    assert_eq!(estimate(&schema, "shadowed"), Some(1));
    assert_eq!(estimate(&schema, "pairs"), Some(1));

    file.write(
        "CREATE TABLE large (id INTEGER PRIMARY KEY);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
         INSERT INTO large SELECT i FROM n",
    )
    .await;
    let schema = file.database.schema().await.unwrap();
    assert!(estimate(&schema, "large").is_some_and(|rows| (20_000..=30_000).contains(&rows)));

    file.write("ANALYZE; DELETE FROM plain WHERE a = 1; INSERT INTO plain SELECT 1").await;
    let schema = file.database.schema().await.unwrap();
    assert_eq!(estimate(&schema, "plain"), Some(3));
    assert_eq!(estimate(&schema, "sparse"), Some(2));
    assert_eq!(estimate(&schema, "pairs"), Some(1));
}
