//! `sexton restore`: takes back a deletion that has hidden something, before anything is gone.

use serde_json::json;

use crate::arguments::{Restore, Shared};
use crate::desk::{self, Back};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::text;

pub async fn run(restore: &Restore, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    let desk = desk::open(&restore.at, shared).await?;
    let restored = desk.restore(restore).await?;
    let id = &restore.deletion;
    match restored.ok_or_else(|| Failure::NoDeletion(id.clone()))? {
        Back::Rows(rows) => {
            if !screen.is_text() {
                screen.document(&json!({ "deletion": id, "restored": rows }));
            } else if let Some(rows) = rows {
                screen.say(&format!("Restored {id}: {rows} row(s) are what they were.\n"));
            } else {
                screen.say(&format!("Restored {id}: what it hid is what it was.\n"));
            }
            Ok(Exit::Done)
        }
        Back::Refused(why) => {
            screen.warn(&text::wrapped(&format!("It cannot be restored: {why}.")));
            Ok(Exit::Refused)
        }
    }
}
