//! `sexton give-up`: ends the open calls of a deletion that nobody will take, for good.

use sexton_core::names::{Actor, DeletionId};

use super::root::actor;
use super::status::one;
use crate::arguments::{GiveUp, Shared};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::text;
use crate::wiring;

pub async fn run(give_up: &GiveUp, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    let opened = wiring::open(shared).await?;
    let id = DeletionId::new(give_up.deletion.as_str());
    let by = Actor::new(actor(give_up.actor.as_ref()));
    let ended = opened.system.give_up(&id, &by, &give_up.reason).await;
    let ended = ended.map_err(|error| opened.failure(error))?;
    let ended = ended.ok_or_else(|| Failure::NoDeletion(give_up.deletion.clone()))?;
    if screen.is_text() {
        screen.say(&text::given_up(&ended));
    }
    one(&give_up.deletion, &Vec::new(), &opened, screen).await?;
    Ok(if ended.open == 0 { Exit::Done } else { Exit::Refused })
}
