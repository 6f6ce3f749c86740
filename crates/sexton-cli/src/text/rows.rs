//! Lines of tables: a sign, a name, a number of rows, and a remark where it fits.

use sexton_core::preview::Count;

use super::WIDTH;
use super::page::Page;
use super::paint::{dim, green, red, yellow};
use super::words::number;

/// Names are lined up to this width; longer ones stand out.
const NAME_MAX: usize = 40;

/// What happens to the rows of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// They go.
    Gone,
    /// They change.
    Changed,
    /// They are computed anew.
    Derived,
    /// They stay as they are.
    Kept,
}

/// One line.
#[derive(Debug)]
pub struct Line {
    /// What happens.
    pub sign: Sign,
    /// The table.
    pub name: String,
    /// How many rows.
    pub rows: Count,
    /// Remarks, the fullest first; the first that fits is shown.
    pub remarks: Vec<String>,
    /// More lines, already indented.
    pub below: Vec<String>,
}

/// The lines as a table.
pub fn table(lines: &[Line]) -> String {
    let longest = lines.iter().map(|line| letters(&line.name)).filter(|n| *n <= NAME_MAX).max();
    let name_width = longest.unwrap_or(0);
    let numbers: Vec<String> = lines.iter().map(|line| amount(line.rows)).collect();
    let number_width = numbers.iter().map(|text| letters(text)).max().unwrap_or(0);
    let mut page = Page::default();
    for (line, amount) in lines.iter().zip(&numbers) {
        let name_pad = " ".repeat(name_width.saturating_sub(letters(&line.name)));
        let number_pad = " ".repeat(number_width - letters(amount));
        let unit = if line.rows == Count::Exact(1) { "row " } else { "rows" };
        let start = format!("{name_pad}   {number_pad}{amount} {unit}");
        let used = 4 + letters(&line.name) + letters(&start);
        let fits = |remark: &&String| used + 3 + letters(remark) <= WIDTH;
        let remark = line.remarks.iter().find(fits);
        let remark = remark.map(|remark| format!("   {}", dim(remark))).unwrap_or_default();
        let shown = format!("  {} {}{start}{remark}", sign(line.sign), line.name);
        page.line(shown.trim_end());
        for below in &line.below {
            page.line(below);
        }
    }
    page.text()
}

fn sign(sign: Sign) -> String {
    match sign {
        Sign::Gone => red("-"),
        Sign::Changed => yellow("~"),
        Sign::Derived => green("*"),
        Sign::Kept => dim("="),
    }
}

/// How many, as far as it is known.
pub fn amount(count: Count) -> String {
    match count {
        Count::Exact(rows) => number(rows),
        Count::AtLeast(rows) => format!(">= {}", number(rows)),
        Count::Unknown => "?".into(),
    }
}

fn letters(text: &str) -> usize {
    textwrap::core::display_width(text)
}
