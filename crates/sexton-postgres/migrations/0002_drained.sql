-- A deletion whose work in flight has stopped, before anything is gone.

ALTER TABLE sexton.deletions
    DROP CONSTRAINT deletions_state,
    ADD CONSTRAINT deletions_state
        CHECK (state IN ('requested', 'refused', 'withdrawn', 'drained', 'committed', 'reaped',
            'complete'));

DROP INDEX sexton.deletions_unfinished;

CREATE INDEX deletions_unfinished
    ON sexton.deletions (system, leased_until)
    WHERE state IN ('requested', 'drained', 'committed', 'reaped');
