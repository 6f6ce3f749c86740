//! Many processes delete at once, the same roots and others, while workers are at work.

use std::process::{Child, Stdio};
use std::thread;

use sexton_testkit::spoken::Spoken;

use super::{is_sound, sample, whole};
use crate::place::Place;
use crate::program::{Said, program};

on_both_databases!(of_many_processes_one_deletes_each_root_while_workers_run);

const ROOTS: [&str; 3] = ["winter", "spare", "huge"];
/// How many processes delete each of them.
const EACH: usize = 4;
/// Jobs of another batch, which goes on all the time.
const OTHERS: usize = 600;

/// More than ten thousand that wait.
const MANY_JOBS: &str = "
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10500)
    INSERT INTO jobs (id, domain_id, domain, batch_id, status, created_at)
    SELECT 'huge-more-' || n, d.id, d.name, 'huge', 'paused', '2026-11-01T00:00:00Z'
    FROM numbers CROSS JOIN (SELECT id, name FROM domains ORDER BY id LIMIT 1) d";

/// B26c, B26d. In the end the other batch is deleted too, and what all of them left is nothing.
async fn of_many_processes_one_deletes_each_root_while_workers_run(place: Place) {
    whole(&place);
    // What waits in the seed is out of the way.
    ends_well(act(&place, "work", &["--until-idle"]));
    let before = place.dump().await;
    let held = one_at_work_in_each(&place).await;
    let jobs = OTHERS.to_string();
    ends_well(act(&place, "submit", &["--name", "others", "--jobs", &jobs, "--seed", "7"]));
    let free = ["x", "y"].map(|worker| {
        let words = ["--until-idle", "--worker", worker, "--steps", "9"];
        let mut process = act(&place, "work", &words);
        process.says("done");
        process
    });

    let deleting: Vec<(&str, Child)> =
        (0..EACH).flat_map(|_| ROOTS).map(|root| (root, deletes(&place, root))).collect();
    let asked = "SELECT count(*) FROM jobs WHERE status = 'running' AND cancel_requested = 1";
    while place.number(asked).await < 3 {
        tokio::task::yield_now().await;
    }
    assert!(place.number("SELECT count(*) FROM jobs WHERE batch_id = 'others'").await > 0);
    let ending = held.map(|mut worker| thread::spawn(move || worker.runs_out()));
    let ended: Vec<(&str, Said)> = deleting
        .into_iter()
        .map(|(root, process)| (root, process.wait_with_output().expect("it ends by itself")))
        .map(|(root, output)| (root, Said::of(output)))
        .collect();
    for worker in ending {
        worker.join().expect("it comes to its end");
    }
    free.into_iter().for_each(ends_well);

    for root in ROOTS {
        let of_root = ended.iter().filter(|(of, _)| *of == root);
        let done = of_root.clone().filter(|(_, said)| said.code == 0).count();
        assert_eq!(done, 1, "{root}");
        of_root.for_each(|(_, said)| is_no_surprise(said));
    }
    let runs = "SELECT count(*) FROM runs WHERE batch_id = 'others' AND status = 'succeeded'";
    assert_eq!(place.number(runs).await, i64::try_from(OTHERS).expect("a small number"));
    is_sound(&place).await;
    let last = deletes(&place, "others").wait_with_output().expect("it ends by itself");
    Said::of(last).expect(0);
    assert!(place.dump().await == before, "something is left, or went that should have stayed");
    assert_eq!(place.records(), ROOTS.len() + 1);
    place.sexton(&["audit", "verify"]).expect(0);
}

/// The first job of each batch is at work, and its worker holds still; all others wait.
async fn one_at_work_in_each(place: &Place) -> [Spoken; 3] {
    let held = ROOTS.map(|root| {
        ends_well(act(place, "submit", &["--name", root, "--jobs", "1"]));
        let words = ["--until-idle", "--step-by-step", "--worker", root];
        let mut worker = act(place, "work", &words);
        worker.steps_to("write");
        worker.go();
        worker.steps_to("heartbeat");
        worker
    });
    place.execute(MANY_JOBS).await;
    held
}

fn act(place: &Place, act: &str, words: &[&str]) -> Spoken {
    let address = place.address();
    sample(&[&[act, "batches", "--database", &address], words].concat())
}

fn ends_well(process: Spoken) {
    let (status, said) = process.ended();
    assert!(status.success(), "{said:?}");
}

fn deletes(place: &Place, root: &str) -> Child {
    program(place.folder())
        .env("DATABASE_URL", place.address())
        .args(["delete", "batch", root, "--confirm", root])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

/// It is done, or the batch is gone, or has changed since it was shown, or somebody else is at it.
fn is_no_surprise(said: &Said) {
    let refused = ["what was confirmed is no longer what would happen", "busy"];
    let is_told = refused.iter().any(|sentence| said.err.contains(sentence));
    assert!(said.code == 0 || said.code == 4 || said.code == 1 && is_told, "{said}");
}
