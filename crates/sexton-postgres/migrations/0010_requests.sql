-- Requests that carried a key, each with the deletion that it made: asked again, it finds that one.
-- What a body said is not here, only what it hashes to.

CREATE TABLE sexton.requests (
    system text NOT NULL,
    asker text NOT NULL,
    key text NOT NULL,
    body text NOT NULL,
    deletion text NOT NULL,
    asked_at bigint NOT NULL,
    PRIMARY KEY (system, asker, key)
);

CREATE INDEX requests_asked
    ON sexton.requests (asked_at);
