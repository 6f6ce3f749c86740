-- What fences remember: keys of rows that are gone, one a row, since a trigger looks them up one
-- by one. Only tables that a fence names are remembered, and only until writers can no longer be
-- late.
CREATE TABLE sexton_fenced (
    memory TEXT NOT NULL,
    key TEXT NOT NULL,
    deletion TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (memory, key, deletion),
    CONSTRAINT fenced_times
        CHECK (typeof(at) = 'integer')
) WITHOUT ROWID;
