-- snapshots: what the application itself does, on PostgreSQL.
--
-- Each section is one transaction. A statement under `-- only if` must find a row, or the whole
-- section is taken back. Times are the database's, never the worker's.

-- define: now
now()

-- define: lease_end
now() + :lease::integer * interval '1 second'

-- define: mine
id = :job::bigint AND worker = :worker AND state = 1 AND lease_expires_at > {now}

-- A build comes in: its commit, an upload that has not ended, and its images with a manifest. Each
-- is compared with the build of the commit before it.

-- name: submit.commit
INSERT INTO commit_comparisons (id, org_id, head_sha, base_sha, head_repo_name, base_repo_name, head_ref, base_ref)
VALUES (:number::bigint, 1, :name || '-' || :n, CASE WHEN :n <> '1' THEN :name || '-' || CAST(:n::integer - 1 AS text) END,
        'harbor/ferry', 'harbor/ferry', 'main', 'main');

-- name: submit.upload
INSERT INTO artifacts (project_id, state, app_id, build_configuration_id, commit_comparison_id, trace_id, date_added)
VALUES (5, 0, 'com.example.ferry', 1, :number::bigint, :item::uuid, {now})
RETURNING id AS artifact;

-- name: submit.snapshot
-- puts: preprod 1/5/:item-map
-- puts: preprod 1/5/:item-tickets
-- puts: preprod 1/5/:item-timetable
-- puts: preprod 1/5/:artifact/manifest.json {"images": {"home/login.png": {"content_hash": "2eab72e5d8f2a0727636f4e445bf52ada73f8e0032d3e1e0b7affa9bb1f6409c"}, "home/map.png": {"content_hash": ":item-map"}, "tickets.png": {"content_hash": ":item-tickets"}, "timetable.png": {"content_hash": ":item-timetable"}}}
-- only if
UPDATE artifacts SET state = 3 WHERE id = :artifact::bigint AND state = 0 RETURNING id AS artifact;
INSERT INTO snapshot_metrics (artifact_id, image_count, is_selective, extras)
VALUES (:artifact::bigint, 4, false, ('{"manifest_key":"1/5/' || :artifact || '/manifest.json"}')::jsonb)
RETURNING id AS metrics;

-- name: submit.comparison
INSERT INTO snapshot_comparisons (head_metrics_id, base_metrics_id, state, date_added)
SELECT h.id, b.id, 0, {now}
FROM snapshot_metrics h
JOIN artifacts a ON a.id = h.artifact_id
JOIN commit_comparisons c ON c.id = a.commit_comparison_id
JOIN commit_comparisons p ON p.head_sha = c.base_sha
JOIN artifacts o ON o.commit_comparison_id = p.id AND o.project_id = a.project_id
JOIN snapshot_metrics b ON b.artifact_id = o.id
WHERE h.id = :metrics::bigint
ON CONFLICT DO NOTHING;

-- One that waits and is asked to stop has ended.
-- name: worker.recover
UPDATE snapshot_comparisons
SET state = 3, error_code = 2, error_message = 'cancelled', date_updated = {now}
WHERE state = 0 AND cancel_requested;

-- A worker takes the next comparison that waits, or one whose worker has not been heard of.
-- name: worker.claim
UPDATE snapshot_comparisons
SET state = 1, worker = :worker, lease_expires_at = {lease_end}, date_updated = {now}
WHERE id = (SELECT c.id
            FROM snapshot_comparisons c
            WHERE (c.state = 0 AND NOT c.cancel_requested) OR (c.state = 1 AND c.lease_expires_at <= {now})
            ORDER BY c.id
            LIMIT 1
            FOR UPDATE SKIP LOCKED)
RETURNING id AS job, head_metrics_id AS head, base_metrics_id AS base,
          (SELECT m.artifact_id FROM snapshot_metrics m WHERE m.id = head_metrics_id) AS compared,
          (SELECT m.artifact_id FROM snapshot_metrics m WHERE m.id = base_metrics_id) AS against;

-- name: worker.start
-- puts: preprod 1/5/:compared/:against/plan.json
-- only if
UPDATE snapshot_comparisons SET chunks_total = :steps::integer, chunks_done_indices = '{}'
WHERE {mine}
RETURNING id AS job;

-- name: worker.heartbeat
-- only if
UPDATE snapshot_comparisons SET lease_expires_at = {lease_end} WHERE {mine} RETURNING cancel_requested AS cancel;

-- One chunk of images.
-- name: worker.write
-- puts: preprod 1/5/:compared/:against/chunks/:step.json
-- puts: preprod 1/5/:compared/:against/diff/:step.png
-- only if
UPDATE snapshot_comparisons
SET chunks_done_indices = array_append(chunks_done_indices, :step::integer - 1),
    images_changed = images_changed + CASE WHEN :roll::integer < 50 THEN 1 ELSE 0 END, date_updated = {now}
WHERE {mine}
RETURNING id AS job;

-- The result counts only if the comparison is still this worker's.
-- name: worker.finish
-- puts: preprod 1/5/:compared/:against/comparison.json {"head_artifact_id": :compared, "base_artifact_id": :against, "images": {"home/map.png": {"status": "changed", "diff_mask_key": "1/5/:compared/:against/diff/1.png"}}}
-- only if
UPDATE snapshot_comparisons
SET state = 2, lease_expires_at = NULL, date_updated = {now},
    extras = (SELECT jsonb_build_object('comparison_key', '1/5/' || h.artifact_id || '/' || b.artifact_id || '/comparison.json')
              FROM snapshot_metrics h, snapshot_metrics b
              WHERE h.id = :head::bigint AND b.id = :base::bigint)
WHERE {mine}
RETURNING id AS job;

-- name: worker.fail
-- only if
UPDATE snapshot_comparisons
SET state = 3, error_code = 1, error_message = 'out of time', lease_expires_at = NULL, date_updated = {now}
WHERE {mine}
RETURNING id AS job;

-- name: worker.cancel
-- only if
UPDATE snapshot_comparisons
SET state = 3, error_code = 2, error_message = 'cancelled', lease_expires_at = NULL, date_updated = {now}
WHERE {mine}
RETURNING id AS job;

-- What a member of the organization may read.

-- name: read.snapshots
SELECT a.id AS artifact, a.state, m.image_count, m.extras::text AS extras
FROM artifacts a
JOIN snapshot_metrics m ON m.artifact_id = a.id
JOIN projects p ON p.id = a.project_id
WHERE p.slug = :project
ORDER BY a.date_added DESC, a.id DESC;

-- name: read.comparisons
SELECT c.id AS comparison, c.state, b.artifact_id AS base, c.error_message
FROM snapshot_metrics h
JOIN snapshot_comparisons c ON c.head_metrics_id = h.id
JOIN snapshot_metrics b ON b.id = c.base_metrics_id
WHERE h.artifact_id = :artifact::bigint
ORDER BY c.id;
