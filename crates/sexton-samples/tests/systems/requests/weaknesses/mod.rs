//! What is wrong, slow or in the way with the original (W1 to W19): its own statements show it on the
//! sample, and the engine does the same deletion without it.

mod claims;
mod erasing;
mod original;
mod purgers;
mod settling;
mod telling;

use sexton_samples::app::{Application, Client, Values};

use super::id;
use crate::place::Place;

const OCTOBER: u8 = 1;
const RESULTS: u8 = 3;
const ENDED: u8 = 1;
const UNDER_WAY: u8 = 2;

/// The sample on PostgreSQL, with or without the engine's fence.
async fn fenced() -> Place {
    let place = Place::on_postgres(sexton_samples::requests()).await;
    place.execute(ALIVE).await;
    place
}

async fn unfenced() -> Place {
    fenced().await.without_fence().await
}

/// Daemons that run say so.
const ALIVE: &str =
    "UPDATE daemons SET last_heartbeat = CURRENT_TIMESTAMP WHERE status = 'running'";

/// Requests that wait, of a batch and a template; their ids come before all others.
async fn add_pending(place: &Place, batch: u8, template: u8, numbers: std::ops::Range<u8>) {
    for number in numbers {
        let sql = format!(
            "INSERT INTO requests (id, batch_id, template_id, state, model)
             VALUES ('{}', '{}', '{}', 'pending', 'small')",
            id("9d", number),
            id("ba", batch),
            id("7e", template)
        );
        place.execute(&sql).await;
    }
}

async fn states(place: &Place, state: &str, batch: u8) -> i64 {
    let batch = id("ba", batch);
    let counted =
        format!("SELECT count(*) FROM requests WHERE batch_id = '{batch}' AND state = '{state}'");
    place.number(&counted).await
}

/// The application, as one of its processes.
async fn client(place: &Place) -> Client {
    Application::of("requests").unwrap().open(&place.address()).await.unwrap()
}

/// The daemon of the seed at this request.
fn daemon_at(request: u8) -> Values {
    Values::new().with("worker_id", &id("da", 1)).with("job", &id("9e", request))
}
