//! `sexton retention`: lists rules that delete by age, and runs one.

use serde_json::{Value, json};
use sexton_core::names::{Actor, RetentionName};
use sexton_engine::{
    RetainError, RetainRequest, Retained, RetentionEnd, RetentionLook, RuleStatus,
};

use super::root::actor;
use crate::arguments::{Retention, RetentionRun, Shared};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::text;
use crate::wiring::{self, Opened};

pub async fn run(
    retention: &Retention,
    shared: &Shared,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    let opened = wiring::open(shared).await?;
    match retention {
        Retention::List => list(&opened, screen).await,
        Retention::Run(run) if run.dry_run => look(run, &opened, screen).await,
        Retention::Run(run) => retain(run, &opened, screen).await,
    }
}

async fn list(opened: &Opened, screen: &mut Screen) -> Result<Exit, Failure> {
    let rules = opened.system.retention().await.map_err(|error| opened.failure(error))?;
    if screen.is_text() {
        screen.say(&text::rules(&rules));
    } else {
        screen.document(&json!({ "rules": rules.iter().map(rule_json).collect::<Vec<_>>() }));
    }
    Ok(Exit::Done)
}

async fn look(run: &RetentionRun, opened: &Opened, screen: &mut Screen) -> Result<Exit, Failure> {
    let looked = opened.system.look_at_retention(&request(run), run.samples).await;
    let looked = looked.map_err(|error| failure(error, opened))?;
    if screen.is_text() {
        screen.say(&text::due(&run.rule, &looked));
    } else {
        screen.document(&look_json(&run.rule, &looked));
    }
    Ok(Exit::Done)
}

async fn retain(run: &RetentionRun, opened: &Opened, screen: &mut Screen) -> Result<Exit, Failure> {
    let is_text = screen.is_text();
    let watched = screen.is_watched();
    let mut told = 0;
    let done = {
        let mut progress = |so_far: &Retained| {
            if is_text {
                // One line for each that stays, as soon as it is known.
                while let Some((root, why)) = so_far.told.get(told) {
                    screen.say(&text::stayed(root, why));
                    told += 1;
                }
                if watched && so_far.deleted.is_multiple_of(100) {
                    screen.warn(&format!("{} deleted so far", so_far.deleted));
                }
            } else {
                let mut event = retained_json(so_far);
                event["event"] = json!("retaining");
                screen.event(&event);
            }
        };
        opened.system.retain(&request(run), &mut progress).await
    };
    let done = done.map_err(|error| failure(error, opened))?;
    if screen.is_text() {
        screen.say(&text::retained(&done));
    } else {
        let mut event = retained_json(&done);
        event["event"] = json!("retained");
        screen.event(&event);
    }
    Ok(match done.end {
        RetentionEnd::Failed => Exit::Failed,
        _ if done.is_short() => Exit::Refused,
        RetentionEnd::Paused | RetentionEnd::Lost => Exit::Refused,
        RetentionEnd::Done | RetentionEnd::Limit | RetentionEnd::Stopped => Exit::Done,
    })
}

fn request(run: &RetentionRun) -> RetainRequest {
    RetainRequest {
        rule: RetentionName::new(run.rule.as_str()),
        older_than_secs: run.older_than,
        limit: run.limit,
        actor: Actor::new(actor(run.actor.as_ref())),
    }
}

fn failure(error: RetainError, opened: &Opened) -> Failure {
    match error {
        RetainError::Delete(error) => opened.failure(error),
        error => Failure::NotRetained(error),
    }
}

/// What a run did, for programs.
pub fn retained_json(done: &Retained) -> Value {
    let told = done.told.iter().map(|(root, why)| json!({ "root": root, "reason": why }));
    json!({
        "rule": done.rule,
        "end": done.end.as_str(),
        "deleted": done.deleted,
        "rows": done.rows,
        "open": done.open,
        "passed": done.passed,
        "refused": done.refused,
        "resting": done.resting,
        "failure": done.failure,
        "told": told.collect::<Vec<Value>>(),
    })
}

fn look_json(rule: &str, looked: &RetentionLook) -> Value {
    let samples = looked.samples.iter().map(|sample| {
        json!({
            "root": sample.root,
            "rows": sample.rows,
            "blockers": sample.blockers,
            "failure": sample.failure,
        })
    });
    json!({
        "rule": rule,
        "dry_run": true,
        "due": looked.due,
        "samples": samples.collect::<Vec<Value>>(),
    })
}

fn rule_json(status: &RuleStatus) -> Value {
    let row = status.row.as_ref();
    let note = row.and_then(|row| row.note.as_deref());
    let note = note.and_then(|note| serde_json::from_str::<Value>(note).ok());
    json!({
        "rule": status.rule.name,
        "thing": status.rule.thing.value,
        "over_secs": status.over_secs,
        "every_secs": status.rule.every_secs,
        "scheduled": status.is_scheduled,
        "began_at": row.map(|row| row.began_at.to_string()),
        "ended_at": row.and_then(|row| row.ended_at).map(|at| at.to_string()),
        "due_at": row.map(|row| row.due_at.to_string()),
        "running": row.is_some_and(|row| row.is_running),
        "refused": row.map_or(0, |row| row.refused),
        "last": note,
    })
}
