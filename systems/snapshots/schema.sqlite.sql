-- snapshots: screenshots of app builds, on SQLite.
--
-- The application deletes by itself, but most references are foreign keys too.
-- Not known to the database: where files are referred to (one of them is text),
-- what an approval was taken over from, and the organization of a commit.
-- Times are text that sorts (2026-10-05T08:00:00Z). Booleans are 0 or 1.
-- What an artifact's images are is in the object store.

CREATE TABLE organizations (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE
);

CREATE TABLE projects (
    id INTEGER PRIMARY KEY,
    org_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    slug TEXT NOT NULL,
    UNIQUE (org_id, slug)
);

-- Who of an organization may work on which of its projects. Staff may see all.
CREATE TABLE project_access (
    user_id INTEGER NOT NULL,
    project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, project_id)
);
CREATE INDEX project_access_project_id ON project_access (project_id);

CREATE TABLE staff (
    user_id INTEGER PRIMARY KEY
);

CREATE TABLE build_configurations (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

-- A commit and the one that it is compared with.
CREATE TABLE commit_comparisons (
    id INTEGER PRIMARY KEY,
    org_id INTEGER NOT NULL,
    head_sha TEXT NOT NULL,
    base_sha TEXT,
    head_repo_name TEXT,
    base_repo_name TEXT,
    head_ref TEXT,
    base_ref TEXT,
    pr_number INTEGER
);
CREATE INDEX commit_comparisons_org_id ON commit_comparisons (org_id);
CREATE INDEX commit_comparisons_base_sha ON commit_comparisons (base_sha);

-- Content is kept in blobs, shared by all files that have a piece in common.
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);
CREATE TABLE file_blobs (
    id INTEGER PRIMARY KEY,
    checksum TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL,
    timestamp TEXT NOT NULL
);
CREATE TABLE file_blob_index (
    file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    blob_id INTEGER NOT NULL REFERENCES file_blobs (id),
    "offset" INTEGER NOT NULL,
    PRIMARY KEY (file_id, blob_id, "offset")
);
CREATE INDEX file_blob_index_blob_id ON file_blob_index (blob_id);

-- state: 0 uploading, 1 uploaded, 3 processed, 4 failed. The icon is the id of a
-- file kept as text, and not every text there is an id.
CREATE TABLE artifacts (
    id INTEGER PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    state INTEGER NOT NULL DEFAULT 0,
    app_id TEXT,
    build_configuration_id INTEGER,
    commit_comparison_id INTEGER REFERENCES commit_comparisons (id) ON DELETE SET NULL,
    file_id INTEGER,
    installable_app_file_id INTEGER,
    app_icon_id TEXT,
    trace_id TEXT,
    extras TEXT,
    date_added TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
);
CREATE INDEX artifacts_project_id ON artifacts (project_id, date_added);
CREATE INDEX artifacts_date_added ON artifacts (date_added);
CREATE INDEX artifacts_commit_comparison_id ON artifacts (commit_comparison_id);
CREATE INDEX artifacts_build_configuration_id ON artifacts (build_configuration_id);
CREATE INDEX artifacts_file_id ON artifacts (file_id);
CREATE INDEX artifacts_installable_app_file_id ON artifacts (installable_app_file_id);
CREATE INDEX artifacts_app_icon_id ON artifacts (app_icon_id);

-- What makes an artifact a snapshot. extras: {"manifest_key", "head_images_key"}
CREATE TABLE snapshot_metrics (
    id INTEGER PRIMARY KEY,
    artifact_id INTEGER NOT NULL UNIQUE REFERENCES artifacts (id) ON DELETE CASCADE,
    image_count INTEGER NOT NULL DEFAULT 0,
    is_selective INTEGER NOT NULL DEFAULT 0,
    extras TEXT
);

-- state: 0 pending, 1 processing, 2 success, 3 failed. extras: {"comparison_key"}
CREATE TABLE snapshot_comparisons (
    id INTEGER PRIMARY KEY,
    head_metrics_id INTEGER NOT NULL REFERENCES snapshot_metrics (id) ON DELETE CASCADE,
    base_metrics_id INTEGER NOT NULL REFERENCES snapshot_metrics (id) ON DELETE CASCADE,
    state INTEGER NOT NULL DEFAULT 0,
    error_code INTEGER,
    error_message TEXT,
    images_added INTEGER NOT NULL DEFAULT 0,
    images_removed INTEGER NOT NULL DEFAULT 0,
    images_changed INTEGER NOT NULL DEFAULT 0,
    images_unchanged INTEGER NOT NULL DEFAULT 0,
    images_renamed INTEGER NOT NULL DEFAULT 0,
    images_skipped INTEGER NOT NULL DEFAULT 0,
    images_errored INTEGER NOT NULL DEFAULT 0,
    chunks_total INTEGER,
    chunks_done_indices TEXT NOT NULL DEFAULT '[]',
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    worker TEXT,
    lease_expires_at TEXT,
    extras TEXT,
    date_added TEXT,
    date_updated TEXT,
    UNIQUE (head_metrics_id, base_metrics_id)
);
CREATE INDEX snapshot_comparisons_base_metrics_id ON snapshot_comparisons (base_metrics_id);

-- extras: {"auto_approval": true, "prev_approved_artifact_id": N}
CREATE TABLE comparison_approvals (
    id INTEGER PRIMARY KEY,
    artifact_id INTEGER NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
    feature_type INTEGER NOT NULL DEFAULT 0,
    approval_status INTEGER NOT NULL DEFAULT 0,
    approved_by_id INTEGER,
    extras TEXT
);
CREATE INDEX comparison_approvals_artifact_id ON comparison_approvals (artifact_id);
CREATE INDEX comparison_approvals_prev_approved
    ON comparison_approvals ((extras ->> 'prev_approved_artifact_id'));

CREATE TABLE size_metrics (
    id INTEGER PRIMARY KEY,
    artifact_id INTEGER NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
    analysis_file_id INTEGER
);
CREATE INDEX size_metrics_artifact_id ON size_metrics (artifact_id);
CREATE INDEX size_metrics_analysis_file_id ON size_metrics (analysis_file_id);

CREATE TABLE size_comparisons (
    id INTEGER PRIMARY KEY,
    head_id INTEGER REFERENCES size_metrics (id) ON DELETE CASCADE,
    base_id INTEGER REFERENCES size_metrics (id) ON DELETE CASCADE,
    file_id INTEGER
);
CREATE INDEX size_comparisons_head_id ON size_comparisons (head_id);
CREATE INDEX size_comparisons_base_id ON size_comparisons (base_id);
CREATE INDEX size_comparisons_file_id ON size_comparisons (file_id);

CREATE TABLE installables (
    id INTEGER PRIMARY KEY,
    artifact_id INTEGER NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
    url_path TEXT NOT NULL UNIQUE
);
CREATE INDEX installables_artifact_id ON installables (artifact_id);
