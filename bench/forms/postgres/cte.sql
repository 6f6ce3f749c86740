-- One statement: every part sees the rows as they were before it.
WITH gone_runs AS MATERIALIZED (SELECT id, domain_id FROM runs WHERE batch_id = $1),
gone_jobs AS MATERIALIZED (SELECT id FROM jobs WHERE batch_id = $1),
gone_snapshots AS MATERIALIZED (SELECT id FROM analysis_cohort_snapshots WHERE batch_id = $1),
derived AS (
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
    WHERE id IN (SELECT domain_id FROM gone_runs)
),
reverted AS (
    UPDATE analysis_cohort_catalog
    SET default_snapshot_id = NULL, default_snapshot_policy = 'auto_latest'
    WHERE default_snapshot_id IN (SELECT id FROM gone_snapshots)
),
d1 AS (DELETE FROM analysis_cohort_snapshot_aggregates AS x USING gone_snapshots AS s WHERE x.snapshot_id = s.id),
d2 AS (DELETE FROM analysis_snapshot_domain_view AS x USING gone_snapshots AS s WHERE x.snapshot_id = s.id),
d3 AS (DELETE FROM analysis_cohort_snapshots WHERE batch_id = $1),
d4 AS (DELETE FROM analysis_run_ns_endpoints AS x USING gone_runs AS r WHERE x.run_id = r.id),
d5 AS (DELETE FROM analysis_run_address_asns AS x USING gone_runs AS r WHERE x.run_id = r.id),
d6 AS (DELETE FROM analysis_run_domain_asns AS x USING gone_runs AS r WHERE x.run_id = r.id),
d7 AS (DELETE FROM analysis_run_tag_summary AS x USING gone_runs AS r WHERE x.run_id = r.id),
d8 AS (DELETE FROM analysis_run_domain_facts AS x USING gone_runs AS r WHERE x.run_id = r.id),
d9 AS (DELETE FROM analysis_run_domain_summary AS x USING gone_runs AS r WHERE x.run_id = r.id),
d10 AS (DELETE FROM entries AS x USING gone_runs AS r WHERE x.run_id = r.id),
d11 AS (DELETE FROM run_dnssec_chain AS x USING gone_runs AS r WHERE x.run_id = r.id),
d12 AS (DELETE FROM entries AS x USING gone_jobs AS j WHERE x.run_id = j.id),
d13 AS (DELETE FROM runs WHERE batch_id = $1),
d14 AS (DELETE FROM jobs WHERE batch_id = $1)
DELETE FROM batches WHERE id = $1;
