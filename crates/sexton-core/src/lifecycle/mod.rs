//! The life of a deletion: its states, its events, and the one function that judges changes.
//!
//! A state says what has happened, so that after a crash the state says what is true. The
//! database repeats the states as a CHECK constraint; every write names the state and the
//! lease it expects and must touch exactly one row.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is true of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Stored; nothing has happened.
    Requested,
    /// End: refused, with the outcome; nothing changed.
    Refused,
    /// Work in flight was asked to stop, and has stopped; nothing is gone.
    Drained,
    /// The root is invisible; nothing is gone.
    Hidden,
    /// What hangs below a hidden root is going, a chunk at a time.
    Purging,
    /// Nothing is left below what was hidden; looking again is still to come.
    Purged,
    /// End: what was hidden is visible again, as it was.
    Restored,
    /// Rows are gone in one transaction; looking again is still to come.
    Committed,
    /// Nothing of its promises is left to carry out; looking again is still to come.
    Reaped,
    /// End: looked at again, nothing left, receipt written.
    Complete,
    /// End: taken back, or its process ended, before anything was gone.
    Withdrawn,
}

impl State {
    /// Every state, in the order of a life.
    pub const ALL: [Self; 11] = [
        Self::Requested,
        Self::Refused,
        Self::Withdrawn,
        Self::Drained,
        Self::Hidden,
        Self::Restored,
        Self::Purging,
        Self::Purged,
        Self::Committed,
        Self::Reaped,
        Self::Complete,
    ];

    /// The word used in tables, output and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Refused => "refused",
            Self::Drained => "drained",
            Self::Hidden => "hidden",
            Self::Restored => "restored",
            Self::Purging => "purging",
            Self::Purged => "purged",
            Self::Committed => "committed",
            Self::Reaped => "reaped",
            Self::Complete => "complete",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether nothing will happen any more.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Refused | Self::Complete | Self::Withdrawn | Self::Restored)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What can happen to a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// A guard, hold, limit, state or difference refused it.
    Refused,
    /// It was taken back, or its process ended before the commit.
    Withdrawn,
    /// Work in flight has stopped.
    Drained,
    /// The root is invisible.
    Hidden,
    /// It is visible again.
    Restored,
    /// The first chunk is about to go.
    Begun,
    /// Nothing was found below it, whoever had locked it.
    Emptied,
    /// The transaction committed.
    Committed,
    /// No stored promise is left.
    Reaped,
    /// Looking again found nothing, and the receipt is written.
    Verified,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 10] = [
        Self::Refused,
        Self::Withdrawn,
        Self::Drained,
        Self::Hidden,
        Self::Restored,
        Self::Begun,
        Self::Emptied,
        Self::Committed,
        Self::Reaped,
        Self::Verified,
    ];
}

/// A change of state that is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a deletion that is {from} cannot become what {event:?} says")]
pub struct IllegalTransition {
    /// The state it was in.
    pub from: State,
    /// The event that does not fit.
    pub event: Event,
}

/// The only judge of which change of state is allowed.
pub fn next(state: State, event: Event) -> Result<State, IllegalTransition> {
    match (state, event) {
        (State::Requested | State::Drained, Event::Refused) => Ok(State::Refused),
        (State::Requested | State::Drained, Event::Withdrawn) => Ok(State::Withdrawn),
        (State::Requested, Event::Drained) => Ok(State::Drained),
        (State::Requested | State::Drained, Event::Committed) => Ok(State::Committed),
        (State::Requested | State::Drained, Event::Hidden) => Ok(State::Hidden),
        (State::Hidden, Event::Restored) => Ok(State::Restored),
        (State::Hidden, Event::Begun) => Ok(State::Purging),
        (State::Hidden | State::Purging, Event::Emptied) => Ok(State::Purged),
        (State::Committed | State::Purged, Event::Reaped) => Ok(State::Reaped),
        (State::Reaped, Event::Verified) => Ok(State::Complete),
        (from, event) => Err(IllegalTransition { from, event }),
    }
}

#[cfg(test)]
mod tests;
