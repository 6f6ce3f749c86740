-- Shared objects: which owners name which, as their manifests say. What is here is only what was
-- read so far; whoever decides over an object first reads the manifests of owners not met yet.

CREATE TABLE sexton.object_owners (
    system text NOT NULL,
    pool text NOT NULL,
    scope text NOT NULL,
    owner text NOT NULL,
    PRIMARY KEY (system, pool, scope, owner)
);

CREATE TABLE sexton.object_refs (
    system text NOT NULL,
    pool text NOT NULL,
    scope text NOT NULL,
    key text NOT NULL,
    owner text NOT NULL,
    PRIMARY KEY (system, pool, scope, key, owner),
    FOREIGN KEY (system, pool, scope, owner)
        REFERENCES sexton.object_owners (system, pool, scope, owner) ON DELETE CASCADE
);

CREATE INDEX object_refs_owner
    ON sexton.object_refs (system, pool, scope, owner);

-- Objects that an uploader has found and is about to name: they stay until then.
CREATE TABLE sexton.object_pins (
    system text NOT NULL,
    pool text NOT NULL,
    key text NOT NULL,
    until bigint NOT NULL,
    PRIMARY KEY (system, pool, key)
);

-- Keeps an object for so long. An uploader pins it, then looks whether it is there: what it finds stays.
CREATE FUNCTION sexton.pin(of_system text, of_pool text, of_key text, seconds integer) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO sexton.object_pins (system, pool, key, until)
    VALUES (of_system, of_pool, of_key,
        (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + seconds * 1000000::bigint)
    ON CONFLICT (system, pool, key) DO UPDATE
    SET until = greatest(object_pins.until, EXCLUDED.until)
$$;
