//! The records of the chain, whether it is whole, and a file of them.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use sexton_api::{AuditRecord, AuditVerification};
use sexton_console::frame::Section;
use sexton_console::page::audit::{Audit, audit};
use sexton_engine::System;

use super::fields::InAddress;
use super::frame::within;
use super::page::Page;
use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::service::Service;
use crate::telling::AsIs;

/// So many of the latest are looked through.
const LOOKED_THROUGH: usize = 1_000;
/// So many are shown.
const SHOWN: usize = 100;
/// A file has no more.
const FILED: usize = 100_000;

/// The page.
pub async fn show(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
    headers: HeaderMap,
    InAddress(fields): InAddress,
) -> Result<Page, Failure> {
    let system = service.system(&name, &identity)?;
    let containing = fields.one("q").map(str::to_owned);
    let wanted = containing.as_deref().map(str::to_lowercase);
    let mut records = records(system, LOOKED_THROUGH).await?;
    records.retain(|record| wanted.as_ref().is_none_or(|wanted| says(&record.record, wanted)));
    records.reverse();
    records.truncate(SHOWN);
    let verification = match fields.one("verify") {
        Some(_) => Some(verify(system).await?),
        None => None,
    };
    let frame = within(&service, &identity, &headers, &name, Section::Audit);
    let shown = Audit { system: name, records, verification, containing };
    Ok(Page::of(audit(&frame, &shown).into_string()))
}

/// The records as a file, one a line, in the order in which they were written.
pub async fn file(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
) -> Result<Response, Failure> {
    let system = service.system(&name, &identity)?;
    let mut lines = String::new();
    for record in records(system, FILED).await? {
        // A record is text and numbers, which are JSON.
        lines.push_str(&serde_json::to_string(&record).unwrap_or_default());
        lines.push('\n');
    }
    let headers = [
        (CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"audit-{name}.ndjson\"")),
    ];
    let mut response = (headers, lines).into_response();
    response.extensions_mut().insert(AsIs);
    Ok(response)
}

/// The latest records of the system: a database may have several systems, and one chain.
async fn records(system: &System, limit: usize) -> Result<Vec<AuditRecord>, Failure> {
    let entries = system.audit_list(limit).await?;
    let own =
        entries.into_iter().filter(|entry| entry.record.system == system.policy().system.as_str());
    let told = own.filter_map(|entry| {
        let record = serde_json::to_value(&entry.record).ok()?;
        Some(AuditRecord { seq: entry.seq, hash: entry.hash, record })
    });
    Ok(told.collect())
}

/// Whether a record says this in any case of letters: as a value, or as the name of a table, line or
/// rule. The names of its own fields say nothing.
fn says(record: &Value, wanted: &str) -> bool {
    let contains = |text: &str| text.to_lowercase().contains(wanted);
    match record {
        Value::String(text) => contains(text),
        Value::Array(values) => values.iter().any(|value| says(value, wanted)),
        Value::Object(fields) => fields.values().any(|value| {
            let named = value.as_object();
            says(value, wanted)
                || named.is_some_and(|named| named.keys().any(|name| contains(name)))
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

async fn verify(system: &System) -> Result<AuditVerification, Failure> {
    let report = system.audit_verify().await?;
    Ok(AuditVerification {
        is_whole: report.faults.is_empty(),
        records: report.records,
        unsealed: report.unsealed,
        head: report.head,
        faults: report.faults.iter().map(ToString::to_string).collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::says;

    #[test]
    fn a_record_is_found_by_what_it_says_and_not_by_the_names_of_its_fields() {
        let record = json!({ "removed": { "Entries": 3 }, "reason": "a Move", "roots": ["x-1"] });
        for wanted in ["entries", "move", "x-1"] {
            assert!(says(&record, wanted), "{wanted}");
        }
        for wanted in ["removed", "reason", "moved", "3"] {
            assert!(!says(&record, wanted), "{wanted}");
        }
    }
}
