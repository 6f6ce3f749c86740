//! `sexton cancel`: only the policy's cancellation of work, nothing deleted.

use std::collections::BTreeMap;

use serde_json::json;
use sexton_engine::Cancelled;

use crate::arguments::{Cancel, Shared};
use crate::desk;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::watched;
use crate::screen::Screen;
use crate::text;

pub async fn run(cancel: &Cancel, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    cancel.target.judge_options()?;
    let target = &cancel.target;
    let desk = desk::open(&cancel.at, shared).await?;
    let cancelled = watched(screen, "asking work to stop", desk.cancel(target)).await?;
    if screen.is_text() {
        let root = format!("{} {}", target.thing, text::clean(&target.named()));
        screen.say(&text::cancelled(&root, &cancelled));
    } else {
        let Cancelled { tables, calls } = cancelled;
        let (thing, ids) = (&target.thing, &target.ids);
        let mut document = json!({ "thing": thing, "ids": ids, "tables": tables, "calls": calls });
        if target.ids.is_empty() {
            let found: BTreeMap<_, _> = target.find.iter().cloned().collect();
            document["find"] = json!(found);
        }
        screen.document(&document);
    }
    Ok(Exit::Done)
}
