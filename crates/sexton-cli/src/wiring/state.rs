//! Opens the server's own state, at the address that flags, variables and the server's file say.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sexton_core::names::Actor;
use sexton_engine::ports::{Clock, State, SystemClock};
use sexton_postgres::PostgresState;
use sexton_server::who::config::{Config, Layer};
use sexton_server::who::gate::KeyGate;
use sexton_server::who::token::TokenJudge;
use sexton_sqlite::SqliteState;

use super::{unreadable, variable};
use crate::arguments::{Shared, StateAt};
use crate::failure::{Failure, ServerFailure};

const CONFIG: &str = "sexton-server.toml";
const STATE: &str = "sexton-state.db";

/// Where the state is.
pub enum StateAddress {
    /// A file.
    File(String),
    /// A PostgreSQL database.
    Postgres(String),
}

impl StateAddress {
    /// For people: without what may be a password.
    pub fn shown(&self) -> String {
        match self {
            Self::File(file) => file.clone(),
            Self::Postgres(url) => match url.rsplit_once('@') {
                Some((_, rest)) => format!("postgres://…@{rest}"),
                None => url.clone(),
            },
        }
    }
}

/// The server's configuration of who may ask: flags over variables over the file beside the policy.
pub fn config(state: Option<&String>, policy: &Path) -> Result<Config, Failure> {
    let path = beside(policy, CONFIG);
    let file = match std::fs::read_to_string(&path) {
        Ok(text) => Layer::of_file(&path.display().to_string(), &text),
        Err(error) if error.kind() == ErrorKind::NotFound => Layer::default(),
        Err(error) => return Err(ServerFailure::Unread(path, error).into()),
    };
    // clap has read the variable of the state already.
    let flags = state.map(|state| vec![state.clone()]).unwrap_or_default();
    let flags = Layer::default().with_flag("who.state", "--state", flags);
    let variables = Layer::of_variables(|name| std::env::var(name).ok());
    Config::of(&[flags, variables, file])
        .map_err(|mistakes| ServerFailure::Mistakes(mistakes).into())
}

/// The address of the state.
pub fn address(given: &StateAt, shared: &Shared) -> Result<StateAddress, Failure> {
    address_of(&config(given.state.as_ref(), &shared.policy)?, &shared.policy)
}

fn address_of(config: &Config, policy: &Path) -> Result<StateAddress, Failure> {
    match &config.state {
        Some(written) => of(&variable(written, "the address of the server's state")?),
        None => Ok(StateAddress::File(beside(policy, STATE).display().to_string())),
    }
}

/// The gate of the server, and the state that it shares with others; as long as there are no keys, this machine is of that operator.
pub async fn gate(
    given: &StateAt,
    shared: &Shared,
    operator: Actor,
) -> Result<(KeyGate, Arc<dyn State>), Failure> {
    let config = config(given.state.as_ref(), &shared.policy)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let read = |name: &str| std::env::var(name).ok();
    let tokens = config.tokens.as_ref().map(|tokens| TokenJudge::of(tokens, read, clock.clone()));
    let tokens = tokens.transpose().map_err(ServerFailure::NoTokens)?;
    let state = open_or_create(&address_of(&config, &shared.policy)?).await?;
    let gate = KeyGate::new(&config, tokens, state.clone(), clock).for_operator(operator);
    gate.open().await?;
    Ok((gate, state))
}

fn of(address: &str) -> Result<StateAddress, Failure> {
    match address.split_once("://") {
        _ if address.trim().is_empty() => Err(Failure::BadAddress("it is empty".into())),
        Some(("postgres" | "postgresql", _)) => Ok(StateAddress::Postgres(address.to_owned())),
        Some((kind, _)) if kind != "sqlite" => {
            Err(Failure::UnknownDatabase { scheme: kind.to_owned() })
        }
        _ => Ok(StateAddress::File(address.to_owned())),
    }
}

/// The state with its tables, made if it is not there.
pub async fn open_or_create(address: &StateAddress) -> Result<Arc<dyn State>, Failure> {
    let state: Arc<dyn State> = match address {
        StateAddress::File(file) => Arc::new(SqliteState::open_or_create(file).await?),
        StateAddress::Postgres(url) => Arc::new(PostgresState::connect(url).map_err(unreadable)?),
    };
    state.prepare().await?;
    Ok(state)
}

/// The state, unless its file is not there: asking makes none.
pub async fn open(address: &StateAddress) -> Result<Option<Arc<dyn State>>, Failure> {
    if let StateAddress::File(file) = address
        && !SqliteState::is_there(file)?
    {
        return Ok(None);
    }
    open_or_create(address).await.map(Some)
}

fn beside(policy: &Path, name: &str) -> PathBuf {
    let folder = policy.parent().unwrap_or(Path::new(""));
    folder.strip_prefix("./").or_else(|_| folder.strip_prefix(".")).unwrap_or(folder).join(name)
}
