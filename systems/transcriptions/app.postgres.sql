-- transcriptions: what the application itself does, on PostgreSQL.
--
-- Each section is one transaction. A statement under `-- only if` must find a row, or the whole
-- section is taken back. Times are the database's, never the worker's.

-- define: now
now()

-- define: lease_end
now() + :lease::integer * interval '1 second'

-- define: mine
id = :job::uuid AND worker = :worker AND status = 'running' AND lease_expires_at > {now}

-- A job comes in with its audio, and is made into a graph of tasks: prepare, then transcribe and
-- align beside each other, merge of both, and afterwards the search for personal data.

-- name: submit.job
-- puts: artifacts jobs/:item/input/original.wav
INSERT INTO jobs (id, tenant_id, status, display_name, audio_uri, parameters, created_by_key_id, created_at)
SELECT :item::uuid, t.id, 'pending', :name || ' ' || :n, 's3://dalston-artifacts/jobs/' || :item || '/input/original.wav',
       ('{"model":"whisper-small"}')::jsonb, k.id, {now}
FROM tenants t
JOIN api_keys k ON k.tenant_id = t.id AND k.name = 'ada'
WHERE t.name = 'acme';
INSERT INTO tasks (id, job_id, stage, engine_id, status, required, request_uri)
WITH stage (number, name, engine, required) AS (VALUES
    (1, 'prepare', 'audio-prepare', true), (2, 'transcribe', 'whisper', true), (3, 'align', 'align-eu', true),
    (4, 'merge', 'final-merger', false), (5, 'pii_detect', 'pii-presidio', false))
SELECT ('7a54000' || stage.number || substr(:item, 9))::uuid, :item::uuid, stage.name, stage.engine, 'pending', stage.required,
       'jobs/' || :item || '/tasks/' || stage.name || '/request.json'
FROM stage;
INSERT INTO task_dependencies (task_id, depends_on_id)
SELECT t.id, p.id
FROM tasks t
JOIN tasks p ON p.job_id = t.job_id
WHERE t.job_id = :item::uuid
  AND ((t.stage IN ('transcribe', 'align') AND p.stage = 'prepare')
       OR (t.stage = 'merge' AND p.stage IN ('transcribe', 'align'))
       OR (t.stage = 'pii_detect' AND p.stage = 'merge'));
INSERT INTO job_pii_entity_types (job_id, entity_type_id) VALUES (:item::uuid, 'person');
INSERT INTO artifact_objects (id, tenant_id, owner_type, owner_id, artifact_type, uri, sensitivity, store, available_at)
SELECT ('a27f0000' || substr(:item, 9))::uuid, j.tenant_id, 'job', j.id, 'audio.source', j.audio_uri, 'raw_pii', true, {now}
FROM jobs j
WHERE j.id = :item::uuid;

-- Somebody asks for a job to stop. What waits does not begin, what runs is asked.
-- name: submit.cancel
-- only if
UPDATE jobs
SET status = CASE WHEN EXISTS (SELECT 1 FROM tasks t WHERE t.job_id = jobs.id AND t.status = 'running') THEN 'cancelling' ELSE 'cancelled' END,
    completed_at = {now}
WHERE id = :transcription::uuid AND status IN ('pending', 'running')
RETURNING id::text AS transcription, status;
UPDATE tasks SET status = 'cancelled' WHERE job_id = :transcription::uuid AND status IN ('pending', 'ready');
UPDATE tasks SET cancel_requested = true WHERE job_id = :transcription::uuid AND status = 'running';

-- A failed job is tried again.
-- name: submit.retry
-- only if
UPDATE jobs SET status = 'pending', error = NULL, completed_at = NULL
WHERE id = :transcription::uuid AND status IN ('failed', 'cancelled')
RETURNING id::text AS transcription;
UPDATE tasks SET status = 'pending', cancel_requested = false
WHERE job_id = :transcription::uuid AND status IN ('failed', 'cancelled', 'skipped');

-- An engine takes the next task whose forerunners have ended, or one whose engine has not been heard of.

-- name: worker.claim
UPDATE tasks
SET status = 'running', worker = :worker, started_at = {now}, lease_expires_at = {lease_end}
WHERE id = (SELECT t.id
            FROM tasks t
            JOIN jobs j ON j.id = t.job_id
            WHERE (t.status IN ('pending', 'ready') OR (t.status = 'running' AND t.lease_expires_at <= {now}))
              AND (j.status IN ('pending', 'running', 'cancelling') OR t.stage LIKE 'pii%' AND j.status = 'completed'
                   OR t.status = 'running')
              AND NOT EXISTS (SELECT 1 FROM task_dependencies d JOIN tasks p ON p.id = d.depends_on_id
                              WHERE d.task_id = t.id AND p.status NOT IN ('completed', 'skipped'))
            ORDER BY j.created_at, j.id, t.id
            LIMIT 1
            FOR UPDATE OF t SKIP LOCKED)
RETURNING id::text AS job, job_id::text AS transcription, stage;

-- name: worker.start
-- only if
SELECT id::text AS job FROM tasks WHERE {mine} FOR UPDATE;
UPDATE jobs SET status = 'running', started_at = {now} WHERE id = :transcription::uuid AND status = 'pending';

-- name: worker.heartbeat
-- only if
UPDATE tasks
SET lease_expires_at = {lease_end}
WHERE {mine}
RETURNING cancel_requested OR EXISTS (SELECT 1 FROM jobs j WHERE j.id = tasks.job_id AND j.status = 'cancelling') AS cancel;

-- The inventory names what an engine stores; nothing but this row ties it to the job.
-- name: worker.write
-- puts: artifacts jobs/:transcription/tasks/:job/part-:step.json
-- only if
SELECT id::text AS job FROM tasks WHERE {mine} FOR UPDATE;
INSERT INTO artifact_objects (id, tenant_id, owner_type, owner_id, artifact_type, uri, sensitivity, store, available_at)
SELECT :new::uuid, t.id, 'job', :transcription::uuid, 'task.' || :stage,
       's3://dalston-artifacts/jobs/' || :transcription || '/tasks/' || :job || '/part-' || :step || '.json', 'derived', true, {now}
FROM tenants t
WHERE t.name = 'acme'
ON CONFLICT (id) DO NOTHING;

-- A job has ended when all its tasks have, but for what comes afterwards. Its row is locked first,
-- so that of two tasks which end together one sees the other.
-- name: worker.finish
-- puts: artifacts jobs/:transcription/tasks/:job/response.json
-- puts if stage=merge: artifacts jobs/:transcription/output/transcript.json
-- only if
SELECT id::text AS transcription FROM jobs WHERE id = :transcription::uuid FOR UPDATE;
-- only if
UPDATE tasks
SET status = 'completed', completed_at = {now}, lease_expires_at = NULL,
    response_uri = 'jobs/' || :transcription || '/tasks/' || :job || '/response.json'
WHERE {mine}
RETURNING id::text AS job;
UPDATE jobs
SET status = 'completed', completed_at = {now}
WHERE id = :transcription::uuid AND status = 'running'
  AND NOT EXISTS (SELECT 1 FROM tasks t
                  WHERE t.job_id = jobs.id AND t.stage NOT LIKE 'pii%' AND t.status NOT IN ('completed', 'skipped'));
INSERT INTO webhook_deliveries (id, endpoint_id, job_id, event_type, payload, status)
SELECT ('de110000' || substr(:transcription, 9))::uuid, e.id, j.id, 'transcription.completed',
       ('{"object":"event","type":"transcription.completed","data":{"transcription_id":"' || :transcription || '"}}')::jsonb, 'pending'
FROM jobs j
JOIN webhook_endpoints e ON e.tenant_id = j.tenant_id AND e.is_active
WHERE j.id = :transcription::uuid AND j.status = 'completed'
ORDER BY e.id
LIMIT 1
ON CONFLICT DO NOTHING;

-- A required task that fails ends its job at once; what runs beside it runs on.
-- name: worker.fail
-- only if
SELECT id::text AS transcription FROM jobs WHERE id = :transcription::uuid FOR UPDATE;
-- only if
UPDATE tasks SET status = 'failed', completed_at = {now}, lease_expires_at = NULL WHERE {mine} RETURNING id::text AS job;
UPDATE jobs
SET status = 'failed', error = :stage || ' failed', completed_at = {now}
WHERE id = :transcription::uuid AND status = 'running';
UPDATE tasks SET status = 'skipped' WHERE job_id = :transcription::uuid AND status IN ('pending', 'ready');

-- name: worker.cancel
-- only if
SELECT id::text AS transcription FROM jobs WHERE id = :transcription::uuid FOR UPDATE;
-- only if
UPDATE tasks SET status = 'cancelled', completed_at = {now}, lease_expires_at = NULL WHERE {mine} RETURNING id::text AS job;
UPDATE jobs
SET status = 'cancelled', completed_at = {now}
WHERE id = :transcription::uuid AND status = 'cancelling'
  AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.job_id = jobs.id AND t.status = 'running');

-- What a tenant may read.

-- name: read.jobs
SELECT j.id::text AS transcription, j.display_name, j.status
FROM jobs j
JOIN tenants t ON t.id = j.tenant_id
WHERE t.name = :tenant
ORDER BY j.created_at DESC, j.id DESC;

-- name: read.job
SELECT id::text AS transcription, status, error, audio_uri FROM jobs WHERE id = :transcription::uuid;

-- name: read.tasks
SELECT id::text AS task, stage, status, response_uri FROM tasks WHERE job_id = :transcription::uuid ORDER BY id;

-- name: read.artifacts
SELECT artifact_type, uri
FROM artifact_objects
WHERE owner_type = 'job' AND owner_id = :transcription::uuid AND purged_at IS NULL
ORDER BY uri;

-- name: read.deliveries
SELECT event_type, status, payload::text AS payload FROM webhook_deliveries WHERE job_id = :transcription::uuid ORDER BY id;
