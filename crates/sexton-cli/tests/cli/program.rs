//! Runs the program, and tells what it said without what differs from run to run.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// What a run said, and its exit code.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("the program ends by itself"),
            out: String::from_utf8(output.stdout).expect("answers are text"),
            err: String::from_utf8(output.stderr).expect("answers are text"),
        }
    }

    /// The one JSON document of the answer.
    pub fn document(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}:\n{}", self.out))
    }

    /// The JSON events of the answer, one on each line.
    pub fn events(&self) -> Vec<Value> {
        let event = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.out.lines().map(event).collect()
    }

    /// Fails with everything that was said, unless the code is this.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.out.is_empty() {
            writeln!(f, "{}", self.out.trim_end())?;
        }
        if !self.err.is_empty() {
            writeln!(f, "--- standard error\n{}", self.err.trim_end())?;
        }
        write!(f, "--- exit {}", self.code)
    }
}

/// The program in this folder, with nothing of the tester's own environment that it reads.
pub fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sexton"));
    for variable in [
        "SEXTON_POLICY",
        "DATABASE_URL",
        "CACHE_EVICT_URL",
        "RETENTION",
        "SEXTON_LOG",
        "SEXTON_STATE",
        "SEXTON_SERVER",
        "SEXTON_KEY",
        "SEXTON_SYSTEM",
        "NO_COLOR",
        "CLICOLOR_FORCE",
        "COLUMNS",
    ] {
        command.env_remove(variable);
    }
    command.current_dir(folder).env("USER", "ann").env("TERM", "xterm-256color");
    command
}

/// Runs the program in this folder.
pub fn run(folder: &Path, arguments: &[&str]) -> Said {
    let output = program(folder).args(arguments).output();
    Said::of(output.expect("the program starts"))
}

/// A snapshot in which ids, hashes, times and places are the same in every run.
macro_rules! snapshot {
    ($name:literal, $said:expr) => {
        insta::with_settings!({
            filters => $crate::program::FILTERS.to_vec(),
            omit_expression => true,
        }, {
            insta::assert_snapshot!($name, $said.to_string());
        });
    };
}

pub const FILTERS: [(&str, &str); 13] = [
    // Whether a command is folded depends on the length of its paths.
    (r" \\\n +", " "),
    (r"\S*/sexton-demo\b", "[demo]"),
    (r"\S*/debug/sexton\b|\S*/release/sexton\b", "sexton"),
    (r"dlt_[a-z2-7]{26}", "[deletion]"),
    (r"key_[a-z2-7]{26}", "[key]"),
    (r"sxt_[a-z2-7]{60}", "[secret]"),
    (r"sxt_[a-z2-7]{8}…", "[prefix]…"),
    (r"sha256:[0-9a-f]{64}", "sha256:[hash]"),
    (r"\b[0-9a-f]{64}\b", "[hash]"),
    (r"\b20[0-9T:-]{17}\.[0-9]{3}Z", "[moment]"),
    (r"in [0-9.]+ m?s\b", "in [time]"),
    (r"just now|[0-9]+ seconds ago", "[ago]"),
    (r"/\S*/\.tmp\w+", "[folder]"),
];
