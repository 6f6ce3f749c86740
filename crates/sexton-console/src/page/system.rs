//! The first page of a system: what can be deleted in it.

use maud::{Markup, html};
use sexton_api::Thing;

use crate::frame::{Frame, page};

/// The page.
pub fn system(frame: &Frame, name: &str, things: &[Thing]) -> Markup {
    let content = html! {
        h1 { (name) }
        @if things.is_empty() {
            p.empty { "The policy of this system declares no things." }
        }
        div.cards {
            @for thing in things {
                section.card {
                    h2 { (thing.name) }
                    @if let Some(table) = &thing.table { p.muted { "rows of " code { (table) } } }
                }
            }
        }
    };
    page(frame, name, &content)
}
