//! Objects of stores as text: those that would go, and what came of those that were to go.

use std::time::Duration;

use sexton_core::audit::ObjectsGone;
use sexton_core::objects::Removed;
use sexton_core::preview::{Count, ObjectsGoing};
use sexton_engine::Gone;

use super::page::Page;
use super::paint::{bold, dim, yellow};
use super::words::{clean, counted, number};

/// So many names of what is left are shown of each rule.
const LEFT_SHOWN_MAX: usize = 3;

/// Objects that would go.
pub fn going(page: &mut Page, objects: &[ObjectsGoing]) {
    let is_worth_a_line = |of: &&ObjectsGoing| !of.objects.is_zero();
    let shown: Vec<&ObjectsGoing> = objects.iter().filter(is_worth_a_line).collect();
    if shown.is_empty() {
        if !objects.is_empty() {
            page.line(dim("  no objects are there that would go"));
        }
        return;
    }
    page.line(format!("  {}", bold("Objects that would go, too:")));
    for of in shown {
        let many = match of.objects {
            Count::Unknown => "objects not counted".to_owned(),
            Count::Exact(count) => counted(count, "object", "objects"),
            Count::AtLeast(count) => format!("at least {}", counted(count, "object", "objects")),
        };
        let size = if of.bytes > 0 { format!(", {}", bytes(of.bytes)) } else { String::new() };
        let text = format!("{many}{size} of [objects.{}] in {}", of.rule, of.store);
        page.paragraph("  - ", "    ", &text);
        for sample in &of.samples {
            page.line(dim(&format!("      {}", clean(sample))));
        }
        let more = of.objects.least().saturating_sub(of.samples.len() as u64);
        if more > 0 && !of.samples.is_empty() {
            page.line(dim(&format!("      and {} more", number(more))));
        }
        if let Some(why) = &of.unseen {
            let text = format!("{} {}; they go when it is back", yellow("unseen:"), clean(why));
            page.paragraph("      ", "      ", &text);
        }
        if of.may_stay {
            page.paragraph("      ", "      ", "what rows that stay name by then stays");
        }
    }
}

/// How many objects are gone while others go, on one line.
pub fn removing(gone: Gone, total: Option<u64>, passed: Duration) -> String {
    let millis = passed.as_millis().max(1);
    let rate = u64::try_from(u128::from(gone.objects) * 1_000 / millis).unwrap_or(u64::MAX);
    let of = match total {
        Some(total) if total >= gone.objects => format!(" of {}", number(total)),
        Some(_) | None => String::new(),
    };
    let left = total.and_then(|total| total.checked_sub(gone.objects));
    let about = match left.filter(|left| *left > 0).and_then(|left| left.checked_div(rate)) {
        Some(secs) => format!(", about {} s left", number(secs + 1)),
        None => String::new(),
    };
    let objects = if gone.objects == 1 && of.is_empty() { "object" } else { "objects" };
    format!(
        "removing: {}{of} {objects} gone, {} a second{about}",
        number(gone.objects),
        number(rate)
    )
}

/// What came of objects, a line for each rule and store.
pub fn gone(objects: &ObjectsGone) -> Vec<String> {
    let of_rule = |(rule, stores): (&String, &std::collections::BTreeMap<_, Removed>)| {
        let line = |(store, removed)| format!("{rule} in {store}: {}", said(removed));
        stores.iter().map(line).collect::<Vec<String>>()
    };
    objects.iter().flat_map(of_rule).collect()
}

fn said(removed: &Removed) -> String {
    let mut said = Vec::new();
    let size =
        if removed.bytes > 0 { format!(" ({})", bytes(removed.bytes)) } else { String::new() };
    let mut say = |count: u64, what: &str| {
        if count > 0 {
            said.push(format!("{} {what}", number(count)));
        }
    };
    say(removed.deleted, &format!("removed{size}"));
    say(removed.absent, "not there");
    say(removed.hidden, "covered by a marker, their versions stay");
    say(removed.spared, "stay because rows name them");
    say(removed.uploads, "unfinished uploads ended");
    if removed.failed > 0 {
        let left = removed.left.iter().take(LEFT_SHOWN_MAX);
        let left = left.map(|left| format!("{} ({})", clean(&left.key), clean(&left.reason)));
        let left: Vec<String> = left.collect();
        said.push(format!("{} left behind: {}", number(removed.failed), left.join(", ")));
    }
    if said.is_empty() { "none was there".to_owned() } else { said.join(", ") }
}

/// A number of bytes, as people say it: `14.1 MB`.
pub fn bytes(count: u64) -> String {
    let units = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if count < 1_000 {
        return counted(count, "byte", "bytes");
    }
    let (mut whole, mut rest, mut unit) = (count / 1_000, count % 1_000, 0);
    while whole >= 1_000 && unit + 1 < units.len() {
        (whole, rest, unit) = (whole / 1_000, whole % 1_000, unit + 1);
    }
    format!("{whole}.{} {}", rest / 100, units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_as_people_say_them() {
        for (count, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1.0 kB"),
            (14_199_999, "14.1 MB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn what_came_of_objects_is_told_and_nothing_else() {
        let mut removed = Removed { deleted: 1_204, bytes: 5_000, hidden: 3, ..Removed::default() };
        let expected = "1 204 removed (5.0 kB), 3 covered by a marker, their versions stay";
        assert_eq!(said(&removed), expected);
        removed.add_left("a/b", "denied: no");
        assert!(said(&removed).ends_with("1 left behind: a/b (denied: no)"));
        assert_eq!(said(&Removed::default()), "none was there");
    }

    #[test]
    fn what_goes_has_a_rate_and_an_end_where_all_were_counted() {
        let gone = |objects| Gone { objects, bytes: 0 };
        let said = |objects, total| removing(gone(objects), total, Duration::from_secs(4));
        assert_eq!(
            said(12_000, Some(50_000)),
            "removing: 12 000 of 50 000 objects gone, 3 000 a second, about 13 s left"
        );
        assert_eq!(
            said(50_000, Some(50_000)),
            "removing: 50 000 of 50 000 objects gone, 12 500 a second"
        );
        // More than were counted came late.
        assert_eq!(said(8, Some(7)), "removing: 8 objects gone, 2 a second");
        assert_eq!(said(1, None), "removing: 1 object gone, 0 a second");
        assert_eq!(said(1, Some(9)), "removing: 1 of 9 objects gone, 0 a second");
    }
}
