use sexton_testkit::conformance::{Statements, Subject};
use sexton_testkit::postgres::TestDatabase;

static STATEMENTS: Statements = Statements {
    setup: &[
        "CREATE TABLE items (
            id bigint PRIMARY KEY,
            name text,
            amount integer NOT NULL CHECK (amount >= 0)
        )",
        "CREATE TABLE parts (
            id bigint PRIMARY KEY,
            item_id bigint NOT NULL REFERENCES items (id)
        )",
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF OLD.id = 13 THEN
                    RAISE EXCEPTION 'the item 13 stays';
                END IF;
                RETURN OLD;
            END
        $$",
        "CREATE TRIGGER refuse BEFORE DELETE ON items
            FOR EACH ROW EXECUTE FUNCTION refuse()",
    ],
    insert_item: "INSERT INTO items (id, name, amount)
        VALUES ($1::text::bigint, $2::text, $3::text::integer)",
    insert_part: "INSERT INTO parts (id, item_id) VALUES ($1::text::bigint, $2::text::bigint)",
    rename_items: "UPDATE items SET name = $1::text",
    delete_item: "DELETE FROM items WHERE id = $1::text::bigint",
    delete_items: "DELETE FROM items WHERE id = ANY($1::text[]::bigint[])",
    read_names: "SELECT name::text FROM items ORDER BY id",
    count_items: "SELECT count(*) FROM items",
    read_list: "SELECT value
        FROM unnest($1::text[]) WITH ORDINALITY AS list (value, place)
        ORDER BY place",
    read_text: "SELECT $1::text",
    read_number: "SELECT $1::text::bigint",
    mistyped: Some("SELECT id::text FROM items WHERE id = $1::text::bigint"),
    add_column: "ALTER TABLE items ADD COLUMN added text",
    count_fenced: "SELECT count(*) FROM sexton.fenced",
    insert_hold: "INSERT INTO sexton.holds
            (system, thing, root, reason, placed_by, placed_at, until, released_at)
        VALUES ($1, $2, $3, $4, $5, $6::text::bigint, $7::text::bigint, $8::text::bigint)",
};

async fn fixture() -> (Subject, TestDatabase) {
    let test = TestDatabase::bare().await;
    (Subject { database: test.database(), statements: &STATEMENTS }, test)
}

sexton_testkit::conformance_suite!(fixture);
