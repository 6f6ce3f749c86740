-- Keys are read once and bound as arrays.
-- keeps: runs, domains
SELECT coalesce(array_agg(id), '{}'), coalesce(array_agg(DISTINCT domain_id), '{}') FROM runs WHERE batch_id = $1;
-- keeps: jobs
SELECT coalesce(array_agg(id), '{}') FROM jobs WHERE batch_id = $1;
-- keeps: snapshots
SELECT coalesce(array_agg(id), '{}') FROM analysis_cohort_snapshots WHERE batch_id = $1;

-- binds: snapshots
UPDATE analysis_cohort_catalog
SET default_snapshot_id = NULL, default_snapshot_policy = 'auto_latest'
WHERE default_snapshot_id = ANY($1);

-- binds: snapshots
DELETE FROM analysis_cohort_snapshot_aggregates WHERE snapshot_id = ANY($1);
-- binds: snapshots
DELETE FROM analysis_snapshot_domain_view WHERE snapshot_id = ANY($1);
-- binds: snapshots
DELETE FROM analysis_cohort_snapshots WHERE id = ANY($1);
-- binds: runs
DELETE FROM analysis_run_ns_endpoints WHERE run_id = ANY($1);
-- binds: runs
DELETE FROM analysis_run_address_asns WHERE run_id = ANY($1);
-- binds: runs
DELETE FROM analysis_run_domain_asns WHERE run_id = ANY($1);
-- binds: runs
DELETE FROM analysis_run_tag_summary WHERE run_id = ANY($1);
-- binds: runs
DELETE FROM analysis_run_domain_facts WHERE run_id = ANY($1);
-- binds: runs
DELETE FROM analysis_run_domain_summary WHERE run_id = ANY($1);
-- binds: runs, jobs
DELETE FROM entries WHERE run_id = ANY($1 || $2);
-- binds: runs
DELETE FROM run_dnssec_chain WHERE run_id = ANY($1);
-- binds: runs
DELETE FROM runs WHERE id = ANY($1);
-- binds: jobs
DELETE FROM jobs WHERE id = ANY($1);
DELETE FROM batches WHERE id = $1;

-- binds: domains
UPDATE domains
SET run_count = (SELECT count(*) FROM runs AS c WHERE c.domain_id = domains.id),
    (latest_run_id, latest_run_at, latest_status, latest_level, latest_score, latest_grade) = (
        SELECT coalesce(l.id, ''), l.finished_at, coalesce(l.status, ''), coalesce(l.worst_level, ''), l.score, l.grade
        FROM (SELECT 1) AS one
        LEFT JOIN (
            SELECT r.id, r.finished_at, r.status, r.worst_level, r.score, r.grade
            FROM runs AS r
            WHERE r.domain_id = domains.id AND r.status IN ('succeeded', 'failed')
            ORDER BY r.finished_at DESC, r.id DESC
            LIMIT 1
        ) AS l ON true
    )
WHERE id = ANY($1);
