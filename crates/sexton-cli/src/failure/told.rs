//! The one map from a failure to its exit code and its words.

use std::io::ErrorKind;

use serde_json::{Value, json};
use sexton_core::preview::Blocker;
use sexton_engine::RetainError;

use super::Failure;
use super::{engine, remote, server};
use crate::exit::Exit;
use crate::policy_file::PolicyFile;
use crate::shell::CommandLine;
use crate::text::{clean, findings, indented};

const DIGEST_FORM: &str = "It is the last line of a preview: sha256:… or bounded-sha256:…";

/// What is true of the data after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touched {
    /// It is as it was.
    Nothing,
    /// It is as it was, but for work in flight that was asked to stop.
    WorkAsked,
    /// The rows are gone.
    RowsGone,
    /// Nobody knows yet.
    Unknown,
}

/// A failure in words.
#[derive(Debug)]
pub struct Told {
    /// Its exit code.
    pub exit: Exit,
    /// The word for programs, from the policy's outcomes where there is one.
    pub outcome: &'static str,
    /// What happened, in a sentence.
    pub message: String,
    /// More lines, indented.
    pub details: Vec<String>,
    /// The same for programs.
    pub data: Value,
    /// What is true of the data.
    pub touched: Touched,
    /// What to do, indented.
    pub next: Vec<String>,
}

impl Told {
    /// A failure that changed nothing.
    pub fn new(exit: Exit, outcome: &'static str, message: impl Into<String>) -> Self {
        Self {
            exit,
            outcome,
            message: message.into(),
            details: Vec::new(),
            data: Value::Null,
            touched: Touched::Nothing,
            next: Vec::new(),
        }
    }

    /// The same with one thing to do.
    pub fn next(mut self, step: &str) -> Self {
        self.next.push(indented("  ", "  ", step));
        self
    }

    /// The same with a command to run.
    pub fn run(mut self, command: &str) -> Self {
        self.next.push(format!("    {command}"));
        self
    }

    /// The same with one more line.
    pub fn detail(mut self, line: &str) -> Self {
        self.details.push(indented("  - ", "    ", line));
        self
    }

    /// The same with what programs read beside the message.
    pub fn data(mut self, data: Value) -> Self {
        self.data = data;
        self
    }

    /// The same with what is true of the data.
    pub fn touched(mut self, touched: Touched) -> Self {
        self.touched = touched;
        self
    }

    /// For programs: the kind of event, the message, and what belongs to it.
    pub fn event(&self) -> Value {
        let kind = match self.outcome {
            "wrong" | "held" | "over-limit" | "undrained" => "refused",
            outcome => outcome,
        };
        let mut event = json!({
            "event": kind,
            "outcome": self.outcome,
            "exit": self.exit.code(),
            "message": self.message,
            "changed": match self.touched {
                Touched::Nothing => json!(false),
                Touched::WorkAsked | Touched::RowsGone => json!(true),
                Touched::Unknown => Value::Null,
            },
        });
        if let (Some(event), Value::Object(data)) = (event.as_object_mut(), &self.data) {
            event.extend(data.clone());
        }
        event
    }
}

/// The words for a failure.
pub fn told(failure: &Failure, line: &CommandLine) -> Told {
    let usage = || Told::new(Exit::Usage, "usage", clean(&failure.to_string()));
    match failure {
        Failure::PolicyUnread { name, source } => unread(name, source),
        Failure::PolicyNotText { .. } => usage().next("A policy is a TOML file."),
        Failure::Mistakes { file, findings } | Failure::Misfit { file, findings } => {
            of_findings(usage(), file, findings).run(&line.with(&["check"]))
        }
        Failure::NoDatabase { .. } => usage().next(
            "Give --database URL, or write it in the policy: database = \"env:DATABASE_URL\"",
        ),
        Failure::UnsetVariable { .. } => usage().next("Set it, as the policy or --database says."),
        Failure::UnknownDatabase { .. } | Failure::BadAddress(_) => {
            usage().next("Write postgres://…, sqlite:PATH, a path, or env:NAME.")
        }
        Failure::NoCaller(_) => Told::new(Exit::Failed, "failed", failure.to_string())
            .next("The policy has hooks; see that TLS works on this machine."),
        Failure::Engine(error) => engine::told(error, line),
        Failure::Blocked { blockers, .. } => {
            let told = Told::new(Exit::Refused, engine::outcome(blockers), failure.to_string());
            of_blockers(told, blockers)
        }
        Failure::Unbound { .. } => Told::new(Exit::Refused, "over-limit", failure.to_string())
            .next("Give it more time with --budget, such as --budget 60s."),
        Failure::OtherDigest { again, .. } => {
            let told = Told::new(Exit::Refused, "stale", failure.to_string());
            told.next("Look at it again:").run(again)
        }
        Failure::OptionTwice(_) => usage().next("Give it once."),
        Failure::NotADigest(_) => usage().next(DIGEST_FORM),
        Failure::Mismatch { .. } => {
            Told::new(Exit::Usage, "unconfirmed", clean(&failure.to_string()))
                .next("It must be that exactly, capital letters included.")
        }
        Failure::CannotAsk { command } => {
            Told::new(Exit::Usage, "unconfirmed", failure.to_string())
                .data(json!({ "command": command }))
                .next("Confirm on the command line:")
                .run(command)
        }
        Failure::Declined { .. } => Told::new(Exit::Declined, "declined", failure.to_string()),
        Failure::NoThing { near, known, .. } => {
            usage().next(&meant(near.as_deref(), &format!("Known are: {known}")))
        }
        Failure::NoDrawing => usage().next("Leave --output out, or write --output json."),
        Failure::NotRetained(error) => of_retention(error, usage()),
        Failure::BadAge { .. } => usage().next("Write days, or a number with s, m, h, d or w."),
        Failure::OtherSystem { .. } => usage().next("Name its own policy with -p."),
        Failure::NotHeld(_) => usage().next("Nothing is held by it."),
        Failure::NoHold(_) => Told::new(Exit::NotFound, "missing", failure.to_string())
            .next("Those that there are:")
            .run(&line.with(&["hold", "list", "--all"])),
        Failure::NoDeletion(_) => Told::new(Exit::NotFound, "missing", clean(&failure.to_string()))
            .next("The latest ones:")
            .run(&line.with(&["status"])),
        Failure::Server(failure) => server::told(failure, line),
        Failure::Remote(failure) => remote::told(failure, line),
        Failure::UntouchedTable { near, .. } => {
            usage().next(&meant(near.as_deref(), "The preview lists what it touches."))
        }
        Failure::FileIsThere(_) => usage().next("Name another file with -o, or leave -o out."),
        Failure::NoTables(_) => usage()
            .next("Is it the right database? Tables of another schema: name it with --schema."),
        Failure::FileUnwritten { source, .. } => unwritten(failure, source, "file with -o"),
        Failure::Unguarded { .. } | Failure::Unheard { .. } | Failure::Indistinct(_) => {
            unserved(failure)
        }
        shown => not_shown(shown),
    }
}

/// Why no sample is shown.
fn not_shown(failure: &Failure) -> Told {
    let usage = Told::new(Exit::Usage, "usage", clean(&failure.to_string()));
    match failure {
        Failure::DemoIsThere { go_on, afresh, .. } => {
            usage.next("Go on with it:").run(go_on).next("Or start afresh:").run(afresh)
        }
        Failure::DemoFile { source, .. } => unwritten(failure, source, "folder with --dir"),
        Failure::NotADemo(_) => usage.next("Choose another folder with --dir."),
        _ => Told::new(Exit::Failed, "failed", failure.to_string())
            .next("Choose another folder with --dir."),
    }
}

/// Why nobody is served.
fn unserved(failure: &Failure) -> Told {
    let usage = Told::new(Exit::Usage, "usage", clean(&failure.to_string()));
    match failure {
        Failure::Unguarded { .. } => {
            let told = usage.next("Listen on this machine only, such as --listen 127.0.0.1:8080,");
            told.next("or make a key first: sexton key create --name NAME --role admin")
        }
        Failure::Unheard { source, .. } => {
            Told::new(Exit::Failed, "failed", clean(&format!("{failure}: {source}")))
                .next("Choose another address with --listen, such as 127.0.0.1:8081.")
        }
        _ => usage.next("Give one of them another `system = …`."),
    }
}

fn of_retention(error: &RetainError, usage: Told) -> Told {
    match error {
        RetainError::UnknownRule { near, .. } => match near {
            Some(near) => usage.next(&format!("Did you mean `{near}`?")),
            None => usage,
        },
        RetainError::NoAge { .. } => usage.next("Say how old: --older-than 90d"),
        RetainError::Taken(_) => Told::new(Exit::Refused, "busy", clean(&error.to_string()))
            .next("Try again when it is done; `sexton retention list` tells."),
        RetainError::BadAge { .. } | RetainError::Delete(_) => usage,
    }
}

fn unread(name: &str, source: &std::io::Error) -> Told {
    let message = if source.kind() == ErrorKind::NotFound {
        format!("there is no policy at {}", clean(name))
    } else {
        format!("the policy {} cannot be read: {source}", clean(name))
    };
    Told::new(Exit::Usage, "usage", message)
        .next("Name it with -p FILE or SEXTON_POLICY. To see one: sexton demo")
}

fn meant(near: Option<&str>, otherwise: &str) -> String {
    near.map_or_else(|| otherwise.to_owned(), |near| format!("Did you mean `{near}`?"))
}

fn unwritten(failure: &Failure, source: &std::io::Error, other: &str) -> Told {
    Told::new(Exit::Failed, "failed", clean(&format!("{failure}: {source}")))
        .next(&format!("Choose another {other}."))
}

fn of_findings(told: Told, file: &PolicyFile, found: &[sexton_core::finding::Finding]) -> Told {
    let mut told = told.data(json!({ "findings": file.located(found) }));
    told.details.push(format!("\n{}", findings(file, found)));
    told
}

/// The reasons to refuse, and the ways out.
pub fn of_blockers(told: Told, blockers: &[Blocker]) -> Told {
    let mut told = told.data(json!({ "blockers": blockers }));
    for blocker in blockers {
        let of_roots = blocker.roots.join(", ");
        let of_roots = if of_roots.is_empty() { of_roots } else { format!(" (for {of_roots})") };
        told = told.detail(&clean(&[blocker.message.as_str(), &of_roots].concat()));
    }
    for way in blockers.iter().flat_map(|blocker| &blocker.ways_out) {
        told = told.next(&format!("Way out: {}", clean(way)));
    }
    told
}
