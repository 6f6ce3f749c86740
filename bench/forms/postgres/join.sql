-- Every table joined with the runs or snapshots of the batch.
UPDATE domains
SET run_count = (SELECT count(*) FROM runs AS c WHERE c.domain_id = domains.id AND c.batch_id <> $1),
    (latest_run_id, latest_run_at, latest_status, latest_level, latest_score, latest_grade) = (
        SELECT coalesce(l.id, ''), l.finished_at, coalesce(l.status, ''), coalesce(l.worst_level, ''), l.score, l.grade
        FROM (SELECT 1) AS one
        LEFT JOIN (
            SELECT r.id, r.finished_at, r.status, r.worst_level, r.score, r.grade
            FROM runs AS r
            WHERE r.domain_id = domains.id AND r.batch_id <> $1 AND r.status IN ('succeeded', 'failed')
            ORDER BY r.finished_at DESC, r.id DESC
            LIMIT 1
        ) AS l ON true
    )
FROM runs AS lost
WHERE lost.domain_id = domains.id AND lost.batch_id = $1;

UPDATE analysis_cohort_catalog AS x
SET default_snapshot_id = NULL, default_snapshot_policy = 'auto_latest'
FROM analysis_cohort_snapshots AS s
WHERE x.default_snapshot_id = s.id AND s.batch_id = $1;

DELETE FROM analysis_cohort_snapshot_aggregates AS x
USING analysis_cohort_snapshots AS s
WHERE x.snapshot_id = s.id AND s.batch_id = $1;
DELETE FROM analysis_snapshot_domain_view AS x
USING analysis_cohort_snapshots AS s
WHERE x.snapshot_id = s.id AND s.batch_id = $1;
DELETE FROM analysis_cohort_snapshots WHERE batch_id = $1;
DELETE FROM analysis_run_ns_endpoints AS x USING runs AS r WHERE x.run_id = r.id AND r.batch_id = $1;
DELETE FROM analysis_run_address_asns AS x USING runs AS r WHERE x.run_id = r.id AND r.batch_id = $1;
DELETE FROM analysis_run_domain_asns AS x USING runs AS r WHERE x.run_id = r.id AND r.batch_id = $1;
DELETE FROM analysis_run_tag_summary AS x USING runs AS r WHERE x.run_id = r.id AND r.batch_id = $1;
DELETE FROM analysis_run_domain_facts AS x USING runs AS r WHERE x.run_id = r.id AND r.batch_id = $1;
DELETE FROM analysis_run_domain_summary AS x USING runs AS r WHERE x.run_id = r.id AND r.batch_id = $1;
DELETE FROM entries AS x USING runs AS r WHERE x.run_id = r.id AND r.batch_id = $1;
DELETE FROM entries AS x USING jobs AS j WHERE x.run_id = j.id AND j.batch_id = $1;
DELETE FROM run_dnssec_chain AS x USING runs AS r WHERE x.run_id = r.id AND r.batch_id = $1;
DELETE FROM runs WHERE batch_id = $1;
DELETE FROM jobs WHERE batch_id = $1;
DELETE FROM batches WHERE id = $1;
