//! The records of the chain, whether it is whole, and a file of them.

use maud::{Markup, html};
use serde_json::Value;
use sexton_api::{AuditRecord, AuditVerification};

use crate::figure::{moment, number};
use crate::frame::{Frame, page};

/// What is shown.
#[derive(Debug, Clone)]
pub struct Audit {
    /// The system.
    pub system: String,
    /// Records, the newest first.
    pub records: Vec<AuditRecord>,
    /// Whether the chain is whole, once somebody asked.
    pub verification: Option<AuditVerification>,
    /// Only records that say this.
    pub containing: Option<String>,
}

/// The page.
pub fn audit(frame: &Frame, shown: &Audit) -> Markup {
    let own = frame.links.of_system(&shown.system, "/audit");
    let file = frame.links.of_system(&shown.system, "/audit/records.ndjson");
    let content = html! {
        div.heading {
            h1 { "Audit" }
            div.actions {
                form method="get" action=(own) { button type="submit" name="verify" value="yes" { "Verify the chain" } }
                a.button href=(file) download { "Download" }
            }
        }
        @if let Some(verification) = &shown.verification { (verified(verification)) }
        div.tools {
            form.search method="get" action=(own) role="search" aria-label="Search" {
                div.field.grow {
                    label for="q" { "Id, name, reason, table …" }
                    input #q type="search" name="q" value=(shown.containing.as_deref().unwrap_or(""));
                }
                button type="submit" { "Search" }
                @if shown.containing.is_some() { a.button.quiet href=(own) { "All" } }
            }
        }
        @if shown.records.is_empty() {
            p.empty { @if shown.containing.is_some() { "No record of the latest says that." } @else { "There is no record yet." } }
        } @else {
            (list(frame, &shown.system, &shown.records))
        }
    };
    page(frame, &format!("Audit of {}", shown.system), &content)
}

fn verified(found: &AuditVerification) -> Markup {
    html! {
        @if found.is_whole {
            div.notice.good #chain role="status" {
                strong { "The chain is whole." }
                p { (number(found.records)) " records, " (number(found.unsealed)) " not sealed yet. It ends with "
                    code { (found.head) } }
            }
        } @else {
            div.notice.bad #chain role="alert" {
                strong { "The chain is broken." }
                ul { @for fault in &found.faults { li { (fault) } } }
            }
        }
    }
}

fn list(frame: &Frame, system: &str, records: &[AuditRecord]) -> Markup {
    html! {
        div.framed {
            table.list {
                thead { tr {
                    th.number scope="col" { "No." } th scope="col" { "What" } th scope="col" { "When" }
                    th scope="col" { "Who" } th scope="col" { "Why" } th.number scope="col" { "Rows" }
                } }
                tbody { @for record in records { (row(frame, system, record)) } }
            }
        }
    }
}

fn row(frame: &Frame, system: &str, entry: &AuditRecord) -> Markup {
    let record = &entry.record;
    let text = |name: &str| record[name].as_str().unwrap_or_default();
    let roots = match (&record["roots"], &record["root"]) {
        (Value::Array(roots), _) => {
            roots.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        (_, Value::String(root)) => root.clone(),
        _ => String::new(),
    };
    let removed = record["removed"].as_object();
    let rows: u64 =
        removed.into_iter().flat_map(|all| all.values()).filter_map(Value::as_u64).sum();
    let deletion = text("deletion");
    let is_deletion = record["act"].is_null() && deletion.starts_with("dlt_");
    let watch = frame.links.of_system(system, &["/deletions/", deletion].concat());
    html! {
        tr {
            td.number data-label="No." { @match entry.seq { Some(seq) => (seq), None => "not sealed" } }
            td {
                span.who-is {
                    span { (done(record)) " " (text("thing").trim_matches(['{', '}'])) " " span.id { (roots) } }
                    @if is_deletion { a.small.id href=(watch) { (deletion) } }
                    @else { span.sub.id { (deletion) } }
                }
            }
            td data-label="When" { (moment(text("at"))) }
            td data-label="Who" { (text("actor")) }
            td.empty-cell[text("reason").is_empty()] data-label="Why" { (text("reason")) }
            td.number data-label="Rows" { (number(rows)) }
        }
    }
}

/// What a record tells of, as a word.
fn done(record: &Value) -> String {
    match record["act"].as_str() {
        Some("hold-put") => "held".to_owned(),
        Some("hold-released") => "released".to_owned(),
        Some("refused-by-hold") => "kept by a hold:".to_owned(),
        Some(act) => act.replace('-', " "),
        None if !record["hidden"].is_null() => "hidden".to_owned(),
        None if !record["given_up"].is_null() => "given up".to_owned(),
        None => "deleted".to_owned(),
    }
}
