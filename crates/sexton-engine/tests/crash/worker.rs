//! A worker of the application, at work on a job of the batch that is deleted.
//!
//! It stops as it always does, by the application's own statements: when it has been asked, and
//! not before the deletion has looked for it once. So a deletion meets the same points each time.

use async_trait::async_trait;
use sexton_samples::app::{AppError, Application, Client, Done, Values};
use sexton_testkit::interpose::{Point, Watcher};

/// The job that is at work, and its domain.
const JOB: &str = "autumn-2026-ghent-again";
const DOMAIN: u32 = 7;
/// From here on the deletion knows that somebody is at work.
const SEEN: &str = "after see who is at work on jobs (look)";

/// A worker that stops once it has been asked.
pub struct Worker {
    /// Where its job lies.
    pub address: String,
}

#[async_trait]
impl Watcher for Worker {
    async fn at(&self, point: &Point) {
        if point.name() == SEEN {
            stops_if_asked(&self.address).await;
        }
    }
}

/// How far a worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stood {
    /// Nobody asked it to stop.
    AtWork,
    /// It was asked, and has stopped by now.
    Stopped,
    /// It has stopped before, or its job went.
    Elsewhere,
}

/// A worker takes the job that waits, and another one comes in after it.
pub async fn begins(address: &str) {
    let mut client = client(address).await;
    let known = known();
    let Done::Committed(claimed) = ran(&mut client, "worker.claim", &known).await else {
        panic!("a claim has no conditions");
    };
    for value in ["job", "domain"] {
        assert_eq!(claimed[0].get(value), known.get(value));
    }
    for part in ["worker.start", "worker.write", "submit.job"] {
        assert!(ran(&mut client, part, &known).await != Done::NotMet, "{part}");
    }
}

/// The worker looks whether it is to stop, as with every heart-beat.
pub async fn stops_if_asked(address: &str) -> Stood {
    let mut client = client(address).await;
    let known = known();
    let Done::Committed(rows) = ran(&mut client, "worker.heartbeat", &known).await else {
        return Stood::Elsewhere;
    };
    if !rows.iter().any(|row| row.is_true("cancel")) {
        return Stood::AtWork;
    }
    assert!(ran(&mut client, "worker.cancel", &known).await != Done::NotMet);
    Stood::Stopped
}

/// Whether the application is refused when it hands the batch in once more.
pub async fn is_fenced_off(address: &str) -> bool {
    let mut client = client(address).await;
    let refused = client.run("submit.batch", &known().with("jobs", &1)).await;
    refused.is_err_and(|error| error.is_refusal())
}

async fn client(address: &str) -> Client {
    let application = Application::of("batches").expect("it is a sample");
    application.open(address).await.expect("the place is there")
}

async fn ran(client: &mut Client, section: &str, known: &Values) -> Done {
    let done: Result<Done, AppError> = client.run(section, known).await;
    done.unwrap_or_else(|error| panic!("{section}: {error:?}"))
}

fn known() -> Values {
    Values::new()
        .with("job", JOB)
        .with("domain", &DOMAIN)
        .with("worker", "a")
        .with("lease", &3600)
        .with("steps", &3)
        .with("step", &1)
        .with("roll", &50)
        .with("name", "autumn-2026")
        .with("n", &1)
}
