//! The stamp differs when the shape does, and only then.

use sexton_core::names::TableName;
use sexton_engine::ports::{Database, Mode, SchemaStamp};
use sexton_testkit::postgres::TestDatabase;

const SETUP: &str = r#"
    CREATE SCHEMA other;
    CREATE TABLE parent (id int PRIMARY KEY, n int);
    CREATE TABLE "Child" (id int PRIMARY KEY, parent int REFERENCES parent);
    CREATE TABLE other.apart (id int, parent int);
    CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
"#;

async fn stamp(test: &TestDatabase) -> SchemaStamp {
    let tables = [TableName::local("parent"), TableName::local("Child")];
    let tx = test.database().begin(Mode::Look { budget: None }).await;
    let stamp = tx.expect("a look can begin").stamp(&tables).await;
    stamp.expect("the stamp can be read")
}

#[tokio::test]
async fn every_change_of_shape_changes_the_stamp() {
    let test = TestDatabase::bare().await;
    test.execute(SETUP).await;
    let mut before = stamp(&test).await;
    for change in [
        "ALTER TABLE parent ADD COLUMN added text",
        "ALTER TABLE parent DROP COLUMN added",
        "ALTER TABLE parent RENAME COLUMN n TO m",
        "ALTER TABLE parent ALTER COLUMN m TYPE bigint",
        "ALTER TABLE parent ALTER COLUMN m SET NOT NULL",
        "ALTER TABLE parent ADD CONSTRAINT positive CHECK (m > 0) NOT VALID",
        "ALTER TABLE parent VALIDATE CONSTRAINT positive",
        "ALTER TABLE other.apart ADD CONSTRAINT inbound FOREIGN KEY (parent) REFERENCES parent",
        "ALTER TABLE other.apart ALTER CONSTRAINT inbound DEFERRABLE",
        "ALTER TABLE other.apart DROP CONSTRAINT inbound",
        "CREATE INDEX sought ON \"Child\" (parent)",
        "DROP INDEX sought",
        "CREATE TRIGGER told AFTER DELETE ON parent EXECUTE FUNCTION nothing()",
        "CREATE OR REPLACE TRIGGER told BEFORE DELETE ON parent EXECUTE FUNCTION nothing()",
        "ALTER TABLE parent DISABLE TRIGGER told",
        "CREATE RULE kept AS ON DELETE TO parent DO INSTEAD NOTHING",
        "ALTER TABLE parent DISABLE RULE kept",
        "ALTER TABLE parent ENABLE ROW LEVEL SECURITY",
        "DROP TABLE \"Child\"",
    ] {
        test.execute(change).await;
        let after = stamp(&test).await;
        assert_ne!(after, before, "{change}");
        before = after;
    }
}

#[tokio::test]
async fn what_is_not_shape_leaves_the_stamp_alone() {
    let test = TestDatabase::bare().await;
    test.execute(SETUP).await;
    let before = stamp(&test).await;
    for change in [
        "INSERT INTO parent SELECT n, n FROM generate_series(1, 10000) AS n",
        "DELETE FROM parent WHERE id > 100",
        "ANALYZE",
        "VACUUM FULL parent",
        "REINDEX TABLE parent",
        "CREATE TABLE unrelated (id int)",
        "ALTER TABLE other.apart ADD COLUMN added text",
    ] {
        test.execute(change).await;
        assert_eq!(stamp(&test).await, before, "{change}");
    }
}

#[tokio::test]
async fn a_table_that_is_not_there_has_a_stamp_too() {
    let test = TestDatabase::bare().await;
    let before = stamp(&test).await;
    test.execute(SETUP).await;
    assert_ne!(stamp(&test).await, before);
}
