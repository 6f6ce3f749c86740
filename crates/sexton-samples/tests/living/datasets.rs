//! Datasets, and jobs that generate or read them at this moment.

use std::collections::BTreeMap;

use sexton_engine::Root;

use crate::place::{Place, asked, count, root};

on_both_databases! {
    sexton_samples::datasets;
    d18_a_dataset_whose_job_is_at_work_refuses_by_name_until_it_has_ended,
    d30_a_job_that_is_missing_is_like_one_that_was_cancelled,
    d29_nothing_appears_after_a_job_went_with_its_dataset,
    d29_a_worker_that_never_checks_is_refused_by_the_database,
    d13_a_model_that_comes_into_use_refuses_the_deletion_of_what_it_learnt_from,
    d13_a_model_cannot_come_into_use_when_what_it_learnt_from_is_gone,
    d35_a_job_of_the_same_name_adds_to_the_dataset_that_is_there,
    d34_what_expanded_a_dataset_goes_with_the_job_that_made_it,
    d29_a_deletion_waits_for_its_worker_and_waiting_jobs_go_at_once,
    d29_the_job_of_a_dead_worker_is_not_waited_for,
    d18_what_a_guard_refuses_asks_nobody_to_stop,
    d29_workers_at_full_speed_drain_and_nothing_comes_back,
}

const ALPS: &str = "da7a5e70-0000-4000-8000-000000000002";
const SECOND_OF_ALPS: &str = "30de1000-0000-4000-8000-000000000003";

async fn dataset_named(place: &Place, name: &str) -> String {
    let found = format!("SELECT id FROM synthetic_datasets WHERE name = '{name}'");
    place.rows(&found).await[0][0].clone().unwrap()
}

fn with_its_dataset(job: &str) -> Root {
    let options = BTreeMap::from([("delete_dataset".to_owned(), "true".to_owned())]);
    Root { options, ..root("job", job) }
}

async fn d18_a_dataset_whose_job_is_at_work_refuses_by_name_until_it_has_ended(place: Place) {
    place.submit("winter", 1, 1);
    let mut worker = place.start("work", &["--until-idle", "--step-by-step"]);
    worker.steps_to("write");
    let dataset = dataset_named(&place, "winter-1").await;
    let refused = place.delete(root("dataset", &dataset)).await;
    Place::refused(refused, "Cannot delete dataset 'winter-1': 1 job(s) are still working on it");

    worker.runs_out();
    place.is_sound().await;
    place.delete(root("dataset", &dataset)).await.unwrap();
    assert_eq!(place.mentions(&dataset).await, [""; 0]);
    place.is_sound().await;
}

async fn d30_a_job_that_is_missing_is_like_one_that_was_cancelled(place: Place) {
    for (n, part) in ["start", "heartbeat", "write", "finish"].into_iter().enumerate() {
        let name = format!("winter{n}");
        place.submit(&name, 1, 1);
        let mut worker = place.start("work", &["--until-idle", "--step-by-step"]);
        worker.steps_to(part);
        place.delete(root("job", &place.item(&name, 1))).await.unwrap();
        let before = place.dump().await;
        worker.go();
        assert_eq!(worker.says("lost")["section"], part);
        worker.steps_to("claim");
        worker.runs_out();
        assert_eq!(place.dump().await, before);
        place.is_sound().await;
    }
}

async fn d29_nothing_appears_after_a_job_went_with_its_dataset(place: Place) {
    place.submit("winter", 1, 1);
    let mut worker = place.start("work", &["--until-idle", "--step-by-step"]);
    worker.steps_to("write");
    worker.go();
    worker.steps_to("write");
    let dataset = dataset_named(&place, "winter-1").await;
    let job = place.item("winter", 1);
    place.delete(with_its_dataset(&job)).await.unwrap();
    worker.runs_out();
    for id in [job, dataset] {
        assert_eq!(place.mentions(&id).await, [""; 0]);
    }
    place.is_sound().await;
}

/// Its samples have a foreign key, and its features come in the same transaction.
async fn d29_a_worker_that_never_checks_is_refused_by_the_database(place: Place) {
    place.submit("winter", 1, 1);
    let mut worker = place.start("work", &["--until-idle", "--careless", "--step-by-step"]);
    worker.steps_to("write");
    let dataset = dataset_named(&place, "winter-1").await;
    place.delete(with_its_dataset(&place.item("winter", 1))).await.unwrap();
    worker.go();
    assert_eq!(worker.says("refused")["section"], "write");
    worker.kill();
    assert_eq!(place.mentions(&dataset).await, [""; 0]);
    place.is_sound().await;
}

async fn d13_a_model_that_comes_into_use_refuses_the_deletion_of_what_it_learnt_from(place: Place) {
    let model = format!("model={SECOND_OF_ALPS}");
    let words = ["--act", "activation", "--jobs", "1", "--pause-in", "activation", &model];
    let mut activation = place.start("submit", &words);
    activation.says("uncommitted");
    let deleting = place.deleting(root("dataset", ALPS)).await;
    activation.go();
    activation.says("submitted");
    let refused = deleting.await.unwrap();
    Place::refused(refused, "Cannot delete dataset: it is currently used by 1 active model(s)");
    place.is_sound().await;
}

async fn d13_a_model_cannot_come_into_use_when_what_it_learnt_from_is_gone(place: Place) {
    place.delete(root("dataset", ALPS)).await.unwrap();
    let model = format!("model={SECOND_OF_ALPS}");
    let words = ["--act", "activation", "--jobs", "1", &model];
    place.start("submit", &words).says("skipped");
    place.is_sound().await;
}

async fn d35_a_job_of_the_same_name_adds_to_the_dataset_that_is_there(place: Place) {
    place.submit("winter", 1, 1);
    place.works("worker", &[]);
    let dataset = dataset_named(&place, "winter-1").await;
    let again = place.item("again", 1);
    place
        .execute(&format!(
            "INSERT INTO training_jobs (id, job_name, job_type, status, config)
             SELECT '{again}', job_name, job_type, 'queued', config FROM training_jobs
             WHERE id = '{}'",
            place.item("winter", 1)
        ))
        .await;
    place.works("worker", &[]);
    let maker = "SELECT created_by_job_id, num_samples FROM synthetic_datasets WHERE id =";
    let row = place.rows(&format!("{maker} '{dataset}'")).await.swap_remove(0);
    assert_eq!(row, [Some(place.item("winter", 1)), Some("6".into())]);
    place.is_sound().await;
}

async fn d34_what_expanded_a_dataset_goes_with_the_job_that_made_it(place: Place) {
    place.submit("winter", 1, 1);
    place.works("worker", &[]);
    let dataset = dataset_named(&place, "winter-1").await;
    let given = format!("dataset={dataset}");
    let words = ["--act", "expansion", "--name", "more", "--jobs", "1", &given];
    assert!(place.start("submit", &words).ended().0.success());
    place.works("worker", &[]);
    let (maker, expander) = (place.item("winter", 1), place.item("more", 1));

    place.delete(with_its_dataset(&expander)).await.unwrap();
    let samples = format!("SELECT num_samples FROM synthetic_datasets WHERE id = '{dataset}'");
    assert_eq!(place.number(&samples).await, 6, "it made no dataset");
    place.delete(with_its_dataset(&maker)).await.unwrap();
    assert_eq!(place.mentions(&dataset).await, [""; 0]);
    place.is_sound().await;
}

const ASKED: &str =
    "SELECT count(*) FROM training_jobs WHERE cancel_requested AND status = 'running'";

/// Of two jobs one is at work, one waits; both go with their datasets.
async fn d29_a_deletion_waits_for_its_worker_and_waiting_jobs_go_at_once(place: Place) {
    let place = place.whole().await;
    place.submit("winter", 2, 1);
    let mut worker = place.start("work", &["--until-idle", "--step-by-step"]);
    worker.claims(&place.item("winter", 1).into());
    worker.steps_to("write");
    worker.go();
    worker.steps_to("heartbeat");
    let dataset = dataset_named(&place, "winter-1").await;
    let (busy, waiting) = (place.item("winter", 1), place.item("winter", 2));
    place.delete(with_its_dataset(&waiting)).await.unwrap();
    let deleting = place.deleting(with_its_dataset(&busy)).await;
    place.until(ASKED, 1).await;
    assert!(!deleting.is_finished(), "it did not wait");
    worker.go();
    worker.steps_to("cancel");
    worker.go();
    worker.says("cancelled");
    deleting.await.unwrap().unwrap();
    worker.steps_to("claim");
    worker.runs_out();
    for id in [busy, waiting, dataset] {
        assert_eq!(place.mentions(&id).await, [""; 0]);
    }
    place.is_sound().await;
}

async fn d29_the_job_of_a_dead_worker_is_not_waited_for(place: Place) {
    let place = place.whole().await;
    place.works("worker", &[]);
    place.submit("winter", 1, 1);
    let killed = place.start("work", &["--until-idle", "--die-after", "wrote"]);
    assert!(!killed.ended().0.success());
    place.leases_end().await;
    let dataset = dataset_named(&place, "winter-1").await;
    place.delete(with_its_dataset(&place.item("winter", 1))).await.unwrap();
    assert_eq!(count(&place.works("worker", &[]), "claimed"), 0);
    assert_eq!(place.mentions(&dataset).await, [""; 0]);
    place.is_sound().await;
}

async fn d18_what_a_guard_refuses_asks_nobody_to_stop(place: Place) {
    let place = place.whole().await;
    place.submit("winter", 1, 1);
    let mut worker = place.start("work", &["--until-idle", "--step-by-step"]);
    worker.claims(&place.item("winter", 1).into());
    worker.steps_to("write");
    let dataset = dataset_named(&place, "winter-1").await;
    let before = place.dump().await;
    let refused = place.delete(root("dataset", &dataset)).await;
    Place::refused(refused, "Cannot delete dataset 'winter-1': 1 job(s) are still working on it");
    assert_eq!(place.dump().await, before);
    worker.runs_out();
    place.is_sound().await;
}

/// Jobs are deleted one after the other while three workers go through them.
async fn d29_workers_at_full_speed_drain_and_nothing_comes_back(place: Place) {
    let place = place.whole().await;
    place.works("worker", &[]);
    place.submit("winter", 12, 7);
    let workers = ["a", "b", "c"].map(|worker| {
        let words = ["--until-idle", "--worker", worker, "--steps", "20", "--pace", "10"];
        let mut worker = place.start("work", &words);
        worker.says("wrote");
        worker
    });
    let system = place.system().await;
    for n in 1..=12 {
        system.delete(&asked(with_its_dataset(&place.item("winter", n)))).await.unwrap();
    }
    let said: Vec<_> = workers.into_iter().flat_map(|worker| worker.ended().1).collect();
    assert!(count(&said, "cancelled") > 0, "nobody was at work: {said:?}");
    assert_eq!(count(&said, "refused") + count(&said, "lost"), 0, "{said:?}");
    assert_eq!(place.mentions("winter-").await, [""; 0]);
    place.is_sound().await;
}
