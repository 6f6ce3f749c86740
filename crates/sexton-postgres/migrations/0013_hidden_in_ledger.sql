-- Roots that only Sexton knows to be hidden: whoever asks for one is told by its key, and by whose value
-- it is, where the same value of two tenants is two.

ALTER TABLE sexton.hidden
    ADD COLUMN tenant text;

CREATE INDEX hidden_root
    ON sexton.hidden (key, thing);
