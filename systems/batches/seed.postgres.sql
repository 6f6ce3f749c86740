-- Seed of batches, on PostgreSQL, for a fresh schema. Always the same rows.
--
-- Runs and jobs are written out. Everything that the application computes from
-- them (facts, snapshots, the latest run of a domain) is computed here too.
-- From here on the same text as seed.sqlite.sql: both databases understand it.

INSERT INTO profiles (name, config) VALUES
    ('default', '{"ipv6":true}'),
    ('strict', '{"ipv6":true,"notice_as":"WARNING"}'),
    ('dnssec-only', '{"modules":["DNSSEC"]}');

INSERT INTO tags (name, default_profile_id) VALUES
    ('cities', (SELECT id FROM profiles WHERE name = 'default')),
    ('pilot', (SELECT id FROM profiles WHERE name = 'dnssec-only'));

-- What the latest run says about a domain is filled in at the end of this file.
INSERT INTO domains (name, created_at) VALUES
    ('arles.example', '2026-01-12T09:00:00Z'),
    ('bergen.example', '2026-01-12T09:01:00Z'),
    ('cork.example', '2026-01-12T09:02:00Z'),
    ('delft.example', '2026-01-12T09:03:00Z'),
    ('evora.example', '2026-01-12T09:04:00Z'),
    ('freiburg.example', '2026-04-20T09:00:00Z'),
    ('ghent.example', '2026-04-20T09:01:00Z'),
    ('haarlem.example', '2026-08-17T09:00:00Z');

INSERT INTO domain_tags (domain_id, tag)
SELECT id, 'cities'
FROM domains;

INSERT INTO domain_tags (domain_id, tag)
SELECT id, 'pilot'
FROM domains
WHERE name IN ('bergen.example', 'delft.example', 'ghent.example', 'haarlem.example');

-- There is a fourth batch, lost-2026. Its row is lost: only its runs and a job carry the id.
INSERT INTO batches (id, tag, created_at, domain_count, description, snapshot_intent) VALUES
    ('spring-2026', 'cities', '2026-03-02T08:00:00Z', 5, 'Five cities, first look', 1),
    ('summer-2026', 'cities', '2026-06-01T08:00:00Z', 7, 'Freiburg and Ghent joined', 1),
    ('autumn-2026', 'cities', '2026-10-05T08:00:00Z', 8, 'Haarlem joined', 1);

INSERT INTO runs (id, domain_id, domain, batch_id, status, created_at, started_at, finished_at, duration_ms,
                  sev_notice, sev_warning, sev_error, sev_critical, worst_level, entry_count,
                  profile_id, public_id, score, grade, error)
WITH run (id, domain, batch_id, status, started_at, finished_at, duration_ms, worst_level, score, grade, error) AS (VALUES
    ('spring-2026-arles', 'arles.example', 'spring-2026', 'succeeded', '2026-03-02T08:01:00Z', '2026-03-02T08:01:41Z', 41000, 'NOTICE', 91, 'A', ''),
    ('spring-2026-bergen', 'bergen.example', 'spring-2026', 'succeeded', '2026-03-02T08:02:00Z', '2026-03-02T08:02:38Z', 38000, 'INFO', 98, 'A', ''),
    ('spring-2026-cork', 'cork.example', 'spring-2026', 'succeeded', '2026-03-02T08:03:00Z', '2026-03-02T08:03:52Z', 52000, 'ERROR', 54, 'D', ''),
    ('spring-2026-delft', 'delft.example', 'spring-2026', 'succeeded', '2026-03-02T08:04:00Z', '2026-03-02T08:04:37Z', 37000, 'WARNING', 76, 'B', ''),
    ('spring-2026-evora', 'evora.example', 'spring-2026', 'succeeded', '2026-03-02T08:05:00Z', '2026-03-02T08:05:44Z', 44000, 'WARNING', 72, 'C', ''),
    ('summer-2026-arles', 'arles.example', 'summer-2026', 'succeeded', '2026-06-01T08:01:00Z', '2026-06-01T08:01:40Z', 40000, 'INFO', 96, 'A', ''),
    ('summer-2026-bergen', 'bergen.example', 'summer-2026', 'succeeded', '2026-06-01T08:02:00Z', '2026-06-01T08:02:39Z', 39000, 'INFO', 98, 'A', ''),
    ('summer-2026-cork', 'cork.example', 'summer-2026', 'failed', '2026-06-01T08:03:00Z', '2026-06-01T08:03:59Z', 59000, 'CRITICAL', NULL, NULL, 'no name server answered'),
    ('summer-2026-delft', 'delft.example', 'summer-2026', 'succeeded', '2026-06-01T08:04:00Z', '2026-06-01T08:04:36Z', 36000, 'NOTICE', 88, 'B', ''),
    ('summer-2026-evora', 'evora.example', 'summer-2026', 'canceled', '2026-06-01T08:05:00Z', '2026-06-01T08:05:03Z', 3000, '', NULL, NULL, 'canceled'),
    ('summer-2026-freiburg', 'freiburg.example', 'summer-2026', 'succeeded', '2026-06-01T08:06:00Z', '2026-06-01T08:06:42Z', 42000, 'WARNING', 79, 'B', ''),
    ('summer-2026-ghent', 'ghent.example', 'summer-2026', 'succeeded', '2026-06-01T08:07:00Z', '2026-06-01T08:07:43Z', 43000, 'NOTICE', 90, 'A', ''),
    ('lost-2026-delft', 'delft.example', 'lost-2026', 'succeeded', '2026-07-13T08:04:00Z', '2026-07-13T08:04:35Z', 35000, 'NOTICE', 89, 'B', ''),
    ('lost-2026-ghent', 'ghent.example', 'lost-2026', 'succeeded', '2026-07-13T08:07:00Z', '2026-07-13T08:07:41Z', 41000, 'INFO', 97, 'A', ''),
    ('autumn-2026-arles', 'arles.example', 'autumn-2026', 'succeeded', '2026-10-05T08:01:00Z', '2026-10-05T08:01:42Z', 42000, 'WARNING', 81, 'B', ''),
    ('autumn-2026-bergen', 'bergen.example', 'autumn-2026', 'succeeded', '2026-10-05T08:02:00Z', '2026-10-05T08:02:37Z', 37000, 'INFO', 99, 'A', ''),
    ('autumn-2026-cork', 'cork.example', 'autumn-2026', 'succeeded', '2026-10-05T08:03:00Z', '2026-10-05T08:03:48Z', 48000, 'NOTICE', 87, 'B', ''),
    ('autumn-2026-delft', 'delft.example', 'autumn-2026', 'succeeded', '2026-10-05T08:04:00Z', '2026-10-05T08:04:36Z', 36000, 'INFO', 95, 'A', ''),
    ('autumn-2026-evora', 'evora.example', 'autumn-2026', 'succeeded', '2026-10-05T08:05:00Z', '2026-10-05T08:05:45Z', 45000, 'ERROR', 58, 'D', ''),
    ('autumn-2026-freiburg', 'freiburg.example', 'autumn-2026', 'succeeded', '2026-10-05T08:06:00Z', '2026-10-05T08:06:41Z', 41000, 'WARNING', 77, 'B', ''),
    ('autumn-2026-haarlem', 'haarlem.example', 'autumn-2026', 'succeeded', '2026-10-05T08:08:00Z', '2026-10-05T08:08:39Z', 39000, 'NOTICE', 92, 'A', ''),
    ('one-off-freiburg', 'freiburg.example', '', 'succeeded', '2026-10-19T14:30:00Z', '2026-10-19T14:30:40Z', 40000, 'NOTICE', 90, 'A', '')
)
SELECT run.id, d.id, run.domain, run.batch_id, run.status, COALESCE(b.created_at, run.started_at),
       run.started_at, run.finished_at, run.duration_ms,
       CASE run.worst_level WHEN 'NOTICE' THEN 1 ELSE 0 END,
       CASE run.worst_level WHEN 'WARNING' THEN 1 ELSE 0 END,
       CASE run.worst_level WHEN 'ERROR' THEN 1 ELSE 0 END,
       CASE run.worst_level WHEN 'CRITICAL' THEN 1 ELSE 0 END,
       run.worst_level, CASE run.status WHEN 'canceled' THEN 0 ELSE 12 END,
       p.id, 'report-' || run.id, run.score, run.grade, run.error
FROM run
JOIN domains d ON d.name = run.domain
JOIN profiles p ON p.name = CASE run.batch_id WHEN '' THEN 'strict' ELSE 'default' END
LEFT JOIN batches b ON b.id = run.batch_id;

-- Three ended jobs that nobody cleared away, and one that still waits: Ghent, queued again in autumn-2026.
INSERT INTO jobs (id, domain_id, domain, batch_id, status, created_at, started_at, finished_at, progress, error, profile_id)
WITH job (id, domain, batch_id, status, created_at, started_at, finished_at, progress, error) AS (VALUES
    ('one-off-bergen', 'bergen.example', '', 'expired', '2026-05-11T10:00:00Z', NULL, '2026-05-12T10:00:00Z', 0, 'waited longer than a day'),
    ('lost-2026-freiburg', 'freiburg.example', 'lost-2026', 'failed', '2026-07-13T08:00:00Z', '2026-07-13T08:06:00Z', '2026-07-13T08:06:20Z', 30, 'server restarted during job'),
    ('autumn-2026-ghent', 'ghent.example', 'autumn-2026', 'failed', '2026-10-05T08:00:00Z', '2026-10-05T08:07:00Z', '2026-10-05T08:07:20Z', 30, 'server restarted during job'),
    ('autumn-2026-ghent-again', 'ghent.example', 'autumn-2026', 'queued', '2026-10-05T09:00:00Z', NULL, NULL, 0, '')
)
SELECT job.id, d.id, job.domain, job.batch_id, job.status, job.created_at, job.started_at, job.finished_at, job.progress, job.error, p.id
FROM job
JOIN domains d ON d.name = job.domain
JOIN profiles p ON p.name = 'default';

-- Eleven messages that every test writes, and one finding that tells its worst level.
INSERT INTO entries (run_id, domain_id, timestamp, module, testcase, tag, level, args_json)
WITH message (second, finding_of, module, testcase, tag, level, args_json) AS (VALUES
    ('01', '', 'System', '', 'MODULE_VERSION', 'INFO', '{"module":"Basic"}'),
    ('02', '', 'Basic', 'Basic01', 'HAS_PARENT', 'INFO', '{"parent":"example"}'),
    ('03', '', 'Basic', 'Basic02', 'AUTH_RESPONSE_SOA', 'INFO', '{}'),
    ('04', '', 'Address', 'Address01', 'NO_IP_PRIVATE_NETWORK', 'INFO', '{}'),
    ('05', '', 'Connectivity', 'Connectivity01', 'NAMESERVER_HAS_UDP_53', 'INFO', '{"count":2}'),
    ('06', '', 'Connectivity', 'Connectivity02', 'NAMESERVER_HAS_TCP_53', 'INFO', '{"count":2}'),
    ('07', '', 'Consistency', 'Consistency01', 'ONE_SOA_SERIAL', 'INFO', '{}'),
    ('08', '', 'Delegation', 'Delegation01', 'ENOUGH_NS_DEL', 'INFO', '{"count":2}'),
    ('09', '', 'Nameserver', 'Nameserver01', 'NO_RECURSOR', 'INFO', '{}'),
    ('10', '', 'Syntax', 'Syntax01', 'ONLY_ALLOWED_CHARS', 'INFO', '{}'),
    ('11', '', 'DNSSEC', 'DNSSEC02', 'DS_MATCHES', 'INFO', '{"keytag":20326}'),
    ('12', 'INFO', 'Zone', 'Zone02', 'REFRESH_MINIMUM_VALUE_OK', 'INFO', '{"refresh":14400}'),
    ('12', 'NOTICE', 'Zone', 'Zone02', 'REFRESH_MINIMUM_VALUE_LOWER', 'NOTICE', '{"refresh":7200}'),
    ('12', 'WARNING', 'Connectivity', 'Connectivity03', 'IPV4_ONE_ASN', 'WARNING', '{"count":1}'),
    ('12', 'ERROR', 'Nameserver', 'Nameserver10', 'NO_RESPONSE', 'ERROR', '{"count":1}'),
    ('12', 'CRITICAL', 'Basic', 'Basic02', 'NO_AUTH_RESPONSE', 'CRITICAL', '{"count":2}')
),
-- A job writes under its own id, which becomes the run's. The crashed ones came as far as the fourth message.
test (id, domain_id, started_at, worst_level, last_second) AS (
    SELECT id, domain_id, started_at, worst_level, '12' FROM runs WHERE status <> 'canceled'
    UNION ALL
    SELECT id, domain_id, started_at, '', '04' FROM jobs WHERE status = 'failed'
)
SELECT test.id, test.domain_id, SUBSTR(test.started_at, 1, 17) || message.second || 'Z',
       message.module, message.testcase, message.tag, message.level, message.args_json
FROM test
JOIN message ON message.second <= test.last_second AND message.finding_of IN ('', test.worst_level)
ORDER BY test.started_at, message.second;

INSERT INTO run_dnssec_chain (run_id, chain_json)
SELECT id, '{"zone":"' || domain || '","signed":true,"keytag":20326}'
FROM runs
WHERE status = 'succeeded';

INSERT INTO analysis_nameservers (name, first_seen_at, last_seen_at) VALUES
    ('ns1.northdns.example', '2026-03-02T08:01:00Z', '2026-10-05T08:08:00Z'),
    ('ns2.northdns.example', '2026-03-02T08:01:00Z', '2026-10-05T08:08:00Z'),
    ('ns1.southdns.example', '2026-03-02T08:03:00Z', '2026-10-05T08:06:00Z'),
    ('ns2.southdns.example', '2026-03-02T08:03:00Z', '2026-10-05T08:06:00Z');

INSERT INTO analysis_addresses (address, first_seen_at, last_seen_at) VALUES
    ('192.0.2.1', '2026-03-02T08:01:00Z', '2026-10-05T08:08:00Z'),
    ('192.0.2.2', '2026-03-02T08:01:00Z', '2026-10-05T08:08:00Z'),
    ('2001:db8:1::1', '2026-03-02T08:01:00Z', '2026-10-05T08:08:00Z'),
    ('198.51.100.1', '2026-03-02T08:03:00Z', '2026-10-05T08:06:00Z'),
    ('203.0.113.2', '2026-03-02T08:03:00Z', '2026-10-05T08:06:00Z');

INSERT INTO analysis_prefixes (prefix, first_seen_at, last_seen_at) VALUES
    ('192.0.2.0/24', '2026-03-02T08:01:00Z', '2026-10-05T08:08:00Z'),
    ('2001:db8:1::/48', '2026-03-02T08:01:00Z', '2026-10-05T08:08:00Z'),
    ('198.51.100.0/24', '2026-03-02T08:03:00Z', '2026-10-05T08:06:00Z'),
    ('203.0.113.0/24', '2026-03-02T08:03:00Z', '2026-10-05T08:06:00Z');

INSERT INTO analysis_asns (asn, first_seen_at, last_seen_at) VALUES
    (64500, '2026-03-02T08:01:00Z', '2026-10-05T08:08:00Z'),
    (64501, '2026-03-02T08:03:00Z', '2026-10-05T08:06:00Z'),
    (64502, '2026-03-02T08:03:00Z', '2026-10-05T08:06:00Z');

-- Cities shows one chosen snapshot (set below, once there are any), pilot whichever is newest.
INSERT INTO analysis_cohort_catalog (source_type, source_tag, label, analysis_enabled, public_enabled,
                                     materialization_status, default_snapshot_policy, default_snapshot_id) VALUES
    ('tag', 'cities', 'Cities', 1, 1, 'ready', 'auto_latest', NULL),
    ('tag', 'pilot', 'DNSSEC pilot', 1, 1, 'ready', 'auto_latest', NULL);

-- A run that belongs to two cohorts has its facts twice. One-off runs are never projected.
INSERT INTO analysis_projection_state (cohort_id, run_id, projector_version, status, projected_at)
SELECT c.id, r.id, 3, 'projected', r.finished_at
FROM runs r
JOIN domain_tags t ON t.domain_id = r.domain_id
JOIN analysis_cohort_catalog c ON c.source_tag = t.tag
WHERE r.batch_id <> '' AND r.status = 'succeeded';

INSERT INTO analysis_run_ns_endpoints (cohort_id, run_id, domain_id, nameserver_id, address_id, role, source)
WITH hosting (operator, domain) AS (VALUES
    ('northdns', 'arles.example'),
    ('northdns', 'bergen.example'),
    ('southdns', 'cork.example'),
    ('northdns', 'delft.example'),
    ('southdns', 'evora.example'),
    ('southdns', 'freiburg.example'),
    ('northdns', 'ghent.example'),
    ('northdns', 'haarlem.example')
),
endpoint (operator, nameserver, address) AS (VALUES
    ('northdns', 'ns1.northdns.example', '192.0.2.1'),
    ('northdns', 'ns1.northdns.example', '2001:db8:1::1'),
    ('northdns', 'ns2.northdns.example', '192.0.2.2'),
    ('southdns', 'ns1.southdns.example', '198.51.100.1'),
    ('southdns', 'ns2.southdns.example', '203.0.113.2')
)
SELECT s.cohort_id, r.id, r.domain_id, n.id, a.id, 'authoritative', 'delegation'
FROM analysis_projection_state s
JOIN runs r ON r.id = s.run_id
JOIN hosting ON hosting.domain = r.domain
JOIN endpoint ON endpoint.operator = hosting.operator
JOIN analysis_nameservers n ON n.name = endpoint.nameserver
JOIN analysis_addresses a ON a.address = endpoint.address;

INSERT INTO analysis_run_address_asns (cohort_id, run_id, domain_id, address_id, prefix_id, asn)
WITH route (address, prefix, asn) AS (VALUES
    ('192.0.2.1', '192.0.2.0/24', 64500),
    ('192.0.2.2', '192.0.2.0/24', 64500),
    ('2001:db8:1::1', '2001:db8:1::/48', 64500),
    ('198.51.100.1', '198.51.100.0/24', 64501),
    ('203.0.113.2', '203.0.113.0/24', 64502)
)
SELECT e.cohort_id, e.run_id, e.domain_id, a.id, p.id, route.asn
FROM analysis_run_ns_endpoints e
JOIN analysis_addresses a ON a.id = e.address_id
JOIN route ON route.address = a.address
JOIN analysis_prefixes p ON p.prefix = route.prefix;

INSERT INTO analysis_run_domain_asns (cohort_id, run_id, domain_id, asn, family)
SELECT DISTINCT f.cohort_id, f.run_id, f.domain_id, f.asn, CASE WHEN a.address LIKE '%:%' THEN 6 ELSE 4 END
FROM analysis_run_address_asns f
JOIN analysis_addresses a ON a.id = f.address_id;

INSERT INTO analysis_run_tag_summary (cohort_id, run_id, domain_id, tag, testcase, level, occurrences)
SELECT s.cohort_id, e.run_id, e.domain_id, e.tag, e.testcase, e.level, COUNT(*)
FROM analysis_projection_state s
JOIN entries e ON e.run_id = s.run_id
WHERE e.level <> 'INFO'
GROUP BY s.cohort_id, e.run_id, e.domain_id, e.tag, e.testcase, e.level;

INSERT INTO analysis_run_domain_facts (cohort_id, run_id, domain_id, category, fact_key, fact_value)
SELECT s.cohort_id, r.id, r.domain_id, 'dnssec', 'signed', 'yes'
FROM analysis_projection_state s
JOIN runs r ON r.id = s.run_id
UNION ALL
SELECT cohort_id, run_id, domain_id, 'delegation', 'nameservers', CAST(COUNT(DISTINCT nameserver_id) AS text)
FROM analysis_run_ns_endpoints
GROUP BY cohort_id, run_id, domain_id;

INSERT INTO analysis_run_domain_summary (cohort_id, run_id, domain_id, worst_level, score, grade)
SELECT s.cohort_id, r.id, r.domain_id, r.worst_level, r.score, r.grade
FROM analysis_projection_state s
JOIN runs r ON r.id = s.run_id;

-- One for each cohort and batch. A batch without its row is never captured.
INSERT INTO analysis_cohort_snapshots (cohort_id, batch_id, slug, label, profile_id, captured_at, first_run_at, last_run_at,
                                       run_count, domain_count, status, is_default, is_public)
WITH capture (batch_id, label, captured_at) AS (VALUES
    ('spring-2026', 'Spring 2026', '2026-03-02T08:10:00Z'),
    ('summer-2026', 'Summer 2026', '2026-06-01T08:10:00Z'),
    ('autumn-2026', 'Autumn 2026', '2026-10-05T08:10:00Z')
)
SELECT s.cohort_id, r.batch_id, capture.batch_id, capture.label, MAX(r.profile_id), capture.captured_at,
       MIN(r.finished_at), MAX(r.finished_at), COUNT(*), COUNT(DISTINCT r.domain_id), 'captured', 0, 1
FROM capture
JOIN runs r ON r.batch_id = capture.batch_id
JOIN analysis_projection_state s ON s.run_id = r.id
GROUP BY s.cohort_id, r.batch_id, capture.batch_id, capture.label, capture.captured_at
ORDER BY capture.captured_at, s.cohort_id;

INSERT INTO analysis_snapshot_domain_view (snapshot_id, domain_id, domain, worst_level, score, grade)
SELECT s.id, f.domain_id, r.domain, f.worst_level, f.score, f.grade
FROM analysis_cohort_snapshots s
JOIN runs r ON r.batch_id = s.batch_id
JOIN analysis_run_domain_summary f ON f.run_id = r.id AND f.cohort_id = s.cohort_id;

INSERT INTO analysis_cohort_snapshot_aggregates (snapshot_id, category, payload_json, computed_at)
SELECT s.id, 'score', '{"lowest":' || MIN(v.score) || ',"highest":' || MAX(v.score) || '}', s.captured_at
FROM analysis_cohort_snapshots s
JOIN analysis_snapshot_domain_view v ON v.snapshot_id = s.id
GROUP BY s.id, s.captured_at
UNION ALL
SELECT s.id, 'attention', '{"domains":' || COUNT(*) || ',"with_error":' || SUM(CASE v.worst_level WHEN 'ERROR' THEN 1 ELSE 0 END) || '}', s.captured_at
FROM analysis_cohort_snapshots s
JOIN analysis_snapshot_domain_view v ON v.snapshot_id = s.id
GROUP BY s.id, s.captured_at;

-- The pilot's first snapshot has been retired.
UPDATE analysis_cohort_snapshots
SET status = 'retired', is_public = 0
WHERE slug = 'spring-2026' AND cohort_id = (SELECT id FROM analysis_cohort_catalog WHERE source_tag = 'pilot');

-- Cities is pinned to its snapshot of autumn-2026.
UPDATE analysis_cohort_snapshots
SET is_default = 1
WHERE slug = 'autumn-2026' AND cohort_id = (SELECT id FROM analysis_cohort_catalog WHERE source_tag = 'cities');

UPDATE analysis_cohort_catalog
SET default_snapshot_policy = 'pinned',
    default_snapshot_id = (SELECT s.id FROM analysis_cohort_snapshots s WHERE s.cohort_id = analysis_cohort_catalog.id AND s.is_default = 1)
WHERE source_tag = 'cities';

-- The same rule as [derived.domains] of the policy. Every domain here has a run that counts.
UPDATE domains
SET run_count = (SELECT COUNT(*) FROM runs c WHERE c.domain_id = domains.id),
    (latest_run_id, latest_run_at, latest_status, latest_level, latest_score, latest_grade) = (
        SELECT r.id, r.finished_at, r.status, r.worst_level, r.score, r.grade
        FROM runs r
        WHERE r.domain_id = domains.id AND r.status IN ('succeeded', 'failed')
        ORDER BY r.finished_at DESC, r.id DESC
        LIMIT 1
    );
