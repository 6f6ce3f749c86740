//! The command line as clap reads it, and the help that teaches it.

mod afterwards;
mod background;
mod help;
mod holds;
mod keys;
mod server;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::demo::STORIES;

pub use afterwards::{GiveUp, Restore, Retry, Status};
pub use background::{Pause, Retention, RetentionRun};
pub use holds::{Hold, HoldAdd};
pub use keys::{Key, NewKey, StateAt};
pub use server::At;

/// Deletes a thing and everything derived from it: shown before, complete, once, and proven.
#[derive(Debug, Parser)]
#[command(name = "sexton", version, after_help = help::SEXTON)]
#[command(max_term_width = 80, arg_required_else_help = true)]
pub struct Arguments {
    /// What every command takes.
    #[command(flatten)]
    pub shared: Shared,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Shared {
    /// The policy file
    #[arg(short, long, value_name = "FILE", global = true, env = "SEXTON_POLICY")]
    #[arg(hide_env_values = true, default_value = "./sexton.toml")]
    pub policy: PathBuf,
    /// The database, instead of the policy's: postgres://…, sqlite:…, a path, or env:NAME
    #[arg(long, value_name = "URL", global = true)]
    pub database: Option<String>,
    /// The form of the answer: text, or json for programs
    #[arg(long, value_name = "FORMAT", global = true, default_value = "text")]
    #[arg(hide_possible_values = true)]
    pub output: Format,
    /// Add the policy's events to this file, a JSON line each; - is standard error
    #[arg(long, value_name = "FILE", global = true, env = "SEXTON_LOG", hide_env_values = true)]
    pub log_file: Option<PathBuf>,
    /// Show causes, and which statement failed
    #[arg(long, global = true)]
    pub verbose: bool,
    /// Colours: auto, always or never (or set NO_COLOR)
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    #[arg(hide_possible_values = true)]
    pub color: Colors,
}

/// For whom the answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// As a drawing, where there is something to draw.
    Svg,
}

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colors {
    /// On a terminal.
    Auto,
    /// Also into files and pipes.
    Always,
    /// Nowhere.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve five sample systems with their workers, to look at and delete in
    #[command(after_help = help::DEMO)]
    Demo(Demo),
    /// Draft a first policy from the live schema
    #[command(after_help = help::INIT)]
    Init(Init),
    /// Judge the policy against the live schema
    #[command(after_help = help::CHECK)]
    Check(Check),
    /// Draw what goes with a thing, and why
    #[command(after_help = help::GRAPH)]
    Graph(Graph),
    /// Show what deleting a thing would do, and change nothing
    #[command(after_help = help::PREVIEW)]
    Preview(Preview),
    /// Preview, confirm, delete, look again
    #[command(after_help = help::DELETE)]
    Delete(Delete),
    /// Ask the work of a thing to stop, and delete nothing
    #[command(after_help = help::CANCEL)]
    Cancel(Cancel),
    /// Show what is going on, and settle what a dead process left behind
    #[command(after_help = help::STATUS)]
    Status(Status),
    /// Make the calls of hooks that are due, and go on with what others left
    #[command(after_help = help::WORK)]
    Work(Work),
    /// Answer over HTTP, and do the background work
    #[command(after_help = help::SERVE)]
    Serve(Serve),
    /// Take back a deletion that has hidden something, before anything is gone
    #[command(after_help = help::RESTORE)]
    Restore(Restore),
    /// Make the open calls of a deletion now
    #[command(after_help = help::RETRY)]
    Retry(Retry),
    /// Give up the open calls of a deletion, so that it completes without them
    #[command(after_help = help::GIVE_UP)]
    GiveUp(GiveUp),
    /// Compare stores with rows: orphans, and names without an object
    #[command(after_help = help::SWEEP)]
    Sweep(Sweep),
    /// Make the triggers that keep late writers off, or remove them
    #[command(subcommand, after_help = help::FENCE)]
    Fence(Fence),
    /// List rules that delete by age, and run one
    #[command(subcommand, after_help = help::RETENTION)]
    Retention(Retention),
    /// Stop background work, of all or of one store
    #[command(after_help = help::PAUSE)]
    Pause(Pause),
    /// Go on with background work
    #[command(after_help = help::RESUME)]
    Resume(Pause),
    /// Put holds on what must not be deleted, list and release them
    #[command(subcommand, after_help = help::HOLD)]
    Hold(Hold),
    /// Make, list and revoke the server's API keys
    #[command(subcommand, after_help = help::KEY)]
    Key(Key),
    /// Print the JSON Schema of the policy file, for editors
    #[command(after_help = help::SCHEMA)]
    Schema,
    /// Read and verify the chain of records
    #[command(subcommand, after_help = help::AUDIT)]
    Audit(Audit),
}

impl Command {
    /// Whom it asks, if it can ask a server.
    pub fn at(&self) -> Option<&At> {
        match self {
            Self::Preview(Preview { at, .. })
            | Self::Delete(Delete { at, .. })
            | Self::Cancel(Cancel { at, .. })
            | Self::Status(Status { at, .. })
            | Self::Restore(Restore { at, .. })
            | Self::Retry(Retry { at, .. })
            | Self::Sweep(Sweep { at, .. })
            | Self::Audit(Audit::List { at, .. } | Audit::Verify { at }) => Some(at),
            _ => None,
        }
    }
}

/// `sexton demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Instead of serving, show a first deletion in this one, and end
    #[arg(value_parser = sample_names())]
    pub system: Option<String>,
    /// The folder to make, or to go on with
    #[arg(long, default_value = "./sexton-demo")]
    pub dir: PathBuf,
    /// Where to listen
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Ask for this API key; without a value, for a new one, which is shown
    #[arg(long, value_name = "KEY", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "no key, a new one, this one")]
    pub key: Option<Option<String>>,
    /// Replace what an earlier demo made there
    #[arg(long)]
    pub fresh: bool,
}

/// `sexton init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Write it into this new file; an old one is never overwritten
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// What to write where the database only refuses: review, delete or block
    #[arg(long, value_name = "FATE", default_value = "review")]
    #[arg(hide_possible_values = true)]
    pub undecided: Undecided,
    /// The system's name [default: the database's]
    #[arg(long, value_name = "NAME", value_parser = system_name)]
    pub system: Option<String>,
    /// The schema whose tables are meant [default: the database's own]
    #[arg(long, value_name = "NAME")]
    pub schema: Option<String>,
}

/// What a draft says of references that the database only refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Undecided {
    /// They wait for a person.
    Review,
    /// The left goes too.
    Delete,
    /// The left refuses.
    Block,
}

/// `sexton check`.
#[derive(Debug, Args)]
pub struct Check {
    /// More policy files that are served together with it: no request may be meant for two
    #[arg(value_name = "FILE", conflicts_with = "grants")]
    pub more: Vec<PathBuf>,
    /// Let warnings fail too
    #[arg(long)]
    pub strict: bool,
    /// Look at all rows of each table, however long that takes, instead of at 20 000
    #[arg(long)]
    pub all_rows: bool,
    /// Tell what deletions take and touch otherwise than by this policy file, or
    /// than what --save kept
    #[arg(long, value_name = "OLD")]
    pub diff: Option<PathBuf>,
    /// Keep what deletions take and touch in this file, for a later --diff
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Print the least that a role needs, as GRANT statements [default: who is connected]
    #[arg(long, value_name = "ROLE", num_args = 0..=1, conflicts_with = "strict")]
    #[expect(clippy::option_option, reason = "not asked for, of the own role, of another")]
    pub grants: Option<Option<String>>,
}

/// `sexton graph`.
#[derive(Debug, Args)]
pub struct Graph {
    /// Of which thing, as the policy calls it
    pub thing: String,
    /// Draw only so many levels below it
    #[arg(long, value_name = "N")]
    pub depth: Option<usize>,
}

/// Which root, and who asks.
#[derive(Debug, Args)]
pub struct Target {
    /// What it is, as the policy calls it
    pub thing: String,
    /// Its id, or several; the values of a composite key are joined by commas
    #[arg(value_name = "ID", required_unless_present = "find", conflicts_with = "find")]
    #[arg(allow_negative_numbers = true)]
    pub ids: Vec<String>,
    /// Find it by named values instead of its id (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub find: Vec<(String, String)>,
    /// Choose an option: NAME, NAME=true or NAME=false (repeatable)
    #[arg(long, value_name = "NAME[=BOOL]", value_parser = option)]
    pub option: Vec<(String, String)>,
    /// Only in this tenant
    #[arg(long)]
    pub tenant: Option<String>,
    /// Who asks, for the audit [default: $USER]
    #[arg(long, value_name = "NAME")]
    pub actor: Option<String>,
    /// How long to look before giving up counting, such as 5s, 500ms or 1m
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub budget: Duration,
}

/// `sexton preview`.
#[derive(Debug, Args)]
pub struct Preview {
    /// Of what.
    #[command(flatten)]
    pub target: Target,
    /// List tables without rows and every reference that is kept, too
    #[arg(long)]
    pub all: bool,
    /// Tell why this table is touched, reference by reference
    #[arg(long, value_name = "TABLE")]
    pub why: Option<String>,
    /// Of a thing that can be hidden: what goes if it is not hidden first
    #[arg(long)]
    pub for_good: bool,
    /// Whom to ask.
    #[command(flatten)]
    pub at: At,
}

/// `sexton delete`.
#[derive(Debug, Args)]
pub struct Delete {
    /// What.
    #[command(flatten)]
    pub target: Target,
    /// Why, for the audit
    #[arg(long)]
    pub reason: Option<String>,
    /// Confirm without being asked: the id once more, or '3 batches'
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub confirm: Option<String>,
    /// Delete exactly what an earlier preview showed, or nothing
    #[arg(long)]
    pub digest: Option<String>,
    /// So long it removes objects itself; then the rest is left to `sexton work`
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = duration)]
    pub wait: Duration,
    /// Do not stop at hiding it, and reach what is hidden
    #[arg(long)]
    pub for_good: bool,
    /// Whom to ask.
    #[command(flatten)]
    pub at: At,
}

/// `sexton cancel`.
#[derive(Debug, Args)]
pub struct Cancel {
    /// Of what.
    #[command(flatten)]
    pub target: Target,
    /// Whom to ask.
    #[command(flatten)]
    pub at: At,
}

/// `sexton work`.
#[derive(Debug, Args)]
pub struct Work {
    /// More policy files, each with its own database
    #[arg(value_name = "FILE")]
    pub more: Vec<PathBuf>,
    /// Do what is due now, then end (for cron)
    #[arg(long)]
    pub once: bool,
}

/// `sexton serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// More policy files, each with its own database
    #[arg(value_name = "FILE")]
    pub more: Vec<PathBuf>,
    /// Where to listen
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Answer below this path only, such as /deletions
    #[arg(long, value_name = "PATH", default_value = "", hide_default_value = true)]
    #[arg(value_parser = base_path)]
    pub base_path: String,
    /// Leave the background work to others
    #[arg(long)]
    pub no_work: bool,
    /// Where its keys are.
    #[command(flatten)]
    pub state: StateAt,
}

/// `sexton sweep`.
#[derive(Debug, Args)]
pub struct Sweep {
    /// Only these stores, as the policy calls them [default: all]
    #[arg(value_name = "STORE")]
    pub stores: Vec<String>,
    /// Remove what no row names and is old enough
    #[arg(long)]
    pub reclaim: bool,
    /// How old an orphan has to be, such as 24h or 30d [default: the store's
    /// sweep_after]
    #[arg(long, value_name = "TIME", value_parser = age)]
    pub older_than: Option<i64>,
    /// Remove nothing from a store of which more than this would go
    #[arg(long, value_name = "PERCENT", default_value_t = 50, requires = "reclaim")]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=100))]
    pub at_most_percent: u32,
    /// Why, for the audit
    #[arg(long, requires = "reclaim")]
    pub reason: Option<String>,
    /// Who asks, for the audit [default: $USER]
    #[arg(long, value_name = "NAME", requires = "reclaim")]
    pub actor: Option<String>,
    /// Whom to ask.
    #[command(flatten)]
    pub at: At,
}

/// `sexton audit`.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// List the latest records
    List {
        /// How many to list
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
        /// Whom to ask.
        #[command(flatten)]
        at: At,
    },
    /// Find every record that was changed, removed or put in
    Verify {
        /// Whom to ask.
        #[command(flatten)]
        at: At,
    },
}

/// `sexton fence`.
#[derive(Debug, Subcommand)]
pub enum Fence {
    /// Make the triggers what the policy says
    Install {
        /// Show the SQL instead of running it
        #[arg(long)]
        print: bool,
    },
    /// Remove the triggers of this system, and no others
    Remove {
        /// Show the SQL instead of running it
        #[arg(long)]
        print: bool,
    },
    /// Tell which triggers stand, are missing or stale
    Status,
}

fn sample_names() -> PossibleValuesParser {
    STORIES.map(|story| story().sample.name).into()
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".into()),
    }
}

fn system_name(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
    if begins && text.chars().all(fits) {
        Ok(text.to_owned())
    } else {
        Err("write a small letter, then small letters, digits, _ and -".into())
    }
}

fn option(text: &str) -> Result<(String, String), String> {
    name_and_value(text).or_else(|_| match text {
        "" => Err("write it as NAME, NAME=true or NAME=false".into()),
        name if name.starts_with('=') => Err("write it as NAME, NAME=true or NAME=false".into()),
        name => Ok((name.to_owned(), "true".to_owned())),
    })
}

/// An age in seconds.
fn age(text: &str) -> Result<i64, String> {
    let number = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let each = match &text[number.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return Err("write it as 90s, 15m, 24h, 30d or 4w".into()),
    };
    match number.parse::<u32>() {
        Ok(count) => Ok(i64::from(count) * each),
        Err(_) => Err("write a whole number before the unit, as in 24h".into()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let millis_each = match &text[number.len()..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return Err("write it as 500ms, 5s or 1m".into()),
    };
    match number.parse::<u32>() {
        Ok(count) if count > 0 => Ok(Duration::from_millis(u64::from(count) * millis_each)),
        _ => Err("write a whole number before the unit, as in 5s".into()),
    }
}

/// A path to be put before others: with a slash before it and none behind.
fn base_path(written: &str) -> Result<String, String> {
    let path = written.trim_end_matches('/');
    let is_plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b))
    };
    if path.is_empty() {
        return Ok(String::new());
    }
    match path.strip_prefix('/') {
        Some(parts) if parts.split('/').all(is_plain) => Ok(path.to_owned()),
        _ => Err("a path begins with a slash, such as /deletions".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_budget_is_a_whole_number_with_a_unit() {
        for (text, millis) in [("5s", 5_000), ("500ms", 500), ("1m", 60_000)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "5", "s", "0s", "-1s", "1.5s", "5 s", "1h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_age_is_a_whole_number_with_a_unit() {
        for (text, secs) in [("90s", 90), ("24h", 86_400), ("30d", 2_592_000), ("0s", 0)] {
            assert_eq!(age(text), Ok(secs), "{text}");
        }
        for text in ["", "5", "h", "-1h", "1.5h", "1 d", "1y"] {
            assert!(age(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_option_by_its_name_alone_is_chosen() {
        assert_eq!(option("erase"), Ok(("erase".into(), "true".into())));
        assert_eq!(option("erase=FALSE"), Ok(("erase".into(), "FALSE".into())));
        assert_eq!(option("erase="), Ok(("erase".into(), String::new())));
        assert!(option("").is_err());
        assert!(option("=true").is_err());
    }

    #[test]
    fn a_named_value_may_hold_more_signs_of_equality_or_be_empty() {
        assert_eq!(name_and_value("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert_eq!(name_and_value("a="), Ok(("a".into(), String::new())));
        assert!(name_and_value("=b").is_err());
        assert!(name_and_value("a").is_err());
    }
}
