use std::sync::Arc;

use sexton_engine::ports::DatabaseError;
use sexton_sqlite::SqliteState;
use sexton_testkit::conformance::state::StateSubject;
use tempfile::TempDir;

async fn fixture() -> (StateSubject, TempDir) {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let path = folder.path().join("state.db");
    let address = path.to_str().expect("a temporary folder's name is UTF-8");
    let state = SqliteState::open_or_create(address).await.expect("the folder can be written");
    (StateSubject { state: Arc::new(state) }, folder)
}

sexton_testkit::state_conformance_suite!(fixture);

/// What it holds cannot be used to sign in, but it names what is in the systems.
#[cfg(unix)]
#[tokio::test]
async fn the_file_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt;

    let (subject, folder) = fixture().await;
    subject.state.prepare().await.expect("a new file can be written");
    let mut files = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?} {mode:o}", entry.file_name());
        files += 1;
    }
    assert!(files > 1, "its log is there, too");
}

#[tokio::test]
async fn a_file_where_none_can_be_made_is_named() {
    let opened = SqliteState::open_or_create("/nowhere/state.db").await;
    let Err(DatabaseError::Unreachable(why)) = opened else { panic!("{opened:?}") };
    assert!(why.starts_with("/nowhere/state.db: "), "{why}");
}

/// The same file may hold a system's tables: they do not meet.
#[tokio::test]
async fn it_may_share_a_file_with_a_ledger() {
    use sexton_engine::ports::Database as _;
    use sexton_sqlite::SqliteDatabase;

    let (subject, folder) = fixture().await;
    let path = folder.path().join("state.db");
    let database = SqliteDatabase::open(path.to_str().unwrap()).await.unwrap();
    database.prepare_ledger().await.unwrap();
    subject.state.prepare().await.unwrap();
    assert!(database.schema().await.unwrap().tables.is_empty(), "they are no part of a system");
}
