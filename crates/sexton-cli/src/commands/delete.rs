//! `sexton delete`: preview, confirm, delete exactly that, look again.

use serde_json::json;
use sexton_core::lifecycle::State;
use sexton_core::preview::{Count, Preview};
use sexton_engine::ports::{Clock, SystemClock};
use sexton_engine::{Bound, DeleteError, DeleteRequest};
use tokio::sync::watch;

use super::pause::json_of as json_of_pauses;
use super::status::failing_json;
use crate::arguments::{Delete, Shared};
use crate::confirm::{confirm, root_of};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::{Removing, watched, watched_removing};
use crate::screen::Screen;
use crate::text::{self, Left, View};
use crate::wiring::{self, Opened};

pub async fn run(delete: &Delete, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    if let Some(digest) = &delete.digest {
        judge_form(digest)?;
    }
    delete.target.judge_options()?;
    let mut opened = wiring::open(shared).await?;
    opened.system = opened.system.with_patience(delete.wait);
    let preview = look(delete, &opened, screen).await?;
    if !preview.blockers.is_empty() {
        let request = request(delete, None);
        // The refusal stands, whether it can be kept or not.
        drop(opened.system.refuse(&request, &preview.blockers).await);
        return Err(Failure::Blocked { root: root_of(&preview), blockers: preview.blockers });
    }
    let allowed = opened.system.may_delete(&delete.target.thing()).await;
    allowed.map_err(|error| opened.failure(error))?;
    let bound = bound(delete, &preview, &opened)?;
    confirm(&preview, delete, &opened.line, screen)?;
    let wanted = Wanted { for_good: delete.for_good, total: total(&preview) };
    carry_out(&request(delete, bound), wanted, &opened, screen).await?;
    Ok(Exit::Done)
}

fn request(delete: &Delete, bound_to: Option<Bound>) -> DeleteRequest {
    DeleteRequest { root: delete.target.root(), reason: delete.reason.clone(), bound_to }
}

async fn look(delete: &Delete, opened: &Opened, screen: &mut Screen) -> Result<Preview, Failure> {
    let target = &delete.target;
    let root = target.root();
    let looked = async {
        if delete.for_good {
            opened.system.preview_for_good(&root, target.budget()).await
        } else {
            opened.system.preview(&root, target.budget()).await
        }
    };
    let looked = watched(screen, "looking", looked).await;
    let preview = looked.map_err(|error| opened.failure(error))?;
    if screen.is_text() {
        let view = View { all: false, policy: &opened.file.name };
        screen.say(&format!("{}\n", text::preview(&preview, view)));
    } else {
        screen.event(&json!({ "event": "preview", "preview": preview }));
    }
    Ok(preview)
}

/// How many objects the preview has counted; none if it could not count them all.
fn total(preview: &Preview) -> Option<u64> {
    let counts = preview.objects.iter().map(|going| match going.objects {
        Count::Exact(count) => Some(count),
        Count::AtLeast(_) | Count::Unknown => None,
    });
    counts.sum()
}

/// How far a deletion goes, and how many objects it is to count to.
#[derive(Clone, Copy)]
struct Wanted {
    for_good: bool,
    total: Option<u64>,
}

async fn carry_out(
    request: &DeleteRequest,
    wanted: Wanted,
    opened: &Opened,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let began = SystemClock.now();
    let waiting = watch::Sender::new(None);
    let deleting = async {
        if wanted.for_good {
            opened.system.delete_for_good(request, &waiting).await
        } else {
            opened.system.delete_watched(request, &waiting).await
        }
    };
    let removing = Removing { gone: opened.gone.clone(), total: wanted.total };
    let waits = waiting.subscribe();
    let deleted = watched_removing(screen, "deleting", waits, removing, deleting).await;
    let receipt = match deleted {
        Ok(receipt) => receipt,
        Err(DeleteError::Unreaped { deletion, open, failing, objects, next_try }) => {
            let (deletion, failing, objects) = (&deletion, failing.as_slice(), &objects);
            unreaped(&Left { deletion, open, failing, objects, next_try }, opened, screen);
            tell_pauses(opened, screen).await;
            return Ok(());
        }
        Err(error) => return Err(opened.failure(error)),
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
async fn tell_pauses(opened: &Opened, screen: &mut Screen) {
    // What was asked for is done, even if this cannot be told.
    let Ok(pauses) = opened.system.pauses().await else { return };
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
fn unreaped(left: &Left<'_>, opened: &Opened, screen: &mut Screen) {
    if screen.is_text() {
        let go_on = opened.line.with(&["work", "--once"]);
        screen.say(&text::unreaped(left, &go_on, SystemClock.now()));
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

/// What the deletion is bound to: the digest that was given, or the preview just shown to whoever
/// confirms it. Who has confirmed the id beforehand has seen no preview, and means what is there.
fn bound(delete: &Delete, preview: &Preview, opened: &Opened) -> Result<Option<Bound>, Failure> {
    let (Some(digest), Some(parts)) = (&preview.digest, &preview.parts) else {
        return Err(Failure::Unbound { root: root_of(preview) });
    };
    if delete.confirm.is_some() && delete.digest.is_none() {
        return Ok(None);
    }
    match &delete.digest {
        Some(given) if parts.matches(given) => Ok(Some(Bound::Digest(given.clone()))),
        Some(_) => {
            let ids = preview.roots.all().iter().map(|root| root.id.as_str());
            let words: Vec<&str> = ["preview", &preview.thing].into_iter().chain(ids).collect();
            let again = opened.line.with(&words);
            Err(Failure::OtherDigest { root: root_of(preview), again })
        }
        None => Ok(Some(Bound::Parts { digest: digest.clone(), parts: parts.clone() })),
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
