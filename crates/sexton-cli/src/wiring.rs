//! Puts a system together: its policy, its database, its audit key, clock and randomness.
//!
//! The only place that knows which adapters there are.

pub mod state;

use std::collections::BTreeMap;
use std::sync::Arc;

use sexton_core::names::RetentionName;
use sexton_core::policy::{OlderThan, Policy};
use sexton_engine::ports::{Database, DatabaseError, HookCaller, NoCaller, SystemClock};
use sexton_engine::{DeleteError, EngineError, Gone, Stores, Surroundings, System};
use sexton_hooks::HttpCaller;
use sexton_postgres::PostgresDatabase;
use sexton_sqlite::SqliteDatabase;
use tokio::sync::watch;

use crate::arguments::Shared;
use crate::failure::Failure;
use crate::log::Log;
use crate::policy_file::PolicyFile;
use crate::shell::CommandLine;

/// A system, ready, and what its answers refer to.
pub struct Opened {
    /// The system.
    pub system: System,
    /// How many objects it has removed so far.
    pub gone: watch::Receiver<Gone>,
    /// The file that its policy was read from.
    pub file: PolicyFile,
    /// How this program is called on it.
    pub line: CommandLine,
}

impl Opened {
    /// A failure of the engine; findings are shown in the file.
    pub fn failure(&self, error: impl Into<DeleteError>) -> Failure {
        match error.into() {
            DeleteError::Engine(EngineError::Policy(findings)) => {
                Failure::Misfit { file: self.file.clone(), findings }
            }
            error => Failure::Engine(error),
        }
    }
}

/// Reads the policy and opens its database.
pub async fn open(shared: &Shared) -> Result<Opened, Failure> {
    let file = PolicyFile::read(&shared.policy)?;
    let policy = file.policy()?;
    open_with(shared, file, policy).await
}

/// Opens the database of a policy that was read already.
pub async fn open_with(
    shared: &Shared,
    file: PolicyFile,
    policy: Policy,
) -> Result<Opened, Failure> {
    let key = policy.audit.root_id_key.as_ref();
    let key = key.map(|key| variable(&key.value, "the audit's key")).transpose()?;
    let database = database(shared, &file, &policy).await?;
    let surroundings = Surroundings::of_this_machine();
    let stores = stores(&policy);
    let (caller, ages) = (caller(&policy)?, ages(&policy)?);
    let system = System::new(policy, database, surroundings, key.map(String::into_bytes));
    let (meter, gone) = watch::channel(Gone::default());
    let mut system =
        system.with_caller(caller).with_stores(stores).with_ages(ages).with_meter(meter);
    if let Some(path) = &shared.log_file {
        let log = Log::open(path);
        let unwritten = |source| Failure::FileUnwritten { file: path.clone(), source };
        system = system.with_log(Arc::new(log.map_err(unwritten)?));
    }
    Ok(Opened { system, gone, file, line: CommandLine::of_this_process(shared) })
}

/// The ages that variables say. One that is not set, or 0, says none.
fn ages(policy: &Policy) -> Result<BTreeMap<RetentionName, i64>, Failure> {
    let mut ages = BTreeMap::new();
    for rule in &policy.retention {
        let Some(OlderThan::Variable(name)) = rule.age.as_ref().map(|age| &age.over.value) else {
            continue;
        };
        let text = std::env::var(name).unwrap_or_default();
        let age = OlderThan::of_variable(&text).map_err(|why| Failure::BadAge {
            variable: name.clone(),
            rule: rule.name.to_string(),
            why,
        })?;
        ages.extend(age.map(|age| (rule.name.clone(), age)));
    }
    Ok(ages)
}

/// The stores of the policy. One that cannot be opened is missed only by what needs it.
fn stores(policy: &Policy) -> Stores {
    let opened = policy.stores.iter().map(|rule| {
        let store = sexton_stores::open_late(&rule.address.value);
        (rule.name.clone(), store.map_err(|error| error.to_string()))
    });
    Stores::of(opened)
}

/// Who makes the calls of the policy's hooks, if it has any.
fn caller(policy: &Policy) -> Result<Arc<dyn HookCaller>, Failure> {
    if policy.hooks.is_empty() {
        return Ok(Arc::new(NoCaller));
    }
    Ok(Arc::new(HttpCaller::new(Arc::new(SystemClock)).map_err(Failure::NoCaller)?))
}

async fn database(
    shared: &Shared,
    file: &PolicyFile,
    policy: &Policy,
) -> Result<Arc<dyn Database>, Failure> {
    let written = policy.database.as_ref().map(|database| database.value.as_str());
    let written = shared.database.as_deref().or(written);
    let written = written.ok_or_else(|| Failure::NoDatabase { policy: file.name.clone() })?;
    let schema = policy.schema.as_ref().map(|schema| schema.value.as_str());
    database_at(&address(written)?, schema).await
}

/// An address as it is, or that of the variable which `env:NAME` names.
pub fn address(written: &str) -> Result<String, Failure> {
    variable(written, "the address of the database")
}

/// Opens the database at an address.
pub async fn database_at(
    address: &str,
    schema: Option<&str>,
) -> Result<Arc<dyn Database>, Failure> {
    if address.trim().is_empty() {
        return Err(Failure::BadAddress("it is empty".into()));
    }
    match address.split_once("://") {
        Some(("postgres" | "postgresql", _)) => {
            let database = PostgresDatabase::connect(address, schema);
            Ok(Arc::new(database.map_err(unreadable)?))
        }
        Some((kind, _)) if kind != "sqlite" => {
            Err(Failure::UnknownDatabase { scheme: kind.to_owned() })
        }
        _ => Ok(Arc::new(SqliteDatabase::open(address).await?)),
    }
}

/// No connection is made yet: what fails is reading the address.
fn unreadable(error: DatabaseError) -> Failure {
    match error {
        DatabaseError::Unreachable(why) => Failure::BadAddress(why),
        error => error.into(),
    }
}

/// A value as it is, or that of the variable which `env:NAME` names.
fn variable(written: &str, what: &'static str) -> Result<String, Failure> {
    let Some(name) = written.strip_prefix("env:") else { return Ok(written.to_owned()) };
    match std::env::var(name) {
        Ok(value) if !value.is_empty() => Ok(value),
        _ => Err(Failure::UnsetVariable { variable: name.to_owned(), what }),
    }
}
