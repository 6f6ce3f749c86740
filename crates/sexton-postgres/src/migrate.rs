//! Creates and upgrades Sexton's own tables: numbered files, each applied once.
//!
//! What was applied is recorded with the hash of its text. A file that was changed afterwards
//! is refused, since nobody could tell which of the two the tables follow. Files that this
//! program does not know are left alone: the program after this one expands before it
//! contracts, so its tables still serve this one.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use sexton_engine::ports::{DatabaseError, Mode};
use sha2::{Digest, Sha256};
use sqlx::Row;

use crate::database::PostgresDatabase;
use crate::error;
use crate::held::Held;
use crate::link::Link;
use crate::session::Planning;

struct Migration {
    number: i32,
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

/// Files that belong together, and the statements about the schema in which they are recorded.
pub(crate) struct Family {
    files: &'static [Migration],
    /// Takes the advisory lock until the transaction ends, and waits longer for it than a
    /// deletion would.
    wait_for_other_programs: &'static str,
    /// Whether the schema is there.
    has_schema: &'static str,
    /// Creates the schema. Not done where it exists: `IF NOT EXISTS` asks for the right to create
    /// schemas even then.
    create_schema: &'static str,
    /// Creates the table of applied files. A repeat changes nothing.
    create_table: &'static str,
    /// Reads what was applied. Fails where there never was anything.
    applied: &'static str,
    /// Records a file as applied. A repeat fails.
    record: &'static str,
}

/// The tables beside a system's own.
pub(crate) const LEDGER: Family = Family {
    files: &MIGRATIONS,
    wait_for_other_programs: "SET LOCAL lock_timeout = '30s';
         SELECT pg_advisory_xact_lock(hashtextextended('sexton.migrations', 0))",
    has_schema: "SELECT to_regnamespace('sexton') IS NOT NULL",
    create_schema: "CREATE SCHEMA sexton",
    create_table: "CREATE TABLE IF NOT EXISTS sexton.migrations (
            number integer PRIMARY KEY,
            name text NOT NULL,
            hash text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        )",
    applied: "SELECT number, hash
         FROM sexton.migrations",
    record: "INSERT INTO sexton.migrations (number, name, hash)
         VALUES ($1, $2, $3)",
};

/// The tables of the server's own state.
pub(crate) const STATE: Family = Family {
    files: &STATE_MIGRATIONS,
    wait_for_other_programs: "SET LOCAL lock_timeout = '30s';
         SELECT pg_advisory_xact_lock(hashtextextended('sexton_state.migrations', 0))",
    has_schema: "SELECT to_regnamespace('sexton_state') IS NOT NULL",
    create_schema: "CREATE SCHEMA sexton_state",
    create_table: "CREATE TABLE IF NOT EXISTS sexton_state.migrations (
            number integer PRIMARY KEY,
            name text NOT NULL,
            hash text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        )",
    applied: "SELECT number, hash
         FROM sexton_state.migrations",
    record: "INSERT INTO sexton_state.migrations (number, name, hash)
         VALUES ($1, $2, $3)",
};

const LABEL: &str = "prepare Sexton's tables";

/// Hashes of applied files, by number.
type Applied = BTreeMap<i32, String>;

/// A hash over all files: another one means that the tables would be others.
pub(crate) fn fingerprint() -> String {
    let mut all = Sha256::new();
    for migration in &MIGRATIONS {
        all.update(migration.number.to_be_bytes());
        all.update(hash_of(migration.text));
    }
    HEXLOWER.encode(&all.finalize())
}

/// Applies what is missing; looks only, when nothing is.
pub(crate) async fn up(database: &PostgresDatabase, family: &Family) -> Result<(), DatabaseError> {
    let told = |error| database.failure(LABEL, "", &error);
    let (mut held, _) = database.open(Mode::Look { budget: None }, Planning::Custom).await?;
    let seen = applied(&mut database.link(&mut held), family).await;
    held.rollback().await.map_err(told)?;
    match seen {
        Ok(applied) if missing(&applied, family)?.is_empty() => Ok(()),
        Ok(_) => apply_missing(database, family).await,
        Err(error) if error::is_missing_table(&error) => apply_missing(database, family).await,
        Err(error) => Err(told(error)),
    }
}

async fn apply_missing(database: &PostgresDatabase, family: &Family) -> Result<(), DatabaseError> {
    let told = |error| database.failure(LABEL, "", &error);
    let (mut held, _) = database.open(Mode::Change, Planning::Custom).await?;
    let mut link = database.link(&mut held);
    run(&mut link, family.wait_for_other_programs).await.map_err(told)?;
    if !has_schema(&mut link, family).await.map_err(told)? {
        run(&mut link, family.create_schema).await.map_err(told)?;
    }
    run(&mut link, family.create_table).await.map_err(told)?;
    // Race: another program may have applied them while this one waited for the lock.
    let applied = applied(&mut link, family).await.map_err(told)?;
    for migration in missing(&applied, family)? {
        run(&mut link, migration.text).await.map_err(told)?;
        record(&mut link, migration, family).await.map_err(told)?;
    }
    held.commit().await.map_err(told)
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

async fn applied(link: &mut Link<'_>, family: &Family) -> Result<Applied, sqlx::Error> {
    let rows = link.query(family.applied).fetch_all(&mut *link.connection).await?;
    rows.iter().map(|row| Ok((row.try_get("number")?, row.try_get("hash")?))).collect()
}

async fn has_schema(link: &mut Link<'_>, family: &Family) -> Result<bool, sqlx::Error> {
    let row = link.query(family.has_schema).fetch_one(&mut *link.connection).await?;
    row.try_get(0)
}

async fn run(link: &mut Link<'_>, script: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(script).execute(&mut *link.connection).await?;
    Ok(())
}

async fn record(
    link: &mut Link<'_>,
    migration: &Migration,
    family: &Family,
) -> Result<(), sqlx::Error> {
    link.query(family.record)
        .bind(migration.number)
        .bind(migration.name)
        .bind(hash_of(migration.text))
        .execute(&mut *link.connection)
        .await?;
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
