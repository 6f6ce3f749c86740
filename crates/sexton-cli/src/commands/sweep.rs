//! `sexton sweep`: compares stores with rows, and removes what no row names if asked to.

use std::time::Duration;

use serde_json::{Value, json};
use sexton_core::sweep::{InStore, SweepReport};
use sexton_engine::{DeleteError, Reclaimed};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::arguments::{Shared, Sweep};
use crate::desk;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::watched_counting;
use crate::screen::Screen;
use crate::text;

/// A program is told so often how far it is.
const TELL_EVERY: Duration = Duration::from_secs(1);

type Swept = Result<(SweepReport, Option<Vec<Reclaimed>>), Failure>;

pub async fn run(sweep: &Sweep, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    let desk = desk::open(&sweep.at, shared).await?;
    let begun = Instant::now();
    let (counts, counted) = watch::channel((String::new(), 0));
    let mut progress = |found: &InStore| {
        counts.send_replace((found.store.to_string(), found.total.objects));
    };
    let work = desk.sweep(sweep, &mut progress);
    let done = if screen.is_text() {
        watched_counting(screen, counted, work).await
    } else {
        telling(screen, counted, work).await
    };
    let (report, gone) = done?;
    let exit = exit(&report, gone.as_deref());
    if screen.is_text() {
        screen.say(&text::swept(&report));
        match &gone {
            Some(gone) => screen.say(&text::reclaimed(gone)),
            None if report.stores.iter().any(|found| found.orphans.objects > 0) => {
                let again = desk.line().with(&["sweep", "--reclaim"]);
                screen.say(&format!("This removes what no row names:\n\n  {again}"));
            }
            None => {}
        }
    } else {
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        screen.event(&answer(&report, gone.as_deref(), took_ms));
    }
    Ok(exit)
}

/// Tells a program how far it is while it waits.
async fn telling(
    screen: &mut Screen,
    counted: watch::Receiver<(String, u64)>,
    work: impl Future<Output = Swept>,
) -> Swept {
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(TELL_EVERY) => {
                let (store, listed) = counted.borrow().clone();
                screen.event(&json!({ "event": "sweeping", "store": store, "listed": listed }));
            }
        }
    }
}

fn exit(report: &SweepReport, gone: Option<&[Reclaimed]>) -> Exit {
    if report.stores.iter().any(|found| found.failure.is_some()) {
        return Exit::Failed;
    }
    let Some(gone) = gone else {
        return if report.is_clean() { Exit::Done } else { Exit::Refused };
    };
    let is_left = |of: &Reclaimed| {
        let is_open = matches!(&of.gone, Some((_, Err(_))));
        of.refused.is_some() || of.more > 0 || is_open || failed(of) > 0
    };
    let is_named = |found: &InStore| {
        !found.dangling.is_empty() || !found.refused.is_empty() || !found.unread.is_empty()
    };
    if gone.iter().any(is_left) || report.stores.iter().any(is_named) {
        Exit::Refused
    } else {
        Exit::Done
    }
}

/// How many objects could not be removed.
fn failed(of: &Reclaimed) -> u64 {
    removed(of, |removed| removed.failed)
}

fn removed(of: &Reclaimed, count: impl Fn(&sexton_core::objects::Removed) -> u64) -> u64 {
    let gone = match &of.gone {
        Some((_, Ok(receipt))) => &receipt.objects_gone,
        Some((_, Err(DeleteError::Unreaped { objects, .. }))) => objects,
        _ => return 0,
    };
    gone.values().flat_map(|stores| stores.values()).map(count).sum()
}

/// Everything, for programs.
fn answer(report: &SweepReport, gone: Option<&[Reclaimed]>, took_ms: u64) -> Value {
    let total = |count: fn(&InStore) -> u64| report.stores.iter().map(count).sum::<u64>();
    let gone_of = |count: fn(&sexton_core::objects::Removed) -> u64| {
        gone.unwrap_or_default().iter().map(|of| removed(of, count)).sum::<u64>()
    };
    let failures = report.stores.iter().filter(|found| found.failure.is_some()).count();
    let is_short = gone.unwrap_or_default().iter().any(|of| of.refused.is_some())
        || gone_of(|removed| removed.failed) > 0;
    let status = match failures {
        0 if !is_short => "success",
        all if all == report.stores.len() => "failed",
        _ => "partial",
    };
    json!({
        "event": "swept",
        "status": status,
        "dry_run": gone.is_none(),
        "took_ms": took_ms,
        "v": report.v,
        "system": report.system,
        "at": report.at.to_string(),
        "stores": report.stores,
        "reclaimed": gone.map(|gone| gone.iter().map(of_store).collect::<Vec<Value>>()),
        "totals": {
            "objects": total(|found| found.total.objects),
            "bytes": total(|found| found.total.bytes),
            "orphans": total(|found| found.orphans.objects),
            "orphan_bytes": total(|found| found.orphans.bytes),
            "dangling": total(|found| found.dangling.iter().map(|of| of.rows).sum()),
            "removed": gone_of(|removed| removed.deleted + removed.hidden),
            "removed_bytes": gone_of(|removed| removed.bytes),
            "failed": gone_of(|removed| removed.failed),
        },
    })
}

fn of_store(of: &Reclaimed) -> Value {
    let (deletion, receipt, failure) = match &of.gone {
        None => (None, None, None),
        Some((id, Ok(receipt))) => (Some(id), Some(receipt), None),
        Some((id, Err(error))) => (Some(id), None, Some(error.to_string())),
    };
    json!({
        "store": of.store,
        "asked": of.asked,
        "more": of.more,
        "refused": of.refused,
        "removed": removed(of, |removed| removed.deleted + removed.hidden),
        "removed_bytes": removed(of, |removed| removed.bytes),
        "failed": failed(of),
        "deletion": deletion,
        "receipt": receipt,
        "failure": failure,
    })
}
