//! Where a deletion is confirmed: what would happen, what refuses, what may be chosen, and one
//! button that says what it does.
//!
//! The same markup is a page of its own and, with the script, the content of the dialog that every
//! list opens. The server judges what is typed; the script only holds the button until it fits.

mod told;
mod tree;

use maud::{Markup, html};
use serde_json::Value;
use sexton_api::{Preview, Problem, Thing, ThingOption};

pub use told::Told;

use self::told::{Count, Root};
use self::tree::tree;
use super::rows::is_moment;
use crate::frame::{Frame, page};
use crate::links::With as _;
use crate::mark::{bytes, counted, moment, number};

/// What is done to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// It is deleted, or hidden first where its policy says so.
    Delete,
    /// It is hidden, and nothing removes it.
    Retire,
    /// It is deleted without stopping at hiding.
    DeleteForGood,
}

impl Verb {
    /// What buttons say.
    pub fn title(self) -> &'static str {
        match self {
            Self::Delete => "Delete",
            Self::Retire => "Retire",
            Self::DeleteForGood => "Delete for good",
        }
    }

    /// While it is being done.
    pub fn doing(self) -> &'static str {
        match self {
            Self::Delete | Self::DeleteForGood => "Deleting…",
            Self::Retire => "Retiring…",
        }
    }

    /// The same as a value of a form.
    pub fn word(self) -> &'static str {
        match self {
            Self::Delete | Self::Retire => "delete",
            Self::DeleteForGood => "delete-for-good",
        }
    }
}

/// A deletion that somebody is asked to confirm.
#[derive(Debug, Clone)]
pub struct Confirm {
    /// The system.
    pub system: String,
    /// What is done.
    pub verb: Verb,
    /// To what.
    pub thing: Thing,
    /// The ids of the roots, as they were asked for.
    pub ids: Vec<String>,
    /// What would happen; none where that could not be told.
    pub preview: Option<Preview>,
    /// Why it was not done, or not even looked at.
    pub problem: Option<Problem>,
    /// Rows that the policy lists of it.
    pub lists: Vec<Listed>,
    /// What else may be done instead.
    pub milder: Vec<Milder>,
    /// Where somebody goes who changes their mind.
    pub back: String,
    /// Why it is done, as far as it is written.
    pub reason: Option<String>,
}

/// Rows that the policy lists of a thing.
#[derive(Debug, Clone)]
pub struct Listed {
    /// What the policy calls them.
    pub name: String,
    /// Each of them, an object.
    pub rows: Vec<Value>,
}

/// A milder tool.
#[derive(Debug, Clone)]
pub struct Milder {
    /// What it does.
    pub title: String,
    /// Where it is.
    pub href: String,
}

/// The page.
pub fn confirm(frame: &Frame, asked: &Confirm) -> Markup {
    let content = dialog(frame, asked);
    page(frame, &title(asked), &content)
}

fn title(asked: &Confirm) -> String {
    let verb = asked.verb.title();
    match asked.ids.as_slice() {
        [id] => format!("{verb} {} {id}", asked.thing.name),
        ids => {
            format!("{verb} {} of {}", counted(ids.len() as u64, "row", "rows"), asked.thing.name)
        }
    }
}

fn dialog(frame: &Frame, asked: &Confirm) -> Markup {
    let told = asked.preview.as_ref().and_then(|preview| Told::of(&preview.preview));
    html! {
        article.confirm data-dialog {
            header {
                h1 #dialog-title { (title(asked)) "?" }
                @if let Some(told) = &told { (whom(told)) }
            }
            div.body {
                @if let Some(problem) = &asked.problem { (went_wrong(problem)) }
                @if let Some(told) = &told {
                    (worth_knowing(told))
                    (choices(frame, asked, told))
                    @for list in &asked.lists { (listed(list)) }
                    (tree(told))
                }
                (scope(asked, told.as_ref()))
            }
            footer { (form(frame, asked, told.as_ref())) }
        }
    }
}

/// Who it is: label, tenant and what the policy shows, so that nobody takes one for another.
fn whom(told: &Told) -> Markup {
    let roots = told.all_roots();
    html! {
        @if let [root] = roots.as_slice() {
            p.muted { (facts(root)) }
        } @else {
            details {
                summary { "all " (number(roots.len() as u64)) }
                ul.small { @for root in &roots { li { code { (root.id) } " " (facts(root)) } } }
            }
        }
    }
}

fn facts(root: &Root) -> Markup {
    let shown = root.show.iter().filter_map(|(name, value)| {
        let value = value.as_deref().filter(|value| !value.is_empty() && *value != "0")?;
        Some((name.replace('_', " "), value, is_yes(name, value)))
    });
    html! {
        @if let Some(label) = &root.label { strong { (label) } " " }
        @if let Some(tenant) = &root.tenant { span.pill { "tenant " (tenant) } " " }
        @for (name, value, is_yes) in shown {
            @if is_yes { span.pill.going { (name) } " " }
            @else if is_moment(value) { span.fact { (name) " " (moment(value)) } " " }
            @else { span.fact.wraps { (name) " " (value) } " " }
        }
        @if !root.row_exists { span.pill.warn { "its own row is gone; others still name it" } }
    }
}

/// A column that says yes or no is told by its name.
pub fn is_yes(name: &str, value: &str) -> bool {
    value == "true" || (value == "1" && (name.starts_with("is_") || name.ends_with("_intent")))
}

/// Why it was not done: it stays on the page until it is asked again.
pub fn went_wrong(problem: &Problem) -> Markup {
    html! {
        div.notice.bad role="alert" data-problem=(problem.code) {
            strong { (problem.title) }
            @if let Some(detail) = &problem.detail { p { (detail) } }
            @for blocker in &problem.blockers {
                p { (blocker.message) @if blocker.count > 1 { " (" (number(blocker.count)) ")" } }
                @if !blocker.ways_out.is_empty() { ul { @for way in &blocker.ways_out { li { (way) } } } }
            }
            @if !problem.differences.is_empty() {
                p { "Since you looked:" }
                ul { @for difference in &problem.differences { li { (difference.sentence) } } }
                p { "What is shown here is as it is now; it has to be confirmed again." }
            }
        }
    }
}

fn worth_knowing(told: &Told) -> Markup {
    let at_work: Vec<_> =
        told.work.iter().filter(|work| work.waiting + work.running + work.dead > 0).collect();
    html! {
        @if !told.blockers.is_empty() {
            div.notice.bad {
                strong { "This cannot be done now" }
                @for blocker in &told.blockers {
                    p { (blocker.message) @if blocker.count > 1 { " (" (number(blocker.count)) ")" } }
                    @if !blocker.names.is_empty() { p.small { "Such as " code { (blocker.names.join(", ")) } } }
                    @if !blocker.ways_out.is_empty() { ul { @for way in &blocker.ways_out { li { (way) } } } }
                }
            }
        }
        @if !at_work.is_empty() {
            div.notice.warn {
                strong { "Work in flight" }
                @for work in at_work {
                    p {
                        code { (work.table) } ": "
                        (number(work.waiting)) " waiting, " (number(work.running)) " running"
                        @if work.dead > 0 { ", " (number(work.dead)) " with a dead worker" }
                        (work_fate(&work.fate, work.wait_secs))
                    }
                }
            }
        }
        @for warning in &told.warnings {
            p.notice.warn { (warning) }
        }
        @if told.precision == "bounded" {
            p.notice.warn { "Some numbers were cut off by a cap or by time; the receipt will have them exactly." }
        }
        @for calls in told.calls.iter().filter(|calls| !calls.count.is_zero()) {
            p.small.muted { "Calls " code { (calls.hook) } ": " (tree::count(calls.count)) " (" (calls.when.replace('-', " ")) ")" }
        }
    }
}

fn work_fate(fate: &str, wait_secs: u64) -> String {
    match fate {
        "stopped" => format!(". It is asked to stop, and waited for: {wait_secs} s at most."),
        "idle" => ". What waits goes, or is stopped, with the deletion.".to_owned(),
        "refuses" => ". Nothing asks it to stop, so it refuses.".to_owned(),
        _ => ". Its rows go all the same.".to_owned(),
    }
}

/// Options, as the policy has them unless somebody chose: the tree follows what is ticked.
fn choices(frame: &Frame, asked: &Confirm, told: &Told) -> Markup {
    let chosen = |option: &ThingOption| {
        let known = told.options.iter().find(|chosen| chosen.name == option.name);
        known.map_or(option.default, |chosen| chosen.chosen)
    };
    html! {
        @if !asked.thing.options.is_empty() {
            form.options method="get" action=(frame.links.of_system(&asked.system, "/delete")) data-options {
                (hidden(asked))
                @for option in &asked.thing.options {
                    @let name = format!("option.{}", option.name);
                    label.check {
                        input type="checkbox" name=(name) value="true" checked[chosen(option)];
                        span { (option.help.as_deref().unwrap_or(&option.name)) }
                        @if let Some(warning) = &option.warning { span.warning { (warning) } }
                    }
                    // An option that is on by itself is told when it was turned off.
                    @if option.default { input type="hidden" name="offered" value=(option.name); }
                }
                div.actions.only-page { button.small type="submit" { "Look again with these" } }
            }
        }
    }
}

fn hidden(asked: &Confirm) -> Markup {
    html! {
        input type="hidden" name="thing" value=(asked.thing.name);
        input type="hidden" name="verb" value=(asked.verb.word());
        @for id in &asked.ids { input type="hidden" name="id" value=(id); }
        input type="hidden" name="back" value=(asked.back);
    }
}

fn listed(list: &Listed) -> Markup {
    let mut columns: Vec<&str> = Vec::new();
    for row in list.rows.iter().filter_map(Value::as_object) {
        for name in
            row.keys().filter(|name| !name.ends_with('?') || row[name.as_str()] != Value::Null)
        {
            if !columns.contains(&name.as_str()) {
                columns.push(name);
            }
        }
    }
    html! {
        @if !list.rows.is_empty() {
            section.branch {
                h3 {
                    (capital(&list.name.replace('_', " ")))
                    span.sum { (number(list.rows.len() as u64)) }
                }
                ul.listed {
                    @for row in &list.rows {
                        li.small { (listed_row(&columns, row)) }
                    }
                }
            }
        }
    }
}

fn listed_row(columns: &[&str], row: &Value) -> Markup {
    html! {
        @for column in columns {
            @let name = column.trim_end_matches('?');
            @match &row[*column] {
                Value::Null | Value::Bool(false) => {}
                Value::Bool(true) => { span.pill.warn { (name.trim_start_matches("is_").replace('_', " ")) } " " }
                value => {
                    @let said = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    @if name.starts_with("is_") && said == "1" {
                        span.pill.warn { (name.trim_start_matches("is_").replace('_', " ")) } " "
                    } @else if !is_nothing(name, &said) {
                        span.muted { (name.replace('_', " ")) " " } code { (said) } " "
                    }
                }
            }
        }
    }
}

/// Whether a value says nothing that is worth a word.
fn is_nothing(name: &str, said: &str) -> bool {
    said.is_empty() || (said == "0" && name.starts_with("is_"))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn scope(asked: &Confirm, told: Option<&Told>) -> Markup {
    let text = asked.thing.confirm_text.as_ref();
    let text = text.or_else(|| told.and_then(|told| told.confirm_text.as_ref()));
    html! {
        @if let Some(text) = text { p { (text) } }
        @if asked.verb == Verb::Retire { p { "Nothing is removed: it is hidden, and can be restored." } }
        @else if told.is_some_and(|told| told.rows().is_zero() && told.objects().0.is_zero()) {}
        @else if asked.verb == Verb::DeleteForGood || text.is_none() { p { "What goes cannot be brought back." } }
        @if !asked.milder.is_empty() {
            p.small { "Milder: " @for tool in &asked.milder { a href=(tool.href) data-open { (tool.title) } " " } }
        }
    }
}

/// What must be typed.
fn expected(asked: &Confirm) -> Option<String> {
    match asked.ids.as_slice() {
        [id] if asked.thing.confirm == "type-id" => Some(id.clone()),
        [_] => None,
        ids => Some(ids.len().to_string()),
    }
}

fn form(frame: &Frame, asked: &Confirm, told: Option<&Told>) -> Markup {
    let digest = asked.preview.as_ref().and_then(|preview| preview.digest.as_deref());
    let is_blocked = told.is_none_or(|told| !told.blockers.is_empty());
    let can = digest.is_some() && !is_blocked;
    let again = asked.ids.iter().fold(
        frame.links.of_system(&asked.system, "/delete").with("thing", Some(&asked.thing.name)),
        |href, id| href.with("id", Some(id)),
    );
    let again = again.with("verb", Some(asked.verb.word())).with("back", Some(&asked.back));
    html! {
        form method="post" action=(frame.links.of_system(&asked.system, "/deletions")) data-confirm data-once {
            (hidden(asked))
            @if let Some(preview) = &asked.preview {
                input type="hidden" name="preview" value=(preview.id);
                @if let Some(digest) = digest { input type="hidden" name="digest" value=(digest); }
            }
            @if let Some(told) = told {
                @for option in &told.options {
                    input type="hidden" name=(format!("option.{}", option.name)) value=(option.chosen);
                }
            }
            @if can {
                @if let Some(expected) = expected(asked) {
                    label for="confirm" {
                        @if asked.ids.len() == 1 { "Type " code { (expected) } " to confirm" }
                        @else { "Type how many, " code { (expected) } ", to confirm" }
                    }
                    input #confirm type="text" name="confirm" data-expected=(expected) required
                        autocomplete="off" autocapitalize="off" spellcheck="false";
                }
                label for="reason" { "Why " span.muted { "(kept in the audit, may be empty)" } }
                input #reason type="text" name="reason" maxlength="500" autocomplete="off"
                    value=[asked.reason.as_deref()];
            } @else if told.is_some() && digest.is_none() && !is_blocked {
                p.notice.warn { "Not every key was found in the time allowed, so nothing can be bound to this." }
            }
            div.actions.end {
                @if let Some(preview) = &asked.preview {
                    span.small.muted { "As it was " (moment(&preview.made_at)) }
                }
                a.button href=(again) data-open { "Look again" }
                a.button href=(asked.back) data-close { "Cancel" }
                button.danger type="submit" disabled[!can] data-doing=(asked.verb.doing()) { (does(asked, told)) }
            }
        }
    }
}

/// What the button says: the verb, and how much goes.
fn does(asked: &Confirm, told: Option<&Told>) -> String {
    let verb = asked.verb.title();
    let Some(told) = told else { return format!("{verb} {}", asked.thing.name) };
    if asked.verb == Verb::Retire {
        return format!("{verb} {}", asked.thing.name);
    }
    let rows = match told.rows() {
        Count::Exact(rows) => counted(rows, "row", "rows"),
        Count::AtLeast(rows) => format!("at least {}", counted(rows, "row", "rows")),
        Count::Unknown => "rows".to_owned(),
    };
    let (objects, size) = told.objects();
    match objects.least() {
        0 => format!("{verb}: {rows}"),
        count => {
            format!("{verb}: {rows}, {} ({})", counted(count, "object", "objects"), bytes(size))
        }
    }
}
