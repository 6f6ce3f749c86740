-- What is hidden, and what came of it chunk by chunk.
--
-- SQLite cannot change a CHECK: the table is made anew, as in the file on drained deletions.

CREATE TABLE sexton_deletions_next (
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
        CHECK (state IN ('requested', 'refused', 'withdrawn', 'drained', 'hidden', 'restored',
            'purging', 'purged', 'committed', 'reaped', 'complete')),
    CONSTRAINT deletions_refused_with_outcome
        CHECK (state <> 'refused' OR note IS NOT NULL),
    CONSTRAINT deletions_complete_with_receipt
        CHECK ((state = 'complete') = (receipt IS NOT NULL)),
    CONSTRAINT deletions_times
        CHECK (typeof(requested_at) = 'integer'
            AND typeof(changed_at) = 'integer'
            AND typeof(leased_until) = 'integer')
);

INSERT INTO sexton_deletions_next (id, system, thing, root, state, actor, reason, bound_to,
    requested_at, changed_at, lease, leased_until, note, receipt)
SELECT id, system, thing, root, state, actor, reason, bound_to,
    requested_at, changed_at, lease, leased_until, note, receipt
FROM sexton_deletions;

DROP TABLE sexton_deletions;

PRAGMA legacy_alter_table = ON;
ALTER TABLE sexton_deletions_next RENAME TO sexton_deletions;
PRAGMA legacy_alter_table = OFF;

CREATE INDEX sexton_deletions_latest
    ON sexton_deletions (system, requested_at DESC, id DESC);

CREATE INDEX sexton_deletions_unfinished
    ON sexton_deletions (system, leased_until)
    WHERE state IN ('requested', 'drained', 'committed', 'purged', 'reaped');

-- Workers find what there is to purge here, however much was purged before.
CREATE INDEX sexton_deletions_hidden
    ON sexton_deletions (system, requested_at, id)
    WHERE state IN ('hidden', 'purging');

-- Roots that are hidden, each by its key as the JSON array of its values. `due` is when their purge
-- may begin; none if there is none.
CREATE TABLE sexton_hidden (
    deletion TEXT NOT NULL,
    thing TEXT NOT NULL,
    key TEXT NOT NULL,
    at INTEGER NOT NULL,
    due INTEGER,
    PRIMARY KEY (deletion, thing, key),
    CONSTRAINT hidden_times
        CHECK (typeof(at) = 'integer' AND typeof(due) IN ('integer', 'null'))
) WITHOUT ROWID;

-- Rows that one chunk removed, as JSON.
CREATE TABLE sexton_purged (
    id INTEGER PRIMARY KEY,
    deletion TEXT NOT NULL,
    at INTEGER NOT NULL,
    counts TEXT NOT NULL,
    CONSTRAINT purged_times
        CHECK (typeof(at) = 'integer')
);

CREATE INDEX sexton_purged_deletion
    ON sexton_purged (deletion);
