//! Deletions, the newest first, with filters.

use maud::{Markup, html};
use sexton_api::Deletion;

use crate::figure::{moment, number};
use crate::frame::{Frame, page};
use crate::links::With as _;

/// What is listed.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The system.
    pub system: String,
    /// The page of deletions.
    pub deletions: Vec<Deletion>,
    /// Things that can be chosen.
    pub things: Vec<String>,
    /// Only of this thing.
    pub thing: Option<String>,
    /// Only in this state.
    pub state: Option<String>,
    /// Only what they asked for.
    pub actor: Option<String>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// Every state that can be chosen.
const STATES: [&str; 11] = [
    "complete",
    "refused",
    "withdrawn",
    "restored",
    "requested",
    "drained",
    "hidden",
    "purging",
    "purged",
    "committed",
    "reaped",
];

/// The page.
pub fn history(frame: &Frame, shown: &History) -> Markup {
    let own = frame.links.of_system(&shown.system, "/history");
    let is_filtered = shown.thing.is_some() || shown.state.is_some() || shown.actor.is_some();
    let next = shown.next.as_deref().map(|next| {
        own.clone()
            .with("thing", shown.thing.as_deref())
            .with("state", shown.state.as_deref())
            .with("actor", shown.actor.as_deref())
            .with("cursor", Some(next))
    });
    let content = html! {
        h1 { "History" }
        div.tools {
            form.search method="get" action=(own) role="search" aria-label="Filter" {
                (choice("thing", "Thing", &shown.things, shown.thing.as_deref()))
                (choice("state", "State", &STATES.map(str::to_owned), shown.state.as_deref()))
                div.field {
                    label for="actor" { "Asked for by" }
                    input #actor type="search" name="actor" value=(shown.actor.as_deref().unwrap_or(""));
                }
                button type="submit" { "Filter" }
                @if is_filtered { a.button.quiet href=(own) { "All" } }
            }
        }
        @if shown.deletions.is_empty() {
            p.empty { @if is_filtered { "No deletion is like this." } @else { "Nothing was deleted yet." } }
        } @else {
            (list(frame, shown))
        }
        @if let Some(next) = next { nav.pages aria-label="Pages" { a.button href=(next) rel="next" { "Older" } } }
    };
    page(frame, &format!("History of {}", shown.system), &content)
}

fn choice(name: &str, title: &str, all: &[String], chosen: Option<&str>) -> Markup {
    html! {
        div.field {
            label for=(name) { (title) }
            select id=(name) name=(name) {
                option value="" { "Any" }
                @for one in all { option value=(one) selected[chosen == Some(one)] { (one) } }
            }
        }
    }
}

fn list(frame: &Frame, shown: &History) -> Markup {
    html! {
        div.framed {
            table.list {
                thead { tr {
                    th scope="col" { "What" } th scope="col" { "State" } th.number scope="col" { "Rows" }
                    th scope="col" { "Asked for" } th scope="col" { "By" } th scope="col" { "Why" }
                } }
                tbody { @for deletion in &shown.deletions { (row(frame, &shown.system, deletion)) } }
            }
        }
    }
}

fn row(frame: &Frame, system: &str, deletion: &Deletion) -> Markup {
    let watch = frame.links.of_system(system, &["/deletions/", &deletion.id].concat());
    let asked = deletion.phases.first().map(|phase| phase.at.as_str()).unwrap_or_default();
    html! {
        tr data-deletion=(deletion.id) {
            td {
                a href=(watch) { (deletion.thing) " " span.id { (deletion.roots.join(", ")) } }
                @if !deletion.sentence.is_empty() { span.sub { (deletion.sentence) } }
            }
            td data-label="State" { (state(&deletion.state)) }
            td.number data-label="Rows" { @match deletion.rows { Some(rows) => (number(rows)), None => "–" } }
            td data-label="Asked for" { (moment(asked)) }
            td data-label="By" { (deletion.actor) }
            td.empty-cell[deletion.reason.is_none()] data-label="Why" { (deletion.reason.as_deref().unwrap_or("")) }
        }
    }
}

/// A state, coloured by how it went.
pub fn state(state: &str) -> Markup {
    let class = match state {
        "complete" => "pill good",
        "refused" => "pill bad",
        "withdrawn" | "restored" => "pill",
        _ => "pill going",
    };
    html! { span class=(class) { (state) } }
}
