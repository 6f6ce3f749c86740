-- Intents: promises of a deletion that are carried out after its commit. Open ones have no outcome.
-- They go with the deletion's receipt, which counts their outcomes: a target holds values of rows.

CREATE TABLE sexton.intents (
    id text PRIMARY KEY,
    system text NOT NULL,
    deletion text NOT NULL,
    kind text NOT NULL,
    rule text NOT NULL,
    target text NOT NULL,
    not_before bigint NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    lease text,
    leased_until bigint NOT NULL DEFAULT 0,
    next_try bigint NOT NULL,
    outcome text,
    last_error text,
    CONSTRAINT intents_tried_when_due
        CHECK (next_try >= not_before)
);

CREATE INDEX intents_deletion
    ON sexton.intents (deletion);

CREATE INDEX intents_due
    ON sexton.intents (system, next_try, id)
    WHERE outcome IS NULL;
