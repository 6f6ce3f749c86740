//! Working inside a transaction of the caller.

use sexton_engine::ports::{DatabaseError, Query};
use sexton_postgres::in_transaction;
use sexton_testkit::postgres::TestDatabase;
use sqlx::{Connection, Row};

fn query(sql: &str) -> Query<'_> {
    Query { label: "try", sql, args: vec![], general: false }
}

#[tokio::test]
async fn the_caller_alone_decides_and_finds_the_settings_again() {
    let test = TestDatabase::bare().await;
    test.execute("CREATE SCHEMA app; CREATE TABLE app.t (id int)").await;
    let mut session = test.session().await;
    session.execute("SET search_path = app, public; SET lock_timeout = '7s'").await;
    let mut theirs = session.connection().begin().await.unwrap();

    let mut tx = in_transaction(&mut theirs, Some("app")).await.unwrap();
    assert!(tx.session().is_some());
    tx.run(query("INSERT INTO t VALUES (1)")).await.unwrap();
    let inside = tx
        .rows(query("SELECT current_setting('search_path'), current_setting('lock_timeout')"))
        .await
        .unwrap();
    assert_eq!(inside.concat()[0].to_string(), "\"app\", pg_temp");
    assert_eq!(inside.concat()[1].to_string(), "500ms");
    tx.commit().await.unwrap();

    let row = sqlx::query("SELECT current_setting('search_path'), current_setting('lock_timeout')")
        .fetch_one(&mut *theirs)
        .await
        .unwrap();
    assert_eq!((row.get::<&str, _>(0), row.get::<&str, _>(1)), ("app, public", "7s"));
    theirs.rollback().await.unwrap();
    assert!(test.query("SELECT id FROM app.t").await.is_empty(), "the caller took it back");
}

#[tokio::test]
async fn a_rollback_of_ours_takes_nothing_of_the_callers_back() {
    let test = TestDatabase::bare().await;
    test.execute("CREATE TABLE t (id int)").await;
    let mut session = test.session().await;
    let mut theirs = session.connection().begin().await.unwrap();
    sqlx::query("INSERT INTO t VALUES (1)").execute(&mut *theirs).await.unwrap();
    let tx = in_transaction(&mut theirs, None).await.unwrap();
    tx.rollback().await.unwrap();
    theirs.commit().await.unwrap();
    assert_eq!(test.query("SELECT id FROM t").await.len(), 1);
}

#[tokio::test]
async fn after_a_failure_only_the_caller_can_roll_back() {
    let test = TestDatabase::bare().await;
    let mut session = test.session().await;
    let mut theirs = session.connection().begin().await.unwrap();
    let mut tx = in_transaction(&mut theirs, None).await.unwrap();
    tx.run(query("SELECT 1 / 0")).await.unwrap_err();
    tx.rollback().await.unwrap();
    theirs.rollback().await.unwrap();
    assert_eq!(session.query("SHOW lock_timeout").await.concat(), [Some("0".to_owned())]);
}

#[tokio::test]
async fn a_stricter_level_is_refused() {
    let test = TestDatabase::bare().await;
    let mut session = test.session().await;
    let strict = "BEGIN ISOLATION LEVEL SERIALIZABLE";
    let mut theirs = session.connection().begin_with(strict).await.unwrap();
    let error = in_transaction(&mut theirs, None).await.err().unwrap();
    assert!(matches!(error, DatabaseError::Failed { .. }), "{error:?}");
    assert!(error.to_string().contains("serializable"), "{error}");
}
