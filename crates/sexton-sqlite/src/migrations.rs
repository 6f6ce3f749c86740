//! Creates and upgrades Sexton's own tables: numbered files, each applied once.
//!
//! What was applied is recorded with the hash of its text. A file that was changed afterwards
//! is refused, since nobody could tell which of the two the tables follow. Files that this
//! program does not know are left alone: the program after this one expands before it
//! contracts, so its tables still serve this one.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use sexton_engine::ports::DatabaseError;
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

use crate::failure::{commit_failure, failure, is_missing_table};
use crate::pools::Pools;

const LABEL: &str = "prepare Sexton's tables";

struct Migration {
    number: i64,
    name: &'static str,
    text: &'static str,
}

const MIGRATIONS: [Migration; 15] = [
    Migration { number: 1, name: "ledger", text: include_str!("../migrations/0001_ledger.sql") },
    Migration { number: 2, name: "drained", text: include_str!("../migrations/0002_drained.sql") },
    Migration { number: 3, name: "intents", text: include_str!("../migrations/0003_intents.sql") },
    Migration { number: 4, name: "fence", text: include_str!("../migrations/0004_fence.sql") },
    Migration {
        number: 5,
        name: "progress",
        text: include_str!("../migrations/0005_progress.sql"),
    },
    Migration { number: 6, name: "shared", text: include_str!("../migrations/0006_shared.sql") },
    Migration { number: 7, name: "hidden", text: include_str!("../migrations/0007_hidden.sql") },
    Migration { number: 8, name: "undo", text: include_str!("../migrations/0008_undo.sql") },
    Migration { number: 9, name: "holds", text: include_str!("../migrations/0009_holds.sql") },
    Migration {
        number: 10,
        name: "requests",
        text: include_str!("../migrations/0010_requests.sql"),
    },
    Migration {
        number: 11,
        name: "background",
        text: include_str!("../migrations/0011_background.sql"),
    },
    Migration {
        number: 12,
        name: "deciders",
        text: include_str!("../migrations/0012_deciders.sql"),
    },
    Migration {
        number: 13,
        name: "hidden_in_ledger",
        text: include_str!("../migrations/0013_hidden_in_ledger.sql"),
    },
    Migration { number: 14, name: "figures", text: include_str!("../migrations/0014_figures.sql") },
    Migration { number: 15, name: "asked", text: include_str!("../migrations/0015_asked.sql") },
];

const STATE_MIGRATIONS: [Migration; 2] = [
    Migration { number: 1, name: "keys", text: include_str!("../migrations/state/0001_keys.sql") },
    Migration {
        number: 2,
        name: "sweeps",
        text: include_str!("../migrations/state/0002_sweeps.sql"),
    },
];

/// Files that belong together, and the statements about the table in which they are recorded.
pub struct Family {
    files: &'static [Migration],
    /// Creates the table. A repeat changes nothing.
    create: &'static str,
    /// Reads what was applied. Fails where there never was anything.
    applied: &'static str,
    /// Records a file as applied. A repeat fails.
    record: &'static str,
}

/// The tables beside a system's own.
pub const LEDGER: Family = Family {
    files: &MIGRATIONS,
    create: "CREATE TABLE IF NOT EXISTS sexton_migrations (
             number INTEGER PRIMARY KEY,
             name TEXT NOT NULL,
             hash TEXT NOT NULL,
             applied_at INTEGER NOT NULL
         )",
    applied: "SELECT number, hash
         FROM sexton_migrations",
    record: "INSERT INTO sexton_migrations (number, name, hash, applied_at)
         VALUES (?1, ?2, ?3, CAST(unixepoch('subsec') * 1000000 AS INTEGER))",
};

/// The tables of the server's own state.
pub const STATE: Family = Family {
    files: &STATE_MIGRATIONS,
    create: "CREATE TABLE IF NOT EXISTS sexton_state_migrations (
             number INTEGER PRIMARY KEY,
             name TEXT NOT NULL,
             hash TEXT NOT NULL,
             applied_at INTEGER NOT NULL
         )",
    applied: "SELECT number, hash
         FROM sexton_state_migrations",
    record: "INSERT INTO sexton_state_migrations (number, name, hash, applied_at)
         VALUES (?1, ?2, ?3, CAST(unixepoch('subsec') * 1000000 AS INTEGER))",
};

/// Hashes of applied files, by number.
type Applied = BTreeMap<i64, String>;

/// Applies what is missing; looks only, with one query, when nothing is.
pub async fn up(pools: &Pools, family: &Family) -> Result<(), DatabaseError> {
    let seen = match applied(&mut *pools.looker(None).await?, family).await {
        Err(error) if is_missing_table(&error) => Applied::new(),
        seen => seen?,
    };
    if missing(&seen, family)?.is_empty() {
        return Ok(());
    }
    let mut connection = pools.changer().await?;
    begin(&mut connection).await?;
    create_table(&mut connection, family).await?;
    // Race: another program may have applied them while this one waited for the lock.
    let applied = applied(&mut connection, family).await?;
    for migration in missing(&applied, family)? {
        run(&mut connection, migration).await?;
        record(&mut connection, migration, family).await?;
    }
    commit(&mut connection).await
}

/// The files that were not applied yet, in order.
fn missing(applied: &Applied, family: &Family) -> Result<Vec<&'static Migration>, DatabaseError> {
    let mut missing = Vec::new();
    for migration in family.files {
        match applied.get(&migration.number) {
            None => missing.push(migration),
            Some(hash) if *hash == hash_of(migration.text) => {}
            Some(_) => return Err(changed(migration)),
        }
    }
    Ok(missing)
}

fn changed(migration: &Migration) -> DatabaseError {
    DatabaseError::Failed {
        label: LABEL.to_owned(),
        detail: format!(
            "migration {:04}_{} is not the one that was applied here: its text has changed since",
            migration.number, migration.name
        ),
    }
}

fn hash_of(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
}

/// Takes the write lock, so that no other program does the same.
async fn begin(connection: &mut SqliteConnection) -> Result<(), DatabaseError> {
    sqlx::query("BEGIN IMMEDIATE")
        .execute(connection)
        .await
        .map_err(|error| failure(LABEL, error))?;
    Ok(())
}

async fn create_table(
    connection: &mut SqliteConnection,
    family: &Family,
) -> Result<(), DatabaseError> {
    sqlx::query(family.create).execute(connection).await.map_err(|error| failure(LABEL, error))?;
    Ok(())
}

async fn applied(
    connection: &mut SqliteConnection,
    family: &Family,
) -> Result<Applied, DatabaseError> {
    let rows: Vec<(i64, String)> = sqlx::query_as(family.applied)
        .fetch_all(connection)
        .await
        .map_err(|error| failure(LABEL, error))?;
    Ok(rows.into_iter().collect())
}

async fn run(
    connection: &mut SqliteConnection,
    migration: &Migration,
) -> Result<(), DatabaseError> {
    sqlx::raw_sql(migration.text)
        .execute(connection)
        .await
        .map_err(|error| failure(LABEL, error))?;
    Ok(())
}

async fn record(
    connection: &mut SqliteConnection,
    migration: &Migration,
    family: &Family,
) -> Result<(), DatabaseError> {
    sqlx::query(family.record)
        .bind(migration.number)
        .bind(migration.name)
        .bind(hash_of(migration.text))
        .execute(connection)
        .await
        .map_err(|error| failure(LABEL, error))?;
    Ok(())
}

async fn commit(connection: &mut SqliteConnection) -> Result<(), DatabaseError> {
    sqlx::query("COMMIT").execute(connection).await.map_err(commit_failure)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_applied_file_whose_text_changed_is_refused() {
        let applied = Applied::from([(1, hash_of("-- another text"))]);
        let Err(error) = missing(&applied, &LEDGER) else { panic!("it was accepted") };
        assert!(error.to_string().contains("0001_ledger"), "{error}");
    }

    #[test]
    fn files_of_a_later_program_are_left_alone() {
        let later = MIGRATIONS.iter().map(|m| (m.number, hash_of(m.text)));
        let applied = later.chain([(999, "unknown".to_owned())]).collect();
        assert!(missing(&applied, &LEDGER).is_ok_and(|missing| missing.is_empty()));
    }
}
