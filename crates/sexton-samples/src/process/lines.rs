//! A worker that speaks by lines: events go out as JSON, a line that comes in lets it go on.
//!
//! Invariant: the process ends when its input does. A thread reads it, so that even a worker
//! that is busy, or hangs, ends with whoever started it.

use std::io::{self, BufRead, Write};
use std::process;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use serde_json::{Map, Value};

use super::arguments::Stepping;
use crate::app::{Event, Values, Voice};

/// Standard output and input.
pub struct Lines {
    input: Receiver<()>,
    step_by_step: bool,
    pause_in: Option<String>,
    die_after: Option<(String, u32)>,
}

impl Lines {
    /// Listens to standard input from now on.
    pub fn new(stepping: &Stepping) -> anyhow::Result<Self> {
        let (sender, input) = mpsc::channel();
        thread::spawn(move || {
            for line in io::stdin().lock().lines() {
                if line.is_err() || sender.send(()).is_err() {
                    break;
                }
            }
            process::exit(0);
        });
        let die_after = stepping.die_after.as_deref().map(|said| match said.split_once(':') {
            Some((event, times)) => Ok((event.to_owned(), times.parse()?)),
            None => Ok((said.to_owned(), 1)),
        });
        Ok(Self {
            input,
            step_by_step: stepping.step_by_step,
            pause_in: stepping.pause_in.clone(),
            die_after: die_after.transpose().map_err(|error: std::num::ParseIntError| {
                anyhow::anyhow!("--die-after is EVENT or EVENT:N: {error}")
            })?,
        })
    }

    fn wait(&self) {
        if self.input.recv().is_err() {
            process::exit(0);
        }
    }
}

impl Voice for Lines {
    fn tell(&mut self, event: Event) {
        print(event.what, &event.values);
        if let Some((what, times)) = &mut self.die_after
            && what == event.what
        {
            *times -= 1;
            if *times == 0 {
                process::abort();
            }
        }
    }

    fn before(&mut self, section: &str) {
        if self.step_by_step {
            print("before", &Values::new().with("section", section));
            self.wait();
        }
    }

    fn before_commit(&mut self, section: &str) {
        if self.pause_in.as_deref() == Some(section) {
            print("uncommitted", &Values::new().with("section", section));
            self.wait();
        }
    }

    fn hold(&mut self, why: Event) {
        print(why.what, &why.values);
        self.wait();
    }
}

/// One line of JSON.
pub fn print(what: &str, values: &Values) {
    let mut line = Map::new();
    line.insert("event".into(), what.into());
    for (name, value) in values.iter() {
        line.insert(name.into(), value.map_or(Value::Null, Into::into));
    }
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{}", Value::Object(line)).and_then(|()| out.flush());
    if written.is_err() {
        // Nobody listens any more.
        process::exit(0);
    }
}
