//! Objects: which are named by rows, which stay because others name them, and what a deletion does
//! when a name cannot be made.

use std::collections::BTreeSet;
use std::sync::Arc;

use sexton_core::finding::Severity;
use sexton_core::names::StoreName;
use sexton_core::preview::BlockerKind;
use sexton_engine::ports::SystemClock;
use sexton_engine::{Budget, DeleteError, EngineError, Stores};
use sexton_stores::MemoryStore;
use sexton_testkit::interpose::Recorder;
use sexton_testkit::random::ground::Ground;
use tokio::sync::watch;

use stage::{BELOW, Stage, all_gone, keys, object, put, request, versions};

/// Makes a test of each function for each database.
macro_rules! on_both_databases {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test(sexton_testkit::random::ground::Ground::sqlite().await).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test(sexton_testkit::random::ground::Ground::postgres().await).await;
            })*
        }
    };
}

mod faults;
mod lost;
mod reapers;
mod stage;
mod telling;

on_both_databases!(
    objects_go_with_their_rows_and_no_others_do,
    a_value_that_would_lead_elsewhere_refuses_and_its_row_is_named,
    a_row_whose_value_is_null_names_nothing,
    a_prefix_as_wide_as_the_names_of_another_rule_refuses,
    what_rows_name_stays_by_key_by_address_and_by_folder,
    a_row_that_comes_to_name_an_object_after_the_commit_keeps_it,
    what_is_spared_is_told_though_others_had_to_be_tried_again,
    an_address_leads_to_the_store_that_it_names_and_none_that_is_not_the_policys,
    a_store_that_cannot_be_opened_refuses_before_anything,
    without_all_versions_they_stay_behind_a_marker,
    all_versions_go_where_the_policy_says_so,
    unfinished_uploads_below_a_prefix_are_ended,
    keys_that_are_not_there_are_counted_once,
    a_key_that_is_written_late_is_found_by_the_second_look,
    a_key_that_is_asked_for_late_is_asked_for_once,
    objects_of_a_hidden_row_that_stays_go_with_what_hangs_below,
);

/// Objects of the runs 10 and 11, which are those of the project 1.
fn is_of_one(key: &str) -> bool {
    key.starts_with("runs/10/") || key.starts_with("runs/11/")
}

async fn without_one(stage: &Stage) -> BTreeSet<String> {
    keys(&stage.files).await.into_iter().filter(|key| !is_of_one(key)).collect()
}

async fn objects_go_with_their_rows_and_no_others_do(ground: Ground) {
    let stage = Stage::new(ground, BELOW).await;
    let expected = without_one(&stage).await;
    let receipt = stage.delete("1").await.expect("nobody is in the way");
    assert_eq!(keys(&stage.files).await, expected);
    let gone = all_gone(&receipt);
    assert_eq!((gone.deleted, gone.absent, gone.failed), (6, 0, 0));
}

async fn a_value_that_would_lead_elsewhere_refuses_and_its_row_is_named(ground: Ground) {
    let rule = "
        [objects.files]
        of = \"runs\"
        store = \"files\"
        key = [\"runs/{name}/a\"]
        prefix = [\"named/{name}/\"]
        ";
    let mut stage = Stage::new(ground, rule).await;
    for name in ["a/b", "..", "x..y", ""] {
        stage.write(&format!("UPDATE runs SET name = '{name}' WHERE id = 11")).await;
        let (rows, objects) = (stage.dump().await, keys(&stage.files).await);
        let recorder = Arc::new(Recorder::default());
        let system = stage.another(Some(recorder.clone()));
        let preview = system.preview(&request("1").root, Budget::default()).await;
        let foretold = preview.expect("it answers").blockers;
        let refused = system.delete(&request("1")).await;
        let Err(DeleteError::Refused(refusal)) = refused else { panic!("{name}: {refused:?}") };
        assert_eq!(foretold, refusal.blockers, "{name}");
        let [blocker] = &refusal.blockers[..] else { panic!("{refusal:?}") };
        assert_eq!(
            (blocker.kind, &blocker.names[..]),
            (BlockerKind::Object, &["11".to_owned()][..])
        );
        assert_eq!((stage.dump().await, keys(&stage.files).await), (rows, objects), "{name}");
        assert_eq!(recorder.points(), [""; 0], "no store is asked");
    }
    stage.write("UPDATE runs SET name = 'x.y' WHERE id = 11").await;
    stage.delete("1").await.expect("the row is mended");
}

async fn a_row_whose_value_is_null_names_nothing(ground: Ground) {
    let rule = "
        [objects.files]
        of = \"runs\"
        store = \"files\"
        prefix = [\"named/{name}/\"]
        ";
    let stage = Stage::new(ground, rule).await;
    stage.write("UPDATE runs SET name = NULL WHERE id = 11").await;
    for key in ["named/ten/a", "named/a", "named//a", "named/NULL/a", "named/null/a"] {
        put(&stage.files, key);
    }
    let mut expected = keys(&stage.files).await;
    expected.remove("named/ten/a");
    stage.delete("1").await.expect("nobody is in the way");
    assert_eq!(keys(&stage.files).await, expected);
}

/// The project's slug is a folder of its own, and one calls itself like the folder of all runs.
async fn a_prefix_as_wide_as_the_names_of_another_rule_refuses(ground: Ground) {
    let rule = "
        [objects.logs]
        of = \"projects\"
        store = \"files\"
        prefix = [\"{slug}/\"]
        ";
    let mut stage = Stage::new(ground, &[BELOW, rule].concat()).await;
    stage.write("UPDATE projects SET slug = 'runs' WHERE id = 1").await;
    let found = stage.system.check().await.expect("it answers");
    let errors: Vec<_> = found.iter().filter(|found| found.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let (rows, objects) = (stage.dump().await, keys(&stage.files).await);
    let refused = stage.delete("1").await;
    let Err(DeleteError::Refused(refusal)) = refused else { panic!("{refused:?}") };
    let said = &refusal.blockers[0].message;
    assert!(said.contains("is as wide as `runs/`"), "{said}");
    assert_eq!((stage.dump().await, keys(&stage.files).await), (rows, objects));
    put(&stage.files, "two/log");
    stage.delete("2").await.expect("its slug leads nowhere else");
    assert!(!keys(&stage.files).await.contains("two/log"));
}

const UNLESS_NAMED: &str = "unless_named_by = [\"shelves.{path,other}\"]\n";

async fn what_rows_name_stays_by_key_by_address_and_by_folder(ground: Ground) {
    let stage = Stage::new(ground, &[BELOW, UNLESS_NAMED].concat()).await;
    stage
        .write(
            "INSERT INTO shelves VALUES (1, 'runs/10/a', NULL), (2, NULL, 'memory://files/runs/11/a'),
                (3, 'runs/11/b', 'memory://elsewhere/runs/10/b/c'), (4, 'runs/10/b/', 'RUNS/11/d e+ä%')",
        )
        .await;
    let mut expected = without_one(&stage).await;
    expected.extend(["runs/10/a", "runs/11/a", "runs/11/b/c", "runs/10/b/c"].map(str::to_owned));
    let receipt = stage.delete("1").await.expect("nobody is in the way");
    assert_eq!(keys(&stage.files).await, expected);
    let gone = all_gone(&receipt);
    assert_eq!((gone.deleted, gone.spared, gone.failed), (2, 4, 0));
}

async fn a_row_that_comes_to_name_an_object_after_the_commit_keeps_it(ground: Ground) {
    let stage = Stage::new(ground, &[BELOW, UNLESS_NAMED].concat()).await;
    let down = faults::Faulty::of("before list files (store)", faults::denied());
    let deleted = stage.another(Some(down)).delete(&request("1")).await;
    let id = stage::left(deleted);
    stage.write("INSERT INTO shelves VALUES (1, 'runs/10/a', NULL)").await;
    let mut expected = without_one(&stage).await;
    expected.insert("runs/10/a".to_owned());
    stage.a_day_passes().await;
    stage.work().await;
    assert_eq!(keys(&stage.files).await, expected);
    assert_eq!(all_gone(&stage.receipt(&id).await).spared, 1);
}

const NAMED: &str = "
    [objects.files]
    of = \"runs\"
    store = \"files\"
    key = [\"runs/{id}/a\", \"runs/{id}/b/c\"]
    ";

/// Of four keys one is spared, and one does not go at first.
async fn what_is_spared_is_told_though_others_had_to_be_tried_again(ground: Ground) {
    let stage = Stage::new(ground, &[NAMED, UNLESS_NAMED].concat()).await;
    stage.write("INSERT INTO shelves VALUES (1, 'runs/10/a', NULL)").await;
    let held = sexton_core::objects::ObjectVersion::current(object("runs/11/a"));
    stage.files.lock(held.clone());
    let id = stage.is_left("1").await;
    stage.files.unlock(&held);
    stage.a_day_passes().await;
    stage.work().await;
    let gone = all_gone(&stage.receipt(&id).await);
    assert_eq!((gone.deleted, gone.spared, gone.failed), (3, 1, 0), "{gone:?}");
    assert!(keys(&stage.files).await.contains("runs/10/a"));
}

async fn an_address_leads_to_the_store_that_it_names_and_none_that_is_not_the_policys(
    ground: Ground,
) {
    let rule = "
        [objects.logs]
        of = \"runs\"
        store = \"files\"
        uri = [\"{log|path}\"]
        ";
    let stage = Stage::new(ground, rule).await;
    stage
        .write(
            "INSERT INTO runs VALUES (12, 1, NULL, 'memory://logs/a b/12.log'),
                (13, 1, NULL, 'bare/13.log'), (14, 1, NULL, 's3://elsewhere/14.log')",
        )
        .await;
    let name = |name: &str| name.to_owned();
    for key in ["a b/12.log", "bare/13.log", "elsewhere/14.log", "14.log"] {
        put(&stage.logs, key);
        put(&stage.files, key);
    }
    let (mut files, mut logs) = (keys(&stage.files).await, keys(&stage.logs).await);
    assert!(files.remove("bare/13.log") && logs.remove("a b/12.log"));
    let receipt = stage.delete("1").await.expect("nobody is in the way");
    assert_eq!((keys(&stage.files).await, keys(&stage.logs).await), (files, logs));
    let gone = all_gone(&receipt);
    assert_eq!((gone.deleted, gone.failed), (2, 1));
    assert_eq!(gone.left[0].key, name("s3://elsewhere/14.log"));
}

async fn a_store_that_cannot_be_opened_refuses_before_anything(ground: Ground) {
    let mut stage = Stage::new(ground, BELOW).await;
    let rows = stage.dump().await;
    let closed = [
        (StoreName::new("files"), Err("its variable is not set".to_owned())),
        (StoreName::new("logs"), Err("it is not needed".to_owned())),
    ];
    let system = stage.with_stores(stage.system.database().clone(), Stores::of(closed));
    let refused = system.delete(&request("1")).await;
    let Err(DeleteError::Engine(EngineError::Policy(findings))) = refused else {
        panic!("{refused:?}")
    };
    let [finding] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!(finding.code, "C401");
    assert!(finding.message.contains("its variable is not set"), "{finding:?}");
    assert_eq!(stage.dump().await, rows);
    let stored = system.statuses(10).await.expect("it answers");
    assert_eq!(stored.len(), 0, "not even a deletion is stored");
}

async fn with_versions(ground: Ground, rules: &str) -> Stage {
    let files = MemoryStore::with_versions(Arc::new(SystemClock));
    let stage = Stage::with_files(ground, rules, files).await;
    put(&stage.files, "runs/10/a");
    put(&stage.files, "runs/20/a");
    stage
}

async fn without_all_versions_they_stay_behind_a_marker(ground: Ground) {
    let stage = with_versions(ground, BELOW).await;
    let (current, before) = (without_one(&stage).await, versions(&stage.files).await.len());
    let receipt = stage.delete("1").await.expect("nobody is in the way");
    assert_eq!(keys(&stage.files).await, current);
    assert_eq!(versions(&stage.files).await.len(), before + 6, "a marker for each");
    let gone = all_gone(&receipt);
    assert_eq!((gone.hidden, gone.deleted), (6, 0));
}

async fn all_versions_go_where_the_policy_says_so(ground: Ground) {
    let stage = with_versions(ground, &[BELOW, "versions = \"all\"\n"].concat()).await;
    let mut expected = versions(&stage.files).await;
    expected.retain(|key| !is_of_one(key));
    let receipt = stage.delete("1").await.expect("nobody is in the way");
    assert_eq!(versions(&stage.files).await, expected);
    assert_eq!(all_gone(&receipt).deleted, 7);
}

async fn unfinished_uploads_below_a_prefix_are_ended(ground: Ground) {
    let stage = Stage::new(ground, BELOW).await;
    for key in ["runs/10/upload", "runs/11/upload", "runs/20/upload", "runs/10-upload"] {
        stage.files.begin_upload(&object(key));
    }
    let receipt = stage.delete("1").await.expect("nobody is in the way");
    assert_eq!(all_gone(&receipt).uploads, 2);
    assert_eq!(stage.files.uploads_under_way(), ["runs/10-upload", "runs/20/upload"]);
}

/// The store fails once in the middle of it.
async fn keys_that_are_not_there_are_counted_once(ground: Ground) {
    let rule = NAMED.replace("\"runs/{id}/b/c\"", "\"runs/{id}/nothing\"");
    let stage = Stage::new(ground, &rule).await;
    let down = faults::Faulty::of("before remove files (store)", faults::denied());
    let id = stage::left(stage.another(Some(down)).delete(&request("1")).await);
    stage.a_day_passes().await;
    stage.work().await;
    let gone = all_gone(&stage.receipt(&id).await);
    assert_eq!((gone.deleted, gone.absent, gone.failed), (2, 2, 0), "{gone:?}");
}

/// One archive of each run, and where its row says that its log is.
const LATE: &str = "
    [objects.files]
    of = \"runs\"
    store = \"files\"
    key = [\"archives/{id}.zip\"]
    uri = [\"{log|path}\"]
    look_again = \"15m\"
    ";

async fn a_key_that_is_written_late_is_found_by_the_second_look(ground: Ground) {
    let stage = Stage::new(ground, LATE).await;
    stage.write("UPDATE runs SET log = 'logs/10' WHERE id = 10").await;
    let others = keys(&stage.files).await;
    for key in ["archives/10.zip", "logs/10"] {
        put(&stage.files, key);
    }
    let id = stage.is_left("1").await;
    assert_eq!(keys(&stage.files).await, others, "what is there goes at once");
    for key in ["archives/10.zip", "archives/11.zip", "logs/10"] {
        put(&stage.files, key);
    }
    stage.work().await;
    assert_eq!(keys(&stage.files).await.len(), others.len() + 3, "it is not time yet");
    stage.a_day_passes().await;
    let worked = stage.work().await;
    assert_eq!(worked.failed, []);
    assert_eq!(keys(&stage.files).await, others);
    let gone = all_gone(&stage.receipt(&id).await);
    // The archive of 11 was not there, then it was.
    assert_eq!((gone.deleted, gone.absent, gone.failed), (5, 1, 0));
}

/// Nobody came to it before the time of the second look: the first is late enough.
async fn a_key_that_is_asked_for_late_is_asked_for_once(ground: Ground) {
    let stage = Stage::new(ground, LATE).await;
    for key in ["archives/10.zip", "archives/11.zip"] {
        put(&stage.files, key);
    }
    let down = faults::Faulty::of("before remove files (store)", faults::denied());
    let id = stage::left(stage.another(Some(down)).delete(&request("1")).await);
    stage.a_day_passes().await;
    let recorder = Arc::new(Recorder::default());
    let worked = stage.another(Some(recorder.clone())).work(&watch::channel(false).1).await;
    assert_eq!(worked.expect("it answers").settled.len(), 1);
    let heads = recorder.points().into_iter().filter(|point| point == "before head files (store)");
    assert_eq!(heads.count(), 2);
    assert_eq!(all_gone(&stage.receipt(&id).await).deleted, 2);
}

/// The project is hidden by its slug, and stays.
async fn objects_of_a_hidden_row_that_stays_go_with_what_hangs_below(ground: Ground) {
    let rules = "
        [things.project.hide]
        set = { slug = \"gone\" }
        [things.project.purge]
        root = \"keep\"
        [objects.icons]
        of = \"projects\"
        store = \"logs\"
        key = [\"icons/{id}\"]
        ";
    let mut stage = Stage::new(ground, &[rules, BELOW].concat()).await;
    for icon in ["icons/1", "icons/2"] {
        put(&stage.logs, icon);
    }
    let before = keys(&stage.files).await;
    let receipt = stage.delete("1").await.expect("nobody is in the way");
    assert_eq!((receipt.rows(), receipt.record.hidden["project"]), (0, 1));
    assert_eq!((keys(&stage.files).await, keys(&stage.logs).await.len()), (before, 2));
    let purged = stage.system.purge(&watch::channel(false).1).await.expect("it answers");
    assert_eq!((purged.rows, purged.waiting.len()), (2, 0));
    stage.work().await;
    assert_eq!(keys(&stage.files).await, without_one(&stage).await);
    let left = keys(&stage.logs).await;
    assert_eq!(left, BTreeSet::from(["icons/2".to_owned()]));
    assert_eq!(stage.dump().await["projects"].len(), 3);
}
