//! What lies in the store: goes with its job, session or model, whatever it is, and nothing else does.

use std::sync::Arc;

use sexton_core::lifecycle::State;
use sexton_testkit::interpose::Breaker;

use super::{
    ACME, BETA, COMPLETED, COMPLETED_OF_BETA, FAILED, INTERVIEW, PURGED, RUNNING, job, job_id,
    session, within,
};
use crate::place::{Place, root};
use crate::stored::{gone, waits_for_objects};
use crate::told::logged;

on_both_databases_with_objects!(
    sexton_samples::transcriptions;
    t3_all_below_a_jobs_folder_goes_and_what_only_begins_so_stays,
    t6_t8_a_refused_deletion_leaves_every_object,
    t13_with_the_store_down_the_job_goes_and_its_objects_when_it_is_back,
    t14_when_the_database_fails_every_object_remains,
    t16_a_job_without_objects_goes,
    t18_what_an_engine_writes_after_the_deletion_is_found_by_the_second_look,
    t25_the_audio_alone_goes_from_the_store,
    t27_t28_a_session_takes_what_lies_in_its_folder,
    t29_a_models_files_go_and_its_row_stays_unless_it_goes_too,
    t35_the_content_of_a_job_goes_and_the_job_stays,
    t38_a_tenant_takes_the_objects_of_all_its_jobs_and_sessions,
    t39_afterwards_no_object_names_the_job,
);

fn folder(number: u8) -> String {
    format!("jobs/{}/", job_id(number))
}

async fn t3_all_below_a_jobs_folder_goes_and_what_only_begins_so_stays(place: Place) {
    for (number, objects) in [(COMPLETED, 15), (INTERVIEW, 1_211)] {
        let of = folder(number);
        let receipt = place.deletes_objects(job(number), |_, key| key.starts_with(&of)).await;
        let gone = gone(&receipt, "job");
        assert_eq!((gone.deleted, gone.failed), (objects, 0));
    }
    if let Some(double) = place.stores.double() {
        let batches = double.seen().batches;
        assert!(batches.iter().all(|keys| *keys <= 1_000), "{batches:?}");
    }
}

async fn t6_t8_a_refused_deletion_leaves_every_object(place: Place) {
    let (before, requests) = (place.stores.objects(), place.stores.requests());
    place.system().delete(&asked(job(RUNNING))).await.unwrap_err();
    place.does_not_find(within(ACME, job(COMPLETED_OF_BETA))).await;
    place.holds(&before);
    assert_eq!(place.stores.requests(), requests);
}

fn asked(root: sexton_engine::Root) -> sexton_engine::DeleteRequest {
    sexton_engine::DeleteRequest { root, reason: None, bound_to: None }
}

async fn t13_with_the_store_down_the_job_goes_and_its_objects_when_it_is_back(mut place: Place) {
    let before = place.stores.objects();
    place.stores.go_down();
    place.reopen().await;
    let id = waits_for_objects(place.delete(job(COMPLETED)).await);
    place.does_not_find(job(COMPLETED)).await;
    let status = place.system().status(&id).await.unwrap().unwrap();
    assert_eq!(status.row.state, State::Committed);
    assert!(status.failing.iter().all(|failing| failing.reason.is_some()), "{status:?}");
    place.stores.come_back();
    place.holds(&before);
    place.reopen().await;
    place.time_passes().await;
    place.work().await;
    let mut expected = before;
    expected.retain(|(_, key), _| !key.starts_with(&folder(COMPLETED)));
    place.holds(&expected);
    assert_eq!(gone(&place.receipt_of(&id).await, "job").deleted, 15);
}

async fn t14_when_the_database_fails_every_object_remains(place: Place) {
    let (rows, objects) = (place.dump().await, place.stores.objects());
    let broken = place.deleting(job(COMPLETED), Arc::new(Breaker::of("commit (change)")));
    broken.await.unwrap().unwrap_err();
    place.time_passes().await;
    place.work().await;
    assert_eq!(place.dump().await, rows);
    place.holds(&objects);
}

async fn t16_a_job_without_objects_goes(place: Place) {
    let receipt = place.deletes_objects(job(PURGED), |_, _| false).await;
    assert_eq!(gone(&receipt, "job").deleted, 0);
    place.does_not_find(job(PURGED)).await;
}

/// Its lease is long over; nobody could wait for it.
async fn t18_what_an_engine_writes_after_the_deletion_is_found_by_the_second_look(place: Place) {
    let mut expected = place.stores.objects();
    expected.retain(|(_, key), _| !key.starts_with(&folder(FAILED)));
    let id = waits_for_objects(place.delete(job(FAILED)).await);
    place.holds(&expected);
    for name in ["tasks/late/response.json", "output/transcript.json"] {
        place.stores.put("artifacts", &(folder(FAILED) + name)).await;
    }
    place.work().await;
    assert_eq!(place.stores.objects().len(), expected.len() + 2, "it is not time yet");
    place.time_passes().await;
    place.work().await;
    place.holds(&expected);
    assert_eq!(gone(&place.receipt_of(&id).await, "job").deleted, 5);
}

async fn t25_the_audio_alone_goes_from_the_store(place: Place) {
    let mut expected = place.stores.objects();
    let audio = folder(COMPLETED) + "input/";
    expected.retain(|(_, key), _| !key.starts_with(&audio));
    let asked = within(ACME, root("job-audio", &job_id(COMPLETED)));
    let receipt = place.delete(asked.clone()).await.unwrap();
    place.holds(&expected);
    assert_eq!((gone(&receipt, "audio").deleted, receipt.rows()), (1, 0));
    // What is left goes with the job.
    let of = folder(COMPLETED);
    place.deletes_objects(job(COMPLETED), |_, key| key.starts_with(&of)).await;
}

/// An upload in parts that nobody ended is ended; another session's is not.
async fn t27_t28_a_session_takes_what_lies_in_its_folder(place: Place) {
    let of = "sessions/5e550000-0000-4000-8000-000000000001/";
    if let Some(double) = place.stores.double() {
        double.begin_upload("dalston-artifacts", &format!("{of}audio.raw"));
        double.begin_upload("dalston-artifacts", "sessions/other/audio.raw");
    }
    let receipt = place.deletes_objects(session(1), |_, key| key.starts_with(of)).await;
    let gone = gone(&receipt, "session");
    let uploads = u64::from(place.stores.double().is_some());
    assert_eq!((gone.deleted, gone.uploads), (3, uploads));
    if let Some(double) = place.stores.double() {
        assert_eq!(double.hidden("dalston-artifacts").1, 1);
    }
}

async fn t29_a_models_files_go_and_its_row_stays_unless_it_goes_too(place: Place) {
    place.execute("UPDATE jobs SET status = 'completed' WHERE status = 'running'").await;
    place.execute("UPDATE jobs SET status = 'completed' WHERE status = 'pending'").await;
    let mut expected = place.stores.objects();
    for (thing, model) in [("model-files", "whisper-large"), ("model", "align-eu")] {
        let of = format!("models/{model}/");
        expected.retain(|(_, key), _| !key.starts_with(&of));
        place.delete(root(thing, model)).await.unwrap();
        place.holds(&expected);
    }
    let left = "SELECT id || ' ' || status || coalesce(download_path, '') FROM models ORDER BY id";
    let left: Vec<String> = place.column(left).await.into_iter().flatten().collect();
    let expected = [
        "parakeet not_downloaded",
        "whisper-large not_downloaded",
        "whisper-small readymodels/whisper-small",
    ];
    assert_eq!(left, expected);
    // It has no files by now, and nothing is asked of the store.
    let requests = place.stores.requests();
    place.delete(root("model-files", "whisper-large")).await.unwrap();
    assert_eq!(place.stores.requests(), requests);
}

async fn t35_the_content_of_a_job_goes_and_the_job_stays(place: Place) {
    let of = folder(COMPLETED);
    let content = root("job-content", &job_id(COMPLETED));
    let (place, log) = logged(place);
    let receipt = place.deletes_objects(content, |_, key| key.starts_with(&of)).await;
    assert_eq!((receipt.rows(), gone(&receipt, "job").deleted), (0, 15));
    let purged = format!(
        "SELECT count(*) FROM jobs WHERE purged_at IS NOT NULL AND id = '{}'",
        job_id(COMPLETED)
    );
    assert_eq!(place.number(&purged).await, 1);
    let [purged] = &log.of("job.purged")[..] else { panic!("it is told once") };
    assert_eq!(
        (&purged["resource_id"], &purged["artifacts_deleted"]),
        (&job_id(COMPLETED).into(), &15.into())
    );
}

async fn t38_a_tenant_takes_the_objects_of_all_its_jobs_and_sessions(place: Place) {
    let place = place.for_good();
    place.execute("UPDATE tasks SET lease_expires_at = '2020-01-01T00:00:00Z'").await;
    let jobs = [COMPLETED_OF_BETA, 10].map(folder);
    let session = "sessions/5e550000-0000-4000-8000-000000000004/";
    let goes =
        |_: &str, key: &str| jobs.iter().any(|of| key.starts_with(of)) || key.starts_with(session);
    place.deletes_objects(root("tenant", BETA), goes).await;
}

/// Only neighbours are called like it, whose ids begin or end otherwise.
async fn t39_afterwards_no_object_names_the_job(place: Place) {
    place.delete(job(INTERVIEW)).await.unwrap_err();
    place.time_passes().await;
    place.work().await;
    let id = job_id(INTERVIEW);
    for ((_, key), contents) in place.stores.objects() {
        let contents = String::from_utf8(contents).unwrap();
        assert!(!key.contains(&id) && !contents.contains(&id), "{key}");
    }
}
