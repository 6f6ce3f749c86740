-- Keys are read once into temporary tables, which the session has made before.
-- once
CREATE TEMP TABLE gone_runs (id TEXT PRIMARY KEY, domain_id INTEGER NOT NULL) WITHOUT ROWID;
-- once
CREATE TEMP TABLE gone_jobs (id TEXT PRIMARY KEY) WITHOUT ROWID;
-- once
CREATE TEMP TABLE gone_snapshots (id INTEGER PRIMARY KEY);
INSERT INTO temp.gone_runs (id, domain_id) SELECT id, domain_id FROM runs WHERE batch_id = ?1;
INSERT INTO temp.gone_jobs (id) SELECT id FROM jobs WHERE batch_id = ?1;
INSERT INTO temp.gone_snapshots (id) SELECT id FROM analysis_cohort_snapshots WHERE batch_id = ?1;

UPDATE analysis_cohort_catalog
SET default_snapshot_id = NULL, default_snapshot_policy = 'auto_latest'
WHERE default_snapshot_id IN (SELECT id FROM temp.gone_snapshots);

DELETE FROM analysis_cohort_snapshot_aggregates WHERE snapshot_id IN (SELECT id FROM temp.gone_snapshots);
DELETE FROM analysis_snapshot_domain_view WHERE snapshot_id IN (SELECT id FROM temp.gone_snapshots);
DELETE FROM analysis_cohort_snapshots WHERE id IN (SELECT id FROM temp.gone_snapshots);
DELETE FROM analysis_run_ns_endpoints WHERE run_id IN (SELECT id FROM temp.gone_runs);
DELETE FROM analysis_run_address_asns WHERE run_id IN (SELECT id FROM temp.gone_runs);
DELETE FROM analysis_run_domain_asns WHERE run_id IN (SELECT id FROM temp.gone_runs);
DELETE FROM analysis_run_tag_summary WHERE run_id IN (SELECT id FROM temp.gone_runs);
DELETE FROM analysis_run_domain_facts WHERE run_id IN (SELECT id FROM temp.gone_runs);
DELETE FROM analysis_run_domain_summary WHERE run_id IN (SELECT id FROM temp.gone_runs);
DELETE FROM entries WHERE run_id IN (SELECT id FROM temp.gone_runs);
DELETE FROM entries WHERE run_id IN (SELECT id FROM temp.gone_jobs);
DELETE FROM run_dnssec_chain WHERE run_id IN (SELECT id FROM temp.gone_runs);
DELETE FROM runs WHERE id IN (SELECT id FROM temp.gone_runs);
DELETE FROM jobs WHERE id IN (SELECT id FROM temp.gone_jobs);
DELETE FROM batches WHERE id = ?1;

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
WHERE id IN (SELECT domain_id FROM temp.gone_runs);
-- binds:
DELETE FROM temp.gone_runs;
-- binds:
DELETE FROM temp.gone_jobs;
-- binds:
DELETE FROM temp.gone_snapshots;
