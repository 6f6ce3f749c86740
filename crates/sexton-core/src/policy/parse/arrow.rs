//! Reads an arrow, `child.column -> parent`, into one arrow per sister.
//!
//! Not here: what the arrow's fate is (`fate`), whether its names exist (`check`).

use super::braces::{self, Sister};
use super::codes;
use super::path::{Path, quoted};
use super::placed::Placed;
use crate::finding::{Finding, Span};
use crate::names::{ColumnName, TableName};
use crate::policy::ColumnPath;

/// Signs that are written where `->` is meant.
const NEAR_MISSES: [&str; 4] = ["=>", "→", "<-", ">"];

const FORM: &str = "a reference reads `child.column -> parent`: when the row on the right goes, \
                    the row on the left …";

/// One reference's two sides.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Arrow {
    /// The referring table.
    pub child: TableName,
    /// The referring columns.
    pub columns: Vec<ColumnPath>,
    /// The table referred to.
    pub parent: TableName,
    /// The columns referred to, if written.
    pub parent_key: Option<Vec<ColumnName>>,
    /// This sister's own sentence.
    pub text: String,
    /// Where she stands: her piece of the braces, else the whole arrow.
    pub span: Span,
}

/// The arrows of one line; sisters that can be read, and what is wrong with the others.
pub(super) fn read(line: &Placed) -> (Vec<Arrow>, Vec<Finding>) {
    match sides(line) {
        Ok((sisters, parent, parent_key)) => {
            let mut arrows = Vec::new();
            let mut findings = Vec::new();
            for sister in &sisters {
                match arrow(line, sister, &parent, parent_key.as_deref()) {
                    Ok(arrow) => arrows.push(arrow),
                    Err(finding) => findings.push(finding),
                }
            }
            // A mistake beside the braces is the same for every sister.
            findings.dedup();
            (arrows, findings)
        }
        Err(finding) => (Vec::new(), vec![finding]),
    }
}

type Sides = (Vec<Sister>, TableName, Option<Vec<ColumnName>>);

/// The left sides, and the right side that they share.
fn sides(line: &Placed) -> Result<Sides, Finding> {
    refuse_open_quote(line)?;
    refuse_star(line)?;
    let at = position_of_arrow(line)?;
    let left = line.slice(0..at).trimmed();
    let right = line.slice(at + "->".len()..line.text.len()).trimmed();
    if left.text.is_empty() || right.text.is_empty() {
        return Err(bad_arrow(line, "one side of the arrow is empty"));
    }
    let brace = right.outside_quotes().find(|(_, c)| matches!(c, '{' | '}'));
    if let Some((at, _)) = brace {
        let span = right.span(at..at + 1);
        let message = "braces can stand only on the left of the arrow";
        return Err(Finding::error(codes::BAD_BRACES, Some(span), message));
    }
    let (parent, parent_key) = Path::read(&right)?.table_and_key()?;
    Ok((braces::expand(&left)?, parent, parent_key))
}

fn arrow(
    line: &Placed,
    sister: &Sister,
    parent: &TableName,
    parent_key: Option<&[ColumnName]>,
) -> Result<Arrow, Finding> {
    let (child, columns) = Path::read(&sister.left)?.columns_of_table()?;
    let span = sister.piece.unwrap_or_else(|| line.trimmed().all());
    if let Some(key) = parent_key.filter(|key| key.len() != columns.len()) {
        let message =
            format!("{} column(s) on the left refer to {} on the right", columns.len(), key.len());
        return Err(Finding::error(codes::UNEQUAL_SIDES, Some(span), message));
    }
    let text = sentence(&child, &columns, parent, parent_key);
    let (parent, parent_key) = (parent.clone(), parent_key.map(<[_]>::to_vec));
    Ok(Arrow { child, columns, parent, parent_key, text, span })
}

/// An open quote would hide the arrow, the braces, all that follows.
fn refuse_open_quote(line: &Placed) -> Result<(), Finding> {
    if line.text.matches('"').count().is_multiple_of(2) {
        return Ok(());
    }
    let message = "a double quote is not closed";
    Err(Finding::error(codes::BAD_PATH, Some(line.all()), message))
}

fn refuse_star(line: &Placed) -> Result<(), Finding> {
    let of_array = |at: usize| line.text[..at].ends_with('[') && line.text[at..].starts_with("*]");
    let star = line.outside_quotes().find(|(at, c)| *c == '*' && !of_array(*at));
    let Some((at, _)) = star else { return Ok(()) };
    let message =
        "`*` cannot stand for tables or columns: what happens to a new one must be decided";
    Err(Finding::error(codes::STAR, Some(line.span(at..at + 1)), message)
        .help("list the sisters by name: `{a,b}`"))
}

fn position_of_arrow(line: &Placed) -> Result<usize, Finding> {
    let mut arrows = line
        .outside_quotes()
        .filter(|(at, _)| line.text[*at..].starts_with("->"))
        .map(|(at, _)| at);
    match (arrows.next(), arrows.next()) {
        (Some(at), None) => Ok(at),
        (Some(_), Some(_)) => Err(bad_arrow(line, "there is more than one arrow")),
        (None, _) => Err(match NEAR_MISSES.iter().find(|sign| line.text.contains(**sign)) {
            Some(sign) => bad_arrow(line, &format!("the arrow is written `->`, not `{sign}`")),
            None => bad_arrow(line, "there is no arrow"),
        }),
    }
}

fn bad_arrow(line: &Placed, message: &str) -> Finding {
    Finding::error(codes::BAD_ARROW, Some(line.all()), message).help(FORM)
}

/// `child.column -> parent`, as this sister would be written alone.
fn sentence(
    child: &TableName,
    columns: &[ColumnPath],
    parent: &TableName,
    parent_key: Option<&[ColumnName]>,
) -> String {
    let columns = columns.iter().map(|path| match &path.json {
        Some(json) => format!("{}${json}", quoted(path.column.as_str())),
        None => quoted(path.column.as_str()),
    });
    let key = parent_key.map(|key| key.iter().map(|column| quoted(column.as_str())));
    let right = match key {
        Some(key) => format!("{}.{}", table(parent), grouped(&key.collect::<Vec<_>>())),
        None => table(parent),
    };
    format!("{}.{} -> {right}", table(child), grouped(&columns.collect::<Vec<_>>()))
}

fn table(table: &TableName) -> String {
    match &table.schema {
        Some(schema) => format!("{}.{}", quoted(schema), quoted(&table.name)),
        None => quoted(&table.name),
    }
}

fn grouped(names: &[String]) -> String {
    match names.len() {
        1 => names.concat(),
        _ => format!("({})", names.join(",")),
    }
}
