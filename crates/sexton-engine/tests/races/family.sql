-- A family of tables: enforced references down to the leaf, two that nothing enforces, and jobs
-- that a guard watches. Sixty projects, all alike, so that every point of a deletion gets one.
CREATE TABLE projects (id bigint PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE datasets (id bigint PRIMARY KEY, project_id bigint NOT NULL REFERENCES projects);
CREATE TABLE files (id bigint PRIMARY KEY, dataset_id bigint NOT NULL REFERENCES datasets);
CREATE TABLE marks (id bigint PRIMARY KEY, file_id bigint NOT NULL REFERENCES files);
CREATE TABLE copies (id bigint PRIMARY KEY, dataset_id bigint NOT NULL);
CREATE TABLE notes (id bigint PRIMARY KEY, copy_id bigint NOT NULL);
CREATE TABLE jobs (id bigint PRIMARY KEY, project_id bigint NOT NULL, status text NOT NULL);
CREATE INDEX ON datasets (project_id);
CREATE INDEX ON files (dataset_id);
CREATE INDEX ON marks (file_id);
CREATE INDEX ON copies (dataset_id);
CREATE INDEX ON notes (copy_id);
CREATE INDEX ON jobs (project_id);

INSERT INTO projects SELECT n, 'project ' || n FROM generate_series(1, 60) AS n;
INSERT INTO datasets SELECT id, id FROM projects;
INSERT INTO files SELECT id, id FROM datasets;
INSERT INTO marks SELECT id, id FROM files;
INSERT INTO copies SELECT id, id FROM datasets;
INSERT INTO notes SELECT id, id FROM copies;
INSERT INTO jobs SELECT id, id, 'done' FROM projects;
