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
    let given_up = opened.system.give_up(&id, &by, &give_up.reason).await;
    let given_up = given_up.map_err(|error| opened.failure(error))?;
    let given_up = given_up.ok_or_else(|| Failure::NoDeletion(give_up.deletion.clone()))?;
    if screen.is_text() {
        screen.say(&text::given_up(&given_up));
    }
    one(&give_up.deletion, &Vec::new(), &opened, screen).await?;
    Ok(if given_up.open == 0 { Exit::Done } else { Exit::Refused })
}
