//! The contract of the sample `batches`, line by line, on both databases.

use serde_json::Value;

use crate::place::Place;

on_both_databases!(
    b5_a_preview_changes_nothing_and_makes_no_tables,
    b10_what_is_removed_is_what_was_previewed,
    b10_derived_columns_become_what_was_previewed,
    b16_a_second_delete_finds_nothing,
    b17_an_unknown_id_changes_nothing,
    b20_everything_else_is_byte_for_byte_what_it_was,
    b21_a_batch_without_runs_jobs_and_snapshots_can_be_deleted,
    b21_a_batch_without_its_row_can_be_deleted,
    b22_facts_of_every_cohort_and_every_snapshot_go,
    b26_ended_jobs_left_in_the_queue_go_with_their_batch,
    b27_domains_fall_back_to_their_newest_other_run,
    b28_run_counts_are_true_for_every_domain,
    b30_a_cohort_that_lost_its_default_falls_back_and_others_stay_pinned,
    b33_each_deletion_leaves_one_record_and_a_refused_one_none,
);

const DELETE: [&str; 5] = ["delete", "batch", "autumn-2026", "--confirm", "autumn-2026"];

/// The same by hand, in the order that the contract demands.
const BY_HAND: &str = "
    DELETE FROM analysis_cohort_snapshot_aggregates WHERE snapshot_id IN (
        SELECT id FROM analysis_cohort_snapshots WHERE batch_id = 'autumn-2026');
    DELETE FROM analysis_snapshot_domain_view WHERE snapshot_id IN (
        SELECT id FROM analysis_cohort_snapshots WHERE batch_id = 'autumn-2026');
    UPDATE analysis_cohort_catalog
    SET default_snapshot_id = NULL, default_snapshot_policy = 'auto_latest'
    WHERE default_snapshot_id IN (
        SELECT id FROM analysis_cohort_snapshots WHERE batch_id = 'autumn-2026');
    DELETE FROM analysis_cohort_snapshots WHERE batch_id = 'autumn-2026';
    DELETE FROM analysis_run_ns_endpoints WHERE run_id LIKE 'autumn-2026-%';
    DELETE FROM analysis_run_address_asns WHERE run_id LIKE 'autumn-2026-%';
    DELETE FROM analysis_run_domain_asns WHERE run_id LIKE 'autumn-2026-%';
    DELETE FROM analysis_run_tag_summary WHERE run_id LIKE 'autumn-2026-%';
    DELETE FROM analysis_run_domain_facts WHERE run_id LIKE 'autumn-2026-%';
    DELETE FROM analysis_run_domain_summary WHERE run_id LIKE 'autumn-2026-%';
    DELETE FROM entries WHERE run_id LIKE 'autumn-2026-%';
    DELETE FROM run_dnssec_chain WHERE run_id LIKE 'autumn-2026-%';
    DELETE FROM runs WHERE batch_id = 'autumn-2026';
    DELETE FROM jobs WHERE batch_id = 'autumn-2026';
    DELETE FROM batches WHERE id = 'autumn-2026';
    UPDATE domains SET
        run_count = (SELECT count(*) FROM runs r WHERE r.domain_id = domains.id),
        latest_run_id = coalesce((SELECT r.id FROM runs r
            WHERE r.domain_id = domains.id AND r.status IN ('succeeded', 'failed')
            ORDER BY r.finished_at DESC, r.id DESC LIMIT 1), '');
    UPDATE domains SET
        latest_run_at = (SELECT finished_at FROM runs WHERE runs.id = latest_run_id),
        latest_status = coalesce((SELECT status FROM runs WHERE runs.id = latest_run_id), ''),
        latest_level = coalesce((SELECT worst_level FROM runs WHERE runs.id = latest_run_id), ''),
        latest_score = (SELECT score FROM runs WHERE runs.id = latest_run_id),
        latest_grade = (SELECT grade FROM runs WHERE runs.id = latest_run_id);
";

fn exact(rows: &Value) -> u64 {
    rows["exact"].as_u64().unwrap_or_else(|| panic!("{rows} is not exact"))
}

async fn b5_a_preview_changes_nothing_and_makes_no_tables(place: Place) {
    let before = place.dump().await;
    for id in ["autumn-2026", "lost-2026", "nobody"] {
        place.sexton(&["preview", "batch", id]);
        place.sexton(&["preview", "batch", id, "--all", "--output", "json"]);
    }
    assert_eq!(place.dump().await, before);
    assert!(!place.has_own_tables().await);
}

async fn b10_what_is_removed_is_what_was_previewed(place: Place) {
    let said = place.sexton(&[&DELETE[..], &["--output", "json"]].concat()).expect(0);
    let events = said.events();
    let (preview, receipt) = (&events[0]["preview"], &events[1]["receipt"]);
    let tables = preview["removed"].as_array().expect("tables are a list");
    assert_eq!(tables.len(), 14);
    for table in tables {
        let name = table["table"].as_str().expect("a table has a name");
        assert_eq!(receipt["removed"][name], exact(&table["rows"]), "{name}");
    }
    for change in preview["changed"].as_array().expect("changes are a list") {
        let line = change["line"].as_str().expect("a change has a line");
        assert_eq!(receipt["changed"][line], exact(&change["rows"]), "{line}");
    }
    assert_eq!(receipt["derived"]["domains"], exact(&preview["derived"][0]["rows"]));
    assert_eq!(receipt["digest"], preview["digest"]);
}

async fn b10_derived_columns_become_what_was_previewed(place: Place) {
    let said = place.sexton(&[&DELETE[..], &["--output", "json"]].concat()).expect(0);
    let derived = said.events()[0]["preview"]["derived"][0].clone();
    assert_eq!(derived["untold"], serde_json::json!([]));
    let columns = derived["columns"].as_array().expect("columns are a list");
    let samples = derived["samples"].as_array().expect("samples are a list");
    assert_eq!((columns.len(), samples.len()), (7, 5));
    for sample in samples {
        for (column, after) in columns.iter().zip(sample["after"].as_array().expect("values")) {
            let (column, key) = (column.as_str().expect("a name"), sample["key"].as_str());
            let sql =
                format!("SELECT {column} FROM domains WHERE id = {}", key.expect("a key is text"));
            let written = place.column(&sql).await;
            let foretold = after["value"].as_str().map(str::to_owned);
            assert_eq!(written, [foretold], "{column} of {key:?}");
        }
    }
}

async fn b16_a_second_delete_finds_nothing(place: Place) {
    place.sexton(&DELETE).expect(0);
    let after = place.dump().await;
    place.sexton(&DELETE).expect(4);
    place.sexton(&["preview", "batch", "autumn-2026"]).expect(4);
    place.sexton(&["preview", "run", "autumn-2026-arles"]).expect(4);
    assert_eq!(place.dump().await, after);
}

async fn b17_an_unknown_id_changes_nothing(place: Place) {
    let before = place.dump().await;
    for id in ["nobody", "Autumn-2026", "autumn-202", "%", "a'b\"c; drop table batches"] {
        place.sexton(&["delete", "batch", id, "--confirm", id]).expect(4);
    }
    assert_eq!(place.dump().await, before);
}

async fn b20_everything_else_is_byte_for_byte_what_it_was(place: Place) {
    let twin = place.twin().await;
    twin.execute(BY_HAND).await;
    place.sexton(&DELETE).expect(0);
    assert_eq!(place.dump().await, twin.dump().await);
}

async fn b21_a_batch_without_runs_jobs_and_snapshots_can_be_deleted(place: Place) {
    let before = place.dump().await;
    place
        .execute("INSERT INTO batches (id, created_at) VALUES ('empty', '2026-11-01T00:00:00Z')")
        .await;
    place.sexton(&["delete", "batch", "empty", "--confirm", "empty"]).expect(0);
    assert_eq!(place.dump().await, before);
}

async fn b21_a_batch_without_its_row_can_be_deleted(place: Place) {
    let said = place.sexton(&["delete", "batch", "lost-2026", "--confirm", "lost-2026"]).expect(0);
    assert!(said.out.contains("its own row is missing"), "{said}");
    for table in ["runs", "jobs"] {
        let left = format!("SELECT count(*) FROM {table} WHERE batch_id = 'lost-2026'");
        assert_eq!(place.number(&left).await, 0, "{table}");
    }
}

async fn b22_facts_of_every_cohort_and_every_snapshot_go(place: Place) {
    let cohorts = "SELECT count(DISTINCT cohort_id) FROM analysis_run_domain_facts
                   WHERE run_id = 'autumn-2026-bergen'";
    let snapshots = "SELECT count(*) FROM analysis_cohort_snapshots WHERE batch_id = 'autumn-2026'";
    assert_eq!((place.number(cohorts).await, place.number(snapshots).await), (2, 2));
    place.sexton(&DELETE).expect(0);
    assert_eq!((place.number(cohorts).await, place.number(snapshots).await), (0, 0));
}

async fn b26_ended_jobs_left_in_the_queue_go_with_their_batch(place: Place) {
    place.execute("UPDATE jobs SET status = 'failed' WHERE batch_id = 'autumn-2026'").await;
    place.sexton(&DELETE).expect(0);
    let left = "SELECT count(*) FROM jobs WHERE batch_id = 'autumn-2026'";
    assert_eq!(place.number(left).await, 0);
    let written = "SELECT count(*) FROM entries WHERE run_id = 'autumn-2026-ghent'";
    assert_eq!(place.number(written).await, 0);
}

async fn b27_domains_fall_back_to_their_newest_other_run(place: Place) {
    place.sexton(&DELETE).expect(0);
    for (domain, run) in [
        ("arles", "summer-2026-arles"),
        ("bergen", "summer-2026-bergen"),
        ("cork", "summer-2026-cork"),
        ("delft", "lost-2026-delft"),
        ("evora", "spring-2026-evora"),
        ("freiburg", "one-off-freiburg"),
        ("ghent", "lost-2026-ghent"),
        ("haarlem", ""),
    ] {
        let sql = format!("SELECT latest_run_id FROM domains WHERE name = '{domain}.example'");
        assert_eq!(place.column(&sql).await, [Some(run.to_owned())], "{domain}");
    }
    let emptied = "SELECT count(*) FROM domains WHERE latest_run_id = '' AND latest_status = ''
                   AND latest_level = '' AND latest_run_at IS NULL AND latest_score IS NULL
                   AND latest_grade IS NULL";
    assert_eq!(place.number(emptied).await, 1);
    let astray = "SELECT count(*) FROM domains LEFT JOIN runs ON runs.id = latest_run_id
                  WHERE latest_run_id <> '' AND (runs.id IS NULL
                     OR runs.status <> latest_status OR runs.worst_level <> latest_level
                     OR runs.finished_at <> latest_run_at)";
    assert_eq!(place.number(astray).await, 0);
}

async fn b28_run_counts_are_true_for_every_domain(place: Place) {
    let untrue = "SELECT count(*) FROM domains WHERE run_count <> (
                      SELECT count(*) FROM runs WHERE runs.domain_id = domains.id)";
    let freiburg = "SELECT run_count FROM domains WHERE name = 'freiburg.example'";
    assert_eq!((place.number(untrue).await, place.number(freiburg).await), (0, 3));
    place.sexton(&DELETE).expect(0);
    assert_eq!((place.number(untrue).await, place.number(freiburg).await), (0, 2));
}

async fn b30_a_cohort_that_lost_its_default_falls_back_and_others_stay_pinned(place: Place) {
    place
        .execute(
            "UPDATE analysis_cohort_catalog SET default_snapshot_policy = 'pinned',
                 default_snapshot_id = (SELECT s.id FROM analysis_cohort_snapshots s
                     WHERE s.cohort_id = analysis_cohort_catalog.id AND s.slug = 'summer-2026')
             WHERE source_tag = 'pilot'",
        )
        .await;
    place.sexton(&DELETE).expect(0);
    let cities = "SELECT count(*) FROM analysis_cohort_catalog WHERE source_tag = 'cities'
                  AND default_snapshot_policy = 'auto_latest' AND default_snapshot_id IS NULL";
    let pilot = "SELECT count(*) FROM analysis_cohort_catalog c
                 JOIN analysis_cohort_snapshots s ON s.id = c.default_snapshot_id
                 WHERE c.source_tag = 'pilot' AND c.default_snapshot_policy = 'pinned'
                   AND s.slug = 'summer-2026'";
    assert_eq!((place.number(cities).await, place.number(pilot).await), (1, 1));
}

async fn b33_each_deletion_leaves_one_record_and_a_refused_one_none(place: Place) {
    place.sexton(&["delete", "batch", "nobody", "--confirm", "nobody"]).expect(4);
    place.sexton(&["delete", "batch", "autumn-2026", "--confirm", "autumn"]).expect(2);
    place.sexton(&["delete", "batch", "autumn-2026"]).expect(2);
    place.change_policy("rows = 5_000_000", "rows = 5");
    place.sexton(&DELETE).expect(1);
    assert_eq!(place.records(), 0);
    place.write_policy(&crate::place::policy());
    place.sexton(&DELETE).expect(0);
    place.sexton(&DELETE).expect(4);
    assert_eq!(place.records(), 1);
    let list = place.sexton(&["audit", "list", "--output", "json"]).document();
    let record = &list["records"][0]["record"];
    assert_eq!((&record["root"], &record["actor"]), (&"autumn-2026".into(), &"ann".into()));
    assert_eq!(
        (&record["removed"]["runs"], &record["removed"]["entries"]),
        (&7.into(), &88.into())
    );
    place.sexton(&["audit", "verify"]).expect(0);
}
