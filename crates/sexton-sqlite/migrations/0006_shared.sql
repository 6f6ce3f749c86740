-- Shared objects: which owners name which, as their manifests say. What is here is only what was
-- read so far; whoever decides over an object first reads the manifests of owners not met yet.

CREATE TABLE sexton_object_owners (
    system TEXT NOT NULL,
    pool TEXT NOT NULL,
    scope TEXT NOT NULL,
    owner TEXT NOT NULL,
    PRIMARY KEY (system, pool, scope, owner)
) WITHOUT ROWID;

CREATE TABLE sexton_object_refs (
    system TEXT NOT NULL,
    pool TEXT NOT NULL,
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    owner TEXT NOT NULL,
    PRIMARY KEY (system, pool, scope, key, owner),
    FOREIGN KEY (system, pool, scope, owner)
        REFERENCES sexton_object_owners (system, pool, scope, owner) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE INDEX sexton_object_refs_owner
    ON sexton_object_refs (system, pool, scope, owner);

-- Objects that an uploader has found and is about to name: they stay until then. An uploader pins
-- an object, then looks whether it is there: what it finds stays.
CREATE TABLE sexton_object_pins (
    system TEXT NOT NULL,
    pool TEXT NOT NULL,
    key TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (system, pool, key),
    CONSTRAINT object_pins_times
        CHECK (typeof(until) = 'integer')
) WITHOUT ROWID;
