//! The life of a worker: claim, start, heart-beat and write step by step, finish or cancel.
//!
//! A worker holds a job by its lease, judged by the database's clock in every statement. When a
//! condition of a statement is not met, the job is somebody else's or gone: the worker says
//! `lost` and looks for another. A job that is missing is thereby the same as a cancelled one.

use std::time::Duration;

use super::application::{Application, Client, Role};
use super::connection::{AppError, Done, Manner};
use super::values::{Values, dice, id};
use super::voice::{Event, Voice};

/// How often an idle worker looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A worker of one role.
#[derive(Debug, Clone)]
pub struct Life {
    /// Its role.
    pub role: Role,
    /// Its name.
    pub worker: String,
    /// How long a claim or heart-beat holds.
    pub lease_secs: u32,
    /// How often it writes for one job.
    pub steps: u32,
    /// Other seeds, other contents.
    pub seed: u64,
    /// Whether it ends when there is nothing to claim.
    pub until_idle: bool,
    /// How long each step takes.
    pub pace: Duration,
    /// How it misbehaves.
    pub faults: Faults,
}

/// How a worker misbehaves.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// It stops for ever after its claim.
    pub hang: bool,
    /// It sleeps after its first step, and writes on without a heart-beat.
    pub late: bool,
    /// It fails its jobs instead of finishing them.
    pub fail: bool,
    /// It works on when it is asked to stop.
    pub ignore_cancel: bool,
    /// It never checks whether its job is still its own.
    pub careless: bool,
}

/// What a worker has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Jobs ended as they should.
    pub done: u32,
    /// Jobs ended because somebody asked.
    pub cancelled: u32,
    /// Jobs that were somebody else's, or gone, before they ended.
    pub lost: u32,
}

/// How a section ended for the worker.
enum Went {
    On(Vec<Values>),
    Off,
}

impl Life {
    /// A worker of this role that behaves.
    pub fn of(role: Role, worker: &str) -> Self {
        Self {
            role,
            worker: worker.to_owned(),
            lease_secs: 60,
            steps: role.steps,
            seed: 1,
            until_idle: true,
            pace: Duration::ZERO,
            faults: Faults::default(),
        }
    }

    /// Works until there is nothing left, or somebody says stop.
    pub async fn live(
        &self,
        application: &Application,
        client: &mut Client,
        voice: &mut dyn Voice,
    ) -> Result<Tally, AppError> {
        let mut worker = Worker { life: self, client, voice, tally: Tally::default() };
        let known = Values::new()
            .with("worker", &self.worker)
            .with("worker_id", &id(&[application.name, "worker", &self.worker]))
            .with("lease", &self.lease_secs)
            .with("steps", &self.steps);
        worker.optional("open", &known).await?;
        worker.voice.tell(Event::new("ready", Values::new().with("worker", &self.worker)));
        let mut was_idle = false;
        while worker.voice.goes_on() {
            worker.optional("recover", &known).await?;
            let Some(job) = worker.claim(&known).await? else {
                if !was_idle {
                    worker.voice.tell(Event::new("idle", Values::new()));
                }
                if self.until_idle {
                    break;
                }
                was_idle = true;
                tokio::time::sleep(LOOK_AGAIN).await;
                continue;
            };
            was_idle = false;
            let mut known = known.clone();
            known.take(&job);
            worker.job(known).await?;
        }
        Ok(worker.tally)
    }
}

struct Worker<'a> {
    life: &'a Life,
    client: &'a mut Client,
    voice: &'a mut dyn Voice,
    tally: Tally,
}

impl Worker<'_> {
    async fn claim(&mut self, known: &Values) -> Result<Option<Values>, AppError> {
        let Some(Went::On(rows)) = self.run("claim", known).await? else { return Ok(None) };
        let claimed = rows.into_iter().next();
        if let Some(job) = &claimed {
            self.voice.tell(Event::new("claimed", job.clone()));
        }
        Ok(claimed)
    }

    async fn job(&mut self, mut known: Values) -> Result<(), AppError> {
        let job = known.get("job").unwrap_or_default().to_owned();
        while self.life.faults.hang {
            self.voice.hold(event("hanging", &job));
        }
        self.roll(&mut known, &job, 0);
        if !self.go("start", "started", &mut known).await? {
            return Ok(());
        }
        for step in 1..=self.life.steps {
            self.roll(&mut known, &job, step);
            if step == 2 && self.life.faults.late {
                self.voice.hold(event("late", &job));
            } else if !self.beats(&known).await? {
                return Ok(());
            }
            if !self.go("write", "wrote", &mut known).await? {
                return Ok(());
            }
            tokio::time::sleep(self.life.pace).await;
        }
        if self.life.faults.fail {
            self.go("fail", "failed", &mut known).await?;
        } else if self.go("finish", "finished", &mut known).await? {
            self.tally.done += 1;
            self.voice.tell(event("done", &job));
        }
        Ok(())
    }

    /// What is different at each step, and the same whenever that step is done.
    fn roll(&self, known: &mut Values, job: &str, step: u32) {
        let (seed, step) = (self.life.seed.to_string(), step.to_string());
        known.set("step", &step);
        known.set("roll", &(dice(&[&seed, job, &step]) % 100));
        known.set("new", &id(&[self.life.role.name, job, &step]));
    }

    /// Renews the lease, and ends the job if somebody asked for it.
    async fn beats(&mut self, known: &Values) -> Result<bool, AppError> {
        if self.life.faults.careless || self.life.faults.late {
            return Ok(true);
        }
        let rows = match self.run("heartbeat", known).await? {
            None => return Ok(true),
            Some(Went::Off) => return Ok(false),
            Some(Went::On(rows)) => rows,
        };
        let asked = rows.iter().any(|row| row.is_true("cancel"));
        let job = known.get("job").unwrap_or_default();
        let told = event("heartbeat", job);
        self.voice.tell(Event::new("heartbeat", told.values.with("cancel", &asked)));
        if !asked || self.life.faults.ignore_cancel {
            return Ok(true);
        }
        if let Some(Went::On(_)) = self.run("cancel", known).await? {
            self.tally.cancelled += 1;
            self.voice.tell(event("cancelled", job));
        }
        Ok(false)
    }

    /// Runs a part that a role need not have, keeps what it finds, and says so.
    async fn go(
        &mut self,
        part: &'static str,
        what: &'static str,
        known: &mut Values,
    ) -> Result<bool, AppError> {
        match self.run(part, known).await? {
            None => Ok(true),
            Some(Went::Off) => Ok(false),
            Some(Went::On(rows)) => {
                for row in &rows {
                    known.take(row);
                }
                let job = known.get("job").unwrap_or_default();
                let mut told = event(what, job);
                if let (Some(step), "write") = (known.get("step"), part) {
                    told.values.set("step", step);
                }
                self.voice.tell(told);
                Ok(true)
            }
        }
    }

    async fn optional(&mut self, part: &'static str, known: &Values) -> Result<(), AppError> {
        self.run(part, known).await.map(drop)
    }

    /// Runs a part, if the role has it. A part whose condition is not met, or that the database
    /// refuses, ends the job for this worker.
    async fn run(&mut self, part: &'static str, known: &Values) -> Result<Option<Went>, AppError> {
        let name = format!("{}.{part}", self.life.role.name);
        let Some(section) = self.client.section(&name) else { return Ok(None) };
        self.voice.before(part);
        self.client.put(&section, known).await?;
        let voice = &mut *self.voice;
        let mut manner = Manner {
            careless: self.life.faults.careless,
            before_commit: &mut || voice.before_commit(part),
        };
        let job = known.get("job").unwrap_or_default();
        match self.client.connection.run_in(&section, known, &mut manner).await {
            Ok(Done::Committed(rows)) => Ok(Some(Went::On(rows))),
            Ok(Done::NotMet) => {
                self.tally.lost += 1;
                self.voice
                    .tell(Event::new("lost", event("lost", job).values.with("section", part)));
                Ok(Some(Went::Off))
            }
            Err(error) if error.is_refusal() => {
                self.tally.lost += 1;
                let told = event("refused", job).values.with("section", part);
                self.voice.tell(Event::new("refused", error.told(told)));
                Ok(Some(Went::Off))
            }
            Err(error) => Err(error),
        }
    }
}

fn event(what: &'static str, job: &str) -> Event {
    Event::new(what, Values::new().with("job", job))
}
