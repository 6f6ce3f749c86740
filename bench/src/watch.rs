//! Times every call over the database port, without changing what it does.
//!
//! Calls come one after the other, so the last point before a call is its beginning, and every
//! call belongs to the transaction that began last.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sexton_testkit::interpose::{Moment, Point, Watcher};

use crate::clock;

/// One call.
#[derive(Debug, Clone)]
pub struct Call {
    /// Which transaction it belongs to, from 1; 0 is none.
    pub tx: usize,
    /// What it did: the statement's label or the port's method.
    pub label: String,
    /// What its transaction is for: `look`, `change` or `keep`.
    pub mode: String,
    /// When it began.
    pub began: Instant,
    /// How long until its answer.
    pub took: Duration,
}

/// Writes every call down.
#[derive(Default)]
pub struct Log(Mutex<Calls>);

#[derive(Default)]
struct Calls {
    tx: usize,
    began: Option<Instant>,
    done: Vec<Call>,
}

impl Log {
    /// All calls since the last time, and forgets them.
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *self.lock()).done
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Watcher for Log {
    async fn at(&self, point: &Point) {
        let now = clock::start();
        let mut calls = self.lock();
        if point.moment == Moment::Before {
            calls.tx += usize::from(point.call.starts_with("begin ("));
            calls.began = Some(now);
            return;
        }
        let Some(began) = calls.began.take() else { return };
        let (label, mode) = point.call.rsplit_once(" (").unwrap_or((&point.call, ""));
        let call = Call {
            tx: calls.tx,
            label: label.to_owned(),
            mode: mode.trim_end_matches(')').to_owned(),
            began,
            took: now - began,
        };
        calls.done.push(call);
    }
}
