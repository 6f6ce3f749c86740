//! The two streams: answers go to standard output, questions and errors to standard error.
//!
//! Text may carry colours; the streams take them out where nobody would see them. Whoever reads
//! may stop reading at any time (`sexton preview … | head`): what cannot be written is dropped,
//! because the work itself must not depend on it.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;

use crate::arguments::{Colors, Format, Shared};

/// Where everything that a person or a program reads goes through.
pub struct Screen {
    out: AutoStream<io::Stdout>,
    err: AutoStream<io::Stderr>,
    /// For people or for programs.
    pub format: Format,
    /// Whether causes and labels are shown.
    pub verbose: bool,
}

impl Screen {
    /// The streams of this process.
    pub fn new(shared: &Shared) -> Self {
        let colors = match shared.color {
            Colors::Auto => ColorChoice::Auto,
            Colors::Always => ColorChoice::Always,
            Colors::Never => ColorChoice::Never,
        };
        Self {
            out: AutoStream::new(io::stdout(), colors),
            err: AutoStream::new(io::stderr(), colors),
            format: shared.output,
            verbose: shared.verbose,
        }
    }

    /// Whether the answer is for people.
    pub fn is_text(&self) -> bool {
        self.format == Format::Text
    }

    /// Whether a person can be asked, and will see the question.
    pub fn can_ask() -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Whether somebody watches while something runs.
    pub fn is_watched(&self) -> bool {
        self.is_text() && io::stderr().is_terminal()
    }

    /// Writes text for people to standard output.
    pub fn say(&mut self, text: &str) {
        let _ = writeln!(self.out, "{}", text.strip_suffix('\n').unwrap_or(text));
    }

    /// Writes text for people to standard error.
    pub fn warn(&mut self, text: &str) {
        let _ = writeln!(self.err, "{}", text.strip_suffix('\n').unwrap_or(text));
    }

    /// Asks a person on standard error and reads one line; `None` at the end of the input.
    pub fn ask(&mut self, question: &str) -> Option<String> {
        let _ = write!(self.err, "{question}");
        let _ = self.err.flush();
        let mut answer = String::new();
        match io::stdin().read_line(&mut answer) {
            Ok(0) | Err(_) => {
                let _ = writeln!(self.err);
                None
            }
            Ok(_) => Some(answer),
        }
    }

    /// Writes the one JSON document of a command.
    pub fn document(&mut self, value: &impl Serialize) {
        let text = serde_json::to_string_pretty(value);
        let _ = writeln!(self.out, "{}", text.expect("answers are plain text and numbers"));
    }

    /// Writes one JSON event of a command that reports as it goes.
    pub fn event(&mut self, value: &impl Serialize) {
        let text = serde_json::to_string(value);
        let _ = writeln!(self.out, "{}", text.expect("answers are plain text and numbers"));
        let _ = self.out.flush();
    }
}
