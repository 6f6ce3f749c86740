//! Each application by itself: nothing is done twice, nothing is left, nobody works on what is
//! not his.

use crate::place::{Place, count};

macro_rules! each_application {
    ($($system:ident),*) => {
        $(mod $system {
            use super::{
                a_late_worker_is_refused_by_its_own_lease, a_worker_that_is_asked_to_stop_stops,
                the_job_of_a_killed_worker_is_taken_over_when_its_lease_has_ended,
                three_workers_do_every_job_once,
            };

            on_both_databases! {
                sexton_samples::$system;
                three_workers_do_every_job_once,
                the_job_of_a_killed_worker_is_taken_over_when_its_lease_has_ended,
                a_late_worker_is_refused_by_its_own_lease,
                a_worker_that_is_asked_to_stop_stops,
            }
        })*
    };
}

each_application!(batches, datasets, transcriptions, snapshots, requests);

async fn three_workers_do_every_job_once(place: Place) {
    place.is_sound().await;
    place.submit("winter", 6, 7);
    assert!(place.left().await >= 5);
    let workers = ["a", "b", "c"]
        .map(|worker| place.start("work", &["--until-idle", "--worker", worker, "--seed", "7"]));
    let said: Vec<_> = workers.into_iter().flat_map(|worker| worker.ended().1).collect();
    let mut jobs: Vec<_> = said
        .iter()
        .filter(|event| event["event"] == "claimed")
        .map(|event| event["job"].as_str().unwrap())
        .collect();
    assert_eq!(jobs.len(), count(&said, "done"), "{said:?}");
    jobs.sort_unstable();
    jobs.dedup();
    assert_eq!(jobs.len(), count(&said, "done"), "something was done twice: {said:?}");
    assert_eq!(place.left().await, 0);
    place.is_sound().await;
}

async fn the_job_of_a_killed_worker_is_taken_over_when_its_lease_has_ended(place: Place) {
    place.works("worker", &[]);
    place.submit("winter", 2, 1);
    let killed = place.start("work", &["--worker", "a", "--until-idle", "--die-after", "wrote"]);
    let (status, said) = killed.ended();
    assert!(!status.success());
    let job = &said.iter().find(|event| event["event"] == "claimed").unwrap()["job"];

    let said = place.works("worker", &["--worker", "b"]);
    assert!(said.iter().all(|event| event["job"] != *job), "its lease holds: {said:?}");
    place.leases_end().await;
    let said = place.works("worker", &["--worker", "b"]);
    assert!(said.iter().any(|event| event["event"] == "done" && event["job"] == *job), "{said:?}");
    assert_eq!(place.left().await, 0);
    place.is_sound().await;
}

async fn a_late_worker_is_refused_by_its_own_lease(place: Place) {
    place.works("worker", &[]);
    place.submit("winter", 2, 1);
    let mut late = place.start("work", &["--worker", "a", "--late", "--until-idle"]);
    let job = late.says("late")["job"].clone();
    place.leases_end().await;
    let mut other = place.start("work", &["--worker", "b", "--until-idle", "--step-by-step"]);
    other.claims(&job);
    other.steps_to("write");
    late.go();
    assert_eq!(late.says("lost")["section"], "write");
    late.kill();
    other.runs_out();
    place.leases_end().await;
    place.works("worker", &["--worker", "c"]);
    assert_eq!(place.left().await, 0);
    place.is_sound().await;
}

async fn a_worker_that_is_asked_to_stop_stops(place: Place) {
    place.works("worker", &[]);
    place.submit("winter", 2, 1);
    let mut worker = place.start("work", &["--until-idle", "--step-by-step"]);
    worker.steps_to("write");
    place.asks_to_stop().await;
    worker.go();
    worker.says("wrote");
    worker.steps_to("cancel");
    worker.go();
    worker.says("cancelled");
    place.is_sound().await;
}
