-- What is hidden, and what came of it chunk by chunk.

ALTER TABLE sexton.deletions
    DROP CONSTRAINT deletions_state,
    ADD CONSTRAINT deletions_state
        CHECK (state IN ('requested', 'refused', 'withdrawn', 'drained', 'hidden', 'restored',
            'purging', 'purged', 'committed', 'reaped', 'complete'));

DROP INDEX sexton.deletions_unfinished;

CREATE INDEX deletions_unfinished
    ON sexton.deletions (system, leased_until)
    WHERE state IN ('requested', 'drained', 'committed', 'purged', 'reaped');

-- Workers find what there is to purge here, however much was purged before.
CREATE INDEX deletions_hidden
    ON sexton.deletions (system, requested_at, id)
    WHERE state IN ('hidden', 'purging');

-- Roots that are hidden, each by its key as the JSON array of its values. `due` is when their purge
-- may begin; none if there is none.
CREATE TABLE sexton.hidden (
    deletion text NOT NULL,
    thing text NOT NULL,
    key text NOT NULL,
    at bigint NOT NULL,
    due bigint,
    PRIMARY KEY (deletion, thing, key)
);

-- Rows that one chunk removed, as JSON: replicas write beside each other, and wait for nobody.
CREATE TABLE sexton.purged (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deletion text NOT NULL,
    at bigint NOT NULL,
    counts text NOT NULL
);

CREATE INDEX purged_deletion
    ON sexton.purged (deletion);

-- Refuses a writer who attaches a row to what is hidden: to the application it is gone.
CREATE FUNCTION sexton.fence_hide(line text, key text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'sexton: parent deleted: % (%)', key, line
        USING ERRCODE = 'SX001';
END
$$;
