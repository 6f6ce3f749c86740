-- One batch: its rows lie beside each other, as an application would have written them.
-- binds:
DELETE FROM current_run;
-- binds: batch, runs, domains
INSERT INTO current_run (i, id, batch_id, domain_id, cohort_id, finished_at)
SELECT n.i,
    'b' || CAST(1000 + $1 AS text) || '-r' || CAST(100000 + n.i AS text),
    'b' || CAST(1000 + $1 AS text),
    1 + (10 * $1 + n.i) % $3,
    1 + (1 + (10 * $1 + n.i) % $3) % 2,
    CAST(1000 + ($1 * 7919 + n.i * 611953) % 8999 AS text) || '-10-05T08:00:00Z'
FROM numbers AS n
WHERE n.i <= $2
ORDER BY n.i;
-- binds: batch, runs
INSERT INTO batches (id, tag, created_at, domain_count, snapshot_intent)
VALUES ('b' || CAST(1000 + $1 AS text), 'odd', '1000-01-01T00:00:00Z', $2, 1);
-- binds: jobs
INSERT INTO jobs (id, domain_id, domain, batch_id, status, created_at, profile_id, public_id)
SELECT id || '-job', domain_id, 'domain-' || CAST(domain_id AS text) || '.example', batch_id,
    'queued', finished_at, 1, 'job-' || id
FROM current_run WHERE i <= $1 ORDER BY i;
-- binds:
INSERT INTO runs (id, domain_id, domain, batch_id, status, created_at, started_at, finished_at,
    duration_ms, sev_notice, worst_level, entry_count, profile_id, public_id, score, grade)
SELECT id, domain_id, 'domain-' || CAST(domain_id AS text) || '.example', batch_id,
    CASE i % 20 WHEN 0 THEN 'canceled' ELSE 'succeeded' END, finished_at, finished_at, finished_at,
    30000 + i % 999, 5, 'NOTICE', 50, 1, 'report-' || id, 50 + i % 50, 'B'
FROM current_run ORDER BY i;
-- binds: entries
INSERT INTO entries (run_id, domain_id, timestamp, module, testcase, tag, level, args_json)
SELECT r.id, r.domain_id, r.finished_at, 'Basic', 'Basic02', 'AUTH_RESPONSE_SOA',
    CASE e.i % 10 WHEN 0 THEN 'NOTICE' ELSE 'INFO' END, '{"count":2,"keytag":20326}'
FROM current_run AS r CROSS JOIN numbers AS e
WHERE e.i <= $1
ORDER BY r.i, e.i;
-- binds:
INSERT INTO analysis_run_ns_endpoints
    (cohort_id, run_id, domain_id, nameserver_id, address_id, role, source)
SELECT r.cohort_id, r.id, r.domain_id, f.i, f.i, 'authoritative', 'delegation'
FROM current_run AS r CROSS JOIN numbers AS f
WHERE f.i <= 8
ORDER BY r.i, f.i;
-- binds:
INSERT INTO analysis_run_address_asns (cohort_id, run_id, domain_id, address_id, prefix_id, asn)
SELECT r.cohort_id, r.id, r.domain_id, f.i, f.i, 64501 + f.i % 4
FROM current_run AS r CROSS JOIN numbers AS f
WHERE f.i <= 8
ORDER BY r.i, f.i;
-- binds:
INSERT INTO analysis_run_domain_asns (cohort_id, run_id, domain_id, asn, family)
SELECT r.cohort_id, r.id, r.domain_id, 64500 + f.i, 4
FROM current_run AS r CROSS JOIN numbers AS f
WHERE f.i <= 4
ORDER BY r.i, f.i;
-- binds:
INSERT INTO analysis_run_tag_summary
    (cohort_id, run_id, domain_id, tag, testcase, level, occurrences)
SELECT r.cohort_id, r.id, r.domain_id, 'TAG_' || CAST(f.i AS text), 'Zone02', 'NOTICE', f.i
FROM current_run AS r CROSS JOIN numbers AS f
WHERE f.i <= 6
ORDER BY r.i, f.i;
-- binds:
INSERT INTO analysis_run_domain_facts
    (cohort_id, run_id, domain_id, category, fact_key, fact_value)
SELECT r.cohort_id, r.id, r.domain_id, 'dnssec', 'fact-' || CAST(f.i AS text), 'yes'
FROM current_run AS r CROSS JOIN numbers AS f
WHERE f.i <= 2
ORDER BY r.i, f.i;
-- binds:
INSERT INTO analysis_run_domain_summary (cohort_id, run_id, domain_id, worst_level, score, grade)
SELECT cohort_id, id, domain_id, 'NOTICE', 90, 'B' FROM current_run ORDER BY i;
-- binds:
INSERT INTO analysis_projection_state (cohort_id, run_id, status, projected_at)
SELECT cohort_id, id, 'projected', finished_at FROM current_run ORDER BY i;
-- Of two snapshots, one is the default of a cohort that has only this one.
-- binds: batch
INSERT INTO analysis_cohort_catalog (id, source_tag, default_snapshot_policy, default_snapshot_id)
VALUES (2 + $1, 'campaign-' || CAST(1000 + $1 AS text), 'pinned', 2 * $1);
-- binds: batch
INSERT INTO analysis_cohort_snapshots (id, cohort_id, batch_id, slug, status, captured_at)
SELECT 2 * $1 - 2 + i, CASE i WHEN 1 THEN 1 ELSE 2 + $1 END, 'b' || CAST(1000 + $1 AS text),
    'b' || CAST(1000 + $1 AS text), 'captured', '1000-01-01T00:00:00Z'
FROM numbers WHERE i <= 2 ORDER BY i;
-- binds: batch
INSERT INTO analysis_cohort_snapshot_aggregates (snapshot_id, category, payload_json, computed_at)
SELECT 2 * $1 - 2 + s.i, 'category-' || CAST(a.i AS text), '{"lowest":50,"highest":99}', '1000'
FROM numbers AS s CROSS JOIN numbers AS a
WHERE s.i <= 2 AND a.i <= 10
ORDER BY s.i, a.i;
-- binds: batch
INSERT INTO analysis_snapshot_domain_view (snapshot_id, domain_id, domain, worst_level, score)
SELECT 2 * $1 - 2 + s.i, r.domain_id, 'domain-' || CAST(r.domain_id AS text) || '.example',
    'NOTICE', 90
FROM numbers AS s CROSS JOIN current_run AS r
WHERE s.i <= 2 AND r.i <= 40
ORDER BY s.i, r.i;
