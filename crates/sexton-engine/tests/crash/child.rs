//! The process that is killed.

use std::env;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::Arc;

use sexton_core::names::{Actor, ThingName};
use sexton_engine::ports::{Database, DatabaseError};
use sexton_engine::{DeleteError, DeleteRequest, Root, RootKey, Surroundings, System};
use sexton_postgres::PostgresDatabase;
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::interpose::{Interposed, Killer, last_words};

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
}

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
    let work = if work == Work::Delete.word() { Work::Delete } else { Work::Settle };
    work.carry_out(&system(Arc::new(killed))).await.expect("nobody is in the way");
}

/// The adapter for an address.
pub async fn open(address: &str) -> Result<Arc<dyn Database>, DatabaseError> {
    Ok(if address.starts_with("postgres:") {
        Arc::new(PostgresDatabase::connect(address, None)?)
    } else {
        Arc::new(SqliteDatabase::open(address).await?)
    })
}

/// The sample as a system on this database.
pub fn system(database: Arc<dyn Database>) -> System {
    let (policy, _) = sexton_core::policy::parse(sexton_samples::batches().policy);
    let mut policy = policy.expect("the sample's policy can be read");
    // Its triggers would have to be made as often as the place is.
    policy.fence = None;
    System::new(policy, database, Surroundings::of_this_machine(), None)
}

/// The deletion that everything here is about.
pub fn request() -> DeleteRequest {
    let root = Root {
        thing: ThingName::new("batch"),
        key: RootKey::Id("autumn-2026".into()),
        options: std::collections::BTreeMap::new(),
        tenant: None,
        actor: Actor::new("ada"),
    };
    DeleteRequest { root, reason: None, bound_to: None }
}

impl Work {
    /// Does it.
    pub async fn carry_out(self, system: &System) -> Result<(), DeleteError> {
        match self {
            Self::Delete => system.delete(&request()).await.map(drop),
            Self::Settle => system.settle().await.map(drop),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Settle => "settle",
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
