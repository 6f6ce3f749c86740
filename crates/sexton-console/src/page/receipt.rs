//! The receipt of a deletion: to be read, taken away and verified.

use maud::{Markup, html};
use serde_json::Value;
use sexton_api::AuditVerification;

use super::deletion::outcomes;
use crate::frame::{Frame, page};
use crate::mark::{id, moment, number};

/// A receipt.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// The system.
    pub system: String,
    /// The deletion.
    pub deletion: String,
    /// What it says.
    pub said: Value,
    /// Whether the chain that it stands in is whole, if that was asked.
    pub verification: Option<AuditVerification>,
    /// Whether the visitor may ask.
    pub may_verify: bool,
}

/// The page.
pub fn receipt(frame: &Frame, receipt: &Receipt) -> Markup {
    let links = &frame.links;
    let own = links.of_system(&receipt.system, &format!("/deletions/{}", receipt.deletion));
    let json = links.api(&receipt.system, &format!("/deletions/{}/receipt", receipt.deletion));
    let text = |name: &str| receipt.said[name].as_str().unwrap_or_default();
    let written = serde_json::to_string_pretty(&receipt.said).unwrap_or_default();
    let content = html! {
        nav.crumbs aria-label="The way here" { a href=(own) { "Deletion" } span aria-hidden="true" { "›" } }
        h1 { "Receipt" }
        @if let Some(verification) = &receipt.verification { (verified(verification)) }
        section.card {
            dl.facts {
                div { dt { "Deletion" } dd { (id(text("deletion"))) } }
                div { dt { "Of" } dd { (text("thing")) } }
                div { dt { "By" } dd { (text("actor")) } }
                div { dt { "Committed" } dd { (moment(text("at"))) } }
                div { dt { "Verified" } dd { (moment(text("verified_at"))) } }
                div { dt { "References looked at again" } dd { (number(receipt.said["looked_at"].as_u64().unwrap_or(0))) } }
                div { dt { "Place in the chain" } dd { (number(receipt.said["seq"].as_u64().unwrap_or(0))) } }
                div { dt { "Hash there" } dd.small { (id(text("hash"))) } }
            }
            (counts("Rows that went", &receipt.said["removed"]))
            (counts("Rows that chunks removed", &receipt.said["purged"]))
            (counts("Rows that changed", &receipt.said["changed"]))
            (counts("Rows computed anew", &receipt.said["derived"]))
            (outcomes(&receipt.said["gone"]))
        }
        div.actions {
            a.button.primary href=(json) download=(format!("receipt-{}.json", receipt.deletion)) { "Download" }
            @if receipt.may_verify {
                form method="get" action=(format!("{own}/receipt")) {
                    input type="hidden" name="verify" value="yes";
                    button type="submit" { "Verify the chain" }
                }
            }
        }
        details { summary { "As it is kept" } pre tabindex="0" { (written) } }
    };
    page(frame, "Receipt", &content)
}

fn verified(verification: &AuditVerification) -> Markup {
    html! {
        @if verification.is_whole {
            p.notice.good role="status" {
                "The chain is whole: " (number(verification.records)) " records were judged, this one among them."
            }
        } @else {
            div.notice.bad role="alert" {
                strong { "The chain is not whole" }
                ul { @for fault in &verification.faults { li { (fault) } } }
            }
        }
    }
}

fn counts(title: &str, counts: &Value) -> Markup {
    let some: Vec<(&String, u64)> = counts
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, count)| {
            count.as_u64().filter(|count| *count > 0).map(|count| (name, count))
        })
        .collect();
    html! {
        @if !some.is_empty() {
            h3 { (title) }
            div.figures {
                @for (name, count) in some { div { strong { (number(count)) } span.wraps { (name) } } }
            }
        }
    }
}
