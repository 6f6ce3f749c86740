-- Rules of retention as they are run, roots that they could not delete, and what people paused.

CREATE TABLE sexton.rules (
    system text NOT NULL,
    rule text NOT NULL,
    lease text NOT NULL,
    leased_until bigint NOT NULL,
    began_at bigint NOT NULL,
    ended_at bigint,
    due_at bigint NOT NULL,
    note text,
    PRIMARY KEY (system, rule)
);

CREATE TABLE sexton.refused_roots (
    system text NOT NULL,
    rule text NOT NULL,
    root text NOT NULL,
    reason text NOT NULL,
    attempts integer NOT NULL,
    refused_at bigint NOT NULL,
    next_try bigint NOT NULL,
    PRIMARY KEY (system, rule, root)
);

-- An empty store stands for all background work of the system.
CREATE TABLE sexton.pauses (
    system text NOT NULL,
    store text NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (system, store)
);
