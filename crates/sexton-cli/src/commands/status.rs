//! `sexton status`: settles what dead processes left, then shows what is going on.

use serde_json::{Value, json};
use sexton_engine::DeletionStatus;
use sexton_engine::ports::{Clock, OpenIntent, SystemClock};

use super::pause::json_of as json_of_pauses;
use crate::arguments::{Shared, Status};
use crate::desk::{self, Desk, Settled};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::text;

pub async fn run(status: &Status, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    let desk = desk::open(&status.at, shared).await?;
    let desk = desk.as_ref();
    let settled = settle(desk, screen).await?;
    match &status.deletion {
        Some(id) => one(id, &settled, desk, screen).await?,
        None => latest(status.limit, &settled, desk, screen).await?,
    }
    Ok(Exit::Done)
}

/// Settles; whoever may only read is told that it was left.
async fn settle(desk: &dyn Desk, screen: &mut Screen) -> Result<Settled, Failure> {
    let settled = desk.settle().await?;
    if settled.is_none() {
        screen.warn("note: the database can only be read here, so nothing was settled");
    }
    Ok(settled.unwrap_or_default())
}

pub async fn one(
    id: &str,
    settled: &Settled,
    desk: &dyn Desk,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let found = desk.status(id).await?.ok_or_else(|| Failure::NoDeletion(id.to_owned()))?;
    if screen.is_text() {
        say_settled(settled, screen);
        screen.say(&text::deletion(&found, SystemClock.now()));
    } else {
        let document = json!({ "settled": settled_json(settled), "deletion": json_of(&found) });
        screen.document(&document);
    }
    Ok(())
}

async fn latest(
    limit: u32,
    settled: &Settled,
    desk: &dyn Desk,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let (system, found) = desk.statuses(limit).await?;
    let pauses = desk.pauses().await?;
    if !screen.is_text() {
        let deletions: Vec<Value> = found.iter().map(json_of).collect();
        screen.document(&json!({
            "settled": settled_json(settled),
            "paused": json_of_pauses(&pauses),
            "deletions": deletions,
        }));
        return Ok(());
    }
    say_settled(settled, screen);
    if !pauses.is_empty() {
        screen.say(&text::pauses(&pauses));
    }
    if found.is_empty() {
        screen.say(&format!("Nothing has been deleted in the system `{system}` yet."));
    } else {
        screen.say(&text::deletions(&found, SystemClock.now()));
    }
    Ok(())
}

fn say_settled(settled: &Settled, screen: &mut Screen) {
    for (id, state) in settled {
        screen.say(&format!("Settled: {id} is now {state}."));
    }
    if !settled.is_empty() {
        screen.say("");
    }
}

fn settled_json(settled: &Settled) -> Vec<Value> {
    settled.iter().map(|(id, state)| json!({ "deletion": id, "state": state })).collect()
}

pub fn failing_json(call: &OpenIntent) -> Value {
    json!({
        "call": call.id,
        "hook": call.rule,
        "attempts": call.attempts,
        "reason": call.reason,
        "next_try": call.next_try.to_string(),
    })
}

pub fn json_of(status: &DeletionStatus) -> Value {
    let row = &status.row;
    let receipt = row.receipt.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let mut told = json!({
        "id": row.id,
        "system": row.system,
        "thing": row.thing,
        "state": row.state,
        "sentence": status.sentence,
        "actor": row.actor,
        "reason": row.reason,
        "bound_to": row.bound_to,
        "requested_at": row.requested_at.to_string(),
        "changed_at": row.changed_at.to_string(),
        "failing": status.failing.iter().map(failing_json).collect::<Vec<_>>(),
        "receipt": receipt,
    });
    // One is told as `root`, several as `roots`, as in the record.
    if let (Ok(Value::Object(roots)), Value::Object(told)) =
        (serde_json::to_value(&row.roots), &mut told)
    {
        told.extend(roots);
    }
    told
}
