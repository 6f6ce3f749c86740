//! The first page: every system that the visitor sees, and what can be deleted in it.

use maud::{Markup, html};
use sexton_api::SystemSummary;

use crate::frame::{Frame, page};

/// The page.
pub fn home(frame: &Frame, systems: &[SystemSummary]) -> Markup {
    let content = html! {
        h1 { "Systems" }
        @if systems.is_empty() {
            p.empty { "There is no system that you may see." }
        }
        div.cards {
            @for system in systems {
                a.card href=(frame.links.system(&system.name)) {
                    h2 { (system.name) }
                    p.muted { (system.things.join(", ")) }
                    p.muted.small { (system.database) }
                }
            }
        }
    };
    page(frame, "Systems", &content)
}
