//! The server's own state in a SQLite file: the port, one connection for each question.
//!
//! The file is made readable by its owner only: what it holds cannot be used to sign in, but
//! previews name what is in the systems.

mod keys;
mod previews;
mod secrets;
mod sessions;
mod sweeps;

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;

use async_trait::async_trait;
use sexton_core::names::{ConsoleSessionId, KeyId, PreviewId, SweepId, SystemName, Timestamp};
use sexton_engine::ports::{
    ConsoleSession, DatabaseError, Key, KeyPlace, NewKey, SecretHash, State, StoredPreview,
    StoredSweep,
};
use sqlx::SqliteConnection;

use crate::failure::{commit_failure, failure};
use crate::pools::Pools;
use crate::{address, migrations};

/// The server's own state in one file.
#[derive(Debug, Clone)]
pub struct SqliteState {
    pools: Pools,
}

impl SqliteState {
    /// Opens a file: `sqlite:path`, `sqlite://path`, or a plain path; or makes one.
    pub async fn open_or_create(address: &str) -> Result<Self, DatabaseError> {
        let options = address::options(address)?;
        make_private(options.get_filename())?;
        Ok(Self { pools: Pools::create(options).await? })
    }

    /// Whether there is a file at that address.
    pub fn is_there(address: &str) -> Result<bool, DatabaseError> {
        Ok(address::options(address)?.get_filename().exists())
    }

    /// Closes all connections, waiting for those in use.
    pub async fn close(&self) {
        self.pools.close().await;
    }
}

/// Makes an empty file that only its owner may read; SQLite gives its log the same rights. One
/// that is there is left as it is.
fn make_private(path: &Path) -> Result<(), DatabaseError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(DatabaseError::Unreachable(format!("{}: {error}", path.display()))),
    }
}

#[async_trait]
impl State for SqliteState {
    async fn prepare(&self) -> Result<(), DatabaseError> {
        migrations::up(&self.pools, &migrations::STATE).await
    }

    async fn create_key(&self, key: &NewKey) -> Result<(), DatabaseError> {
        let done = keys::insert(&mut *self.pools.changer().await?, key).await;
        told("create a key", done)
    }

    async fn keys(&self, before: Option<&KeyPlace>, limit: u32) -> Result<Vec<Key>, DatabaseError> {
        let found = keys::page(&mut *self.pools.looker(None).await?, before, limit).await;
        told("list keys", found)
    }

    async fn has_keys(&self) -> Result<bool, DatabaseError> {
        let found = keys::is_one_there(&mut *self.pools.looker(None).await?).await;
        told("look for keys", found)
    }

    async fn key(&self, id: &KeyId) -> Result<Option<Key>, DatabaseError> {
        told("read a key", keys::by_id(&mut *self.pools.looker(None).await?, id).await)
    }

    async fn key_by_hash(&self, hash: &SecretHash) -> Result<Option<Key>, DatabaseError> {
        told("find a key", keys::by_hash(&mut *self.pools.looker(None).await?, hash).await)
    }

    async fn revoke_key(&self, id: &KeyId, at: Timestamp) -> Result<bool, DatabaseError> {
        const LABEL: &str = "revoke a key";
        let mut connection = self.pools.changer().await?;
        told(LABEL, run(&mut connection, "BEGIN IMMEDIATE").await)?;
        let revoked = told(LABEL, keys::revoke(&mut connection, id, at).await)?;
        if revoked {
            told(LABEL, sessions::end_of_key(&mut connection, id).await)?;
        }
        run(&mut connection, "COMMIT").await.map_err(commit_failure)?;
        Ok(revoked)
    }

    async fn note_use(&self, id: &KeyId, at: Timestamp) -> Result<bool, DatabaseError> {
        let done = keys::note_use(&mut *self.pools.changer().await?, id, at).await;
        told("note the use of a key", done)
    }

    async fn open_session(&self, session: &ConsoleSession) -> Result<(), DatabaseError> {
        let done = sessions::insert(&mut *self.pools.changer().await?, session).await;
        told("open a session", done)
    }

    async fn session_by_hash(
        &self,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<(ConsoleSession, Key)>, DatabaseError> {
        let mut connection = self.pools.looker(None).await?;
        let found = sessions::by_hash(&mut connection, hash, now).await;
        let Some(session) = told("find a session", found)? else { return Ok(None) };
        let key = told("read a key", keys::by_id(&mut connection, &session.key).await)?;
        Ok(key.map(|key| (session, key)))
    }

    async fn end_session(&self, id: &ConsoleSessionId) -> Result<bool, DatabaseError> {
        told("end a session", sessions::end(&mut *self.pools.changer().await?, id).await)
    }

    async fn put_preview(&self, preview: &StoredPreview) -> Result<(), DatabaseError> {
        let done = previews::insert(&mut *self.pools.changer().await?, preview).await;
        told("store a preview", done)
    }

    async fn preview(
        &self,
        id: &PreviewId,
        owner: &str,
        now: Timestamp,
    ) -> Result<Option<StoredPreview>, DatabaseError> {
        let found = previews::read(&mut *self.pools.looker(None).await?, id, owner, now).await;
        told("read a preview", found)
    }

    async fn begin_sweep(
        &self,
        sweep: &StoredSweep,
        now: Timestamp,
    ) -> Result<bool, DatabaseError> {
        told("begin a sweep", sweeps::begin(&mut *self.pools.changer().await?, sweep, now).await)
    }

    async fn keep_sweep(&self, id: &SweepId, until: Timestamp) -> Result<bool, DatabaseError> {
        told("keep a sweep", sweeps::keep(&mut *self.pools.changer().await?, id, until).await)
    }

    async fn end_sweep(
        &self,
        id: &SweepId,
        at: Timestamp,
        body: &str,
    ) -> Result<bool, DatabaseError> {
        told("end a sweep", sweeps::end(&mut *self.pools.changer().await?, id, at, body).await)
    }

    async fn sweep(&self, system: &SystemName) -> Result<Option<StoredSweep>, DatabaseError> {
        told("read a sweep", sweeps::latest(&mut *self.pools.looker(None).await?, system).await)
    }

    async fn shared_secret(&self, name: &str, fresh: &[u8; 32]) -> Result<[u8; 32], DatabaseError> {
        const LABEL: &str = "share a secret";
        let mut connection = self.pools.changer().await?;
        told(LABEL, secrets::offer(&mut connection, name, fresh).await)?;
        let kept = told(LABEL, secrets::read(&mut connection, name).await)?;
        Ok(kept.and_then(|kept| kept.try_into().ok()).unwrap_or(*fresh))
    }

    async fn expire(&self, now: Timestamp, limit: u32) -> Result<u64, DatabaseError> {
        const LABEL: &str = "remove what has expired";
        let mut connection = self.pools.changer().await?;
        let sessions = told(LABEL, sessions::expire(&mut connection, now, limit).await)?;
        let previews = told(LABEL, previews::expire(&mut connection, now, limit).await)?;
        Ok(sessions + previews)
    }
}

async fn run(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(sql).execute(connection).await?;
    Ok(())
}

fn told<T>(label: &str, answer: Result<T, sqlx::Error>) -> Result<T, DatabaseError> {
    answer.map_err(|error| failure(label, error))
}
