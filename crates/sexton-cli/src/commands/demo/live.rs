//! The living part of a demo: something comes in, workers take it, and it is deleted under them.
//!
//! Each worker is a thread with a connection of its own, as it would be a process in earnest. It
//! stands before its second step until the deletion has ended, or waits for it.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use sexton_core::names::{Actor, ThingName};
use sexton_engine::ports::{Clock, SystemClock};
use sexton_engine::{Caller, DeleteError, DeleteRequest, Root, RootKey};
use sexton_samples::app::{
    AppError, AppStores, Application, Client, Event, Life, Submission, Values, Voice,
};
use tokio::runtime::Builder;

use super::story::Story;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::text;
use crate::wiring::Opened;

/// A deletion that has not ended by then waits for the workers.
const PATIENCE: Duration = Duration::from_secs(1);

/// What comes in, and what of it is deleted.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    /// The thing that is deleted.
    pub thing: &'static str,
    /// Which value of the submission is its id.
    pub id: &'static str,
    /// How many jobs come in.
    pub jobs: u32,
    /// How many workers find one of them.
    pub workers: u32,
}

/// Where the application is at work.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its database.
    pub database: String,
    /// Its stores, by name.
    pub stores: Vec<(String, String)>,
}

impl Place {
    /// Opens it for somebody who works there.
    pub async fn open(&self, application: &Application) -> Result<Client, AppError> {
        let client = application.open(&self.database).await?;
        Ok(client.with_stores(AppStores::open(&self.stores)?))
    }
}

/// Tells it all.
pub async fn show(
    story: &Story,
    place: &Place,
    opened: &Opened,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let application = Application::of(story.sample.name).ok_or(Failure::NoApplication)?;
    let known = submitted(&application, place, story.live.jobs).await?;
    let workers = (1..=story.live.workers)
        .map(|number| AtWork::start(application, place, number))
        .collect::<Result<Vec<_>, Failure>>()?;
    for worker in &workers {
        screen.say(&format!("  {} works on {}", worker.name, short(&worker.job)));
    }
    let id = known.get(story.live.id).unwrap_or_default();
    let root = Root {
        thing: ThingName::new(story.live.thing),
        key: RootKey::Id(id.into()),
        options: std::collections::BTreeMap::new(),
        caller: Caller::operator(Actor::new("demo")),
    };
    let request = DeleteRequest { root, reason: Some("under its workers".into()), bound_to: None };
    let refused = deleted(&request, &workers, opened, screen).await?;
    for worker in workers {
        screen.say(&worker.ended()?);
    }
    if refused {
        screen.say("So now it can go:");
        deleted(&request, &[], opened, screen).await?;
    }
    Ok(())
}

/// Says how the deletion ended, and whether it was refused.
async fn deleted(
    request: &DeleteRequest,
    workers: &[AtWork],
    opened: &Opened,
    screen: &mut Screen,
) -> Result<bool, Failure> {
    let began = SystemClock.now();
    let mut deletion = std::pin::pin!(opened.system.delete(request));
    let ended = tokio::select! {
        ended = &mut deletion => ended,
        () = tokio::time::sleep(PATIENCE) => {
            workers.iter().for_each(AtWork::go_on);
            deletion.await
        }
    };
    workers.iter().for_each(AtWork::go_on);
    match ended {
        Ok(receipt) => {
            let took = text::took(began, SystemClock.now());
            screen.say(&text::brief_receipt(&receipt, &took));
            Ok(false)
        }
        Err(DeleteError::Refused(refusal)) => {
            for blocker in refusal.blockers {
                screen.say(&text::wrapped(&format!("Refused: {}", blocker.message)));
            }
            Ok(true)
        }
        Err(other) => Err(opened.failure(other)),
    }
}

/// Works off what waits already, and hands in something new.
async fn submitted(
    application: &Application,
    place: &Place,
    jobs: u32,
) -> Result<Values, AppError> {
    let mut client = place.open(application).await?;
    let before = Life::of(application.roles[0], "worker-0");
    before.live(application, &mut client, &mut Nobody).await?;
    let submission =
        Submission { name: "live".into(), jobs, seed: 1, act: None, given: Values::new() };
    submission.run(application, &mut client, &mut Nobody).await
}

/// Ids that nobody reads to their end.
fn short(id: &str) -> &str {
    if id.len() == 36 { &id[..8] } else { id }
}

/// Nobody listens.
struct Nobody;

impl Voice for Nobody {
    fn tell(&mut self, _: Event) {}
    fn hold(&mut self, _: Event) {}
}

/// A worker in a thread of its own, with a job.
struct AtWork {
    name: String,
    job: String,
    go: Sender<()>,
    thread: JoinHandle<Result<String, AppError>>,
}

impl AtWork {
    /// Starts it, and waits until it has written once.
    fn start(application: Application, place: &Place, number: u32) -> Result<Self, Failure> {
        let name = format!("worker-{number}");
        let (go, wait) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let mut voice = Standing { tell, wait: Some(wait), job: String::new(), ended: "" };
        let life = Life::of(application.roles[0], &name);
        let place = place.clone();
        let thread = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a thread can have a runtime of its own");
            runtime.block_on(async {
                let mut client = place.open(&application).await?;
                life.live(&application, &mut client, &mut voice).await
            })?;
            Ok(voice.ended.to_owned())
        });
        match told.recv() {
            Ok(job) => Ok(Self { name, job, go, thread }),
            Err(_) => Err(joined(thread).err().map_or(Failure::NoApplication, Failure::AtWork)),
        }
    }

    fn go_on(&self) {
        // It may have been told already, and ended.
        let _ = self.go.send(());
    }

    /// How it ended.
    fn ended(self) -> Result<String, AppError> {
        let became = match joined(self.thread)?.as_str() {
            "lost" => "finds that it is gone, and writes nothing more",
            "refused" => "is refused by the database, and writes nothing more",
            "cancelled" => "was asked to stop, and ends it",
            _ => "goes on, and ends it",
        };
        Ok(format!("  {} {became}", self.name))
    }
}

fn joined(thread: JoinHandle<Result<String, AppError>>) -> Result<String, AppError> {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The voice of a worker that stands before the second step of its first job.
struct Standing {
    tell: Sender<String>,
    wait: Option<Receiver<()>>,
    job: String,
    /// What became of that job.
    ended: &'static str,
}

impl Voice for Standing {
    fn tell(&mut self, event: Event) {
        let job = event.values.get("job").unwrap_or_default();
        match event.what {
            "claimed" if self.job.is_empty() => job.clone_into(&mut self.job),
            "wrote" => {
                if let Some(wait) = self.wait.take() {
                    // Whoever started it may have gone; then it goes on.
                    let _ = self.tell.send(self.job.clone());
                    let _ = wait.recv();
                }
            }
            "lost" | "refused" | "cancelled" | "done" if job == self.job => {
                self.ended = event.what;
            }
            _ => {}
        }
    }

    fn hold(&mut self, _: Event) {}
}
