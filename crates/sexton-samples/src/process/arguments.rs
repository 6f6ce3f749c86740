//! What the command line says.

use clap::{Args, Parser, Subcommand};

/// The applications of Sexton's sample systems, as programs: they submit jobs, work on them, and
/// read. They know nothing of Sexton; a deletion has to live with them.
///
/// Everything that happens is one line of JSON on standard output. The program ends when its
/// standard input ends, so that nothing outlives whoever started it.
#[derive(Debug, Parser)]
#[command(name = "sexton-sample", version, after_help = EXAMPLES)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples, with a database made of systems/batches/schema.sqlite.sql and its seed:
  sexton-sample submit batches -d batches.db --name winter --jobs 20
  sexton-sample work batches -d batches.db --until-idle
  sexton-sample work batches -d batches.db --as projector --until-idle
  sexton-sample read batches -d batches.db batches tag=cities
A worker that dies in the middle, and one that takes over when its lease has ended:
  sexton-sample work batches -d batches.db --lease 5 --die-after wrote:2
  sexton-sample work batches -d batches.db
Step by step: every line on standard input lets it run one more part.
  sexton-sample work batches -d batches.db --step-by-step";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Hands in something to do: a batch, jobs, an upload.
    Submit(Submit),
    /// Works on what has been handed in.
    Work(Work),
    /// Runs a named read of the application and prints its rows.
    Read(Read),
    /// Answers the public reads of batches by HTTP, with a cache; `POST /evict` forgets.
    Cache(Cache),
}

#[derive(Debug, Args)]
pub struct Place {
    /// The system: batches, datasets, transcriptions, snapshots or requests.
    pub system: String,
    /// Its database: a postgres:// address, or the path of a SQLite file.
    #[arg(short, long, env = "DATABASE_URL")]
    pub database: String,
    /// A store into which it uploads: a folder, or s3://BUCKET. Without, it uploads nothing.
    #[arg(long = "store", value_name = "NAME=ADDRESS")]
    pub stores: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Stepping {
    /// Waits for a line on standard input before each part.
    #[arg(long)]
    pub step_by_step: bool,
    /// Waits for a line on standard input when all of this part has happened but its commit.
    #[arg(long, value_name = "PART")]
    pub pause_in: Option<String>,
    /// Dies after this event, as by a power cut: `claimed`, or `wrote:2` for the second.
    #[arg(long, value_name = "EVENT[:N]")]
    pub die_after: Option<String>,
}

#[derive(Debug, Args)]
pub struct Submit {
    #[command(flatten)]
    pub place: Place,
    /// The name of what is handed in; its ids are made of it.
    #[arg(long, default_value = "first")]
    pub name: String,
    /// How many jobs it has.
    #[arg(long, default_value_t = 5)]
    pub jobs: u32,
    /// Other seeds, other contents.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Only this part of it, once for each job: such as `training`, or `cancel`.
    #[arg(long, value_name = "PART")]
    pub act: Option<String>,
    /// Values that its statements take besides, such as dataset=ID.
    #[arg(value_name = "NAME=VALUE")]
    pub values: Vec<String>,
    #[command(flatten)]
    pub stepping: Stepping,
}

#[derive(Debug, Args)]
pub struct Work {
    #[command(flatten)]
    pub place: Place,
    /// Which of the application's workers it is.
    #[arg(long = "as", value_name = "ROLE", default_value = "worker")]
    pub role: String,
    /// Its name.
    #[arg(long, default_value = "worker-1")]
    pub worker: String,
    /// How many seconds a claim or a heart-beat holds.
    #[arg(long, default_value_t = 60)]
    pub lease: u32,
    /// How often it writes for one job.
    #[arg(long)]
    pub steps: Option<u32>,
    /// How many milliseconds each step takes.
    #[arg(long, default_value_t = 0)]
    pub pace: u64,
    /// Other seeds, other contents.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Ends when there is nothing to claim.
    #[arg(long)]
    pub until_idle: bool,
    #[command(flatten)]
    pub stepping: Stepping,
    /// Fault: stops for ever after its claim.
    #[arg(long)]
    pub hang: bool,
    /// Fault: sleeps after its first step until a line comes, then writes without a heart-beat.
    #[arg(long)]
    pub late: bool,
    /// Fault: fails its jobs instead of finishing them.
    #[arg(long)]
    pub fail: bool,
    /// Fault: works on when it is asked to stop.
    #[arg(long)]
    pub ignore_cancel: bool,
    /// Fault: never checks whether its job is still its own.
    #[arg(long)]
    pub careless: bool,
}

#[derive(Debug, Args)]
pub struct Read {
    #[command(flatten)]
    pub place: Place,
    /// The name of the read, without `read.`; none lists them all.
    pub what: Option<String>,
    /// The values that it takes.
    #[arg(value_name = "NAME=VALUE")]
    pub values: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Cache {
    /// The database of batches: a postgres:// address, or the path of a SQLite file.
    #[arg(short, long, env = "DATABASE_URL")]
    pub database: String,
    /// Where it listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: String,
    #[command(flatten)]
    pub stepping: Stepping,
    /// Fault: refuses to forget anything until somebody says `POST /hear`.
    #[arg(long)]
    pub deaf: bool,
    /// Fault: keeps what it read even where it was to be forgotten meanwhile.
    #[arg(long)]
    pub careless: bool,
}
