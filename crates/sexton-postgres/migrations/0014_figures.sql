-- What is kept in figures, for whoever looks over a system: deletions by the day on which they
-- ended, how far they are counted, and how much things and stores held on a day.

CREATE TABLE sexton.days (
    system text NOT NULL,
    day bigint NOT NULL,
    thing text NOT NULL,
    state text NOT NULL,
    deletions bigint NOT NULL,
    rows_gone bigint NOT NULL,
    objects_gone bigint NOT NULL,
    bytes_gone bigint NOT NULL,
    PRIMARY KEY (system, day, thing, state)
);

-- The last deletion that is counted, by when it ended.
CREATE TABLE sexton.counted (
    system text NOT NULL PRIMARY KEY,
    ended_at bigint NOT NULL,
    deletion text NOT NULL
);

-- `kind` is `thing` or `store`; the last of a day stands.
CREATE TABLE sexton.samples (
    system text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    day bigint NOT NULL,
    at bigint NOT NULL,
    items bigint NOT NULL,
    bytes bigint,
    orphans bigint,
    dangling bigint,
    PRIMARY KEY (system, kind, name, day)
);

CREATE INDEX deletions_ended
    ON sexton.deletions (system, changed_at, id)
    WHERE state IN ('refused', 'withdrawn', 'restored', 'complete');
