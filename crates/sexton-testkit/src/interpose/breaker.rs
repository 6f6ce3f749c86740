//! Lets calls fail as if the database had, without reaching it.

use sexton_engine::ports::DatabaseError;

use super::{Moment, Point, Watcher};

/// Fails every call of a name.
pub struct Breaker {
    call: String,
}

impl Breaker {
    /// A call as points name it, with its mode: `commit (keep)`.
    pub fn of(call: &str) -> Self {
        Self { call: call.to_owned() }
    }
}

#[async_trait::async_trait]
impl Watcher for Breaker {
    async fn at(&self, _point: &Point) {}

    fn failure(&self, point: &Point) -> Option<DatabaseError> {
        (point.moment == Moment::Before && point.call == self.call).then(|| {
            let detail = "the test breaks it".into();
            DatabaseError::Failed { label: self.call.clone(), detail }
        })
    }
}
