//! `sexton hold`: puts holds, lists and releases them.

use serde_json::{Value, json};
use sexton_core::names::{Actor, ThingName};
use sexton_engine::ports::{HeldOn, Hold};
use sexton_engine::{HoldError, HoldOn, HoldRequest};

use super::root::actor;
use crate::arguments::{Hold as Asked, HoldAdd, Shared};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::text;
use crate::wiring::{self, Opened};

pub async fn run(hold: &Asked, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    let opened = wiring::open(shared).await?;
    match hold {
        Asked::Add(add) => put(add, &opened, screen).await,
        Asked::List { all, limit } => list(*all, *limit, &opened, screen).await,
        Asked::Release { hold, reason, actor: by } => {
            let by = Actor::new(actor(by.as_ref()));
            let released = opened.system.release_hold(*hold, &by, reason).await;
            let released = released.map_err(|error| opened.failure(error))?;
            let released = released.ok_or(Failure::NoHold(*hold))?;
            tell(&released, None, screen);
            Ok(Exit::Done)
        }
    }
}

async fn put(add: &HoldAdd, opened: &Opened, screen: &mut Screen) -> Result<Exit, Failure> {
    let thing = ThingName::new(add.thing.as_str());
    let on = match &add.condition {
        Some(text) => HoldOn::Condition { thing: thing.clone(), text: text.clone() },
        None => HoldOn::Root(add.target().root()),
    };
    let request = HoldRequest {
        on,
        case: add.case.clone(),
        reason: add.reason.clone(),
        actor: Actor::new(actor(add.actor.as_ref())),
        until: add.until,
    };
    let told = |error| match error {
        HoldError::Engine(error) => opened.failure(error),
        HoldError::Database(error) => opened.failure(error),
        error => Failure::NotHeld(error),
    };
    let hold = opened.system.put_hold(&request).await.map_err(told)?;
    // It stands; how many it is on is only worth a second look.
    let meets = match &add.condition {
        Some(text) => opened.system.count_held(&thing, text).await.ok(),
        None => None,
    };
    tell(&hold, meets, screen);
    Ok(Exit::Done)
}

async fn list(
    all: bool,
    limit: u32,
    opened: &Opened,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    let holds = opened.system.holds(all, limit).await.map_err(|error| opened.failure(error))?;
    if screen.is_text() {
        screen.say(&text::holds(&holds));
    } else {
        screen.document(&json!({ "holds": holds.iter().map(json_of).collect::<Vec<Value>>() }));
    }
    Ok(Exit::Done)
}

fn tell(hold: &Hold, meets: Option<u64>, screen: &mut Screen) {
    if screen.is_text() {
        screen.say(&text::hold(hold, meets));
    } else {
        screen.document(&json!({ "hold": json_of(hold), "meets": meets }));
    }
}

fn json_of(hold: &Hold) -> Value {
    let (root, condition) = match &hold.on {
        HeldOn::Root(root) => (Some(root), None),
        HeldOn::Condition(condition) => (None, Some(condition)),
    };
    json!({
        "id": hold.id,
        "thing": hold.thing,
        "root": root,
        "where": condition,
        "case": hold.case,
        "reason": hold.reason,
        "placed_by": hold.placed_by,
        "placed_at": hold.placed_at.to_string(),
        "until": hold.until.map(|until| until.to_string()),
        "active": hold.is_active,
        "released": hold.released.as_ref().map(|released| json!({
            "at": released.at.to_string(),
            "by": released.by,
            "reason": released.because,
        })),
    })
}
