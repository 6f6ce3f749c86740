-- requests: batched LLM requests, on PostgreSQL.
--
-- As described: a request or template whose parent is null is an orphan, and a
-- request carries a copy of its input, which the claim fills in from the template.
-- Foreign keys only null what they hold, so that hiding a parent stays cheap.
-- The daemon of a request is known to the application alone.

-- status: processed, error, deleted, expired. purpose: batch, batch_output, batch_error;
-- output and error files are rows without content, which is read from requests.
CREATE TABLE files (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    description text,
    status text NOT NULL DEFAULT 'processed',
    purpose text NOT NULL DEFAULT 'batch',
    uploaded_by text,
    size_bytes bigint NOT NULL DEFAULT 0,
    size_finalized boolean NOT NULL DEFAULT false,
    expires_at timestamptz,
    deleted_at timestamptz
);

-- One prompt each.
CREATE TABLE request_templates (
    id uuid PRIMARY KEY,
    file_id uuid REFERENCES files (id) ON DELETE SET NULL,
    endpoint text NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    body text NOT NULL,
    model text NOT NULL,
    api_key text NOT NULL,
    custom_id text,
    line_number integer NOT NULL DEFAULT 0
);
CREATE INDEX request_templates_file_id ON request_templates (file_id, line_number);

-- location: live, split, archive.
CREATE TABLE batches (
    id uuid PRIMARY KEY,
    file_id uuid REFERENCES files (id) ON DELETE SET NULL,
    output_file_id uuid UNIQUE REFERENCES files (id) ON DELETE SET NULL,
    error_file_id uuid UNIQUE REFERENCES files (id) ON DELETE SET NULL,
    endpoint text NOT NULL,
    completion_window text NOT NULL DEFAULT '24h',
    expires_at timestamptz,
    metadata jsonb,
    api_key text,
    created_by text NOT NULL,
    total_requests integer NOT NULL DEFAULT 0,
    requests_started_at timestamptz,
    cancelling_at timestamptz,
    cancelled_at timestamptz,
    completed_at timestamptz,
    failed_at timestamptz,
    finalizing_at timestamptz,
    deleted_at timestamptz,
    notification_sent_at timestamptz,
    completed_requests integer NOT NULL DEFAULT 0,
    failed_requests integer NOT NULL DEFAULT 0,
    canceled_requests integer NOT NULL DEFAULT 0,
    counts_frozen_at timestamptz,
    retry_version integer NOT NULL DEFAULT 0,
    location text NOT NULL DEFAULT 'live',
    archive_bucket date
);
CREATE INDEX batches_file_id ON batches (file_id);
-- What is hidden is found without reading the rest.
CREATE INDEX batches_hidden ON batches (id) WHERE deleted_at IS NOT NULL;
CREATE INDEX files_hidden ON files (id) WHERE deleted_at IS NOT NULL;
CREATE INDEX batches_active ON batches (id)
    WHERE cancelling_at IS NULL AND deleted_at IS NULL
      AND completed_at IS NULL AND failed_at IS NULL AND cancelled_at IS NULL;

-- status: initializing, running, dead.
CREATE TABLE daemons (
    id uuid PRIMARY KEY,
    status text NOT NULL,
    last_heartbeat timestamptz,
    config_snapshot jsonb
);
CREATE INDEX daemons_status ON daemons (status);

-- pending -> claimed -> processing -> completed | failed | canceled
CREATE TABLE requests (
    id uuid PRIMARY KEY,
    batch_id uuid REFERENCES batches (id) ON DELETE SET NULL,
    template_id uuid REFERENCES request_templates (id) ON DELETE SET NULL,
    state text NOT NULL DEFAULT 'pending',
    retry_attempt integer NOT NULL DEFAULT 0,
    not_before timestamptz,
    daemon_id uuid,
    claimed_at timestamptz,
    started_at timestamptz,
    endpoint text,
    method text,
    path text,
    body text,
    api_key text,
    response_status integer,
    response_body text,
    response_size bigint NOT NULL DEFAULT 0,
    completed_at timestamptz,
    error text,
    failed_at timestamptz,
    canceled_at timestamptz,
    model text NOT NULL,
    custom_id text,
    service_tier text,
    CHECK (state IN ('pending', 'claimed', 'processing', 'completed', 'failed', 'canceled')),
    CHECK (state <> 'pending' OR (daemon_id IS NULL AND claimed_at IS NULL)),
    CHECK (state <> 'claimed' OR (daemon_id IS NOT NULL AND claimed_at IS NOT NULL)),
    CHECK (state <> 'processing' OR (daemon_id IS NOT NULL AND started_at IS NOT NULL)),
    CHECK (state <> 'completed' OR (response_status IS NOT NULL AND response_body IS NOT NULL
                                    AND completed_at IS NOT NULL)),
    CHECK (state <> 'failed' OR (error IS NOT NULL AND failed_at IS NOT NULL)),
    CHECK (state <> 'canceled' OR canceled_at IS NOT NULL)
);
CREATE INDEX requests_batch_id ON requests (batch_id);
CREATE INDEX requests_template_id ON requests (template_id);
CREATE INDEX requests_claimable ON requests (model, batch_id)
    WHERE state = 'pending' AND template_id IS NOT NULL;

-- What a request did on its way to a response; a step may have steps of its own.
CREATE TABLE response_steps (
    id uuid PRIMARY KEY,
    request_id uuid UNIQUE REFERENCES requests (id) ON DELETE CASCADE,
    parent_step_id uuid REFERENCES response_steps (id) ON DELETE CASCADE,
    prev_step_id uuid REFERENCES response_steps (id) ON DELETE CASCADE,
    step_sequence integer NOT NULL DEFAULT 0,
    request_payload jsonb,
    response_payload jsonb
);
CREATE INDEX response_steps_parent_step_id ON response_steps (parent_step_id, step_sequence);
CREATE INDEX response_steps_prev_step_id ON response_steps (prev_step_id);

-- What the application reads: rows of hidden parents are not there.
CREATE VIEW active_requests AS
    SELECT r.*
    FROM requests r
    LEFT JOIN batches b ON b.id = r.batch_id
    WHERE b.deleted_at IS NULL;
CREATE VIEW active_request_templates AS
    SELECT t.*
    FROM request_templates t
    LEFT JOIN files f ON f.id = t.file_id
    WHERE f.deleted_at IS NULL;
