//! A deletion and what becomes of it: how far it has come, what it waits for, what is left of it.

use maud::{Markup, html};
use serde_json::Value;
use sexton_api::{Deletion, Phase, Problem, Waiting};

use super::confirm::went_wrong;
use crate::frame::{Frame, page};
use crate::mark::{bytes, counted, id, moment, number, state};

/// A deletion, and what may be done about it.
#[derive(Debug, Clone)]
pub struct Watched {
    /// As the API tells it.
    pub deletion: Deletion,
    /// Why what was asked for about it was not done.
    pub problem: Option<Problem>,
    /// Whether the visitor may change anything.
    pub may_change: bool,
    /// Where it is looked at again, if its roots are told by their ids.
    pub again: Option<String>,
    /// Where it is deleted for good, while it is hidden.
    pub for_good: Option<String>,
}

/// The page.
pub fn deletion(frame: &Frame, watched: &Watched) -> Markup {
    let deletion = &watched.deletion;
    let links = &frame.links;
    let events = links.api(&deletion.system, &format!("/deletions/{}/events", deletion.id));
    let content = html! {
        section #deletion data-part data-live=[(!deletion.is_ended).then_some(events)]
            data-state=(deletion.state) data-left=[deletion.left] {
            div.heading {
                div.title {
                    h1 { "Deletion of " (deletion.thing) " " (whose(deletion)) }
                    p { (state(&deletion.state)) " " span.muted data-sentence { (deletion.sentence) } }
                }
                @if !deletion.is_ended { span.live { "live" } }
            }
            @if let Some(problem) = &watched.problem { (went_wrong(problem)) }
            (steps(deletion))
            (progress(deletion))
            @if let Some(outcome) = &deletion.outcome {
                div.notice.bad { strong { "Nothing was deleted" } p { (outcome.message) } }
            }
            (waits(frame, watched))
            (tools(frame, watched))
            (facts(deletion))
            (gone(deletion))
        }
    };
    page(frame, &format!("Deletion of {} {}", deletion.thing, whose(deletion)), &content)
}

fn whose(deletion: &Deletion) -> String {
    match deletion.roots.as_slice() {
        [root] => root.clone(),
        roots => format!("({})", number(roots.len() as u64)),
    }
}

/// The ways of a life, and what each step is called.
const AT_ONCE: [(&str, &str); 4] = [
    ("requested", "asked for"),
    ("committed", "rows gone"),
    ("reaped", "promises kept"),
    ("complete", "verified"),
];
const HIDDEN: [(&str, &str); 5] = [
    ("requested", "asked for"),
    ("hidden", "hidden"),
    ("purging", "being purged"),
    ("purged", "nothing left below"),
    ("complete", "verified"),
];

fn steps(deletion: &Deletion) -> Markup {
    let at = |name: &str| deletion.phases.iter().find(|phase| phase.state == name);
    let is_hidden = ["hidden", "purging", "purged", "restored"]
        .iter()
        .any(|name| at(name).is_some() || deletion.state == *name);
    let way: &[(&str, &str)] = if is_hidden { &HIDDEN } else { &AT_ONCE };
    let end = match deletion.state.as_str() {
        "refused" => Some(("bad", "refused")),
        "withdrawn" => Some(("bad", "withdrawn")),
        "restored" => Some(("done", "restored")),
        _ => None,
    };
    let reached = way.iter().rposition(|(name, _)| at(name).is_some() || deletion.state == *name);
    let reached = reached.unwrap_or(0);
    html! {
        ol.steps aria-label="How far it has come" {
            @for (place, (name, said)) in way.iter().enumerate() {
                @if end.is_none() || at(name).is_some() {
                    @let is_now = place == reached && !deletion.is_ended;
                    li.done[place <= reached && !is_now].now[is_now] aria-current=[is_now.then_some("step")] {
                        span { (said) }
                        @if let Some(phase) = at(name) { (when(deletion, phase)) }
                    }
                }
            }
            @if let Some((class, said)) = end {
                li class=(class) { span { (said) } @if let Some(phase) = at(said) { (when(deletion, phase)) } }
            }
        }
    }
}

fn when(deletion: &Deletion, phase: &Phase) -> Markup {
    let is_first = deletion.phases.first().is_some_and(|first| first.state == phase.state);
    html! {
        span.small.muted {
            @if is_first { (moment(&phase.at)) } @else { time datetime=(phase.at) { (phase.at.get(11..19).unwrap_or(&phase.at)) } }
        }
    }
}

/// What is left to be done; the script tells how fast it goes, and how long it will take.
fn progress(deletion: &Deletion) -> Markup {
    html! {
        @if let Some(left) = deletion.left.filter(|left| *left > 0 && !deletion.is_ended) {
            div data-progress {
                p { (counted(left, "promise is", "promises are")) " still to be carried out. " span.muted data-rate {} }
                progress aria-label="How much is done" {}
            }
        }
    }
}

fn waits(frame: &Frame, watched: &Watched) -> Markup {
    let deletion = &watched.deletion;
    let failed: Vec<&Waiting> =
        deletion.waiting_on.iter().filter(|waiting| waiting.last_error.is_some()).collect();
    let others: Vec<&Waiting> =
        deletion.waiting_on.iter().filter(|waiting| waiting.last_error.is_none()).collect();
    html! {
        @if !deletion.waiting_on.is_empty() {
            section.card {
                h2 { "Waits for" }
                @if !failed.is_empty() {
                    div.framed { table.list {
                        thead { tr { th { "What" } th { "Why it failed" } th.number { "Tries" } th { "Next try" } } }
                        tbody {
                            @for waiting in failed {
                                tr {
                                    td { code { (waiting.what) } }
                                    td.wraps data-label="why" { (waiting.last_error.as_deref().unwrap_or_default()) }
                                    td.number data-label="tries" { (waiting.attempts) }
                                    td data-label="next" { @if let Some(next) = &waiting.next_try_at { (moment(next)) } }
                                }
                            }
                        }
                    } }
                    @if watched.may_change {
                        form method="post" action=(path(frame, deletion, "/retry")) data-once {
                            div.actions {
                                button type="submit" data-doing="Trying…" { "Try now" }
                                span.small.muted { "They are tried again by themselves; this does not wait for that." }
                            }
                        }
                    }
                }
                @for waiting in others { p { (waiting.what) } }
            }
        }
    }
}

fn path(frame: &Frame, deletion: &Deletion, end: &str) -> String {
    frame.links.of_system(&deletion.system, &format!("/deletions/{}{end}", deletion.id))
}

fn tools(frame: &Frame, watched: &Watched) -> Markup {
    let deletion = &watched.deletion;
    html! {
        div.actions {
            @if deletion.state == "complete" {
                a.button.primary href=(path(frame, deletion, "/receipt")) { "Read the receipt" }
            }
            @if matches!(deletion.state.as_str(), "requested" | "drained") && watched.may_change {
                form method="post" action=(path(frame, deletion, "/withdraw")) data-once {
                    button type="submit" data-doing="Withdrawing…" { "Withdraw" }
                }
            }
            @if deletion.state == "hidden" && watched.may_change {
                form method="post" action=(path(frame, deletion, "/restore")) data-once {
                    button.primary type="submit" data-doing="Restoring…" { "Restore" }
                }
                @if let Some(href) = &watched.for_good {
                    a.button.quiet-danger href=(href) data-open { "Delete for good" }
                }
            }
            @if let Some(href) = watched.again.as_ref().filter(|_| deletion.outcome.is_some()) {
                a.button href=(href) data-open { "Look at it again" }
            }
        }
    }
}

fn facts(deletion: &Deletion) -> Markup {
    html! {
        section.card {
            dl.facts {
                div { dt { "Deletion" } dd { (id(&deletion.id)) } }
                div { dt { "Asked for by" } dd { (deletion.actor) } }
                @if let Some(reason) = &deletion.reason { div { dt { "Why" } dd { (reason) } } }
                @if let Some(rows) = deletion.rows { div { dt { "Rows that went" } dd { (number(rows)) } } }
                @if let Some(digest) = &deletion.digest {
                    div { dt { "Bound to" } dd.small { (id(digest)) } }
                }
            }
            @if deletion.roots.len() > 1 {
                details {
                    summary { "all " (number(deletion.roots.len() as u64)) " roots" }
                    ul.small { @for root in &deletion.roots { li { (id(root)) } } }
                }
            }
        }
    }
}

fn gone(deletion: &Deletion) -> Markup {
    html! {
        @if !deletion.removed.is_empty() {
            section.card {
                h2 { "What went" }
                div.figures {
                    @for (table, rows) in &deletion.removed {
                        @if *rows > 0 { div { strong { (number(*rows)) } span.wraps { (table) } } }
                    }
                }
                @if let Some(objects) = &deletion.objects { (outcomes(objects)) }
            }
        }
    }
}

/// What came of objects: by rule and store, how many of each outcome.
pub fn outcomes(objects: &Value) -> Markup {
    let rules = objects.as_object().into_iter().flatten();
    html! {
        @for (rule, stores) in rules {
            @for (store, counts) in stores.as_object().into_iter().flatten() {
                p {
                    "Objects of " code { (rule) } " in store " code { (store) } ": "
                    @for (at, (outcome, count)) in counts.as_object().into_iter().flatten()
                        .filter(|(_, count)| count.as_u64().is_some_and(|count| count > 0)).enumerate() {
                        @if at > 0 { ", " }
                        @let count = count.as_u64().unwrap_or(0);
                        @if outcome == "bytes" { (bytes(count)) } @else { (number(count)) " " (outcome.replace('_', " ")) }
                    }
                }
            }
        }
    }
}
