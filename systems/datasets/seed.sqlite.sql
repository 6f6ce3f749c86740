-- Seed of datasets, on SQLite, for a fresh schema. Always the same rows.
--
-- Ids read as what they are: 10b… a job, da7a5e7… a dataset, 30de1… a model. Jobs, datasets
-- and models are written out; samples are counted out.

-- Jobs 1, 2 and 4 generate datasets, 3 expands one, 5 adds to one of the same name; 6, 7 and 8
-- have trained models, 9 is at it now.
INSERT INTO training_jobs (id, job_name, celery_task_id, job_type, status, config, parent_job_id,
                           checkpoint_path, current_progress, total_progress, created_at, completed_at) VALUES
    ('10b00000-0000-4000-8000-000000000001', 'generate turin', 'task-turin', 'synthetic_generation', 'completed', '{"name":"turin-features","num_samples":141,"dataset_type":"feature_based"}', NULL, NULL, 141, 141, '2026-02-02T08:00:00Z', '2026-02-02T08:20:00Z'),
    ('10b00000-0000-4000-8000-000000000002', 'generate alps', 'task-alps', 'synthetic_generation', 'completed', '{"name":"alps-iq","num_samples":100,"dataset_type":"iq_raw"}', NULL, NULL, 100, 100, '2026-03-02T08:00:00Z', '2026-03-02T08:50:00Z'),
    ('10b00000-0000-4000-8000-000000000003', 'expand alps', 'task-alps-more', 'synthetic_generation', 'completed', '{"name":"alps-iq","num_samples":41,"dataset_type":"iq_raw","expand_dataset_id":"da7a5e70-0000-4000-8000-000000000002"}', '10b00000-0000-4000-8000-000000000002', NULL, 41, 41, '2026-03-09T08:00:00Z', '2026-03-09T08:30:00Z'),
    ('10b00000-0000-4000-8000-000000000004', 'generate lyon', 'task-lyon', 'synthetic_generation', 'completed', '{"name":"lyon-iq","num_samples":40,"dataset_type":"iq_raw"}', NULL, NULL, 40, 40, '2026-04-06T08:00:00Z', '2026-04-06T08:40:00Z'),
    ('10b00000-0000-4000-8000-000000000005', 'generate lyon again', 'task-lyon-again', 'synthetic_generation', 'completed', '{"name":"lyon-iq","num_samples":20,"dataset_type":"iq_raw"}', NULL, NULL, 20, 20, '2026-04-07T08:00:00Z', '2026-04-07T08:01:00Z'),
    ('10b00000-0000-4000-8000-000000000006', 'train alps', 'task-train-alps', 'training', 'completed', '{"epochs":3,"dataset_ids":["da7a5e70-0000-4000-8000-000000000002"]}', NULL, 's3://models/checkpoints/10b00000-0000-4000-8000-000000000006/best_model.pth', 3, 3, '2026-03-16T08:00:00Z', '2026-03-16T11:00:00Z'),
    ('10b00000-0000-4000-8000-000000000007', 'train alps further', 'task-train-alps-2', 'training', 'completed', '{"epochs":3,"dataset_ids":["da7a5e70-0000-4000-8000-000000000002"]}', '10b00000-0000-4000-8000-000000000006', 's3://models/checkpoints/10b00000-0000-4000-8000-000000000007/best_model.pth', 3, 3, '2026-03-17T08:00:00Z', '2026-03-17T11:00:00Z'),
    ('10b00000-0000-4000-8000-000000000008', 'train turin and lyon', 'task-train-both', 'training', 'completed', '{"epochs":3,"dataset_ids":["da7a5e70-0000-4000-8000-000000000001","da7a5e70-0000-4000-8000-000000000004"]}', NULL, 's3://models/checkpoints/10b00000-0000-4000-8000-000000000008/best_model.pth', 3, 3, '2026-04-13T08:00:00Z', '2026-04-13T12:00:00Z'),
    ('10b00000-0000-4000-8000-000000000009', 'train coast', 'task-train-coast', 'training', 'running', '{"epochs":9,"dataset_ids":["da7a5e70-0000-4000-8000-000000000005"]}', NULL, NULL, 2, 9, '2026-05-04T08:00:00Z', NULL);

-- Lyon made two at once. The job that made coast is long gone, and delta was never filled.
INSERT INTO synthetic_datasets (id, name, description, dataset_type, num_samples, config, storage_table,
                                storage_size_bytes, health_status, created_by_job_id, project, owner_id, created_at) VALUES
    ('da7a5e70-0000-4000-8000-000000000001', 'turin-features', 'Turin, five receivers', 'feature_based', 141, '{"receivers":5,"region":"turin"}', 'synthetic_training_samples', 1128000, 'healthy', '10b00000-0000-4000-8000-000000000001', 'piedmont', 'ada', '2026-02-02T08:20:00Z'),
    ('da7a5e70-0000-4000-8000-000000000002', 'alps-iq', 'Western Alps, raw samples', 'iq_raw', 141, '{"receivers":5,"region":"alps"}', 'synthetic_iq_samples', 225600000, 'healthy', '10b00000-0000-4000-8000-000000000002', 'piedmont', 'ada', '2026-03-02T08:50:00Z'),
    ('da7a5e70-0000-4000-8000-000000000003', 'lyon-iq', 'Lyon, raw samples', 'iq_raw', 60, '{"receivers":5,"region":"lyon"}', 'synthetic_iq_samples', 96000000, 'warning', '10b00000-0000-4000-8000-000000000004', 'rhone', 'ben', '2026-04-06T08:40:00Z'),
    ('da7a5e70-0000-4000-8000-000000000004', 'lyon-features', 'Lyon, features of the same', 'feature_based', 60, '{"receivers":5,"region":"lyon"}', 'synthetic_training_samples', 480000, 'healthy', '10b00000-0000-4000-8000-000000000004', 'rhone', 'ben', '2026-04-06T08:40:00Z'),
    ('da7a5e70-0000-4000-8000-000000000005', 'coast-features', 'Ligurian coast', 'feature_based', 60, '{"receivers":5,"region":"coast"}', 'synthetic_training_samples', 480000, 'unknown', NULL, 'liguria', 'cleo', '2026-01-12T08:20:00Z'),
    ('da7a5e70-0000-4000-8000-000000000006', 'delta-iq', 'Po delta, never filled', 'iq_raw', 60, '{"receivers":5,"region":"delta"}', 'synthetic_iq_samples', 0, 'critical', NULL, 'po', 'cleo', '2026-01-19T08:20:00Z');

UPDATE training_jobs SET dataset_id = 'da7a5e70-0000-4000-8000-000000000001' WHERE job_name = 'generate turin';
UPDATE training_jobs SET dataset_id = 'da7a5e70-0000-4000-8000-000000000002' WHERE job_name IN ('generate alps', 'expand alps');
UPDATE training_jobs SET dataset_id = 'da7a5e70-0000-4000-8000-000000000003' WHERE job_name IN ('generate lyon', 'generate lyon again');

-- Turin is in use twice: once as the first dataset of a model, once with lyon-features behind it.
INSERT INTO models (id, model_name, version, is_active, is_production, synthetic_dataset_id, trained_by_job_id,
                    parent_model_id, hyperparameters, pytorch_model_location, onnx_model_location, owner_id) VALUES
    ('30de1000-0000-4000-8000-000000000001', 'localizer-turin', 1, true, true, 'da7a5e70-0000-4000-8000-000000000001', NULL, NULL, '{"dataset_ids":["da7a5e70-0000-4000-8000-000000000001"]}', 's3://models/checkpoints/old/turin.pth', NULL, 'ada'),
    ('30de1000-0000-4000-8000-000000000002', 'localizer-alps', 1, false, false, 'da7a5e70-0000-4000-8000-000000000002', '10b00000-0000-4000-8000-000000000006', NULL, '{"dataset_ids":["da7a5e70-0000-4000-8000-000000000002"]}', 's3://models/checkpoints/10b00000-0000-4000-8000-000000000006/best_model.pth', 's3://models/onnx/10b00000-0000-4000-8000-000000000006/train alps.onnx', 'ada'),
    ('30de1000-0000-4000-8000-000000000003', 'localizer-alps', 2, false, false, 'da7a5e70-0000-4000-8000-000000000002', '10b00000-0000-4000-8000-000000000007', '30de1000-0000-4000-8000-000000000002', '{"dataset_ids":["da7a5e70-0000-4000-8000-000000000002"]}', 's3://models/checkpoints/10b00000-0000-4000-8000-000000000007/best_model.pth', NULL, 'ada'),
    ('30de1000-0000-4000-8000-000000000004', 'localizer-both', 1, true, false, 'da7a5e70-0000-4000-8000-000000000001', '10b00000-0000-4000-8000-000000000008', NULL, '{"dataset_ids":["da7a5e70-0000-4000-8000-000000000001","da7a5e70-0000-4000-8000-000000000004"]}', 's3://models/checkpoints/10b00000-0000-4000-8000-000000000008/best_model.pth', NULL, 'ben');

INSERT INTO model_evaluations (id, model_id, dataset_id, visualization_paths, metrics, evaluated_by_job_id) VALUES
    ('e7a10000-0000-4000-8000-000000000001', '30de1000-0000-4000-8000-000000000002', 'da7a5e70-0000-4000-8000-000000000002', '["s3://models/plots/alps-1.png"]', '{"rmse_m":38.2}', '10b00000-0000-4000-8000-000000000006'),
    ('e7a10000-0000-4000-8000-000000000002', '30de1000-0000-4000-8000-000000000001', 'da7a5e70-0000-4000-8000-000000000002', NULL, '{"rmse_m":61.7}', NULL),
    ('e7a10000-0000-4000-8000-000000000003', '30de1000-0000-4000-8000-000000000001', 'da7a5e70-0000-4000-8000-000000000001', NULL, '{"rmse_m":29.5}', NULL),
    ('e7a10000-0000-4000-8000-000000000004', '30de1000-0000-4000-8000-000000000004', 'da7a5e70-0000-4000-8000-000000000004', NULL, '{"rmse_m":33.1}', '10b00000-0000-4000-8000-000000000008');

INSERT INTO model_shares (id, model_id, user_id) VALUES
    ('54a4e000-0000-4000-8000-000000000001', '30de1000-0000-4000-8000-000000000002', 'ben'),
    ('54a4e000-0000-4000-8000-000000000002', '30de1000-0000-4000-8000-000000000002', 'cleo'),
    ('54a4e000-0000-4000-8000-000000000003', '30de1000-0000-4000-8000-000000000004', 'ada');

-- One row per sample. Both forms of object keys are in use: the generator's, and an older one.
INSERT INTO synthetic_training_samples (timestamp, id, dataset_id, split, receivers)
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 140)
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', d.created_at, '+' || n.i || ' seconds'), printf('5a3b1e00-%s-4000-8000-%012d', substr(d.id, -4), n.i), d.id,
       CASE n.i % 10 WHEN 8 THEN 'val' WHEN 9 THEN 'test' ELSE 'train' END,
       '[{"rx":0,"snr_db":' || (10 + n.i % 7) || '}]'
FROM synthetic_datasets d
JOIN n ON n.i < d.num_samples
WHERE d.dataset_type = 'feature_based';

INSERT INTO synthetic_iq_samples (timestamp, id, dataset_id, sample_idx, iq_storage_paths)
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 140)
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', d.created_at, '+' || n.i || ' seconds'), printf('19a3b1e0-%s-4000-8000-%012d', substr(d.id, -4), n.i), d.id, n.i,
       CASE WHEN d.name = 'alps-iq' AND n.i < 3
            THEN '{"rx_0":"synthetic/dataset-' || d.id || '/sample-' || n.i || '/rx_0.npy"}'
            ELSE '{"RX_000":"synthetic/' || d.id || '/' || n.i || '/RX_000.npy",'
                 || '"RX_001":"synthetic/' || d.id || '/' || n.i || '/RX_001.npy"}' END
FROM synthetic_datasets d
JOIN n ON n.i < d.num_samples
WHERE d.name IN ('alps-iq', 'lyon-iq');

-- Of alps, the first 41 are from before there was a column: only their JSON names the dataset.
INSERT INTO measurement_features (recording_session_id, dataset_id, extraction_metadata, receiver_features, created_at)
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 140)
SELECT printf('fea70000-%s-4000-8000-%012d', substr(d.id, -4), n.i),
       CASE WHEN d.name = 'alps-iq' AND n.i < 41 THEN NULL ELSE d.id END,
       CASE d.name
            WHEN 'alps-iq' THEN '{"synthetic_dataset_id":"' || d.id || '","sample_idx":' || n.i || '}'
            ELSE '{"sample_idx":' || n.i || '}' END,
       json_array(json('{"rx":0,"snr_db":' || (10 + n.i % 7) || '}')), d.created_at
FROM synthetic_datasets d
JOIN n ON n.i < d.num_samples
WHERE d.name <> 'delta-iq';

-- Real recordings: two of the beacon, none of the mast, and one that was never assigned.
INSERT INTO known_sources (id, name) VALUES
    ('50c0ce00-0000-4000-8000-000000000001', 'airport beacon'),
    ('50c0ce00-0000-4000-8000-000000000002', 'quiet mast');

INSERT INTO recording_sessions (id, known_source_id, status) VALUES
    ('5e550000-0000-4000-8000-000000000001', '50c0ce00-0000-4000-8000-000000000001', 'completed'),
    ('5e550000-0000-4000-8000-000000000002', '50c0ce00-0000-4000-8000-000000000001', 'failed'),
    ('5e550000-0000-4000-8000-000000000003', NULL, 'recording');

-- Features of the real recordings name no dataset.
INSERT INTO measurement_features (recording_session_id, dataset_id, extraction_metadata, receiver_features, created_at)
SELECT id, NULL, '{"iq_data_path":"sessions"}', json_array(json('{"rx":0,"snr_db":21}')), '2026-05-11T09:00:00Z'
FROM recording_sessions;

INSERT INTO measurements (timestamp, id, recording_session_id, iq_data_location)
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 5)
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', '2026-05-11T09:00:00Z', '+' || n.i || ' seconds'), printf('3ea50000-%s-4000-8000-%012d', substr(s.id, -4), n.i), s.id,
       's3://heimdall-raw-iq/sessions/' || s.id || '/websdr_' || n.i || '.npy'
FROM recording_sessions s
CROSS JOIN n;

INSERT INTO audio_library (id, minio_path, enabled, processing_status) VALUES
    ('a0d10000-0000-4000-8000-000000000001', 'speech/reading.wav', true, 'READY'),
    ('a0d10000-0000-4000-8000-000000000002', 'music/piano.wav', true, 'READY');

INSERT INTO audio_chunks (id, audio_id, chunk_index, minio_path)
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 7)
SELECT printf('c4000000-%s-4000-8000-%012d', substr(a.id, -4), n.i), a.id, n.i, a.id || '/chunk_000' || n.i || '.npy'
FROM audio_library a
CROSS JOIN n;

-- Three epochs of each job that is done.
INSERT INTO training_metrics (timestamp, id, training_job_id, epoch)
WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2)
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', j.created_at, '+' || n.i || ' hours'), printf('3e7c0000-%s-4000-8000-%012d', substr(j.id, -4), n.i), j.id, n.i + 1
FROM training_jobs j
CROSS JOIN n
WHERE j.status = 'completed';
