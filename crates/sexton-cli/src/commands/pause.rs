//! `sexton pause` and `sexton resume`: background work stops, and goes on.

use serde_json::{Value, json};
use sexton_core::names::{Actor, StoreName};
use sexton_engine::ports;

use super::root::actor;
use crate::arguments::{Pause, Shared};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::text;
use crate::wiring;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Pause,
    Resume,
}

pub async fn run(
    way: Way,
    pause: &Pause,
    shared: &Shared,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    let opened = wiring::open(shared).await?;
    let system = &opened.system;
    let own = system.policy().system.as_str();
    if let Some(named) = pause.system.as_deref().filter(|named| *named != own) {
        return Err(Failure::OtherSystem { named: named.to_owned(), own: own.to_owned() });
    }
    let store = pause.store.as_deref().map(StoreName::new);
    let by = Actor::new(actor(pause.actor.as_ref()));
    let changed = match way {
        Way::Pause => system.pause(store.as_ref(), &by, &pause.reason).await,
        Way::Resume => system.resume(store.as_ref(), &by, &pause.reason).await,
    };
    let changed = changed.map_err(|error| opened.failure(error))?;
    let pauses = system.pauses().await.map_err(|error| opened.failure(error))?;
    if screen.is_text() {
        let what = pause.store.as_deref().map_or_else(
            || format!("Background work of {own}"),
            |store| format!("What is removed from the store `{store}`"),
        );
        let word = match (way, changed) {
            (Way::Pause, true) => "is paused. What is under way ends.",
            (Way::Pause, false) => "was paused before.",
            (Way::Resume, true) => "goes on.",
            (Way::Resume, false) => "was not paused.",
        };
        screen.say(&format!("{what} {word}"));
        screen.say(&text::pauses(&pauses));
    } else {
        screen.document(&json!({ "changed": changed, "pauses": json_of(&pauses) }));
    }
    Ok(Exit::Done)
}

pub fn json_of(pauses: &[ports::Pause]) -> Vec<Value> {
    let one = |pause: &ports::Pause| {
        json!({
            "store": pause.store,
            "actor": pause.actor,
            "reason": pause.reason,
            "at": pause.at.to_string(),
        })
    };
    pauses.iter().map(one).collect()
}
