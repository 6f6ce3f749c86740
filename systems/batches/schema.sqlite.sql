-- batches: a DNS test service, on SQLite.
--
-- Only the three references to profiles are foreign keys. Every other reference
-- lives in the application's head, and in policy.toml.
-- Timestamps are text that sorts (2026-10-05T08:00:00Z). Booleans are 0 or 1.
-- An empty batch_id or latest_run_id means none.
-- AUTOINCREMENT stands where the id of a deleted row must never come back.

CREATE TABLE profiles (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    config TEXT NOT NULL DEFAULT '{}'
);

CREATE TABLE tags (
    name TEXT NOT NULL PRIMARY KEY,
    default_profile_id INTEGER REFERENCES profiles (id) ON DELETE SET NULL
);
CREATE INDEX tags_default_profile_id ON tags (default_profile_id);

CREATE TABLE domains (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    latest_run_id TEXT NOT NULL DEFAULT '',
    latest_run_at TEXT,
    latest_status TEXT NOT NULL DEFAULT '',
    latest_level TEXT NOT NULL DEFAULT '',
    latest_score INTEGER,
    latest_grade TEXT,
    run_count INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL
);
CREATE INDEX domains_latest_run_id ON domains (latest_run_id);

CREATE TABLE domain_tags (
    domain_id INTEGER NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (domain_id, tag)
);

-- Written after its jobs, so jobs may be there before their batch.
CREATE TABLE batches (
    id TEXT NOT NULL PRIMARY KEY,
    tag TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    domain_count INTEGER NOT NULL DEFAULT 0,
    description TEXT NOT NULL DEFAULT '',
    snapshot_intent INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX batches_tag_created_at ON batches (tag, created_at, id);

-- In flight only: a job that ends becomes the run of the same id.
CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY,
    domain_id INTEGER NOT NULL,
    domain TEXT NOT NULL,
    batch_id TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'queued',
    created_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    worker TEXT,
    lease_expires_at TEXT,
    heartbeat_at TEXT,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    progress INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    profile_id INTEGER REFERENCES profiles (id) ON DELETE SET NULL,
    public_id TEXT UNIQUE,
    priority INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX jobs_batch_id ON jobs (batch_id);
CREATE INDEX jobs_status ON jobs (status);
CREATE INDEX jobs_profile_id ON jobs (profile_id);

CREATE TABLE runs (
    id TEXT NOT NULL PRIMARY KEY,
    domain_id INTEGER NOT NULL,
    domain TEXT NOT NULL,
    batch_id TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL,
    created_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT NOT NULL,
    duration_ms INTEGER NOT NULL DEFAULT 0,
    sev_notice INTEGER NOT NULL DEFAULT 0,
    sev_warning INTEGER NOT NULL DEFAULT 0,
    sev_error INTEGER NOT NULL DEFAULT 0,
    sev_critical INTEGER NOT NULL DEFAULT 0,
    worst_level TEXT NOT NULL DEFAULT '',
    entry_count INTEGER NOT NULL DEFAULT 0,
    profile_id INTEGER REFERENCES profiles (id) ON DELETE SET NULL,
    public_id TEXT UNIQUE,
    score INTEGER,
    grade TEXT,
    error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX runs_batch_id ON runs (batch_id);
CREATE INDEX runs_domain_id_finished_at ON runs (domain_id, finished_at, id);
CREATE INDEX runs_finished_at ON runs (finished_at);
CREATE INDEX runs_profile_id ON runs (profile_id);

-- The bulk: thousands of rows for each run.
CREATE TABLE entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL,
    domain_id INTEGER NOT NULL,
    timestamp TEXT NOT NULL,
    module TEXT NOT NULL,
    testcase TEXT NOT NULL DEFAULT '',
    tag TEXT NOT NULL,
    level TEXT NOT NULL,
    args_json TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX entries_run_id ON entries (run_id);
CREATE INDEX entries_domain_id ON entries (domain_id);

CREATE TABLE run_dnssec_chain (
    run_id TEXT NOT NULL PRIMARY KEY,
    chain_json TEXT NOT NULL
);

-- A cohort is a tag whose runs are projected into facts and snapshots.
CREATE TABLE analysis_cohort_catalog (
    id INTEGER PRIMARY KEY,
    source_type TEXT NOT NULL DEFAULT 'tag',
    source_tag TEXT NOT NULL,
    label TEXT NOT NULL DEFAULT '',
    analysis_enabled INTEGER NOT NULL DEFAULT 1,
    public_enabled INTEGER NOT NULL DEFAULT 0,
    materialization_status TEXT NOT NULL DEFAULT 'pending',
    default_snapshot_policy TEXT NOT NULL DEFAULT 'auto_latest',
    default_snapshot_id INTEGER,
    UNIQUE (source_type, source_tag)
);
CREATE INDEX analysis_cohort_catalog_default_snapshot_id ON analysis_cohort_catalog (default_snapshot_id);

CREATE TABLE analysis_cohort_snapshots (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    cohort_id INTEGER NOT NULL,
    batch_id TEXT NOT NULL,
    slug TEXT NOT NULL,
    label TEXT NOT NULL DEFAULT '',
    profile_id INTEGER,
    captured_at TEXT,
    first_run_at TEXT,
    last_run_at TEXT,
    run_count INTEGER NOT NULL DEFAULT 0,
    domain_count INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL DEFAULT 'pending',
    is_default INTEGER NOT NULL DEFAULT 0,
    is_public INTEGER NOT NULL DEFAULT 1,
    UNIQUE (cohort_id, batch_id),
    UNIQUE (cohort_id, slug)
);
CREATE INDEX analysis_cohort_snapshots_batch_id ON analysis_cohort_snapshots (batch_id);
CREATE INDEX analysis_cohort_snapshots_captured_at ON analysis_cohort_snapshots (cohort_id, status, captured_at);

CREATE TABLE analysis_cohort_snapshot_aggregates (
    snapshot_id INTEGER NOT NULL,
    category TEXT NOT NULL,
    payload_json TEXT NOT NULL,
    computed_at TEXT NOT NULL,
    PRIMARY KEY (snapshot_id, category)
);

CREATE TABLE analysis_snapshot_domain_view (
    snapshot_id INTEGER NOT NULL,
    domain_id INTEGER NOT NULL,
    domain TEXT NOT NULL,
    worst_level TEXT NOT NULL DEFAULT '',
    score INTEGER,
    grade TEXT,
    PRIMARY KEY (snapshot_id, domain_id)
);

-- What the facts point to. Shared by all runs and never collected.
CREATE TABLE analysis_nameservers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    first_seen_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL
);
CREATE TABLE analysis_addresses (
    id INTEGER PRIMARY KEY,
    address TEXT NOT NULL UNIQUE,
    first_seen_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL
);
CREATE TABLE analysis_prefixes (
    id INTEGER PRIMARY KEY,
    prefix TEXT NOT NULL UNIQUE,
    first_seen_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL
);
CREATE TABLE analysis_asns (
    id INTEGER PRIMARY KEY,
    asn INTEGER NOT NULL UNIQUE,
    first_seen_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL
);

-- The facts of a run, once for each cohort that the run's domain is in.
-- Their keys begin with the cohort, so each has an index on run_id of its own.
CREATE TABLE analysis_run_ns_endpoints (
    cohort_id INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    domain_id INTEGER NOT NULL,
    nameserver_id INTEGER NOT NULL,
    address_id INTEGER NOT NULL,
    role TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (cohort_id, run_id, domain_id, nameserver_id, address_id, role, source)
);
CREATE INDEX analysis_run_ns_endpoints_run_id ON analysis_run_ns_endpoints (run_id);

CREATE TABLE analysis_run_address_asns (
    cohort_id INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    domain_id INTEGER NOT NULL,
    address_id INTEGER NOT NULL,
    prefix_id INTEGER,
    asn INTEGER,
    PRIMARY KEY (cohort_id, run_id, domain_id, address_id)
);
CREATE INDEX analysis_run_address_asns_run_id ON analysis_run_address_asns (run_id);

CREATE TABLE analysis_run_domain_asns (
    cohort_id INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    domain_id INTEGER NOT NULL,
    asn INTEGER NOT NULL,
    family INTEGER NOT NULL,
    PRIMARY KEY (cohort_id, run_id, domain_id, asn, family)
);
CREATE INDEX analysis_run_domain_asns_run_id ON analysis_run_domain_asns (run_id);

CREATE TABLE analysis_run_tag_summary (
    cohort_id INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    domain_id INTEGER NOT NULL,
    tag TEXT NOT NULL,
    testcase TEXT NOT NULL,
    level TEXT NOT NULL DEFAULT '',
    occurrences INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (cohort_id, run_id, domain_id, tag, testcase)
);
CREATE INDEX analysis_run_tag_summary_run_id ON analysis_run_tag_summary (run_id);

CREATE TABLE analysis_run_domain_facts (
    cohort_id INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    domain_id INTEGER NOT NULL,
    category TEXT NOT NULL,
    fact_key TEXT NOT NULL,
    fact_value TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (cohort_id, run_id, domain_id, category, fact_key)
);
CREATE INDEX analysis_run_domain_facts_run_id ON analysis_run_domain_facts (run_id);

CREATE TABLE analysis_run_domain_summary (
    cohort_id INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    domain_id INTEGER NOT NULL,
    worst_level TEXT NOT NULL DEFAULT '',
    score INTEGER,
    grade TEXT,
    PRIMARY KEY (cohort_id, run_id, domain_id)
);
CREATE INDEX analysis_run_domain_summary_run_id ON analysis_run_domain_summary (run_id);

-- The projector's memory of what it has seen. It outlives the runs on purpose.
CREATE TABLE analysis_projection_state (
    cohort_id INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    projector_version INTEGER NOT NULL DEFAULT 1,
    status TEXT NOT NULL,
    projected_at TEXT,
    error TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (cohort_id, run_id)
);
