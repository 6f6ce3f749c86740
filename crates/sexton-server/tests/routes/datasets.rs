//! The contract of `datasets` over HTTP.

use serde_json::json;
use sexton_testkit::s3::Faults;

use crate::place::{Place, admin, with_roles};

const DATASETS: &str = "/api/v1/jobs/synthetic/datasets";
const JOBS: &str = "/api/v1/jobs/synthetic";
const TRAINING: &str = "/api/v1/training/jobs";
const MODELS: &str = "/api/v1/models";
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

fn dataset(number: u32) -> String {
    format!("da7a5e70-0000-4000-8000-{number:012}")
}

fn job(number: u32) -> String {
    format!("10b00000-0000-4000-8000-{number:012}")
}

fn model(number: u32) -> String {
    format!("30de1000-0000-4000-8000-{number:012}")
}

fn detail(sentence: &str) -> String {
    format!("{{\"detail\":\"{sentence}\"}}")
}

async fn d1_d3_d4_a_dataset_goes_with_its_objects_and_is_then_missing(place: Place) {
    let id = dataset(2);
    let below = |place: &Place| {
        place.objects_below("iq", &format!("synthetic/{id}"))
            + place.objects_below("iq", &format!("synthetic/dataset-{id}"))
    };
    let objects = below(&place);
    assert!(objects > 0);
    let gone = place.delete(&format!("{DATASETS}/{id}")).await;
    gone.is(204, "");
    assert!(gone.header("Sexton-Deletion").unwrap().starts_with("dlt_"));
    assert_eq!(gone.header("Sexton-Objects-Deleted"), Some(objects.to_string().as_str()));
    assert_eq!(gone.header("Sexton-Objects-Failed"), Some("0"));
    assert_eq!(below(&place), 0);
    assert_eq!(place.count("synthetic_iq_samples", &format!("dataset_id = '{id}'")).await, 0);
    let missing = detail(&format!("Dataset not found: {id}"));
    place.delete(&format!("{DATASETS}/{id}")).await.is(404, &missing);
}

async fn d2_d3_ids_that_are_none_or_of_nobody_change_nothing(place: Place) {
    let before = place.dump().await;
    let bad = detail("Invalid dataset_id format");
    place.delete(&format!("{DATASETS}/not-a-uuid")).await.is(400, &bad);
    let missing = detail(&format!("Dataset not found: {NOBODY}"));
    place.delete(&format!("{DATASETS}/{NOBODY}")).await.is(404, &missing);
    assert_eq!(place.dump().await, before);
}

async fn d10_d11_active_models_refuse_until_they_are_not(place: Place) {
    let (address, before) = (format!("{DATASETS}/{}", dataset(1)), place.dump().await);
    let told = place.delete(&address).await;
    let sentence = |names: &str| {
        detail(&format!(
            "Cannot delete dataset: it is currently used by 2 active model(s): {names}. Please deactivate or \
             delete these models first."
        ))
    };
    told.is(409, &sentence("localizer-turin, localizer-both"));
    assert_eq!(place.dump().await, before);
    place.execute("UPDATE models SET is_active = false").await;
    place.delete(&address).await.is(204, "");
}

async fn d20_d24_a_job_goes_with_its_datasets_where_that_is_asked(place: Place) {
    let (id, set) = (job(2), dataset(2));
    let objects = place.objects_below("iq", &format!("synthetic/{set}"))
        + place.objects_below("iq", &format!("synthetic/dataset-{set}"));
    let told = place.delete(&format!("{JOBS}/{id}?delete_dataset=true")).await;
    let pending = told.header("Sexton-Objects-Pending").unwrap();
    told.is(
        200,
        &format!(
            "{{\"message\":\"Synthetic generation job {id} deleted successfully\",\"job_id\":\"{id}\",\
             \"datasets_deleted\":1,\"minio_files_deleted\":{objects},\"minio_files_failed\":0,\
             \"minio_files_pending\":{pending}}}"
        ),
    );
    assert_eq!(place.count("synthetic_datasets", &format!("id = '{set}'")).await, 0);
    let missing = detail(&format!("Job not found: {id}"));
    place.delete(&format!("{JOBS}/{id}?delete_dataset=true")).await.is(404, &missing);
}

async fn d23_datasets_stay_unless_somebody_asks(place: Place) {
    for (number, query) in [(2, ""), (4, "?delete_dataset=False")] {
        let (id, datasets) = (job(number), place.count("synthetic_datasets", "1 = 1").await);
        let told = place.delete(&format!("{JOBS}/{id}{query}")).await;
        assert_eq!(told.status, 200);
        let told = told.json();
        assert_eq!(told["datasets_deleted"], json!(0));
        assert_eq!(told["minio_files_deleted"], json!(0));
        assert_eq!(told["minio_files_pending"], json!(0));
        assert_eq!(place.count("synthetic_datasets", "1 = 1").await, datasets);
        let made = format!("created_by_job_id = '{id}'");
        assert_eq!(place.count("synthetic_datasets", &made).await, 0);
    }
}

async fn d21_d22_d25_what_is_no_such_job_changes_nothing(place: Place) {
    let before = place.dump().await;
    let bad = detail("Invalid job_id format");
    place.delete(&format!("{JOBS}/7")).await.is(400, &bad);
    let missing = detail(&format!("Job not found: {NOBODY}"));
    place.delete(&format!("{JOBS}/{NOBODY}")).await.is(404, &missing);
    let id = job(6);
    let wrong = detail(&format!("Job {id} is not a synthetic generation job (type: training)"));
    place.delete(&format!("{JOBS}/{id}")).await.is(400, &wrong);
    let choice = detail("the option `delete_dataset` is true or false, not `maybe`");
    place.delete(&format!("{JOBS}/{}?delete_dataset=maybe", job(2))).await.is(422, &choice);
    assert_eq!(place.dump().await, before);
}

async fn d26_d28_a_job_whose_dataset_is_in_use_goes_only_without_it(place: Place) {
    let (id, before) = (job(1), place.dump().await);
    place.delete(&format!("{JOBS}/{id}?delete_dataset=true")).await.is(
        409,
        &detail(
            "Cannot delete dataset 'turin-features': it is currently used by 2 active model(s): \
             localizer-turin, localizer-both. Please deactivate or delete these models first, or uncheck \
             'delete_dataset'.",
        ),
    );
    assert_eq!(place.dump().await, before);
    assert_eq!(place.delete(&format!("{JOBS}/{id}?delete_dataset=false")).await.status, 200);
}

async fn d37_a_training_job_goes_once_it_has_ended(place: Place) {
    let running = detail("Cannot delete job in status 'running'. Cancel the job first.");
    place.delete(&format!("{TRAINING}/{}", job(9))).await.is(400, &running);
    place.delete(&format!("{TRAINING}/{}", job(6))).await.is(204, "");
    let missing = detail(&format!("Job not found: {}", job(6)));
    place.delete(&format!("{TRAINING}/{}", job(6))).await.is(404, &missing);
    place.delete(&format!("{TRAINING}/x")).await.is(400, &detail("Invalid job_id format"));
}

async fn d38_an_active_model_goes_by_force_only(place: Place) {
    let active = format!("{MODELS}/{}", model(1));
    let refused = detail("Cannot delete active model. Deactivate first.");
    place.delete(&active).await.is(400, &refused);
    let owner =
        place.value(&format!("SELECT owner_id FROM models WHERE id = '{}'", model(1))).await;
    let owner = with_roles(&owner.unwrap(), &["operator"], None);
    let forced = format!("{active}?force=TRUE");
    assert_eq!(place.ask(&owner, "DELETE", &forced, "").await.status, 403);
    place.ask(&owner, "DELETE", &active, "").await.is(400, &refused);
    place.ask(&admin(), "DELETE", &forced, "").await.is(204, "");
    let (sharer, stranger) =
        (with_roles("ben", &["operator"], None), with_roles("zoe", &["operator"], None));
    let other = format!("{MODELS}/{}", model(2));
    assert_eq!(place.ask(&sharer, "DELETE", &other, "").await.status, 403);
    let missing = detail(&format!("Model not found: {}", model(2)));
    place.ask(&stranger, "DELETE", &other, "").await.is(404, &missing);
    place.ask(&admin(), "DELETE", &other, "").await.is(204, "");
}

async fn d39_a_session_goes_with_its_recordings(place: Place) {
    let id = "5e550000-0000-4000-8000-000000000001";
    place.delete(&format!("/api/v1/sessions/{id}")).await.is(204, "");
    place.settled().await;
    assert_eq!(place.objects_below("raw", &format!("sessions/{id}")), 0);
    let missing = detail(&format!("Session not found: {id}"));
    place.delete(&format!("/api/v1/sessions/{id}")).await.is(404, &missing);
}

/// Of the keys, those that are not of this dataset.
fn others(keys: Vec<String>, number: u32) -> Vec<String> {
    let id = dataset(number);
    let own = [format!("synthetic/{id}/"), format!("synthetic/dataset-{id}/")];
    keys.into_iter().filter(|key| !own.iter().any(|own| key.starts_with(own))).collect()
}

async fn d5_d6_thousands_of_objects_go_by_batches_and_neighbours_stay(place: Place) {
    let expected = others(place.keys("iq"), 6);
    assert_eq!(place.keys("iq").len() - expected.len(), 2_500);
    let told = place.delete(&format!("{DATASETS}/{}", dataset(6))).await;
    told.is(204, "");
    assert_eq!(told.header("Sexton-Objects-Deleted"), Some("2500"));
    assert_eq!(place.keys("iq"), expected);
    let (double, _) = place.bucket("iq");
    let batches = double.seen().batches;
    assert_eq!(batches.iter().sum::<usize>(), 2_500);
    assert!(batches.len() <= 3 && batches.iter().all(|keys| *keys <= 1_000), "{batches:?}");
}

async fn d7_a_dataset_of_features_goes_though_the_store_is_down(place: Place) {
    place.execute("UPDATE models SET is_active = false").await;
    place.fail("iq", |faults| faults.storm = u32::MAX);
    let told = place.delete(&format!("{DATASETS}/{}", dataset(1))).await;
    told.is(204, "");
    assert_eq!(told.header("Sexton-Objects-Pending"), Some("0"));
}

async fn d8_d9_what_only_names_a_dataset_stays_without_it(place: Place) {
    let id = dataset(2);
    let count = async |table: &str| place.count(table, "1 = 1").await;
    let before = (count("training_jobs").await, count("models").await);
    let evaluations = count("model_evaluations").await;
    place.delete(&format!("{DATASETS}/{id}")).await.is(204, "");
    assert_eq!((count("training_jobs").await, count("models").await), before);
    assert_eq!(count("model_evaluations").await, evaluations);
    for (table, column) in [
        ("measurement_features", "dataset_id"),
        ("training_jobs", "dataset_id"),
        ("model_evaluations", "dataset_id"),
        ("models", "synthetic_dataset_id"),
    ] {
        assert_eq!(place.count(table, &format!("{column} = '{id}'")).await, 0, "{table}");
    }
}

async fn d14_with_the_store_down_the_rows_go_and_the_objects_when_it_is_back(place: Place) {
    goes_while(place, |faults| faults.storm = u32::MAX).await;
}

async fn d17_a_listing_that_fails_is_not_told_as_nothing_to_remove(place: Place) {
    goes_while(place, |faults| faults.denied_calls = ["list"].into()).await;
}

/// A dataset is deleted while its store fails so; then it is mended.
async fn goes_while(place: Place, fails: impl FnOnce(&mut Faults)) {
    let (before, address) = (place.keys("iq"), format!("{DATASETS}/{}", dataset(2)));
    place.fail("iq", fails);
    let told = place.delete(&address).await;
    told.is(204, "");
    assert_eq!(told.header("Sexton-Objects-Deleted"), Some("0"));
    let pending: u64 = told.header("Sexton-Objects-Pending").unwrap().parse().unwrap();
    assert!(pending > 0);
    assert_eq!(place.delete(&address).await.status, 404);
    assert_eq!(place.keys("iq"), before);
    place.fail("iq", |faults| *faults = Faults::default());
    assert_eq!(place.retry(&told).await.status, 200);
    assert_eq!(place.keys("iq"), others(before, 2));
}

async fn d15_a_key_that_fails_is_counted_and_tried_again(place: Place) {
    let before = place.keys("iq");
    let failing = format!("synthetic/{}/metadata.json", dataset(2));
    assert!(before.contains(&failing));
    place.fail("iq", |faults| {
        faults.denied.insert(failing.clone());
    });
    let told = place.delete(&format!("{DATASETS}/{}", dataset(2))).await;
    told.is(204, "");
    assert_eq!(told.header("Sexton-Objects-Deleted"), Some("706"));
    let mut left = others(before.clone(), 2);
    left.push(failing);
    left.sort();
    assert_eq!(place.keys("iq"), left);
    place.fail("iq", |faults| *faults = Faults::default());
    assert_eq!(place.retry(&told).await.status, 200);
    assert_eq!(place.keys("iq"), others(before, 2));
}

async fn d16_when_the_database_fails_rows_and_objects_remain(place: Place) {
    let (before, keys) = (place.dump().await, place.keys("iq"));
    let address = format!("{DATASETS}/{}", dataset(2));
    place.break_table("synthetic_datasets").await;
    let told = place.delete(&address).await;
    assert_eq!(told.status, 500, "{}", told.body);
    let detail = told.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("Failed to delete dataset: "), "{detail}");
    place.mend_table("synthetic_datasets").await;
    assert_eq!((place.dump().await, place.keys("iq")), (before, keys.clone()));
    place.delete(&address).await.is(204, "");
    assert_eq!(place.keys("iq"), others(keys, 2));
}

on_postgres_and_s3!(sexton_samples::datasets;
    d1_d3_d4_a_dataset_goes_with_its_objects_and_is_then_missing,
    d5_d6_thousands_of_objects_go_by_batches_and_neighbours_stay,
    d7_a_dataset_of_features_goes_though_the_store_is_down,
    d14_with_the_store_down_the_rows_go_and_the_objects_when_it_is_back,
    d15_a_key_that_fails_is_counted_and_tried_again,
    d16_when_the_database_fails_rows_and_objects_remain,
    d17_a_listing_that_fails_is_not_told_as_nothing_to_remove,
    d20_d24_a_job_goes_with_its_datasets_where_that_is_asked,
    d39_a_session_goes_with_its_recordings,
);

on_both_databases!(sexton_samples::datasets;
    d1_d3_d4_a_dataset_goes_with_its_objects_and_is_then_missing,
    d2_d3_ids_that_are_none_or_of_nobody_change_nothing,
    d8_d9_what_only_names_a_dataset_stays_without_it,
    d10_d11_active_models_refuse_until_they_are_not,
    d20_d24_a_job_goes_with_its_datasets_where_that_is_asked,
    d21_d22_d25_what_is_no_such_job_changes_nothing,
    d23_datasets_stay_unless_somebody_asks,
    d26_d28_a_job_whose_dataset_is_in_use_goes_only_without_it,
    d37_a_training_job_goes_once_it_has_ended,
    d38_an_active_model_goes_by_force_only,
    d39_a_session_goes_with_its_recordings,
);
