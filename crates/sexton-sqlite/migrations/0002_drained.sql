-- A deletion whose work in flight has stopped, before anything is gone.
--
-- SQLite cannot change a CHECK: the table is made anew. The application's views are not judged
-- by the renaming, since one of them may be broken and is none of our business.

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
        CHECK (state IN ('requested', 'refused', 'withdrawn', 'drained', 'committed', 'reaped',
            'complete')),
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
    WHERE state IN ('requested', 'drained', 'committed', 'reaped');
