//! The exit codes, the same for every command.

use std::process::ExitCode;

/// How a command ended, for the program that called it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// What was asked for is done.
    Done = 0,
    /// Refused, busy or stale; or `check` and `verify` found something.
    Refused = 1,
    /// The command line, the policy or the environment must be mended first.
    Usage = 2,
    /// A person said no.
    Declined = 3,
    /// There is no such thing, or no such deletion.
    NotFound = 4,
    /// The database could not do it, or what is left is not sure.
    Failed = 5,
}

impl Exit {
    /// The number itself.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The word that a message to people begins with.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Usage => "error",
            Self::Declined => "declined",
            Self::NotFound => "not found",
            Self::Failed => "failed",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
