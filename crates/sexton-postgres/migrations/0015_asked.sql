-- In which tenant a deletion was asked for; and what a request that made no deletion was answered.

ALTER TABLE sexton.deletions
    ADD COLUMN tenant text;

ALTER TABLE sexton.requests
    ADD COLUMN answer text;
