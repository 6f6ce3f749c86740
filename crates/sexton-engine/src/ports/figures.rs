//! What is kept in figures, for whoever looks over a system: deletions by the day on which they
//! ended, and how much things and stores held on a day.
//!
//! A day is counted once, by workers, behind the deletions: none of these statements is part of
//! one. Whatever a person looks at then costs the days that are shown, and not the history.

use async_trait::async_trait;
use sexton_core::lifecycle::State;
use sexton_core::names::{DeletionId, SystemName, ThingName, Timestamp};

use super::error::DatabaseError;

/// How far the deletions of a system are counted: the last one, by when it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// When it ended.
    pub ended_at: Timestamp,
    /// Its id.
    pub deletion: DeletionId,
}

/// A deletion that is at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedDeletion {
    /// Its id.
    pub id: DeletionId,
    /// The thing.
    pub thing: ThingName,
    /// How it ended.
    pub state: State,
    /// When.
    pub ended_at: Timestamp,
    /// The receipt: JSON.
    pub receipt: Option<String>,
}

/// Deletions of one thing that ended alike on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayCount {
    /// The day, as the number of days since 1970 UTC.
    pub day: i64,
    /// The thing.
    pub thing: ThingName,
    /// How they ended.
    pub state: State,
    /// How many.
    pub deletions: u64,
    /// How many rows went with them.
    pub rows: u64,
    /// How many objects.
    pub objects: u64,
    /// How many bytes of objects, as far as stores told.
    pub bytes: u64,
}

/// Of what a sample is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SampleOf {
    /// A thing, of which rows are counted.
    Thing,
    /// A store, of which a sweep counts objects.
    Store,
}

impl SampleOf {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Thing => "thing",
            Self::Store => "store",
        }
    }

    /// What the word stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Thing, Self::Store].into_iter().find(|of| of.as_str() == word)
    }
}

/// How much a thing or a store held; of one day, the last stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Of which of both.
    pub of: SampleOf,
    /// Its name.
    pub name: String,
    /// The day, as the number of days since 1970 UTC.
    pub day: i64,
    /// When it was taken.
    pub at: Timestamp,
    /// How many rows, or objects.
    pub items: u64,
    /// How many bytes, where that is known.
    pub bytes: Option<u64>,
    /// How many objects no row accounts for, in a store.
    pub orphans: Option<u64>,
    /// How many rows name an object that is not there, in a store.
    pub dangling: Option<u64>,
}

/// Deletions that are not at an end, by their state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnderWay {
    /// The state.
    pub state: State,
    /// How many.
    pub deletions: u64,
    /// When the oldest of them was asked for.
    pub oldest: Timestamp,
}

/// Promises that failed for one reason and will be tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailingRule {
    /// The rule or hook.
    pub rule: String,
    /// What was said last.
    pub reason: String,
    /// How many.
    pub intents: u64,
    /// One of the deletions that wait for them.
    pub deletion: DeletionId,
    /// When the first of them is tried next.
    pub next_try: Timestamp,
}

/// What is kept in figures, inside a transaction.
#[async_trait]
pub trait Figures {
    /// How far deletions of the system are counted; nothing before the first time. Locks nothing.
    async fn counted(&mut self, system: &SystemName) -> Result<Option<Counted>, DatabaseError>;

    /// Moves on how far they are counted, if it still is where it was; says whether it was. Waits
    /// for whoever moves it at the same time; a repeat moves nothing.
    async fn move_counted(
        &mut self,
        system: &SystemName,
        from: Option<&Counted>,
        to: &Counted,
    ) -> Result<bool, DatabaseError>;

    /// Deletions that ended behind that one and before `until`, in the order of their end, at most
    /// `limit`. Locks nothing.
    async fn ended(
        &mut self,
        system: &SystemName,
        behind: Option<&Counted>,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<EndedDeletion>, DatabaseError>;

    /// Adds deletions to those of their day. A repeat adds them again.
    async fn add_to_day(
        &mut self,
        system: &SystemName,
        count: &DayCount,
    ) -> Result<(), DatabaseError>;

    /// Counts of this day and later ones, by day. Locks nothing.
    async fn days(
        &mut self,
        system: &SystemName,
        from: i64,
    ) -> Result<Vec<DayCount>, DatabaseError>;

    /// Keeps a sample instead of the one of its day. A repeat keeps the same.
    async fn keep_sample(
        &mut self,
        system: &SystemName,
        sample: &Sample,
    ) -> Result<(), DatabaseError>;

    /// Samples of this day and later ones, by what they are of and by day. Locks nothing.
    async fn samples(
        &mut self,
        system: &SystemName,
        from: i64,
    ) -> Result<Vec<Sample>, DatabaseError>;

    /// Forgets samples of days before this one; says how many. A repeat finds none.
    async fn forget_samples(
        &mut self,
        system: &SystemName,
        before: i64,
    ) -> Result<u64, DatabaseError>;

    /// Deletions that are not at an end, by state. Locks nothing.
    async fn under_way(&mut self, system: &SystemName) -> Result<Vec<UnderWay>, DatabaseError>;

    /// Open promises that failed before, put together by rule and reason, the most first, at most
    /// `limit`. Locks nothing.
    async fn failing_rules(
        &mut self,
        system: &SystemName,
        limit: u32,
    ) -> Result<Vec<FailingRule>, DatabaseError>;
}
