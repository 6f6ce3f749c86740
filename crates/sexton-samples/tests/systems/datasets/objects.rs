//! What lies in stores: goes with its rows, and nothing else does.

use std::sync::Arc;

use sexton_core::lifecycle::State;
use sexton_core::preview::Count;
use sexton_engine::{DeleteError, RefusedBy};
use sexton_testkit::interpose::Breaker;

use super::{
    ALPS, DELTA, GENERATE_ALPS, GENERATE_LYON, LYON_AGAIN, LYON_FEATURES, LYON_IQ, TRAIN_ALPS,
    TURIN, dataset, dataset_id, job, job_id, model,
};
use crate::place::{Place, root, with};
use crate::stored::{gone, waits_for_objects};

on_both_databases_with_objects!(
    sexton_samples::datasets;
    d4_d6_all_below_both_prefixes_goes_and_what_only_begins_so_stays,
    d4_a_preview_counts_the_objects_and_changes_nothing,
    d7_a_dataset_of_features_goes_without_a_call_to_the_store,
    d10_a_refused_deletion_makes_no_call_to_the_store,
    d14_with_the_store_down_the_rows_go_and_the_objects_when_it_is_back,
    d16_when_the_database_fails_the_objects_remain,
    d18_what_is_uploaded_after_the_deletion_is_found_by_the_second_look,
    d23_a_job_alone_takes_no_object,
    d24_d33_a_job_takes_the_objects_of_its_datasets_and_counts_those_that_went,
    d24_a_job_that_made_no_dataset_takes_no_object,
    d37_what_no_model_names_of_a_training_jobs_files_goes,
    d38_a_model_takes_the_files_that_nothing_else_names,
    d39_a_session_takes_its_recordings,
    d42_an_audio_takes_its_file_and_all_its_chunks,
);

/// Whether an object is of this dataset, by either form of its prefix.
fn is_of(number: u8) -> impl Fn(&str, &str) -> bool {
    let id = dataset_id(number);
    let prefixes = [format!("synthetic/{id}/"), format!("synthetic/dataset-{id}/")];
    move |store, key| store == "iq" && prefixes.iter().any(|prefix| key.starts_with(prefix))
}

fn at_work(number: u8) -> String {
    format!("UPDATE training_jobs SET status = 'completed' WHERE id = '{}'", job_id(number))
}

async fn d4_d6_all_below_both_prefixes_goes_and_what_only_begins_so_stays(place: Place) {
    let receipt = place.deletes_objects(dataset(ALPS), is_of(ALPS)).await;
    let gone = gone(&receipt, "iq");
    assert_eq!((gone.deleted, gone.failed, gone.spared), (141 * 5 + 2, 0, 0));
    assert!(gone.bytes > 0);
}

async fn d4_a_preview_counts_the_objects_and_changes_nothing(place: Place) {
    let before = (place.dump().await, place.stores.objects());
    let preview = place.preview(dataset(ALPS)).await;
    let [of_iq] = &preview.objects[..] else { panic!("{:?}", preview.objects) };
    assert_eq!((of_iq.rule.as_str(), of_iq.objects), ("iq", Count::Exact(707)));
    assert_eq!((place.dump().await, place.stores.objects()), before);
}

async fn d7_a_dataset_of_features_goes_without_a_call_to_the_store(mut place: Place) {
    place.execute("UPDATE models SET is_active = false").await;
    let (before, requests) = (place.stores.objects(), place.stores.requests());
    place.stores.go_down();
    place.reopen().await;
    let receipt = place.delete(dataset(TURIN)).await.unwrap();
    assert!(receipt.objects_gone.is_empty());
    assert_eq!(place.stores.requests(), requests);
    place.stores.come_back();
    place.holds(&before);
}

async fn d10_a_refused_deletion_makes_no_call_to_the_store(place: Place) {
    let (before, requests) = (place.stores.objects(), place.stores.requests());
    let said = "Cannot delete dataset: it is currently used by 1 active model(s): \
                localizer-both. Please deactivate or delete these models first.";
    place.refuses(dataset(LYON_FEATURES), RefusedBy::Refused, said).await;
    place
        .refuses(with("delete_dataset", job("job", GENERATE_LYON)), RefusedBy::Refused, said)
        .await;
    place.holds(&before);
    // Only its preview looks: how many there are of the free dataset.
    let asked = sexton_engine::DeleteRequest {
        root: with("delete_dataset", job("job", GENERATE_LYON)),
        reason: None,
        bound_to: None,
    };
    let looked = place.stores.requests();
    assert!(place.stores.double().is_none() || looked > requests);
    assert!(matches!(place.system().delete(&asked).await, Err(DeleteError::Refused(_))));
    assert_eq!(place.stores.requests(), looked);
}

async fn d14_with_the_store_down_the_rows_go_and_the_objects_when_it_is_back(mut place: Place) {
    let before = place.stores.objects();
    place.stores.go_down();
    place.reopen().await;
    let id = waits_for_objects(place.delete(dataset(ALPS)).await);
    place.does_not_find(dataset(ALPS)).await;
    let status = place.system().status(&id).await.unwrap().unwrap();
    assert_eq!(status.row.state, State::Committed);
    assert!(status.sentence.contains("2 promise(s) are still to be carried out"), "{status:?}");
    assert!(status.failing.iter().all(|failing| failing.reason.is_some()), "{status:?}");

    place.time_passes().await;
    assert_eq!(place.work().await.settled, []);
    place.stores.come_back();
    place.holds(&before);

    place.time_passes().await;
    place.work().await;
    let mut expected = before;
    expected.retain(|(store, key), _| !is_of(ALPS)(store, key));
    place.holds(&expected);
    let receipt = place.receipt_of(&id).await;
    assert_eq!(gone(&receipt, "iq").deleted, 707);
}

async fn d16_when_the_database_fails_the_objects_remain(place: Place) {
    let (rows, objects) = (place.dump().await, place.stores.objects());
    let requests = place.stores.requests();
    let broken = place.deleting(dataset(ALPS), Arc::new(Breaker::of("commit (change)")));
    broken.await.unwrap().unwrap_err();
    assert_eq!(place.dump().await, rows);
    place.holds(&objects);
    assert_eq!(place.stores.requests(), requests);
    place.time_passes().await;
    place.work().await;
    place.holds(&objects);
    // Trying again is whole.
    place.deletes_objects(dataset(ALPS), is_of(ALPS)).await;
}

async fn d18_what_is_uploaded_after_the_deletion_is_found_by_the_second_look(place: Place) {
    let mut expected = place.stores.objects();
    expected.retain(|(store, key), _| !is_of(ALPS)(store, key));
    let id = waits_for_objects(place.delete(dataset(ALPS)).await);
    place.holds(&expected);
    let alps = dataset_id(ALPS);
    let late = [format!("synthetic/{alps}/141/RX_000.npy"), format!("synthetic/dataset-{alps}/x")];
    for key in &late {
        place.stores.put("iq", key).await;
    }
    // It is not time yet.
    place.work().await;
    assert_eq!(place.stores.objects().len(), expected.len() + 2);
    place.time_passes().await;
    place.work().await;
    place.holds(&expected);
    assert_eq!(gone(&place.receipt_of(&id).await, "iq").deleted, 709);
}

async fn d23_a_job_alone_takes_no_object(place: Place) {
    let (before, requests) = (place.stores.objects(), place.stores.requests());
    let receipt = place.delete(job("job", GENERATE_ALPS)).await.unwrap();
    assert!(receipt.objects_gone.is_empty());
    place.holds(&before);
    assert_eq!(place.stores.requests(), requests);
}

async fn d24_d33_a_job_takes_the_objects_of_its_datasets_and_counts_those_that_went(place: Place) {
    place.execute("UPDATE models SET is_active = false").await;
    let before = place.stores.objects().len() as u64;
    // One of its two datasets is of features.
    let root = with("delete_dataset", job("job", GENERATE_LYON));
    let receipt = place.deletes_objects(root, is_of(LYON_IQ)).await;
    let gone = gone(&receipt, "iq");
    assert_eq!(gone.deleted, before - place.stores.objects().len() as u64);
    assert_eq!((gone.deleted, gone.failed), (300, 0));
    place.does_not_find(dataset(LYON_IQ)).await;
    place.does_not_find(dataset(LYON_FEATURES)).await;
}

async fn d24_a_job_that_made_no_dataset_takes_no_object(place: Place) {
    let (before, requests) = (place.stores.objects(), place.stores.requests());
    place.delete(with("delete_dataset", job("job", LYON_AGAIN))).await.unwrap();
    place.holds(&before);
    assert_eq!(place.stores.requests(), requests);
}

/// Job 6 made two files that the model 2 names, three epochs and one file more.
async fn d37_what_no_model_names_of_a_training_jobs_files_goes(place: Place) {
    place.execute(&at_work(TRAIN_ALPS)).await;
    let id = job_id(TRAIN_ALPS);
    let named = [format!("checkpoints/{id}/best_model.pth"), format!("onnx/{id}/train alps.onnx")];
    let below = [format!("checkpoints/{id}/"), format!("onnx/{id}/")];
    let goes = |store: &str, key: &str| {
        store == "models"
            && below.iter().any(|prefix| key.starts_with(prefix))
            && !named.iter().any(|name| key == name)
    };
    let receipt = place.deletes_objects(job("training-job", TRAIN_ALPS), goes).await;
    let gone = gone(&receipt, "checkpoints");
    assert_eq!((gone.deleted, gone.spared), (4, 2));
}

/// Its checkpoint is also named by the job that wrote it.
async fn d38_a_model_takes_the_files_that_nothing_else_names(place: Place) {
    let id = job_id(TRAIN_ALPS);
    let mut expected = place.stores.objects();
    let only_its = format!("onnx/{id}/train alps.onnx");
    expected.remove(&("models".to_owned(), only_its)).unwrap();
    let receipt = place.delete(model("model", 2)).await.unwrap();
    place.holds(&expected);
    let gone = gone(&receipt, "model-files");
    assert_eq!((gone.deleted, gone.spared, gone.failed), (1, 1, 0));
    // Once the job is gone too, so is what it named.
    let prefix = format!("checkpoints/{id}/");
    let receipt = place
        .deletes_objects(job("training-job", TRAIN_ALPS), |store, key| {
            store == "models"
                && (key.starts_with(&prefix) || key == format!("onnx/{id}/unused.onnx"))
        })
        .await;
    assert_eq!(receipt.objects_gone["checkpoints"].len(), 1);
}

async fn d39_a_session_takes_its_recordings(place: Place) {
    let id = "5e550000-0000-4000-8000-000000000001";
    let prefix = format!("sessions/{id}/");
    let goes = |store: &str, key: &str| store == "raw" && key.starts_with(&prefix);
    let receipt = place.deletes_objects(root("session", id), goes).await;
    assert_eq!(gone(&receipt, "raw").deleted, 12);
}

async fn d42_an_audio_takes_its_file_and_all_its_chunks(place: Place) {
    let id = "a0d10000-0000-4000-8000-000000000001";
    let mut expected = place.stores.objects();
    expected.retain(|(store, key), _| {
        !(store == "audio" && key == "speech/reading.wav"
            || store == "chunks" && key.starts_with(&format!("{id}/")))
    });
    let receipt = place.delete(root("audio", id)).await.unwrap();
    place.holds(&expected);
    assert_eq!((gone(&receipt, "audio").deleted, gone(&receipt, "chunks").deleted), (1, 8));
}

#[tokio::test]
async fn d5_a_prefix_of_2500_objects_goes_in_three_requests() {
    let place = Place::on_postgres_with_objects(sexton_samples::datasets()).await;
    place.deletes_objects(dataset(DELTA), is_of(DELTA)).await;
    let seen = place.stores.double().unwrap().seen();
    let mut batches = seen.batches;
    batches.sort_unstable();
    assert_eq!(batches, [500, 1000, 1000]);
    assert!(seen.listings >= 3, "{}", seen.listings);
}

#[tokio::test]
async fn d15_keys_that_fail_are_told_and_tried_again_until_they_go() {
    let place = Place::on_postgres_with_objects(sexton_samples::datasets()).await;
    let double = place.stores.double().unwrap();
    let key = |n: u32| format!("synthetic/{}/{n}/RX_000.npy", dataset_id(ALPS));
    double.fail(|faults| {
        faults.denied.insert(key(7));
        faults.locked.insert(key(8));
    });
    let mut expected = place.stores.objects();
    expected.retain(|(store, at), _| !is_of(ALPS)(store, at) || *at == key(7) || *at == key(8));
    let deleted = place.delete(dataset(ALPS)).await;
    let Err(DeleteError::Unreaped { deletion, objects, failing, .. }) = deleted else {
        panic!("{deleted:?}")
    };
    place.holds(&expected);
    let so_far = &objects["iq"].values().next().unwrap();
    assert_eq!((so_far.deleted, so_far.failed), (705, 2));
    let left: Vec<&str> = so_far.left.iter().map(|left| left.key.as_str()).collect();
    assert_eq!(left, [key(7), key(8)]);
    assert!(failing[0].reason.as_ref().unwrap().starts_with("2 are left"), "{failing:?}");

    double.fail(|faults| {
        faults.denied.clear();
        faults.locked.clear();
    });
    place.time_passes().await;
    place.work().await;
    let gone = gone(&place.receipt_of(&deletion).await, "iq");
    assert_eq!((gone.deleted, gone.failed), (707, 0));
}

#[tokio::test]
async fn d17_a_listing_that_fails_is_no_empty_listing() {
    let place = Place::on_postgres_with_objects(sexton_samples::datasets()).await;
    let before = place.stores.objects();
    let double = place.stores.double().unwrap();
    double.fail(|faults| _ = faults.denied_calls.insert("list"));
    let id = waits_for_objects(place.delete(dataset(ALPS)).await);
    place.holds(&before);
    place.time_passes().await;
    let worked = place.work().await;
    assert_eq!((worked.ended, worked.settled.len()), (0, 0));
    assert!(worked.failed.iter().all(|(rule, _)| rule == "iq"), "{worked:?}");
    double.fail(|faults| faults.denied_calls.clear());
    place.time_passes().await;
    place.work().await;
    assert_eq!(gone(&place.receipt_of(&id).await, "iq").deleted, 707);
}

/// What the guide asks the database, statement by statement.
#[tokio::test]
async fn d54_the_guides_queries_count_what_went() {
    const GUIDE: &str = include_str!("../../../../../docs/operating.md");
    let place = Place::on_postgres_with_objects(sexton_samples::datasets()).await;
    let receipt = place.deletes_objects(dataset(ALPS), is_of(ALPS)).await;
    let gone = gone(&receipt, "iq");
    let (_, queries) = GUIDE.split_once("```sql\n").expect("the guide has queries");
    let (queries, _) = queries.split_once("```").expect("they end");
    let mut answers = Vec::new();
    for query in queries.split(';').filter(|query| !query.trim().is_empty()) {
        answers.push(place.postgres().query(query).await);
    }
    let [per_day, freed, complete, took] = &answers[..] else { panic!("{answers:#?}") };
    let text = |row: &[Option<String>], at: usize| row[at].clone().unwrap_or_default();
    assert_eq!(per_day.len(), 1);
    assert_eq!((text(&per_day[0], 2), text(&per_day[0], 3)), ("dataset".into(), "1".into()));
    assert_eq!(text(&freed[0], 1), "iq");
    assert_eq!(text(&freed[0], 2), gone.deleted.to_string());
    assert_eq!(text(&freed[0], 3), gone.bytes.to_string());
    assert_eq!(text(&complete[0], 1).trim_end_matches('0'), "1.");
    assert!(text(&took[0], 2).parse::<f64>().is_ok_and(|mean| mean > 0.0), "{took:?}");
}
