//! The server's own state in PostgreSQL, schema `sexton_state`: the port, one transaction for each
//! question, so that replicas behind a pooler share it.

mod keys;
mod previews;
mod secrets;
mod sessions;
mod sweeps;

use async_trait::async_trait;
use sexton_core::names::{ConsoleSessionId, KeyId, PreviewId, SweepId, SystemName, Timestamp};
use sexton_engine::ports::{
    ConsoleSession, DatabaseError, Key, KeyPlace, Mode, NewKey, SecretHash, State, StoredPreview,
    StoredSweep,
};

use crate::database::PostgresDatabase;
use crate::held::{Held, Owned};
use crate::migrate;
use crate::session::Planning;

/// The server's own state in a database.
pub struct PostgresState {
    database: PostgresDatabase,
}

impl PostgresState {
    /// Takes the address of a database; connections open when they are first needed. Must be
    /// called in a tokio runtime.
    pub fn connect(url: &str) -> Result<Self, DatabaseError> {
        Ok(Self { database: PostgresDatabase::connect(url, None)? })
    }

    /// Closes all connections, waiting for those in use.
    pub async fn close(&self) {
        self.database.close().await;
    }

    async fn begin(&self, mode: Mode) -> Result<Owned, DatabaseError> {
        let (held, _) = self.database.open(mode, Planning::General).await?;
        Ok(held)
    }

    /// Commits what went well. What did not is taken back as its connection closes.
    async fn end<T>(
        &self,
        held: Owned,
        label: &str,
        done: Result<T, sqlx::Error>,
    ) -> Result<T, DatabaseError> {
        let done = done.map_err(|error| self.database.failure(label, "", &error))?;
        held.commit().await.map_err(|error| self.database.failure(label, "", &error))?;
        Ok(done)
    }
}

const LOOK: Mode = Mode::Look { budget: None };

#[async_trait]
impl State for PostgresState {
    async fn prepare(&self) -> Result<(), DatabaseError> {
        migrate::up(&self.database, &migrate::STATE).await
    }

    async fn create_key(&self, key: &NewKey) -> Result<(), DatabaseError> {
        let mut held = self.begin(Mode::Change).await?;
        let done = keys::insert(&mut self.database.link(&mut held), key).await;
        self.end(held, "create a key", done).await
    }

    async fn keys(&self, before: Option<&KeyPlace>, limit: u32) -> Result<Vec<Key>, DatabaseError> {
        let mut held = self.begin(LOOK).await?;
        let found = keys::page(&mut self.database.link(&mut held), before, limit).await;
        self.end(held, "list keys", found).await
    }

    async fn has_keys(&self) -> Result<bool, DatabaseError> {
        let mut held = self.begin(LOOK).await?;
        let found = keys::is_one_there(&mut self.database.link(&mut held)).await;
        self.end(held, "look for keys", found).await
    }

    async fn key(&self, id: &KeyId) -> Result<Option<Key>, DatabaseError> {
        let mut held = self.begin(LOOK).await?;
        let found = keys::by_id(&mut self.database.link(&mut held), id).await;
        self.end(held, "read a key", found).await
    }

    async fn key_by_hash(&self, hash: &SecretHash) -> Result<Option<Key>, DatabaseError> {
        let mut held = self.begin(LOOK).await?;
        let found = keys::by_hash(&mut self.database.link(&mut held), hash).await;
        self.end(held, "find a key", found).await
    }

    async fn revoke_key(&self, id: &KeyId, at: Timestamp) -> Result<bool, DatabaseError> {
        let mut held = self.begin(Mode::Change).await?;
        let mut link = self.database.link(&mut held);
        let done = match keys::revoke(&mut link, id, at).await {
            Ok(true) => sessions::end_of_key(&mut link, id).await.map(|()| true),
            other => other,
        };
        self.end(held, "revoke a key", done).await
    }

    /// A crash may lose it, which loses nothing that was promised.
    async fn note_use(&self, id: &KeyId, at: Timestamp) -> Result<bool, DatabaseError> {
        let mut held = self.begin(Mode::Keep).await?;
        let done = keys::note_use(&mut self.database.link(&mut held), id, at).await;
        self.end(held, "note the use of a key", done).await
    }

    async fn open_session(&self, session: &ConsoleSession) -> Result<(), DatabaseError> {
        let mut held = self.begin(Mode::Change).await?;
        let done = sessions::insert(&mut self.database.link(&mut held), session).await;
        self.end(held, "open a session", done).await
    }

    async fn session_by_hash(
        &self,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<(ConsoleSession, Key)>, DatabaseError> {
        let mut held = self.begin(LOOK).await?;
        let mut link = self.database.link(&mut held);
        let found = match sessions::by_hash(&mut link, hash, now).await {
            Ok(Some(session)) => {
                keys::by_id(&mut link, &session.key).await.map(|key| key.map(|key| (session, key)))
            }
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        self.end(held, "find a session", found).await
    }

    async fn end_session(&self, id: &ConsoleSessionId) -> Result<bool, DatabaseError> {
        let mut held = self.begin(Mode::Change).await?;
        let done = sessions::end(&mut self.database.link(&mut held), id).await;
        self.end(held, "end a session", done).await
    }

    /// A crash may lose it: then it is made again.
    async fn put_preview(&self, preview: &StoredPreview) -> Result<(), DatabaseError> {
        let mut held = self.begin(Mode::Keep).await?;
        let done = previews::insert(&mut self.database.link(&mut held), preview).await;
        self.end(held, "store a preview", done).await
    }

    async fn preview(
        &self,
        id: &PreviewId,
        owner: &str,
        now: Timestamp,
    ) -> Result<Option<StoredPreview>, DatabaseError> {
        let mut held = self.begin(LOOK).await?;
        let found = previews::read(&mut self.database.link(&mut held), id, owner, now).await;
        self.end(held, "read a preview", found).await
    }

    async fn begin_sweep(
        &self,
        sweep: &StoredSweep,
        now: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let mut held = self.begin(Mode::Keep).await?;
        let done = sweeps::begin(&mut self.database.link(&mut held), sweep, now).await;
        self.end(held, "begin a sweep", done).await
    }

    async fn keep_sweep(&self, id: &SweepId, until: Timestamp) -> Result<bool, DatabaseError> {
        let mut held = self.begin(Mode::Keep).await?;
        let done = sweeps::keep(&mut self.database.link(&mut held), id, until).await;
        self.end(held, "keep a sweep", done).await
    }

    async fn end_sweep(
        &self,
        id: &SweepId,
        at: Timestamp,
        body: &str,
    ) -> Result<bool, DatabaseError> {
        let mut held = self.begin(Mode::Keep).await?;
        let done = sweeps::end(&mut self.database.link(&mut held), id, at, body).await;
        self.end(held, "end a sweep", done).await
    }

    async fn sweep(&self, system: &SystemName) -> Result<Option<StoredSweep>, DatabaseError> {
        let mut held = self.begin(LOOK).await?;
        let found = sweeps::latest(&mut self.database.link(&mut held), system).await;
        self.end(held, "read a sweep", found).await
    }

    async fn shared_secret(&self, name: &str, fresh: &[u8; 32]) -> Result<[u8; 32], DatabaseError> {
        const LABEL: &str = "share a secret";
        let mut held = self.begin(Mode::Change).await?;
        let done = secrets::offer(&mut self.database.link(&mut held), name, fresh).await;
        self.end(held, LABEL, done).await?;
        // Order: the first one's is seen only once it has committed.
        let mut held = self.begin(LOOK).await?;
        let found = secrets::read(&mut self.database.link(&mut held), name).await;
        let kept = self.end(held, LABEL, found).await?;
        Ok(kept.and_then(|kept| kept.try_into().ok()).unwrap_or(*fresh))
    }

    async fn expire(&self, now: Timestamp, limit: u32) -> Result<u64, DatabaseError> {
        let mut held = self.begin(Mode::Keep).await?;
        let mut link = self.database.link(&mut held);
        let done = match sessions::expire(&mut link, now, limit).await {
            Ok(sessions) => {
                previews::expire(&mut link, now, limit).await.map(|previews| sessions + previews)
            }
            Err(error) => Err(error),
        };
        self.end(held, "remove what has expired", done).await
    }
}
