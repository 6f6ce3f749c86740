//! `sexton audit`: lists the chain of records, and verifies it.

use serde_json::{Value, json};

use crate::arguments::{Audit, Shared};
use crate::desk::{self, Desk};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::text;

pub async fn run(audit: &Audit, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    match audit {
        Audit::List { limit, at } => {
            list(*limit, desk::open(at, shared).await?.as_ref(), screen).await
        }
        Audit::Verify { at } => verify(desk::open(at, shared).await?.as_ref(), screen).await,
    }
}

async fn list(limit: usize, desk: &dyn Desk, screen: &mut Screen) -> Result<Exit, Failure> {
    let entries = desk.records(limit).await?;
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
pub async fn verify(desk: &dyn Desk, screen: &mut Screen) -> Result<Exit, Failure> {
    let report = desk.verify().await?;
    if screen.is_text() {
        screen.say(&text::chain(&report));
    } else {
        screen.document(&json!({
            "whole": report.faults.is_empty(),
            "records": report.records,
            "unsealed": report.unsealed,
            "head": report.head,
            "faults": report.faults.iter().map(|(_, fault)| fault).collect::<Vec<&Value>>(),
        }));
    }
    Ok(if report.faults.is_empty() { Exit::Done } else { Exit::Refused })
}
