-- What is kept in figures, for whoever looks over a system: deletions by the day on which they
-- ended, how far they are counted, and how much things and stores held on a day.

CREATE TABLE sexton_days (
    system TEXT NOT NULL,
    day INTEGER NOT NULL,
    thing TEXT NOT NULL,
    state TEXT NOT NULL,
    deletions INTEGER NOT NULL,
    rows_gone INTEGER NOT NULL,
    objects_gone INTEGER NOT NULL,
    bytes_gone INTEGER NOT NULL,
    PRIMARY KEY (system, day, thing, state)
);

-- The last deletion that is counted, by when it ended.
CREATE TABLE sexton_counted (
    system TEXT NOT NULL PRIMARY KEY,
    ended_at INTEGER NOT NULL,
    deletion TEXT NOT NULL
);

-- `kind` is `thing` or `store`; the last of a day stands.
CREATE TABLE sexton_samples (
    system TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    day INTEGER NOT NULL,
    at INTEGER NOT NULL,
    items INTEGER NOT NULL,
    bytes INTEGER,
    orphans INTEGER,
    dangling INTEGER,
    PRIMARY KEY (system, kind, name, day)
);

CREATE INDEX sexton_deletions_ended
    ON sexton_deletions (system, changed_at, id)
    WHERE state IN ('refused', 'withdrawn', 'restored', 'complete');
