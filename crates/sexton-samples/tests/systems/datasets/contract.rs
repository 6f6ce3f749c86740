//! The contract, line by line, as far as rows go.

use sexton_core::names::Actor;
use sexton_engine::{Caller, DeleteError, EngineError, RefusedBy, Root};

use super::{
    ALPS, COAST, DELTA, EXPAND_ALPS, GENERATE_ALPS, GENERATE_LYON, LYON_AGAIN, LYON_FEATURES,
    LYON_IQ, TRAIN_ALPS, TRAIN_COAST, TURIN, dataset, dataset_id, job, job_id, model,
};
use crate::place::{Place, removed, root};

on_both_databases!(
    sexton_samples::datasets;
    d1_a_dataset_goes_with_its_samples_and_nothing_else_does,
    d3_a_deleted_or_unknown_dataset_is_not_found,
    d8_features_go_though_no_foreign_key_names_the_dataset,
    d9_jobs_evaluations_and_inactive_models_stay_without_the_dataset,
    d10_an_active_model_refuses_by_name,
    d11_once_its_models_are_inactive_a_dataset_goes,
    d12_the_second_dataset_of_a_model_is_guarded_too,
    d13_a_live_training_job_refuses_by_name,
    d18_a_live_writer_refuses_by_name,
    d22_a_job_of_another_type_is_the_wrong_thing,
    d23_a_job_goes_and_its_datasets_stay,
    d31_metrics_go_with_their_job_and_children_and_models_stay,
    d33_what_is_counted_is_what_went,
    d34_deleting_a_job_that_expanded_a_dataset_leaves_it_whole,
    d35_a_dataset_that_another_job_added_to_is_the_first_jobs,
    d37_a_job_at_work_cannot_go_and_its_checkpoints_stay_named,
    d38_a_model_goes_with_its_evaluations_and_shares,
    d38_an_active_model_goes_by_force_only,
    d38_whom_a_model_is_shared_with_is_forbidden_and_others_find_none,
    d39_a_session_goes_with_its_measurements,
    d40_a_block_outranks_the_cascade_of_the_database,
    d49_datasets_without_samples_are_told_by_the_applications_own_query,
);

/// Alps is iq_raw: samples, features of both forms, and all that names it.
fn alps_by_hand() -> String {
    let id = dataset_id(ALPS);
    format!(
        "DELETE FROM synthetic_iq_samples WHERE dataset_id = '{id}';
         DELETE FROM measurement_features WHERE dataset_id = '{id}'
            OR extraction_metadata ->> 'synthetic_dataset_id' = '{id}';
         UPDATE training_jobs SET dataset_id = NULL WHERE dataset_id = '{id}';
         UPDATE models SET synthetic_dataset_id = NULL WHERE synthetic_dataset_id = '{id}';
         UPDATE model_evaluations SET dataset_id = NULL WHERE dataset_id = '{id}';
         DELETE FROM synthetic_datasets WHERE id = '{id}';"
    )
}

async fn d1_a_dataset_goes_with_its_samples_and_nothing_else_does(place: Place) {
    let receipt = place.deletes_what_this_does(dataset(ALPS), &alps_by_hand()).await;
    assert_eq!(receipt.record.removed.values().max(), Some(&141));
}

async fn d3_a_deleted_or_unknown_dataset_is_not_found(place: Place) {
    place.does_not_find(dataset(99)).await;
    place.delete(dataset(ALPS)).await.unwrap();
    place.does_not_find(dataset(ALPS)).await;
    assert_eq!(place.records().await, 1);
}

async fn d8_features_go_though_no_foreign_key_names_the_dataset(place: Place) {
    let by_column = format!("dataset_id = '{}'", dataset_id(ALPS));
    let by_json =
        format!("extraction_metadata ->> 'synthetic_dataset_id' = '{}'", dataset_id(ALPS));
    let count = |which: &str| format!("SELECT count(*) FROM measurement_features WHERE {which}");
    let left = async |which: &str| place.number(&count(which)).await;
    assert_eq!((left(&by_column).await, left(&by_json).await, left("true").await), (100, 141, 465));
    place.delete(dataset(ALPS)).await.unwrap();
    assert_eq!((left(&by_column).await, left(&by_json).await, left("true").await), (0, 0, 324));
}

async fn d9_jobs_evaluations_and_inactive_models_stay_without_the_dataset(place: Place) {
    let named = [
        ("training_jobs", "dataset_id", 2),
        ("model_evaluations", "dataset_id", 2),
        ("models", "synthetic_dataset_id", 2),
    ];
    let count = |table, condition: &str| format!("SELECT count(*) FROM {table} WHERE {condition}");
    let mut rows = Vec::new();
    for (table, column, expected) in named {
        let of_alps = count(table, &format!("{column} = '{}'", dataset_id(ALPS)));
        assert_eq!(place.number(&of_alps).await, expected, "{table}");
        rows.push(place.number(&count(table, "true")).await);
    }
    place.delete(dataset(ALPS)).await.unwrap();
    for ((table, column, _), before) in named.into_iter().zip(rows) {
        let of_alps = count(table, &format!("{column} = '{}'", dataset_id(ALPS)));
        assert_eq!(place.number(&of_alps).await, 0, "{table}");
        assert_eq!(place.number(&count(table, "true")).await, before, "{table}");
    }
}

const TURIN_IS_USED: &str = "Cannot delete dataset: it is currently used by 2 active model(s): \
     localizer-turin, localizer-both. Please deactivate or delete these models first.";

async fn d10_an_active_model_refuses_by_name(place: Place) {
    place.refuses(dataset(TURIN), RefusedBy::Refused, TURIN_IS_USED).await;
    assert_eq!(place.records().await, 0);
}

async fn d11_once_its_models_are_inactive_a_dataset_goes(place: Place) {
    place.execute("UPDATE models SET is_active = false").await;
    place.delete(dataset(TURIN)).await.unwrap();
    place.does_not_find(dataset(TURIN)).await;
}

async fn d12_the_second_dataset_of_a_model_is_guarded_too(place: Place) {
    let said = "Cannot delete dataset: it is currently used by 1 active model(s): \
                localizer-both. Please deactivate or delete these models first.";
    place.refuses(dataset(LYON_FEATURES), RefusedBy::Refused, said).await;
}

async fn d13_a_live_training_job_refuses_by_name(place: Place) {
    let said =
        "Cannot delete dataset 'coast-features': 1 job(s) are still working on it: train coast";
    for status in ["pending", "queued", "running", "paused"] {
        let change = format!(
            "UPDATE training_jobs SET status = '{status}' WHERE id = '{}'",
            job_id(TRAIN_COAST)
        );
        place.execute(&change).await;
        place.refuses(dataset(COAST), RefusedBy::Refused, said).await;
    }
    place.execute("UPDATE training_jobs SET status = 'cancelled' WHERE status = 'paused'").await;
    place.delete(dataset(COAST)).await.unwrap();
}

/// The one that made it, the one that names it, and the one that expands it: each alone.
async fn d18_a_live_writer_refuses_by_name(place: Place) {
    for (writer, name, other) in [
        (GENERATE_ALPS, "generate alps", "dataset_id = NULL"),
        (EXPAND_ALPS, "expand alps", "dataset_id = NULL"),
        (EXPAND_ALPS, "expand alps", "config = '{}'"),
    ] {
        let place = place.twin().await;
        let id = job_id(writer);
        let live = format!("UPDATE training_jobs SET status = 'queued', {other} WHERE id = '{id}'");
        place.execute(&live).await;
        let said =
            format!("Cannot delete dataset 'alps-iq': 1 job(s) are still working on it: {name}");
        place.refuses(dataset(ALPS), RefusedBy::Refused, &said).await;
    }
}

async fn d22_a_job_of_another_type_is_the_wrong_thing(place: Place) {
    let id = job_id(TRAIN_ALPS);
    let said = format!("Job {id} is not a synthetic generation job (type: training)");
    place.refuses(job("job", TRAIN_ALPS), RefusedBy::Wrong, &said).await;
}

async fn d23_a_job_goes_and_its_datasets_stay(place: Place) {
    let id = job_id(GENERATE_LYON);
    let by_hand = format!(
        "UPDATE synthetic_datasets SET created_by_job_id = NULL WHERE created_by_job_id = '{id}';
         DELETE FROM training_metrics WHERE training_job_id = '{id}';
         DELETE FROM training_jobs WHERE id = '{id}';"
    );
    let preview = place.preview(job("job", GENERATE_LYON)).await;
    assert_eq!(removed(&preview, "synthetic_datasets"), 0);
    let receipt = place.deletes_what_this_does(job("job", GENERATE_LYON), &by_hand).await;
    assert_eq!(receipt.rows(), 4);
    place.does_not_find(job("job", GENERATE_LYON)).await;
}

async fn d31_metrics_go_with_their_job_and_children_and_models_stay(place: Place) {
    let id = job_id(TRAIN_ALPS);
    let by_hand = format!(
        "UPDATE training_jobs SET parent_job_id = NULL WHERE parent_job_id = '{id}';
         UPDATE models SET trained_by_job_id = NULL WHERE trained_by_job_id = '{id}';
         UPDATE model_evaluations SET evaluated_by_job_id = NULL WHERE evaluated_by_job_id = '{id}';
         DELETE FROM training_metrics WHERE training_job_id = '{id}';
         DELETE FROM training_jobs WHERE id = '{id}';"
    );
    let receipt = place.deletes_what_this_does(job("training-job", TRAIN_ALPS), &by_hand).await;
    assert_eq!(receipt.rows(), 4);
    assert_eq!(receipt.record.changed.values().filter(|rows| **rows == 1).count(), 3);
}

async fn d33_what_is_counted_is_what_went(place: Place) {
    let before = place.dump().await;
    let receipt = place.delete(dataset(ALPS)).await.unwrap();
    let after = place.dump().await;
    let mut counted = 0;
    for (table, rows) in &before {
        let gone = rows.len() - after[table].len();
        let table = table.rsplit('.').next().unwrap();
        let told = receipt.record.removed.iter().find(|(name, _)| name.ends_with(table));
        assert_eq!(told.map_or(0, |(_, rows)| *rows), gone as u64, "{table}");
        counted += gone;
    }
    assert_eq!(receipt.rows(), counted as u64);
}

async fn d34_deleting_a_job_that_expanded_a_dataset_leaves_it_whole(place: Place) {
    let id = job_id(EXPAND_ALPS);
    let by_hand = format!(
        "DELETE FROM training_metrics WHERE training_job_id = '{id}';
         DELETE FROM training_jobs WHERE id = '{id}';"
    );
    place.deletes_what_this_does(job("job", EXPAND_ALPS), &by_hand).await;
}

async fn d35_a_dataset_that_another_job_added_to_is_the_first_jobs(place: Place) {
    let maker = format!(
        "SELECT created_by_job_id FROM synthetic_datasets WHERE id = '{}'",
        dataset_id(LYON_IQ)
    );
    place.delete(job("job", LYON_AGAIN)).await.unwrap();
    assert_eq!(place.column(&maker).await, [Some(job_id(GENERATE_LYON))]);
    let samples = "SELECT count(*) FROM synthetic_iq_samples s
                   JOIN synthetic_datasets d ON d.id = s.dataset_id WHERE d.name = 'lyon-iq'";
    assert_eq!(place.number(samples).await, 60);
}

async fn d37_a_job_at_work_cannot_go_and_its_checkpoints_stay_named(place: Place) {
    let said = "Cannot delete job in status 'running'. Cancel the job first.";
    place.refuses(job("training-job", TRAIN_COAST), RefusedBy::Refused, said).await;
    let named = "SELECT count(*) FROM models WHERE pytorch_model_location IS NOT NULL";
    let before = place.number(named).await;
    place.delete(job("training-job", TRAIN_ALPS)).await.unwrap();
    assert_eq!(place.number(named).await, before);
}

async fn d38_a_model_goes_with_its_evaluations_and_shares(place: Place) {
    let by_hand = "
        DELETE FROM model_shares WHERE model_id LIKE '30de1000-%2';
        DELETE FROM model_evaluations WHERE model_id LIKE '30de1000-%2';
        UPDATE models SET parent_model_id = NULL WHERE parent_model_id LIKE '30de1000-%2';
        DELETE FROM models WHERE id LIKE '30de1000-%2';";
    let by_hand = if place.is_sqlite() {
        by_hand.to_owned()
    } else {
        by_hand.replace(" LIKE", "::text LIKE")
    };
    let receipt = place.deletes_what_this_does(model("model", 2), &by_hand).await;
    assert_eq!(receipt.rows(), 4);
}

async fn d38_an_active_model_goes_by_force_only(place: Place) {
    let said = "Cannot delete active model. Deactivate first.";
    place.refuses(model("model", 1), RefusedBy::Refused, said).await;
    assert_eq!(place.delete(model("model-by-force", 1)).await.unwrap().rows(), 3);
}

/// Ada owns the model and shares it with Ben; Dora knows nothing of it.
async fn d38_whom_a_model_is_shared_with_is_forbidden_and_others_find_none(place: Place) {
    let by = |user: &str, number: u8| Root {
        caller: Caller::of_roles(Actor::new(user), &[]),
        ..model("model", number)
    };
    let before = place.dump().await;
    let refused = place.delete(by("ben", 2)).await;
    let forbidden = matches!(refused, Err(DeleteError::Engine(EngineError::NotOwner { .. })));
    assert!(forbidden, "{refused:?}");
    place.does_not_find(by("dora", 2)).await;
    assert_eq!(place.dump().await, before);
    place.delete(by("ada", 2)).await.unwrap();
}

async fn d39_a_session_goes_with_its_measurements(place: Place) {
    let id = "5e550000-0000-4000-8000-000000000001";
    let by_hand = format!(
        "DELETE FROM measurements WHERE recording_session_id = '{id}';
         DELETE FROM recording_sessions WHERE id = '{id}';"
    );
    let receipt = place.deletes_what_this_does(root("session", id), &by_hand).await;
    assert_eq!(receipt.rows(), 7);
    place.does_not_find(root("session", id)).await;
}

async fn d40_a_block_outranks_the_cascade_of_the_database(place: Place) {
    let source = |number| root("source", &format!("50c0ce00-0000-4000-8000-{number:012}"));
    let said = "Cannot delete source: it is referenced by 2 recording session(s)";
    place.refuses(source(1), RefusedBy::Refused, said).await;
    assert_eq!(place.delete(source(2)).await.unwrap().rows(), 1);
}

/// Deletions leave none behind.
async fn d49_datasets_without_samples_are_told_by_the_applications_own_query(place: Place) {
    let hollow = "SELECT d.name FROM synthetic_datasets d
                  LEFT JOIN synthetic_iq_samples s ON s.dataset_id = d.id
                  WHERE d.dataset_type = 'iq_raw' AND s.id IS NULL ORDER BY d.name";
    assert_eq!(place.column(hollow).await, [Some("delta-iq".to_owned())]);
    place.delete(dataset(ALPS)).await.unwrap();
    place.delete(job("job", GENERATE_LYON)).await.unwrap();
    assert_eq!(place.column(hollow).await, [Some("delta-iq".to_owned())]);
    place.delete(dataset(DELTA)).await.unwrap();
    assert_eq!(place.column(hollow).await, [None; 0]);
}
