//! Writes down every point that is met.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{Point, Watcher};

/// Knows every point met so far.
#[derive(Debug, Default)]
pub struct Recorder {
    names: Mutex<Vec<String>>,
}

impl Recorder {
    /// The names of all points met, in order.
    pub fn points(&self) -> Vec<String> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often a point was met.
    pub fn count(&self, name: &str) -> usize {
        self.points().iter().filter(|met| *met == name).count()
    }

    /// The names of calls that failed.
    pub fn failures(&self) -> Vec<String> {
        let points = self.points();
        points.iter().filter_map(|name| name.strip_prefix("failed ")).map(str::to_owned).collect()
    }
}

#[async_trait]
impl Watcher for Recorder {
    async fn at(&self, point: &Point) {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).push(point.name());
    }
}
