//! `sexton delete`: preview, confirm, delete exactly that, look again.

use serde_json::json;
use sexton_core::lifecycle::State;
use sexton_core::preview::{Count, Preview};
use sexton_engine::ports::{Clock, SystemClock};
use tokio::sync::watch;

use super::pause::json_of as json_of_pauses;
use super::status::{failing_json, json_of};
use crate::arguments::{Delete, Shared};
use crate::confirm::confirm;
use crate::desk::{self, Desk, Ended, Left, Shown};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::{Removing, watched, watched_removing};
use crate::screen::Screen;
use crate::text::{self, View};

pub async fn run(delete: &Delete, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    if let Some(digest) = &delete.digest {
        judge_form(digest)?;
    }
    delete.target.judge_options()?;
    let desk = desk::open_for(delete, shared).await?;
    let desk = desk.as_ref();
    let shown = look(delete, desk, screen).await?;
    desk.admit(delete, &shown).await?;
    confirm(&shown.preview, delete, desk.line(), screen)?;
    carry_out(delete, &shown, desk, screen).await?;
    Ok(Exit::Done)
}

async fn look(delete: &Delete, desk: &dyn Desk, screen: &mut Screen) -> Result<Shown, Failure> {
    let looking = desk.preview(&delete.target, delete.for_good);
    let shown = watched(screen, "looking", looking).await?;
    let preview = &shown.preview;
    if screen.is_text() {
        let view = View { all: false, place: &desk.place() };
        screen.say(&format!("{}\n", text::preview(preview, view)));
    } else {
        screen.event(&json!({ "event": "preview", "preview": preview }));
    }
    Ok(shown)
}

/// How many objects the preview has counted; none if it could not count them all.
fn total(preview: &Preview) -> Option<u64> {
    let counts = preview.objects.iter().map(|going| match going.objects {
        Count::Exact(count) => Some(count),
        Count::AtLeast(_) | Count::Unknown => None,
    });
    counts.sum()
}

async fn carry_out(
    delete: &Delete,
    shown: &Shown,
    desk: &dyn Desk,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let began = SystemClock.now();
    let waiting = watch::Sender::new(None);
    let waits = waiting.subscribe();
    let removing = Removing { gone: desk.gone(), total: total(&shown.preview) };
    let deleting = desk.delete(delete, shown, &waiting);
    let receipt = match watched_removing(screen, "deleting", waits, removing, deleting).await? {
        Ended::Done(receipt) => receipt,
        Ended::Left(left) => {
            unreaped(&left, screen);
            tell_pauses(desk, screen).await;
            return Ok(());
        }
        Ended::GoesOn(status) => {
            if screen.is_text() {
                screen.say(&text::deletion(&status, SystemClock.now()));
            } else {
                screen.event(&json!({ "event": status.row.state, "deletion": json_of(&status) }));
            }
            return Ok(());
        }
    };
    let ended = SystemClock.now();
    if screen.is_text() {
        screen.say(&text::receipt(&receipt, Some(&text::took(began, ended))));
    } else {
        screen.event(&json!({
            "event": "receipt",
            "receipt": receipt,
            "duration_ms": (ended.0 - began.0) / 1_000,
        }));
    }
    Ok(())
}

/// What is left may wait for a person, and not for a store.
async fn tell_pauses(desk: &dyn Desk, screen: &mut Screen) {
    // What was asked for is done, even if this cannot be told.
    let Ok(pauses) = desk.pauses().await else { return };
    if pauses.is_empty() {
        return;
    }
    if screen.is_text() {
        screen.say(&text::pauses(&pauses));
    } else {
        screen.event(&json!({ "event": "paused", "pauses": json_of_pauses(&pauses) }));
    }
}

/// What was asked for is done: the rows are gone, and the rest is stored, so that no endpoint and no
/// store that is down makes a deletion fail.
fn unreaped(left: &Left, screen: &mut Screen) {
    if screen.is_text() {
        screen.say(&text::unreaped(left, SystemClock.now()));
    } else {
        let failing: Vec<_> = left.failing.iter().map(failing_json).collect();
        screen.event(&json!({
            "event": "committed",
            "deletion": left.deletion,
            "state": State::Committed,
            "open": left.open,
            "failing": failing,
            "gone": left.objects,
            "next_try": left.next_try.map(|at| at.to_string()),
        }));
    }
}

/// Refuses what can be no digest before anything is looked at.
fn judge_form(digest: &str) -> Result<(), Failure> {
    let hash = digest.strip_prefix("bounded-").unwrap_or(digest).strip_prefix("sha256:");
    let is_hash = hash.is_some_and(|hash| {
        hash.len() == 64 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    });
    if is_hash { Ok(()) } else { Err(Failure::NotADigest(digest.to_owned())) }
}
