//! `sexton cancel`: only the policy's cancellation of work, nothing deleted.

use serde_json::json;

use crate::arguments::{Cancel, Shared};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::watched;
use crate::screen::Screen;
use crate::text;
use crate::wiring;

pub async fn run(cancel: &Cancel, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    cancel.target.judge_options()?;
    let opened = wiring::open(shared).await?;
    let root = cancel.target.root();
    let cancelling = opened.system.cancel(&root);
    let cancelled = watched(screen, "asking work to stop", cancelling).await;
    let cancelled = cancelled.map_err(|error| opened.failure(error))?;
    let id = cancel.target.named();
    if screen.is_text() {
        let root = format!("{} {}", cancel.target.thing, text::clean(&id));
        screen.say(&text::cancelled(&root, &cancelled));
    } else {
        let thing = &cancel.target.thing;
        screen.document(&json!({ "thing": thing, "id": id, "tables": cancelled.tables }));
    }
    Ok(Exit::Done)
}
