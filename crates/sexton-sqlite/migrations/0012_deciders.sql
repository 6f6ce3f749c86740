-- Which promise decides on shared objects of a scope at this time: for as long as it is held.

CREATE TABLE sexton_object_deciders (
    system TEXT NOT NULL,
    pool TEXT NOT NULL,
    scope TEXT NOT NULL,
    intent TEXT NOT NULL,
    PRIMARY KEY (system, pool, scope)
);
