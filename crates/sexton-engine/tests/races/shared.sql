-- Two snapshots with an image each of one blob, and one image each of a blob of its own.
CREATE TABLE snapshots (id bigint PRIMARY KEY);
CREATE TABLE blobs (hash text PRIMARY KEY);
CREATE TABLE images (id bigint PRIMARY KEY, snapshot_id bigint NOT NULL, blob text NOT NULL);
CREATE INDEX ON images (snapshot_id);
CREATE INDEX ON images (blob);

INSERT INTO snapshots VALUES (1), (2);
INSERT INTO blobs VALUES ('shared'), ('own 1'), ('own 2'), ('of nobody');
INSERT INTO images VALUES (1, 1, 'shared'), (2, 1, 'own 1'), (3, 2, 'shared'), (4, 2, 'own 2');
