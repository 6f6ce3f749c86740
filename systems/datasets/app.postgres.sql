-- datasets: what the application itself does, on PostgreSQL.
--
-- Each section is one transaction. A statement under `-- only if` must find a row, or the whole
-- section is taken back. Times are the database's, never the worker's.

-- define: now
now()

-- define: lease_end
now() + :lease::integer * interval '1 second'

-- define: mine
id = :job::uuid AND worker = :worker AND status = 'running' AND lease_expires_at > {now}

-- Jobs come in: each generates a dataset of its own, every second one of raw samples.

-- name: submit.generation
INSERT INTO training_jobs (id, job_name, celery_task_id, job_type, status, config, total_progress, created_at)
VALUES (:item::uuid, 'generate ' || :name || '-' || :n, 'task-' || :item, 'synthetic_generation', 'queued',
        ('{"name":"' || :name || '-' || :n || '","num_samples":3,"dataset_type":"' || CASE :n::integer % 2 WHEN 1 THEN 'iq_raw' ELSE 'feature_based' END || '"}')::jsonb,
        3, {now});

-- A job that grows a dataset which is there.
-- name: submit.expansion
INSERT INTO training_jobs (id, job_name, celery_task_id, job_type, status, config, total_progress, created_at)
SELECT :item::uuid, 'expand ' || d.name, 'task-' || :item, 'synthetic_generation', 'queued',
       ('{"name":"' || d.name || '","num_samples":3,"dataset_type":"' || d.dataset_type || '","expand_dataset_id":"' || d.id || '"}')::jsonb,
       3, {now}
FROM synthetic_datasets d
WHERE d.id = :dataset::uuid;

-- A job that trains a model on a dataset.
-- name: submit.training
INSERT INTO training_jobs (id, job_name, celery_task_id, job_type, status, config, total_progress, created_at)
VALUES (:item::uuid, 'train ' || :name || '-' || :n, 'task-' || :item, 'training', 'queued',
        ('{"epochs":3,"dataset_ids":["' || :dataset || '"]}')::jsonb, 3, {now});

-- A model comes into use, if all that it was trained on is there.
-- name: submit.activation
-- only if
UPDATE models
SET is_active = true
WHERE id = :model::uuid
  AND NOT EXISTS (SELECT 1
                  FROM jsonb_array_elements_text(models.hyperparameters -> 'dataset_ids') learnt (value)
                  WHERE learnt.value NOT IN (SELECT d.id::text FROM synthetic_datasets d))
RETURNING id::text AS model;

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
            LIMIT 1
            FOR UPDATE SKIP LOCKED)
RETURNING id::text AS job, config ->> 'name' AS name, config ->> 'dataset_type' AS kind;

-- The dataset is made, unless there is one of this name or the job grows another. Whoever made it
-- first stays its maker.
-- name: worker.start
-- only if
SELECT id::text AS job FROM training_jobs WHERE {mine} FOR UPDATE;
INSERT INTO synthetic_datasets (id, name, dataset_type, num_samples, config, storage_table, created_by_job_id, created_at)
SELECT :new::uuid, j.config ->> 'name', (j.config ->> 'dataset_type')::dataset_type, 0, ('{"receivers":1}')::jsonb,
       CASE j.config ->> 'dataset_type' WHEN 'iq_raw' THEN 'synthetic_iq_samples' ELSE 'synthetic_training_samples' END,
       j.id, {now}
FROM training_jobs j
WHERE j.id = :job::uuid AND j.config ->> 'expand_dataset_id' IS NULL
ON CONFLICT (name) DO NOTHING;
UPDATE training_jobs
SET dataset_id = coalesce((config ->> 'expand_dataset_id')::uuid, (SELECT d.id FROM synthetic_datasets d WHERE d.name = training_jobs.config ->> 'name'))
WHERE id = :job::uuid;
-- only if
SELECT dataset_id::text AS dataset FROM training_jobs WHERE id = :job::uuid AND dataset_id IS NOT NULL;

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
SELECT id::text AS job FROM training_jobs WHERE {mine} FOR UPDATE;
-- only if
SELECT id::text AS dataset FROM synthetic_datasets WHERE id = :dataset::uuid FOR UPDATE;
INSERT INTO synthetic_iq_samples (timestamp, id, dataset_id, sample_idx, iq_storage_paths)
SELECT {now}, :new::uuid, :dataset::uuid, (SELECT coalesce(max(s.sample_idx), -1) + 1 FROM synthetic_iq_samples s WHERE s.dataset_id = :dataset::uuid),
       ('{"RX_000":"synthetic/' || :dataset || '/' || :new || '/RX_000.npy"}')::jsonb
WHERE :kind = 'iq_raw'
  AND NOT EXISTS (SELECT 1 FROM synthetic_iq_samples s WHERE s.dataset_id = :dataset::uuid AND s.id = :new::uuid);
INSERT INTO synthetic_training_samples (timestamp, id, dataset_id, split, receivers)
SELECT {now}, :new::uuid, :dataset::uuid, CASE WHEN :roll::integer < 80 THEN 'train' WHEN :roll::integer < 90 THEN 'val' ELSE 'test' END,
       ('[{"rx":0,"snr_db":' || :roll || '}]')::jsonb
WHERE :kind = 'feature_based'
  AND NOT EXISTS (SELECT 1 FROM synthetic_training_samples s WHERE s.dataset_id = :dataset::uuid AND s.id = :new::uuid);
INSERT INTO measurement_features (recording_session_id, dataset_id, extraction_metadata, receiver_features, created_at)
VALUES (:new::uuid, :dataset::uuid, ('{"synthetic_dataset_id":"' || :dataset || '"}')::jsonb,
        ARRAY[('{"rx":0,"snr_db":' || :roll || '}')::jsonb], {now})
ON CONFLICT (recording_session_id) DO NOTHING;
UPDATE training_jobs SET current_progress = :step::integer WHERE id = :job::uuid;

-- name: worker.finish
-- only if
SELECT id::text AS job FROM training_jobs WHERE {mine} FOR UPDATE;
-- only if
SELECT id::text AS dataset FROM synthetic_datasets WHERE id = :dataset::uuid FOR UPDATE;
UPDATE synthetic_datasets
SET num_samples = (SELECT count(*) FROM synthetic_iq_samples s WHERE s.dataset_id = :dataset::uuid)
                + (SELECT count(*) FROM synthetic_training_samples s WHERE s.dataset_id = :dataset::uuid),
    storage_size_bytes = coalesce(storage_size_bytes, 0) + 1600, updated_at = {now}
WHERE id = :dataset::uuid;
UPDATE training_jobs
SET status = 'completed', completed_at = {now}, updated_at = {now}, lease_expires_at = NULL
WHERE id = :job::uuid;

-- name: worker.fail
-- only if
UPDATE training_jobs
SET status = 'failed', error_message = 'the simulation did not converge', completed_at = {now}, lease_expires_at = NULL
WHERE {mine}
RETURNING id::text AS job;

-- name: worker.cancel
-- only if
UPDATE training_jobs
SET status = 'cancelled', completed_at = {now}, updated_at = {now}, lease_expires_at = NULL
WHERE {mine}
RETURNING id::text AS job;

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
            LIMIT 1
            FOR UPDATE SKIP LOCKED)
RETURNING id::text AS job, config -> 'dataset_ids' ->> 0 AS dataset;

-- name: trainer.start
-- only if
SELECT id::text AS job FROM training_jobs WHERE {mine} FOR UPDATE;
-- only if
SELECT count(*) AS features FROM measurement_features f WHERE f.dataset_id = :dataset::uuid HAVING count(*) > 0;
DELETE FROM training_metrics WHERE training_job_id = :job::uuid;

-- name: trainer.heartbeat
-- only if
UPDATE training_jobs
SET heartbeat_at = {now}, lease_expires_at = {lease_end}
WHERE {mine}
RETURNING cancel_requested AS cancel;

-- name: trainer.write
-- only if
SELECT id::text AS job FROM training_jobs WHERE {mine} FOR UPDATE;
INSERT INTO training_metrics (timestamp, id, training_job_id, epoch) VALUES ({now}, :new::uuid, :job::uuid, :step::integer);
UPDATE training_jobs SET current_progress = :step::integer WHERE id = :job::uuid;

-- name: trainer.finish
-- only if
SELECT id::text AS job FROM training_jobs WHERE {mine} FOR UPDATE;
INSERT INTO models (id, model_name, version, synthetic_dataset_id, trained_by_job_id, hyperparameters, pytorch_model_location)
SELECT :new::uuid, j.job_name, 1, :dataset::uuid, j.id, jsonb_build_object('dataset_ids', j.config -> 'dataset_ids'),
       's3://models/checkpoints/' || :job || '/best_model.pth'
FROM training_jobs j
WHERE j.id = :job::uuid;
UPDATE training_jobs
SET status = 'completed', completed_at = {now}, updated_at = {now}, lease_expires_at = NULL
WHERE id = :job::uuid;

-- name: trainer.cancel
-- only if
UPDATE training_jobs
SET status = 'cancelled', completed_at = {now}, updated_at = {now}, lease_expires_at = NULL
WHERE {mine}
RETURNING id::text AS job;

-- What anybody may read.

-- name: read.jobs
SELECT id::text AS job, job_name, status, current_progress, dataset_id::text AS dataset
FROM training_jobs
ORDER BY created_at DESC, id DESC
LIMIT 50;

-- name: read.datasets
SELECT id::text AS dataset, name, dataset_type::text AS kind, num_samples, health_status FROM synthetic_datasets ORDER BY name;

-- name: read.samples
SELECT id::text AS sample, sample_idx, iq_storage_paths::text AS paths
FROM synthetic_iq_samples
WHERE dataset_id = :dataset::uuid
ORDER BY sample_idx;

-- What training reads, of either type of dataset.
-- name: read.features
SELECT recording_session_id::text AS feature, receiver_features::text AS receivers
FROM measurement_features
WHERE dataset_id = :dataset::uuid OR extraction_metadata ->> 'synthetic_dataset_id' = :dataset
ORDER BY recording_session_id;

-- name: read.models
SELECT id::text AS model, model_name, version, is_active FROM models ORDER BY model_name, version;

-- Raw datasets that have no samples.
-- name: read.hollow
SELECT d.id::text AS dataset, d.name, d.num_samples
FROM synthetic_datasets d
WHERE d.dataset_type = 'iq_raw' AND NOT EXISTS (SELECT 1 FROM synthetic_iq_samples s WHERE s.dataset_id = d.id)
ORDER BY d.name;
