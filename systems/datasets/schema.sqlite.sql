-- datasets: jobs that generate datasets, and models trained on them, on SQLite.
--
-- Jobs and datasets refer to each other. What a model was trained on stands in its
-- JSON; features name their dataset in a plain column or in JSON, and no foreign key
-- knows of either: policy.toml does.
-- Timestamps are text that sorts (2026-10-05T08:00:00Z). Booleans are 0 or 1.
-- Rows of samples are told apart by their time too.

-- Also what generates a dataset: its config says how many samples, and which dataset it expands.
-- The cycle: a job names the dataset that it made or grew.
CREATE TABLE training_jobs (
    id UUID NOT NULL PRIMARY KEY,
    job_name TEXT NOT NULL,
    celery_task_id TEXT UNIQUE,
    job_type TEXT NOT NULL DEFAULT 'training' CHECK (job_type IN (
        'training', 'terrain_download', 'synthetic_generation', 'model_export', 'model_evaluation')),
    status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN (
        'pending', 'queued', 'running', 'paused', 'completed', 'failed', 'cancelled')),
    config JSON NOT NULL,
    parent_job_id UUID REFERENCES training_jobs (id) ON DELETE SET NULL,
    dataset_id UUID REFERENCES synthetic_datasets (id) ON DELETE SET NULL,
    checkpoint_path TEXT,
    pause_checkpoint_path TEXT,
    onnx_model_path TEXT,
    current_progress INTEGER DEFAULT 0,
    total_progress INTEGER DEFAULT 0,
    error_message TEXT,
    created_at TIMESTAMP DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
    started_at TIMESTAMP,
    completed_at TIMESTAMP,
    updated_at TIMESTAMP,
    worker TEXT,
    lease_expires_at TIMESTAMP,
    heartbeat_at TIMESTAMP,
    cancel_requested BOOLEAN NOT NULL DEFAULT 0
);
CREATE INDEX training_jobs_status_created_at ON training_jobs (status, created_at DESC);
CREATE INDEX training_jobs_parent_job_id ON training_jobs (parent_job_id);
CREATE INDEX training_jobs_dataset_id ON training_jobs (dataset_id);
CREATE INDEX training_jobs_expand_dataset_id ON training_jobs (config ->> 'expand_dataset_id');

CREATE TABLE synthetic_datasets (
    id UUID NOT NULL PRIMARY KEY,
    name VARCHAR(100) NOT NULL UNIQUE,
    description TEXT,
    dataset_type TEXT NOT NULL DEFAULT 'feature_based' CHECK (dataset_type IN (
        'feature_based', 'iq_raw')),
    num_samples INTEGER NOT NULL,
    config JSON NOT NULL,
    quality_metrics JSON,
    storage_table TEXT DEFAULT 'synthetic_training_samples',
    storage_size_bytes INTEGER,
    health_status TEXT DEFAULT 'unknown' CHECK (health_status IN (
        'unknown', 'healthy', 'warning', 'critical')),
    last_validated_at TIMESTAMP,
    validation_issues JSON,
    created_by_job_id UUID REFERENCES training_jobs (id) ON DELETE SET NULL,
    project TEXT,
    owner_id TEXT,
    created_at TIMESTAMP,
    updated_at TIMESTAMP
);
CREATE INDEX synthetic_datasets_created_by_job_id ON synthetic_datasets (created_by_job_id);
CREATE INDEX synthetic_datasets_created_at ON synthetic_datasets (created_at);

CREATE TABLE synthetic_training_samples (
    timestamp TIMESTAMP NOT NULL,
    id UUID NOT NULL,
    dataset_id UUID NOT NULL REFERENCES synthetic_datasets (id) ON DELETE CASCADE,
    split TEXT CHECK (split IN ('train', 'val', 'test')),
    receivers JSON NOT NULL,
    PRIMARY KEY (timestamp, id)
);
CREATE INDEX synthetic_training_samples_dataset_id ON synthetic_training_samples (dataset_id);

-- Each row names one file per receiver.
CREATE TABLE synthetic_iq_samples (
    timestamp TIMESTAMP NOT NULL,
    id UUID NOT NULL,
    dataset_id UUID NOT NULL REFERENCES synthetic_datasets (id) ON DELETE CASCADE,
    sample_idx INTEGER NOT NULL,
    iq_storage_paths JSON NOT NULL,
    PRIMARY KEY (timestamp, id),
    UNIQUE (dataset_id, sample_idx)
);

-- What training reads, of both types of datasets. No foreign key: old rows name their dataset
-- in extraction_metadata only, and rows of real recordings name none.
CREATE TABLE measurement_features (
    recording_session_id UUID NOT NULL PRIMARY KEY,
    dataset_id UUID,
    extraction_metadata JSON NOT NULL,
    receiver_features JSON NOT NULL,
    created_at TIMESTAMP
);
CREATE INDEX measurement_features_dataset_id ON measurement_features (dataset_id);

-- synthetic_dataset_id is the first of the datasets that hyperparameters lists.
CREATE TABLE models (
    id UUID NOT NULL PRIMARY KEY,
    model_name TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    is_active BOOLEAN DEFAULT 0,
    is_production BOOLEAN DEFAULT 0,
    synthetic_dataset_id UUID REFERENCES synthetic_datasets (id) ON DELETE SET NULL,
    trained_by_job_id UUID REFERENCES training_jobs (id) ON DELETE SET NULL,
    parent_model_id UUID REFERENCES models (id) ON DELETE SET NULL,
    hyperparameters JSON,
    pytorch_model_location TEXT,
    onnx_model_location TEXT,
    owner_id TEXT,
    UNIQUE (model_name, version)
);
CREATE INDEX models_synthetic_dataset_id ON models (synthetic_dataset_id);
CREATE INDEX models_trained_by_job_id ON models (trained_by_job_id);
CREATE INDEX models_parent_model_id ON models (parent_model_id);

CREATE TABLE model_evaluations (
    id UUID NOT NULL PRIMARY KEY,
    model_id UUID NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    dataset_id UUID REFERENCES synthetic_datasets (id) ON DELETE SET NULL,
    visualization_paths JSON,
    metrics JSON NOT NULL,
    evaluated_by_job_id UUID REFERENCES training_jobs (id) ON DELETE SET NULL
);
CREATE INDEX model_evaluations_model_id ON model_evaluations (model_id);
CREATE INDEX model_evaluations_dataset_id ON model_evaluations (dataset_id);
CREATE INDEX model_evaluations_evaluated_by_job_id ON model_evaluations (evaluated_by_job_id);

CREATE TABLE training_metrics (
    timestamp TIMESTAMP NOT NULL,
    id UUID NOT NULL,
    training_job_id UUID REFERENCES training_jobs (id) ON DELETE CASCADE,
    epoch INTEGER NOT NULL,
    PRIMARY KEY (timestamp, id)
);
CREATE INDEX training_metrics_training_job_id ON training_metrics (training_job_id);

CREATE TABLE model_shares (
    id UUID NOT NULL PRIMARY KEY,
    model_id UUID NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    user_id TEXT
);
CREATE INDEX model_shares_model_id ON model_shares (model_id);

-- Real recordings, beside the synthetic ones.
CREATE TABLE known_sources (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT
);

-- The database would take the sessions of a source with it; the application refuses instead.
CREATE TABLE recording_sessions (
    id UUID NOT NULL PRIMARY KEY,
    known_source_id UUID REFERENCES known_sources (id) ON DELETE CASCADE,
    status TEXT
);
CREATE INDEX recording_sessions_known_source_id ON recording_sessions (known_source_id);

CREATE TABLE measurements (
    timestamp TIMESTAMP NOT NULL,
    id UUID NOT NULL,
    recording_session_id UUID REFERENCES recording_sessions (id) ON DELETE CASCADE,
    iq_data_location TEXT,
    PRIMARY KEY (timestamp, id)
);
CREATE INDEX measurements_recording_session_id ON measurements (recording_session_id);

CREATE TABLE audio_library (
    id UUID NOT NULL PRIMARY KEY,
    minio_path TEXT NOT NULL,
    enabled BOOLEAN DEFAULT 1,
    processing_status TEXT CHECK (processing_status IN ('PENDING', 'PROCESSING', 'READY', 'FAILED'))
);

CREATE TABLE audio_chunks (
    id UUID NOT NULL PRIMARY KEY,
    audio_id UUID NOT NULL REFERENCES audio_library (id) ON DELETE CASCADE,
    chunk_index INTEGER,
    minio_path TEXT NOT NULL,
    UNIQUE (audio_id, chunk_index)
);
