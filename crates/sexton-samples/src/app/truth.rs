//! What must be true of each system's rows whatever its workers, and deletions, have done.
//!
//! Each is a sentence and a question for the rows that speak against it.

pub type Truth = (&'static str, &'static str);

/// All of it that is known of this system.
pub fn of(system: &str) -> &'static [Truth] {
    match system {
        "batches" => BATCHES,
        "datasets" => DATASETS,
        "transcriptions" => TRANSCRIPTIONS,
        "snapshots" => SNAPSHOTS,
        _ => REQUESTS,
    }
}

const BATCHES: &[Truth] = &[
    (
        "a domain counts its runs",
        "SELECT d.name, d.run_count FROM domains d
         WHERE d.run_count <> (SELECT count(*) FROM runs r WHERE r.domain_id = d.id)",
    ),
    (
        "a domain names its latest run that counts",
        "SELECT d.name, d.latest_run_id FROM domains d
         WHERE d.latest_run_id <> coalesce((SELECT r.id FROM runs r
               WHERE r.domain_id = d.id AND r.status IN ('succeeded', 'failed')
               ORDER BY r.finished_at DESC, r.id DESC LIMIT 1), '')",
    ),
    (
        "what a domain says of its latest run is what the run says",
        "SELECT d.name FROM domains d JOIN runs r ON r.id = d.latest_run_id
         WHERE d.latest_run_at <> r.finished_at OR d.latest_level <> r.worst_level
            OR coalesce(d.latest_score, -1) <> coalesce(r.score, -1)",
    ),
    (
        "a run has the entries that it counts",
        "SELECT r.id FROM runs r
         WHERE r.entry_count <> (SELECT count(*) FROM entries e WHERE e.run_id = r.id)",
    ),
    (
        "entries are of a run or of a job",
        "SELECT e.id, e.run_id FROM entries e
         WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = e.run_id)
           AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.id = e.run_id)",
    ),
    (
        "chains are of a run",
        "SELECT c.run_id FROM run_dnssec_chain c
         WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = c.run_id)",
    ),
    (
        "a job does not go on after it became a run",
        "SELECT j.id FROM jobs j JOIN runs r ON r.id = j.id",
    ),
    (
        "facts are of a run",
        "SELECT f.run_id FROM (SELECT run_id FROM analysis_run_ns_endpoints
               UNION SELECT run_id FROM analysis_run_address_asns
               UNION SELECT run_id FROM analysis_run_domain_asns
               UNION SELECT run_id FROM analysis_run_tag_summary
               UNION SELECT run_id FROM analysis_run_domain_facts
               UNION SELECT run_id FROM analysis_run_domain_summary) f
         WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = f.run_id)",
    ),
    (
        "snapshots are of a batch, and views of a snapshot",
        "SELECT s.slug FROM analysis_cohort_snapshots s
         WHERE NOT EXISTS (SELECT 1 FROM batches b WHERE b.id = s.batch_id)
         UNION ALL
         SELECT CAST(v.snapshot_id AS text) FROM analysis_snapshot_domain_view v
         WHERE NOT EXISTS (SELECT 1 FROM analysis_cohort_snapshots s WHERE s.id = v.snapshot_id)
         UNION ALL
         SELECT CAST(a.snapshot_id AS text) FROM analysis_cohort_snapshot_aggregates a
         WHERE NOT EXISTS (SELECT 1 FROM analysis_cohort_snapshots s WHERE s.id = a.snapshot_id)",
    ),
    (
        "a cohort is pinned to a snapshot that is there",
        "SELECT c.label FROM analysis_cohort_catalog c
         WHERE c.default_snapshot_id IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM analysis_cohort_snapshots s WHERE s.id = c.default_snapshot_id)",
    ),
];

const DATASETS: &[Truth] = &[
    (
        "samples are as many as a dataset that a worker filled says",
        "SELECT d.name, d.num_samples FROM synthetic_datasets d
         JOIN training_jobs j ON j.dataset_id = d.id AND j.status = 'completed' AND j.worker IS NOT NULL
         WHERE d.num_samples < 3
            OR d.num_samples > (SELECT count(*) FROM synthetic_iq_samples s WHERE s.dataset_id = d.id)
                             + (SELECT count(*) FROM synthetic_training_samples s WHERE s.dataset_id = d.id)",
    ),
    (
        "features are of a dataset, or of a real recording",
        "SELECT f.recording_session_id FROM measurement_features f
         WHERE f.dataset_id IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM synthetic_datasets d WHERE d.id = f.dataset_id)",
    ),
    (
        "features that name a dataset in their JSON alone name one that is there",
        "SELECT f.recording_session_id FROM measurement_features f
         WHERE f.extraction_metadata ->> 'synthetic_dataset_id' IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM synthetic_datasets d
               WHERE CAST(d.id AS text) = f.extraction_metadata ->> 'synthetic_dataset_id')",
    ),
    (
        "a sample has its features",
        "SELECT s.id FROM synthetic_iq_samples s
         JOIN synthetic_datasets d ON d.id = s.dataset_id AND d.created_at > '2026-11-01'
         WHERE NOT EXISTS (SELECT 1 FROM measurement_features f WHERE f.recording_session_id = s.id)",
    ),
    (
        "an active model learnt from datasets that are there",
        "SELECT m.model_name FROM models m
         WHERE m.is_active AND m.trained_by_job_id IS NOT NULL AND m.synthetic_dataset_id IS NULL",
    ),
    (
        "a job that has ended holds no lease",
        "SELECT j.job_name FROM training_jobs j
         WHERE j.status IN ('completed', 'failed', 'cancelled') AND j.lease_expires_at IS NOT NULL",
    ),
];

const TRANSCRIPTIONS: &[Truth] = &[
    (
        "what a job stores is of a job that is there",
        "SELECT a.uri FROM artifact_objects a
         WHERE a.owner_type = 'job'
           AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.id = a.owner_id)",
    ),
    (
        "a completed job has completed all its tasks but what comes afterwards",
        "SELECT t.id, t.status FROM tasks t JOIN jobs j ON j.id = t.job_id
         WHERE j.status = 'completed' AND t.stage NOT LIKE 'pii%'
           AND t.status NOT IN ('completed', 'skipped')",
    ),
    (
        "a job whose tasks have all completed has completed",
        "SELECT j.id, j.status FROM jobs j
         WHERE j.status = 'running' AND j.display_name LIKE 'winter %'
           AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.job_id = j.id
                           AND t.status NOT IN ('completed', 'skipped'))",
    ),
    (
        "a task that has ended holds no lease",
        "SELECT t.id FROM tasks t
         WHERE t.status NOT IN ('running') AND t.lease_expires_at IS NOT NULL",
    ),
    (
        "a job tells a web hook once that it has completed",
        "SELECT w.job_id FROM webhook_deliveries w JOIN jobs j ON j.id = w.job_id
         WHERE j.display_name LIKE 'winter %' GROUP BY w.job_id HAVING count(*) > 1",
    ),
];

const SNAPSHOTS: &[Truth] = &[
    (
        "a comparison that succeeded names its result and has all its chunks",
        "SELECT c.id FROM snapshot_comparisons c
         WHERE c.state = 2 AND (c.extras ->> 'comparison_key' IS NULL
            OR c.worker IS NOT NULL AND c.chunks_total IS NULL)",
    ),
    (
        "no other comparison names a result",
        "SELECT c.id FROM snapshot_comparisons c
         WHERE c.state <> 2 AND c.extras ->> 'comparison_key' IS NOT NULL",
    ),
    (
        "a comparison that has ended holds no lease",
        "SELECT c.id FROM snapshot_comparisons c
         WHERE c.state NOT IN (1) AND c.lease_expires_at IS NOT NULL",
    ),
    (
        "files that artifacts name are there",
        "SELECT a.id FROM artifacts a
         WHERE a.file_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM files f WHERE f.id = a.file_id)",
    ),
];

const REQUESTS: &[Truth] = &[
    (
        "a batch with frozen counts counts its requests",
        "SELECT b.id FROM batches b
         WHERE b.counts_frozen_at IS NOT NULL AND b.completed_requests <>
               (SELECT count(*) FROM requests r WHERE r.batch_id = b.id AND r.state = 'completed')",
    ),
    (
        "no request of a batch that goes on has lost its input",
        "SELECT r.id FROM requests r LEFT JOIN batches b ON b.id = r.batch_id
         WHERE r.state IN ('pending', 'claimed', 'processing') AND r.template_id IS NULL
           AND b.cancelling_at IS NULL",
    ),
    (
        "what is claimed or processed has a daemon that is known",
        "SELECT r.id FROM requests r
         WHERE r.state IN ('claimed', 'processing')
           AND NOT EXISTS (SELECT 1 FROM daemons d WHERE d.id = r.daemon_id)",
    ),
    (
        "a request is made of each template once for each batch",
        "SELECT r.batch_id, r.template_id FROM requests r
         WHERE r.batch_id IS NOT NULL AND r.template_id IS NOT NULL
         GROUP BY r.batch_id, r.template_id HAVING count(*) > 1",
    ),
    (
        "steps lead to a request",
        "SELECT s.id FROM response_steps s WHERE s.request_id IS NULL AND s.parent_step_id IS NULL",
    ),
];
