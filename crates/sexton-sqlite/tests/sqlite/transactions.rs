use sexton_core::sql::Scalar;
use sexton_engine::ports::{Database, DatabaseError, Mode, Transient, Violation};
use sexton_sqlite::{SqliteDatabase, in_transaction};

use crate::files::{File, rows, run};

const FAMILY: &str = "
    CREATE TABLE parents (id INTEGER PRIMARY KEY);
    CREATE TABLE children (id INTEGER PRIMARY KEY,
                           parent INTEGER REFERENCES parents ON DELETE CASCADE);
    CREATE TABLE strict_children (parent INTEGER REFERENCES parents (id));
    INSERT INTO parents VALUES (1), (2), (3);
    INSERT INTO children VALUES (10, 1), (11, 1), (12, 2);
    INSERT INTO strict_children VALUES (3)";

async fn parents(file: &File) -> Scalar {
    file.one("SELECT count(*) FROM parents").await
}

#[tokio::test]
async fn dropped_is_rolled_back_and_so_is_asked_for() {
    let file = File::with(FAMILY).await;
    let mut change = file.change().await;
    run(&mut *change, "DELETE FROM parents WHERE id = 1").await.unwrap();
    drop(change);
    // The next one gets the connection only when the last one is undone.
    let mut change = file.change().await;
    assert_eq!(run(&mut *change, "DELETE FROM parents WHERE id = 2").await.unwrap(), 1);
    change.rollback().await.unwrap();
    assert_eq!(parents(&file).await, Scalar::Integer(3));
}

#[tokio::test]
async fn only_rows_of_the_statement_itself_are_counted() {
    let file = File::with(FAMILY).await;
    file.write(
        "CREATE TABLE log (id);
         CREATE TRIGGER t AFTER DELETE ON parents BEGIN
             INSERT INTO log VALUES (old.id), (old.id);
         END",
    )
    .await;
    let mut change = file.change().await;
    assert_eq!(run(&mut *change, "DELETE FROM parents WHERE id = 1").await.unwrap(), 1);
    assert_eq!(run(&mut *change, "DELETE FROM parents WHERE id = 77").await.unwrap(), 0);
    assert_eq!(run(&mut *change, "DELETE FROM children").await.unwrap(), 1);
    let logged = rows(&mut *change, "SELECT count(*) FROM log", Vec::new()).await.unwrap();
    assert_eq!(logged, [[Scalar::Integer(2)]]);
}

#[tokio::test]
async fn a_second_writer_is_told_of_a_lock_within_the_process_and_without() {
    let file = File::with(FAMILY).await;
    let change = file.change().await;
    let other = SqliteDatabase::open(file.path.to_str().unwrap()).await.unwrap();
    for database in [&file.database, &other] {
        let refused = database.begin(Mode::Keep).await.err().unwrap();
        assert!(
            matches!(refused, DatabaseError::Transient { kind: Transient::LockTimeout, .. }),
            "{refused}"
        );
    }
    change.commit().await.unwrap();
    other.begin(Mode::Change).await.unwrap();
}

#[tokio::test]
async fn a_reference_to_a_deleted_row_is_refused_at_once_or_when_relaxed_at_the_commit() {
    let file = File::with(FAMILY).await;
    let is_reference = |error: &DatabaseError| {
        matches!(error, DatabaseError::Violation { kind: Violation::Reference, .. })
            && !error.is_transient()
    };
    let mut change = file.change().await;
    let refused = run(&mut *change, "DELETE FROM parents WHERE id = 3").await.unwrap_err();
    assert!(is_reference(&refused), "{refused}");
    change.rollback().await.unwrap();

    let mut change = file.change().await;
    change.relax_constraints().await.unwrap();
    run(&mut *change, "DELETE FROM parents WHERE id = 3").await.unwrap();
    change.settle_constraints().await.unwrap();
    let refused = change.commit().await.unwrap_err();
    assert!(is_reference(&refused), "{refused}");
    assert_eq!(parents(&file).await, Scalar::Integer(3));

    // The relaxing ended with its transaction.
    let mut change = file.change().await;
    run(&mut *change, "DELETE FROM parents WHERE id = 3").await.unwrap_err();
    change.rollback().await.unwrap();

    let mut change = file.change().await;
    change.relax_constraints().await.unwrap();
    run(&mut *change, "DELETE FROM parents WHERE id = 3").await.unwrap();
    run(&mut *change, "DELETE FROM strict_children").await.unwrap();
    change.commit().await.unwrap();
    assert_eq!(parents(&file).await, Scalar::Integer(2));
}

#[tokio::test]
async fn a_full_file_is_told_and_the_next_transaction_works() {
    let file = File::with("CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(20000))").await;
    let mut change = file.change().await;
    rows(&mut *change, "PRAGMA max_page_count = 10", Vec::new()).await.unwrap();
    let full = run(&mut *change, "INSERT INTO t VALUES (zeroblob(100000))").await.unwrap_err();
    assert!(matches!(full, DatabaseError::Full(_)), "{full}");
    change.rollback().await.unwrap();

    let mut change = file.change().await;
    assert_eq!(run(&mut *change, "DELETE FROM t").await.unwrap(), 1);
    rows(&mut *change, "PRAGMA max_page_count = 100000", Vec::new()).await.unwrap();
    change.commit().await.unwrap();
    assert_eq!(file.one("SELECT count(*) FROM t").await, Scalar::Integer(0));
}

#[tokio::test]
async fn the_stamp_changes_with_the_schema_and_with_nothing_else() {
    let file = File::with("CREATE TABLE t (a)").await;
    let before = file.look().await.stamp(&[]).await.unwrap();
    file.write("INSERT INTO t VALUES (1)").await;
    assert_eq!(file.look().await.stamp(&[]).await.unwrap(), before);
    file.write("ALTER TABLE t ADD COLUMN b").await;
    assert_ne!(file.look().await.stamp(&[]).await.unwrap(), before);
}

#[tokio::test]
async fn a_lent_connection_is_changed_and_its_end_left_to_the_lender() {
    let file = File::with(FAMILY).await;
    for keep in [false, true] {
        let mut lender = file.stranger().await;
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut lender).await.unwrap();
        let mut lent = in_transaction(&mut lender).await.unwrap();
        run(&mut *lent, "DELETE FROM parents WHERE id = 1").await.unwrap();
        lent.commit().await.unwrap();
        let end = if keep { "COMMIT" } else { "ROLLBACK" };
        sqlx::raw_sql(end).execute(&mut lender).await.unwrap();
        assert_eq!(parents(&file).await, Scalar::Integer(if keep { 2 } else { 3 }));
    }
}

#[tokio::test]
async fn only_an_open_transaction_with_enforced_keys_is_entered() {
    let file = File::with(FAMILY).await;
    for (sql, words) in [
        ("SELECT 1", "no transaction has begun"),
        ("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE", "foreign_keys must be ON"),
    ] {
        let mut lender = file.stranger().await;
        sqlx::raw_sql(sql).execute(&mut lender).await.unwrap();
        let refused = in_transaction(&mut lender).await.err().unwrap();
        assert!(refused.to_string().contains(words), "{refused}");
    }
}

/// SQLite itself would let the second statement stand alone and commit at once.
#[tokio::test]
async fn after_a_failure_nothing_more_runs_and_nothing_commits() {
    let file = File::with(FAMILY).await;
    file.write(
        "CREATE TRIGGER all_or_nothing BEFORE DELETE ON strict_children BEGIN
             SELECT RAISE(ROLLBACK, 'no');
         END",
    )
    .await;
    let mut change = file.change().await;
    run(&mut *change, "DELETE FROM parents WHERE id = 1").await.unwrap();
    run(&mut *change, "DELETE FROM strict_children").await.unwrap_err();
    let refused = run(&mut *change, "DELETE FROM parents WHERE id = 2").await.unwrap_err();
    assert!(matches!(refused, DatabaseError::Failed { .. }), "{refused}");
    let refused = change.commit().await.unwrap_err();
    assert!(matches!(refused, DatabaseError::Failed { .. }), "{refused}");
    assert_eq!(parents(&file).await, Scalar::Integer(3));
    file.change().await.commit().await.unwrap();
}
