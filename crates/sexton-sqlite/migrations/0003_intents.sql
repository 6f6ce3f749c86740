-- Intents: promises of a deletion that are carried out after its commit. Open ones have no outcome.
-- They go with the deletion's receipt, which counts their outcomes: a target holds values of rows.

CREATE TABLE sexton_intents (
    id TEXT NOT NULL PRIMARY KEY,
    system TEXT NOT NULL,
    deletion TEXT NOT NULL,
    kind TEXT NOT NULL,
    rule TEXT NOT NULL,
    target TEXT NOT NULL,
    not_before INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    lease TEXT,
    leased_until INTEGER NOT NULL DEFAULT 0,
    next_try INTEGER NOT NULL,
    outcome TEXT,
    last_error TEXT,
    CONSTRAINT intents_tried_when_due
        CHECK (next_try >= not_before),
    CONSTRAINT intents_times
        CHECK (typeof(not_before) = 'integer'
            AND typeof(leased_until) = 'integer'
            AND typeof(next_try) = 'integer')
);

CREATE INDEX sexton_intents_deletion
    ON sexton_intents (deletion);

CREATE INDEX sexton_intents_due
    ON sexton_intents (system, next_try, id)
    WHERE outcome IS NULL;
