//! Each truth of an application is told from a lie: rows that speak against it are planted, and it
//! must find them. On SQLite, where constraints can be let off.

use sexton_samples::Sample;
use sexton_samples::app::truth;

use crate::place::Place;

/// A truth, and rows that speak against it, each by itself.
type Lies = (&'static str, &'static [&'static str]);

macro_rules! each_truth {
    ($($system:ident: $lies:ident),*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $system() {
            are_found(sexton_samples::$system(), $lies).await;
        })*
    };
}

each_truth!(
    batches: BATCHES,
    datasets: DATASETS,
    transcriptions: TRANSCRIPTIONS,
    snapshots: SNAPSHOTS,
    requests: REQUESTS
);

const LET_OFF: &str = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; BEGIN";

async fn are_found(sample: Sample, lies: &[Lies]) {
    let truths = truth::of(sample.name);
    let sentences: Vec<&str> = truths.iter().map(|(sentence, _)| *sentence).collect();
    let told: Vec<&str> = lies.iter().map(|(sentence, _)| *sentence).collect();
    assert_eq!(told, sentences, "every truth has its lies, in the same order");
    let place = Place::on_sqlite(sample).await;
    place.submit("winter", 3, 1);
    for role in place.application.roles {
        place.works(role.name, &[]);
    }
    place.is_sound().await;
    for ((sentence, sql), (_, lies)) in truths.iter().zip(lies) {
        for lie in *lies {
            // What was planted is taken back with the transaction.
            let planted = [LET_OFF, lie, sql].join("; ");
            assert!(!place.rows(&planted).await.is_empty(), "{sentence}: not told from {lie}");
        }
    }
    place.is_sound().await;
}

const BATCHES: &[Lies] = &[
    ("a domain counts its runs", &["UPDATE domains SET run_count = run_count + 1 WHERE id = 1"]),
    (
        "a domain names its latest run that counts",
        &[
            "UPDATE domains SET latest_run_id = 'nobody' WHERE id = 1",
            "UPDATE domains SET latest_run_id = '' WHERE latest_run_id <> ''",
        ],
    ),
    (
        "what a domain says of its latest run is what the run says",
        &[
            "UPDATE domains SET latest_level = 'ODD' WHERE latest_run_id <> ''",
            "UPDATE domains SET latest_score = 1 WHERE latest_run_id <> ''",
            "UPDATE domains SET latest_run_at = '1999' WHERE latest_run_id <> ''",
        ],
    ),
    (
        "a run has the entries that it counts",
        &["DELETE FROM entries WHERE run_id = 'winter-00001'"],
    ),
    (
        "entries are of a run or of a job",
        &["UPDATE entries SET run_id = 'nobody' WHERE run_id = 'winter-00001'"],
    ),
    (
        "chains are of a run",
        &["UPDATE run_dnssec_chain SET run_id = 'nobody' WHERE run_id = 'winter-00001'"],
    ),
    (
        "a job does not go on after it became a run",
        &["INSERT INTO jobs (id, domain_id, domain, batch_id, status, created_at)
           SELECT id, domain_id, domain, batch_id, 'running', created_at FROM runs LIMIT 1"],
    ),
    (
        "facts are of a run",
        &[
            "UPDATE analysis_run_ns_endpoints SET run_id = 'nobody' WHERE run_id = 'winter-00001'",
            "UPDATE analysis_run_address_asns SET run_id = 'nobody' WHERE run_id = 'winter-00001'",
            "UPDATE analysis_run_domain_asns SET run_id = 'nobody' WHERE run_id = 'winter-00001'",
            "UPDATE OR IGNORE analysis_run_tag_summary SET run_id = 'nobody'",
            "UPDATE analysis_run_domain_facts SET run_id = 'nobody' WHERE run_id = 'winter-00001'",
            "UPDATE analysis_run_domain_summary SET run_id = 'nobody' WHERE run_id = 'winter-00001'",
        ],
    ),
    (
        "snapshots are of a batch, and views of a snapshot",
        &[
            "DELETE FROM batches WHERE id = 'autumn-2026'",
            "UPDATE OR IGNORE analysis_snapshot_domain_view SET snapshot_id = 9999",
            "UPDATE OR IGNORE analysis_cohort_snapshot_aggregates SET snapshot_id = 9999",
        ],
    ),
    (
        "a cohort is pinned to a snapshot that is there",
        &["UPDATE analysis_cohort_catalog SET default_snapshot_id = 9999"],
    ),
];

const DATASETS: &[Lies] = &[
    (
        "samples are as many as a dataset that a worker filled says",
        &[
            "UPDATE synthetic_datasets SET num_samples = 99 WHERE name = 'winter-1'",
            "UPDATE synthetic_datasets SET num_samples = 2 WHERE name = 'winter-2'",
        ],
    ),
    (
        "features are of a dataset, or of a real recording",
        &["UPDATE measurement_features SET dataset_id = 'nobody' WHERE dataset_id IS NOT NULL"],
    ),
    (
        "features that name a dataset in their JSON alone name one that is there",
        &["UPDATE measurement_features
           SET dataset_id = NULL, extraction_metadata = '{\"synthetic_dataset_id\":\"nobody\"}'"],
    ),
    (
        "a sample has its features",
        &["DELETE FROM measurement_features WHERE dataset_id =
               (SELECT id FROM synthetic_datasets WHERE name = 'winter-1')"],
    ),
    (
        "an active model learnt from datasets that are there",
        &["UPDATE models SET is_active = 1, synthetic_dataset_id = NULL
           WHERE trained_by_job_id IS NOT NULL"],
    ),
    (
        "a job that has ended holds no lease",
        &["UPDATE training_jobs SET lease_expires_at = '2999' WHERE status = 'completed'"],
    ),
];

const TRANSCRIPTIONS: &[Lies] = &[
    (
        "what a job stores is of a job that is there",
        &["UPDATE artifact_objects SET owner_id = 'nobody' WHERE owner_type = 'job'"],
    ),
    (
        "a completed job has completed all its tasks but what comes afterwards",
        &["UPDATE tasks SET status = 'running' WHERE stage = 'merge'"],
    ),
    (
        "a job whose tasks have all completed has completed",
        &["UPDATE jobs SET status = 'running' WHERE display_name LIKE 'winter %'"],
    ),
    (
        "a task that has ended holds no lease",
        &["UPDATE tasks SET lease_expires_at = '2999' WHERE status = 'completed'"],
    ),
    (
        "a job tells a web hook once that it has completed",
        &["INSERT INTO webhook_deliveries (id, endpoint_id, job_id, event_type, payload, status)
           SELECT id || '-again', endpoint_id, job_id, event_type || '.again', payload, status
           FROM webhook_deliveries
           WHERE job_id IN (SELECT id FROM jobs WHERE display_name LIKE 'winter %')"],
    ),
];

const SNAPSHOTS: &[Lies] = &[
    (
        "a comparison that succeeded names its result and has all its chunks",
        &[
            "UPDATE snapshot_comparisons SET extras = NULL WHERE state = 2",
            "UPDATE snapshot_comparisons SET chunks_total = NULL WHERE worker IS NOT NULL",
        ],
    ),
    (
        "no other comparison names a result",
        &["UPDATE snapshot_comparisons SET state = 3 WHERE state = 2"],
    ),
    (
        "a comparison that has ended holds no lease",
        &["UPDATE snapshot_comparisons SET lease_expires_at = '2999' WHERE state = 2"],
    ),
    ("files that artifacts name are there", &["UPDATE artifacts SET file_id = 9999 WHERE id = 7"]),
];

const REQUESTS: &[Lies] = &[
    (
        "a batch with frozen counts counts its requests",
        &["UPDATE batches SET completed_requests = completed_requests + 1
           WHERE counts_frozen_at IS NOT NULL"],
    ),
    (
        "no request of a batch that goes on has lost its input",
        &["UPDATE requests SET state = 'pending', template_id = NULL
           WHERE batch_id IN (SELECT id FROM batches WHERE cancelling_at IS NULL)"],
    ),
    (
        "what is claimed or processed has a daemon that is known",
        &["UPDATE requests SET state = 'claimed', daemon_id = 'nobody'"],
    ),
    (
        "a request is made of each template once for each batch",
        &["INSERT INTO requests (id, batch_id, template_id, state, model)
           SELECT id || '-again', batch_id, template_id, state, model FROM requests
           WHERE batch_id IS NOT NULL AND template_id IS NOT NULL"],
    ),
    (
        "steps lead to a request",
        &["UPDATE response_steps SET request_id = NULL, parent_step_id = NULL"],
    ),
];
