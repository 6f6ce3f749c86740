//! What a redirect says of what was just done: a word in the address, and a sentence here, so that an
//! address of somebody else puts no sentence of theirs on a page.

use sexton_console::frame::Notice;

use super::fields::Fields;

/// What was just done, if the address says it.
pub fn said(fields: &Fields) -> Option<Notice> {
    let text = match fields.one("told")? {
        "held" => "It is held.",
        "released" => "The hold is released.",
        "paused" => "Paused: nothing more begins.",
        "resumed" => "It goes on.",
        "revoked" => "The key is revoked, and opens nothing any more.",
        "rule-begun" => "The rule runs in the background.",
        _ => return None,
    };
    Some(Notice { text: text.to_owned(), is_good: true })
}
