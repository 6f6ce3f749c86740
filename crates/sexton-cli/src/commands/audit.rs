//! `sexton audit`: lists the chain of records, and verifies it.

use serde_json::{Value, json};

use crate::arguments::{Audit, Shared};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::text;
use crate::wiring::{self, Opened};

pub async fn run(audit: &Audit, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    let opened = wiring::open(shared).await?;
    match audit {
        Audit::List { limit } => list(*limit, &opened, screen).await,
        Audit::Verify => verify(&opened, screen).await,
    }
}

async fn list(limit: usize, opened: &Opened, screen: &mut Screen) -> Result<Exit, Failure> {
    let entries = opened.system.audit_list(limit).await.map_err(|error| opened.failure(error))?;
    if !screen.is_text() {
        let records = entries
            .iter()
            .map(|entry| json!({ "seq": entry.seq, "hash": entry.hash, "record": entry.record }));
        screen.document(&json!({ "records": records.collect::<Vec<Value>>() }));
    } else if entries.is_empty() {
        screen.say("There are no records yet.");
    } else {
        screen.say(&text::records(&entries));
    }
    Ok(Exit::Done)
}

/// Verifies the chain and shows what was found.
pub async fn verify(opened: &Opened, screen: &mut Screen) -> Result<Exit, Failure> {
    let report = opened.system.audit_verify().await.map_err(|error| opened.failure(error))?;
    if screen.is_text() {
        screen.say(&text::chain(&report));
    } else {
        screen.document(&json!({
            "whole": report.faults.is_empty(),
            "records": report.records,
            "unsealed": report.unsealed,
            "head": report.head,
            "faults": report.faults,
        }));
    }
    Ok(if report.faults.is_empty() { Exit::Done } else { Exit::Refused })
}
