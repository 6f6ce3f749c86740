//! Calls that hooks still have to make, as text: which fail, why, and when each is tried next.

use sexton_core::names::{DeletionId, Timestamp};
use sexton_engine::ports::OpenIntent;

use super::page::Page;
use super::paint::{bold, dim, yellow};
use super::time::ahead;
use super::words::{clean, counted};

/// A deletion whose rows are gone and whose calls are not all made.
pub fn unreaped(
    id: &DeletionId,
    open: u64,
    failing: &[OpenIntent],
    go_on: &str,
    now: Timestamp,
) -> String {
    let mut page = Page::default();
    let calls = counted(open, "hook call", "hook calls");
    page.line(format!("{} the rows are gone, for good.", bold("Committed:")));
    page.paragraph("", "", &format!("{} {calls} still to be made:", yellow("Not complete:")));
    page.block(&calls_that_fail(failing, now));
    page.paragraph("", "", "This goes on with them, and looks again once all are taken:");
    page.line(format!("    {go_on}"));
    page.line(dim(&format!("    {id}")));
    page.text()
}

/// Calls that failed before, each with its reason.
pub fn calls_that_fail(failing: &[OpenIntent], now: Timestamp) -> String {
    let mut page = Page::default();
    for call in failing {
        let reason = call.reason.as_deref().unwrap_or("its program ended before the answer came");
        let tries = counted(u64::from(call.attempts), "try", "tries");
        let next = ahead(call.next_try, now);
        let told = format!("{}: {} ({tries}; next {next})", clean(&call.rule), clean(reason));
        page.paragraph("  - ", "    ", &told);
    }
    page.text()
}
