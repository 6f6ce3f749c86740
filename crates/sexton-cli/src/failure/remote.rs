//! What can go wrong on the way to a server and in its answers, and the words for it: those that
//! the same refusal has here, wherever it has some.

use serde_json::json;
use sexton_api::{Blocker, Difference, Outcome, Problem};
use sexton_client::Error;
use sexton_core::preview;
use sexton_engine::{DeleteError, Refusal};

use super::engine;
use super::told::{Told, Touched};
use crate::exit::Exit;
use crate::shell::CommandLine;
use crate::text::clean;

/// Why a server did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum RemoteFailure {
    /// The server was asked, and did not do it; or it was not reached.
    #[error("{0}")]
    Asked(Error),
    /// A deletion ended without deleting anything.
    #[error("{}", .0.message)]
    Ended(Outcome, String),
    /// Nobody says which system is meant.
    #[error("{}", of_systems(.0))]
    WhichSystem(Vec<String>),
    /// This is said by the key.
    #[error("{0} is said by the key where a server is asked")]
    OfTheKey(&'static str),
    /// This needs the database.
    #[error("{0} needs the policy and its database, and a server is asked")]
    OnlyHere(&'static str),
    /// An option that is neither true nor false.
    #[error("the option `{0}` cannot be `{1}`")]
    BadOption(String, String),
    /// The server's answer is not what this program can read.
    #[error("the server's answer cannot be read ({0}): {1}")]
    Unread(&'static str, String),
    /// A sweep did not come to its end.
    #[error("the sweep did not come to its end: {0}")]
    Unswept(String),
}

fn of_systems(names: &[String]) -> String {
    match names {
        [] => "the key sees no system".to_owned(),
        several => format!("the key sees several systems: {}", several.join(", ")),
    }
}

/// The words for it.
pub fn told(failure: &RemoteFailure, line: &CommandLine) -> Told {
    let message = clean(&failure.to_string());
    let usage = |next: &str| Told::new(Exit::Usage, "usage", message.clone()).next(next);
    match failure {
        RemoteFailure::Asked(error) => of_error(error, line),
        RemoteFailure::Ended(outcome, deletion) => {
            let (exit, word) = of_code(&outcome.code, 409);
            Told::new(exit, word, message).data(json!({ "deletion": deletion }))
        }
        RemoteFailure::WhichSystem(names) if names.is_empty() => {
            usage("Whoever made the key says which systems it is for.")
        }
        RemoteFailure::WhichSystem(_) => usage("Name one with --system, or in SEXTON_SYSTEM."),
        RemoteFailure::OfTheKey(_) => usage("Leave it out."),
        RemoteFailure::OnlyHere(_) => {
            usage("Run it beside the database: without --server and SEXTON_SERVER.")
        }
        RemoteFailure::BadOption(name, _) => {
            let name = clean(name);
            let told = Told::new(Exit::Usage, "bad-option", message);
            told.next(&format!("Write --option {name} or --option {name}=false."))
        }
        RemoteFailure::Unread(..) => Told::new(Exit::Failed, "failed", message)
            .next("Server and program may be of different versions."),
        RemoteFailure::Unswept(_) => Told::new(Exit::Failed, "failed", message),
    }
}

fn of_error(error: &Error, line: &CommandLine) -> Told {
    let message = clean(&error.to_string());
    match error {
        Error::NoServer | Error::BadServer(_) | Error::BadKey => {
            Told::new(Exit::Usage, "usage", message)
                .next("Give --server URL and SEXTON_KEY as the server's operator says.")
        }
        Error::NoId | Error::BesidePreview => Told::new(Exit::Usage, "usage", message),
        Error::NoTls(_) | Error::Unreadable { .. } => Told::new(Exit::Failed, "failed", message),
        Error::Unreachable { .. } => Told::new(Exit::Failed, "failed", message)
            .touched(Touched::Unknown)
            .next("See that it runs and that its address is right. What became of a deletion:")
            .run(&line.with(&["status"])),
        Error::Refused(answered) => {
            let blockers = answered.problem.blockers.iter().map(blocker).collect();
            refused(&answered.problem, Refusal::of(blockers).map(DeleteError::Refused), line)
        }
        Error::Stale(answered) => {
            let differences = answered.problem.differences.iter().map(difference).collect();
            refused(&answered.problem, Some(DeleteError::Stale(differences)), line)
        }
        Error::BadRequest(answered)
        | Error::Authentication(answered)
        | Error::Forbidden(answered)
        | Error::NotFound(answered)
        | Error::Conflict(answered)
        | Error::Validation(answered)
        | Error::RateLimit(answered)
        | Error::Server(answered) => of_problem(&answered.problem, &message),
    }
}

/// The same refusal as the engine's own.
fn refused(problem: &Problem, error: Option<DeleteError>, line: &CommandLine) -> Told {
    match error {
        Some(error) => engine::told(&error, line),
        None => of_problem(problem, &clean(problem.detail.as_ref().unwrap_or(&problem.title))),
    }
}

fn of_problem(problem: &Problem, message: &str) -> Told {
    let (exit, word) = of_code(&problem.code, problem.status);
    let mut told = Told::new(exit, word, message);
    for wrong in &problem.errors {
        if wrong.detail != message {
            told = told.detail(&clean(&format!("{}: {}", wrong.pointer, wrong.detail)));
        }
    }
    told = told.data(json!({ "code": problem.code, "request_id": problem.request_id }));
    match problem.code.as_str() {
        "missing" => told.next("Ids are compared exactly, capital letters included."),
        "anonymous" => told.next("Give a key in SEXTON_KEY: sexton key create makes one."),
        "busy" => told.next("Try again when they are done."),
        "rate_limited" | "unavailable" | "timeout" => told.next("Try again in a moment."),
        _ if exit == Exit::Failed && !problem.request_id.is_empty() => {
            told.next(&format!("The server's log has it as {}.", clean(&problem.request_id)))
        }
        _ => told,
    }
}

/// The exit code and the word for programs that the same has without a server.
fn of_code(code: &str, status: u16) -> (Exit, &'static str) {
    match code {
        "missing" => (Exit::NotFound, "missing"),
        "bad_id" => (Exit::Usage, "bad-id"),
        "unset" => (Exit::Usage, "unset"),
        "bad_option" => (Exit::Usage, "bad-option"),
        "unconfirmed" => (Exit::Usage, "unconfirmed"),
        "anonymous" => (Exit::Usage, "anonymous"),
        "forbidden" => (Exit::Refused, "forbidden"),
        "over_limit" => (Exit::Refused, "over-limit"),
        "held" => (Exit::Refused, "held"),
        "wrong" => (Exit::Refused, "wrong"),
        "undrained" => (Exit::Refused, "undrained"),
        "busy" | "rate_limited" | "in_flight" => (Exit::Refused, "busy"),
        "preview_stale" | "stale" => (Exit::Refused, "stale"),
        _ => match status {
            404 => (Exit::NotFound, "missing"),
            409 => (Exit::Refused, "refused"),
            400..500 => (Exit::Usage, "usage"),
            _ => (Exit::Failed, "failed"),
        },
    }
}

fn blocker(blocker: &Blocker) -> preview::Blocker {
    let kind = serde_json::from_value(json!(blocker.kind));
    preview::Blocker {
        // A kind of a newer server is a refusal all the same.
        kind: kind.unwrap_or(preview::BlockerKind::Guard),
        name: blocker.name.clone(),
        message: blocker.message.clone(),
        count: blocker.count,
        names: blocker.names.clone(),
        subject: Vec::new(),
        roots: blocker.roots.clone(),
        ways_out: blocker.ways_out.clone(),
    }
}

fn difference(difference: &Difference) -> preview::Difference {
    preview::Difference {
        table: difference.table.clone(),
        before: difference.before,
        now: difference.now,
        appeared: difference.appeared.clone(),
        gone: difference.gone.clone(),
        sentence: difference.sentence.clone(),
    }
}
