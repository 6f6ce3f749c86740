-- Seed of requests, the later schema, on SQLite, for a fresh schema. Always the same rows.
--
-- Ids begin with what they are of: f1 files, 7e templates, ba batches, 9e requests,
-- 5e steps, da daemons.
-- From here on the same text as seed.later.postgres.sql: both databases understand it.

INSERT INTO files
    (id, name, description, status, purpose, uploaded_by, size_bytes, size_finalized, expires_at)
VALUES
    ('f1000000-0000-4000-8000-000000000001', 'october.jsonl', 'questions of October', 'processed', 'batch', 'ada', 1204, TRUE, NULL),
    ('f1000000-0000-4000-8000-000000000002', 'november.jsonl', NULL, 'processed', 'batch', 'ben', 873, TRUE, '2026-12-31T00:00:00Z'),
    ('f1000000-0000-4000-8000-000000000003', 'october-results.jsonl', NULL, 'processed', 'batch_output', 'ada', 0, FALSE, NULL),
    ('f1000000-0000-4000-8000-000000000004', 'october-errors.jsonl', NULL, 'processed', 'batch_error', 'ada', 0, FALSE, NULL),
    ('f1000000-0000-4000-8000-000000000005', 'october-again-results.jsonl', NULL, 'processed', 'batch_output', 'ada', 0, FALSE, NULL),
    ('f1000000-0000-4000-8000-000000000006', 'november-results.jsonl', NULL, 'processed', 'batch_output', 'ben', 0, FALSE, NULL);

-- 1 to 4 are of the file october, 5 to 8 of november.
-- 20, 22 and 23 belong to no file, but to requests.
INSERT INTO request_templates
    (id, file_id, endpoint, method, path, body, model, api_key, custom_id, line_number)
VALUES
    ('7e000000-0000-4000-8000-000000000001', 'f1000000-0000-4000-8000-000000000001', '/v1', 'POST', '/responses', '{"input":"What does the tide table of Brest say for Monday?"}', 'small', 'key-ada', 'line-1', 1),
    ('7e000000-0000-4000-8000-000000000002', 'f1000000-0000-4000-8000-000000000001', '/v1', 'POST', '/responses', '{"input":"Summarise the letter from Dr. Oduya."}', 'small', 'key-ada', 'line-2', 2),
    ('7e000000-0000-4000-8000-000000000003', 'f1000000-0000-4000-8000-000000000001', '/v1', 'POST', '/responses', '{"input":"Translate: the harbour is closed."}', 'small', 'key-ada', 'line-3', 3),
    ('7e000000-0000-4000-8000-000000000004', 'f1000000-0000-4000-8000-000000000001', '/v1', 'POST', '/responses', '{"input":"Write a poem without vowels."}', 'small', 'key-ada', 'line-4', 4),
    ('7e000000-0000-4000-8000-000000000005', 'f1000000-0000-4000-8000-000000000002', '/v1', 'POST', '/responses', '{"input":"Which train leaves Ulm after nine?"}', 'small', 'key-ben', 'line-5', 1),
    ('7e000000-0000-4000-8000-000000000006', 'f1000000-0000-4000-8000-000000000002', '/v1', 'POST', '/responses', '{"input":"List the guests of the Larsen wedding."}', 'small', 'key-ben', 'line-6', 2),
    ('7e000000-0000-4000-8000-000000000007', 'f1000000-0000-4000-8000-000000000002', '/v1', 'POST', '/responses', '{"input":"Shorten this diary entry of 3 May."}', 'small', 'key-ben', 'line-7', 3),
    ('7e000000-0000-4000-8000-000000000008', 'f1000000-0000-4000-8000-000000000002', '/v1', 'POST', '/responses', '{"input":"Explain the joke about the heron."}', 'small', 'key-ben', 'line-8', 4),
    ('7e000000-0000-4000-8000-000000000020', NULL, '/v1', 'POST', '/responses', '{"input":"Draft an answer to my landlord."}', 'small', 'key-ada', 'line-20', 0),
    ('7e000000-0000-4000-8000-000000000022', NULL, '/v1', 'POST', '/responses', '{"input":"Is this rash dangerous?"}', 'small', 'key-ben', 'line-22', 0),
    ('7e000000-0000-4000-8000-000000000023', NULL, '/v1', 'POST', '/responses', '{"input":"Count the words of this page."}', 'small', 'key-ada', 'line-23', 0);

-- 1 is done, 2 and 3 are under way, 4 was cancelled: it is Ben's, from Ada's file. 5 is archived.
INSERT INTO batches
    (id, file_id, output_file_id, error_file_id, endpoint, metadata, api_key, created_by,
     total_requests, cancelling_at, cancelled_at, completed_at,
     completed_requests, failed_requests, canceled_requests, location, archive_bucket)
VALUES
    ('ba000000-0000-4000-8000-000000000001', 'f1000000-0000-4000-8000-000000000001', 'f1000000-0000-4000-8000-000000000003', 'f1000000-0000-4000-8000-000000000004', '/v1/responses', '{"contact":"ada@harbour.example"}', 'key-ada', 'ada', 4, NULL, NULL, '2026-10-05T09:00:00Z', 3, 1, 0, 'split', '2026-09-28'),
    ('ba000000-0000-4000-8000-000000000002', 'f1000000-0000-4000-8000-000000000001', 'f1000000-0000-4000-8000-000000000005', NULL, '/v1/responses', '{"contact":"ada@harbour.example"}', 'key-ada', 'ada', 4, NULL, NULL, NULL, 1, 0, 0, 'live', NULL),
    ('ba000000-0000-4000-8000-000000000003', 'f1000000-0000-4000-8000-000000000002', 'f1000000-0000-4000-8000-000000000006', NULL, '/v1/responses', NULL, 'key-ben', 'ben', 3, NULL, NULL, NULL, 1, 0, 0, 'live', NULL),
    ('ba000000-0000-4000-8000-000000000004', 'f1000000-0000-4000-8000-000000000001', NULL, NULL, '/v1/responses', NULL, 'key-ben', 'ben', 2, '2026-10-06T08:00:00Z', '2026-10-06T08:00:00Z', NULL, 1, 0, 1, 'live', NULL),
    ('ba000000-0000-4000-8000-000000000005', 'f1000000-0000-4000-8000-000000000002', NULL, NULL, '/v1/responses', NULL, 'key-ben', 'ben', 1, NULL, NULL, '2026-10-08T09:00:00Z', 1, 0, 0, 'archive', '2026-10-05');

INSERT INTO daemons (id, status, last_heartbeat, config_snapshot) VALUES
    ('da000000-0000-4000-8000-000000000001', 'running', '2026-11-20T12:00:00Z', '{"slots":8}'),
    ('da000000-0000-4000-8000-000000000002', 'dead', '2026-10-05T23:00:00Z', '{"slots":8}');

-- 1 to 4 are of batch 1, 5 to 8 of 2, 9 to 11 of 3, 12 and 13 of 4. 20 to 24 are of no batch;
-- 21 alone uses a line of november, 23 and 24 share a template. 2 is in the archive.
INSERT INTO requests
    (id, batch_id, template_id, created_by, state, daemon_id, claimed_at, started_at,
     response_status, response_body, completed_at,
     error, failed_at, canceled_at, model, custom_id)
VALUES
    ('9e000000-0000-4000-8000-000000000001', 'ba000000-0000-4000-8000-000000000001', '7e000000-0000-4000-8000-000000000001', NULL, 'completed', 'da000000-0000-4000-8000-000000000001', '2026-10-05T08:00:00Z', '2026-10-05T08:00:00Z', 200, '{"output":"High water at 05:12 and 17:40."}', '2026-10-05T09:00:00Z', NULL, NULL, NULL, 'small', 'line-1'),
    ('9e000000-0000-4000-8000-000000000003', 'ba000000-0000-4000-8000-000000000001', '7e000000-0000-4000-8000-000000000003', NULL, 'completed', 'da000000-0000-4000-8000-000000000001', '2026-10-05T08:00:00Z', '2026-10-05T08:00:00Z', 200, '{"output":"Le port est fermé."}', '2026-10-05T09:00:00Z', NULL, NULL, NULL, 'small', 'line-3'),
    ('9e000000-0000-4000-8000-000000000004', 'ba000000-0000-4000-8000-000000000001', '7e000000-0000-4000-8000-000000000004', NULL, 'failed', 'da000000-0000-4000-8000-000000000001', '2026-10-05T08:00:00Z', '2026-10-05T08:00:00Z', NULL, NULL, NULL, 'the model gave up', '2026-10-05T09:00:00Z', NULL, 'small', 'line-4'),
    ('9e000000-0000-4000-8000-000000000005', 'ba000000-0000-4000-8000-000000000002', '7e000000-0000-4000-8000-000000000001', NULL, 'completed', 'da000000-0000-4000-8000-000000000001', '2026-10-05T08:00:00Z', '2026-10-05T08:00:00Z', 200, '{"output":"High water at 05:12 and 17:40."}', '2026-10-05T09:00:00Z', NULL, NULL, NULL, 'small', 'line-1'),
    ('9e000000-0000-4000-8000-000000000006', 'ba000000-0000-4000-8000-000000000002', '7e000000-0000-4000-8000-000000000002', NULL, 'processing', 'da000000-0000-4000-8000-000000000001', '2026-10-05T08:00:00Z', '2026-10-05T08:00:00Z', NULL, NULL, NULL, NULL, NULL, NULL, 'small', 'line-2'),
    ('9e000000-0000-4000-8000-000000000007', 'ba000000-0000-4000-8000-000000000002', '7e000000-0000-4000-8000-000000000003', NULL, 'claimed', 'da000000-0000-4000-8000-000000000002', '2026-10-05T08:00:00Z', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'small', 'line-3'),
    ('9e000000-0000-4000-8000-000000000008', 'ba000000-0000-4000-8000-000000000002', '7e000000-0000-4000-8000-000000000004', NULL, 'pending', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'small', 'line-4'),
    ('9e000000-0000-4000-8000-000000000009', 'ba000000-0000-4000-8000-000000000003', '7e000000-0000-4000-8000-000000000005', NULL, 'completed', 'da000000-0000-4000-8000-000000000001', '2026-10-05T08:00:00Z', '2026-10-05T08:00:00Z', 200, '{"output":"The RE 5 at 09:14."}', '2026-10-05T09:00:00Z', NULL, NULL, NULL, 'small', 'line-5'),
    ('9e000000-0000-4000-8000-000000000010', 'ba000000-0000-4000-8000-000000000003', '7e000000-0000-4000-8000-000000000006', NULL, 'pending', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'small', 'line-6'),
    ('9e000000-0000-4000-8000-000000000011', 'ba000000-0000-4000-8000-000000000003', '7e000000-0000-4000-8000-000000000007', NULL, 'pending', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'small', 'line-7'),
    ('9e000000-0000-4000-8000-000000000012', 'ba000000-0000-4000-8000-000000000004', '7e000000-0000-4000-8000-000000000001', NULL, 'completed', 'da000000-0000-4000-8000-000000000001', '2026-10-05T08:00:00Z', '2026-10-05T08:00:00Z', 200, '{"output":"High water at 05:12 and 17:40."}', '2026-10-05T09:00:00Z', NULL, NULL, NULL, 'small', 'line-1'),
    ('9e000000-0000-4000-8000-000000000013', 'ba000000-0000-4000-8000-000000000004', '7e000000-0000-4000-8000-000000000002', NULL, 'canceled', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-10-06T08:00:00Z', 'small', 'line-2'),
    ('9e000000-0000-4000-8000-000000000020', NULL, '7e000000-0000-4000-8000-000000000020', 'ada', 'completed', 'da000000-0000-4000-8000-000000000001', '2026-10-05T08:00:00Z', '2026-10-05T08:00:00Z', 200, '{"output":"Dear Mr. Byrne, the boiler …"}', '2026-10-05T09:00:00Z', NULL, NULL, NULL, 'small', 'line-20'),
    ('9e000000-0000-4000-8000-000000000021', NULL, '7e000000-0000-4000-8000-000000000008', 'ada', 'completed', 'da000000-0000-4000-8000-000000000001', '2026-10-05T08:00:00Z', '2026-10-05T08:00:00Z', 200, '{"output":"It was standing in it all along."}', '2026-10-05T09:00:00Z', NULL, NULL, NULL, 'small', 'line-8'),
    ('9e000000-0000-4000-8000-000000000022', NULL, '7e000000-0000-4000-8000-000000000022', 'ben', 'pending', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'small', 'line-22'),
    ('9e000000-0000-4000-8000-000000000023', NULL, '7e000000-0000-4000-8000-000000000023', 'cleo', 'completed', 'da000000-0000-4000-8000-000000000001', '2026-10-05T08:00:00Z', '2026-10-05T08:00:00Z', 200, '{"output":"411 words."}', '2026-10-05T09:00:00Z', NULL, NULL, NULL, 'small', 'line-23'),
    ('9e000000-0000-4000-8000-000000000024', NULL, '7e000000-0000-4000-8000-000000000023', 'cleo', 'completed', 'da000000-0000-4000-8000-000000000001', '2026-10-05T08:00:00Z', '2026-10-05T08:00:00Z', 200, '{"output":"411 words."}', '2026-10-05T09:00:00Z', NULL, NULL, NULL, 'small', 'line-23');

-- Only the first step of a request names it; the others hang from that.
INSERT INTO response_steps
    (id, request_id, parent_step_id, prev_step_id, step_sequence, request_payload, response_payload)
VALUES
    ('5e000000-0000-4000-8000-000000000001', '9e000000-0000-4000-8000-000000000001', NULL, NULL, 0, '{"step":0}', '{"done":true}'),
    ('5e000000-0000-4000-8000-000000000002', NULL, '5e000000-0000-4000-8000-000000000001', NULL, 1, '{"step":1}', '{"done":true}'),
    ('5e000000-0000-4000-8000-000000000003', NULL, '5e000000-0000-4000-8000-000000000001', '5e000000-0000-4000-8000-000000000002', 2, '{"step":2}', '{"done":true}'),
    ('5e000000-0000-4000-8000-000000000004', '9e000000-0000-4000-8000-000000000005', NULL, NULL, 0, '{"step":0}', '{"done":true}'),
    ('5e000000-0000-4000-8000-000000000020', '9e000000-0000-4000-8000-000000000020', NULL, NULL, 0, '{"step":0}', '{"done":true}'),
    ('5e000000-0000-4000-8000-000000000021', NULL, '5e000000-0000-4000-8000-000000000020', NULL, 1, '{"step":1}', '{"done":true}'),
    ('5e000000-0000-4000-8000-000000000022', NULL, '5e000000-0000-4000-8000-000000000021', NULL, 0, '{"step":0}', '{"done":true}'),
    ('5e000000-0000-4000-8000-000000000023', '9e000000-0000-4000-8000-000000000023', NULL, NULL, 0, '{"step":0}', '{"done":true}');

INSERT INTO batch_requests_archive
    (id, batch_id, template_id, state, response_status, response_body, completed_at, model,
     custom_id, archive_bucket)
VALUES
    ('9e000000-0000-4000-8000-000000000002', 'ba000000-0000-4000-8000-000000000001', '7e000000-0000-4000-8000-000000000002', 'completed', 200, '{"output":"She thanks you for the X-rays."}', '2026-10-03T09:00:00Z', 'small', 'line-2', '2026-09-28'),
    ('9e000000-0000-4000-8000-000000000050', 'ba000000-0000-4000-8000-000000000005', '7e000000-0000-4000-8000-000000000005', 'completed', 200, '{"output":"The RE 5 at 09:14."}', '2026-10-08T09:00:00Z', 'small', 'line-5', '2026-10-05');
