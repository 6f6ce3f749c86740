//! Draws a picture as SVG: one file, no script, readable on light and on dark ground.

use std::collections::BTreeMap;

use super::layout::{LETTER, LINE, PADDING, Placed, layout, letters};
use super::{Mark, Picture};

const MARGIN: usize = 24;

/// The title and the legend take so much above the boxes.
const HEAD: usize = 70;

const STYLE: &str = "
  svg { --ground: #ffffff; --ink: #1f2328; --quiet: #59636e; --line: #8c959f;
        --goes: #cf222e; --changes: #9a6700; --derived: #0969da; --blocks: #8250df;
        --open: #bc4c00; --keeps: #57606a; --box: #f6f8fa; background: var(--ground); }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #0d1117; --ink: #e6edf3; --quiet: #9198a1; --line: #6e7681;
          --goes: #ff7b72; --changes: #e3b341; --derived: #79c0ff; --blocks: #d2a8ff;
          --open: #ffa657; --keeps: #9ea7b3; --box: #161b22; } }
  .ground { fill: var(--ground); }
  text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace;
         fill: var(--quiet); white-space: pre; }
  .title { font-size: 16px; font-weight: 600; fill: var(--ink); }
  .name { font-weight: 600; fill: var(--ink); }
  .sign { font-weight: 700; }
  rect.box { fill: var(--box); stroke-width: 1.5; }
  .elsewhere rect.box { stroke-dasharray: 5 4; fill: none; }
  path { fill: none; stroke: var(--line); stroke-width: 1.25; }
";

/// The picture as an SVG document.
pub fn svg(picture: &Picture) -> String {
    let (boxes, width, height) = layout(picture);
    let title = title(picture);
    let legend: usize = Mark::ALL.iter().map(|mark| legend_width(*mark)).sum();
    let title_width = letters(&title) * 10;
    let width = width.max(legend).max(title_width) + 2 * MARGIN;
    let height = height + HEAD + 2 * MARGIN;
    let mut svg = String::new();
    line(
        &mut svg,
        &[
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ",
            &format!("{width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\""),
            &format!(" aria-label=\"{}\">", escaped(&title)),
        ],
    );
    line(&mut svg, &["<style>", STYLE, &mark_styles(), "</style>"]);
    line(&mut svg, &["<rect class=\"ground\" width=\"100%\" height=\"100%\"/>"]);
    let at = format!("x=\"{MARGIN}\" y=\"{}\"", MARGIN + 14);
    line(&mut svg, &["<text class=\"title\" ", &at, ">", &escaped(&title), "</text>"]);
    line(&mut svg, &[&legend_of_marks()]);
    line(&mut svg, &[&format!("<g transform=\"translate({MARGIN} {})\">", MARGIN + HEAD)]);
    let columns = right_edges(&boxes);
    for placed in &boxes {
        if let Some(parent) = placed.parent {
            line(&mut svg, &[&connection(&boxes[parent], placed, &columns)]);
        }
    }
    for placed in &boxes {
        line(&mut svg, &[&drawn(placed)]);
    }
    line(&mut svg, &["</g>"]);
    line(&mut svg, &["</svg>"]);
    svg
}

fn line(svg: &mut String, parts: &[&str]) {
    svg.extend(parts.iter().copied());
    svg.push('\n');
}

fn title(picture: &Picture) -> String {
    let tables =
        if picture.going == 1 { "1 table".into() } else { format!("{} tables", picture.going) };
    format!("{}: rows go from {tables}", picture.thing)
}

fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Goes => "goes",
        Mark::Changes => "changes",
        Mark::Derived => "derived",
        Mark::Blocks => "blocks",
        Mark::Open => "open",
        Mark::Keeps => "keeps",
    }
}

fn mark_styles() -> String {
    let style = |mark: &Mark| {
        let class = class(*mark);
        format!(
            "  .{class} rect.box {{ stroke: var(--{class}); }} .{class} .sign {{ fill: var(--{class}); }}\n"
        )
    };
    Mark::ALL.iter().map(style).collect()
}

fn legend_width(mark: Mark) -> usize {
    (mark.meaning().len() + 5) * LETTER
}

fn legend_of_marks() -> String {
    let mut x = MARGIN;
    let mut legend = String::new();
    for mark in Mark::ALL {
        let y = MARGIN + 42;
        let (class, sign, meaning) = (class(mark), escaped(mark.sign()), mark.meaning());
        legend += &[
            format!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\">"),
            format!("<tspan class=\"sign\">{sign}</tspan> {meaning}</text>"),
        ]
        .concat();
        x += legend_width(mark);
    }
    legend
}

/// Where each column of boxes ends.
fn right_edges(boxes: &[Placed<'_>]) -> BTreeMap<usize, usize> {
    let mut edges = BTreeMap::new();
    for placed in boxes {
        let edge = edges.entry(placed.level).or_insert(0);
        *edge = (*edge).max(placed.x + placed.width);
    }
    edges
}

/// From a box to one below it: across, along the gap behind its column, across.
fn connection(parent: &Placed<'_>, child: &Placed<'_>, columns: &BTreeMap<usize, usize>) -> String {
    let from = (parent.x + parent.width, parent.middle());
    let turn = columns.get(&parent.level).copied().unwrap_or(from.0) + 24;
    let (x, y) = (child.x, child.middle());
    format!("<path d=\"M{} {}H{turn}V{y}H{x}\"/>", from.0, from.1)
}

fn drawn(placed: &Placed<'_>) -> String {
    let Placed { x, y, width, height, branch, .. } = placed;
    let elsewhere = if branch.elsewhere { " elsewhere" } else { "" };
    let mut parts = vec![
        format!("<g class=\"{}{elsewhere}\">", class(branch.mark)),
        format!(
            "<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"5\"/>"
        ),
    ];
    for (at, text) in placed.lines.iter().enumerate() {
        let (x, y) = (x + PADDING, y + PADDING + 11 + at * LINE - 2);
        let is_name = at < placed.names;
        let (sign, rest) = if at == 0 { text.split_at(1) } else { ("", text.as_str()) };
        let sign = if sign.is_empty() {
            String::new()
        } else {
            format!("<tspan class=\"sign\">{}</tspan>", escaped(sign))
        };
        let class = if is_name { " class=\"name\"" } else { "" };
        parts.push(format!(
            "<text x=\"{x}\" y=\"{y}\">{sign}<tspan{class}>{}</tspan></text>",
            escaped(rest)
        ));
    }
    parts.push("</g>".to_owned());
    parts.concat()
}

/// Text as XML takes it; a name may hold signs that it has no way to write.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter if letter.is_control() => escaped.push('�'),
            letter => escaped.push(letter),
        }
    }
    escaped
}
