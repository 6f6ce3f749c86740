//! Who carries out what a command asks for: the engine on the policy's database, or a server.
//!
//! A command asks a desk and shows what it answers, and does not know which one it is: so what is
//! printed, what is asked and how it exits is the same. Answers are the engine's own values; what
//! a server sends is read into them.

mod answers;
mod here;
mod there;

use async_trait::async_trait;
use serde_json::Value;
use sexton_core::audit::{ObjectsGone, Receipt};
use sexton_core::lifecycle::State;
use sexton_core::names::{DeletionId, Timestamp};
use sexton_core::preview::Preview;
use sexton_core::sweep::{InStore, SweepReport};
use sexton_engine::ports::{OpenIntent, Pause};
use sexton_engine::{AuditEntry, Cancelled, DeletionStatus, Gone, Reclaimed, Waiting};
use tokio::sync::watch;

use crate::arguments::{At, Delete, Restore, Shared, Sweep, Target};
use crate::failure::Failure;
use crate::shell::CommandLine;
use crate::wiring::{self, Opened};
use there::There;

/// What became of deletions that were gone on with.
pub type Settled = Vec<(DeletionId, State)>;

/// Who is told how far a sweep is.
pub type Progress<'p> = dyn FnMut(&InStore) + Send + 'p;

/// Where commands are carried out.
#[async_trait]
pub trait Desk: Send + Sync {
    /// How this program is called on it.
    fn line(&self) -> &CommandLine;

    /// Where its answers come from, as the head of a preview tells it.
    fn place(&self) -> String;

    /// The engine, where it is at hand.
    fn engine(&self) -> Option<&Opened> {
        None
    }

    /// How many objects it has removed so far, as far as it tells.
    fn gone(&self) -> watch::Receiver<Gone>;

    /// What a deletion would do; nothing is changed.
    async fn preview(&self, target: &Target, for_good: bool) -> Result<Shown, Failure>;

    /// Why nothing of this kind can be deleted here at all, in a sentence.
    async fn obstacle(&self, thing: &str) -> Result<Option<String>, Failure>;

    /// Refuses a deletion that its preview refuses, or that is not what was confirmed before.
    async fn admit(&self, delete: &Delete, shown: &Shown) -> Result<(), Failure>;

    /// Deletes what was shown, or what is there where nothing binds it.
    async fn delete(
        &self,
        delete: &Delete,
        shown: &Shown,
        waiting: &watch::Sender<Option<Waiting>>,
    ) -> Result<Ended, Failure>;

    /// Asks those at work to stop.
    async fn cancel(&self, target: &Target) -> Result<Cancelled, Failure>;

    /// Goes on with what dead processes left; none where it can only be read.
    async fn settle(&self) -> Result<Option<Settled>, Failure>;

    /// One deletion.
    async fn status(&self, id: &str) -> Result<Option<DeletionStatus>, Failure>;

    /// The latest deletions, newest first, and the system that they are of.
    async fn statuses(&self, limit: u32) -> Result<(String, Vec<DeletionStatus>), Failure>;

    /// What is paused.
    async fn pauses(&self) -> Result<Vec<Pause>, Failure>;

    /// Gives back what a deletion has hidden, or says why it cannot.
    async fn restore(&self, restore: &Restore) -> Result<Option<Back>, Failure>;

    /// Carries out now what a deletion still has to do; whether nothing failed.
    async fn retry(&self, id: &str) -> Result<Option<(Settled, bool)>, Failure>;

    /// The latest records of the audit.
    async fn records(&self, limit: usize) -> Result<Vec<AuditEntry>, Failure>;

    /// Whether the chain of records is whole.
    async fn verify(&self) -> Result<Chain, Failure>;

    /// Compares stores with rows, and removes what no row names where that is asked for.
    async fn sweep(
        &self,
        sweep: &Sweep,
        progress: &mut Progress<'_>,
    ) -> Result<(SweepReport, Option<Vec<Reclaimed>>), Failure>;
}

/// A preview, and what it is confirmed by.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The preview.
    pub preview: Preview,
    /// As a server keeps it.
    pub kept: Option<sexton_client::What>,
}

/// How a deletion ended, as far as this program has seen it.
#[derive(Debug)]
pub enum Ended {
    /// It is gone, or hidden, and was looked at again.
    Done(Box<Receipt>),
    /// The rows are gone; promises are left.
    Left(Box<Left>),
    /// It goes on by itself.
    GoesOn(Box<DeletionStatus>),
}

/// What came of taking back what was hidden.
#[derive(Debug)]
pub enum Back {
    /// It is what it was: so many rows, as far as it is told.
    Rows(Option<u64>),
    /// It stays hidden, or is gone; why.
    Refused(String),
}

/// What is left of a deletion whose rows are gone.
#[derive(Debug)]
pub struct Left {
    /// The deletion.
    pub deletion: DeletionId,
    /// How many promises.
    pub open: u64,
    /// Those that failed.
    pub failing: Vec<OpenIntent>,
    /// What came of objects so far.
    pub objects: ObjectsGone,
    /// When the next promise is due.
    pub next_try: Option<Timestamp>,
    /// What goes on with it, or tells of it, and in which words.
    pub next: (&'static str, String),
}

/// What verifying the chain has found.
#[derive(Debug)]
pub struct Chain {
    /// How many sealed records were judged.
    pub records: u64,
    /// How many are not sealed yet.
    pub unsealed: u64,
    /// The hash at the end of the chain.
    pub head: String,
    /// What is wrong: a sentence each, and the same for programs.
    pub faults: Vec<(String, Value)>,
}

/// The desk that the command line names.
pub async fn open(at: &At, shared: &Shared) -> Result<Box<dyn Desk>, Failure> {
    match &at.server {
        Some(server) => Ok(Box::new(There::open(server, at, shared).await?)),
        None => Ok(Box::new(wiring::open(shared).await?)),
    }
}

/// The same for a deletion that removes objects itself for so long.
pub async fn open_for(delete: &Delete, shared: &Shared) -> Result<Box<dyn Desk>, Failure> {
    if delete.at.server.is_some() {
        return open(&delete.at, shared).await;
    }
    let mut opened = wiring::open(shared).await?;
    opened.system = opened.system.with_patience(delete.wait);
    Ok(Box::new(opened))
}
