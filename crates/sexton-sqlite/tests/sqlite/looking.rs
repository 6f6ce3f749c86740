use std::time::Duration;

use sexton_core::sql::Scalar;
use sexton_engine::ports::{Database, DatabaseError, Mode};

use crate::files::{File, rows, run};

/// Counts to a number that takes minutes to reach.
const ENDLESS: &str = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
                       SELECT count(*) FROM n WHERE x < 0";

#[tokio::test]
async fn a_look_cannot_write_and_leaves_nothing_behind_that_forbids_it() {
    let file = File::with("CREATE TABLE t (a)").await;
    let mut look = file.look().await;
    let refused = run(&mut *look, "INSERT INTO t VALUES (1)").await;
    assert!(matches!(refused, Err(DatabaseError::ReadOnly(_))), "{refused:?}");
    drop(look);
    file.look().await.commit().await.unwrap();

    let mut change = file.change().await;
    assert_eq!(run(&mut *change, "INSERT INTO t VALUES (1)").await.unwrap(), 1);
    change.commit().await.unwrap();
    assert_eq!(file.one("SELECT count(*) FROM t").await, Scalar::Integer(1));
}

#[tokio::test]
async fn a_look_sees_one_moment_that_begins_with_it() {
    let file = File::with("CREATE TABLE t (a)").await;
    let mut look = file.look().await;
    file.write("INSERT INTO t VALUES (1)").await;
    let seen = rows(&mut *look, "SELECT count(*) FROM t", Vec::new()).await.unwrap();
    assert_eq!(seen, [[Scalar::Integer(0)]]);
    assert_eq!(file.one("SELECT count(*) FROM t").await, Scalar::Integer(1));
}

#[tokio::test]
async fn a_statement_ends_with_its_budget() {
    let file = File::with("CREATE TABLE t (a)").await;
    let budget = Some(Duration::from_millis(50));
    let mut look = file.database.begin(Mode::Look { budget }).await.unwrap();
    let ended = rows(&mut *look, ENDLESS, Vec::new()).await;
    assert!(
        matches!(&ended, Err(DatabaseError::Timeout { label }) if label == "test"),
        "{ended:?}"
    );
}

/// Together the statements take far more than one may.
#[tokio::test]
async fn each_statement_has_the_whole_budget() {
    let file = File::with("CREATE TABLE t (a)").await;
    let budget = Some(Duration::from_secs(1));
    let mut look = file.database.begin(Mode::Look { budget }).await.unwrap();
    let started = tokio::time::Instant::now();
    while started.elapsed() < Duration::from_millis(1_500) {
        let counting =
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 50000)
                        SELECT count(*) FROM n";
        let counted = rows(&mut *look, counting, Vec::new()).await.unwrap();
        assert_eq!(counted, [[Scalar::Integer(50_000)]]);
    }
}

#[tokio::test]
async fn a_look_that_is_dropped_in_the_middle_frees_its_connection() {
    let file = File::with("CREATE TABLE t (a)").await;
    let budget = Some(Duration::from_hours(1));
    // More than there are connections to look with.
    for _ in 0..5 {
        let mut look = file.database.begin(Mode::Look { budget }).await.unwrap();
        let cut_off =
            tokio::time::timeout(Duration::from_millis(20), rows(&mut *look, ENDLESS, Vec::new()));
        cut_off.await.unwrap_err();
    }
    assert_eq!(file.one("SELECT count(*) FROM t").await, Scalar::Integer(0));
    assert_eq!(file.database.schema().await.unwrap().tables.len(), 1);
}

#[tokio::test]
async fn preparing_finds_what_is_wrong_and_runs_nothing() {
    let file = File::with("CREATE TABLE t (a); INSERT INTO t VALUES (1)").await;
    file.database.prepare("DELETE FROM t WHERE a = ?1").await.unwrap();
    file.database
        .prepare("SELECT a FROM t WHERE a IN (SELECT value FROM json_each(?1))")
        .await
        .unwrap();
    for (sql, words) in [
        ("DELETE FROM none", "no such table: none"),
        ("SELECT b FROM t", "no such column: b"),
        ("SELEC a FROM t", "syntax error"),
        ("SELECT nope(a) FROM t", "no such function: nope"),
        ("SELECT a FROM t WHERE (a", "incomplete input"),
    ] {
        match file.database.prepare(sql).await {
            Err(DatabaseError::Statement { detail, .. }) => {
                assert!(detail.contains(words), "{detail}");
            }
            other => panic!("{sql}: {other:?}"),
        }
    }
    assert_eq!(file.one("SELECT count(*) FROM t").await, Scalar::Integer(1));
}
