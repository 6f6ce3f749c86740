//! What would happen, as a tree: what goes, by the lines that lead to it; what changes; what stays.

use maud::{Markup, html};
use serde_json::Value;

use super::told::{Count, Objects, Removed, Sample, Told};
use crate::mark::{bytes, number};

/// The tree.
pub fn tree(told: &Told) -> Markup {
    html! {
        div.tree {
            (going(told))
            (changing(told))
            (staying(told))
        }
    }
}

/// A number, as exact as it is known.
pub fn count(count: Count) -> String {
    match count {
        Count::Exact(rows) => number(rows),
        Count::AtLeast(rows) => format!("at least {}", number(rows)),
        Count::Unknown => "not counted in time".to_owned(),
    }
}

fn going(told: &Told) -> Markup {
    let tops: Vec<&Removed> = told.removed.iter().filter(|rows| is_top(rows, told)).collect();
    let (objects, size) = told.objects();
    let none = told.removed.iter().filter(|rows| rows.rows.is_zero()).count();
    html! {
        section.branch.goes {
            h3 {
                "Goes"
                span.sum {
                    (count(told.rows())) " rows"
                    @if !objects.is_zero() { ", " (count(objects)) " objects, " (bytes(size)) }
                }
            }
            ul { @for rows in &tops { (removed(rows, told)) } }
            @if !told.objects.is_empty() {
                ul { @for rule in &told.objects { (stored(rule)) } }
            }
            @if none > 0 {
                details {
                    summary { (none) " more tables were looked at and have none" }
                    ul.small.muted {
                        @for rows in told.removed.iter().filter(|rows| rows.rows.is_zero()) {
                            li { code { (rows.table) } }
                        }
                    }
                }
            }
        }
    }
}

/// Whether nothing that is shown leads to these rows.
fn is_top(rows: &Removed, told: &Told) -> bool {
    !rows.rows.is_zero() && parent(rows, told).is_none()
}

/// The rows whose chain of lines is the longest part of this one's.
fn parent<'t>(rows: &Removed, told: &'t Told) -> Option<&'t Removed> {
    let shown = told.removed.iter().filter(|other| !other.rows.is_zero());
    let leads = |other: &&Removed| {
        other.why.len() < rows.why.len()
            && rows.why.starts_with(&other.why)
            && other.table != rows.table
    };
    shown.filter(leads).max_by_key(|other| other.why.len())
}

fn removed(rows: &Removed, told: &Told) -> Markup {
    let children: Vec<&Removed> = told
        .removed
        .iter()
        .filter(|child| {
            !child.rows.is_zero()
                && parent(child, told).is_some_and(|parent| std::ptr::eq(parent, rows))
        })
        .collect();
    html! {
        li {
            div.leaf {
                span.sign-of aria-hidden="true" { "−" }
                span.what { code { (rows.table) } }
                span.number { (count(rows.rows)) }
                @if let Some(line) = rows.why.last() { span.why { (line) } }
            }
            @if !children.is_empty() {
                ul { @for child in children { (removed(child, told)) } }
            }
        }
    }
}

fn stored(rule: &Objects) -> Markup {
    html! {
        li {
            div.leaf {
                span.sign-of aria-hidden="true" { "−" }
                span.what { "objects of " code { (rule.rule) } " in store " code { (rule.store) } }
                span.number { (count(rule.count)) ", " (bytes(rule.bytes)) }
                @if let Some(unseen) = &rule.unseen { span.why { "could not be looked at: " (unseen) } }
                @if rule.may_stay { span.why { "those that rows which stay still name are kept" } }
                @if rule.keeps_versions {
                    span.why { "the store keeps versions: they are covered, and not gone" }
                }
                @if !rule.samples.is_empty() {
                    details.samples {
                        summary { "some of them" }
                        ul { @for key in &rule.samples { li { code { (key) } } } }
                    }
                }
            }
        }
    }
}

fn changing(told: &Told) -> Markup {
    let changed: Vec<_> = told.changed.iter().filter(|rows| !rows.rows.is_zero()).collect();
    let derived: Vec<_> = told.derived.iter().filter(|rows| !rows.rows.is_zero()).collect();
    html! {
        @if !changed.is_empty() || !derived.is_empty() {
            section.branch.changes {
                h3 { "Changes" }
                ul {
                    @for rows in changed {
                        @let becomes: Vec<String> = rows.becomes.iter()
                            .map(|(column, value)| format!("{column} becomes {value}")).collect();
                        @let columns: Vec<&str> =
                            rows.becomes.iter().map(|(column, _)| column.as_str()).collect();
                        li {
                            div.leaf {
                                span.sign-of aria-hidden="true" { "~" }
                                span.what { code { (rows.table) } " " (becomes.join(", ")) }
                                span.number { (count(rows.rows)) }
                                span.why { (rows.line) }
                                @if let Some(say) = &rows.say { span.why { (say) } }
                                (samples(&columns, &rows.samples))
                            }
                        }
                    }
                    @for rows in derived {
                        @let columns: Vec<&str> = rows.columns.iter().map(String::as_str).collect();
                        li {
                            div.leaf {
                                span.sign-of aria-hidden="true" { "~" }
                                span.what { code { (rows.table) } " is computed anew" }
                                span.number { (count(rows.rows)) }
                                span.why { (columns.join(", ")) }
                                (samples(&columns, &rows.samples))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn samples(columns: &[&str], samples: &[Sample]) -> Markup {
    html! {
        @if !samples.is_empty() {
            details.samples {
                summary { "some of them" }
                ul { @for sample in samples { li { code { (sample.key) } " " (becoming(columns, sample)) } } }
            }
        }
    }
}

/// `status running → canceled`, for those columns that become something else.
fn becoming(columns: &[&str], sample: &Sample) -> String {
    let told = columns.iter().enumerate().filter_map(|(at, column)| {
        let before = sample.before.get(at)?.as_deref().unwrap_or("NULL");
        let Some(after) = sample.after.get(at) else {
            return Some(format!("{column} {before}"));
        };
        let after =
            after.get("value").map_or("?", |value: &Value| value.as_str().unwrap_or("NULL"));
        (after != before).then(|| format!("{column} {before} → {after}"))
    });
    told.collect::<Vec<_>>().join(", ")
}

fn staying(told: &Told) -> Markup {
    let kept: Vec<_> = told.kept.iter().filter(|rows| !rows.rows.is_zero()).collect();
    html! {
        @if !kept.is_empty() {
            section.branch.stays {
                h3 { "Stays" }
                ul {
                    @for rows in kept {
                        li {
                            div.leaf {
                                span.sign-of aria-hidden="true" { "=" }
                                span.what { (rows.line) }
                                span.number.muted {
                                    @if rows.rows == Count::Unknown { "as it is" } @else { (count(rows.rows)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
