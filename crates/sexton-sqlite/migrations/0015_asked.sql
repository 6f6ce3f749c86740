-- In which tenant a deletion was asked for; and what a request that made no deletion was answered.

ALTER TABLE sexton_deletions
    ADD COLUMN tenant TEXT;

ALTER TABLE sexton_requests
    ADD COLUMN answer TEXT;
