//! What must be true of each system's rows whatever its workers, and deletions, have done.
//!
//! Each is a sentence and a question for the rows that speak against it.

type Truth = (&'static str, &'static str);

/// All of it that is known of this system.
pub fn of(system: &str) -> &'static [Truth] {
    match system {
        "batches" => BATCHES,
        _ => &[],
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
