//! Rules that delete by age: how each stands, what it would delete now, and running it.

use maud::{Markup, html};
use serde_json::Value;
use sexton_api::{RetentionPreview, RetentionRule, RetentionSample};

use crate::figure::{moment, number};
use crate::frame::{Frame, page};

const DAY_SECS: i64 = 86_400;

/// What is shown.
#[derive(Debug, Clone, Default)]
pub struct Retention {
    /// The system.
    pub system: String,
    /// The rules, in the file's order.
    pub rules: Vec<RetentionRule>,
    /// What one of them would delete, if somebody asked.
    pub look: Option<RetentionPreview>,
    /// Whether the visitor may run them.
    pub may_run: bool,
}

/// The page.
pub fn retention(frame: &Frame, shown: &Retention) -> Markup {
    let content = html! {
        h1 { "Retention" }
        p.muted { "Rules of the policy that delete what is old enough." }
        @if shown.rules.is_empty() {
            p.empty { "The policy of this system has no rule of retention." }
        }
        @for rule in &shown.rules { (one(frame, shown, rule)) }
    };
    page(frame, &format!("Retention of {}", shown.system), &content)
}

fn one(frame: &Frame, shown: &Retention, rule: &RetentionRule) -> Markup {
    let looked = shown.look.as_ref().filter(|look| look.rule == rule.rule);
    let own = frame.links.of_system(&shown.system, "/retention");
    let run = frame.links.of_system(&shown.system, "/retention/run");
    html! {
        section.card data-rule=(rule.rule) {
            div.heading {
                h2 { (rule.rule) }
                @if rule.is_running { span.pill.going { "running" } }
                @else if rule.is_scheduled { span.pill.good { "scheduled" } }
                @else { span.pill { "by hand only" } }
            }
            dl.facts {
                div { dt { "Deletes" } dd { (rule.thing) @if let Some(secs) = rule.over_secs { " older than " (age(secs)) } } }
                div { dt { "Last run" } dd { @match &rule.began_at { Some(at) => (moment(at)), None => "never" } } }
                @if let Some(due) = rule.due_at.as_ref().filter(|_| rule.is_scheduled) {
                    div { dt { "Next run" } dd { (moment(due)) } }
                }
                @if rule.refused > 0 { div { dt { "Could not delete" } dd { (number(rule.refused)) } } }
            }
            @if let Some(last) = &rule.last { p.small { (came_of_it(last)) } }
            @if let Some(look) = looked { (would(look)) }
            @if shown.may_run {
                div.actions {
                    form method="get" action=(own) {
                        input type="hidden" name="look" value=(rule.rule);
                        button type="submit" { "What would go now?" }
                    }
                    @if looked.is_some() {
                        form method="post" action=(run) data-once {
                            input type="hidden" name="rule" value=(rule.rule);
                            button.danger type="submit" { "Run " (rule.rule) " now" }
                        }
                    }
                }
            }
        }
    }
}

fn would(look: &RetentionPreview) -> Markup {
    html! {
        div.notice.warn #look role="status" {
            strong {
                @match look.due {
                    Some(due) => { (number(due)) " due" },
                    None => "More are due than could be counted in time",
                }
            }
            @if !look.samples.is_empty() {
                p.small { "The first of them:" }
                ul {
                    @for sample in &look.samples {
                        li { span.id { (sample.root) } ": " (number(sample.rows)) " rows" (stays(sample)) }
                    }
                }
            }
        }
    }
}

/// Why it would stay, if it would.
fn stays(sample: &RetentionSample) -> Markup {
    let blocked: Vec<&str> =
        sample.blockers.iter().map(|blocker| blocker.message.as_str()).collect();
    let why = sample.failure.clone().unwrap_or_else(|| blocked.join("; "));
    html! { @if !why.is_empty() { " · stays: " (why) } }
}

/// What came of the last run, in a sentence.
fn came_of_it(last: &Value) -> String {
    let count = |name: &str| number(last[name].as_u64().unwrap_or(0));
    let failed = last["failure"].as_str().map(|why| format!(" It failed: {why}"));
    let failed = failed.unwrap_or_default();
    format!("It deleted {} and could not delete {}.{failed}", count("deleted"), count("refused"))
}

fn age(secs: i64) -> String {
    match (secs / DAY_SECS, secs % DAY_SECS) {
        (days, 0) => format!("{days} days"),
        _ => format!("{secs} seconds"),
    }
}
