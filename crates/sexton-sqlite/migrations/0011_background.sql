-- Rules of retention as they are run, roots that they could not delete, and what people paused.

CREATE TABLE sexton_rules (
    system TEXT NOT NULL,
    rule TEXT NOT NULL,
    lease TEXT NOT NULL,
    leased_until INTEGER NOT NULL,
    began_at INTEGER NOT NULL,
    ended_at INTEGER,
    due_at INTEGER NOT NULL,
    note TEXT,
    PRIMARY KEY (system, rule)
);

CREATE TABLE sexton_refused_roots (
    system TEXT NOT NULL,
    rule TEXT NOT NULL,
    root TEXT NOT NULL,
    reason TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    refused_at INTEGER NOT NULL,
    next_try INTEGER NOT NULL,
    PRIMARY KEY (system, rule, root)
);

-- An empty store stands for all background work of the system.
CREATE TABLE sexton_pauses (
    system TEXT NOT NULL,
    store TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (system, store)
);
