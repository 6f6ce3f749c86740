//! Deletions as text: which, in what state, since when, and what each waits for.

use sexton_core::audit::Receipt;
use sexton_core::lifecycle::State;
use sexton_core::names::Timestamp;
use sexton_engine::DeletionStatus;
use sexton_engine::ports::DeletionRow;

use super::calls::calls_that_fail;
use super::page::Page;
use super::paint::{bold, dim, green, red, yellow};
use super::receipt::receipt;
use super::roots::{named, number_of};
use super::time::ago;
use super::words::clean;

/// Some deletions, newest first.
pub fn deletions(statuses: &[DeletionStatus], now: Timestamp) -> String {
    let mut page = Page::default();
    for status in statuses {
        let row = &status.row;
        let by = format!("{}, by {}", ago(row.changed_at, now), clean(row.actor.as_str()));
        page.line(format!("{}  {}  {}", row.id, state(row.state), dim(&by)));
        let what = named(row.thing.as_str(), row.roots.all());
        page.paragraph("  ", "  ", &format!("{what}: {}", clean(&status.sentence)));
    }
    page.text()
}

/// One deletion, with its receipt if there is one.
pub fn deletion(status: &DeletionStatus, now: Timestamp) -> String {
    let row = &status.row;
    let mut page = Page::default();
    page.line(format!("{}  {}", bold(row.id.as_str()), state(row.state)));
    let mut told = |name: &str, value: &str| {
        page.paragraph(&format!("  {name:<10} "), "             ", &clean(value));
    };
    told("what", &what(row));
    told("by", row.actor.as_str());
    if let Some(reason) = &row.reason {
        told("why", reason);
    }
    for (name, moment) in [("asked", row.requested_at), ("changed", row.changed_at)] {
        told(name, &format!("{moment} ({})", ago(moment, now)));
    }
    if let Some(digest) = &row.bound_to {
        told("bound to", digest);
    }
    told("now", &status.sentence);
    page.block(&calls_that_fail(&status.failing, now));
    let stored = row.receipt.as_deref().map(serde_json::from_str::<Receipt>);
    if let Some(Ok(stored)) = stored {
        page.line("");
        page.block(&receipt(&stored, None));
    }
    page.text()
}

/// All roots by name: this is where they are looked up.
fn what(row: &DeletionRow) -> String {
    match row.roots.all() {
        [one] => format!("{} {one}", row.thing),
        several => {
            format!("{}: {}", number_of(row.thing.as_str(), several.len()), several.join(", "))
        }
    }
}

fn state(state: State) -> String {
    match state {
        State::Complete | State::Restored => green(state.as_str()),
        State::Refused | State::Withdrawn => red(state.as_str()),
        State::Requested
        | State::Drained
        | State::Hidden
        | State::Purging
        | State::Purged
        | State::Committed
        | State::Reaped => yellow(state.as_str()),
    }
}
