//! Files that may only be read. The tests leave their rights behind, because for the super-user
//! nothing is read-only: they run themselves again as nobody.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use sexton_core::sql::Scalar;
use sexton_engine::ports::{Database, DatabaseError, Mode};
use sexton_sqlite::SqliteDatabase;

use crate::files::{File, rows, run};

const FILE: &str = "SEXTON_TEST_READ_ONLY_FILE";
const NOBODY: u32 = 65_534;
/// Race: a program that is being written cannot run, and a child that another test starts
/// meanwhile keeps it open for writing.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Runs the test of this name in a process that may not write to the file.
fn without_rights(test: &str, file: &File, folder: u32) {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let program = std::env::current_exe().expect("this program has a path");
    let elsewhere = tempfile::tempdir().expect("a folder");
    allow(elsewhere.path(), 0o755);
    allow(&file.path, 0o444);
    allow(file.folder.path(), folder);
    let mut child;
    if std::fs::OpenOptions::new().write(true).open(&file.path).is_ok() {
        // Nobody may not be allowed into the folder where this program was built.
        let copy = elsewhere.path().join("test");
        std::fs::copy(program, &copy).expect("a copy of this program");
        child = Command::new(copy);
        child.uid(NOBODY).gid(NOBODY);
    } else {
        child = Command::new(program);
    }
    child.args(["--exact", test, "--nocapture"]).env(FILE, &file.path);
    let done = child.output().expect("the program runs once more");
    allow(file.folder.path(), 0o755);
    let [told, failed] =
        [done.stdout, done.stderr].map(|text| String::from_utf8(text).expect("text"));
    assert!(done.status.success() && told.contains("1 passed"), "{told}{failed}");
}

fn allow(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("rights can be set");
}

/// In the process without rights: the file to open.
fn given() -> Option<String> {
    std::env::var(FILE).ok()
}

async fn looks_and_does_not_change(address: &str) {
    let database = SqliteDatabase::open(address).await.expect("it opens");
    assert_eq!(database.schema().await.expect("its schema").tables.len(), 1);
    let mut look = database.begin(Mode::Look { budget: None }).await.expect("a snapshot");
    let read = rows(&mut *look, "SELECT a FROM t", Vec::new()).await.expect("its rows");
    assert_eq!(read, [[Scalar::Integer(7)]]);
    drop(look);
    let refused = match database.begin(Mode::Change).await {
        Ok(mut change) => run(&mut *change, "DELETE FROM t").await.map(|_| ()),
        Err(error) => Err(error),
    };
    assert!(matches!(refused, Err(DatabaseError::ReadOnly(_))), "{refused:?}");
    let refused = database.prepare_ledger().await;
    assert!(matches!(refused, Err(DatabaseError::ReadOnly(_))), "{refused:?}");
}

#[tokio::test]
async fn a_file_and_a_folder_without_rights_can_be_looked_at() {
    if let Some(file) = given() {
        return looks_and_does_not_change(&file).await;
    }
    for folder in [0o777, 0o555] {
        let file = File::with("CREATE TABLE t (a); INSERT INTO t VALUES (7)").await;
        file.write("PRAGMA journal_mode = DELETE").await;
        without_rights(
            "read_only::a_file_and_a_folder_without_rights_can_be_looked_at",
            &file,
            folder,
        );
    }
}

#[tokio::test]
async fn a_file_with_a_log_can_be_looked_at_where_its_log_can_be_made_or_is_there() {
    if let Some(file) = given() {
        return looks_and_does_not_change(&file).await;
    }
    let file = File::with("CREATE TABLE t (a); INSERT INTO t VALUES (7)").await;
    let test =
        "read_only::a_file_with_a_log_can_be_looked_at_where_its_log_can_be_made_or_is_there";
    // The application has the file open, so its log is there.
    let _application = file.look().await;
    without_rights(test, &file, 0o555);
}

#[tokio::test]
async fn a_file_whose_log_cannot_be_made_is_told_with_the_way_out() {
    if let Some(file) = given() {
        match SqliteDatabase::open(&file).await {
            Err(DatabaseError::Unreachable(why)) => {
                assert!(why.contains("write-ahead log"), "{why}");
            }
            other => panic!("{other:?}"),
        }
        return;
    }
    let file = File::with("CREATE TABLE t (a)").await;
    let alone = tempfile::tempdir().unwrap();
    let path = alone.path().join("app.db");
    file.write("PRAGMA wal_checkpoint(TRUNCATE)").await;
    std::fs::copy(&file.path, &path).unwrap();
    let copy = File { folder: alone, path, database: file.database };
    without_rights(
        "read_only::a_file_whose_log_cannot_be_made_is_told_with_the_way_out",
        &copy,
        0o555,
    );
}

#[tokio::test]
async fn an_address_may_ask_for_reading_only() {
    let file = File::with("CREATE TABLE t (a); INSERT INTO t VALUES (7)").await;
    looks_and_does_not_change(&format!("sqlite:{}?mode=ro", file.path.display())).await;
}
