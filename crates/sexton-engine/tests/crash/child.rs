//! The process that is killed.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use async_trait::async_trait;
use sexton_core::names::{Actor, ThingName};
use sexton_engine::ports::{Answer, Database, DatabaseError, HookCall, HookCaller};
use sexton_engine::{Caller, DeleteError, DeleteRequest, Root, RootKey, Surroundings, System};
use sexton_postgres::PostgresDatabase;
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::interpose::{Interposed, Killer, last_words};

use crate::worker::Worker;

const ADDRESS: &str = "SEXTON_CRASH_DATABASE";
const WORK: &str = "SEXTON_CRASH_WORK";
const POINT: &str = "SEXTON_CRASH_POINT";

/// What the process is at when it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Deletes the batch.
    Delete,
    /// Settles what an earlier process has left.
    Settle,
    /// Deletes the batch, and tells somebody of it.
    Tell,
    /// Deletes the batch while a worker is at work on it, by the whole policy.
    Drain,
    /// The same, with somebody who is called as work stops, and work on rows that stay.
    Call,
}

/// Stops whoever is at work by a call as well, and profiles that jobs of the batch name.
const CALLED: &str = r#"
[hooks.revoke]
of     = "jobs"
before = true
call   = "env:REVOKE_URL"
body   = { id = "{id}" }
batch  = { max = 100 }

[work.profiles]
of      = ["jobs.profile_id"]
waiting = "config <> 'stopped'"
running = "config = 'busy'"
stop    = { waiting = { config = "stopped" } }
"#;

/// How the process ended.
pub struct End {
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The point at which it killed itself.
    pub point: Option<String>,
    /// Whether it came to a good end of its own.
    pub is_well: bool,
    /// What it printed, for whoever reads a failure.
    pub printed: String,
}

/// Not a test of its own: what the killed process runs. Without the addresses it has nothing to
/// do.
#[tokio::test]
async fn entry() {
    let (Ok(address), Ok(work), Ok(point)) = (env::var(ADDRESS), env::var(WORK), env::var(POINT))
    else {
        return;
    };
    let number = point.parse().expect("a point is given by its number");
    let database = open(&address).await.expect("the parent gives an address that opens");
    let killed = Interposed::on(database).watched_by(Arc::new(Killer::at_number(number)));
    let all = [Work::Delete, Work::Settle, Work::Tell, Work::Drain, Work::Call];
    let work = all.into_iter().find(|known| known.word() == work).expect("the word is known");
    let system = work.system(killed, &address);
    work.carry_out(&system).await.expect("nobody is in the way");
}

/// The adapter for an address.
pub async fn open(address: &str) -> Result<Arc<dyn Database>, DatabaseError> {
    Ok(if address.starts_with("postgres:") {
        Arc::new(PostgresDatabase::connect(address, None)?)
    } else {
        Arc::new(SqliteDatabase::open(address).await?)
    })
}

/// Somebody outside who writes down by which key and of what they are told.
struct Diary(PathBuf);

/// What was told so far about the database at an address: keys and bodies.
pub fn told(address: &str) -> Vec<(String, String)> {
    let lines = fs::read_to_string(diary(address)).unwrap_or_default();
    let told = lines.lines().filter_map(|line| line.split_once(' '));
    told.map(|(key, body)| (key.to_owned(), body.to_owned())).collect()
}

/// Forgets what was told.
pub fn forget(address: &str) {
    fs::remove_file(diary(address)).ok();
}

fn diary(address: &str) -> PathBuf {
    let name: String = address.chars().filter(char::is_ascii_alphanumeric).collect();
    env::temp_dir().join(["sexton-told-", &name].concat())
}

#[async_trait]
impl HookCaller for Diary {
    fn is_set(&self, _: &str) -> bool {
        true
    }

    async fn call(&self, call: &HookCall) -> Answer {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.0);
        let file = file.as_mut().expect("a diary can be written");
        writeln!(file, "{} {}", call.key, call.body).expect("there is room for a line");
        Answer::Taken
    }
}

/// The deletion that everything here is about.
pub fn request() -> DeleteRequest {
    let root = Root {
        thing: ThingName::new("batch"),
        key: RootKey::Id("autumn-2026".into()),
        options: std::collections::BTreeMap::new(),
        caller: Caller::operator(Actor::new("ada")),
    };
    DeleteRequest { root, reason: None, bound_to: None }
}

impl Work {
    /// The sample as a system on this database, with somebody to tell where the work is to tell.
    pub fn system(self, database: Interposed, address: &str) -> System {
        let sample = sexton_samples::batches().policy;
        let tells = "call = \"env:CACHE_EVICT_URL?\"";
        assert!(sample.contains(tells), "the sample tells somebody");
        // One call, so that the points are the same each time.
        let mut policy = sample.replace(tells, &[tells, "\nbatch = { max = 100 }"].concat());
        if self == Self::Call {
            let stops = "running = { cancel_requested = 1 }";
            assert!(policy.contains(stops), "the sample stops somebody");
            policy = policy.replace(stops, &[stops, ", hook = \"revoke\""].concat()) + CALLED;
        }
        let (policy, findings) = sexton_core::policy::parse(&policy);
        let mut policy =
            policy.unwrap_or_else(|| panic!("the policy cannot be read: {findings:?}"));
        let mut database = database;
        if self.meets_a_worker() {
            database = database.watched_by(Arc::new(Worker { address: address.to_owned() }));
        } else {
            // Its triggers would have to be made as often as the place is.
            policy.fence = None;
        }
        let database = Arc::new(database);
        let system = System::new(policy, database, Surroundings::of_this_machine(), None);
        match self {
            Self::Tell | Self::Call => system.with_caller(Arc::new(Diary(diary(address)))),
            Self::Delete | Self::Settle | Self::Drain => system,
        }
    }

    /// Does it.
    pub async fn carry_out(self, system: &System) -> Result<(), DeleteError> {
        match self {
            Self::Delete | Self::Tell | Self::Drain | Self::Call => {
                system.delete(&request()).await.map(drop)
            }
            Self::Settle => system.settle().await.map(drop),
        }
    }

    /// Whether somebody is at work on the batch, and the fence stands.
    pub fn meets_a_worker(self) -> bool {
        matches!(self, Self::Drain | Self::Call)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Settle => "settle",
            Self::Tell => "tell",
            Self::Drain => "drain",
            Self::Call => "call",
        }
    }

    /// Starts a process that does it until the point of this number. Blocks until it has ended.
    pub fn in_a_process(self, address: &str, number: usize) -> End {
        let this = env::current_exe().expect("a test knows its own program");
        let output = Command::new(this)
            .args(["--exact", "child::entry", "--nocapture", "--test-threads=1"])
            .envs([(ADDRESS, address), (WORK, self.word()), (POINT, &number.to_string())])
            .stdin(Stdio::null())
            .output()
            .expect("a test can start its own program");
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        End {
            signal: output.status.signal(),
            point: last_words(&out).map(str::to_owned),
            is_well: output.status.success(),
            printed: out + &String::from_utf8_lossy(&output.stderr),
        }
    }
}
