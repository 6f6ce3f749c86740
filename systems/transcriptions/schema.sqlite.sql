-- transcriptions: speech to text for many tenants, on SQLite.
--
-- The inventory of artifacts names its owner by type and id, and jobs name their models in
-- JSON: no foreign key knows of either. tasks.job_id says RESTRICT, so that nobody deletes a job
-- by hand and forgets its tasks; a service that says CASCADE runs on the same policy.
-- Timestamps are text that sorts (2026-10-05T08:00:00Z). Booleans are 0 or 1.

CREATE TABLE tenants (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT UNIQUE NOT NULL,
    settings JSON NOT NULL DEFAULT '{}'
);

-- Keys are revoked, never deleted: what they made goes on naming them.
CREATE TABLE api_keys (
    id UUID NOT NULL PRIMARY KEY,
    key_hash CHAR(64) UNIQUE NOT NULL,
    prefix VARCHAR(10) NOT NULL,
    name TEXT NOT NULL,
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    scopes TEXT NOT NULL,
    revoked_at TIMESTAMP,
    expires_at TIMESTAMP,
    created_by_key_id UUID REFERENCES api_keys (id) ON DELETE SET NULL
);
CREATE INDEX api_keys_tenant_id ON api_keys (tenant_id);
CREATE INDEX api_keys_created_by_key_id ON api_keys (created_by_key_id);

CREATE TABLE jobs (
    id UUID NOT NULL PRIMARY KEY,
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    status VARCHAR(20) NOT NULL DEFAULT 'pending' CHECK (status IN (
        'pending', 'running', 'cancelling', 'completed', 'failed', 'cancelled')),
    display_name TEXT NOT NULL DEFAULT '',
    audio_uri TEXT NOT NULL,
    parameters JSON NOT NULL DEFAULT '{}',
    error TEXT,
    retention INTEGER NOT NULL DEFAULT 30,
    purge_after TIMESTAMP,
    purged_at TIMESTAMP,
    audio_deleted_at TIMESTAMP,
    pii_redacted_audio_uri TEXT,
    created_by_key_id UUID REFERENCES api_keys (id) ON DELETE SET NULL,
    created_at TIMESTAMP DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
    started_at TIMESTAMP,
    completed_at TIMESTAMP
);
CREATE INDEX jobs_tenant_id ON jobs (tenant_id);
CREATE INDEX jobs_status ON jobs (status);
CREATE INDEX jobs_created_at ON jobs (created_at);
CREATE INDEX jobs_created_by_key_id ON jobs (created_by_key_id);
CREATE INDEX jobs_model ON jobs (parameters ->> 'model');
CREATE INDEX jobs_engine ON jobs (parameters ->> 'engine');

CREATE TABLE job_pii_entity_types (
    job_id UUID NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    entity_type_id TEXT NOT NULL,
    PRIMARY KEY (job_id, entity_type_id)
);

CREATE TABLE tasks (
    id UUID NOT NULL PRIMARY KEY,
    job_id UUID NOT NULL REFERENCES jobs (id) ON DELETE RESTRICT,
    stage TEXT NOT NULL,
    engine_id TEXT NOT NULL,
    status VARCHAR(20) NOT NULL DEFAULT 'pending' CHECK (status IN (
        'pending', 'ready', 'running', 'completed', 'failed', 'skipped', 'cancelled')),
    required BOOLEAN DEFAULT 1,
    request_uri TEXT,
    response_uri TEXT,
    config JSON,
    started_at TIMESTAMP,
    completed_at TIMESTAMP,
    worker TEXT,
    lease_expires_at TIMESTAMP,
    cancel_requested BOOLEAN NOT NULL DEFAULT 0,
    CONSTRAINT uq_tasks_job_id_stage UNIQUE (job_id, stage)
);

CREATE TABLE task_dependencies (
    task_id UUID NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    depends_on_id UUID NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    PRIMARY KEY (task_id, depends_on_id)
);
CREATE INDEX task_dependencies_depends_on_id ON task_dependencies (depends_on_id);

CREATE TABLE webhook_endpoints (
    id UUID NOT NULL PRIMARY KEY,
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    url TEXT NOT NULL,
    is_active BOOLEAN
);
CREATE INDEX webhook_endpoints_tenant_id ON webhook_endpoints (tenant_id);

-- Deliveries outlive their job. Their payload tells of it: {object, id, type, created_at, data}.
CREATE TABLE webhook_deliveries (
    id UUID NOT NULL PRIMARY KEY,
    endpoint_id UUID REFERENCES webhook_endpoints (id) ON DELETE RESTRICT,
    job_id UUID REFERENCES jobs (id) ON DELETE SET NULL,
    event_type TEXT NOT NULL,
    url_override TEXT,
    payload JSON NOT NULL,
    status VARCHAR(20) DEFAULT 'pending',
    attempts INTEGER DEFAULT 0,
    next_retry_at TIMESTAMP,
    UNIQUE (job_id, event_type, endpoint_id),
    UNIQUE (job_id, event_type, url_override)
);
CREATE INDEX webhook_deliveries_endpoint_id ON webhook_deliveries (endpoint_id);

-- The inventory. owner_type tells whether owner_id is a job or a session.
CREATE TABLE artifact_objects (
    id UUID NOT NULL PRIMARY KEY,
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    owner_type VARCHAR(20) NOT NULL CHECK (owner_type IN ('job', 'session')),
    owner_id UUID NOT NULL,
    artifact_type VARCHAR(50) NOT NULL,
    uri TEXT NOT NULL,
    sensitivity VARCHAR(20) NOT NULL,
    store BOOLEAN NOT NULL,
    ttl_seconds INTEGER,
    available_at TIMESTAMP,
    purge_after TIMESTAMP,
    purged_at TIMESTAMP
);
CREATE INDEX artifact_objects_owner_id ON artifact_objects (owner_id, owner_type);
CREATE INDEX artifact_objects_tenant_id ON artifact_objects (tenant_id);

CREATE TABLE artifact_compliance_tags (
    artifact_id UUID NOT NULL REFERENCES artifact_objects (id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (artifact_id, tag)
);

CREATE TABLE realtime_sessions (
    id UUID NOT NULL PRIMARY KEY,
    tenant_id UUID NOT NULL REFERENCES tenants (id),
    status VARCHAR(20) NOT NULL DEFAULT 'active' CHECK (status IN (
        'active', 'completed', 'error', 'interrupted')),
    retention INTEGER NOT NULL DEFAULT 30,
    audio_uri TEXT,
    transcript_uri TEXT,
    purge_after TIMESTAMP,
    purged_at TIMESTAMP,
    previous_session_id UUID REFERENCES realtime_sessions (id) ON DELETE SET NULL,
    created_by_key_id UUID REFERENCES api_keys (id) ON DELETE SET NULL
);
CREATE INDEX realtime_sessions_tenant_id ON realtime_sessions (tenant_id);
CREATE INDEX realtime_sessions_previous_session_id ON realtime_sessions (previous_session_id);
CREATE INDEX realtime_sessions_created_by_key_id ON realtime_sessions (created_by_key_id);

CREATE TABLE models (
    id VARCHAR(200) NOT NULL PRIMARY KEY,
    status VARCHAR(20),
    download_path TEXT
);

CREATE TABLE model_languages (
    model_id VARCHAR(200) NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    language_code TEXT NOT NULL,
    PRIMARY KEY (model_id, language_code)
);

-- Names tenants and resources without a foreign key, so that it outlives them all.
CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    timestamp TIMESTAMP DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
    correlation_id VARCHAR(36),
    tenant_id UUID,
    actor_type VARCHAR(20) NOT NULL,
    actor_id TEXT NOT NULL,
    action VARCHAR(50) NOT NULL,
    resource_type VARCHAR(30) NOT NULL,
    resource_id TEXT NOT NULL,
    detail JSON,
    ip_address TEXT,
    user_agent TEXT
);
CREATE INDEX audit_log_tenant_id ON audit_log (tenant_id);
