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
    /// The first of this name is number 0.
    Named(String, usize),
}

impl Killer {
    /// At the point of this number, the first being 0.
    pub fn at_number(number: usize) -> Self {
        Self { when: When::Numbered(number), met: AtomicUsize::new(0) }
    }

    /// At the first point of this name.
    pub fn at_name(name: &str) -> Self {
        Self::at_nth(name, 0)
    }

    /// At the point of this name after so many others of it.
    pub fn at_nth(name: &str, before: usize) -> Self {
        Self { when: When::Named(name.to_owned(), before), met: AtomicUsize::new(0) }
    }
}

#[async_trait]
impl Watcher for Killer {
    async fn at(&self, point: &Point) {
        let (counts, wanted) = match &self.when {
            When::Numbered(wanted) => (true, *wanted),
            When::Named(name, wanted) => (*name == point.name(), *wanted),
        };
        if counts && self.met.fetch_add(1, Ordering::Relaxed) == wanted {
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
