//! What is said where a page cannot be shown, or what was asked for cannot be done.

use maud::{Markup, html};
use sexton_api::Problem;

use crate::frame::{Frame, page};

/// The page.
pub fn failed(frame: &Frame, problem: &Problem) -> Markup {
    let content = html! {
        section.card.narrow data-failed {
            p.muted.small { (problem.status) " " code { (problem.code) } }
            h1 { (problem.title) }
            (reasons(problem))
            p { a href=(frame.links.home()) { "To the first page" } }
            p.muted.small { "Request " code { (problem.request_id) } }
        }
    };
    page(frame, &problem.title, &content)
}

/// What is the matter, what refuses and how to clear it, and what has changed.
pub fn reasons(problem: &Problem) -> Markup {
    html! {
        @if let Some(detail) = &problem.detail { p { (detail) } }
        @if !problem.errors.is_empty() {
            ul { @for wrong in &problem.errors { li { code { (wrong.pointer) } " " (wrong.detail) } } }
        }
    }
}
