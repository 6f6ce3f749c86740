-- Which promise decides on shared objects of a scope at this time: for as long as it is held.

CREATE TABLE sexton.object_deciders (
    system text NOT NULL,
    pool text NOT NULL,
    scope text NOT NULL,
    intent text NOT NULL,
    PRIMARY KEY (system, pool, scope)
);
