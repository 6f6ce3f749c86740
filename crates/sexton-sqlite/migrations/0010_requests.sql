-- Requests that carried a key, each with the deletion that it made: asked again, it finds that one.
-- What a body said is not here, only what it hashes to.

CREATE TABLE sexton_requests (
    system TEXT NOT NULL,
    asker TEXT NOT NULL,
    key TEXT NOT NULL,
    body TEXT NOT NULL,
    deletion TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    PRIMARY KEY (system, asker, key),
    CONSTRAINT requests_times
        CHECK (typeof(asked_at) = 'integer')
) WITHOUT ROWID;

CREATE INDEX sexton_requests_asked
    ON sexton_requests (asked_at);
