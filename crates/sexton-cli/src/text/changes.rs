//! What deletions take and touch otherwise than before, thing by thing.

use sexton_core::closures::{Change, Sign};

use super::Page;
use super::paint::{bold, dim};
use super::words::clean;

/// The changes since an older policy, or since what was kept.
pub fn changes(changes: &[Change], old: &str) -> String {
    let mut page = Page::default();
    if changes.is_empty() {
        page.line(format!("Deletions take and touch what they did by {}.", clean(old)));
        return page.text();
    }
    page.line(format!("Otherwise than by {}:", clean(old)));
    let mut thing = "";
    for change in changes {
        if change.thing != thing {
            thing = &change.thing;
            page.line(bold(&clean(thing)));
        }
        page.paragraph(&format!("  {} ", sign(change.sign)), "    ", &clean(&change.text));
    }
    page.line(dim("  + comes to it   - is no longer   ~ is otherwise"));
    page.line("");
    page.text()
}

fn sign(sign: Sign) -> char {
    match sign {
        Sign::More => '+',
        Sign::Less => '-',
        Sign::Other => '~',
    }
}
