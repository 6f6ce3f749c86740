//! Everything that can end a command other than well, and how it is told.
//!
//! A failure says three things to people: what happened, what is unchanged, and what to do
//! next. `told` is the one map from failure to exit code and words; `engine` continues it for
//! what comes from the engine, `server` for what is the server's own, `remote` for what a server
//! answers.

mod engine;
mod remote;
mod server;
mod told;

use std::io;
use std::path::PathBuf;

use sexton_core::finding::Finding;
use sexton_core::preview::Blocker;
use sexton_engine::ports::DatabaseError;
use sexton_engine::{DeleteError, EngineError, HoldError, RetainError};
use sexton_hooks::NoClient;
use sexton_server::Indistinct;

use crate::arguments::{Arguments, Command};
use crate::exit::Exit;
use crate::policy_file::PolicyFile;
use crate::screen::Screen;
use crate::shell::CommandLine;
use crate::text::{Page, bold, dim, indented, red};
pub use remote::RemoteFailure;
pub use server::ServerFailure;
use told::{Told, Touched};

/// Why a command did not end well.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The policy file cannot be read.
    #[error("the policy {name} cannot be read")]
    PolicyUnread { name: String, source: io::Error },
    /// The policy file is not text.
    #[error("the policy {name} is not UTF-8 text (byte {byte})")]
    PolicyNotText { name: String, byte: usize },
    /// The policy cannot be understood.
    #[error("the policy {} has mistakes", file.name)]
    Mistakes { file: PolicyFile, findings: Vec<Finding> },
    /// The policy does not fit the database.
    #[error("the policy {} does not fit the database", file.name)]
    Misfit { file: PolicyFile, findings: Vec<Finding> },
    /// Nobody says where the database is.
    #[error("the policy {policy} names no database")]
    NoDatabase { policy: String },
    /// A variable of the environment is needed and not set.
    #[error("the variable {variable} is not set; {what} is read from it")]
    UnsetVariable { variable: String, what: &'static str },
    /// The address is of no database that can be used.
    #[error("`{scheme}` is not a database that Sexton knows")]
    UnknownDatabase { scheme: String },
    /// The address cannot be read.
    #[error("the address of the database cannot be read: {0}")]
    BadAddress(String),
    /// Nobody can be called from here.
    #[error(transparent)]
    NoCaller(NoClient),
    /// The engine could not, or would not.
    #[error(transparent)]
    Engine(DeleteError),
    /// The preview shows what refuses.
    #[error("{root} cannot be deleted now")]
    Blocked { root: String, blockers: Vec<Blocker> },
    /// The preview could not find every key in its time.
    #[error("not every key of {root} was found in the time allowed")]
    Unbound { root: String },
    /// The digest given is not that of the preview now.
    #[error("what was previewed is no longer what would happen to {root}")]
    OtherDigest { root: String, again: String },
    /// One option is given two values.
    #[error("the option `{0}` is given twice")]
    OptionTwice(String),
    /// What was given is no digest.
    #[error("`{0}` is not a digest")]
    NotADigest(String),
    /// `--confirm` names something else.
    #[error("--confirm says `{given}`, but {what} `{wanted}`")]
    Mismatch { given: String, what: &'static str, wanted: String },
    /// Nobody can be asked.
    #[error("deleting needs a confirmation, and there is no terminal to ask on")]
    CannotAsk { command: String },
    /// The person said no.
    #[error("{root} was not confirmed")]
    Declined { root: String },
    /// There is no such thing in the policy.
    #[error("there is no thing `{thing}` in the policy")]
    NoThing { thing: String, near: Option<String>, known: String },
    /// The answer of this command is no drawing.
    #[error("only `graph` can be drawn as svg")]
    NoDrawing,
    /// A rule of retention was not run.
    #[error(transparent)]
    NotRetained(RetainError),
    /// A variable says no age.
    #[error("the variable {variable} says how old what `{rule}` deletes must be, and {why}")]
    BadAge { variable: String, rule: String, why: String },
    /// Another system is named than the policy's.
    #[error("the policy is that of the system `{own}`, not of `{named}`")]
    OtherSystem { named: String, own: String },
    /// A hold was not put.
    #[error(transparent)]
    NotHeld(HoldError),
    /// There is no such hold.
    #[error("there is no hold {0}")]
    NoHold(i64),
    /// There is no such deletion.
    #[error("there is no deletion `{0}`")]
    NoDeletion(String),
    /// The server's own state or configuration is of no use.
    #[error(transparent)]
    Server(#[from] ServerFailure),
    /// A server did not do what was asked.
    #[error(transparent)]
    Remote(#[from] RemoteFailure),
    /// The deletion does not know the table.
    #[error("{root} does not touch a table `{table}`")]
    UntouchedTable { table: String, root: String, near: Option<String> },
    /// A file would be overwritten.
    #[error("{} is there already, and is not overwritten", .0.display())]
    FileIsThere(PathBuf),
    /// A draft would be of nothing.
    #[error("{}", no_tables(.0.as_deref()))]
    NoTables(Option<String>),
    /// A file cannot be written.
    #[error("{} cannot be written", file.display())]
    FileUnwritten { file: PathBuf, source: io::Error },
    /// Others than this machine would be answered, whoever they are.
    #[error("{address} can be reached from elsewhere, and no keys are configured")]
    Unguarded { address: String },
    /// Nobody can be answered there.
    #[error("nothing can be answered on {address}")]
    Unheard { address: String, source: io::Error },
    /// Two systems could not be told apart.
    #[error(transparent)]
    Indistinct(Indistinct),
    /// The folder of the demo holds something else.
    #[error("{} is there already, and no demo made it", .0.display())]
    NotADemo(PathBuf),
    /// There is a demo in this folder.
    #[error("there is a demo in {} already", dir.display())]
    DemoIsThere { dir: PathBuf, go_on: String, afresh: String },
    /// A file of the demo cannot be made.
    #[error("cannot make the demo in {}", dir.display())]
    DemoFile { dir: PathBuf, source: io::Error },
    /// The sample cannot be installed.
    #[error(transparent)]
    Sample(#[from] sexton_samples::InstallError),
    /// The application of the sample cannot go on.
    #[error("the application of the sample cannot go on")]
    AtWork(#[from] sexton_samples::app::AppError),
    /// Nobody works on the sample.
    #[error("nobody works on the sample")]
    NoApplication,
}

impl From<DeleteError> for Failure {
    fn from(error: DeleteError) -> Self {
        Self::Engine(error)
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::Engine(error.into())
    }
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Self {
        Self::Engine(error.into())
    }
}

/// Tells a failure on standard error, and to programs on standard output; returns its code.
pub fn report(failure: &Failure, arguments: &Arguments, screen: &mut Screen) -> Exit {
    let line = match arguments.command.at().filter(|at| at.server.is_some()) {
        Some(at) => CommandLine::on_server(at),
        None => CommandLine::of_this_process(&arguments.shared),
    };
    let told = told::told(failure, &line);
    let deletes = matches!(arguments.command, Command::Delete(_));
    if !screen.is_text() {
        if deletes {
            screen.event(&told.event());
        } else {
            screen.document(&serde_json::json!({ "error": told.event() }));
        }
    }
    let mut text = for_people(&told, deletes);
    if screen.verbose {
        text.push_str(&causes(failure));
    }
    screen.warn(&text);
    told.exit
}

fn for_people(told: &Told, deletes: bool) -> String {
    let heading = format!("{}:", told.exit.heading());
    let message = indented("", "  ", &format!("{heading} {}", told.message));
    let mut page = Page::default();
    page.line(message.replacen(&heading, &red(&bold(&heading)), 1));
    for detail in &told.details {
        page.line(detail.trim_end_matches('\n'));
    }
    match told.touched {
        Touched::Nothing if deletes => page.line("  Nothing was changed."),
        Touched::Nothing => {}
        Touched::WorkAsked => page.line("  Nothing was deleted; work in flight was asked to stop."),
        Touched::RowsGone => page.line("  The rows are gone."),
        Touched::Unknown => page.line("  It is not known whether the rows are gone."),
    }
    for next in &told.next {
        page.line(next);
    }
    page.text()
}

/// The chain of errors, with the labels of statements, for those who asked.
fn causes(failure: &Failure) -> String {
    let mut page = Page::default();
    let mut error: Option<&dyn std::error::Error> = Some(failure);
    while let Some(cause) = error {
        page.line(dim(&indented("  cause: ", "    ", &cause.to_string())));
        error = cause.source();
    }
    page.text()
}

fn no_tables(schema: Option<&str>) -> String {
    match schema {
        Some(schema) => format!("there is no table in the schema `{schema}`"),
        None => "there is no table in the database's own schema".into(),
    }
}
