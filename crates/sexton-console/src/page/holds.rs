//! Holds: who keeps what from being deleted, putting one and releasing it.

use maud::{Markup, html};
use sexton_api::{Hold, Release};

use crate::figure::moment;
use crate::frame::{Frame, page};
use crate::links::With as _;

/// What is shown.
#[derive(Debug, Clone, Default)]
pub struct Holds {
    /// The system.
    pub system: String,
    /// Things that can be held.
    pub things: Vec<String>,
    /// Holds, the latest first.
    pub holds: Vec<Hold>,
    /// Whether those that hold nothing any more are listed too.
    pub all: bool,
    /// Whether the visitor may put and release them.
    pub may_hold: bool,
}

/// The page.
pub fn holds(frame: &Frame, shown: &Holds) -> Markup {
    let own = frame.links.of_system(&shown.system, "/holds");
    let content = html! {
        h1 { "Holds" }
        p.muted { "Nobody deletes what is held, by any way, until it is released." }
        @if shown.may_hold { (put(&own, shown)) }
        div.actions {
            @if shown.all { a href=(own) { "Only those in force" } }
            @else { a href=(own.clone().with("all", Some("yes"))) { "With those that are over" } }
        }
        @if shown.holds.is_empty() {
            p.empty { @if shown.all { "Nothing was ever held." } @else { "Nothing is held." } }
        } @else {
            div.framed {
                table.list {
                    thead { tr {
                        th scope="col" { "What" } th scope="col" { "Case" } th scope="col" { "Why" }
                        th scope="col" { "Since" } th scope="col" { "Until" } th scope="col" { span.unseen { "Release" } }
                    } }
                    tbody { @for hold in &shown.holds { (row(frame, shown, hold)) } }
                }
            }
        }
    };
    page(frame, &format!("Holds of {}", shown.system), &content)
}

fn put(own: &str, shown: &Holds) -> Markup {
    html! {
        details.card {
            summary { "Hold something" }
            form method="post" action=(own) data-once {
                div.pair {
                    div.field { label for="thing" { "Thing" }
                        select #thing name="thing" { @for thing in &shown.things { option { (thing) } } } }
                    div.field { label for="id" { "Id" } input #id type="text" name="id" required; }
                }
                div.pair {
                    div.field { label for="case" { "Case " span.muted { "(may be empty)" } } input #case type="text" name="case"; }
                    div.field { label for="until" { "Until " span.muted { "(a day; empty until released)" } }
                        input #until type="text" name="until" placeholder="2027-01-31" pattern="[0-9]{4}-[0-9]{2}-[0-9]{2}"; }
                }
                label for="reason" { "Why" }
                input #reason type="text" name="reason" required;
                div.actions { button.primary type="submit" { "Hold" } }
            }
        }
    }
}

fn row(frame: &Frame, shown: &Holds, hold: &Hold) -> Markup {
    let release = frame.links.of_system(&shown.system, &format!("/holds/{}/release", hold.id));
    let why = format!("why-{}", hold.id);
    html! {
        tr data-hold=(hold.id) {
            td {
                @if let Some(condition) = &hold.condition { (hold.thing) " where " code { (condition) } }
                @if let Some(root) = &hold.root { (hold.thing) " " span.id { (root) } }
                span.sub { "by " (hold.placed_by) }
            }
            td.empty-cell[hold.case.is_none()] data-label="Case" { (hold.case.as_deref().unwrap_or("")) }
            td data-label="Why" { (hold.reason) }
            td data-label="Since" { (moment(&hold.placed_at)) }
            td data-label="Until" {
                @match (&hold.released, &hold.until) {
                    (Some(released), _) => (ended(released)),
                    (None, Some(until)) => { (moment(until)) @if !hold.is_active { " " span.pill { "over" } } },
                    (None, None) => "it is released",
                }
            }
            td.act {
                @if shown.may_hold && hold.is_active {
                    form.inline method="post" action=(release) data-once {
                        label.unseen for=(why) { "Why hold " (hold.id) " is released" }
                        input id=(why) type="text" name="reason" placeholder="Why" required;
                        button.small type="submit" { "Release" }
                    }
                }
            }
        }
    }
}

/// Who released it and why.
fn ended(released: &Release) -> Markup {
    html! {
        "released"
        @if let Some(by) = &released.by { " by " (by) }
        @if let Some(reason) = &released.reason { ": " (reason) }
    }
}
