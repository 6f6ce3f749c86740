//! The contract of `datasets` over HTTP.

use serde_json::json;

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

on_both_databases!(sexton_samples::datasets;
    d1_d3_d4_a_dataset_goes_with_its_objects_and_is_then_missing,
    d2_d3_ids_that_are_none_or_of_nobody_change_nothing,
    d10_d11_active_models_refuse_until_they_are_not,
    d20_d24_a_job_goes_with_its_datasets_where_that_is_asked,
    d21_d22_d25_what_is_no_such_job_changes_nothing,
    d23_datasets_stay_unless_somebody_asks,
    d26_d28_a_job_whose_dataset_is_in_use_goes_only_without_it,
    d37_a_training_job_goes_once_it_has_ended,
    d38_an_active_model_goes_by_force_only,
    d39_a_session_goes_with_its_recordings,
);
