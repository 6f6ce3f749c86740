//! How a system stands: what fails first, then numbers, days, and how much there is.

use std::collections::BTreeMap;

use maud::{Markup, html};
use sexton_api::{DayFigures, FailingFigures, Overview, SampleFigures, UnderWayFigures};

use crate::figure::{Series, bars, bytes, line, moment, number};
use crate::frame::{Frame, page};

/// The page.
pub fn overview(frame: &Frame, seen: &Overview) -> Markup {
    let content = html! {
        div.heading {
            div.title { h1 { (seen.system) } p.muted.small { "As of " (moment(&seen.at)) } }
        }
        @if !seen.failing.is_empty() { (failing(frame, seen)) }
        (totals(seen))
        @if !seen.under_way.is_empty() { (under_way(&seen.under_way)) }
        section.card { h2 { "The last 30 days" } (charts(seen)) }
        (samples(seen))
    };
    page(frame, &format!("Overview of {}", seen.system), &content)
}

fn failing(frame: &Frame, seen: &Overview) -> Markup {
    let all: u64 = seen.failing.iter().map(|failing| failing.promises).sum();
    let one = |failing: &FailingFigures| {
        let watch = frame.links.of_system(&seen.system, "/deletions/");
        html! {
            li {
                code { (failing.rule) } ": " (failing.reason) " · " (number(failing.promises))
                " waiting, next try " (moment(&failing.next_try_at)) ", for one "
                a href=([watch.as_str(), &failing.deletion].concat()) { "this deletion" }
            }
        }
    };
    html! {
        section.notice.bad #failing aria-label="Failing" {
            strong { (number(all)) " promise(s) fail and are tried again" }
            ul { @for failing in &seen.failing { (one(failing)) } }
        }
    }
}

fn totals(seen: &Overview) -> Markup {
    let of = |state: &str| -> u64 {
        let ended = seen.days.iter().filter(|day| day.state == state);
        ended.map(|day| day.deletions).sum()
    };
    let (complete, refused) = (of("complete"), of("refused"));
    let rows: u64 = seen.days.iter().map(|day| day.rows).sum();
    let freed: u64 = seen.days.iter().map(|day| day.bytes).sum();
    let open: u64 = seen.under_way.iter().map(|state| state.deletions).sum();
    let figure = |name: &str, value: String| {
        html! { div { strong { (value) } span { (name) } } }
    };
    html! {
        div.figures #totals {
            (figure("deletions complete", number(complete)))
            (figure("went through", rate(complete, refused)))
            (figure("rows freed", number(rows)))
            (figure("bytes freed", bytes(freed)))
            (figure("under way", number(open)))
            (figure("open promises", number(seen.promises)))
        }
    }
}

/// How many of a hundred that were asked for went through.
fn rate(complete: u64, refused: u64) -> String {
    match complete + refused {
        0 => "–".to_owned(),
        all => format!("{} %", complete * 100 / all),
    }
}

fn under_way(states: &[UnderWayFigures]) -> Markup {
    html! {
        section.card {
            h2 { "Under way" }
            table.plain {
                thead { tr { th scope="col" { "State" } th.number scope="col" { "Deletions" } th scope="col" { "The oldest since" } } }
                tbody {
                    @for one in states {
                        tr {
                            td { span.pill.going { (one.state) } }
                            td.number { (number(one.deletions)) }
                            td { (moment(&one.oldest_at)) }
                        }
                    }
                }
            }
        }
    }
}

fn charts(seen: &Overview) -> Markup {
    let by_day = |matches: fn(&DayFigures) -> bool, value: fn(&DayFigures) -> u64| -> Vec<u64> {
        let of_date = |date: &String| {
            seen.days.iter().filter(|day| day.date == *date && matches(day)).map(value).sum()
        };
        seen.dates.iter().map(of_date).collect()
    };
    let deletions = [
        Series {
            name: "Complete",
            class: "good",
            values: by_day(|day| day.state == "complete", |day| day.deletions),
        },
        Series {
            name: "Refused",
            class: "bad",
            values: by_day(|day| day.state == "refused", |day| day.deletions),
        },
        Series {
            name: "Taken back",
            class: "quiet",
            values: by_day(
                |day| matches!(&*day.state, "withdrawn" | "restored"),
                |day| day.deletions,
            ),
        },
    ];
    let rows = Series { name: "Rows", class: "accent", values: by_day(|_| true, |day| day.rows) };
    let freed =
        Series { name: "Bytes", class: "accent", values: by_day(|_| true, |day| day.bytes) };
    let has_objects = seen.samples.iter().any(|sample| sample.of == "store")
        || seen.days.iter().any(|day| day.objects > 0);
    html! {
        div.charts {
            (bars("Deletions", &seen.dates, &deletions, number))
            (bars("Rows freed", &seen.dates, &[rows], number))
            @if has_objects { (bars("Bytes freed", &seen.dates, &[freed], bytes)) }
        }
    }
}

fn samples(seen: &Overview) -> Markup {
    let mut named: BTreeMap<(&str, &str), Vec<&SampleFigures>> = BTreeMap::new();
    for sample in &seen.samples {
        named.entry((&sample.of, &sample.name)).or_default().push(sample);
    }
    html! {
        section.card {
            h2 { "How much there is" }
            @if named.is_empty() {
                p.muted { "Nothing was counted yet. Workers count the rows of things every hour; sweeps count objects." }
            }
            div.cards { @for samples in named.values() { (held(seen, samples)) } }
        }
    }
}

/// How much one thing or store held.
fn held(seen: &Overview, samples: &[&SampleFigures]) -> Markup {
    let Some(last) = samples.last() else { return html! {} };
    let place = |sample: &&SampleFigures| seen.dates.iter().position(|date| *date == sample.date);
    let points: Vec<(usize, u64)> =
        samples.iter().filter_map(|sample| Some((place(sample)?, sample.items))).collect();
    let what = if last.of == "store" { "objects" } else { "rows" };
    let title = format!("{what} of {} over 30 days", last.name);
    html! {
        div.held {
            h3 { (last.name) " " span.muted.small { (last.of) } }
            p { strong { (number(last.items)) } " " (what)
                @if let Some(size) = last.bytes { ", " (bytes(size)) } }
            @if points.len() > 1 { (line(&title, seen.dates.len(), &points)) }
            @if let Some(orphans) = last.orphans {
                p.small {
                    (number(orphans)) " orphans, " (number(last.dangling.unwrap_or(0))) " rows without their object"
                }
            }
            p.muted.small { "Counted " (moment(&last.at)) }
            details.numbers {
                summary { "Numbers" span.unseen { " of " (title) } }
                table.plain {
                    thead { tr { th scope="col" { "Day" } th.number scope="col" { (what) } } }
                    tbody { @for sample in samples { tr { th scope="row" { (sample.date) } td.number { (number(sample.items)) } } } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::rate;

    #[test]
    fn a_rate_of_nothing_is_none() {
        assert_eq!(rate(0, 0), "–");
        assert_eq!(rate(3, 1), "75 %");
        assert_eq!(rate(0, 2), "0 %");
    }
}
