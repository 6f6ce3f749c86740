-- Seed of snapshots, on PostgreSQL, for a fresh schema. Always the same rows.
--
-- Ids are written out, so that they can be told from each other: files are 3xx, blobs 4xx,
-- metrics 5xx, comparisons 6xx, approvals 7xx, sizes 8xx. The application goes on from 1000.
ALTER TABLE files ALTER COLUMN id RESTART WITH 1000;
ALTER TABLE file_blobs ALTER COLUMN id RESTART WITH 1000;
ALTER TABLE artifacts ALTER COLUMN id RESTART WITH 1000;
ALTER TABLE snapshot_metrics ALTER COLUMN id RESTART WITH 1000;
ALTER TABLE snapshot_comparisons ALTER COLUMN id RESTART WITH 1000;
ALTER TABLE comparison_approvals ALTER COLUMN id RESTART WITH 1000;
ALTER TABLE size_metrics ALTER COLUMN id RESTART WITH 1000;
ALTER TABLE size_comparisons ALTER COLUMN id RESTART WITH 1000;
ALTER TABLE installables ALTER COLUMN id RESTART WITH 1000;
-- From here on the same text as seed.sqlite.sql: both databases understand it.

INSERT INTO organizations (id, slug) VALUES
    (1, 'harbor'),
    (2, 'meadow');

INSERT INTO projects (id, org_id, slug) VALUES
    (5, 1, 'ferry-ios'),
    (6, 1, 'ferry-android'),
    (9, 2, 'bloom');

-- Ada works on both ferries, Ben on one, Cleo on the other organization's project. Dana is staff.
INSERT INTO project_access (user_id, project_id) VALUES
    (101, 5), (101, 6), (102, 6), (103, 9);
INSERT INTO staff (user_id) VALUES (104);

INSERT INTO build_configurations (id, name) VALUES
    (1, 'Debug'),
    (2, 'Release');

-- Three commits on main, and two pull requests that start from the second.
INSERT INTO commit_comparisons
    (id, org_id, head_sha, base_sha, head_repo_name, base_repo_name, head_ref, base_ref, pr_number)
VALUES
    (21, 1, 'a1-login', NULL, 'harbor/ferry', 'harbor/ferry', 'main', 'main', NULL),
    (22, 1, 'b2-timetable', 'a1-login', 'harbor/ferry', 'harbor/ferry', 'main', 'main', NULL),
    (23, 1, 'c3-dark-mode', 'b2-timetable', 'harbor/ferry', 'harbor/ferry', 'dark-mode', 'main', 41),
    (24, 1, 'd4-dark-mode', 'b2-timetable', 'harbor/ferry', 'harbor/ferry', 'dark-mode', 'main', 41),
    (25, 1, 'e5-tickets', 'b2-timetable', 'harbor/ferry', 'harbor/ferry', 'tickets', 'main', 42),
    (26, 2, 'f6-seeds', NULL, 'meadow/bloom', 'meadow/bloom', 'main', 'main', NULL);

INSERT INTO files (id, name) VALUES
    (301, 'ferry-12.ipa'),
    (302, 'ferry-12-installable.ipa'),
    (303, 'ferry-13.ipa'),
    (304, 'ferry-icon.png'),
    (305, 'ferry-12-size.json'),
    (306, 'ferry-13-size.json'),
    (307, 'ferry-13-against-12-size.json'),
    (308, 'ferry.apk'),
    (309, 'bloom.apk'),
    (310, 'release-notes.txt');
INSERT INTO file_blobs (id, checksum, path, timestamp) VALUES
    (401, '63b4f91cf8f3dcf5b300797302b9953cc8333368', 'blobs/app-12', '2026-10-06T09:00:00Z'),
    (402, '5e63673cbc075e2d21cef6bde4c591c263380bee', 'blobs/app-shared', '2026-10-06T09:00:00Z'),
    (403, '8980dc86c1e9ea324ec99f8b15a2e9a92d0a4d1e', 'blobs/app-13', '2026-10-07T09:00:00Z'),
    (404, 'c35a9fc52bb556c79f8fa540df587a2bf465b940', 'blobs/icon', '2026-10-06T09:00:00Z'),
    (405, '7ee51d9582ef3d3b56ec2fc25b77fc147d8563e5', 'blobs/size-12', '2026-10-06T09:05:00Z'),
    (406, 'b202977c0fc07e1c6b31961a905395a8ffb23121', 'blobs/size-13', '2026-10-07T09:05:00Z'),
    (407, 'e6de89674d9f1d7968a70dad4f41b844965b4fdc', 'blobs/size-13-12', '2026-10-07T09:10:00Z'),
    (408, 'beba4d5d3ffb8fac7fe5ce87ac1eb2f75c4cd1a2', 'blobs/apk', '2026-10-08T09:00:00Z'),
    (409, '3352d0d8278c176fa61d82326d7e51dabd2a032e', 'blobs/notes', '2026-10-08T09:30:00Z');
-- Blob 401 is in two files of one artifact and twice in one of them; 402 is in files of two
-- artifacts; 408 is in files of two organizations.
INSERT INTO file_blob_index (file_id, blob_id, "offset") VALUES
    (301, 401, 0), (301, 402, 4096), (301, 401, 8192),
    (302, 401, 0),
    (303, 403, 0), (303, 402, 4096),
    (304, 404, 0),
    (305, 405, 0),
    (306, 406, 0),
    (307, 407, 0),
    (308, 408, 0),
    (309, 408, 0),
    (310, 409, 0);

-- 7, 8: main. 12, 13: two pushes of one pull request, with one icon. 14: selective, rebuilt from 8.
-- 15: a build without images. 16: its upload has not ended. 21: the other ferry. 31: elsewhere.
INSERT INTO artifacts
    (id, project_id, state, app_id, build_configuration_id, commit_comparison_id,
     file_id, installable_app_file_id, app_icon_id, trace_id, extras, date_added)
VALUES
    (7, 5, 3, 'com.example.ferry', 1, 21, NULL, NULL, 'n/a', '06b97e99-05d8-5bf9-8cce-b38632192f5a', NULL, '2026-10-01T09:00:00Z'),
    (8, 5, 3, 'com.example.ferry', 1, 22, NULL, NULL, NULL, '30dd44ba-5261-5a16-96c4-fe334e05ef6b', NULL, '2026-10-02T09:00:00Z'),
    (12, 5, 3, 'com.example.ferry', 2, 23, 301, 302, '304', 'dc0a491b-718e-5124-a8a0-4401f14179bf', '{"uploader":"cli"}', '2026-10-06T09:00:00Z'),
    (13, 5, 3, 'com.example.ferry', 2, 24, 303, NULL, '304', '41fe667b-896c-5514-bf3c-c4a5582a6040', '{"uploader":"cli"}', '2026-10-07T09:00:00Z'),
    (14, 5, 3, 'com.example.ferry', 1, 25, NULL, NULL, NULL, 'c4109b7b-4e35-5958-a080-3b285a247915', NULL, '2026-10-07T15:00:00Z'),
    (15, 5, 3, 'com.example.ferry', 2, 22, NULL, NULL, '9999999999999999999999', 'c4e7c623-45ab-5114-b8f4-4ba63193c7a8', NULL, '2026-10-02T10:00:00Z'),
    (16, 5, 0, 'com.example.ferry', 1, 25, NULL, NULL, NULL, '9349c24c-1e42-589c-b4fe-f7b3880cf657', NULL, '2026-10-08T12:00:00Z'),
    (21, 6, 3, 'com.example.ferry', 2, 22, 308, NULL, '3O8', '88fbd944-46ce-5d7e-acf8-63035226c3d9', NULL, '2026-10-08T09:00:00Z'),
    (31, 9, 3, 'com.example.bloom', 2, 26, 309, NULL, NULL, '73ba38a8-5066-5c2c-82a6-31bca0ef3f1a', NULL, '2026-10-08T10:00:00Z');

INSERT INTO snapshot_metrics (id, artifact_id, image_count, is_selective, extras) VALUES
    (507, 7, 3, FALSE, '{"manifest_key":"1/5/7/manifest.json"}'),
    (508, 8, 4, FALSE, '{"manifest_key":"1/5/8/manifest.json","head_images_key":"1/5/8/snapshot_head_images.json"}'),
    (512, 12, 4, FALSE, '{"manifest_key":"1/5/12/manifest.json","head_images_key":"1/5/12/snapshot_head_images.json"}'),
    (513, 13, 4, FALSE, '{"manifest_key":"1/5/13/manifest.json","head_images_key":"1/5/13/snapshot_head_images.json"}'),
    (514, 14, 1, TRUE, '{"manifest_key":"1/5/14/manifest.json"}'),
    (521, 21, 2, FALSE, '{"manifest_key":"1/6/21/manifest.json"}'),
    (531, 31, 2, FALSE, '{"manifest_key":"2/9/31/manifest.json"}');

INSERT INTO snapshot_comparisons
    (id, head_metrics_id, base_metrics_id, state, error_code, error_message, images_added,
     images_removed, images_changed, images_unchanged, extras, date_added, date_updated)
VALUES
    (601, 508, 507, 2, NULL, NULL, 1, 0, 1, 2, '{"comparison_key":"1/5/8/7/comparison.json"}', '2026-10-02T09:01:00Z', '2026-10-02T09:03:00Z'),
    (602, 512, 508, 2, NULL, NULL, 0, 0, 4, 0, '{"comparison_key":"1/5/12/8/comparison.json"}', '2026-10-06T09:01:00Z', '2026-10-06T09:04:00Z'),
    (603, 513, 508, 2, NULL, NULL, 0, 0, 4, 0, '{"comparison_key":"1/5/13/8/comparison.json"}', '2026-10-07T09:01:00Z', '2026-10-07T09:04:00Z'),
    (604, 513, 512, 0, NULL, NULL, 0, 0, 0, 0, NULL, '2026-10-07T09:01:00Z', NULL),
    (605, 514, 508, 3, 1, 'the base was not complete in time', 0, 0, 0, 0, NULL, '2026-10-07T15:01:00Z', '2026-10-07T15:21:00Z');

-- The second push kept what was approved at the first, and main what it never had to be approved.
INSERT INTO comparison_approvals
    (id, artifact_id, feature_type, approval_status, approved_by_id, extras)
VALUES
    (701, 12, 1, 1, 101, NULL),
    (702, 13, 1, 1, NULL, '{"auto_approval":true,"prev_approved_artifact_id":12}'),
    (703, 14, 1, 0, NULL, '{"auto_approval":false,"prev_approved_artifact_id":null}'),
    (704, 21, 1, 1, 102, '{"auto_approval":true,"prev_approved_artifact_id":8}');

INSERT INTO size_metrics (id, artifact_id, analysis_file_id) VALUES
    (812, 12, 305),
    (813, 13, 306),
    (815, 15, NULL);
INSERT INTO size_comparisons (id, head_id, base_id, file_id) VALUES
    (901, 813, 812, 307),
    (902, 812, 815, NULL);

INSERT INTO installables (id, artifact_id, url_path) VALUES
    (951, 12, 'install-dark-mode'),
    (952, 12, 'install-dark-mode-again'),
    (953, 21, 'install-android');
