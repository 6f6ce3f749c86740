-- The server's own state. Times are microseconds since 1970 UTC; lists are JSON arrays; hashes
-- are hexadecimal.
--
-- A later file expands first and contracts in a release after that one, so that the program
-- before it and the program after it can both work with the tables in between. An applied file
-- is never edited.

-- A key is never removed: records name it.
CREATE TABLE sexton_state_keys (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    roles TEXT NOT NULL,
    tenant TEXT,
    systems TEXT,
    organisations TEXT NOT NULL,
    per_minute INTEGER,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    used_at INTEGER,
    CONSTRAINT keys_lists
        CHECK (json_type(roles) = 'array' AND json_type(organisations) = 'array'
            AND (systems IS NULL OR json_type(systems) = 'array')),
    CONSTRAINT keys_rate
        CHECK (per_minute > 0)
) WITHOUT ROWID;

CREATE INDEX sexton_state_keys_latest
    ON sexton_state_keys (created_at DESC, id DESC);

CREATE TABLE sexton_state_sessions (
    id TEXT PRIMARY KEY NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    key TEXT NOT NULL REFERENCES sexton_state_keys (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX sexton_state_sessions_key
    ON sexton_state_sessions (key);

CREATE INDEX sexton_state_sessions_over
    ON sexton_state_sessions (expires_at);

CREATE TABLE sexton_state_previews (
    id TEXT PRIMARY KEY NOT NULL,
    system TEXT NOT NULL,
    owner TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX sexton_state_previews_over
    ON sexton_state_previews (expires_at);
