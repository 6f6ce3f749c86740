//! Hides what a statement finds, once a point has been passed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Point, Watcher};

/// What is hidden, and since when.
#[derive(Clone)]
pub(super) struct Blind {
    pub(super) label: Arc<str>,
    pub(super) point: Arc<str>,
    pub(super) passed: Arc<AtomicBool>,
}

impl Blind {
    /// Whether nothing is seen of what this statement finds.
    pub(super) fn hides(&self, label: &str) -> bool {
        *self.label == *label && self.passed.load(Ordering::Relaxed)
    }
}

#[async_trait::async_trait]
impl Watcher for Blind {
    async fn at(&self, point: &Point) {
        if *self.point == *point.name() {
            self.passed.store(true, Ordering::Relaxed);
        }
    }
}
