//! The log in which events are told: a file that grows, or standard error.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use sexton_engine::ports::Events;

/// Where lines go.
pub enum Log {
    /// To the end of a file.
    File(Mutex<File>),
    /// To standard error.
    Errors,
}

impl Log {
    /// The log of this name; `-` is standard error.
    pub fn open(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            return Ok(Self::Errors);
        }
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self::File(Mutex::new(file)))
    }
}

impl Events for Log {
    fn add(&self, line: &str) -> Result<(), String> {
        // One write for a line: several programs may append to one file.
        let line = [line, "\n"].concat();
        let added = match self {
            Self::File(file) => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.write_all(line.as_bytes())
            }
            Self::Errors => io::stderr().write_all(line.as_bytes()),
        };
        added.map_err(|error| format!("the log cannot be written: {error}"))
    }
}
