-- transcriptions: speech to text for many tenants, on PostgreSQL.
--
-- The inventory of artifacts names its owner by type and id, and jobs name their models in
-- JSON: no foreign key knows of either. tasks.job_id says RESTRICT, so that nobody deletes a job
-- by hand and forgets its tasks; a service that says CASCADE runs on the same policy.

CREATE TABLE tenants (
    id uuid PRIMARY KEY,
    name text UNIQUE NOT NULL,
    settings jsonb NOT NULL DEFAULT '{}'
);

-- Keys are revoked, never deleted: what they made goes on naming them.
CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    key_hash char(64) UNIQUE NOT NULL,
    prefix varchar(10) NOT NULL,
    name text NOT NULL,
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    scopes text NOT NULL,
    revoked_at timestamptz,
    expires_at timestamptz,
    created_by_key_id uuid REFERENCES api_keys (id) ON DELETE SET NULL
);
CREATE INDEX api_keys_tenant_id ON api_keys (tenant_id);
CREATE INDEX api_keys_created_by_key_id ON api_keys (created_by_key_id);

CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    status varchar(20) NOT NULL DEFAULT 'pending' CHECK (status IN (
        'pending', 'running', 'cancelling', 'completed', 'failed', 'cancelled')),
    display_name text NOT NULL DEFAULT '',
    audio_uri text NOT NULL,
    parameters jsonb NOT NULL DEFAULT '{}',
    error text,
    retention integer NOT NULL DEFAULT 30,
    purge_after timestamptz,
    purged_at timestamptz,
    audio_deleted_at timestamptz,
    pii_redacted_audio_uri text,
    created_by_key_id uuid REFERENCES api_keys (id) ON DELETE SET NULL,
    created_at timestamptz DEFAULT now(),
    started_at timestamptz,
    completed_at timestamptz
);
CREATE INDEX jobs_tenant_id ON jobs (tenant_id);
CREATE INDEX jobs_status ON jobs (status);
CREATE INDEX jobs_created_at ON jobs (created_at);
CREATE INDEX jobs_created_by_key_id ON jobs (created_by_key_id);
CREATE INDEX jobs_model ON jobs ((parameters ->> 'model'));
CREATE INDEX jobs_engine ON jobs ((parameters ->> 'engine'));

CREATE TABLE job_pii_entity_types (
    job_id uuid REFERENCES jobs (id) ON DELETE CASCADE,
    entity_type_id text,
    PRIMARY KEY (job_id, entity_type_id)
);

CREATE TABLE tasks (
    id uuid PRIMARY KEY,
    job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE RESTRICT,
    stage text NOT NULL,
    engine_id text NOT NULL,
    status varchar(20) NOT NULL DEFAULT 'pending' CHECK (status IN (
        'pending', 'ready', 'running', 'completed', 'failed', 'skipped', 'cancelled')),
    required boolean DEFAULT true,
    request_uri text,
    response_uri text,
    config jsonb,
    started_at timestamptz,
    completed_at timestamptz,
    worker text,
    lease_expires_at timestamptz,
    cancel_requested boolean NOT NULL DEFAULT false,
    CONSTRAINT uq_tasks_job_id_stage UNIQUE (job_id, stage)
);

CREATE TABLE task_dependencies (
    task_id uuid REFERENCES tasks (id) ON DELETE CASCADE,
    depends_on_id uuid REFERENCES tasks (id) ON DELETE CASCADE,
    PRIMARY KEY (task_id, depends_on_id)
);
CREATE INDEX task_dependencies_depends_on_id ON task_dependencies (depends_on_id);

CREATE TABLE webhook_endpoints (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    url text NOT NULL,
    is_active boolean
);
CREATE INDEX webhook_endpoints_tenant_id ON webhook_endpoints (tenant_id);

-- Deliveries outlive their job. Their payload tells of it: {object, id, type, created_at, data}.
CREATE TABLE webhook_deliveries (
    id uuid PRIMARY KEY,
    endpoint_id uuid REFERENCES webhook_endpoints (id) ON DELETE RESTRICT,
    job_id uuid REFERENCES jobs (id) ON DELETE SET NULL,
    event_type text NOT NULL,
    url_override text,
    payload jsonb NOT NULL,
    status varchar(20) DEFAULT 'pending',
    attempts integer DEFAULT 0,
    next_retry_at timestamptz,
    UNIQUE (job_id, event_type, endpoint_id),
    UNIQUE (job_id, event_type, url_override)
);
CREATE INDEX webhook_deliveries_endpoint_id ON webhook_deliveries (endpoint_id);

-- The inventory. owner_type tells whether owner_id is a job or a session.
CREATE TABLE artifact_objects (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    owner_type varchar(20) NOT NULL CHECK (owner_type IN ('job', 'session')),
    owner_id uuid NOT NULL,
    artifact_type varchar(50) NOT NULL,
    uri text NOT NULL,
    sensitivity varchar(20) NOT NULL,
    store boolean NOT NULL,
    ttl_seconds integer,
    available_at timestamptz,
    purge_after timestamptz,
    purged_at timestamptz
);
CREATE INDEX artifact_objects_owner_id ON artifact_objects (owner_id, owner_type);
CREATE INDEX artifact_objects_tenant_id ON artifact_objects (tenant_id);

CREATE TABLE artifact_compliance_tags (
    artifact_id uuid REFERENCES artifact_objects (id) ON DELETE CASCADE,
    tag text,
    PRIMARY KEY (artifact_id, tag)
);

CREATE TABLE realtime_sessions (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    status varchar(20) NOT NULL DEFAULT 'active' CHECK (status IN (
        'active', 'completed', 'error', 'interrupted')),
    retention integer NOT NULL DEFAULT 30,
    audio_uri text,
    transcript_uri text,
    purge_after timestamptz,
    purged_at timestamptz,
    previous_session_id uuid REFERENCES realtime_sessions (id) ON DELETE SET NULL,
    created_by_key_id uuid REFERENCES api_keys (id) ON DELETE SET NULL
);
CREATE INDEX realtime_sessions_tenant_id ON realtime_sessions (tenant_id);
CREATE INDEX realtime_sessions_previous_session_id ON realtime_sessions (previous_session_id);
CREATE INDEX realtime_sessions_created_by_key_id ON realtime_sessions (created_by_key_id);

CREATE TABLE models (
    id varchar(200) PRIMARY KEY,
    status varchar(20),
    download_path text
);

CREATE TABLE model_languages (
    model_id varchar(200) REFERENCES models (id) ON DELETE CASCADE,
    language_code text,
    PRIMARY KEY (model_id, language_code)
);

-- Names tenants and resources without a foreign key, so that it outlives them all.
CREATE TABLE audit_log (
    id bigserial PRIMARY KEY,
    timestamp timestamptz DEFAULT now(),
    correlation_id varchar(36),
    tenant_id uuid,
    actor_type varchar(20) NOT NULL,
    actor_id text NOT NULL,
    action varchar(50) NOT NULL,
    resource_type varchar(30) NOT NULL,
    resource_id text NOT NULL,
    detail jsonb,
    ip_address inet,
    user_agent text
);
CREATE INDEX audit_log_tenant_id ON audit_log (tenant_id);
