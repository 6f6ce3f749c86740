//! Reads what a person gives as the database's address: `sqlite:` with a path, or a path.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;
use std::str::FromStr;

use sexton_engine::ports::DatabaseError;
use sqlx::sqlite::SqliteConnectOptions;

/// The options that open the file at this address, nothing else set yet.
///
/// A `sqlite:` address may carry `?mode=ro` and the other parameters that SQLite knows, with
/// `%` escapes in its path; a plain path is taken letter by letter.
pub fn options(address: &str) -> Result<SqliteConnectOptions, DatabaseError> {
    let unreachable = |why: &str| DatabaseError::Unreachable(format!("{address}: {why}"));
    let options = if address.starts_with("sqlite:") {
        SqliteConnectOptions::from_str(address)
            .map_err(|error| unreachable(&format!("not an address of a SQLite file: {error}")))?
    } else {
        SqliteConnectOptions::new().filename(address)
    };
    let path = options.get_filename();
    if path.as_os_str().is_empty() {
        return Err(unreachable("the address names no file"));
    }
    if path == Path::new(":memory:") || path.to_string_lossy().starts_with("file:") {
        return Err(unreachable("only a file on disk can be shared by several connections"));
    }
    Ok(options)
}

/// Makes sure that there is a file, because SQLite tells a missing one and a forbidden one apart
/// from a broken one by a number only.
pub fn require_file(path: &Path) -> Result<(), DatabaseError> {
    let shown = path.display();
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            Err(DatabaseError::Unreachable(format!("{shown} is a directory, not a database")))
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(DatabaseError::Unreachable(format!("there is no file at {shown}")))
        }
        Err(error) => Err(DatabaseError::Unreachable(format!("{shown}: {error}"))),
    }
}

/// Whether the file's header says that it is written through a write-ahead log.
pub fn has_log(path: &Path) -> bool {
    const WRITTEN_BY: usize = 18;
    let mut header = [0; WRITTEN_BY + 1];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header[WRITTEN_BY] == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_path_means_that_path() {
        for (address, path) in [
            ("app.db", "app.db"),
            ("/srv/app.db", "/srv/app.db"),
            ("sqlite:app.db", "app.db"),
            ("sqlite://app.db", "app.db"),
            ("sqlite:///srv/app.db", "/srv/app.db"),
            ("sqlite:a%20b.db?mode=ro", "a b.db"),
            ("100%25.db", "100%25.db"),
            ("what?.db", "what?.db"),
        ] {
            let options = options(address).expect(address);
            assert_eq!(options.get_filename(), Path::new(path), "{address}");
        }
    }

    #[test]
    fn memory_and_nonsense_are_refused() {
        for address in ["", ":memory:", "sqlite::memory:", "sqlite:", "sqlite:a.db?mode=often"] {
            let refused = options(address);
            assert!(matches!(refused, Err(DatabaseError::Unreachable(_))), "{address}");
        }
    }
}
