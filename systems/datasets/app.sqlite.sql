-- datasets: what the application itself does, on SQLite.
--
-- Each section is one transaction. A statement under `-- only if` must find a row, or the whole
-- section is taken back. Times are the database's, never the worker's.

-- define: now
strftime('%Y-%m-%dT%H:%M:%SZ', 'now')

-- define: lease_end
strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+' || :lease || ' seconds')

-- define: mine
id = :job AND worker = :worker AND status = 'running' AND lease_expires_at > {now}

-- Jobs come in: each generates a dataset of its own, every second one of raw samples.

-- name: submit.generation
INSERT INTO training_jobs (id, job_name, celery_task_id, job_type, status, config, total_progress, created_at)
VALUES (:item, 'generate ' || :name || '-' || :n, 'task-' || :item, 'synthetic_generation', 'queued',
        '{"name":"' || :name || '-' || :n || '","num_samples":3,"dataset_type":"' || CASE CAST(:n AS integer) % 2 WHEN 1 THEN 'iq_raw' ELSE 'feature_based' END || '"}',
        3, {now});

-- A job that grows a dataset which is there.
-- name: submit.expansion
INSERT INTO training_jobs (id, job_name, celery_task_id, job_type, status, config, total_progress, created_at)
SELECT :item, 'expand ' || d.name, 'task-' || :item, 'synthetic_generation', 'queued',
       '{"name":"' || d.name || '","num_samples":3,"dataset_type":"' || d.dataset_type || '","expand_dataset_id":"' || d.id || '"}',
       3, {now}
FROM synthetic_datasets d
WHERE d.id = :dataset;

-- A job that trains a model on a dataset.
-- name: submit.training
INSERT INTO training_jobs (id, job_name, celery_task_id, job_type, status, config, total_progress, created_at)
VALUES (:item, 'train ' || :name || '-' || :n, 'task-' || :item, 'training', 'queued',
        '{"epochs":3,"dataset_ids":["' || :dataset || '"]}', 3, {now});

-- A model comes into use, if all that it was trained on is there.
-- name: submit.activation
-- only if
UPDATE models
SET is_active = 1
WHERE id = :model
  AND NOT EXISTS (SELECT 1
                  FROM json_each(models.hyperparameters, '$.dataset_ids') learnt                  WHERE learnt.value NOT IN (SELECT d.id FROM synthetic_datasets d))
RETURNING id AS model;

-- A worker takes the next job that waits, or one whose worker has not been heard of.

-- name: worker.claim
UPDATE training_jobs
SET status = 'running', worker = :worker, started_at = {now}, heartbeat_at = {now}, updated_at = {now},
    lease_expires_at = {lease_end}
WHERE id = (SELECT j.id
            FROM training_jobs j
            WHERE j.job_type = 'synthetic_generation'
              AND (j.status IN ('pending', 'queued') OR (j.status = 'running' AND j.lease_expires_at <= {now}))
            ORDER BY j.created_at, j.id
            LIMIT 1)
RETURNING id AS job, config ->> 'name' AS name, config ->> 'dataset_type' AS kind;

-- The dataset is made, unless there is one of this name or the job grows another. Whoever made it
-- first stays its maker.
-- name: worker.start
-- only if
SELECT id AS job FROM training_jobs WHERE {mine};
INSERT INTO synthetic_datasets (id, name, dataset_type, num_samples, config, storage_table, created_by_job_id, created_at)
SELECT :new, j.config ->> 'name', j.config ->> 'dataset_type', 0, '{"receivers":1}',
       CASE j.config ->> 'dataset_type' WHEN 'iq_raw' THEN 'synthetic_iq_samples' ELSE 'synthetic_training_samples' END,
       j.id, {now}
FROM training_jobs j
WHERE j.id = :job AND j.config ->> 'expand_dataset_id' IS NULL
ON CONFLICT (name) DO NOTHING;
UPDATE training_jobs
SET dataset_id = coalesce(config ->> 'expand_dataset_id', (SELECT d.id FROM synthetic_datasets d WHERE d.name = training_jobs.config ->> 'name'))
WHERE id = :job;
-- only if
SELECT dataset_id AS dataset FROM training_jobs WHERE id = :job AND dataset_id IS NOT NULL;

-- A job that is not there any more is like one that was cancelled.
-- name: worker.heartbeat
-- only if
UPDATE training_jobs
SET heartbeat_at = {now}, lease_expires_at = {lease_end}
WHERE {mine}
RETURNING cancel_requested AS cancel;

-- One sample. A step that is done again meets its own row.
-- name: worker.write
-- puts if kind=iq_raw: iq synthetic/:dataset/:new/RX_000.npy
-- only if
SELECT id AS job FROM training_jobs WHERE {mine};
-- only if
SELECT id AS dataset FROM synthetic_datasets WHERE id = :dataset;
INSERT INTO synthetic_iq_samples (timestamp, id, dataset_id, sample_idx, iq_storage_paths)
SELECT {now}, :new, :dataset, (SELECT coalesce(max(s.sample_idx), -1) + 1 FROM synthetic_iq_samples s WHERE s.dataset_id = :dataset),
       '{"RX_000":"synthetic/' || :dataset || '/' || :new || '/RX_000.npy"}'
WHERE :kind = 'iq_raw'
  AND NOT EXISTS (SELECT 1 FROM synthetic_iq_samples s WHERE s.dataset_id = :dataset AND s.id = :new);
INSERT INTO synthetic_training_samples (timestamp, id, dataset_id, split, receivers)
SELECT {now}, :new, :dataset, CASE WHEN CAST(:roll AS integer) < 80 THEN 'train' WHEN CAST(:roll AS integer) < 90 THEN 'val' ELSE 'test' END,
       '[{"rx":0,"snr_db":' || :roll || '}]'
WHERE :kind = 'feature_based'
  AND NOT EXISTS (SELECT 1 FROM synthetic_training_samples s WHERE s.dataset_id = :dataset AND s.id = :new);
INSERT INTO measurement_features (recording_session_id, dataset_id, extraction_metadata, receiver_features, created_at)
VALUES (:new, :dataset, '{"synthetic_dataset_id":"' || :dataset || '"}',
        '[{"rx":0,"snr_db":' || :roll || '}]', {now})
ON CONFLICT (recording_session_id) DO NOTHING;
UPDATE training_jobs SET current_progress = CAST(:step AS integer) WHERE id = :job;

-- name: worker.finish
-- only if
SELECT id AS job FROM training_jobs WHERE {mine};
-- only if
SELECT id AS dataset FROM synthetic_datasets WHERE id = :dataset;
UPDATE synthetic_datasets
SET num_samples = (SELECT count(*) FROM synthetic_iq_samples s WHERE s.dataset_id = :dataset)
                + (SELECT count(*) FROM synthetic_training_samples s WHERE s.dataset_id = :dataset),
    storage_size_bytes = coalesce(storage_size_bytes, 0) + 1600, updated_at = {now}
WHERE id = :dataset;
UPDATE training_jobs
SET status = 'completed', completed_at = {now}, updated_at = {now}, lease_expires_at = NULL
WHERE id = :job;

-- name: worker.fail
-- only if
UPDATE training_jobs
SET status = 'failed', error_message = 'the simulation did not converge', completed_at = {now}, lease_expires_at = NULL
WHERE {mine}
RETURNING id AS job;

-- name: worker.cancel
-- only if
UPDATE training_jobs
SET status = 'cancelled', completed_at = {now}, updated_at = {now}, lease_expires_at = NULL
WHERE {mine}
RETURNING id AS job;

-- A trainer reads datasets and makes a model.

-- name: trainer.claim
UPDATE training_jobs
SET status = 'running', worker = :worker, started_at = {now}, heartbeat_at = {now}, updated_at = {now},
    lease_expires_at = {lease_end}
WHERE id = (SELECT j.id
            FROM training_jobs j
            WHERE j.job_type = 'training'
              AND (j.status IN ('pending', 'queued') OR (j.status = 'running' AND j.lease_expires_at <= {now}))
            ORDER BY j.created_at, j.id
            LIMIT 1)
RETURNING id AS job, config -> 'dataset_ids' ->> 0 AS dataset;

-- name: trainer.start
-- only if
SELECT id AS job FROM training_jobs WHERE {mine};
-- only if
SELECT count(*) AS features FROM measurement_features f WHERE f.dataset_id = :dataset HAVING count(*) > 0;
DELETE FROM training_metrics WHERE training_job_id = :job;

-- name: trainer.heartbeat
-- only if
UPDATE training_jobs
SET heartbeat_at = {now}, lease_expires_at = {lease_end}
WHERE {mine}
RETURNING cancel_requested AS cancel;

-- name: trainer.write
-- only if
SELECT id AS job FROM training_jobs WHERE {mine};
INSERT INTO training_metrics (timestamp, id, training_job_id, epoch) VALUES ({now}, :new, :job, CAST(:step AS integer));
UPDATE training_jobs SET current_progress = CAST(:step AS integer) WHERE id = :job;

-- name: trainer.finish
-- only if
SELECT id AS job FROM training_jobs WHERE {mine};
INSERT INTO models (id, model_name, version, synthetic_dataset_id, trained_by_job_id, hyperparameters, pytorch_model_location)
SELECT :new, j.job_name, 1, :dataset, j.id, json_object('dataset_ids', json(j.config -> 'dataset_ids')),
       's3://models/checkpoints/' || :job || '/best_model.pth'
FROM training_jobs j
WHERE j.id = :job;
UPDATE training_jobs
SET status = 'completed', completed_at = {now}, updated_at = {now}, lease_expires_at = NULL
WHERE id = :job;

-- name: trainer.cancel
-- only if
UPDATE training_jobs
SET status = 'cancelled', completed_at = {now}, updated_at = {now}, lease_expires_at = NULL
WHERE {mine}
RETURNING id AS job;

-- What anybody may read.

-- name: read.jobs
SELECT id AS job, job_name, status, current_progress, dataset_id AS dataset
FROM training_jobs
ORDER BY created_at DESC, id DESC
LIMIT 50;

-- name: read.datasets
SELECT id AS dataset, name, dataset_type AS kind, num_samples, health_status FROM synthetic_datasets ORDER BY name;

-- name: read.samples
SELECT id AS sample, sample_idx, iq_storage_paths AS paths
FROM synthetic_iq_samples
WHERE dataset_id = :dataset
ORDER BY sample_idx;

-- What training reads, of either type of dataset.
-- name: read.features
SELECT recording_session_id AS feature, receiver_features AS receivers
FROM measurement_features
WHERE dataset_id = :dataset OR extraction_metadata ->> 'synthetic_dataset_id' = :dataset
ORDER BY recording_session_id;

-- name: read.models
SELECT id AS model, model_name, version, is_active FROM models ORDER BY model_name, version;

-- Raw datasets that have no samples.
-- name: read.hollow
SELECT d.id AS dataset, d.name, d.num_samples
FROM synthetic_datasets d
WHERE d.dataset_type = 'iq_raw' AND NOT EXISTS (SELECT 1 FROM synthetic_iq_samples s WHERE s.dataset_id = d.id)
ORDER BY d.name;
