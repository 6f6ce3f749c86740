//! Numbers and charts. Charts are drawn here, as SVG without a style of its own, and have their
//! numbers in a table beside them.

use std::fmt::Write as _;

use maud::{Markup, html};

/// A number with its thousands apart: `12,345`.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut parts = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && place % 3 == first % 3 {
            parts.push(',');
        }
        parts.push(digit);
    }
    parts
}

/// Bytes in the largest unit that leaves a number before the point.
pub fn bytes(bytes: u64) -> String {
    let mut unit = "B";
    let mut whole = bytes;
    let mut rest = 0;
    for larger in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
        if whole < 1_024 {
            break;
        }
        (rest, whole, unit) = (whole % 1_024, whole / 1_024, larger);
    }
    if unit == "B" { format!("{whole} B") } else { format!("{whole}.{} {unit}", rest * 10 / 1_024) }
}

/// A moment of the API, for people: `2026-11-21 02:25 UTC`.
pub fn moment(at: &str) -> Markup {
    let shown = at.get(..16).map(|minute| minute.replace('T', " "));
    html! { time datetime=(at) { (shown.unwrap_or_else(|| at.to_owned())) " UTC" } }
}

/// How a number is told.
pub type Told = fn(u64) -> String;

/// A row of a chart's numbers: of one colour, by place.
#[derive(Debug, Clone)]
pub struct Series {
    /// What it is of.
    pub name: &'static str,
    /// The class that colours it.
    pub class: &'static str,
    /// The numbers, one for each place.
    pub values: Vec<u64>,
}

const WIDTH: usize = 600;
const HEIGHT: usize = 120;

/// Bars, one above the other, place by place; and the same as a table.
pub fn bars(title: &str, places: &[String], series: &[Series], told: Told) -> Markup {
    let sums: Vec<u64> = (0..places.len())
        .map(|place| series.iter().filter_map(|one| one.values.get(place)).sum())
        .collect();
    let most = sums.iter().copied().max().unwrap_or(0);
    let all: u64 = sums.iter().sum();
    let edges = [places.first(), places.last()].map(|edge| edge.map_or("", String::as_str));
    html! {
        figure.chart {
            figcaption { span { (title) } strong { (told(all)) } }
            svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" preserveAspectRatio="none"
                aria-label=(format!("{title}: {} in all, at most {} on a day", told(all), told(most))) {
                @for (place, name) in places.iter().enumerate() {
                    g { title { (name) ": " (told(sums[place])) } (column(place, places.len(), series, most)) }
                }
                line.axis x1="0" y1=(HEIGHT) x2=(WIDTH) y2=(HEIGHT) {}
            }
            div.edges { span { (edges[0]) } span { "at most " (told(most)) " a day" } span { (edges[1]) } }
            (legend(series))
            (table(title, places, series, told))
        }
    }
}

/// The bars of one place, from below.
fn column(place: usize, places: usize, series: &[Series], most: u64) -> Markup {
    let step = WIDTH / places.max(1);
    let x = place * step;
    let mut top = HEIGHT;
    let mut drawn = Vec::new();
    for one in series {
        let value = one.values.get(place).copied().unwrap_or(0);
        let height = scaled(value, most, HEIGHT - 4);
        if height > 0 {
            top = top.saturating_sub(height);
            drawn.push((one.class, top, height));
        }
    }
    html! {
        rect.ground x=(x) y="0" width=(step) height=(HEIGHT) {}
        @for (class, y, height) in drawn {
            rect class=(format!("bar {class}")) x=(x + 1) y=(y) width=(step.saturating_sub(2).max(1))
                height=(height) {}
        }
    }
}

/// What is there at all can be seen.
fn scaled(value: u64, most: u64, height: usize) -> usize {
    if value == 0 || most == 0 {
        return 0;
    }
    let scaled = u128::from(value) * height as u128 / u128::from(most);
    usize::try_from(scaled).unwrap_or(height).max(2)
}

fn legend(series: &[Series]) -> Markup {
    html! {
        @if series.len() > 1 {
            ul.legend {
                @for one in series { li { span class=(format!("key {}", one.class)) {} (one.name) } }
            }
        }
    }
}

/// Only places with a number are worth a row.
fn table(title: &str, places: &[String], series: &[Series], told: Told) -> Markup {
    let of = |one: &Series, place: usize| one.values.get(place).copied().unwrap_or(0);
    let rows: Vec<usize> =
        (0..places.len()).filter(|place| series.iter().any(|one| of(one, *place) > 0)).collect();
    html! {
        details.numbers {
            summary { "Numbers" span.unseen { " of " (title) } }
            @if rows.is_empty() { p.muted.small { "None in these days." } }
            @else {
                table.plain {
                    thead { tr { th scope="col" { "Day" } @for one in series { th.number scope="col" { (one.name) } } } }
                    tbody {
                        @for place in rows {
                            tr {
                                th scope="row" { (places[place]) }
                                @for one in series { td.number { (told(of(one, place))) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How a number went over some places, as a line. Places without a number are left out.
pub fn line(title: &str, places: usize, points: &[(usize, u64)]) -> Markup {
    let most = points.iter().map(|(_, value)| *value).max().unwrap_or(0);
    let mut path = String::new();
    for (place, value) in points {
        let x = place * WIDTH / places.saturating_sub(1).max(1);
        let y = 60 - scaled(*value, most, 52);
        // Writing to memory cannot fail.
        let _ = write!(path, "{x},{y} ");
    }
    html! {
        svg.spark viewBox=(format!("0 0 {WIDTH} 66")) role="img" aria-label=(title)
            preserveAspectRatio="none" {
            line.axis x1="0" y1="60" x2=(WIDTH) y2="60" {}
            polyline points=(path.trim_end()) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        let numbers = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")];
        for (value, text) in numbers {
            assert_eq!(number(value), text);
        }
        let sizes = [(0, "0 B"), (1_023, "1023 B"), (1_536, "1.5 KiB"), (1 << 40, "1.0 TiB")];
        for (value, text) in sizes {
            assert_eq!(bytes(value), text);
        }
    }

    #[test]
    fn what_is_there_at_all_can_be_seen() {
        assert_eq!(scaled(0, 1_000_000, 100), 0);
        assert_eq!(scaled(1, 1_000_000, 100), 2);
        assert_eq!(scaled(1_000_000, 1_000_000, 100), 100);
        assert_eq!(scaled(u64::MAX, u64::MAX, 100), 100);
        assert_eq!(scaled(0, 0, 100), 0);
    }

    #[test]
    fn a_chart_has_its_numbers_in_a_table_and_no_style() {
        let places = ["2026-11-20", "2026-11-21"].map(str::to_owned);
        let series = [
            Series { name: "Complete", class: "good", values: vec![0, 3] },
            Series { name: "Refused", class: "bad", values: vec![0, 1] },
        ];
        let drawn = bars("Deletions", &places, &series, number).into_string();
        assert!(drawn.contains("<th scope=\"row\">2026-11-21</th><td class=\"number\">3</td>"));
        assert!(!drawn.contains("<th scope=\"row\">2026-11-20"), "a day without is no row");
        assert!(drawn.contains("aria-label=\"Deletions: 4 in all, at most 4 on a day\""));
        assert!(!drawn.contains("style"), "{drawn}");
    }
}
