//! The applications of a demo that is served: something comes in now and then, and is worked on.
//!
//! Each is a thread with a connection of its own, as it would be a process in earnest. It ends in the
//! middle of nothing: a job that it has begun is ended before it looks whether it is to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use sexton_samples::app::{AppError, Application, Event, Life, Submission, Values, Voice};
use tokio::runtime::Builder;

use super::live::Place;
use crate::failure::Failure;

/// Between two things that come in.
const PAUSE: Duration = Duration::from_secs(15);
/// So often it is looked whether it is to end.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long one step of work takes: long enough to be seen, and to be deleted under.
const PACE: Duration = Duration::from_millis(400);
/// So many things come in; a demo that is left alone does not fill the disk.
const COMING_MAX: u32 = 200;

/// Applications at work.
pub struct Workers {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Result<(), AppError>>>,
}

impl Workers {
    /// Nobody is at work yet.
    pub fn new() -> Self {
        Self { stop: Arc::default(), threads: Vec::new() }
    }

    /// Starts the application of a sample.
    pub fn start(&mut self, sample: &str, place: Place) -> Result<(), Failure> {
        let application = Application::of(sample).ok_or(Failure::NoApplication)?;
        let stop = Stop(self.stop.clone());
        self.threads.push(thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a thread can have a runtime of its own");
            runtime.block_on(live(application, &place, stop))
        }));
        Ok(())
    }

    /// Tells all of them to end, and waits until they have.
    pub fn ended(self) -> Result<(), Failure> {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        }
        Ok(())
    }
}

async fn live(application: Application, place: &Place, mut stop: Stop) -> Result<(), AppError> {
    let mut client = place.open(&application).await?;
    let role = application.roles[0];
    let life = Life { pace: PACE, ..Life::of(role, "worker-1") };
    let mut coming = 0;
    while stop.goes_on() {
        // What waits is worked off first: the seed has some, and an earlier demo may have left some.
        life.live(&application, &mut client, &mut stop).await?;
        if coming < COMING_MAX && stop.goes_on() {
            coming += 1;
            let name = format!("live-{}-{coming}", std::process::id());
            let given = Values::new();
            let submission = Submission { name, jobs: 1, seed: coming.into(), act: None, given };
            submission.run(&application, &mut client, &mut stop).await?;
            life.live(&application, &mut client, &mut stop).await?;
        }
        let mut waited = Duration::ZERO;
        while waited < PAUSE && stop.goes_on() {
            tokio::time::sleep(LOOK_EVERY).await;
            waited += LOOK_EVERY;
        }
    }
    Ok(())
}

/// The voice of a worker that nobody listens to, and that is told when to stop.
#[derive(Clone)]
struct Stop(Arc<AtomicBool>);

impl Voice for Stop {
    fn tell(&mut self, _: Event) {}

    fn hold(&mut self, _: Event) {}

    fn goes_on(&mut self) -> bool {
        !self.0.load(Ordering::Relaxed)
    }
}
