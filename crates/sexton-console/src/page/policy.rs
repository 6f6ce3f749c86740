//! The policy of a system: what is found against the live schema, and what each thing takes along.

use maud::{Markup, html};

use crate::frame::{Frame, page};
use crate::links::With as _;

/// What is shown.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The system.
    pub system: String,
    /// What was found, or why nothing could be.
    pub findings: Result<Vec<Finding>, String>,
    /// Its things.
    pub things: Vec<String>,
    /// The thing whose picture is shown.
    pub thing: Option<String>,
}

/// Something wrong.
#[derive(Debug, Clone, Default)]
pub struct Finding {
    /// Its code.
    pub code: String,
    /// Whether deletions refuse because of it.
    pub is_error: bool,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

/// The page.
pub fn policy(frame: &Frame, shown: &Policy) -> Markup {
    let own = frame.links.of_system(&shown.system, "/policy");
    let content = html! {
        h1 { "Policy" }
        section.card {
            h2 { "Does it fit the live schema?" }
            @match &shown.findings {
                Err(why) => p.notice.bad { "The database could not be asked: " (why) },
                Ok(findings) if findings.is_empty() => p.notice.good { "It does: nothing was found." },
                Ok(findings) => (list(findings)),
            }
        }
        section.card {
            h2 { "What goes with a thing" }
            nav.choices aria-label="Things" {
                @for thing in &shown.things {
                    a.button.small href=(own.clone().with("thing", Some(thing)))
                        aria-current=[(shown.thing.as_ref() == Some(thing)).then_some("true")] { (thing) }
                }
            }
            @if let Some(thing) = &shown.thing {
                @let picture = frame.links.of_system(&shown.system, "/policy/picture.svg");
                @let picture = picture.with("thing", Some(thing));
                div.picture tabindex="0" role="region" aria-label=(format!("What goes with a {thing}")) {
                    img src=(picture) alt=(format!("The tables that lose or change rows when a {thing} goes, as a tree"));
                }
                p.small { a href=(picture) { "The picture alone" } }
            }
        }
    };
    page(frame, &format!("Policy of {}", shown.system), &content)
}

fn list(findings: &[Finding]) -> Markup {
    html! {
        ul.findings {
            @for finding in findings {
                li {
                    span.pill.bad[finding.is_error].warn[!finding.is_error] { (finding.code) }
                    span.wraps { " " (finding.message) }
                    @if let Some(help) = &finding.help { p.muted.small.wraps { (help) } }
                }
            }
        }
    }
}
