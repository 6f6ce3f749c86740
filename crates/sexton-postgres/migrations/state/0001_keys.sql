-- The server's own state. Times are microseconds since 1970 UTC; hashes are hexadecimal.
--
-- A later file expands first and contracts in a release after that one, so that the program
-- before it and the program after it can both work with the tables in between. An applied file
-- is never edited.

-- A key is never removed: records name it.
CREATE TABLE sexton_state.keys (
    id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    prefix text NOT NULL,
    hash text NOT NULL UNIQUE,
    roles text[] NOT NULL,
    tenant text,
    systems text[],
    organisations text[] NOT NULL,
    per_minute bigint,
    created_by text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    revoked_at bigint,
    used_at bigint,
    CONSTRAINT keys_rate
        CHECK (per_minute > 0)
);

CREATE INDEX keys_latest
    ON sexton_state.keys (created_at DESC, id DESC);

CREATE TABLE sexton_state.sessions (
    id text COLLATE "C" PRIMARY KEY,
    hash text NOT NULL UNIQUE,
    key text COLLATE "C" NOT NULL REFERENCES sexton_state.keys (id),
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);

CREATE INDEX sessions_key
    ON sexton_state.sessions (key);

CREATE INDEX sessions_over
    ON sexton_state.sessions (expires_at);

CREATE TABLE sexton_state.previews (
    id text COLLATE "C" PRIMARY KEY,
    system text NOT NULL,
    owner text NOT NULL,
    body text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);

CREATE INDEX previews_over
    ON sexton_state.previews (expires_at);
