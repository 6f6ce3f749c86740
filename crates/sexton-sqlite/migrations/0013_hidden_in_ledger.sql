-- Roots that only Sexton knows to be hidden: whoever asks for one is told by its key, and by whose value
-- it is, where the same value of two tenants is two.

ALTER TABLE sexton_hidden
    ADD COLUMN tenant TEXT;

CREATE INDEX sexton_hidden_root
    ON sexton_hidden (key, thing);
