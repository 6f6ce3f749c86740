-- What fences remember: keys of rows that are gone, one a row, since a trigger looks them up one
-- by one. Only tables that a fence names are remembered, and only until writers can no longer be
-- late.
CREATE TABLE sexton.fenced (
    memory text NOT NULL,
    key text NOT NULL,
    deletion text NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (memory, key, deletion)
);

-- The lock of a key. Few of them, so that a deletion of many rows does not fill the table of locks.
CREATE FUNCTION sexton.fence_bucket(memory text, key text) RETURNS integer
LANGUAGE sql IMMUTABLE
AS $$
    SELECT (hashtextextended(memory || ' ' || key, 0) & 1023)::integer
$$;

-- Refuses a writer if one of these keys is remembered. It asks under locks that a deletion of the
-- same keys takes too, so either the deletion sees the writer's rows or the writer sees it.
CREATE FUNCTION sexton.fence_look(of_memory text, line text, keys text[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    gone text;
BEGIN
    IF to_regclass('sexton.fenced') IS NULL THEN
        RAISE EXCEPTION 'sexton: the fence has lost its memory, the table sexton.fenced'
            USING ERRCODE = 'SX003',
                HINT = 'No row is written below one that may be deleted. Restore the table, or '
                    'remove the triggers with `sexton fence remove`.';
    END IF;
    PERFORM pg_advisory_xact_lock_shared(21336, buckets.bucket)
    FROM (
        SELECT DISTINCT sexton.fence_bucket(of_memory, named.key) AS bucket
        FROM unnest(keys) AS named (key)
        ORDER BY 1
    ) AS buckets;
    SELECT fenced.key INTO gone
    FROM sexton.fenced
    WHERE fenced.memory = of_memory
      AND fenced.key = ANY(keys)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'sexton: parent deleted: % = % (%)', of_memory, gone, line
            USING ERRCODE = 'SX001';
    END IF;
END
$$;

-- Refuses a writer whose row is not allowed by the state of the row it refers to.
CREATE FUNCTION sexton.fence_refuse(watched text, line text, key text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'sexton: parent refuses: % by % = %', watched, line, key
        USING ERRCODE = 'SX002';
END
$$;
