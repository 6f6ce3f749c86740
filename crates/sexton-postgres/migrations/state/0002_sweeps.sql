-- The latest sweep of each system, and secrets that all servers share.

CREATE TABLE sexton_state.sweeps (
    system text COLLATE "C" PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    body text NOT NULL,
    began_at bigint NOT NULL,
    leased_until bigint NOT NULL,
    ended_at bigint
);

CREATE TABLE sexton_state.secrets (
    name text COLLATE "C" PRIMARY KEY,
    secret bytea NOT NULL,
    CONSTRAINT secrets_length
        CHECK (length(secret) = 32)
);
