-- What all batches share: the numbers that rows are made from, domains, cohorts, what facts name.
-- binds:
CREATE TEMP TABLE numbers (i bigint PRIMARY KEY);
-- binds: numbers
INSERT INTO numbers (i)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
SELECT i FROM n;
-- binds:
CREATE TEMP TABLE current_run (
    i bigint PRIMARY KEY, id text, batch_id text, domain_id bigint, cohort_id bigint, finished_at text
);
-- binds:
INSERT INTO profiles (id, name) VALUES (1, 'default');
-- binds:
INSERT INTO tags (name, default_profile_id) VALUES ('odd', 1), ('even', 1);
-- binds: domains
INSERT INTO domains (id, name, created_at)
SELECT i, 'domain-' || CAST(i AS text) || '.example', '1000-01-01T00:00:00Z'
FROM numbers WHERE i <= $1 ORDER BY i;
-- binds: domains
INSERT INTO domain_tags (domain_id, tag)
SELECT i, CASE i % 2 WHEN 1 THEN 'odd' ELSE 'even' END FROM numbers WHERE i <= $1 ORDER BY i;
-- binds:
INSERT INTO analysis_cohort_catalog (id, source_tag) VALUES (1, 'even'), (2, 'odd');
-- binds:
INSERT INTO analysis_nameservers (id, name, first_seen_at, last_seen_at)
SELECT i, 'ns' || CAST(i AS text) || '.example', '1000', '9999' FROM numbers WHERE i <= 8;
-- binds:
INSERT INTO analysis_addresses (id, address, first_seen_at, last_seen_at)
SELECT i, '192.0.2.' || CAST(i AS text), '1000', '9999' FROM numbers WHERE i <= 8;
-- binds:
INSERT INTO analysis_prefixes (id, prefix, first_seen_at, last_seen_at)
SELECT i, '192.0.2.' || CAST(i AS text) || '/32', '1000', '9999' FROM numbers WHERE i <= 8;
-- binds:
INSERT INTO analysis_asns (id, asn, first_seen_at, last_seen_at)
SELECT i, 64500 + i, '1000', '9999' FROM numbers WHERE i <= 4;
