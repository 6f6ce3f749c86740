//! What runs by itself: rules of retention, what they did and would do, and what is paused.

use sexton_engine::ports::Pause;
use sexton_engine::{Retained, RetentionEnd, RetentionLook, RuleStatus};

use super::page::Page;
use super::words::{clean, counted, who};

/// The rules of the policy.
pub fn rules(rules: &[RuleStatus]) -> String {
    if rules.is_empty() {
        return "The policy has no rule under [retention].".to_owned();
    }
    let mut page = Page::default();
    for status in rules {
        let rule = &status.rule;
        let age = match (&rule.age, status.over_secs) {
            (None, _) => "as its condition says".to_owned(),
            (Some(age), Some(secs)) => format!("{} over {}", age.of.value, long(secs)),
            (Some(age), None) => format!("{} over an age that nobody says", age.of.value),
        };
        page.line(format!("{}  {}, {age}", rule.name, rule.thing.value));
        let every = if status.is_scheduled {
            format!("every {}", long(rule.every_secs))
        } else {
            "only by hand".to_owned()
        };
        let when = match &status.row {
            None => "never run".to_owned(),
            Some(row) if row.is_running => format!("running since {}", row.began_at),
            Some(row) => format!("last run {}, due {}", row.began_at, row.due_at),
        };
        page.paragraph("  ", "  ", &format!("{every}; {when}"));
        if let Some(refused) = status.row.as_ref().map(|row| row.refused).filter(|n| *n > 0) {
            page.line(format!(
                "  {} when tried last",
                counted(refused, "root stayed", "roots stayed")
            ));
        }
    }
    page.text()
}

/// What a rule would delete.
pub fn due(rule: &str, looked: &RetentionLook) -> String {
    let mut page = Page::default();
    let due = looked.due.map_or_else(
        || "An unknown number of roots".to_owned(),
        |due| counted(due, "root", "roots"),
    );
    page.line(format!("{due} due by `{}`. Nothing was deleted.", clean(rule)));
    for sample in &looked.samples {
        let rows = counted(sample.rows, "row", "rows");
        page.line(format!("  {}: {rows}", clean(&sample.root)));
        let why = sample.blockers.iter().map(|blocker| &blocker.message).chain(&sample.failure);
        for why in why {
            page.paragraph("    ! ", "      ", &clean(why));
        }
    }
    page.text()
}

/// One root that stays.
pub fn stayed(root: &str, why: &str) -> String {
    let mut page = Page::default();
    page.paragraph("! ", "  ", &format!("{} stays: {}", clean(root), clean(why)));
    page.text()
}

/// What a run did.
pub fn retained(done: &Retained) -> String {
    let mut page = Page::default();
    let roots = counted(done.deleted, "root", "roots");
    let rows = counted(done.rows, "row", "rows");
    page.line(format!("Deleted by `{}`: {roots}, {rows}.", done.rule));
    let aside = [
        (done.refused, "stayed"),
        (done.passed, "not due any more when locked"),
        (done.resting, "left alone, as they refused before"),
        (done.open, "with objects or calls still to be seen to"),
    ];
    for (count, what) in aside.into_iter().filter(|(count, _)| *count > 0) {
        page.line(format!("  {count} {what}"));
    }
    match done.end {
        RetentionEnd::Done => {}
        RetentionEnd::Limit => page.line("  Ended at its limit."),
        RetentionEnd::Stopped => page.line("  Ended because it was asked to stop."),
        RetentionEnd::Paused => page.line("  Ended because background work is paused."),
        RetentionEnd::Lost => page.line("  Ended because another program took the rule over."),
        RetentionEnd::Failed => {
            let why = done.failure.as_deref().unwrap_or("something failed");
            page.paragraph("  Ended: ", "  ", &clean(why));
        }
    }
    page.text()
}

/// What is paused.
pub fn pauses(pauses: &[Pause]) -> String {
    let mut page = Page::default();
    for pause in pauses {
        let what = match &pause.store {
            Some(store) => format!("what is removed from the store `{}`", clean(store.as_str())),
            None => "all background work".to_owned(),
        };
        let who = who(&pause.actor, Some(&pause.reason));
        page.paragraph("Paused: ", "  ", &format!("{what}, since {}, {who}", pause.at));
    }
    page.text()
}

/// A duration in the largest unit that tells it exactly.
fn long(secs: i64) -> String {
    for (unit, each) in [("d", 86_400), ("h", 3_600), ("m", 60)] {
        if secs > 0 && secs % each == 0 {
            return format!("{}{unit}", secs / each);
        }
    }
    format!("{secs}s")
}
