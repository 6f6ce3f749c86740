//! Calls that hooks still have to make, as text: which fail, why, and when each is tried next.

use sexton_core::names::Timestamp;
use sexton_engine::GivenUp;
use sexton_engine::ports::OpenIntent;

use super::objects::gone;
use super::page::Page;
use super::paint::{bold, dim, yellow};
use super::time::ahead;
use super::words::{clean, counted};
use crate::desk::Left;

/// A deletion whose rows are gone, and that is not complete.
pub fn unreaped(left: &Left, now: Timestamp) -> String {
    let mut page = Page::default();
    page.line(format!("{} the rows are gone, for good.", bold("Committed:")));
    for line in gone(&left.objects) {
        page.paragraph("Objects:   ", "           ", &line);
    }
    let open = counted(left.open, "promise is", "promises are");
    let when = left.next_try.map(|at| format!(", next {}", ahead(at, now))).unwrap_or_default();
    let text = if left.failing.is_empty() {
        // Nothing failed: what was still on its way is looked for later.
        format!("{} {open} to be carried out later{when}.", yellow("Not complete:"))
    } else {
        format!("{} {open} still to be carried out:", yellow("Not complete:"))
    };
    page.paragraph("", "", &text);
    page.block(&calls_that_fail(&left.failing, now));
    let (words, command) = &left.next;
    page.paragraph("", "", words);
    page.line(format!("    {command}"));
    page.line(dim(&format!("    {}", left.deletion)));
    page.text()
}

/// What a person gave up.
pub fn given_up(given_up: &GivenUp) -> String {
    let mut page = Page::default();
    if given_up.promises.is_empty() {
        page.line("Nothing was given up.");
    }
    for (rule, count) in &given_up.promises {
        let calls = counted(*count, "promise", "promises");
        page.line(format!("Given up: {calls} of {}.", clean(rule)));
    }
    if given_up.open > 0 {
        let calls = counted(given_up.open, "promise is", "promises are");
        page.paragraph(
            "",
            "",
            &format!("{calls} being carried out now: ask again when that has ended."),
        );
    }
    page.line("");
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
