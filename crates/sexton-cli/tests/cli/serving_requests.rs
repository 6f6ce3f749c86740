//! `sexton serve` with the sample `requests`: what its routes hide, the workers of the same process
//! purge, and those of the next one where it is killed.

use serde_json::json;

use crate::place::Place;
use crate::serving::Server;

const BATCH: &str = "ba000000-0000-4000-8000-000000000001";
const FILE: &str = "f1000000-0000-4000-8000-000000000001";

/// Makes a test of each function for each database.
macro_rules! on_both_databases_with_requests {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::place::Place::requests_on_sqlite().await).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::place::Place::requests_on_postgres().await).await;
            })*
        }
    };
}

on_both_databases_with_requests!(
    r20_r27_r29_what_a_route_has_hidden_is_purged_by_workers_of_the_server,
    r31_what_a_killed_server_has_hidden_is_purged_by_the_next,
);

fn requests() -> &'static str {
    sexton_samples::requests().policy
}

/// Purges every second, a row or two at a time.
fn hurries(place: &Place) {
    let slow = "every = \"1h\", chunk = 1000, pause = \"100ms\"";
    assert!(requests().contains(slow));
    place.write_policy(&requests().replace(slow, "every = \"1s\", chunk = 2, pause = \"1ms\""));
    place.sexton(&["fence", "install"]).expect(0);
}

/// Waits for the end of so many deletions, as somebody does who follows them.
fn all_end(server: &Server, deletions: usize) {
    let path = "/api/systems/requests/deletions";
    let (status, listed) = server.ask("GET", path, "", "");
    assert_eq!(status, 200, "{listed:#}");
    let all = listed["data"].as_array().expect("a list").iter();
    // What was missing is kept as refused.
    let hid: Vec<_> = all.filter(|deletion| deletion["state"] != "refused").collect();
    assert_eq!(hid.len(), deletions, "{listed:#}");
    for deletion in hid {
        let id = deletion["id"].as_str().expect("a name");
        // The stream ends with the deletion.
        assert_eq!(server.ask("GET", &format!("{path}/{id}/events"), "", "").0, 200);
        let (_, ended) = server.ask("GET", &format!("{path}/{id}"), "", "");
        assert_eq!(ended["state"], "complete", "{ended:#}");
    }
}

async fn r20_r27_r29_what_a_route_has_hidden_is_purged_by_workers_of_the_server(place: Place) {
    hurries(&place);
    let server = Server::on(&place);
    let address = format!("/v1/batches/{BATCH}");
    assert_eq!(server.ask("DELETE", &address, "", "").0, 204);
    let (status, missing) = server.ask("DELETE", &address, "", "");
    let expected = json!({ "error": { "code": "not_found", "message": "batch not found" } });
    assert_eq!((status, missing), (404, expected));
    all_end(&server, 1);
    let of = format!("SELECT count(*) FROM requests WHERE batch_id = '{BATCH}'");
    assert_eq!(place.number(&of).await, 0);
    let others = "SELECT count(*) FROM requests WHERE batch_id IS NOT NULL";
    assert_eq!(place.number(others).await, 9);
    // The row itself stays, and says nothing of anybody.
    let stays = format!("SELECT count(*) FROM batches WHERE id = '{BATCH}' AND metadata IS NULL");
    assert_eq!(place.number(&stays).await, 1);
}

async fn r31_what_a_killed_server_has_hidden_is_purged_by_the_next(place: Place) {
    hurries(&place);
    // Nobody is at work on a request that would lose its input.
    place
        .execute(
            "UPDATE requests SET state = 'canceled', canceled_at = '2026-11-20T12:00:00Z'
             WHERE state IN ('claimed', 'processing')",
        )
        .await;
    let server = Server::on(&place);
    let (status, told) = server.ask("DELETE", &format!("/v1/files/{FILE}"), "", "");
    let expected = json!({ "id": FILE, "object": "file", "deleted": true });
    assert_eq!((status, told), (200, expected));
    assert_eq!(server.ask("DELETE", &format!("/v1/batches/{BATCH}"), "", "").0, 204);
    drop(server);
    let server = Server::on(&place);
    all_end(&server, 2);
    let left = format!("SELECT count(*) FROM request_templates WHERE file_id = '{FILE}'");
    assert_eq!(place.number(&left).await, 0);
    let of = format!("SELECT count(*) FROM requests WHERE batch_id = '{BATCH}'");
    assert_eq!(place.number(&of).await, 0);
    place.sexton(&["audit", "verify"]).expect(0);
}
