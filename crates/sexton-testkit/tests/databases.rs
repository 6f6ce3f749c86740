//! Temporary databases are fresh, apart from each other, and dumped in full.

use sexton_testkit::{dump::Dump, postgres, sqlite};

fn row<const N: usize>(values: [Option<&str>; N]) -> Vec<Option<String>> {
    values.map(|value| value.map(str::to_owned)).to_vec()
}

#[tokio::test]
async fn two_databases_at_once_are_apart() {
    let (one, two) = tokio::join!(postgres::TestDatabase::new(), postgres::TestDatabase::new());
    one.execute("CREATE TABLE t (id int)").await;
    assert_eq!(one.dump().await, Dump::from([("t".to_owned(), vec![])]));
    assert_eq!(two.dump().await, Dump::new());
}

#[tokio::test]
async fn a_clone_has_sextons_tables_and_a_bare_one_has_none() {
    let question = "SELECT to_regclass('sexton.deletions') IS NOT NULL";
    let ready = postgres::TestDatabase::new().await;
    assert_eq!(ready.query(question).await, [row([Some("t")])]);
    let bare = postgres::TestDatabase::bare().await;
    assert_eq!(bare.query(question).await, [row([Some("f")])]);
}

#[tokio::test]
async fn a_closed_database_is_gone() {
    let test = postgres::TestDatabase::bare().await;
    let name = test.query("SELECT current_database()").await.concat().remove(0).unwrap();
    test.close().await;
    let other = postgres::TestDatabase::bare().await;
    let left = other.query(&format!("SELECT 1 FROM pg_database WHERE datname = '{name}'")).await;
    assert!(left.is_empty(), "{name}");
}

#[tokio::test]
async fn a_dump_of_postgresql_has_every_row_of_every_table() {
    let test = postgres::TestDatabase::new().await;
    test.execute(
        r#"CREATE SCHEMA other;
           CREATE TABLE "Odd ""T""" ("A b" text, gone int, n numeric, at timestamptz);
           ALTER TABLE "Odd ""T""" DROP COLUMN gone;
           INSERT INTO "Odd ""T""" VALUES ('z', 1.50, '2026-01-02 03:04:05+02'), (NULL, NULL, NULL);
           CREATE TABLE other.t (id int) PARTITION BY LIST (id);
           CREATE TABLE other.t_1 PARTITION OF other.t FOR VALUES IN (1);
           INSERT INTO other.t VALUES (1);
           CREATE TABLE base (id int);
           CREATE TABLE derived () INHERITS (base);
           INSERT INTO derived VALUES (7);
           INSERT INTO sexton.audit (deletion, record) VALUES ('d', '{}');"#,
    )
    .await;
    let odd = vec![
        row([None, None, None]),
        row([Some("z"), Some("1.50"), Some("2026-01-02 01:04:05+00")]),
    ];
    let expected = Dump::from([
        ("Odd \"T\"".to_owned(), odd),
        ("other.t".to_owned(), vec![row([Some("1")])]),
        ("base".to_owned(), vec![]),
        ("derived".to_owned(), vec![row([Some("7")])]),
    ]);
    assert_eq!(test.dump().await, expected);
}

#[tokio::test]
async fn a_dump_of_sqlite_tells_numbers_from_text() {
    let test = sqlite::TestDatabase::new().await;
    test.execute(
        r#"CREATE TABLE "Odd ""T""" ("A b", n);
           INSERT INTO "Odd ""T""" VALUES ('it''s', 1), (x'00ff', '1'), (NULL, 1.5);
           CREATE TABLE sexton_audit (id INTEGER PRIMARY KEY);
           INSERT INTO sexton_audit DEFAULT VALUES;
           CREATE TABLE sextons (id INTEGER PRIMARY KEY AUTOINCREMENT);"#,
    )
    .await;
    let odd = vec![
        row([Some("'it''s'"), Some("1")]),
        row([Some("NULL"), Some("1.5")]),
        row([Some("X'00FF'"), Some("'1'")]),
    ];
    let expected = Dump::from([("Odd \"T\"".to_owned(), odd), ("sextons".to_owned(), vec![])]);
    assert_eq!(test.dump().await, expected);
}

#[tokio::test]
async fn a_script_on_sqlite_may_plant_an_orphan_only_when_it_says_so() {
    let test = sqlite::TestDatabase::new().await;
    test.execute(
        "CREATE TABLE p (id INTEGER PRIMARY KEY);
         CREATE TABLE c (p INTEGER REFERENCES p);
         PRAGMA foreign_keys = OFF;
         INSERT INTO c VALUES (1);",
    )
    .await;
    assert_eq!(
        test.query("SELECT p, typeof(p), NULL FROM c").await,
        [row([Some("1"), Some("integer"), None])]
    );
    assert_eq!(test.query("PRAGMA foreign_keys").await, [row([Some("1")])]);
}
