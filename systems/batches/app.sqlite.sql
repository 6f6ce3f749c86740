-- batches: what the application itself does, on SQLite.
--
-- Each section is one transaction. A statement under `-- only if` must find a row, or the whole
-- section is taken back. Times are the database's, never the worker's.

-- define: now
strftime('%Y-%m-%dT%H:%M:%SZ', 'now')

-- define: lease_end
strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+' || :lease || ' seconds')

-- define: mine
id = :job AND worker = :worker AND status = 'running' AND lease_expires_at > {now}

-- A batch comes in: its jobs first, one by one, and its own row last.

-- name: submit.job
INSERT INTO jobs (id, domain_id, domain, batch_id, status, created_at, profile_id)
SELECT :name || '-' || printf('%05d', :n), d.id, d.name, :name, 'queued', {now},
       (SELECT id FROM profiles WHERE name = 'default')
FROM domains d
ORDER BY d.id
LIMIT 1 OFFSET CAST(:n AS integer) % (SELECT count(*) FROM domains);

-- name: submit.batch
INSERT INTO batches (id, tag, created_at, domain_count, description, snapshot_intent)
VALUES (:name, 'cities', {now}, :jobs, 'submitted', 1)
ON CONFLICT (id) DO NOTHING;

-- A worker takes the next job that waits, or one whose worker has not been heard of.

-- name: worker.claim
UPDATE jobs
SET status = 'running', worker = :worker, started_at = {now}, heartbeat_at = {now},
    lease_expires_at = {lease_end}
WHERE id = (SELECT j.id
            FROM jobs j
            WHERE j.status = 'queued'
               OR (j.status = 'running' AND j.lease_expires_at <= {now})
            ORDER BY j.priority DESC, j.created_at, j.id
            LIMIT 1)
RETURNING id AS job, batch_id AS batch, domain_id AS domain;

-- What an earlier worker wrote for the job is not kept beside what this one writes.
-- name: worker.start
-- only if
SELECT id AS job FROM jobs WHERE {mine};
DELETE FROM entries WHERE run_id = :job;

-- name: worker.heartbeat
-- only if
UPDATE jobs
SET heartbeat_at = {now}, lease_expires_at = {lease_end}
WHERE {mine}
RETURNING cancel_requested AS cancel;

-- Entries carry the id of the job, which becomes the id of the run.
-- name: worker.write
-- only if
SELECT id AS job FROM jobs WHERE {mine};
UPDATE jobs SET progress = 100 * :step / :steps - 1 WHERE id = :job;
INSERT INTO entries (run_id, domain_id, timestamp, module, testcase, tag, level, args_json)
VALUES (:job, :domain, {now}, 'Zone', 'Zone02', 'STEP_' || :step,
        CASE WHEN CAST(:roll AS integer) < 60 THEN 'INFO' WHEN CAST(:roll AS integer) < 80 THEN 'NOTICE'
             WHEN CAST(:roll AS integer) < 95 THEN 'WARNING' ELSE 'ERROR' END,
        '{"worker":"' || :worker || '"}');

-- A job that ends becomes the run of the same id.
-- name: worker.finish
-- only if
SELECT id AS job FROM jobs WHERE {mine};
INSERT INTO runs (id, domain_id, domain, batch_id, status, created_at, started_at, finished_at,
                  sev_notice, sev_warning, sev_error, worst_level, entry_count, profile_id, score, grade)
SELECT j.id, j.domain_id, j.domain, j.batch_id, 'succeeded', j.created_at, j.started_at, {now},
       e.notices, e.warnings, e.errors,
       CASE WHEN e.errors > 0 THEN 'ERROR' WHEN e.warnings > 0 THEN 'WARNING'
            WHEN e.notices > 0 THEN 'NOTICE' ELSE 'INFO' END,
       e.entries, j.profile_id, 100 - CAST(:roll AS integer) / 2,
       CASE WHEN CAST(:roll AS integer) < 50 THEN 'A' ELSE 'B' END
FROM jobs j
JOIN (SELECT count(*) AS entries,
             coalesce(sum(level = 'NOTICE'), 0) AS notices,
             coalesce(sum(level = 'WARNING'), 0) AS warnings,
             coalesce(sum(level = 'ERROR'), 0) AS errors
      FROM entries
      WHERE run_id = :job) e
WHERE j.id = :job;
INSERT INTO run_dnssec_chain (run_id, chain_json)
SELECT r.id, '{"zone":"' || r.domain || '","signed":true}' FROM runs r WHERE r.id = :job;
UPDATE domains SET run_count = run_count + 1 WHERE id = :domain;
UPDATE domains
SET (latest_run_id, latest_run_at, latest_status, latest_level, latest_score, latest_grade) = (
        SELECT r.id, r.finished_at, r.status, r.worst_level, r.score, r.grade
        FROM runs r
        WHERE r.id = :job)
WHERE id = :domain
  AND (coalesce(latest_run_at, ''), latest_run_id) < (SELECT r.finished_at, r.id FROM runs r WHERE r.id = :job);
DELETE FROM jobs WHERE id = :job;

-- Somebody asked the worker to stop: its job becomes a canceled run, never the latest of its domain.
-- name: worker.cancel
-- only if
SELECT id AS job FROM jobs WHERE {mine};
DELETE FROM entries WHERE run_id = :job;
INSERT INTO runs (id, domain_id, domain, batch_id, status, created_at, started_at, finished_at,
                  profile_id, error)
SELECT id, domain_id, domain, batch_id, 'canceled', created_at, started_at, {now}, profile_id, 'canceled'
FROM jobs
WHERE id = :job;
UPDATE domains SET run_count = run_count + 1 WHERE id = :domain;
DELETE FROM jobs WHERE id = :job;

-- The projector reads a run that has no facts yet, and writes them. It holds nothing in between.

-- name: projector.claim
SELECT r.id AS job, c.id AS cohort, r.domain_id AS domain
FROM runs r
JOIN batches b ON b.id = r.batch_id AND b.snapshot_intent = 1
JOIN domain_tags t ON t.domain_id = r.domain_id
JOIN analysis_cohort_catalog c ON c.source_tag = t.tag AND c.analysis_enabled = 1
WHERE r.status = 'succeeded'
  AND NOT EXISTS (SELECT 1 FROM analysis_projection_state s
                  WHERE s.cohort_id = c.id AND s.run_id = r.id)
ORDER BY r.finished_at, r.id, c.id
LIMIT 1;

-- name: projector.write
INSERT INTO analysis_run_ns_endpoints (cohort_id, run_id, domain_id, nameserver_id, address_id, role, source)
SELECT :cohort, :job, :domain, n.id, (SELECT min(id) FROM analysis_addresses), 'authoritative', 'delegation'
FROM analysis_nameservers n
WHERE n.id % 2 = CAST(:domain AS integer) % 2
ON CONFLICT DO NOTHING;
INSERT INTO analysis_run_address_asns (cohort_id, run_id, domain_id, address_id, prefix_id, asn)
SELECT DISTINCT :cohort, :job, :domain, (SELECT min(id) FROM analysis_addresses),
       (SELECT min(id) FROM analysis_prefixes), (SELECT min(asn) FROM analysis_asns)
ON CONFLICT DO NOTHING;
INSERT INTO analysis_run_domain_asns (cohort_id, run_id, domain_id, asn, family)
SELECT :cohort, :job, :domain, min(asn), 4 FROM analysis_asns WHERE true
ON CONFLICT DO NOTHING;
INSERT INTO analysis_run_tag_summary (cohort_id, run_id, domain_id, tag, testcase, level, occurrences)
SELECT :cohort, :job, :domain, e.tag, e.testcase, e.level, count(*)
FROM entries e
WHERE e.run_id = :job AND e.level <> 'INFO'
GROUP BY e.tag, e.testcase, e.level
ON CONFLICT DO NOTHING;
INSERT INTO analysis_run_domain_facts (cohort_id, run_id, domain_id, category, fact_key, fact_value)
VALUES (:cohort, :job, :domain, 'dnssec', 'signed', 'yes')
ON CONFLICT DO NOTHING;
INSERT INTO analysis_run_domain_summary (cohort_id, run_id, domain_id, worst_level, score, grade)
SELECT :cohort, :job, :domain, r.worst_level, r.score, r.grade FROM runs r WHERE r.id = :job
ON CONFLICT DO NOTHING;

-- name: projector.finish
INSERT INTO analysis_projection_state (cohort_id, run_id, projector_version, status, projected_at)
VALUES (:cohort, :job, 3, 'projected', {now})
ON CONFLICT (cohort_id, run_id) DO UPDATE SET status = 'projected', projected_at = {now};

-- A batch is captured when no job of it is left and all its runs have their facts.

-- name: capture.claim
SELECT b.id AS job, c.id AS cohort
FROM batches b
JOIN analysis_cohort_catalog c ON c.analysis_enabled = 1
WHERE b.snapshot_intent = 1
  AND NOT EXISTS (SELECT 1 FROM jobs j
                  WHERE j.batch_id = b.id AND j.status IN ('queued', 'running', 'paused'))
  AND EXISTS (SELECT 1 FROM runs r JOIN analysis_run_domain_summary f ON f.run_id = r.id
              WHERE r.batch_id = b.id AND f.cohort_id = c.id)
  AND NOT EXISTS (SELECT 1 FROM runs r JOIN domain_tags t ON t.domain_id = r.domain_id
                  WHERE r.batch_id = b.id AND r.status = 'succeeded' AND t.tag = c.source_tag
                    AND NOT EXISTS (SELECT 1 FROM analysis_projection_state s
                                    WHERE s.cohort_id = c.id AND s.run_id = r.id))
  AND NOT EXISTS (SELECT 1 FROM analysis_cohort_snapshots s
                  WHERE s.cohort_id = c.id AND s.batch_id = b.id)
ORDER BY b.created_at, b.id, c.id
LIMIT 1;

-- name: capture.write
INSERT INTO analysis_cohort_snapshots (cohort_id, batch_id, slug, label, profile_id, first_run_at, last_run_at,
                                       run_count, domain_count, status)
SELECT :cohort, :job, :job, :job, max(r.profile_id), min(r.finished_at), max(r.finished_at),
       count(*), count(DISTINCT r.domain_id), 'pending'
FROM runs r
JOIN analysis_run_domain_summary f ON f.run_id = r.id AND f.cohort_id = :cohort
WHERE r.batch_id = :job
ON CONFLICT (cohort_id, batch_id) DO NOTHING;

-- name: capture.finish
-- only if
SELECT id AS snapshot FROM analysis_cohort_snapshots
WHERE cohort_id = :cohort AND batch_id = :job AND status = 'pending';
INSERT INTO analysis_snapshot_domain_view (snapshot_id, domain_id, domain, worst_level, score, grade)
SELECT s.id, f.domain_id, max(r.domain), max(f.worst_level), min(f.score), max(f.grade)
FROM analysis_cohort_snapshots s
JOIN runs r ON r.batch_id = s.batch_id
JOIN analysis_run_domain_summary f ON f.run_id = r.id AND f.cohort_id = s.cohort_id
WHERE s.cohort_id = :cohort AND s.batch_id = :job
GROUP BY s.id, f.domain_id;
INSERT INTO analysis_cohort_snapshot_aggregates (snapshot_id, category, payload_json, computed_at)
SELECT s.id, 'score', '{"lowest":' || min(v.score) || ',"highest":' || max(v.score) || '}', {now}
FROM analysis_cohort_snapshots s
JOIN analysis_snapshot_domain_view v ON v.snapshot_id = s.id
WHERE s.cohort_id = :cohort AND s.batch_id = :job
GROUP BY s.id;
UPDATE analysis_cohort_snapshots
SET status = 'captured', captured_at = {now}
WHERE cohort_id = :cohort AND batch_id = :job;

-- What anybody may read.

-- The default of a cohort: the one it is pinned to, or its newest that is captured and public.
-- name: read.default
SELECT s.id AS snapshot, s.slug AS slug
FROM analysis_cohort_catalog c
JOIN analysis_cohort_snapshots s ON s.cohort_id = c.id AND s.status = 'captured' AND s.is_public = 1
WHERE c.id = :cohort
  AND (c.default_snapshot_policy <> 'pinned' OR s.id = c.default_snapshot_id)
ORDER BY s.captured_at DESC, s.id DESC
LIMIT 1;

-- The materialisation of a snapshot, as one text.
-- name: read.snapshot
SELECT s.id AS snapshot,
       '{"slug":"' || s.slug || '","runs":' || s.run_count || ',"aggregates":['
       || coalesce((SELECT group_concat(a.payload_json, ',') FROM analysis_cohort_snapshot_aggregates a
                    WHERE a.snapshot_id = s.id), '')
       || '],"domains":' || (SELECT count(*) FROM analysis_snapshot_domain_view v WHERE v.snapshot_id = s.id)
       || '}' AS payload
FROM analysis_cohort_snapshots s
WHERE s.cohort_id = :cohort AND s.slug = :slug AND s.status = 'captured' AND s.is_public = 1;

-- name: read.snapshots
SELECT id AS snapshot, slug, label, status, is_default, captured_at
FROM analysis_cohort_snapshots
WHERE cohort_id = :cohort
ORDER BY captured_at DESC, id DESC;

-- name: read.batches
SELECT id AS batch, created_at, domain_count, description
FROM batches
WHERE tag = :tag
ORDER BY created_at DESC, id DESC
LIMIT 20;

-- name: read.batch
SELECT b.id AS batch, b.tag, b.created_at,
       (SELECT count(*) FROM jobs j WHERE j.batch_id = b.id AND j.status IN ('queued', 'paused')) AS queued,
       (SELECT count(*) FROM jobs j WHERE j.batch_id = b.id AND j.status = 'running') AS running,
       (SELECT count(*) FROM runs r WHERE r.batch_id = b.id) AS runs
FROM batches b
WHERE b.id = :batch;

-- name: read.run
SELECT r.id AS run, r.status, r.worst_level, r.score, r.entry_count, c.chain_json
FROM runs r
LEFT JOIN run_dnssec_chain c ON c.run_id = r.id
WHERE r.id = :run;

-- name: read.entries
SELECT module, testcase, tag, level, args_json FROM entries WHERE run_id = :run ORDER BY id;

-- name: read.domain
SELECT latest_run_id, latest_status, latest_score, run_count FROM domains WHERE name = :domain;
