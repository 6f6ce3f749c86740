use sexton_core::sql::Scalar;
use sexton_engine::ports::{Database, DatabaseError, Mode};
use sexton_sqlite::SqliteDatabase;

use crate::files::{File, rows};

fn told(opened: Result<SqliteDatabase, DatabaseError>) -> String {
    match opened {
        Err(DatabaseError::Unreachable(why)) => why,
        other => panic!("opened, or refused in another way: {other:?}"),
    }
}

#[tokio::test]
async fn a_missing_file_is_named_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.db");
    let shown = path.to_str().unwrap();
    for address in [shown.to_owned(), format!("sqlite:{shown}"), format!("sqlite://{shown}")] {
        let why = told(SqliteDatabase::open(&address).await);
        assert!(why.contains("no file at") && why.contains(shown), "{why}");
    }
    assert!(!path.exists());
}

#[tokio::test]
async fn a_folder_and_a_text_file_are_told_apart_from_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let why = told(SqliteDatabase::open(folder.path().to_str().unwrap()).await);
    assert!(why.contains("is a directory"), "{why}");

    let letter = folder.path().join("letter.txt");
    std::fs::write(&letter, "Dear Sexton,\n".repeat(100)).unwrap();
    let why = told(SqliteDatabase::open(letter.to_str().unwrap()).await);
    assert!(why.contains("letter.txt") && why.contains("not a SQLite database"), "{why}");
}

#[tokio::test]
async fn every_form_of_an_address_opens_the_same_file() {
    let file = File::with("CREATE TABLE t (a); INSERT INTO t VALUES (7)").await;
    let path = file.path.to_str().unwrap();
    for address in [path.to_owned(), format!("sqlite:{path}"), format!("sqlite://{path}?mode=ro")] {
        let database = SqliteDatabase::open(&address).await.unwrap();
        let mut look = database.begin(Mode::Look { budget: None }).await.unwrap();
        let read = rows(&mut *look, "SELECT a FROM t", Vec::new()).await.unwrap();
        assert_eq!(read, [[Scalar::Integer(7)]], "{address}");
    }
}

/// FULL is 2, NORMAL is 1.
#[tokio::test]
async fn a_deletion_reaches_the_disk_and_bookkeeping_with_the_next_where_a_log_makes_that_safe() {
    let file = File::with("").await;
    let plain = file.folder.path().join("no-log.db");
    std::fs::write(&plain, "").unwrap();
    let plain = SqliteDatabase::open(plain.to_str().unwrap()).await.unwrap();
    for (database, mode, synchronous) in [
        (&file.database, Mode::Change, 2),
        (&file.database, Mode::Keep, 1),
        (&file.database, Mode::Change, 2),
        (&plain, Mode::Change, 2),
        (&plain, Mode::Keep, 2),
    ] {
        let mut tx = database.begin(mode).await.unwrap();
        let read = rows(&mut *tx, "PRAGMA synchronous", Vec::new()).await.unwrap();
        assert_eq!(read, [[Scalar::Integer(synchronous)]], "{mode:?}");
    }
}

#[tokio::test]
async fn the_journal_stays_as_the_file_has_it_and_only_a_new_file_gets_a_log() {
    let file = File::with("").await;
    assert_eq!(file.one("PRAGMA journal_mode").await, Scalar::text("wal"));

    let path = file.folder.path().join("plain.db");
    std::fs::write(&path, "").unwrap();
    let database = SqliteDatabase::open(path.to_str().unwrap()).await.unwrap();
    let mut change = database.begin(Mode::Change).await.unwrap();
    for (pragma, value) in [
        ("PRAGMA journal_mode", Scalar::text("delete")),
        ("PRAGMA synchronous", Scalar::Integer(2)),
        ("PRAGMA foreign_keys", Scalar::Integer(1)),
        ("PRAGMA busy_timeout", Scalar::Integer(500)),
    ] {
        let read = rows(&mut *change, pragma, Vec::new()).await.unwrap();
        assert_eq!(read, [[value]], "{pragma}");
    }
}
