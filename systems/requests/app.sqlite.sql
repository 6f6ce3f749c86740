-- requests: what the application itself does, on SQLite.
--
-- Each section is one transaction. A statement under `-- only if` must find a row, or the whole
-- section is taken back. Times are the database's, never the worker's.

-- define: now
strftime('%Y-%m-%dT%H:%M:%SZ', 'now')

-- define: mine
r.id = :job AND r.daemon_id = :worker_id

-- A file of prompts comes in, then a batch over it; its requests are made of the templates later,
-- from a queue that may deliver twice.

-- name: submit.file
INSERT INTO files (id, name, purpose, uploaded_by, size_bytes, size_finalized)
VALUES (:source, :name || '.jsonl', 'batch', 'ada', 100, 1),
       (:output, :name || '-results.jsonl', 'batch_output', 'ada', 0, 0);

-- name: submit.template
INSERT INTO request_templates (id, file_id, endpoint, method, path, body, model, api_key, custom_id, line_number)
VALUES (:item, :source, '/v1', 'POST', '/responses', '{"input":"question ' || :n || ' of ' || :name || '"}',
        'small', 'key-ada', 'line-' || :n, CAST(:n AS integer));

-- name: submit.batch
INSERT INTO batches (id, file_id, output_file_id, endpoint, api_key, created_by)
VALUES (:id, :source, :output, '/v1/responses', 'key-ada', 'ada');

-- Nothing happens where the batch was deleted, cancelled or filled already.
-- name: submit.populate
INSERT INTO requests (id, batch_id, template_id, state, model, custom_id)
SELECT '9e' || substr(t.id, 3), b.id, t.id, 'pending', t.model, t.custom_id
FROM batches b
JOIN request_templates t ON t.file_id = b.file_id
WHERE b.id = :id AND b.deleted_at IS NULL AND b.cancelling_at IS NULL AND b.requests_started_at IS NULL;
UPDATE batches
SET requests_started_at = {now}, total_requests = (SELECT count(*) FROM requests r WHERE r.batch_id = batches.id)
WHERE id = :id AND deleted_at IS NULL AND cancelling_at IS NULL AND requests_started_at IS NULL;

-- Idempotent; of an unknown batch it says nothing.
-- name: submit.cancel
UPDATE batches SET cancelling_at = {now}, cancelled_at = {now} WHERE id = :batch AND cancelling_at IS NULL;

-- What failed or was cancelled is tried again: of a batch that is there, whose file is there.
-- name: submit.retry
-- only if
UPDATE batches SET cancelling_at = NULL, cancelled_at = NULL
WHERE id = :batch AND deleted_at IS NULL AND completed_at IS NULL AND counts_frozen_at IS NULL AND file_id IS NOT NULL
RETURNING id AS batch;
UPDATE requests
SET state = 'pending', daemon_id = NULL, claimed_at = NULL, started_at = NULL, error = NULL, failed_at = NULL, canceled_at = NULL
WHERE batch_id = :batch AND template_id IS NOT NULL AND state IN ('failed', 'canceled');

-- A daemon says that it is there.

-- name: worker.open
INSERT INTO daemons (id, status, last_heartbeat, config_snapshot)
VALUES (:worker_id, 'running', {now}, '{"slots":1}')
ON CONFLICT (id) DO UPDATE SET status = 'running', last_heartbeat = {now};

-- Requests whose daemon is dead, silent or slow wait again.
-- name: worker.recover
UPDATE daemons SET last_heartbeat = {now} WHERE id = :worker_id;
UPDATE requests
SET state = 'pending', daemon_id = NULL, claimed_at = NULL, started_at = NULL
WHERE id IN (SELECT r.id
             FROM requests r
             WHERE r.state IN ('claimed', 'processing')
               AND ((r.state = 'claimed' AND r.claimed_at < strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-60 seconds'))
                    OR (r.state = 'processing' AND r.started_at < strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-600 seconds'))
                    OR NOT EXISTS (SELECT 1 FROM daemons d
                                   WHERE d.id = r.daemon_id AND d.status <> 'dead' AND d.last_heartbeat > strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-30 seconds')))
             LIMIT 100);

-- The claim fills in the input from the template, for batches that are under way.
-- name: worker.claim
UPDATE requests
SET state = 'claimed', daemon_id = :worker_id, claimed_at = {now},
    endpoint = t.endpoint, method = t.method, path = t.path, body = t.body, api_key = t.api_key
FROM request_templates t
WHERE t.id = requests.template_id
  AND requests.id = (SELECT r.id
                     FROM requests r
                     JOIN batches b ON b.id = r.batch_id
                     WHERE r.state = 'pending' AND r.template_id IS NOT NULL
                       AND b.cancelling_at IS NULL AND b.deleted_at IS NULL
                       AND b.completed_at IS NULL AND b.failed_at IS NULL AND b.cancelled_at IS NULL
                     ORDER BY r.batch_id, r.id
                     LIMIT 1)
RETURNING id AS job, batch_id AS batch;

-- name: worker.start
-- only if
UPDATE requests AS r SET state = 'processing', started_at = {now} WHERE {mine} AND r.state = 'claimed' RETURNING id AS job;

-- The daemon's own poll: a batch that was cancelled or deleted stops its calls, and so does a
-- request that is not there any more.
-- name: worker.heartbeat
UPDATE daemons SET last_heartbeat = {now} WHERE id = :worker_id;
-- only if
SELECT r.id AS job, b.id IS NULL OR b.cancelling_at IS NOT NULL OR b.deleted_at IS NOT NULL AS cancel
FROM requests r
LEFT JOIN batches b ON b.id = r.batch_id
WHERE {mine} AND r.state = 'processing';

-- One step on the way to the answer; only the first names its request.
-- name: worker.write
-- only if
SELECT r.id AS job FROM requests r WHERE {mine} AND r.state = 'processing';
INSERT INTO response_steps (id, request_id, parent_step_id, step_sequence, request_payload)
SELECT :new, CASE WHEN :step = '1' THEN :job END,
       CASE WHEN :step <> '1' THEN (SELECT s.id FROM response_steps s WHERE s.request_id = :job) END,
       CAST(:step AS integer) - 1, '{"step":' || :step || '}'
WHERE true
ON CONFLICT DO NOTHING;

-- An answer that comes late replaces a cancellation and mends counts that are frozen. It never
-- replaces another answer, and makes no request.
-- name: worker.finish
UPDATE batches
SET completed_requests = completed_requests + 1, canceled_requests = canceled_requests - 1
WHERE id = :batch AND counts_frozen_at IS NOT NULL
  AND EXISTS (SELECT 1 FROM requests r WHERE {mine} AND r.state = 'canceled');
-- only if
UPDATE requests AS r
SET state = 'completed', response_status = 200, response_body = '{"output":"answer ' || :roll || '"}',
    response_size = 20, completed_at = {now}, canceled_at = NULL
WHERE {mine} AND r.state IN ('processing', 'canceled')
RETURNING id AS job;

-- name: worker.fail
-- only if
UPDATE requests AS r
SET state = 'failed', error = 'the model gave up', failed_at = {now}, canceled_at = NULL
WHERE {mine} AND r.state IN ('processing', 'canceled')
RETURNING id AS job;

-- A daemon tries again only what is still its own.
-- name: worker.retry
-- only if
UPDATE requests AS r
SET state = 'pending', daemon_id = NULL, claimed_at = NULL, started_at = NULL, retry_attempt = retry_attempt + 1
WHERE {mine} AND r.state = 'processing'
RETURNING id AS job;

-- name: worker.cancel
-- only if
UPDATE requests AS r SET state = 'canceled', canceled_at = {now} WHERE {mine} AND r.state = 'processing' RETURNING id AS job;

-- A batch has ended when all its requests have; its counts are frozen then.

-- name: settler.claim
SELECT b.id AS job
FROM batches b
WHERE b.requests_started_at IS NOT NULL AND b.completed_at IS NULL AND b.deleted_at IS NULL AND b.counts_frozen_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM requests r
                  WHERE r.batch_id = b.id
                    AND (r.state IN ('claimed', 'processing') OR r.state = 'pending' AND b.cancelling_at IS NULL))
ORDER BY b.id
LIMIT 1;

-- name: settler.write
-- only if
SELECT id AS job FROM batches WHERE id = :job AND counts_frozen_at IS NULL;
UPDATE batches
SET completed_requests = (SELECT count(*) FROM requests r WHERE r.batch_id = batches.id AND r.state = 'completed'),
    failed_requests = (SELECT count(*) FROM requests r WHERE r.batch_id = batches.id AND r.state = 'failed'),
    canceled_requests = (SELECT count(*) FROM requests r WHERE r.batch_id = batches.id AND r.state IN ('canceled', 'pending')),
    completed_at = CASE WHEN cancelling_at IS NULL THEN {now} END, counts_frozen_at = {now}
WHERE id = :job;

-- What a caller may read: nothing of what is deleted.

-- name: read.batch
SELECT b.id AS batch, b.file_id AS file, b.total_requests, b.cancelled_at IS NOT NULL AS cancelled,
       b.completed_at IS NOT NULL AS completed,
       (SELECT count(*) FROM requests r WHERE r.batch_id = b.id AND r.state = 'completed') AS answered,
       (SELECT count(*) FROM requests r WHERE r.batch_id = b.id AND r.state = 'failed') AS failed,
       (SELECT count(*) FROM requests r WHERE r.batch_id = b.id
           AND (r.state = 'canceled' OR b.cancelling_at IS NOT NULL AND r.state IN ('pending', 'claimed', 'processing'))) AS canceled
FROM batches b
WHERE b.id = :batch AND b.deleted_at IS NULL;

-- name: read.batches
SELECT id AS batch, total_requests FROM batches WHERE created_by = :owner AND deleted_at IS NULL ORDER BY id;

-- The content of an output file is read from the requests of its batch.
-- name: read.output
SELECT r.custom_id, r.response_status, r.response_body
FROM batches b
JOIN requests r ON r.batch_id = b.id
WHERE b.output_file_id = :file AND b.deleted_at IS NULL AND r.state = 'completed'
ORDER BY r.custom_id;

-- name: read.errors
SELECT r.custom_id, r.error
FROM batches b
JOIN requests r ON r.batch_id = b.id
WHERE b.error_file_id = :file AND b.deleted_at IS NULL AND r.state = 'failed'
ORDER BY r.custom_id;

-- name: read.input
SELECT t.custom_id, t.body
FROM files f
JOIN request_templates t ON t.file_id = f.id
WHERE f.id = :file AND f.deleted_at IS NULL
ORDER BY t.line_number;

-- Answers beside their questions, until the questions go.
-- name: read.results
SELECT r.custom_id, r.state, t.body AS question, r.response_body
FROM batches b
JOIN requests r ON r.batch_id = b.id
JOIN request_templates t ON t.id = r.template_id
WHERE b.id = :batch AND b.deleted_at IS NULL
ORDER BY r.custom_id;
