use std::sync::Arc;

use sexton_sqlite::SqliteDatabase;
use sexton_testkit::conformance::{Statements, Subject};
use sexton_testkit::sqlite::TestDatabase;

static STATEMENTS: Statements = Statements {
    setup: &[
        "CREATE TABLE items (
            id INTEGER PRIMARY KEY,
            name TEXT,
            amount INTEGER NOT NULL CHECK (amount >= 0)
        )",
        "CREATE TABLE parts (
            id INTEGER PRIMARY KEY,
            item_id INTEGER NOT NULL REFERENCES items (id)
        )",
        "CREATE TRIGGER refuse BEFORE DELETE ON items WHEN OLD.id = 13 BEGIN
            SELECT RAISE(ABORT, 'the item 13 stays');
        END",
    ],
    insert_item: "INSERT INTO items (id, name, amount) VALUES (?1, ?2, ?3)",
    insert_part: "INSERT INTO parts (id, item_id) VALUES (?1, ?2)",
    rename_items: "UPDATE items SET name = ?1",
    delete_item: "DELETE FROM items WHERE id = ?1",
    delete_items: "DELETE FROM items WHERE id IN (
            SELECT CASE type WHEN 'object' THEN unhex(value ->> 'x') ELSE value END
            FROM json_each(?1)
        )",
    read_names: "SELECT name FROM items ORDER BY id",
    count_items: "SELECT count(*) FROM items",
    read_list: "SELECT CASE type WHEN 'object' THEN unhex(value ->> 'x') ELSE value END
        FROM json_each(?1)
        ORDER BY key",
    read_text: "SELECT ?1",
    read_number: "SELECT ?1",
    // Any value fits any column.
    mistyped: None,
    add_column: "ALTER TABLE items ADD COLUMN added TEXT",
    count_fenced: "SELECT count(*) FROM sexton_fenced",
    insert_hold: "INSERT INTO sexton_holds
            (system, thing, root, reason, placed_by, placed_at, until, released_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
};

async fn fixture() -> (Subject, TestDatabase) {
    let test = TestDatabase::new().await;
    let path = test.path();
    let address = path.to_str().expect("a temporary folder's name is UTF-8");
    let database = SqliteDatabase::open(address).await.expect("the file was just made");
    (Subject { database: Arc::new(database), statements: &STATEMENTS }, test)
}

sexton_testkit::conformance_suite!(fixture);
