//! `sexton restore`: takes back a deletion that has hidden something, before anything is gone.

use serde_json::json;
use sexton_core::names::{Actor, DeletionId};
use sexton_engine::Restored;

use super::root::actor;
use crate::arguments::{Restore, Shared};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::text;
use crate::wiring;

pub async fn run(restore: &Restore, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    let opened = wiring::open(shared).await?;
    let id = DeletionId::new(restore.deletion.as_str());
    let by = Actor::new(actor(restore.actor.as_ref()));
    let restored = opened.system.restore(&id, &by).await;
    let restored = restored.map_err(|error| opened.failure(error))?;
    match restored.ok_or_else(|| Failure::NoDeletion(restore.deletion.clone()))? {
        Restored::Rows(rows) => {
            if screen.is_text() {
                screen.say(&format!("Restored {id}: {rows} row(s) are what they were.\n"));
            } else {
                screen.document(&json!({ "deletion": id, "restored": rows }));
            }
            Ok(Exit::Done)
        }
        Restored::Refused(why) => {
            screen.warn(&text::wrapped(&format!("It cannot be restored: {why}.")));
            Ok(Exit::Refused)
        }
    }
}
