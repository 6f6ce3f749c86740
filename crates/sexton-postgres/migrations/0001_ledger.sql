-- Sexton's own tables. Times are microseconds since 1970 UTC.
--
-- A later file expands first and contracts in a release after that one, so that the program
-- before it and the program after it can both work with the tables in between. An applied file
-- is never edited.

CREATE TABLE sexton.deletions (
    id text PRIMARY KEY,
    system text NOT NULL,
    thing text NOT NULL,
    root text NOT NULL,
    state text NOT NULL,
    actor text NOT NULL,
    reason text,
    bound_to text,
    requested_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    lease text NOT NULL,
    leased_until bigint NOT NULL,
    note text,
    receipt text,
    CONSTRAINT deletions_state
        CHECK (state IN ('requested', 'refused', 'withdrawn', 'committed', 'reaped', 'complete')),
    CONSTRAINT deletions_complete_with_receipt
        CHECK ((state = 'complete') = (receipt IS NOT NULL))
);

CREATE INDEX deletions_latest
    ON sexton.deletions (system, requested_at DESC, id DESC);

CREATE INDEX deletions_unfinished
    ON sexton.deletions (system, leased_until)
    WHERE state IN ('requested', 'committed', 'reaped');

-- Keys of one table, one a line: a row for each key would cost more than the keys are worth, as
-- they are read by deletion only.
CREATE TABLE sexton.tombstones (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deletion text NOT NULL,
    tbl text NOT NULL,
    keys text NOT NULL,
    at bigint NOT NULL
);

CREATE INDEX tombstones_deletion
    ON sexton.tombstones (deletion);

CREATE TABLE sexton.holds (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    system text NOT NULL,
    thing text NOT NULL,
    root text NOT NULL,
    reason text NOT NULL,
    placed_by text NOT NULL,
    placed_at bigint NOT NULL,
    until bigint,
    released_at bigint,
    CONSTRAINT holds_end_after_start
        CHECK (until > placed_at),
    CONSTRAINT holds_released_after_start
        CHECK (released_at >= placed_at)
);

CREATE INDEX holds_active
    ON sexton.holds (system, thing, root)
    WHERE released_at IS NULL;

CREATE TABLE sexton.audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deletion text NOT NULL UNIQUE,
    record text NOT NULL,
    seq bigint UNIQUE,
    hash text,
    CONSTRAINT audit_sealed_with_hash
        CHECK ((seq IS NULL) = (hash IS NULL)),
    CONSTRAINT audit_place
        CHECK (seq > 0),
    CONSTRAINT audit_hash
        CHECK (length(hash) = 64)
);

CREATE INDEX audit_unsealed
    ON sexton.audit (id)
    WHERE seq IS NULL;

CREATE TABLE sexton.audit_head (
    is_only boolean PRIMARY KEY DEFAULT true,
    seq bigint NOT NULL,
    hash text NOT NULL,
    CONSTRAINT audit_head_is_one_row
        CHECK (is_only),
    CONSTRAINT audit_head_place
        CHECK (seq >= 0),
    CONSTRAINT audit_head_hash
        CHECK (length(hash) = 64)
);

INSERT INTO sexton.audit_head (seq, hash)
VALUES (0, repeat('0', 64));
