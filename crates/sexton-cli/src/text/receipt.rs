//! A receipt as text: what was done, that it was looked at again, where it is recorded.

use std::collections::BTreeMap;

use sexton_core::audit::Receipt;
use sexton_core::preview::Count;

use super::objects::gone;
use super::paint::{bold, dim, green};
use super::reference::Reference;
use super::roots::named;
use super::rows::{Line, Sign, table};
use super::words::{clean, counted, indented, who};

/// A receipt, and how long the deletion took where that is known.
pub fn receipt(receipt: &Receipt, took: Option<&str>) -> String {
    format!("{}\n{}\n{}", title(receipt, took), table(&lines(receipt)), proof(receipt))
}

/// The same without its tables, for those who have just seen them.
pub fn brief_receipt(receipt: &Receipt, took: &str) -> String {
    format!("{}{}", title(receipt, Some(took)), proof(receipt))
}

fn title(receipt: &Receipt, took: Option<&str>) -> String {
    let record = &receipt.record;
    if is_hidden(receipt) {
        let title = format!("Hidden {}", named(&record.thing, record.roots.all()));
        let took = took.map(|took| format!(" in {took}")).unwrap_or_default();
        return format!("{}{took}; nothing is gone yet.\n", bold(&title));
    }
    let gone = counted(receipt.rows(), "row", "rows");
    let tables = (record.removed.len() + receipt.purged.len()) as u64;
    let tables = counted(tables, "table", "tables");
    let took = took.map(|took| format!(" in {took}")).unwrap_or_default();
    let title = format!("Deleted {}", named(&record.thing, record.roots.all()));
    format!("{}: {gone} from {tables}{took}.\n", bold(&title))
}

/// Whether it is hidden, and what hangs below it is still to be purged.
fn is_hidden(receipt: &Receipt) -> bool {
    !receipt.record.hidden.is_empty() && receipt.looked_at == 0 && receipt.purged.is_empty()
}

fn lines(receipt: &Receipt) -> Vec<Line> {
    let record = &receipt.record;
    let gone = record.removed.iter().chain(&receipt.purged);
    let gone = gone.map(|(table, rows)| line(Sign::Gone, table, *rows, Vec::new()));
    let changed = record.changed.iter().map(|(text, rows)| {
        let table = Reference::of(text).map_or(text.as_str(), |line| line.table);
        line(Sign::Changed, table, *rows, Reference::remarks(text, "via"))
    });
    let derived = record
        .derived
        .iter()
        .map(|(table, rows)| line(Sign::Derived, table, *rows, vec!["computed anew".into()]));
    gone.chain(changed).chain(derived).collect()
}

fn proof(receipt: &Receipt) -> String {
    let record = &receipt.record;
    let looked = match receipt.looked_at {
        0 => "the database itself enforces every reference".to_owned(),
        looked_at => format!("looked again at {}", counted(looked_at, "reference", "references")),
    };
    let behind: u64 = receipt
        .objects_gone
        .values()
        .flat_map(BTreeMap::values)
        .map(|removed| removed.failed)
        .sum();
    let left = match behind {
        0 => "nothing is left".to_owned(),
        behind => format!("no row is left; {}", counted(behind, "object is", "objects are")),
    };
    let verified = if is_hidden(receipt) {
        let purge = "what hangs below it goes by `sexton work`, chunk by chunk";
        format!("{} {purge}.", green("To come: "))
    } else {
        format!("{} {looked}, {left}.", green("Verified:"))
    };
    let objects = objects(receipt);
    let called = called(receipt);
    let who = who(&record.actor, record.reason.as_deref());
    let recorded = format!("{} as record {} of the chain, {who}", record.deletion, receipt.seq);
    let recorded = indented("Recorded: ", "          ", &recorded);
    format!(
        "{verified}\n{objects}{called}{recorded}\n{}\n",
        dim(&format!("          {}", receipt.hash))
    )
}

/// What came of objects; nothing if none were to go.
fn objects(receipt: &Receipt) -> String {
    let told = gone(&receipt.objects_gone);
    if told.is_empty() {
        return String::new();
    }
    format!("{}\n", indented("Objects:  ", "          ", &told.join("; ")))
}

/// What became of the calls of hooks; nothing if there were none.
fn called(receipt: &Receipt) -> String {
    let outcomes = receipt.called.iter().map(|(hook, outcomes)| {
        let told = outcomes.iter().map(|(outcome, calls)| format!("{calls} {outcome}"));
        format!("{} {}", clean(hook), told.collect::<Vec<_>>().join(", "))
    });
    let outcomes: Vec<String> = outcomes.collect();
    if outcomes.is_empty() {
        return String::new();
    }
    let told = indented("Called:   ", "          ", &outcomes.join("; "));
    format!("{told}\n")
}

fn line(sign: Sign, table: &str, rows: u64, remarks: Vec<String>) -> Line {
    Line { sign, name: table.to_owned(), rows: Count::Exact(rows), remarks, below: Vec::new() }
}
