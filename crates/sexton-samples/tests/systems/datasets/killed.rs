//! A process that is killed while it removes objects, wherever it is: whoever comes next finishes it,
//! nothing is left over in a store or in a row, and nothing is counted that did not go.
//!
//! The process killed is this test binary itself, started once more with `entry` as its only test.

use std::collections::BTreeMap;
use std::env;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::Arc;

use sexton_core::audit::Receipt;
use sexton_core::names::DeletionId;
use sexton_core::objects::Removed;
use sexton_core::sweep::SweepReport;
use sexton_engine::ports::Database;
use sexton_engine::{DeleteError, DeleteRequest, Root, Surroundings, SweepRequest, System};
use sexton_postgres::PostgresDatabase;
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::interpose::{Interposed, Killer, Recorder, Watcher, last_words};

use super::{GENERATE_LYON, LYON_IQ, dataset_id, job};
use crate::place::{Place, root, with};
use crate::stores::{Objects, TestStores};

on_both_databases_with_objects!(
    sexton_samples::datasets;
    d32_a_job_whose_deletion_is_killed_anywhere_leaves_nothing_of_its_dataset,
    d32_an_audio_whose_deletion_is_killed_anywhere_leaves_no_file_and_no_chunk,
);

const DATABASE: &str = "SEXTON_KILLED_DATABASE";
const STORES: &str = "SEXTON_KILLED_STORES";
const ROOT: &str = "SEXTON_KILLED_ROOT";
const POINT: &str = "SEXTON_KILLED_POINT";

const SIGKILL: i32 = 9;
/// From here on the rows are gone.
const COMMITTED: &str = "after commit (change)";
/// So often it is killed at the points of one call to a store.
const OF_ONE_CALL: usize = 2;
/// More than two pages of a folder, and more than six of the double.
const MANY: usize = 2_200;

/// A prefix of many pages.
async fn d32_a_job_whose_deletion_is_killed_anywhere_leaves_nothing_of_its_dataset(place: Place) {
    killed_anywhere(place, "job").await;
}

/// A key, and a prefix.
async fn d32_an_audio_whose_deletion_is_killed_anywhere_leaves_no_file_and_no_chunk(place: Place) {
    killed_anywhere(place, "audio").await;
}

fn asked(thing: &str) -> DeleteRequest {
    let root: Root = match thing {
        "job" => with("delete_dataset", job("job", GENERATE_LYON)),
        _ => root("audio", "a0d10000-0000-4000-8000-000000000001"),
    };
    DeleteRequest { root, reason: None, bound_to: None }
}

/// Not a test of its own: what the killed process runs. Without the addresses it has nothing to
/// do.
#[tokio::test]
async fn entry() {
    let (Ok(address), Ok(stores), Ok(thing), Ok(point)) =
        (env::var(DATABASE), env::var(STORES), env::var(ROOT), env::var(POINT))
    else {
        return;
    };
    let (before, name) = point.split_once(' ').unwrap();
    let killer: Arc<dyn Watcher> = Arc::new(Killer::at_nth(name, before.parse().unwrap()));
    let addresses: Vec<(String, String)> =
        stores.lines().filter_map(|line| line.split_once(' ')).map(owned).collect();
    let system = system(&address, &addresses, &killer).await;
    delete(&system, &thing).await;
}

fn owned((name, address): (&str, &str)) -> (String, String) {
    (name.to_owned(), address.to_owned())
}

/// Rows go; objects are looked for once more, later.
async fn delete(system: &System, thing: &str) {
    match system.delete(&asked(thing)).await {
        Ok(_) | Err(DeleteError::Unreaped { .. }) => {}
        other => panic!("{other:?}"),
    }
}

async fn system(address: &str, stores: &[(String, String)], watcher: &Arc<dyn Watcher>) -> System {
    let policy = sexton_samples::datasets().read_policy().unwrap();
    let schema = policy.schema.as_ref().map(|schema| schema.value.clone());
    let database: Arc<dyn Database> = if address.starts_with("postgres:") {
        Arc::new(PostgresDatabase::connect(address, schema.as_deref()).unwrap())
    } else {
        Arc::new(SqliteDatabase::open(address).await.unwrap())
    };
    let database = Interposed::on(database).watched_by(Arc::clone(watcher));
    System::new(policy, Arc::new(database), Surroundings::of_this_machine(), None)
        .with_stores(TestStores::reached(stores, watcher))
}

/// What is there once nobody disturbed it.
struct Truth {
    objects: Objects,
    deleted: u64,
    sweep: SweepReport,
}

async fn killed_anywhere(first: Place, thing: &str) {
    let is_sqlite = first.is_sqlite();
    fill(&first, thing).await;
    let before = first.stores.objects();
    let recorder = Arc::new(Recorder::default());
    let watcher: Arc<dyn Watcher> = recorder.clone();
    delete(&system(&first.address(), &first.stores.addresses(), &watcher).await, thing).await;
    let points = points(&recorder);
    let receipt = comes_to_its_end(&first).await;
    let objects = first.stores.objects();
    let deleted = (before.len() - objects.len()) as u64;
    assert_eq!(all_gone(&receipt).deleted, deleted, "{:?}", receipt.objects_gone);
    let truth = Truth { objects, deleted, sweep: sweep(&first).await };
    drop(first);
    let mut killed = 0;
    for (name, number) in &points {
        let place = if is_sqlite {
            Place::on_sqlite_with_objects(sexton_samples::datasets()).await
        } else {
            Place::on_postgres_with_objects(sexton_samples::datasets()).await
        };
        fill(&place, thing).await;
        let point = format!("{number} {name}");
        if is_killed(&place, thing, &point).await {
            killed += 1;
        }
        let by_then = (before.len() - place.stores.objects().len()) as u64;
        is_whole(&place, &truth, by_then, &point).await;
    }
    // What runs side by side does not come in the same number each time.
    assert!(killed * 10 >= points.len() * 8, "killed at {killed} of {points:#?}");
    println!("killed at {killed} of {points:?}");
    let of_stores = points.iter().filter(|(name, _)| name.ends_with("(store)")).count();
    assert!(of_stores >= 3, "{points:#?}");
}

async fn fill(place: &Place, thing: &str) {
    place.execute("UPDATE models SET is_active = false").await;
    if let Some(double) = place.stores.double() {
        double.fail(|faults| faults.page_max = Some(if thing == "job" { 400 } else { 3 }));
    }
    let id = dataset_id(LYON_IQ);
    let many = if thing == "job" { MANY } else { 0 };
    let keys = (0..many).map(|number| format!("synthetic/{id}/many/{number:05}.npy"));
    place.stores.fill("iq", keys);
}

/// The ends of calls from the commit on, as nothing happens between one and the next beginning: of
/// those to stores, of those about promises, and whatever is written.
fn points(recorder: &Recorder) -> Vec<(String, usize)> {
    let (mut met, mut points) = (BTreeMap::<String, usize>::new(), Vec::new());
    let mut is_committed = false;
    for name in recorder.points() {
        let number = met.entry(name.clone()).or_default();
        is_committed |= name == COMMITTED;
        let of_a_store = name.ends_with("(store)");
        let is_wanted = of_a_store || name.contains("intent") || name.ends_with("commit (keep)");
        let times = if of_a_store { OF_ONE_CALL } else { 1 };
        if is_committed && is_wanted && name.starts_with("after") && *number < times {
            points.push((name, *number));
        }
        *number += 1;
    }
    points
}

/// Starts a process that is killed at this point, unless it does not come there.
async fn is_killed(place: &Place, thing: &str, point: &str) -> bool {
    let stores: Vec<String> =
        place.stores.addresses().into_iter().map(|(name, at)| format!("{name} {at}")).collect();
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "datasets::killed::entry", "--nocapture", "--test-threads=1"])
        .envs([(DATABASE, place.address()), (STORES, stores.join("\n"))])
        .envs([(ROOT, thing), (POINT, point)])
        .stdin(Stdio::null());
    // The double answers on this thread.
    let ended = tokio::task::spawn_blocking(move || command.output());
    let output = ended.await.unwrap().unwrap();
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let name = point.split_once(' ').unwrap().1;
    if output.status.signal() == Some(SIGKILL) {
        assert_eq!(last_words(&out), Some(name));
        return true;
    }
    assert!(output.status.success(), "{point}: {out}{}", String::from_utf8_lossy(&output.stderr));
    false
}

/// Others take over what it held, and look again when it is time.
async fn comes_to_its_end(place: &Place) -> Receipt {
    let deletions = if place.is_sqlite() { "sexton_deletions" } else { "sexton.deletions" };
    place.execute(&format!("UPDATE {deletions} SET leased_until = 0")).await;
    for _ in 0..3 {
        place.time_passes().await;
        place.work().await;
    }
    let id = place.column(&format!("SELECT id FROM {deletions}")).await.swap_remove(0).unwrap();
    place.receipt_of(&DeletionId::new(id)).await
}

async fn is_whole(place: &Place, truth: &Truth, by_then: u64, point: &str) {
    let receipt = comes_to_its_end(place).await;
    place.holds(&truth.objects);
    let all = all_gone(&receipt);
    assert_eq!(all.failed, 0, "{point}: {:?}", receipt.objects_gone);
    // What went and could not be noted any more is not counted: never more, and no less than that.
    let least = truth.deleted - by_then;
    let is_exact = (least..=truth.deleted).contains(&all.deleted);
    assert!(is_exact, "{point}: {} of {}, {by_then} by then", all.deleted, truth.deleted);
    let swept = sweep(place).await;
    for (found, expected) in swept.stores.iter().zip(&truth.sweep.stores) {
        assert_eq!(found.failure, None, "{point}");
        let told = (found.total, found.orphans, found.pending, &found.dangling);
        let wanted = (expected.total, expected.orphans, expected.pending, &expected.dangling);
        assert_eq!(told, wanted, "{point}");
    }
}

async fn sweep(place: &Place) -> SweepReport {
    let request = SweepRequest { stores: Vec::new(), older_than_secs: Some(0) };
    place.system().sweep(&request, &mut |_| {}).await.unwrap()
}

fn all_gone(receipt: &Receipt) -> Removed {
    let mut all = Removed::default();
    for removed in receipt.objects_gone.values().flat_map(BTreeMap::values) {
        all.merge(removed);
    }
    all
}
