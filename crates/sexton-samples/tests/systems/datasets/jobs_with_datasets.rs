//! What `delete_dataset` adds to the deletion of a job.

use sexton_engine::{DeleteError, DeleteRequest, EngineError, RefusedBy, Root};

use super::{
    ALPS, EXPAND_ALPS, GENERATE_ALPS, GENERATE_LYON, LYON_AGAIN, LYON_IQ, dataset, dataset_id, job,
    job_id,
};
use crate::place::{Place, choosing, removed, with, without};

on_both_databases!(
    sexton_samples::datasets;
    d23_the_option_is_off_unless_it_is_chosen,
    d24_a_job_goes_with_the_datasets_that_it_made,
    d24_a_job_that_made_none_goes_alone,
    d25_what_is_neither_true_nor_false_deletes_nothing,
    d26_a_dataset_in_use_keeps_its_job_too,
    d27_a_free_dataset_stays_whole_beside_one_in_use,
    d28_after_a_refusal_the_job_goes_without_its_datasets,
    d29_another_job_at_work_on_the_dataset_refuses_and_the_job_itself_does_not,
    d29_a_running_job_is_asked_to_stop_and_waited_for,
    d34_a_job_that_expanded_a_dataset_takes_none,
    d34_the_first_job_takes_what_others_added_and_its_preview_names_them,
    d35_the_first_job_takes_what_was_made_under_its_name,
);

fn with_datasets(number: u8) -> Root {
    with("delete_dataset", job("job", number))
}

fn without_datasets(number: u8) -> Root {
    without("delete_dataset", job("job", number))
}

/// A job and the datasets that it made, whoever added to them.
fn by_hand(number: u8) -> String {
    let id = job_id(number);
    let made = format!("(SELECT id FROM synthetic_datasets WHERE created_by_job_id = '{id}')");
    let named = format!(
        "(SELECT CAST(id AS text) FROM synthetic_datasets WHERE created_by_job_id = '{id}')"
    );
    format!(
        "DELETE FROM synthetic_iq_samples WHERE dataset_id IN {made};
         DELETE FROM synthetic_training_samples WHERE dataset_id IN {made};
         DELETE FROM measurement_features WHERE dataset_id IN {made}
            OR extraction_metadata ->> 'synthetic_dataset_id' IN {named};
         UPDATE training_jobs SET dataset_id = NULL WHERE dataset_id IN {made};
         UPDATE models SET synthetic_dataset_id = NULL WHERE synthetic_dataset_id IN {made};
         UPDATE model_evaluations SET dataset_id = NULL WHERE dataset_id IN {made};
         DELETE FROM synthetic_datasets WHERE created_by_job_id = '{id}';
         UPDATE training_jobs SET parent_job_id = NULL WHERE parent_job_id = '{id}';
         DELETE FROM training_metrics WHERE training_job_id = '{id}';
         DELETE FROM training_jobs WHERE id = '{id}';"
    )
}

async fn d23_the_option_is_off_unless_it_is_chosen(place: Place) {
    for root in [job("job", GENERATE_LYON), without_datasets(GENERATE_LYON)] {
        let preview = place.preview(root).await;
        assert_eq!(removed(&preview, "synthetic_datasets"), 0);
        assert_eq!(preview.warnings, [""; 0]);
        assert_eq!(preview.blockers, []);
    }
    let preview = place.preview(with_datasets(GENERATE_ALPS)).await;
    assert_eq!(preview.warnings, ["Data in object storage is lost for good."]);
}

async fn d24_a_job_goes_with_the_datasets_that_it_made(place: Place) {
    let receipt =
        place.deletes_what_this_does(with_datasets(GENERATE_ALPS), &by_hand(GENERATE_ALPS)).await;
    assert_eq!(receipt.rows(), 287);
    place.does_not_find(dataset(ALPS)).await;
    place.does_not_find(with_datasets(GENERATE_ALPS)).await;
}

async fn d24_a_job_that_made_none_goes_alone(place: Place) {
    let receipt =
        place.deletes_what_this_does(with_datasets(LYON_AGAIN), &by_hand(LYON_AGAIN)).await;
    assert_eq!(receipt.rows(), 4);
}

const LYON_IS_USED: &str = "Cannot delete dataset: it is currently used by 1 active model(s): \
     localizer-both. Please deactivate or delete these models first.";

async fn d25_what_is_neither_true_nor_false_deletes_nothing(place: Place) {
    let before = place.dump().await;
    for choice in ["", "yes", "1", "maybe", "true ", "tru"] {
        let root = choosing("delete_dataset", choice, job("job", GENERATE_ALPS));
        let asked = DeleteRequest { root, reason: None, bound_to: None };
        let refused = place.system().delete(&asked).await;
        let Err(DeleteError::Engine(EngineError::BadOption(bad))) = refused else {
            panic!("{choice:?}: {refused:?}")
        };
        assert!(bad.to_string().contains("delete_dataset"), "{bad}");
    }
    assert_eq!(place.dump().await, before);
    assert_eq!(place.records().await, 0);
}

async fn d26_a_dataset_in_use_keeps_its_job_too(place: Place) {
    place.refuses(with_datasets(GENERATE_LYON), RefusedBy::Refused, LYON_IS_USED).await;
    assert_eq!(place.records().await, 0);
}

/// Lyon-iq is free, but it is made by the same job as lyon-features.
async fn d27_a_free_dataset_stays_whole_beside_one_in_use(place: Place) {
    let free = place.preview(dataset(LYON_IQ)).await;
    assert_eq!(free.blockers, []);
    place.refuses(with_datasets(GENERATE_LYON), RefusedBy::Refused, LYON_IS_USED).await;
    assert_eq!(place.preview(dataset(LYON_IQ)).await.digest, free.digest);
}

async fn d28_after_a_refusal_the_job_goes_without_its_datasets(place: Place) {
    place.refuses(with_datasets(GENERATE_LYON), RefusedBy::Refused, LYON_IS_USED).await;
    assert_eq!(place.delete(without_datasets(GENERATE_LYON)).await.unwrap().rows(), 4);
    assert_eq!(place.number("SELECT count(*) FROM synthetic_datasets").await, 6);
}

/// The sentence names the dataset, though it is a job that is deleted.
async fn d29_another_job_at_work_on_the_dataset_refuses_and_the_job_itself_does_not(place: Place) {
    let at_work = |number| {
        format!("UPDATE training_jobs SET status = 'running' WHERE id = '{}'", job_id(number))
    };
    place.execute(&at_work(GENERATE_ALPS)).await;
    assert_eq!(place.preview(with_datasets(GENERATE_ALPS)).await.blockers, []);
    place.execute(&at_work(EXPAND_ALPS)).await;
    let said = "Cannot delete dataset 'alps-iq': 1 job(s) are still working on it: expand alps";
    place.refuses(with_datasets(GENERATE_ALPS), RefusedBy::Refused, said).await;
    assert_eq!(place.preview(without_datasets(GENERATE_ALPS)).await.blockers, []);
}

async fn d34_a_job_that_expanded_a_dataset_takes_none(place: Place) {
    let receipt =
        place.deletes_what_this_does(with_datasets(EXPAND_ALPS), &by_hand(EXPAND_ALPS)).await;
    assert_eq!(receipt.rows(), 4);
    let samples = format!(
        "SELECT count(*) FROM synthetic_iq_samples WHERE dataset_id = '{}'",
        dataset_id(ALPS)
    );
    assert_eq!(place.number(&samples).await, 141);
}

async fn d34_the_first_job_takes_what_others_added_and_its_preview_names_them(place: Place) {
    let preview = place.preview(with_datasets(GENERATE_ALPS)).await;
    assert_eq!(removed(&preview, "synthetic_iq_samples"), 141);
    let line = "training_jobs.dataset_id -> synthetic_datasets";
    let changed = preview.changed.iter().find(|changed| changed.line == line).unwrap();
    let affected: Vec<&str> = changed.samples.iter().map(|sample| sample.key.as_str()).collect();
    assert_eq!(affected, [job_id(EXPAND_ALPS)]);
}

async fn d35_the_first_job_takes_what_was_made_under_its_name(place: Place) {
    place.execute("UPDATE models SET is_active = false").await;
    let preview = place.preview(with_datasets(GENERATE_LYON)).await;
    assert_eq!(removed(&preview, "synthetic_iq_samples"), 60);
    place.delete(with_datasets(GENERATE_LYON)).await.unwrap();
    place.does_not_find(dataset(LYON_IQ)).await;
    assert_eq!(place.preview(job("job", LYON_AGAIN)).await.blockers, []);
}

async fn d29_a_running_job_is_asked_to_stop_and_waited_for(place: Place) {
    let runs = format!(
        "UPDATE training_jobs SET status = 'running', lease_expires_at = '2999-01-01T00:00:00Z'
         WHERE id = '{}'",
        job_id(GENERATE_LYON)
    );
    place.execute(&runs).await;
    let task = async {
        let told =
            "SELECT count(*) FROM training_jobs WHERE cancel_requested AND status = 'running'";
        while place.number(told).await == 0 {
            tokio::task::yield_now().await;
        }
        place.execute("UPDATE training_jobs SET status = 'cancelled' WHERE cancel_requested").await;
    };
    let (deleted, ()) = tokio::join!(place.delete(job("job", GENERATE_LYON)), task);
    deleted.unwrap();
    place.does_not_find(job("job", GENERATE_LYON)).await;
}
