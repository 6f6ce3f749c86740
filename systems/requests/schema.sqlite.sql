-- requests: batched LLM requests, on SQLite.
--
-- As described: a request or template whose parent is null is an orphan, and a
-- request carries a copy of its input, which the claim fills in from the template.
-- Foreign keys only null what they hold, so that hiding a parent stays cheap.
-- The daemon of a request is known to the application alone. Times are text,
-- booleans are 0 or 1.

-- status: processed, error, deleted, expired. purpose: batch, batch_output, batch_error;
-- output and error files are rows without content, which is read from requests.
CREATE TABLE files (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT,
    status TEXT NOT NULL DEFAULT 'processed',
    purpose TEXT NOT NULL DEFAULT 'batch',
    uploaded_by TEXT,
    size_bytes INTEGER NOT NULL DEFAULT 0,
    size_finalized INTEGER NOT NULL DEFAULT 0,
    expires_at TEXT,
    deleted_at TEXT
);

-- One prompt each.
CREATE TABLE request_templates (
    id UUID PRIMARY KEY,
    file_id UUID REFERENCES files (id) ON DELETE SET NULL,
    endpoint TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    body TEXT NOT NULL,
    model TEXT NOT NULL,
    api_key TEXT NOT NULL,
    custom_id TEXT,
    line_number INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX request_templates_file_id ON request_templates (file_id, line_number);

-- location: live, split, archive.
CREATE TABLE batches (
    id UUID PRIMARY KEY,
    file_id UUID REFERENCES files (id) ON DELETE SET NULL,
    output_file_id UUID UNIQUE REFERENCES files (id) ON DELETE SET NULL,
    error_file_id UUID UNIQUE REFERENCES files (id) ON DELETE SET NULL,
    endpoint TEXT NOT NULL,
    completion_window TEXT NOT NULL DEFAULT '24h',
    expires_at TEXT,
    metadata TEXT,
    api_key TEXT,
    created_by TEXT NOT NULL,
    total_requests INTEGER NOT NULL DEFAULT 0,
    requests_started_at TEXT,
    cancelling_at TEXT,
    cancelled_at TEXT,
    completed_at TEXT,
    failed_at TEXT,
    finalizing_at TEXT,
    deleted_at TEXT,
    notification_sent_at TEXT,
    completed_requests INTEGER NOT NULL DEFAULT 0,
    failed_requests INTEGER NOT NULL DEFAULT 0,
    canceled_requests INTEGER NOT NULL DEFAULT 0,
    counts_frozen_at TEXT,
    retry_version INTEGER NOT NULL DEFAULT 0,
    location TEXT NOT NULL DEFAULT 'live',
    archive_bucket TEXT
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
    id UUID PRIMARY KEY,
    status TEXT NOT NULL,
    last_heartbeat TEXT,
    config_snapshot TEXT
);
CREATE INDEX daemons_status ON daemons (status);

-- pending -> claimed -> processing -> completed | failed | canceled
CREATE TABLE requests (
    id UUID PRIMARY KEY,
    batch_id UUID REFERENCES batches (id) ON DELETE SET NULL,
    template_id UUID REFERENCES request_templates (id) ON DELETE SET NULL,
    state TEXT NOT NULL DEFAULT 'pending',
    retry_attempt INTEGER NOT NULL DEFAULT 0,
    not_before TEXT,
    daemon_id UUID,
    claimed_at TEXT,
    started_at TEXT,
    endpoint TEXT,
    method TEXT,
    path TEXT,
    body TEXT,
    api_key TEXT,
    response_status INTEGER,
    response_body TEXT,
    response_size INTEGER NOT NULL DEFAULT 0,
    completed_at TEXT,
    error TEXT,
    failed_at TEXT,
    canceled_at TEXT,
    model TEXT NOT NULL,
    custom_id TEXT,
    service_tier TEXT,
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
    id UUID PRIMARY KEY,
    request_id UUID UNIQUE REFERENCES requests (id) ON DELETE CASCADE,
    parent_step_id UUID REFERENCES response_steps (id) ON DELETE CASCADE,
    prev_step_id UUID REFERENCES response_steps (id) ON DELETE CASCADE,
    step_sequence INTEGER NOT NULL DEFAULT 0,
    request_payload TEXT,
    response_payload TEXT
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
