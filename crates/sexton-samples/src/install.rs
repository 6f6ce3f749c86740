//! Makes the database of a sample, as its application would: by running its scripts; and the
//! objects beside it, by writing them.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{AssertSqlSafe, Connection};

use sexton_stores::{AddressError, ApplicationStore};

use crate::objects::PutError;
use crate::sample::Sample;

/// Why a sample could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The file is there already, or cannot be made.
    #[error("cannot make the file {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The database refuses a script.
    #[error("cannot install the sample {sample}")]
    Script {
        /// The sample.
        sample: &'static str,
        /// What the database says.
        source: sqlx::Error,
    },
    /// A folder for objects is not there.
    #[error("cannot open the store {store}")]
    Store {
        /// The store.
        store: &'static str,
        /// Why not.
        source: AddressError,
    },
    /// An object cannot be written.
    #[error(transparent)]
    Put(#[from] PutError),
}

/// Makes a new SQLite file with the sample's tables and rows. An existing file is an error.
pub async fn install_sqlite(sample: &Sample, path: &Path) -> Result<(), InstallError> {
    File::create_new(path)
        .map_err(|source| InstallError::File { path: path.to_owned(), source })?;
    let refused = |source| InstallError::Script { sample: sample.name, source };
    fill_sqlite(sample, path, sample.seed_sqlite).await.map_err(refused)
}

/// The same with its objects, each store a new folder below this one that is called like it. The
/// rows say where they are.
pub async fn install_sqlite_with_objects(
    sample: &Sample,
    path: &Path,
    folder: &Path,
) -> Result<(), InstallError> {
    let unmade = |path: &Path| {
        let path = path.to_owned();
        |source| InstallError::File { path, source }
    };
    File::create_new(path).map_err(unmade(path))?;
    let objects = sample.objects();
    let mut seed = sample.seed_sqlite.to_owned();
    for (store, bucket) in &objects.buckets {
        let place = folder.join(store);
        std::fs::create_dir_all(&place).map_err(unmade(&place))?;
        let opened = ApplicationStore::open(&place.display().to_string());
        let opened = opened.map_err(|source| InstallError::Store { store, source })?;
        seed = seed.replace(&format!("s3://{bucket}/"), &opened.root());
        objects.put(store, &opened).await?;
    }
    let refused = |source| InstallError::Script { sample: sample.name, source };
    fill_sqlite(sample, path, &seed).await.map_err(refused)
}

async fn fill_sqlite(sample: &Sample, path: &Path, seed: &str) -> Result<(), sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let mut all = connection.begin().await?;
    for script in [sample.schema_sqlite, seed] {
        sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut *all).await?;
    }
    all.commit().await?;
    connection.close().await
}

/// Fills an empty PostgreSQL database with the sample's tables and rows.
pub async fn install_postgres(sample: &Sample, url: &str) -> Result<(), InstallError> {
    let refused = |source| InstallError::Script { sample: sample.name, source };
    fill_postgres(sample, url).await.map_err(refused)
}

async fn fill_postgres(sample: &Sample, url: &str) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    let mut all = connection.begin().await?;
    for script in [sample.schema_postgres, sample.seed_postgres] {
        sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut *all).await?;
    }
    all.commit().await?;
    connection.close().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::all;

    #[tokio::test]
    async fn every_sample_installs_in_a_new_file_and_has_a_sound_policy() {
        let folder = tempfile::tempdir().unwrap();
        for sample in all() {
            let path = folder.path().join(sample.name);
            install_sqlite(&sample, &path).await.unwrap();
            let (policy, findings) = sexton_core::policy::parse(sample.policy);
            assert!(policy.is_some(), "{}: {findings:?}", sample.name);
        }
    }

    #[tokio::test]
    async fn an_existing_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.db");
        std::fs::write(&path, "mine").unwrap();
        let refused = install_sqlite(&crate::batches(), &path).await;
        assert!(matches!(refused, Err(InstallError::File { .. })));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }
}
