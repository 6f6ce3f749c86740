//! Every metric, by its name: what was deleted, how it ended, and how much is still to be done.
//!
//! Labels are bounded: systems, things, outcomes and stores, as policies name them; never ids.
//! The recorder is the service's own, so that two services of a process do not mix.

use std::time::Duration;

use metrics::{counter, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use sexton_core::audit::Receipt;
use sexton_core::names::Timestamp;
use sexton_engine::ports::Backlog;

use crate::outcome::Outcome;
use crate::running::Ended;

const DELETIONS: &str = "sexton_deletions_total";
const SECONDS: &str = "sexton_deletion_seconds";
const ROWS: &str = "sexton_rows_removed_total";
const OBJECTS: &str = "sexton_objects_removed_total";
const BYTES: &str = "sexton_object_bytes_removed_total";
const UNFINISHED: &str = "sexton_deletions_unfinished";
const OLDEST_UNFINISHED: &str = "sexton_deletion_unfinished_oldest_seconds";
const INTENTS: &str = "sexton_intents_open";
const OLDEST_INTENT: &str = "sexton_intent_open_oldest_seconds";

/// Counts for Prometheus.
pub struct Meter {
    recorder: PrometheusRecorder,
}

impl Default for Meter {
    fn default() -> Self {
        Self { recorder: PrometheusBuilder::new().build_recorder() }
    }
}

impl Meter {
    /// Counts a deletion that this process carried out.
    pub fn tell_ended(&self, system: &str, thing: &str, ended: &Ended, took: Duration) {
        let outcome = ended.as_ref().map_or_else(Outcome::of, |_| Outcome::Done).word();
        let labels = [
            ("system", system.to_owned()),
            ("thing", thing.to_owned()),
            ("outcome", outcome.to_owned()),
        ];
        with_local_recorder(&self.recorder, || {
            counter!(DELETIONS, &labels).increment(1);
            histogram!(SECONDS, &labels).record(took.as_secs_f64());
            if let Ok(receipt) = ended {
                tell_removed(system, thing, receipt);
            }
        });
    }

    /// Tells how much of a system is still to be done.
    pub fn tell_backlog(&self, system: &str, backlog: Backlog, now: Timestamp) {
        let age = |since: Option<Timestamp>| {
            let micros = since.map_or(0, |since| now.0.saturating_sub(since.0).max(0));
            Duration::from_micros(micros.unsigned_abs()).as_secs_f64()
        };
        let count = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        let labels = [("system", system.to_owned())];
        with_local_recorder(&self.recorder, || {
            gauge!(UNFINISHED, &labels).set(count(backlog.deletions));
            gauge!(OLDEST_UNFINISHED, &labels).set(age(backlog.oldest_deletion));
            gauge!(INTENTS, &labels).set(count(backlog.intents));
            gauge!(OLDEST_INTENT, &labels).set(age(backlog.oldest_intent));
        });
    }

    /// All of it, as Prometheus reads it.
    pub fn text(&self) -> String {
        self.recorder.handle().render()
    }
}

fn tell_removed(system: &str, thing: &str, receipt: &Receipt) {
    let labels = [("system", system.to_owned()), ("thing", thing.to_owned())];
    counter!(ROWS, &labels).increment(receipt.rows());
    for (store, removed) in receipt.objects_gone.values().flatten() {
        let labels = [("system", system.to_owned()), ("store", store.to_string())];
        counter!(OBJECTS, &labels).increment(removed.deleted);
        counter!(BYTES, &labels).increment(removed.bytes);
    }
}
