//! Background work: what is paused, pausing it and going on.

use maud::{Markup, html};
use sexton_api::Pause;

use crate::figure::moment;
use crate::frame::{Frame, page};

/// What is shown.
#[derive(Debug, Clone, Default)]
pub struct Pauses {
    /// The system.
    pub system: String,
    /// All background work of the system, then each store.
    pub parts: Vec<Part>,
}

/// All background work, or that of one store.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// The store; none for all.
    pub store: Option<String>,
    /// Who paused it, when and why.
    pub paused: Option<Pause>,
}

/// The page.
pub fn pauses(frame: &Frame, shown: &Pauses) -> Markup {
    let own = frame.links.of_system(&shown.system, "/pauses");
    let content = html! {
        h1 { "Pause" }
        p.muted { "What is paused begins nothing more: no removal of objects, no rule of retention, no call. What is under way ends. Rows that a person deletes go all the same." }
        @for (place, part) in shown.parts.iter().enumerate() { (one(&own, place, part)) }
    };
    page(frame, &format!("Pause {}", shown.system), &content)
}

fn one(own: &str, place: usize, part: &Part) -> Markup {
    let name = part
        .store
        .as_ref()
        .map_or("All background work".to_owned(), |store| format!("Store {store}"));
    let why = format!("why-{place}");
    let action = if part.paused.is_some() { [own, "/lift"].concat() } else { own.to_owned() };
    html! {
        section.card data-part=(part.store.as_deref().unwrap_or("")) {
            div.heading {
                h2 { (name) }
                @if part.paused.is_some() { span.pill.warn { "paused" } } @else { span.pill.good { "at work" } }
            }
            @if let Some(paused) = &part.paused {
                p { "By " (paused.actor) " since " (moment(&paused.at)) ": " (paused.reason) }
            }
            form.inline method="post" action=(action) data-once {
                @if let Some(store) = &part.store { input type="hidden" name="store" value=(store); }
                label.unseen for=(why) { "Why" }
                input id=(why) type="text" name="reason" placeholder="Why" required;
                @if part.paused.is_some() { button.primary type="submit" { "Go on" } }
                @else { button type="submit" { "Pause" } }
            }
        }
    }
}
