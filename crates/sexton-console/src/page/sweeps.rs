//! Stores compared with rows: the last sweep, and beginning one.

use maud::{Markup, html};
use serde_json::Value;
use sexton_api::Sweep;

use crate::figure::{bytes, moment, number};
use crate::frame::{Frame, page};

/// What is shown.
#[derive(Debug, Clone, Default)]
pub struct Sweeps {
    /// The system.
    pub system: String,
    /// Its stores.
    pub stores: Vec<String>,
    /// The latest sweep.
    pub latest: Option<Sweep>,
}

/// The page.
pub fn sweeps(frame: &Frame, shown: &Sweeps) -> Markup {
    let own = frame.links.of_system(&shown.system, "/sweeps");
    let is_going = shown.latest.as_ref().is_some_and(|sweep| sweep.ended_at.is_none());
    let content = html! {
        div.heading {
            h1 { "Sweeps" }
            @if !shown.stores.is_empty() && !is_going {
                form method="post" action=(own) data-once { button.primary type="submit" { "Sweep now" } }
            }
        }
        p.muted { "Compares what stores list with what rows name, and removes nothing." }
        @if shown.stores.is_empty() {
            p.empty { "The policy of this system names no stores." }
        } @else if let Some(sweep) = &shown.latest {
            (found(&own, sweep))
        } @else {
            p.empty { "Nobody has swept it yet." }
        }
    };
    page(frame, &format!("Sweeps of {}", shown.system), &content)
}

fn found(own: &str, sweep: &Sweep) -> Markup {
    let stores = sweep.report.as_ref().and_then(|report| report["stores"].as_array());
    html! {
        @match (&sweep.ended_at, &sweep.failure) {
            (None, _) => {
                p.notice #sweep role="status" { span.live { "Under way since " (moment(&sweep.began_at)) } " " a href=(own) { "Look again" } }
            }
            (Some(_), Some(failure)) => p.notice.bad #sweep role="alert" { "It failed: " (failure) },
            (Some(at), None) => p.notice.good #sweep role="status" { span { "Done " (moment(at)) } },
        }
        @for store in stores.into_iter().flatten() { (one(store)) }
    }
}

fn one(store: &Value) -> Markup {
    let tally = |name: &str| {
        let of = &store[name];
        let (objects, size) =
            (of["objects"].as_u64().unwrap_or(0), of["bytes"].as_u64().unwrap_or(0));
        html! { strong { (number(objects)) } span { (bytes(size)) } }
    };
    let dangling = store["dangling"].as_array();
    let missing: u64 = dangling.into_iter().flatten().filter_map(|of| of["rows"].as_u64()).sum();
    html! {
        section.card data-store=(store["store"].as_str().unwrap_or_default()) {
            h2 { (store["store"].as_str().unwrap_or_default()) }
            p.muted.small.wraps { (store["address"].as_str().unwrap_or_default()) }
            @if let Some(failure) = store["failure"].as_str() { p.notice.bad { (failure) } }
            div.figures {
                div { (tally("total")) span { "listed" } }
                div { (tally("named")) span { "named by rows" } }
                div { (tally("orphans")) span { "orphans: named by no row" } }
                div { (tally("pending")) span { "about to be removed" } }
                div { (tally("young")) span { "too young to tell" } }
                div { strong { (number(missing)) } span { "rows without their object" } }
            }
        }
    }
}
