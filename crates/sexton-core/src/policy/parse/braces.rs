//! Expands sisters in explicit braces: `"{jobs,runs}.batch_id"` stands for two left sides.
//!
//! Expansion works on text, so braces may stand at any place; every byte keeps its origin, so
//! a mistake inside a sister is still shown where it was written.

use super::codes;
use super::placed::Placed;
use crate::finding::{Finding, Span};

/// More sisters than any real line has, so that a slip cannot make millions.
const SISTERS_MAX: usize = 1_000;

/// One left side of an expanded line.
#[derive(Debug)]
pub(super) struct Sister {
    /// The left side, written out.
    pub left: Placed,
    /// Her piece within the braces; without braces, or with several, there is none.
    pub piece: Option<Span>,
}

/// The sisters that this text stands for, in the order written; itself if it has no braces.
pub(super) fn expand(text: &Placed) -> Result<Vec<Sister>, Finding> {
    let mut sisters = vec![Sister { left: text.slice(0..0), piece: None }];
    let (mut done, mut braces) = (0, 0);
    while let Some((open, close)) = next_braces(text, done)? {
        let before = text.slice(done..open);
        let pieces = pieces(text, open, close)?;
        if sisters.len() * pieces.len() > SISTERS_MAX {
            let message = format!("these braces stand for more than {SISTERS_MAX} references");
            return Err(bad_braces(text.all(), message));
        }
        sisters = multiplied(&sisters, &before, &pieces);
        (done, braces) = (close + 1, braces + 1);
    }
    let rest = text.slice(done..text.text.len());
    for sister in &mut sisters {
        sister.left = sister.left.followed_by(&rest);
        sister.piece = sister.piece.filter(|_| braces == 1);
    }
    Ok(sisters)
}

fn multiplied(sisters: &[Sister], before: &Placed, pieces: &[Placed]) -> Vec<Sister> {
    let mut all = Vec::with_capacity(sisters.len() * pieces.len());
    for sister in sisters {
        let start = sister.left.followed_by(before);
        for piece in pieces {
            all.push(Sister { left: start.followed_by(piece), piece: Some(piece.all()) });
        }
    }
    all
}

/// Where the next braces open and close.
fn next_braces(text: &Placed, from: usize) -> Result<Option<(usize, usize)>, Finding> {
    let mut open = None;
    for (at, c) in text.outside_quotes().filter(|(at, _)| *at >= from) {
        match (c, open) {
            ('{', None) => open = Some(at),
            ('{', Some(_)) => {
                return Err(bad_braces(text.span(at..at + 1), "braces cannot stand in braces"));
            }
            ('}', Some(open)) => return Ok(Some((open, at))),
            ('}', None) => {
                return Err(bad_braces(text.span(at..at + 1), "this brace was never opened"));
            }
            _ => {}
        }
    }
    match open {
        Some(open) => Err(bad_braces(text.span(open..open + 1), "this brace is not closed")),
        None => Ok(None),
    }
}

/// What stands between the commas; those inside parentheses belong to a composite key.
fn pieces(text: &Placed, open: usize, close: usize) -> Result<Vec<Placed>, Finding> {
    let mut ends = Vec::new();
    let mut depth = 0_i32;
    for (at, c) in text.outside_quotes().filter(|(at, _)| (open + 1..close).contains(at)) {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => ends.push(at),
            _ => {}
        }
    }
    ends.push(close);
    let mut start = open + 1;
    let mut pieces = Vec::new();
    for end in ends {
        let piece = text.slice(start..end).trimmed();
        if piece.text.is_empty() {
            let braces = text.span(open..close + 1);
            return Err(bad_braces(braces, "a sister is missing between these braces"));
        }
        pieces.push(piece);
        start = end + 1;
    }
    Ok(pieces)
}

fn bad_braces(span: Span, message: impl Into<String>) -> Finding {
    Finding::error(codes::BAD_BRACES, Some(span), message)
        .help("sisters are written `{a,b}`, at any place left of the arrow")
}
