-- What hiding has changed and may have to give back: a row for each set of the plan, as a JSON array of
-- arrays: identity, old values, new values. Gone once it can be given back no more.

CREATE TABLE sexton.undo (
    deletion text NOT NULL,
    place integer NOT NULL,
    rows text NOT NULL,
    PRIMARY KEY (deletion, place)
);
