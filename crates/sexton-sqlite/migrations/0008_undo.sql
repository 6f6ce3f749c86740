-- What hiding has changed and may have to give back: a row for each set of the plan, as a JSON array of
-- arrays: identity, old values, new values. Gone once it can be given back no more.

CREATE TABLE sexton_undo (
    deletion TEXT NOT NULL,
    place INTEGER NOT NULL,
    rows TEXT NOT NULL,
    PRIMARY KEY (deletion, place)
) WITHOUT ROWID;
