-- The latest sweep of each system, and secrets that all servers share.

CREATE TABLE sexton_state_sweeps (
    system TEXT PRIMARY KEY NOT NULL,
    id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    leased_until INTEGER NOT NULL,
    ended_at INTEGER
) WITHOUT ROWID;

CREATE TABLE sexton_state_secrets (
    name TEXT PRIMARY KEY NOT NULL,
    secret BLOB NOT NULL,
    CONSTRAINT secrets_length
        CHECK (length(secret) = 32)
) WITHOUT ROWID;
