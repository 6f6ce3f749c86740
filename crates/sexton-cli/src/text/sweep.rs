//! What a sweep found, and what it removed, as text.

use sexton_core::names::Timestamp;
use sexton_core::sweep::{InStore, OfRule, SweepReport, Tally};
use sexton_engine::{DeleteError, Reclaimed};

use super::objects::{bytes, gone};
use super::page::Page;
use super::paint::{bold, dim, red, yellow};
use super::time::ago;
use super::words::{clean, counted, number};

/// What a sweep found.
pub fn swept(report: &SweepReport) -> String {
    let mut page = Page::default();
    for found in &report.stores {
        page.line(bold(&format!("{}: {}", found.store, clean(&found.address))));
        match &found.failure {
            Some(why) => {
                page.paragraph("  ", "    ", &format!("{} {}", red("not compared:"), clean(why)));
            }
            None => in_store(&mut page, found, report.at),
        }
        page.line("");
    }
    if report.stores.is_empty() {
        page.line("The policy has no stores.");
    } else if report.is_clean() {
        page.line("Every object is named by a row, and every name has its object.");
    }
    page.text()
}

fn many(tally: Tally) -> String {
    let objects = counted(tally.objects, "object", "objects");
    if tally.bytes == 0 { objects } else { format!("{objects} ({})", bytes(tally.bytes)) }
}

fn in_store(page: &mut Page, found: &InStore, now: Timestamp) {
    page.line(format!("  {}, {} named by rows", many(found.total), many(found.named)));
    let mut told = |tally: Tally, what: &str| {
        if tally.objects > 0 {
            page.paragraph("  - ", "    ", &format!("{} {what}", many(tally)));
        }
    };
    told(found.left_out, "of rows that `where` leaves out: they stay when these go");
    told(found.pending, "to be removed by deletions under way");
    told(found.pinned, "named by no row, and pinned by somebody who is about to name it");
    told(found.young, "named by no row, and not old enough to be sure");
    for of in &found.by_rule {
        orphans(page, of, now);
    }
    for of in &found.dangling {
        let rows = counted(of.rows, "row", "rows");
        let text = format!("{rows} of [objects.{}] without the object that it names", of.rule);
        page.paragraph(&format!("  {} ", yellow("!")), "    ", &text);
        samples(page, of.samples.iter().map(String::as_str), of.rows);
    }
    for of in &found.refused {
        let rows = counted(of.rows, "name", "names");
        let text = format!(
            "{rows} of [objects.{}] that no object may have; what lies there is no orphan",
            of.rule
        );
        page.paragraph(&format!("  {} ", yellow("!")), "    ", &text);
        samples(page, of.samples.iter().map(String::as_str), of.rows);
    }
    for of in &found.unread {
        let manifests = counted(of.manifests, "manifest", "manifests");
        let text = format!(
            "{manifests} of [objects.{}] that cannot be read; what they may name is no orphan",
            of.rule
        );
        page.paragraph(&format!("  {} ", yellow("!")), "    ", &text);
        let told: Vec<String> =
            of.samples.iter().map(|(key, why)| format!("{key}: {why}")).collect();
        samples(page, told.iter().map(String::as_str), of.manifests);
    }
    if found.obstacles > 0 {
        let things = counted(found.obstacles, "thing", "things");
        page.line(dim(&format!("  - {things} in it that are no objects, such as links")));
    }
}

fn orphans(page: &mut Page, of: &OfRule, now: Timestamp) {
    let whose = match &of.rule {
        Some(rule) => format!("where [objects.{rule}] names them"),
        None => "where no rule names any".to_owned(),
    };
    let written = match (of.ages.newest, of.ages.oldest) {
        (Some(newest), Some(oldest)) if ago(newest, now) != ago(oldest, now) => {
            format!(", written {} to {}", ago(oldest, now), ago(newest, now))
        }
        (Some(newest), _) => format!(", written {}", ago(newest, now)),
        _ => String::new(),
    };
    let text = format!("{} named by no row, {whose}{written}", many(of.orphans));
    page.paragraph(&format!("  {} ", yellow("!")), "    ", &text);
    samples(page, of.samples.iter().map(|seen| seen.key.as_str()), of.orphans.objects);
}

fn samples<'s>(page: &mut Page, shown: impl Iterator<Item = &'s str>, all: u64) {
    let mut told = 0;
    for sample in shown {
        told += 1;
        page.line(dim(&format!("      {}", clean(sample))));
    }
    if all > told && told > 0 {
        page.line(dim(&format!("      and {} more", number(all - told))));
    }
}

/// What was removed.
pub fn reclaimed(all: &[Reclaimed]) -> String {
    let mut page = Page::default();
    for of in all {
        let store = of.store.as_str();
        if let Some(why) = &of.refused {
            let text = format!("{store}: nothing was removed: {}", clean(why));
            page.paragraph("", "  ", &text);
            continue;
        }
        let Some((id, done)) = &of.gone else {
            page.line(format!("{store}: nothing to remove"));
            continue;
        };
        match done {
            Ok(receipt) => {
                for line in gone(&receipt.objects_gone) {
                    page.paragraph("", "  ", &line);
                }
                page.line(dim(&format!("{id} is complete, record {}", receipt.seq)));
            }
            Err(DeleteError::Unreaped { objects, open, .. }) => {
                for line in gone(objects) {
                    page.paragraph("", "  ", &line);
                }
                let batches = counted(*open, "batch", "batches");
                let text = format!("{batches} are still to be removed: sexton work goes on");
                page.paragraph("", "  ", &format!("{id}: {text}"));
            }
            Err(error) => page.paragraph("", "  ", &format!("{id}: {}", clean(&error.to_string()))),
        }
        if of.more > 0 {
            let more = counted(of.more, "orphan", "orphans");
            page.line(format!("{store}: {more} more than one run removes: run it again"));
        }
    }
    page.text()
}
