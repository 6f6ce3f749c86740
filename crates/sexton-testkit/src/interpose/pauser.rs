//! Stops a run at a point until the test lets it go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use super::{Moment, Point, Watcher};

/// Stops whoever comes to a chosen point.
pub struct Pauser {
    at: At,
    spent: AtomicBool,
    stops: mpsc::UnboundedSender<Stop>,
}

enum At {
    First(String),
    Every,
    EveryFailure,
}

/// Where the test waits for a run to arrive.
pub struct Stops {
    arriving: mpsc::UnboundedReceiver<Stop>,
}

/// A run that stands still. It goes on when this is dropped.
pub struct Stop {
    /// Where it stands.
    pub point: Point,
    _go: oneshot::Sender<()>,
}

impl Pauser {
    /// Stops the first that comes to the point of this name.
    pub fn at(name: &str) -> (Arc<Self>, Stops) {
        Self::new(At::First(name.to_owned()))
    }

    /// Stops at every point.
    pub fn everywhere() -> (Arc<Self>, Stops) {
        Self::new(At::Every)
    }

    /// Stops after every call that failed.
    pub fn at_failures() -> (Arc<Self>, Stops) {
        Self::new(At::EveryFailure)
    }

    fn new(at: At) -> (Arc<Self>, Stops) {
        let (stops, arriving) = mpsc::unbounded_channel();
        (Arc::new(Self { at, spent: AtomicBool::new(false), stops }), Stops { arriving })
    }

    fn is_wanted(&self, point: &Point) -> bool {
        match &self.at {
            At::First(name) => point.name() == *name && !self.spent.swap(true, Ordering::Relaxed),
            At::Every => true,
            At::EveryFailure => point.moment == Moment::Failed,
        }
    }
}

#[async_trait]
impl Watcher for Pauser {
    async fn at(&self, point: &Point) {
        if !self.is_wanted(point) {
            return;
        }
        let (go, may_go) = oneshot::channel();
        // A test that waits for nobody any more lets everybody pass.
        if self.stops.send(Stop { point: point.clone(), _go: go }).is_ok() {
            may_go.await.ok();
        }
    }
}

impl Stops {
    /// Waits until somebody has arrived. `None` once nobody can come any more.
    pub async fn next(&mut self) -> Option<Stop> {
        self.arriving.recv().await
    }
}

impl Stop {
    /// Lets the run go on.
    pub fn go(self) {}
}
