//! A log in memory, and what it was told.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use sexton_engine::ports::Events;

use crate::place::Place;

#[derive(Default)]
pub struct Log(Mutex<Vec<Value>>);

impl Events for Log {
    fn add(&self, line: &str) -> Result<(), String> {
        self.0.lock().unwrap().push(serde_json::from_str(line).unwrap());
        Ok(())
    }
}

impl Log {
    /// The lines of this event, without when and of which deletion they are.
    pub fn of(&self, event: &str) -> Vec<Value> {
        let lines = self.0.lock().unwrap().clone();
        let mut lines: Vec<Value> =
            lines.into_iter().filter(|line| line["event"] == event).collect();
        for line in &mut lines {
            let line = line.as_object_mut().unwrap();
            for known in ["event", "at", "deletion"] {
                assert!(line.shift_remove(known).is_some(), "{known}");
            }
        }
        lines
    }
}

/// The place with a log.
pub fn logged(place: Place) -> (Place, Arc<Log>) {
    let log = Arc::new(Log::default());
    (place.with_log(log.clone()), log)
}
