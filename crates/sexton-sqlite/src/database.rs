//! A SQLite file as the engine's database port.

use async_trait::async_trait;
use sexton_core::rights::{Right, Standing};
use sexton_core::schema::{Dialect, Schema};
use sexton_engine::ports::{Database, DatabaseError, Mode, SessionId, Tx};

use crate::budget::Budget;
use crate::pools::Pools;
use crate::transaction::SqliteTx;
use crate::{address, migrations, schema, statement};

/// A system's database in one file.
#[derive(Debug, Clone)]
pub struct SqliteDatabase {
    pools: Pools,
}

impl SqliteDatabase {
    /// Opens an existing file: `sqlite:path`, `sqlite://path`, or a plain path.
    ///
    /// A file that may only be read is opened all the same; changing it then fails as read-only.
    pub async fn open(address: &str) -> Result<Self, DatabaseError> {
        let options = address::options(address)?.create_if_missing(false);
        address::require_file(options.get_filename())?;
        Ok(Self { pools: Pools::open(options).await? })
    }

    /// Opens a file, or makes an empty one, and gives it a write-ahead log.
    pub async fn open_or_create(address: &str) -> Result<Self, DatabaseError> {
        Ok(Self { pools: Pools::create(address::options(address)?).await? })
    }

    /// Closes all connections, waiting for those in use.
    pub async fn close(&self) {
        self.pools.close().await;
    }
}

#[async_trait]
impl Database for SqliteDatabase {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    async fn schema(&self) -> Result<Schema, DatabaseError> {
        schema::read(&mut *self.pools.looker(None).await?).await
    }

    async fn begin(&self, mode: Mode) -> Result<Box<dyn Tx>, DatabaseError> {
        let transaction = match mode {
            Mode::Look { budget } => {
                let budget = budget.map(Budget::new);
                let connection = self.pools.looker(budget.as_ref()).await?;
                SqliteTx::begin_look(connection, budget).await?
            }
            // Without a write-ahead log, less than FULL could damage the file.
            Mode::Keep if self.pools.wal => {
                SqliteTx::begin_keep(self.pools.changer().await?).await?
            }
            Mode::Change | Mode::Keep => {
                SqliteTx::begin_change(self.pools.changer().await?).await?
            }
        };
        Ok(Box::new(transaction))
    }

    async fn prepare(&self, sql: &str) -> Result<(), DatabaseError> {
        statement::prepare(&mut *self.pools.looker(None).await?, sql).await
    }

    /// A file has no roles.
    async fn rights(
        &self,
        _role: Option<&str>,
        _needed: Vec<Right>,
    ) -> Result<Option<Standing>, DatabaseError> {
        Ok(None)
    }

    async fn prepare_ledger(&self) -> Result<(), DatabaseError> {
        migrations::up(&self.pools, &migrations::LEDGER).await
    }

    async fn change_fence(&self, statements: &[String]) -> Result<(), DatabaseError> {
        let mut transaction = SqliteTx::begin_change(self.pools.changer().await?).await?;
        for sql in statements {
            transaction.script(sql).await?;
        }
        Box::new(transaction).commit().await
    }

    /// SQLite does not tell who holds the lock.
    async fn blockers(&self, _session: SessionId) -> Vec<String> {
        Vec::new()
    }
}
