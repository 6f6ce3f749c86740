//! What can go wrong with the server's own state and configuration, and the words for it.

use std::io;
use std::path::PathBuf;

use sexton_server::who::config::Mistake;
use sexton_server::who::token::Unusable;

use super::told::Told;
use crate::exit::Exit;
use crate::shell::CommandLine;
use crate::text::clean;

/// Why the server's own state or configuration is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ServerFailure {
    /// There is no such key.
    #[error("there is no key `{0}`")]
    NoKey(String),
    /// The configuration cannot be understood.
    #[error("the server's configuration has mistakes")]
    Mistakes(Vec<Mistake>),
    /// What was given is no key.
    #[error("the key is misspelt or cut short")]
    BadKey,
    /// Tokens cannot be judged.
    #[error(transparent)]
    NoTokens(Unusable),
    /// The configuration cannot be read.
    #[error("{} cannot be read: {}", .0.display(), .1)]
    Unread(PathBuf, io::Error),
}

/// The words for it.
pub fn told(failure: &ServerFailure, line: &CommandLine) -> Told {
    let message = clean(&failure.to_string());
    match failure {
        ServerFailure::NoKey(_) => Told::new(Exit::NotFound, "missing", message)
            .next("Those that there are:")
            .run(&line.with(&["key", "list"])),
        ServerFailure::Mistakes(mistakes) => mistakes
            .iter()
            .fold(Told::new(Exit::Usage, "usage", message), |told, mistake| {
                told.detail(&clean(&mistake.to_string()))
            })
            .next("docs/access.md lists what there is."),
        ServerFailure::BadKey => Told::new(Exit::Usage, "usage", message)
            .next("It is sxt_ and 60 more signs. --key alone makes one."),
        ServerFailure::NoTokens(_) => Told::new(Exit::Usage, "usage", message)
            .next("[jwt] in sexton-server.toml says where their keys are."),
        ServerFailure::Unread(..) => Told::new(Exit::Usage, "usage", message),
    }
}
