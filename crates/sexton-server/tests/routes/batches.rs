//! The contract of `batches` over HTTP.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sexton_core::names::{Actor, ThingName};
use sexton_engine::{Caller, DeleteRequest, Root, RootKey, RootRestored};

use crate::place::{Asker, Place, admin, with_roles};

const FACTS: [&str; 6] = [
    "ns_endpoints",
    "address_asns",
    "domain_asns",
    "tag_summary",
    "domain_facts",
    "domain_summary",
];

fn error(code: &str, message: &str) -> String {
    format!("{{\"error\":{{\"code\":\"{code}\",\"message\":\"{message}\"}}}}")
}

async fn b1_nobody_who_is_known_is_told_to_sign_in(place: Place) {
    let before = place.dump().await;
    for (method, address) in [
        ("GET", "/api/v1/batches/autumn-2026/delete-preview"),
        ("DELETE", "/api/v1/batches/autumn-2026"),
        ("DELETE", "/api/v1/batches/none"),
        ("POST", "/api/v1/batches/autumn-2026/cancel"),
        ("GET", "/api/v1/tags/cities/batches"),
    ] {
        let told = place.ask(&Asker::Nobody, method, address, "").await;
        told.is(401, &error("unauthorized", "sign in"));
        assert_eq!(told.header("WWW-Authenticate"), Some("Bearer"));
        assert_eq!(told.header("Content-Type"), Some("application/json"));
    }
    assert_eq!(place.dump().await, before);
}

async fn b2_b3_another_origin_is_refused_before_anything_is_looked_for(place: Place) {
    let before = place.dump().await;
    let refused = error("csrf_origin_mismatch", "the request comes from another origin");
    for origin in
        ["https://evil.example", "null", "https://app.example:8443", "file://app.example", ""]
    {
        for (method, address) in [
            ("DELETE", "/api/v1/batches/autumn-2026"),
            ("DELETE", "/api/v1/batches/none"),
            ("POST", "/api/v1/batches/autumn-2026/cancel"),
        ] {
            place.ask_from(Some(origin), &admin(), method, address, "").await.is(403, &refused);
        }
        // Not even whether there is anything at a path, or by another method, is told.
        for (method, address) in [("DELETE", "/api/v1/nothing"), ("PUT", "/api/v1/batches/none")] {
            let told = place.ask_from(Some(origin), &admin(), method, address, "").await;
            assert_eq!((told.status, &told.json()["code"]), (403, &json!("cross_origin")));
        }
        let reads = "/api/v1/batches/autumn-2026/delete-preview";
        assert_eq!(place.ask_from(Some(origin), &admin(), "GET", reads, "").await.status, 200);
    }
    assert_eq!(place.dump().await, before);
    let own = Some("https://app.example:443");
    let gone = place.ask_from(own, &admin(), "DELETE", "/api/v1/batches/spring-2026", "").await;
    gone.is(204, "");
}

async fn b4_a_blank_id_is_required_and_others_are_compared_exactly(place: Place) {
    let required = error("missing_batch_id", "batch id is required");
    for address in ["/api/v1/batches/%20", "/api/v1/batches/", "/api/v1/batches/%09"] {
        place.delete(address).await.is(400, &required);
    }
    place.get("/api/v1/batches/%20/delete-preview").await.is(400, &required);
    let missing = error("not_found", "batch not found");
    place.delete("/api/v1/batches/SPRING-2026").await.is(404, &missing);
    assert_eq!(place.delete("/api/v1/batches/spring-2026/").await.status, 404);
    place.delete("/api/v1/batches/%20spring-2026%20").await.is(204, "");
}

async fn b5_b6_b7_a_preview_tells_what_would_go_and_changes_nothing(place: Place) {
    let before = place.dump().await;
    let runs = "run_id IN (SELECT id FROM runs WHERE batch_id = 'autumn-2026')";
    let mut facts = 0;
    for table in FACTS {
        facts += place.count(&format!("analysis_run_{table}"), runs).await;
    }
    // A job writes under its own id, which becomes that of its run: its entries go as well.
    let jobs = "run_id IN (SELECT id FROM jobs WHERE batch_id = 'autumn-2026')";
    let entries = place.count("entries", &format!("{runs} OR {jobs}")).await;
    assert!(facts > 0 && entries > 0);
    let told = place.get("/api/v1/batches/autumn-2026/delete-preview").await;
    let expected = format!(
        "{{\"batch_id\":\"autumn-2026\",\"tag\":\"cities\",\"created_at\":\"2026-10-05T08:00:00Z\",\
         \"snapshot_intent\":1,\"exists\":true,\"queued_jobs\":1,\"running_jobs\":0,\"completed_runs\":7,\
         \"entries\":{entries},\"fact_rows\":{facts},\"snapshots\":[\
         {{\"cohort_id\":1,\"cohort_label\":\"Cities\",\"snapshot_slug\":\"autumn-2026\",\
         \"snapshot_label\":\"Autumn 2026\",\"is_default\":1}},\
         {{\"cohort_id\":2,\"cohort_label\":\"DNSSEC pilot\",\"snapshot_slug\":\"autumn-2026\",\
         \"snapshot_label\":\"Autumn 2026\"}}],"
    );
    assert_eq!(told.status, 200);
    let (body, _) = told.body.split_once("\"tables\":").unwrap();
    assert_eq!(body, expected);
    assert_eq!(place.dump().await, before);
}

async fn b6_b8_a_batch_whose_row_is_lost_is_told_and_deleted(place: Place) {
    place.execute("INSERT INTO jobs (id, domain_id, domain, batch_id, status, created_at, progress, error) \
                   SELECT 'only-job', id, name, 'only-a-job', 'queued', '2026-11-01T00:00:00Z', 0, '' FROM domains WHERE id = 1").await;
    let told = place.get("/api/v1/batches/only-a-job/delete-preview").await;
    let expected = json!({
        "batch_id": "only-a-job", "created_at": null, "exists": true, "queued_jobs": 1, "running_jobs": 0,
        "completed_runs": 0, "entries": 0, "fact_rows": 0,
    });
    assert_eq!(told.status, 200);
    let mut body = told.json();
    let tables = body.as_object_mut().unwrap().remove("tables").unwrap();
    assert_eq!(body, expected);
    assert_eq!(tables["jobs"], json!(1));
    place.delete("/api/v1/batches/only-a-job").await.is(204, "");
    place.delete("/api/v1/batches/lost-2026").await.is(204, "");
    assert_eq!(place.count("runs", "batch_id = 'lost-2026'").await, 0);
}

async fn b9_b17_what_is_not_there_is_missing_and_nothing_changes(place: Place) {
    let before = place.dump().await;
    let missing = error("not_found", "batch not found");
    place.get("/api/v1/batches/none/delete-preview").await.is(404, &missing);
    place.delete("/api/v1/batches/none").await.is(404, &missing);
    place.ask(&admin(), "POST", "/api/v1/batches/none/cancel", "").await.is(404, &missing);
    assert_eq!(place.dump().await, before);
}

async fn b10_a_deletion_takes_what_its_preview_has_told(place: Place) {
    let told = place.get("/api/v1/batches/summer-2026/delete-preview").await.json();
    let tables = told["tables"].as_object().unwrap().clone();
    let mut before = Vec::new();
    for table in tables.keys() {
        before.push(place.count(table, "1 = 1").await);
    }
    place.delete("/api/v1/batches/summer-2026").await.is(204, "");
    for ((table, rows), before) in tables.iter().zip(before) {
        let gone = before - place.count(table, "1 = 1").await;
        let is_kept = ["domains", "analysis_cohort_catalog"].contains(&table.as_str());
        let expected = if is_kept { json!(0) } else { json!(gone) };
        assert_eq!(if is_kept { json!(gone) } else { rows.clone() }, expected, "{table}");
        assert!(rows.as_u64().unwrap() > 0 || gone == 0, "{table}");
    }
    assert!(tables["domains"].as_u64().unwrap() > 0, "what is computed anew is told too");
}

async fn b16_a_deletion_answers_nothing_and_then_the_batch_is_missing(place: Place) {
    let gone = place.delete("/api/v1/batches/spring-2026").await;
    gone.is(204, "");
    assert_eq!(gone.header("Content-Type"), None);
    assert!(gone.header("Sexton-Deletion").unwrap().starts_with("dlt_"));
    assert_eq!(gone.header("Sexton-Objects-Pending"), Some("0"));
    let missing = error("not_found", "batch not found");
    place.delete("/api/v1/batches/spring-2026").await.is(404, &missing);
    place.get("/api/v1/batches/spring-2026/delete-preview").await.is(404, &missing);
    assert_eq!(place.count("runs", "batch_id = 'spring-2026'").await, 0);
}

async fn b26a_work_that_does_not_stop_refuses_and_everything_is_there(place: Place) {
    place.execute("INSERT INTO jobs (id, domain_id, domain, batch_id, status, created_at, started_at, progress, error, lease_expires_at) \
                   SELECT 'stuck', id, name, 'spring-2026', 'running', '2026-11-01T00:00:00Z', '2026-11-01T00:00:00Z', 0, '', '2999-01-01T00:00:00Z' FROM domains WHERE id = 1").await;
    let preview = place.get("/api/v1/batches/spring-2026/delete-preview").await.json();
    assert_eq!((&preview["queued_jobs"], &preview["running_jobs"]), (&json!(0), &json!(1)));
    let runs = place.count("runs", "batch_id = 'spring-2026'").await;
    place.delete("/api/v1/batches/spring-2026").await.is(
        409,
        &error(
            "jobs_not_terminal",
            "1 job(s) did not stop, nothing was deleted. Stop them with `sexton cancel batch spring-2026` or \
             POST /api/v1/batches/spring-2026/cancel, then try again.",
        ),
    );
    assert_eq!(place.count("runs", "batch_id = 'spring-2026'").await, runs);
    assert_eq!(place.count("jobs", "id = 'stuck' AND status = 'running'").await, 1);
    // Once it has stopped the same request succeeds.
    place.execute("UPDATE jobs SET status = 'canceled' WHERE id = 'stuck'").await;
    place.delete("/api/v1/batches/spring-2026").await.is(204, "");
}

async fn b23_a_cancellation_stops_what_waits_and_deletes_nothing(place: Place) {
    let rows = place.count("jobs", "1 = 1").await;
    place.ask(&admin(), "POST", "/api/v1/batches/autumn-2026/cancel", "").await.is(204, "");
    assert_eq!(place.count("jobs", "1 = 1").await, rows);
    let stopped = "id = 'autumn-2026-ghent-again' AND status = 'canceled' AND error = 'deleted_by_admin' \
                   AND progress = 100 AND finished_at IS NOT NULL";
    assert_eq!(place.count("jobs", stopped).await, 1);
}

async fn b34_batches_of_a_tag_come_newest_first_and_in_parts(place: Place) {
    let viewer = with_roles("vera", &["viewer"], None);
    let list = async |query: &str| {
        let address = format!("/api/v1/tags/cities/batches{query}");
        let told = place.ask(&viewer, "GET", &address, "").await;
        assert_eq!(told.status, 200);
        told.json()
    };
    let ids = |list: &Value| -> Vec<String> {
        let items = list["items"].as_array().unwrap().iter();
        items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let all = list("").await;
    assert_eq!(ids(&all), ["autumn-2026", "summer-2026", "spring-2026"]);
    assert_eq!((&all["total"], &all["limit"], all.get("offset")), (&json!(3), &json!(20), None));
    let first = json!({
        "id": "autumn-2026", "tag": "cities", "created_at": "2026-10-05T08:00:00Z", "snapshot_intent": 1,
    });
    assert_eq!(all["items"][0], first);
    let part = list("?limit=1&offset=1").await;
    assert_eq!(
        (ids(&part), &part["limit"], &part["offset"]),
        (vec!["summer-2026".into()], &json!(1), &json!(1))
    );
    assert_eq!(list("?limit=1000").await["limit"], json!(100));
    for query in ["?limit=0", "?limit=x&offset=y", "?limit=-1&offset=-1"] {
        assert_eq!(list(query).await, all, "{query}");
    }
    let none = place.ask(&viewer, "GET", "/api/v1/tags/pilot/batches", "").await;
    none.is(200, "{\"items\":[],\"total\":0,\"limit\":20}");
    let unknown = place.ask(&viewer, "GET", "/api/v1/tags/none/batches", "").await;
    unknown.is(404, &error("not_found", "tag not found"));
    let blank = place.ask(&viewer, "GET", "/api/v1/tags/%20/batches", "").await;
    blank.is(400, &error("missing_name", "tag name is required"));
}

/// Where a snapshot of a cohort is.
fn snapshot(cohort: u32, slug: &str) -> String {
    format!("/api/v1/analysis/cohorts/{cohort}/snapshots/{slug}")
}

/// What is told of a snapshot whose status was set.
fn told_of(slug: &str, status: &str) -> String {
    format!("{{\"slug\":\"{slug}\",\"status\":\"{status}\"}}")
}

async fn b35_a_snapshot_is_retired_and_everything_of_it_stays(place: Place) {
    let tables = ["analysis_snapshot_domain_view", "runs", "entries", "analysis_run_domain_facts"];
    let mut before = Vec::new();
    for table in tables {
        before.push(place.count(table, "1 = 1").await);
    }
    let pinned =
        "id = 1 AND default_snapshot_policy = 'pinned' AND default_snapshot_id IS NOT NULL";
    assert_eq!(place.count("analysis_cohort_catalog", pinned).await, 1);
    place.delete(&snapshot(1, "autumn-2026")).await.is(204, "");
    let retired = "cohort_id = 1 AND slug = 'autumn-2026' AND status = 'retired' AND is_public = 0 \
                   AND is_default = 0";
    assert_eq!(place.count("analysis_cohort_snapshots", retired).await, 1);
    let reverted =
        "id = 1 AND default_snapshot_policy = 'auto_latest' AND default_snapshot_id IS NULL";
    assert_eq!(place.count("analysis_cohort_catalog", reverted).await, 1);
    // The one of the other cohort is another.
    let other = "cohort_id = 2 AND slug = 'autumn-2026' AND status = 'captured' AND is_public = 1";
    assert_eq!(place.count("analysis_cohort_snapshots", other).await, 1);
    for (table, before) in tables.iter().zip(before) {
        assert_eq!(place.count(table, "1 = 1").await, before, "{table}");
    }
    let missing = error("not_found", "snapshot not found");
    place.delete(&snapshot(1, "autumn-2026")).await.is(404, &missing);
}

async fn b36_a_retired_snapshot_is_restored_as_it_was(place: Place) {
    let (before, address) = (place.dump().await, snapshot(1, "autumn-2026"));
    let set = async |status: &str| {
        let sent = format!("{{\"status\":\"{status}\"}}");
        place.ask(&admin(), "POST", &address, &sent).await
    };
    set("captured").await.is(200, &told_of("autumn-2026", "captured"));
    assert_eq!(place.dump().await, before, "it was captured");
    set("retired").await.is(200, &told_of("autumn-2026", "retired"));
    let retired = "cohort_id = 1 AND slug = 'autumn-2026' AND status = 'retired'";
    assert_eq!(place.count("analysis_cohort_snapshots", retired).await, 1);
    let told = set("captured").await;
    told.is(200, &told_of("autumn-2026", "captured"));
    assert!(told.header("Sexton-Deletion").unwrap().starts_with("dlt_"));
    assert_eq!(place.dump().await, before);
    let invalid = error("invalid_status", "status must be captured or retired");
    for sent in ["", "{}", "{\"status\":\"public\"}", "{\"status\":null}", "{\"status\":1}"] {
        place.ask(&admin(), "POST", &address, sent).await.is(400, &invalid);
    }
    place.delete(&address).await.is(204, "");
    place
        .ask(&admin(), "POST", &address, "{\"status\":\"captured\"}")
        .await
        .is(200, &told_of("autumn-2026", "captured"));
    assert_eq!(place.dump().await, before);
}

async fn b36_what_somebody_else_has_retired_is_not_restored(place: Place) {
    let own = "cohort_id = 1 AND slug = 'spring-2026'";
    place
        .execute(&format!("UPDATE analysis_cohort_snapshots SET status = 'retired' WHERE {own}"))
        .await;
    let before = place.dump().await;
    let address = snapshot(1, "spring-2026");
    let told = place.ask(&admin(), "POST", &address, "{\"status\":\"captured\"}").await;
    told.is(
        409,
        &error(
            "refused",
            "it cannot be restored: no deletion has hidden it, so what it was is not known",
        ),
    );
    assert_eq!(place.dump().await, before);
    // Nor is what was changed since it was hidden.
    let address = snapshot(1, "summer-2026");
    place.delete(&address).await.is(204, "");
    place
        .execute(
            "UPDATE analysis_cohort_snapshots SET is_public = 1 \
             WHERE cohort_id = 1 AND slug = 'summer-2026'",
        )
        .await;
    let before = place.dump().await;
    let told = place.ask(&admin(), "POST", &address, "{\"status\":\"captured\"}").await;
    assert_eq!((told.status, &told.json()["error"]["code"]), (409, &json!("refused")));
    assert_eq!(place.dump().await, before);
}

async fn b36_one_of_several_is_not_restored_alone(place: Place) {
    let ids = "SELECT min(id) FROM analysis_cohort_snapshots WHERE cohort_id = 1";
    let first = place.value(ids).await.unwrap();
    let second = place.value(&format!("{ids} AND id > {first}")).await.unwrap();
    let root = Root {
        thing: ThingName::new("snapshot"),
        key: RootKey::Ids(vec![first.clone(), second.clone()]),
        options: BTreeMap::new(),
        caller: Caller::operator(Actor::new("ada")),
    };
    let before = place.dump().await;
    let request = DeleteRequest { root: root.clone(), reason: None, bound_to: None };
    place.system().delete(&request).await.unwrap();
    let hidden = place.dump().await;
    let slug = format!("SELECT slug FROM analysis_cohort_snapshots WHERE id = {second}");
    let slug = place.value(&slug).await.unwrap();
    let told = place.ask(&admin(), "POST", &snapshot(1, &slug), "{\"status\":\"captured\"}").await;
    assert_eq!((told.status, &told.json()["error"]["code"]), (409, &json!("refused")));
    assert_eq!(place.dump().await, hidden);
    let together = place.system().restore_root(&root).await.unwrap();
    assert!(matches!(together, RootRestored::Restored { .. }), "{together:?}");
    assert_eq!(place.dump().await, before);
}

async fn b37_a_purged_snapshot_goes_with_its_views_retired_or_not(place: Place) {
    let facts = place.count("analysis_run_domain_facts", "1 = 1").await;
    let runs = place.count("runs", "1 = 1").await;
    place.delete(&snapshot(1, "summer-2026")).await.is(204, "");
    for (slug, query) in [("autumn-2026", "?purge=TRUE"), ("summer-2026", "?purge=true")] {
        let own = format!("cohort_id = 1 AND slug = '{slug}'");
        let id = format!("SELECT id FROM analysis_cohort_snapshots WHERE {own}");
        let id = place.value(&id).await.unwrap();
        place.delete(&[snapshot(1, slug), query.to_owned()].concat()).await.is(204, "");
        assert_eq!(place.count("analysis_cohort_snapshots", &own).await, 0);
        for table in ["analysis_snapshot_domain_view", "analysis_cohort_snapshot_aggregates"] {
            assert_eq!(place.count(table, &format!("snapshot_id = {id}")).await, 0, "{table}");
        }
    }
    let reverted =
        "id = 1 AND default_snapshot_policy = 'auto_latest' AND default_snapshot_id IS NULL";
    assert_eq!(place.count("analysis_cohort_catalog", reverted).await, 1);
    assert_eq!(place.count("analysis_run_domain_facts", "1 = 1").await, facts);
    assert_eq!(place.count("runs", "1 = 1").await, runs);
    let missing = error("not_found", "snapshot not found");
    for sent in ["captured", "retired"] {
        let sent = format!("{{\"status\":\"{sent}\"}}");
        place.ask(&admin(), "POST", &snapshot(1, "summer-2026"), &sent).await.is(404, &missing);
    }
}

async fn b38_a_snapshot_that_is_not_there_is_missing_and_changes_nothing(place: Place) {
    let (before, missing) = (place.dump().await, error("not_found", "snapshot not found"));
    for address in [snapshot(99, "autumn-2026"), snapshot(1, "never"), snapshot(1, "AUTUMN-2026")] {
        place.delete(&address).await.is(404, &missing);
        place.delete(&format!("{address}?purge=true")).await.is(404, &missing);
        place.ask(&admin(), "POST", &address, "{\"status\":\"captured\"}").await.is(404, &missing);
    }
    for method in ["GET", "PUT", "PATCH"] {
        let told = place.ask(&admin(), method, &snapshot(1, "autumn-2026"), "").await;
        assert_eq!((told.status, told.header("Allow")), (405, Some("POST, DELETE")), "{method}");
    }
    assert_eq!(place.dump().await, before);
}

const PURGE: &str = "/api/v1/jobs/purge";

async fn b40_old_runs_go_by_their_age_and_nothing_else_with_them(place: Place) {
    place
        .execute(
            "UPDATE runs SET finished_at = '2020-01-01T00:00:00Z' WHERE batch_id = 'spring-2026'",
        )
        .await;
    let old = "finished_at < '2021' AND status IN ('succeeded', 'failed', 'canceled', 'expired')";
    let runs = place.count("runs", old).await;
    assert!(runs > 0);
    let mut kept = Vec::new();
    for table in ["batches", "analysis_cohort_snapshots", "analysis_snapshot_domain_view", "jobs"] {
        kept.push((table, place.count(table, "1 = 1").await));
    }
    let told = place.ask(&admin(), "POST", PURGE, "{\"older_than_days\":365}").await;
    told.is(200, &format!("{{\"purged_jobs\":{runs}}}"));
    assert_eq!(place.count("runs", old).await, 0);
    let left = "run_id NOT IN (SELECT id FROM runs) AND run_id NOT IN (SELECT id FROM jobs)";
    for table in ["entries", "run_dnssec_chain", "analysis_run_domain_facts"] {
        assert_eq!(place.count(table, left).await, 0, "{table}");
    }
    for (table, rows) in kept {
        assert_eq!(place.count(table, "1 = 1").await, rows, "{table}");
    }
    let told = place.ask(&admin(), "POST", PURGE, "{\"older_than_days\":365}").await;
    told.is(200, "{\"purged_jobs\":0}");
}

async fn b40_an_age_that_is_none_purges_nothing(place: Place) {
    let before = place.dump().await;
    let unset =
        error("retention_not_configured", "give older_than_days: no retention is configured");
    for sent in ["", "{}", "{\"older_than_days\":null}"] {
        place.ask(&admin(), "POST", PURGE, sent).await.is(400, &unset);
    }
    for sent in ["-1", "1.5", "\"90\"", "true", "99999999999"] {
        let sent = format!("{{\"older_than_days\":{sent}}}");
        let told = place.ask(&admin(), "POST", PURGE, &sent).await;
        assert_eq!(
            (told.status, &told.json()["error"]["code"]),
            (400, &json!("invalid_body")),
            "{sent}"
        );
    }
    for sent in ["{\"older_than_days\":", "[90]", "90"] {
        let told = place.ask(&admin(), "POST", PURGE, sent).await;
        assert_eq!(
            (told.status, &told.json()["error"]["code"]),
            (400, &json!("invalid_body")),
            "{sent}"
        );
    }
    let told = place.get(PURGE).await;
    assert_eq!((told.status, told.header("Allow")), (405, Some("POST")));
    assert_eq!(place.dump().await, before);
}

async fn b40_whoever_is_of_one_tenant_runs_no_rule(place: Place) {
    let before = place.dump().await;
    let forbidden = error("forbidden", "role admin is required");
    for asker in [
        with_roles("ada", &["admin"], Some("one")),
        with_roles("olga", &["operator"], None),
        with_roles("vera", &["viewer"], None),
    ] {
        let told = place.ask(&asker, "POST", PURGE, "{\"older_than_days\":0}").await;
        told.is(403, &forbidden);
    }
    assert_eq!(place.dump().await, before);
}

async fn b41_no_rule_is_run_while_background_work_is_paused(place: Place) {
    // Nothing is due yet; Sexton's own tables are made.
    place
        .ask(&admin(), "POST", PURGE, "{\"older_than_days\":36500}")
        .await
        .is(200, "{\"purged_jobs\":0}");
    let before = place.dump().await;
    place.system().pause(None, &Actor::new("ada"), "tests").await.unwrap();
    let told = place.ask(&admin(), "POST", PURGE, "{\"older_than_days\":1}").await;
    told.is(503, &error("unavailable", "background work is paused"));
    assert_eq!(place.dump().await, before);
}

async fn a_key_without_the_role_may_list_and_nothing_else(place: Place) {
    let before = place.dump().await;
    let operator = with_roles("olga", &["operator"], None);
    let forbidden = error("forbidden", "role admin is required");
    for (method, address) in [
        ("GET", "/api/v1/batches/autumn-2026/delete-preview"),
        ("DELETE", "/api/v1/batches/autumn-2026"),
        ("DELETE", "/api/v1/batches/none"),
        ("POST", "/api/v1/batches/autumn-2026/cancel"),
        ("DELETE", "/api/v1/analysis/cohorts/1/snapshots/autumn-2026"),
        ("DELETE", "/api/v1/analysis/cohorts/1/snapshots/autumn-2026?purge=true"),
        ("DELETE", "/api/v1/analysis/cohorts/1/snapshots/none"),
    ] {
        place.ask(&operator, method, address, "").await.is(403, &forbidden);
    }
    for status in ["captured", "retired"] {
        let sent = format!("{{\"status\":\"{status}\"}}");
        let address = snapshot(1, "autumn-2026");
        place.ask(&operator, "POST", &address, &sent).await.is(403, &forbidden);
    }
    assert_eq!(place.ask(&operator, "GET", "/api/v1/tags/cities/batches", "").await.status, 200);
    assert_eq!(place.dump().await, before);
    let put = place.ask(&admin(), "PUT", "/api/v1/batches/autumn-2026", "").await;
    assert_eq!((put.status, put.header("Allow")), (405, Some("DELETE")));
}

on_both_databases!(sexton_samples::batches;
    b1_nobody_who_is_known_is_told_to_sign_in,
    b2_b3_another_origin_is_refused_before_anything_is_looked_for,
    b4_a_blank_id_is_required_and_others_are_compared_exactly,
    b5_b6_b7_a_preview_tells_what_would_go_and_changes_nothing,
    b6_b8_a_batch_whose_row_is_lost_is_told_and_deleted,
    b9_b17_what_is_not_there_is_missing_and_nothing_changes,
    b10_a_deletion_takes_what_its_preview_has_told,
    b16_a_deletion_answers_nothing_and_then_the_batch_is_missing,
    b23_a_cancellation_stops_what_waits_and_deletes_nothing,
    b26a_work_that_does_not_stop_refuses_and_everything_is_there,
    b34_batches_of_a_tag_come_newest_first_and_in_parts,
    b35_a_snapshot_is_retired_and_everything_of_it_stays,
    b36_a_retired_snapshot_is_restored_as_it_was,
    b36_what_somebody_else_has_retired_is_not_restored,
    b36_one_of_several_is_not_restored_alone,
    b37_a_purged_snapshot_goes_with_its_views_retired_or_not,
    b38_a_snapshot_that_is_not_there_is_missing_and_changes_nothing,
    b40_old_runs_go_by_their_age_and_nothing_else_with_them,
    b40_an_age_that_is_none_purges_nothing,
    b40_whoever_is_of_one_tenant_runs_no_rule,
    b41_no_rule_is_run_while_background_work_is_paused,
    a_key_without_the_role_may_list_and_nothing_else,
);
