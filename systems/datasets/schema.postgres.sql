-- datasets: jobs that generate datasets, and models trained on them, on PostgreSQL.
--
-- Jobs and datasets refer to each other. What a model was trained on stands in its
-- JSON; features name their dataset in a plain column or in JSON, and no foreign key
-- knows of either: policy.toml does.
-- Everything is in the schema heimdall. Rows of samples are told apart by their time too.

CREATE SCHEMA heimdall;
SET search_path TO heimdall;

CREATE TYPE dataset_type AS ENUM ('feature_based', 'iq_raw');

-- Also what generates a dataset: its config says how many samples, and which dataset it expands.
CREATE TABLE training_jobs (
    id uuid PRIMARY KEY,
    job_name text NOT NULL,
    celery_task_id text UNIQUE,
    job_type text NOT NULL DEFAULT 'training' CHECK (job_type IN (
        'training', 'terrain_download', 'synthetic_generation', 'model_export', 'model_evaluation')),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN (
        'pending', 'queued', 'running', 'paused', 'completed', 'failed', 'cancelled')),
    config jsonb NOT NULL,
    parent_job_id uuid REFERENCES training_jobs (id) ON DELETE SET NULL,
    dataset_id uuid,
    checkpoint_path text,
    pause_checkpoint_path text,
    onnx_model_path text,
    current_progress integer DEFAULT 0,
    total_progress integer DEFAULT 0,
    error_message text,
    created_at timestamptz DEFAULT now(),
    started_at timestamptz,
    completed_at timestamptz,
    updated_at timestamptz,
    worker text,
    lease_expires_at timestamptz,
    heartbeat_at timestamptz,
    cancel_requested boolean NOT NULL DEFAULT false
);
CREATE INDEX training_jobs_status_created_at ON training_jobs (status, created_at DESC);
CREATE INDEX training_jobs_parent_job_id ON training_jobs (parent_job_id);
CREATE INDEX training_jobs_dataset_id ON training_jobs (dataset_id);
CREATE INDEX training_jobs_expand_dataset_id ON training_jobs ((config ->> 'expand_dataset_id'));

CREATE TABLE synthetic_datasets (
    id uuid PRIMARY KEY,
    name varchar(100) NOT NULL UNIQUE,
    description text,
    dataset_type dataset_type NOT NULL DEFAULT 'feature_based',
    num_samples integer NOT NULL,
    config jsonb NOT NULL,
    quality_metrics jsonb,
    storage_table text DEFAULT 'synthetic_training_samples',
    storage_size_bytes bigint,
    health_status text DEFAULT 'unknown' CHECK (health_status IN (
        'unknown', 'healthy', 'warning', 'critical')),
    last_validated_at timestamptz,
    validation_issues jsonb,
    created_by_job_id uuid REFERENCES training_jobs (id) ON DELETE SET NULL,
    project text,
    owner_id text,
    created_at timestamptz,
    updated_at timestamptz
);
CREATE INDEX synthetic_datasets_created_by_job_id ON synthetic_datasets (created_by_job_id);
CREATE INDEX synthetic_datasets_created_at ON synthetic_datasets (created_at);

-- The cycle: a job names the dataset that it made or grew.
ALTER TABLE training_jobs
    ADD CONSTRAINT training_jobs_dataset_id_fkey
    FOREIGN KEY (dataset_id) REFERENCES synthetic_datasets (id) ON DELETE SET NULL;

CREATE TABLE synthetic_training_samples (
    timestamp timestamptz NOT NULL,
    id uuid NOT NULL,
    dataset_id uuid NOT NULL REFERENCES synthetic_datasets (id) ON DELETE CASCADE,
    split text CHECK (split IN ('train', 'val', 'test')),
    receivers jsonb NOT NULL,
    PRIMARY KEY (timestamp, id)
);
CREATE INDEX synthetic_training_samples_dataset_id ON synthetic_training_samples (dataset_id);

-- Each row names one file per receiver.
CREATE TABLE synthetic_iq_samples (
    timestamp timestamptz NOT NULL,
    id uuid NOT NULL,
    dataset_id uuid NOT NULL REFERENCES synthetic_datasets (id) ON DELETE CASCADE,
    sample_idx integer NOT NULL,
    iq_storage_paths jsonb NOT NULL,
    PRIMARY KEY (timestamp, id),
    UNIQUE (dataset_id, sample_idx)
);

-- What training reads, of both types of datasets. No foreign key: old rows name their dataset
-- in extraction_metadata only, and rows of real recordings name none.
CREATE TABLE measurement_features (
    recording_session_id uuid PRIMARY KEY,
    dataset_id uuid,
    extraction_metadata jsonb NOT NULL,
    receiver_features jsonb[] NOT NULL,
    created_at timestamptz
);
CREATE INDEX measurement_features_dataset_id ON measurement_features (dataset_id);
CREATE INDEX measurement_features_synthetic_dataset_id
    ON measurement_features ((extraction_metadata ->> 'synthetic_dataset_id'));

-- synthetic_dataset_id is the first of the datasets that hyperparameters lists.
CREATE TABLE models (
    id uuid PRIMARY KEY,
    model_name text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    is_active boolean DEFAULT false,
    is_production boolean DEFAULT false,
    synthetic_dataset_id uuid REFERENCES synthetic_datasets (id) ON DELETE SET NULL,
    trained_by_job_id uuid REFERENCES training_jobs (id) ON DELETE SET NULL,
    parent_model_id uuid REFERENCES models (id) ON DELETE SET NULL,
    hyperparameters jsonb,
    pytorch_model_location text,
    onnx_model_location text,
    owner_id text,
    UNIQUE (model_name, version)
);
CREATE INDEX models_synthetic_dataset_id ON models (synthetic_dataset_id);
CREATE INDEX models_trained_by_job_id ON models (trained_by_job_id);
CREATE INDEX models_parent_model_id ON models (parent_model_id);

CREATE TABLE model_evaluations (
    id uuid PRIMARY KEY,
    model_id uuid NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    dataset_id uuid REFERENCES synthetic_datasets (id) ON DELETE SET NULL,
    visualization_paths jsonb,
    metrics jsonb NOT NULL,
    evaluated_by_job_id uuid REFERENCES training_jobs (id) ON DELETE SET NULL
);
CREATE INDEX model_evaluations_model_id ON model_evaluations (model_id);
CREATE INDEX model_evaluations_dataset_id ON model_evaluations (dataset_id);
CREATE INDEX model_evaluations_evaluated_by_job_id ON model_evaluations (evaluated_by_job_id);

CREATE TABLE training_metrics (
    timestamp timestamptz,
    id uuid,
    training_job_id uuid REFERENCES training_jobs (id) ON DELETE CASCADE,
    epoch integer NOT NULL,
    PRIMARY KEY (timestamp, id)
);
CREATE INDEX training_metrics_training_job_id ON training_metrics (training_job_id);

CREATE TABLE model_shares (
    id uuid PRIMARY KEY,
    model_id uuid NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    user_id text
);
CREATE INDEX model_shares_model_id ON model_shares (model_id);

-- Real recordings, beside the synthetic ones.
CREATE TABLE known_sources (
    id uuid PRIMARY KEY,
    name text
);

-- The database would take the sessions of a source with it; the application refuses instead.
CREATE TABLE recording_sessions (
    id uuid PRIMARY KEY,
    known_source_id uuid REFERENCES known_sources (id) ON DELETE CASCADE,
    status text
);
CREATE INDEX recording_sessions_known_source_id ON recording_sessions (known_source_id);

CREATE TABLE measurements (
    timestamp timestamptz,
    id uuid,
    recording_session_id uuid REFERENCES recording_sessions (id) ON DELETE CASCADE,
    iq_data_location text,
    PRIMARY KEY (timestamp, id)
);
CREATE INDEX measurements_recording_session_id ON measurements (recording_session_id);

CREATE TABLE audio_library (
    id uuid PRIMARY KEY,
    minio_path text NOT NULL,
    enabled boolean DEFAULT true,
    processing_status text CHECK (processing_status IN ('PENDING', 'PROCESSING', 'READY', 'FAILED'))
);

CREATE TABLE audio_chunks (
    id uuid PRIMARY KEY,
    audio_id uuid NOT NULL REFERENCES audio_library (id) ON DELETE CASCADE,
    chunk_index integer,
    minio_path text NOT NULL,
    UNIQUE (audio_id, chunk_index)
);
