//! Kills its own process at a point, as a power cut would: nothing is told, nothing cleaned up.
//!
//! The process prints which point it was, so that whoever started it can compare. It belongs in
//! a process that has nothing else to do: one thread that runs the deletion.

use std::io::{self, Write};
use std::process::{self, Command};
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;

use super::{Point, Watcher};

const LAST_WORDS: &str = "killed ";

/// Sends SIGKILL to its own process.
#[derive(Debug)]
pub struct Killer {
    when: When,
    met: AtomicUsize,
}

#[derive(Debug)]
enum When {
    Numbered(usize),
    Named(String),
}

impl Killer {
    /// At the point of this number, the first being 0.
    pub fn at_number(number: usize) -> Self {
        Self { when: When::Numbered(number), met: AtomicUsize::new(0) }
    }

    /// At the first point of this name.
    pub fn at_name(name: &str) -> Self {
        Self { when: When::Named(name.to_owned()), met: AtomicUsize::new(0) }
    }
}

#[async_trait]
impl Watcher for Killer {
    async fn at(&self, point: &Point) {
        let number = self.met.fetch_add(1, Ordering::Relaxed);
        let is_it = match &self.when {
            When::Numbered(wanted) => *wanted == number,
            When::Named(name) => *name == point.name(),
        };
        if is_it {
            end_here(point);
        }
    }
}

fn end_here(point: &Point) -> ! {
    let mut out = io::stdout();
    // Whoever reads these words misses them if they cannot be written, and fails.
    let _ = writeln!(out, "\n{LAST_WORDS}{point}").and_then(|()| out.flush());
    let pid = process::id().to_string();
    let sent = Command::new("sh").args(["-c", "kill -KILL \"$1\"", "sh", &pid]).status();
    // Still here: the signal was not sent, and another one tells so.
    eprintln!("no signal was sent: {sent:?}");
    process::abort();
}

/// The name of the point at which a process killed itself, from what it printed.
pub fn last_words(printed: &str) -> Option<&str> {
    printed.lines().rev().find_map(|line| line.strip_prefix(LAST_WORDS))
}
