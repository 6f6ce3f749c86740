//! What only a folder does: links, odd names, empty folders, rights.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sexton_core::objects::{ObjectKey, ObjectVersion, Outcome};
use sexton_engine::ports::store::{Contents, Listing, Page, Right, Scope, Start};
use sexton_engine::ports::{Store, StoreError};
use sexton_stores::FolderStore;
use tempfile::TempDir;

fn objects(keys: &[&str]) -> Vec<ObjectVersion> {
    let object = |key: &&str| ObjectVersion::current(ObjectKey::new(*key).expect("a key"));
    keys.iter().map(object).collect()
}

fn folder(files: &[&str]) -> (TempDir, FolderStore) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = FolderStore::open(folder.path()).expect("the folder");
    for object in objects(files) {
        store.put(&object.key, b"x").expect("a file");
    }
    (folder, store)
}

async fn remove(store: &FolderStore, keys: &[&str]) -> Vec<Outcome> {
    store.remove(&objects(keys)).await.expect("an answer")
}

async fn list(store: &FolderStore, prefix: &str) -> Page {
    let (prefix, start, scope) = (prefix.to_owned(), Start::First, Scope::Current);
    let asked = Listing { prefix, start, objects_max: 100, scope, fold: false };
    store.list(&asked).await.expect("a page")
}

fn is_unreadable(outcome: &Outcome, word: &str) -> bool {
    matches!(outcome, Outcome::Unreadable { reason } if reason.contains(word))
}

#[tokio::test]
async fn folders_that_got_empty_go_and_the_stores_own_stays() {
    let (folder, store) = folder(&["a/b/c/1", "a/b/c/2", "a/d", "e/f/1"]);
    assert!(remove(&store, &["a/b/c/1", "e/f/1"]).await.iter().all(Outcome::is_gone));
    assert!(folder.path().join("a/b/c").exists());
    assert!(!folder.path().join("e").exists());
    remove(&store, &["a/b/c/2"]).await;
    assert!(!folder.path().join("a/b").exists());
    remove(&store, &["a/d"]).await;
    assert_eq!(fs::read_dir(folder.path()).expect("the store's own folder").count(), 0);
}

#[tokio::test]
async fn links_are_never_followed() {
    let (outside, _) = folder(&["d/f", "f"]);
    let (inside, store) = folder(&["real/f"]);
    symlink(outside.path().join("d"), inside.path().join("d")).expect("a link");
    symlink(outside.path().join("f"), inside.path().join("f")).expect("a link");
    symlink(inside.path().join("real"), inside.path().join("same")).expect("a link");
    let outcomes = remove(&store, &["d/f", "f", "same/f"]).await;
    assert!(outcomes.iter().all(|outcome| is_unreadable(outcome, "link")), "{outcomes:?}");
    assert!(outside.path().join("d/f").exists() && outside.path().join("f").exists());
    assert!(inside.path().join("real/f").exists() && inside.path().join("f").exists());
    let page = list(&store, "").await;
    assert_eq!(page.objects.len(), 1);
    let places: Vec<_> = page.obstacles.iter().map(|obstacle| obstacle.place.as_str()).collect();
    assert_eq!(places, ["d", "f", "same"]);
    assert_eq!(list(&store, "d/").await.obstacles.len(), 1);
    let key = &objects(&["d/f"])[0].key;
    assert_eq!(store.get(key, 10).await, Ok(Contents::Absent));
}

/// Somebody swaps a folder for a link that leads out, again and again, while files of that folder
/// are removed: no file outside may go.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_swapped_in_meanwhile_leads_nowhere() {
    let (outside, _) = folder(&["d/f"]);
    let (inside, store) = folder(&["d/f"]);
    let stop = Arc::new(AtomicBool::new(false));
    let swapping = {
        let (inside, outside) = (inside.path().to_owned(), outside.path().join("d"));
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || {
            let (d, kept) = (inside.join("d"), inside.join("kept"));
            fs::create_dir_all(&kept).expect("a folder");
            let mut swaps = 0;
            while !stop.load(Ordering::Relaxed) {
                // Order: `d` is a link out half of the time, and a folder with the file else.
                let _ = fs::remove_dir_all(&d);
                symlink(&outside, &d).expect("a link");
                fs::remove_file(&d).expect("the link");
                let _ = fs::create_dir(&d);
                let _ = fs::write(d.join("f"), "x");
                std::thread::yield_now();
                swaps += 1;
            }
            swaps
        })
    };
    let (mut gone, mut tried) = (0, 0);
    // Until it was met as a folder often enough, too, however busy the machine is.
    while tried < 3000 || (gone < 20 && tried < 1_000_000) {
        tried += 1;
        gone += usize::from(remove(&store, &["d/f"]).await == [Outcome::Deleted]);
        assert!(outside.path().join("d/f").exists());
    }
    stop.store(true, Ordering::Relaxed);
    let swaps = swapping.join().expect("it swaps");
    println!("{gone} removed during {swaps} swaps");
    assert!(gone > 0 && swaps > 0);
}

#[tokio::test]
async fn keys_that_no_file_can_have_say_so() {
    let (_folder, store) = folder(&["b"]);
    for (key, word) in [
        ("a/../b", "`..`"),
        ("./b", "`.`"),
        ("/b", "empty"),
        ("a//b", "empty"),
        ("b/", "empty"),
        ("b\0", "NUL"),
        (&"n".repeat(256), "255"),
    ] {
        let outcomes = remove(&store, &[key]).await;
        assert!(is_unreadable(&outcomes[0], word), "{key}: {outcomes:?}");
    }
    assert_eq!(list(&store, "").await.objects.len(), 1);
}

#[tokio::test]
async fn what_is_no_object_is_in_the_way_and_stays() {
    use std::os::unix::ffi::OsStrExt as _;
    let (folder, store) = folder(&["p/a", "p/z"]);
    let odd = std::ffi::OsStr::from_bytes(b"m\xFFm");
    fs::write(folder.path().join("p").join(odd), "x").expect("a file");
    std::os::unix::net::UnixListener::bind(folder.path().join("p/socket")).expect("a socket");
    fs::create_dir(folder.path().join("p/empty")).expect("a folder");
    let page = list(&store, "p/").await;
    assert_eq!(page.objects.len(), 2);
    let reasons: Vec<_> = page.obstacles.iter().map(|found| found.reason.as_str()).collect();
    assert_eq!(reasons, ["its name is not UTF-8", "it is a socket and no file"]);
    assert!(is_unreadable(&remove(&store, &["p/socket"]).await[0], "socket"));
    assert_eq!(remove(&store, &["p/empty"]).await, [Outcome::Absent]);
}

#[test]
fn what_is_no_folder_is_no_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("a file");
    for path in [&file, &folder.path().join("none")] {
        let refused = FolderStore::open(path).map(drop);
        assert!(matches!(refused, Err(StoreError::Missing(_))), "{refused:?}");
    }
    let refused = FolderStore::open(Path::new("/")).map(drop);
    assert!(matches!(refused, Err(StoreError::Denied { .. })), "{refused:?}");
}

const AS_NOBODY: &str = "SEXTON_TEST_AS_NOBODY";

/// Rights mean nothing to root, so this test starts itself again as nobody.
#[tokio::test]
async fn a_right_that_is_missing_is_told_for_its_keys_only() {
    if let Some(path) = std::env::var_os(AS_NOBODY) {
        return without_rights(Path::new(&path)).await;
    }
    let (folder, _) = folder(&["open/1", "closed/1", "closed/2"]);
    let everybody = |path: &str, mode| {
        let path = folder.path().join(path);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("rights");
    };
    everybody("", 0o777);
    everybody("open", 0o777);
    everybody("closed", 0o555);
    let is_root = fs::write("/proc/self/comm", "stores").is_ok()
        && fs::metadata("/proc/self").is_ok_and(|own| {
            use std::os::unix::fs::MetadataExt as _;
            own.uid() == 0
        });
    if !is_root {
        return without_rights(folder.path()).await;
    }
    let mut again = Command::new(std::env::current_exe().expect("this program"));
    again.args(["--exact", "folder::a_right_that_is_missing_is_told_for_its_keys_only"]);
    let again = again.env(AS_NOBODY, folder.path()).uid(65534).gid(65534).output();
    let again = again.expect("this program starts");
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stdout));
}

async fn without_rights(path: &Path) {
    let store = FolderStore::open(path).expect("the folder");
    let outcomes = remove(&store, &["closed/1", "open/1", "closed/3", "closed/2"]).await;
    let [first, open, none, second] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert!(matches!((first, second), (Outcome::Denied { .. }, Outcome::Denied { .. })));
    assert_eq!((open, none), (&Outcome::Deleted, &Outcome::Absent));
    assert!(path.join("closed/2").exists());
    let closed = FolderStore::open(&path.join("closed")).expect("the folder");
    let probe = closed.probe().await.expect("an answer");
    assert_eq!(probe.list, Right::Granted);
    assert!(matches!(probe.remove, Right::Refused(_)), "{probe:?}");
}
