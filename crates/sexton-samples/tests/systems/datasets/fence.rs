//! What no foreign key holds: features, and the datasets that jobs and models list.

use super::{ALPS, TRAIN_ALPS, dataset, dataset_id, job_id};
use crate::place::Place;
use sexton_testkit::interpose::Pauser;

on_both_databases!(
    sexton_samples::datasets;
    d18_d29_no_row_of_a_deleted_dataset_appears,
    d29_a_model_or_job_that_comes_to_life_needs_all_its_datasets,
);

const FEATURE: &str = "INSERT INTO measurement_features
    (recording_session_id, dataset_id, extraction_metadata, receiver_features) VALUES";
const V1: &str = "30de1000-0000-4000-8000-000000000002";

/// Receivers' features, as each database holds them.
fn receivers(place: &Place) -> &'static str {
    if place.is_sqlite() { "'[]'" } else { "'{}'" }
}

async fn d18_d29_no_row_of_a_deleted_dataset_appears(place: Place) {
    place.delete(dataset(ALPS)).await.unwrap();
    let (alps, none) = (dataset_id(ALPS), receivers(&place));
    let row = |number: u8, dataset: &str, metadata: &str| {
        let id = format!("fea70000-ffff-4000-8000-{number:012}");
        format!("{FEATURE} ('{id}', {dataset}, '{metadata}', {none})")
    };
    place.refuses_writer(&row(1, &format!("'{alps}'"), "{}")).await;
    let in_json = format!(r#"{{"synthetic_dataset_id":"{alps}"}}"#);
    place.refuses_writer(&row(2, "NULL", &in_json)).await;
    place.execute(&row(3, "NULL", "{}")).await;
    place
        .refuses_writer(&format!(
            "UPDATE measurement_features SET extraction_metadata = '{in_json}'
         WHERE recording_session_id = 'fea70000-ffff-4000-8000-000000000003'"
        ))
        .await;
    // Of a dataset that never was nothing is remembered.
    place.execute(&row(4, "'da7a5e70-0000-4000-8000-000000000099'", "{}")).await;
}

async fn d29_a_model_or_job_that_comes_to_life_needs_all_its_datasets(place: Place) {
    place.delete(dataset(ALPS)).await.unwrap();
    let (alps, job) = (dataset_id(ALPS), job_id(TRAIN_ALPS));
    // What it lists is history, and stays; but it does not come to life again.
    let model = |set: &str| format!("UPDATE models SET {set} WHERE id = '{V1}'");
    place.refuses_writer(&model("is_active = true")).await;
    place.execute(&model("version = 3")).await;
    let list = |more: &str| format!(r#"hyperparameters = '{{"dataset_ids":["{alps}"{more}]}}'"#);
    place.execute(&model(&list(r#","da7a5e70-0000-4000-8000-000000000001""#))).await;
    let job = |set: &str| format!("UPDATE training_jobs SET {set} WHERE id = '{job}'");
    place.refuses_writer(&job("status = 'queued'")).await;
    place.execute(&job("status = 'failed'")).await;
    place
        .refuses_writer(&format!(
            "UPDATE training_jobs SET config = '{{\"expand_dataset_id\":\"{alps}\"}}'
         WHERE id = '{}'",
            job_id(super::LYON_AGAIN)
        ))
        .await;
}

/// The guard has judged, and then somebody activates a model of the dataset. Says whether they
/// waited, how they ended, and how many models are active without their dataset.
async fn activated_behind_the_guard(place: Place) -> (bool, Result<(), String>, i64) {
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let deleting = place.deleting(dataset(ALPS), pauser);
    let stop = stops.next().await.unwrap();
    let activate = format!("UPDATE models SET is_active = true WHERE id = '{V1}'");
    let (waited, writing) = place.writing(&activate).await;
    stop.go();
    deleting.await.unwrap().unwrap();
    let ended = writing.await.unwrap();
    let lost = format!("SELECT count(*) FROM models WHERE id = '{V1}' AND is_active");
    (waited, ended, place.number(&lost).await)
}

#[tokio::test]
async fn d29_a_model_activated_behind_the_guard_is_refused() {
    let place = Place::on_postgres(sexton_samples::datasets()).await;
    let refused = Err("SX002".to_owned());
    assert_eq!(activated_behind_the_guard(place).await, (true, refused, 0));
}

#[tokio::test]
async fn without_the_fence_a_model_is_activated_behind_the_guard() {
    let place = Place::on_postgres(sexton_samples::datasets()).await.without_fence().await;
    assert_eq!(activated_behind_the_guard(place).await, (true, Ok(()), 1));
}
