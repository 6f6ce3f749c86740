//! The chain of records as text.

use sexton_engine::AuditEntry;

use super::page::Page;
use super::paint::{dim, green, red};
use super::roots::named;
use super::words::{clean, counted, who};
use crate::desk::Chain;

/// Some records, oldest first.
pub fn records(entries: &[AuditEntry]) -> String {
    let mut page = Page::default();
    for entry in entries {
        let record = &entry.record;
        let seq = entry.seq.map_or("unsealed".into(), |seq| format!("{seq:>4}"));
        page.line(format!("{seq}  {}  {}", dim(&record.at), record.deletion));
        let what = named(&record.thing, record.roots.all());
        let given_up = record.given_up.values().sum();
        let rows = match (record.act, given_up) {
            (Some(act), _) => act.said().to_owned(),
            (None, 0) => counted(record.removed.values().sum(), "row", "rows"),
            (None, given_up) => format!("{} given up", counted(given_up, "promise", "promises")),
        };
        let who = who(&record.actor, record.reason.as_deref());
        page.paragraph("      ", "      ", &format!("{what}: {rows}, {who}"));
    }
    page.text()
}

/// What verifying found.
pub fn chain(report: &Chain) -> String {
    let mut page = Page::default();
    let records = counted(report.records, "record", "records");
    if report.faults.is_empty() {
        page.line(format!("{} the chain of {records} is whole.", green("Verified:")));
    } else {
        let faults = counted(report.faults.len() as u64, "fault", "faults");
        page.line(format!("{} the chain of {records} has {faults}.", red("Broken:")));
    }
    for (fault, _) in &report.faults {
        page.line(format!("  {} {}", red("!"), clean(fault)));
    }
    if report.unsealed > 0 {
        let unsealed = counted(report.unsealed, "record is", "records are");
        page.line(format!("{unsealed} not sealed yet: `sexton status` seals what is left."));
    }
    page.line(dim(&report.head));
    page.text()
}
