use sexton_core::names::TableName;
use sexton_engine::ports::{DatabaseError, Violation};

use crate::files::{File, run};

const SCHEMA: &str = "
    CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
                         age INTEGER CONSTRAINT grown CHECK (age >= 18));
    CREATE TABLE pets (owner INTEGER REFERENCES people (id) ON DELETE RESTRICT);
    CREATE TABLE exact (n INTEGER) STRICT;
    INSERT INTO people VALUES (1, 'ada', 36), (2, 'bob', 40);
    INSERT INTO pets VALUES (2);
    CREATE TRIGGER keep_ada BEFORE DELETE ON people WHEN old.name = 'ada' BEGIN
        SELECT RAISE(ABORT, 'ada must stay');
    END";

async fn failure(sql: &str) -> DatabaseError {
    let file = File::with(SCHEMA).await;
    let mut change = file.change().await;
    run(&mut *change, sql).await.expect_err(sql)
}

#[tokio::test]
async fn each_constraint_is_a_violation_of_its_kind() {
    for (sql, expected, owner) in [
        ("UPDATE people SET age = 3", Violation::Check, None),
        ("UPDATE people SET name = NULL", Violation::NotNull, Some("people")),
        ("UPDATE people SET name = 'ada' WHERE id = 2", Violation::Unique, Some("people")),
        ("UPDATE people SET id = 1 WHERE id = 2", Violation::Unique, Some("people")),
        ("INSERT INTO pets VALUES (77)", Violation::Reference, None),
        ("DELETE FROM people WHERE id = 2", Violation::Reference, None),
        ("DELETE FROM people WHERE id = 1", Violation::Raised, None),
    ] {
        let error = failure(sql).await;
        let DatabaseError::Violation { kind, table, label, .. } = &error else {
            panic!("{sql}: {error:?}");
        };
        assert_eq!((*kind, label.as_str()), (expected, "test"), "{sql}: {error}");
        assert_eq!(*table, owner.map(TableName::local), "{sql}");
        assert!(!error.to_string().contains("ada"), "{error}");
    }
}

#[tokio::test]
async fn other_failures_have_their_branch() {
    for (sql, expected) in [
        ("DELETE FROM nobody", "Statement"),
        ("DELETE FROM people WHERE nose = 1", "Statement"),
        ("DELETE FORM people", "Statement"),
        ("INSERT INTO people (id, nose) VALUES (3, 4)", "Statement"),
        ("INSERT INTO exact VALUES ('x')", "BadValue"),
        ("INSERT INTO people (id, name) VALUES ('x', 'y')", "BadValue"),
        ("UPDATE people SET name = json('{ada')", "Failed"),
        ("SELECT abs(-9223372036854775808)", "Failed"),
    ] {
        let error = failure(sql).await;
        assert!(format!("{error:?}").starts_with(expected), "{sql}: {error:?}");
        assert!(!error.to_string().contains("{ada"), "{error}");
    }
}
