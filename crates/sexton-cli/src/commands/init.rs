//! `sexton init`: a first policy from the live schema, to standard output or into a new file.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use serde_json::json;
use sexton_core::draft::{Draft, Undecided, Wanted};
use sexton_core::names::SystemName;

use crate::arguments::{self, Init, Shared};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::watched;
use crate::screen::Screen;
use crate::shell::CommandLine;
use crate::text;
use crate::wiring;

/// Where a draft looks for the database, and what it says of where it is.
const USUAL: &str = "env:DATABASE_URL";

pub async fn run(init: &Init, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    let written = shared.database.as_deref().unwrap_or(USUAL);
    if let Some(file) = init.out.as_deref().filter(|file| file.exists()) {
        return Err(Failure::FileIsThere(file.to_owned()));
    }
    let address = wiring::address(written)?;
    let database = wiring::database_at(&address, init.schema.as_deref()).await?;
    let wanted = Wanted {
        system: system(init, &address),
        database: told(written),
        schema: init.schema.clone(),
        undecided: match init.undecided {
            arguments::Undecided::Review => Undecided::Review,
            arguments::Undecided::Delete => Undecided::Delete,
            arguments::Undecided::Block => Undecided::Block,
        },
    };
    let drafting = sexton_engine::draft(database.as_ref(), &wanted);
    let draft = watched(screen, "Reading the schema, comparing values …", drafting).await?;
    if draft.tables == 0 {
        return Err(Failure::NoTables(init.schema.clone()));
    }
    if let Some(file) = &init.out {
        write_new(file, &draft.text)?;
    }
    show(&draft, init, shared, screen);
    Ok(Exit::Done)
}

fn show(draft: &Draft, init: &Init, shared: &Shared, screen: &mut Screen) {
    if !screen.is_text() {
        screen.document(&json!({
            "policy": draft.text,
            "file": init.out.as_ref().map(|file| file.display().to_string()),
            "tables": draft.tables,
            "things": draft.things,
            "references": draft.references,
            "undecided": draft.undecided,
            "suggested": draft.suggested,
        }));
        return;
    }
    let Some(file) = &init.out else {
        screen.say(&draft.text);
        return;
    };
    let told = format!(
        "Wrote {}: {} of {}, {} to decide, {} suggested.",
        text::clean(&file.display().to_string()),
        text::counted(draft.things as u64, "thing", "things"),
        text::counted(draft.tables as u64, "table", "tables"),
        text::counted(draft.undecided as u64, "reference", "references"),
        draft.suggested,
    );
    screen.say(&text::wrapped(&told));
    let line = CommandLine::of_this_process(&Shared { policy: file.clone(), ..shared.clone() });
    screen.say(&format!("Read it line by line, then:\n    {}", line.with(&["check"])));
}

/// Writes a file that was not there; never over one that is.
fn write_new(file: &Path, text: &str) -> Result<(), Failure> {
    let unwritten = |source: std::io::Error| match source.kind() {
        ErrorKind::AlreadyExists => Failure::FileIsThere(file.to_owned()),
        _ => Failure::FileUnwritten { file: file.to_owned(), source },
    };
    let mut open = OpenOptions::new().write(true).create_new(true).open(file).map_err(unwritten)?;
    open.write_all(text.as_bytes()).and_then(|()| open.sync_all()).map_err(unwritten)
}

/// The database's own name, as a system may be called, unless the person says another.
fn system(init: &Init, address: &str) -> SystemName {
    let path = address.split('?').next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
    let stem = last.split('.').next().unwrap_or_default();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    let name: String = stem.to_lowercase().chars().map(|c| if fits(c) { c } else { '-' }).collect();
    let name = name.trim_start_matches(|c: char| !c.is_ascii_lowercase()).trim_end_matches('-');
    let drawn = if name.is_empty() { "system" } else { name };
    SystemName::new(init.system.as_deref().unwrap_or(drawn))
}

/// An address as the file may say it: one of a server can hold a password, so it is left to the
/// environment.
fn told(written: &str) -> String {
    if written.starts_with("postgres") && written.contains("://") {
        USUAL.to_owned()
    } else {
        written.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody may have written the file while the schema was read.
    #[test]
    fn a_file_that_came_in_between_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sexton.toml");
        write_new(&file, "mine").unwrap();
        assert!(matches!(write_new(&file, "yours"), Err(Failure::FileIsThere(_))));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    }
}
