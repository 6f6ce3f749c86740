//! A process that speaks by lines of JSON: a test waits for what it says, never for time.
//!
//! Every line has an `event`. A line that goes in lets the process go on. It is killed, by its
//! own handle, when this is dropped.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// After so long in silence a process hangs, and its test fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// A process at work.
pub struct Spoken {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    heard: Vec<Value>,
}

impl Spoken {
    /// Starts it.
    pub fn start(name: &str, command: &mut Command) -> Self {
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = started.unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let output = child.stdout.take().expect("its output is a pipe");
        let input = child.stdin.take();
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { name: name.to_owned(), child, input, lines, heard: Vec::new() }
    }

    /// The next event, or none when it has ended.
    pub fn hears(&mut self) -> Option<Value> {
        let line = match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {
                panic!("{} says nothing any more: {}", self.name, self.told())
            }
        };
        let event: Value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{} says {line:?}: {error}", self.name));
        self.heard.push(event.clone());
        Some(event)
    }

    /// Waits for an event of this kind; what comes before it is passed by.
    pub fn says(&mut self, what: &str) -> Value {
        while let Some(event) = self.hears() {
            if event["event"] == what {
                return event;
            }
        }
        panic!("{} ended without {what}: {}", self.name, self.told())
    }

    /// Lets it go on.
    pub fn go(&mut self) {
        let input = self.input.as_mut().expect("its input is open while it is at work");
        let written = writeln!(input).and_then(|()| input.flush());
        written.unwrap_or_else(|error| panic!("{} does not listen: {error}", self.name));
    }

    /// Lets it go on from part to part until it is about to run this one.
    pub fn steps_to(&mut self, part: &str) {
        while self.says("before")["section"] != part {
            self.go();
        }
    }

    /// Lets it go on from part to part until it has claimed this job.
    pub fn claims(&mut self, job: &Value) {
        while let Some(event) = self.hears() {
            if event["event"] == "claimed" && event["job"] == *job {
                return;
            }
            if event["event"] == "before" {
                self.go();
            }
        }
        panic!("{} never claims {job}: {}", self.name, self.told());
    }

    /// Lets it go on, from the part that it is about to run, until its end.
    pub fn runs_out(&mut self) {
        self.go();
        while let Some(event) = self.hears() {
            if event["event"] == "before" {
                self.go();
            }
        }
    }

    /// Kills it, as a power cut would.
    pub fn kill(&mut self) {
        let killed = self.child.kill().and_then(|()| self.child.wait());
        killed.unwrap_or_else(|error| panic!("{} cannot be killed: {error}", self.name));
    }

    /// Waits for its end, and says all that it said.
    pub fn ended(mut self) -> (ExitStatus, Vec<Value>) {
        while self.hears().is_some() {}
        let status = self.child.wait();
        let status = status.unwrap_or_else(|error| panic!("{} has no end: {error}", self.name));
        (status, std::mem::take(&mut self.heard))
    }

    fn told(&self) -> String {
        let lines: Vec<String> = self.heard.iter().map(ToString::to_string).collect();
        lines.join("\n")
    }
}

impl Drop for Spoken {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
