//! Two servers on one system and one state: whichever is asked answers the same.

use std::sync::Arc;

use serde_json::{Value, json};
use sexton_core::names::{PreviewId, SystemName, Timestamp};
use sexton_engine::Surroundings;
use sexton_engine::ports::{Clock, State, StoredPreview, SystemClock};
use sexton_postgres::PostgresState;
use sexton_server::Service;
use sexton_sqlite::SqliteState;
use tempfile::TempDir;

use crate::place::{Data, Names, Served, somebody};

on_both_databases!(
    a_preview_at_one_is_deleted_at_the_other,
    a_preview_is_its_makers_at_every_server,
    a_difference_is_told_by_table_at_the_other,
    a_sweep_of_one_is_told_by_the_other,
    a_page_of_one_is_followed_by_the_other_and_a_changed_cursor_by_none,
    what_is_over_is_removed_from_the_state,
    what_waits_is_told_by_every_server,
);

const PREVIEWS: &str = "/api/systems/batches/previews";
const DELETIONS: &str = "/api/systems/batches/deletions";
const WAIT: (&str, &str) = ("prefer", "wait=30");
const ANN: (&str, &str) = ("authorization", "Bearer ann");

/// Two servers, and what they share.
struct Pair {
    one: Served,
    other: Served,
    state: Arc<dyn State>,
    _folder: TempDir,
}

async fn state(data: &Data, folder: &TempDir) -> Arc<dyn State> {
    let state: Arc<dyn State> = match data {
        Data::Sqlite(_) => {
            let path = folder.path().join("state.db");
            let path = path.to_str().expect("a temporary folder's name is UTF-8");
            Arc::new(SqliteState::open_or_create(path).await.expect("the folder can be written"))
        }
        Data::Postgres(database) => {
            Arc::new(PostgresState::connect(&database.url()).expect("the address is one"))
        }
    };
    state.prepare().await.expect("the state can be written");
    state
}

impl Pair {
    async fn of(data: &Data) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a temporary folder");
        let state = state(data, &folder).await;
        let one = served(data, &state).await;
        let other = served(data, &state).await;
        Self { one, other, state, _folder: folder }
    }
}

async fn served(data: &Data, state: &Arc<dyn State>) -> Served {
    let known = vec![
        somebody("ann", &["admin"], None),
        somebody("ben", &["admin"], None),
        somebody("ann-of-t", &["admin"], Some("t")),
    ];
    let system = data.system(&sexton_samples::batches()).await;
    let service = Service::new([system], Arc::new(Names(known)), Surroundings::of_this_machine());
    let service = service.expect("one system has a name of its own").sharing(state.clone());
    Served::serving(service, false).await
}

async fn previewed(server: &Served, id: &str) -> Value {
    let ask = json!({ "thing": "batch", "id": id });
    server.post_with(PREVIEWS, &ask, &[ANN]).await.expect(201).json()
}

async fn a_preview_at_one_is_deleted_at_the_other(data: Data) {
    let pair = Pair::of(&data).await;
    let preview = previewed(&pair.one, "autumn-2026").await;
    let path = format!("{PREVIEWS}/{}", preview["id"].as_str().expect("it has a name"));
    let shown = pair.other.ask(reqwest::Method::GET, &path, &[ANN], "").await.expect(200);
    assert_eq!(shown.json(), preview, "byte for byte what was shown");
    let ask = json!({ "preview": preview["id"], "digest": preview["digest"] });
    let gone = pair.other.post_with(DELETIONS, &ask, &[WAIT, ANN]).await.expect(201).json();
    assert_eq!((&gone["state"], &gone["digest"]), (&json!("complete"), &preview["digest"]));
    assert_eq!(data.count("batches WHERE id = 'autumn-2026'").await, 0);
    // Its deletion is told by the first.
    let path = format!("{DELETIONS}/{}", gone["id"].as_str().expect("it has a name"));
    let told = pair.one.ask(reqwest::Method::GET, &path, &[ANN], "").await.expect(200).json();
    assert_eq!(told, gone);
}

async fn a_preview_is_its_makers_at_every_server(data: Data) {
    let pair = Pair::of(&data).await;
    let preview = previewed(&pair.one, "autumn-2026").await;
    let path = format!("{PREVIEWS}/{}", preview["id"].as_str().expect("it has a name"));
    for server in [&pair.one, &pair.other] {
        for name in ["ben", "ann-of-t"] {
            let bearer = format!("Bearer {name}");
            let said = [("authorization", bearer.as_str())];
            let theirs = server.ask(reqwest::Method::GET, &path, &said, "").await;
            theirs.problem(404, "preview_gone");
        }
    }
}

async fn a_difference_is_told_by_table_at_the_other(data: Data) {
    let pair = Pair::of(&data).await;
    let preview = previewed(&pair.one, "autumn-2026").await;
    data.execute(
        "INSERT INTO jobs (id, domain_id, domain, batch_id, status, created_at)
         SELECT 'newcomer', id, name, 'autumn-2026', 'succeeded', '2026-11-01T00:00:00Z'
         FROM domains WHERE name = 'arles.example'",
    )
    .await;
    let ask = json!({ "preview": preview["id"], "digest": preview["digest"] });
    let stale = pair.other.post_with(DELETIONS, &ask, &[WAIT, ANN]).await;
    let stale = stale.problem(409, "preview_stale");
    let told = stale["differences"].as_array().expect("a list");
    let newcomer = told.iter().find(|of| of["table"] == "jobs").expect("its table is named");
    assert!(newcomer["appeared"].to_string().contains("newcomer"), "{stale:#}");
}

async fn a_sweep_of_one_is_told_by_the_other(data: Data) {
    let pair = Pair::of(&data).await;
    let path = "/api/systems/batches/sweeps";
    let latest = format!("{path}/latest");
    let ask = |server: &Served| server.request(reqwest::Method::GET, &latest, &[ANN]).send();
    assert_eq!(ask(&pair.other).await.expect("it answers").status().as_u16(), 404);
    let begun = pair.one.post_with(path, &json!({}), &[ANN]).await.expect(202).json();
    loop {
        let told = pair.other.ask(reqwest::Method::GET, &latest, &[ANN], "").await;
        let told = told.expect(200).json();
        assert_eq!((&told["id"], &told["actor"]), (&begun["id"], &json!("ann")));
        if told["ended_at"].is_string() {
            assert_eq!(told["report"]["system"], "batches", "{told:#}");
            break;
        }
    }
    // One that another server has under way is nobody else's to begin.
    let now = SystemClock.now();
    let under_way = sexton_engine::ports::StoredSweep {
        system: SystemName::new("batches"),
        id: sexton_core::names::SweepId::new("swp_other"),
        body: "{}".to_owned(),
        began_at: now,
        leased_until: now.plus_secs(60),
        ended_at: None,
    };
    assert!(pair.state.begin_sweep(&under_way, now).await.expect("the state can be written"));
    let refused = pair.one.post_with(path, &json!({}), &[ANN]).await;
    assert_eq!(refused.problem(409, "in_flight")["retryable"], true);
}

async fn a_page_of_one_is_followed_by_the_other_and_a_changed_cursor_by_none(data: Data) {
    let pair = Pair::of(&data).await;
    let list = "/api/systems/batches/things/batch?limit=1";
    let get = async |server: &Served, path: &str| {
        server.ask(reqwest::Method::GET, path, &[ANN], "").await
    };
    let page = get(&pair.one, list).await.expect(200).json();
    let cursor = page["next_cursor"].as_str().expect("there are more").to_owned();
    let next = get(&pair.other, &format!("{list}&cursor={cursor}")).await.expect(200).json();
    assert_ne!(next["data"], page["data"]);
    let mut changed = cursor.clone().into_bytes();
    changed[0] = if changed[0] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).expect("it is text");
    for path in [
        format!("{list}&cursor={changed}"),
        format!("{list}&q=spring&cursor={cursor}"),
        format!("{DELETIONS}?cursor={cursor}"),
        format!("/api/systems/batches/holds?cursor={cursor}"),
    ] {
        get(&pair.other, &path).await.problem(400, "bad_cursor");
    }
}

async fn what_is_over_is_removed_from_the_state(data: Data) {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let state = state(&data, &folder).await;
    let preview = |id: &str, expires_at: Timestamp| StoredPreview {
        id: PreviewId::new(id),
        system: SystemName::new("batches"),
        owner: "ann".to_owned(),
        body: String::new(),
        created_at: Timestamp(0),
        expires_at,
    };
    let now = SystemClock.now();
    let (over, kept) = (preview("prv_1", Timestamp(1)), preview("prv_2", now.plus_secs(600)));
    for preview in [&over, &kept] {
        state.put_preview(preview).await.expect("the state can be written");
    }
    let _server = served(&data, &state).await;
    let is_there = async |preview: &StoredPreview| {
        let found = state.preview(&preview.id, "ann", Timestamp(0)).await;
        found.expect("the state can be read").is_some()
    };
    while is_there(&over).await {
        tokio::task::yield_now().await;
    }
    assert!(is_there(&kept).await);
}

/// What is still to be done is asked of the database, not of a server's memory.
async fn what_waits_is_told_by_every_server(data: Data) {
    data.execute(
        "INSERT INTO jobs (id, domain_id, domain, batch_id, status, created_at, lease_expires_at)
         SELECT 'at-work', id, name, 'autumn-2026', 'running', '2026-11-01T00:00:00Z',
                '2999-01-01T00:00:00Z'
         FROM domains WHERE name = 'arles.example'",
    )
    .await;
    let pair = Pair::of(&data).await;
    let ask = json!({ "thing": "batch", "id": "autumn-2026", "confirm": "autumn-2026" });
    pair.one.post_with(DELETIONS, &ask, &[("prefer", "wait=0"), ANN]).await.expect(202);
    let hour_ago = SystemClock.now().plus_secs(-3_600).0;
    let deletions = data.deletions();
    data.execute(&format!("UPDATE {deletions} SET requested_at = {hour_ago}")).await;
    for server in [&pair.one, &pair.other] {
        let metrics = server.ask(reqwest::Method::GET, "/metrics", &[ANN], "").await;
        let metrics = metrics.expect(200).text;
        let value = |name: &str| {
            let line = metrics.lines().find(|line| line.starts_with(name));
            let value = line.and_then(|line| line.rsplit(' ').next()).and_then(|v| v.parse().ok());
            value.unwrap_or_else(|| panic!("no {name}:\n{metrics}"))
        };
        let open: f64 = value("sexton_deletions_unfinished{");
        let oldest: f64 = value("sexton_deletion_unfinished_oldest_seconds{");
        assert!((0.9..1.1).contains(&open), "{open}");
        assert!((3_599.0..3_900.0).contains(&oldest), "{oldest}");
    }
}
