//! A log in memory, which may be full.

use std::sync::Mutex;

use serde_json::Value;
use sexton_engine::ports::Events;

/// A log in memory.
#[derive(Default)]
pub struct Log {
    lines: Mutex<Vec<Value>>,
    is_full: Mutex<bool>,
}

impl Events for Log {
    fn add(&self, line: &str) -> Result<(), String> {
        if *self.is_full.lock().expect("nobody panics with it") {
            return Err("the disk is full".to_owned());
        }
        assert!(!line.contains('\n'), "{line}");
        let line = serde_json::from_str(line).expect("a line is JSON");
        self.lines.lock().expect("nobody panics with it").push(line);
        Ok(())
    }
}

impl Log {
    /// From now on it takes no line.
    pub fn fill(&self) {
        *self.is_full.lock().expect("nobody panics with it") = true;
    }

    /// From now on it takes lines again.
    pub fn empty(&self) {
        *self.is_full.lock().expect("nobody panics with it") = false;
    }

    /// What was told, without moments and ids of deletions, which must be there.
    pub fn told(&self) -> Vec<Value> {
        let lines = self.lines.lock().expect("nobody panics with it").clone();
        let bare = lines.into_iter().map(|mut line| {
            let fields = line.as_object_mut().expect("a line is a table");
            assert_eq!(fields.keys().next().map(String::as_str), Some("event"));
            let at = fields.shift_remove("at").expect("a line tells when");
            assert!(at.as_str().is_some_and(|at| at.ends_with('Z')), "{at}");
            let of = fields.shift_remove("deletion").expect("a line tells of which deletion");
            assert!(of.as_str().is_some_and(|of| of.starts_with("dlt_")), "{of}");
            assert!(fields.values().all(|value| !value.is_object() && !value.is_array()));
            line
        });
        bare.collect()
    }
}
