-- Every domain as the policy's rule says. A domain of which no run counts keeps its defaults.
-- binds:
UPDATE domains SET run_count = (SELECT count(*) FROM runs AS c WHERE c.domain_id = domains.id);
-- binds:
UPDATE domains
SET (latest_run_id, latest_run_at, latest_status, latest_level, latest_score, latest_grade) = (
        SELECT r.id, r.finished_at, r.status, r.worst_level, r.score, r.grade
        FROM runs AS r
        WHERE r.domain_id = domains.id AND r.status IN ('succeeded', 'failed')
        ORDER BY r.finished_at DESC, r.id DESC
        LIMIT 1
    )
WHERE EXISTS (
    SELECT 1 FROM runs AS r WHERE r.domain_id = domains.id AND r.status IN ('succeeded', 'failed')
);
