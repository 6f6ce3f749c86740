//! Lines of the log about what becomes of objects.

use serde_json::{Value, json};

use super::{ALPS, GENERATE_ALPS, TURIN, dataset, dataset_id, job, job_id};
use crate::place::{Place, with};
use crate::stored::waits_for_objects;
use crate::told::logged;

on_both_databases_with_objects!(
    sexton_samples::datasets;
    d19_a_deletion_says_how_many_files_went_once_it_answers_and_once_all_is_done,
    d19_a_dataset_of_features_says_that_none_did,
    d14_d17_d19_a_store_that_is_down_is_no_success,
    d15_d19_files_that_fail_are_counted_once,
    d36_a_job_says_how_many_datasets_and_files_went,
);

async fn d19_a_deletion_says_how_many_files_went_once_it_answers_and_once_all_is_done(
    place: Place,
) {
    let (place, log) = logged(place);
    let of_name = format!("SELECT name FROM synthetic_datasets WHERE id = '{}'", dataset_id(ALPS));
    let name = place.column(&of_name).await.remove(0);
    waits_for_objects(place.delete(dataset(ALPS)).await);
    let [deleted] = &log.of("synthetic_dataset_deleted")[..] else { panic!("it is told once") };
    let bytes = deleted["bytes_freed"].clone();
    assert!(bytes.as_u64().is_some_and(|bytes| bytes > 0), "{deleted}");
    let expected = json!({
        "dataset_id": dataset_id(ALPS), "dataset_name": name, "dataset_type": "iq_raw",
        "minio_cleanup_success": true, "minio_files_deleted": 707, "bytes_freed": bytes,
    });
    assert_eq!(*deleted, expected);
    assert_eq!(log.of("minio_cleanup_complete"), [] as [Value; 0], "it is looked at again");
    place.time_passes().await;
    place.work().await;
    let complete =
        json!({ "dataset_id": dataset_id(ALPS), "files_deleted": 707, "bytes_freed": bytes });
    assert_eq!(log.of("minio_cleanup_complete"), [complete]);
    assert_eq!(log.of("synthetic_dataset_deleted").len(), 1);
}

async fn d19_a_dataset_of_features_says_that_none_did(place: Place) {
    let (place, log) = logged(place);
    place.execute("UPDATE models SET is_active = false").await;
    place.delete(dataset(TURIN)).await.unwrap();
    let [deleted] = &log.of("synthetic_dataset_deleted")[..] else { panic!("it is told once") };
    assert_eq!((&deleted["minio_files_deleted"], &deleted["bytes_freed"]), (&0.into(), &0.into()));
    assert_eq!(deleted["minio_cleanup_success"], true);
}

async fn d14_d17_d19_a_store_that_is_down_is_no_success(mut place: Place) {
    place.stores.go_down();
    place.reopen().await;
    let (place, log) = logged(place);
    waits_for_objects(place.delete(dataset(ALPS)).await);
    let [deleted] = &log.of("synthetic_dataset_deleted")[..] else { panic!("it is told once") };
    assert_eq!(deleted["minio_cleanup_success"], false);
    assert_eq!(deleted["minio_files_deleted"], 0);
    let [failed] = &log.of("minio_cleanup_failed")[..] else { panic!("it is told once") };
    assert!(failed["error"].as_str().is_some_and(|error| error.contains("store")), "{failed}");
    assert!(failed["error_type"].is_string());
    assert_eq!(log.of("minio_cleanup_partial_failure"), [] as [Value; 0]);
    place.time_passes().await;
    place.work().await;
    assert_eq!(log.of("minio_cleanup_failed").len(), 1, "it is known by now");
}

async fn d15_d19_files_that_fail_are_counted_once(place: Place) {
    let (place, log) = logged(place);
    // Only a server can keep one of a thousand objects; folders are tried elsewhere.
    let Some(double) = place.stores.double() else { return };
    let key = format!("synthetic/{}/7/RX_003.npy", dataset_id(ALPS));
    double.fail(|faults| _ = faults.denied.insert(key));
    waits_for_objects(place.delete(dataset(ALPS)).await);
    let [partial] = &log.of("minio_cleanup_partial_failure")[..] else { panic!("told once") };
    assert_eq!(partial["failed"], 1);
    let [deleted] = &log.of("synthetic_dataset_deleted")[..] else { panic!("told once") };
    assert_eq!(
        (&deleted["minio_files_deleted"], &deleted["minio_cleanup_success"]),
        (&706.into(), &false.into())
    );
    place.time_passes().await;
    place.work().await;
    assert_eq!(log.of("minio_cleanup_partial_failure").len(), 1);
}

async fn d36_a_job_says_how_many_datasets_and_files_went(place: Place) {
    let (place, log) = logged(place);
    let root = with("delete_dataset", job("job", GENERATE_ALPS));
    place.execute("UPDATE training_jobs SET status = 'completed'").await;
    waits_for_objects(place.delete(root).await);
    let [job] = &log.of("synthetic_job_deleted")[..] else { panic!("it is told once") };
    let expected = json!({
        "job_id": job_id(GENERATE_ALPS), "datasets_deleted": 1, "minio_files_deleted": 707,
    });
    assert_eq!(*job, expected);
    let [dataset] = &log.of("dataset_deleted_with_job")[..] else { panic!("it is told once") };
    assert_eq!(dataset["dataset_id"], dataset_id(ALPS));
    assert_eq!(dataset["job_id"], job_id(GENERATE_ALPS));
    assert_eq!(dataset["minio_files_deleted"], 707);
    assert_eq!(log.of("synthetic_dataset_deleted"), [] as [Value; 0], "no dataset was asked for");
}
