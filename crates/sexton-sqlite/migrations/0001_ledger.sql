-- Sexton's own tables. Times are microseconds since 1970 UTC.
--
-- A later file expands first and contracts in a release after that one, so that the program
-- before it and the program after it can both work with the tables in between. An applied file
-- is never edited.
--
-- The tables live in the application's file and must not keep an older SQLite from opening it:
-- nothing newer than WITHOUT ROWID and partial indexes, above all no STRICT.

CREATE TABLE sexton_deletions (
    id TEXT NOT NULL PRIMARY KEY,
    system TEXT NOT NULL,
    thing TEXT NOT NULL,
    root TEXT NOT NULL,
    state TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT,
    bound_to TEXT,
    requested_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    lease TEXT NOT NULL,
    leased_until INTEGER NOT NULL,
    note TEXT,
    receipt TEXT,
    CONSTRAINT deletions_state
        CHECK (state IN ('requested', 'refused', 'withdrawn', 'committed', 'reaped', 'complete')),
    CONSTRAINT deletions_refused_with_outcome
        CHECK (state <> 'refused' OR note IS NOT NULL),
    CONSTRAINT deletions_complete_with_receipt
        CHECK ((state = 'complete') = (receipt IS NOT NULL)),
    CONSTRAINT deletions_times
        CHECK (typeof(requested_at) = 'integer'
            AND typeof(changed_at) = 'integer'
            AND typeof(leased_until) = 'integer')
);

CREATE INDEX sexton_deletions_latest
    ON sexton_deletions (system, requested_at DESC, id DESC);

CREATE INDEX sexton_deletions_unfinished
    ON sexton_deletions (system, leased_until)
    WHERE state IN ('requested', 'committed', 'reaped');

-- Keys of one table, one a line: a row for each key would cost more than the keys are worth, as
-- they are read by deletion only.
CREATE TABLE sexton_tombstones (
    id INTEGER PRIMARY KEY,
    deletion TEXT NOT NULL,
    tbl TEXT NOT NULL,
    keys TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT tombstones_times
        CHECK (typeof(at) = 'integer')
);

CREATE INDEX sexton_tombstones_deletion
    ON sexton_tombstones (deletion);

CREATE TABLE sexton_holds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    system TEXT NOT NULL,
    thing TEXT NOT NULL,
    root TEXT NOT NULL,
    reason TEXT NOT NULL,
    placed_by TEXT NOT NULL,
    placed_at INTEGER NOT NULL,
    until INTEGER,
    released_at INTEGER,
    CONSTRAINT holds_end_after_start
        CHECK (until > placed_at),
    CONSTRAINT holds_released_after_start
        CHECK (released_at >= placed_at),
    CONSTRAINT holds_times
        CHECK (typeof(placed_at) = 'integer'
            AND typeof(until) IN ('integer', 'null')
            AND typeof(released_at) IN ('integer', 'null'))
);

CREATE INDEX sexton_holds_active
    ON sexton_holds (system, thing, root)
    WHERE released_at IS NULL;

-- AUTOINCREMENT, because ids tell the order of records and must never come back.
CREATE TABLE sexton_audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    deletion TEXT NOT NULL UNIQUE,
    record TEXT NOT NULL,
    seq INTEGER UNIQUE,
    hash TEXT,
    CONSTRAINT audit_sealed_with_hash
        CHECK ((seq IS NULL) = (hash IS NULL)),
    CONSTRAINT audit_place
        CHECK (seq > 0 AND typeof(seq) IN ('integer', 'null'))
);

CREATE INDEX sexton_audit_unsealed
    ON sexton_audit (id)
    WHERE seq IS NULL;

CREATE TABLE sexton_audit_head (
    id INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT audit_head_only_one
        CHECK (id = 1)
);

INSERT INTO sexton_audit_head (id, seq, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');
