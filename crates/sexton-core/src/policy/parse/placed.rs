//! Text that knows where in the file each of its bytes stands.
//!
//! It may be cut and put together (sisters in braces are), and a mistake in what came of it is
//! still shown where it was written.

use std::ops::Range;

use crate::finding::Span;

/// Text whose every byte knows where in the file it stands.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    /// The text itself.
    pub text: String,
    /// The place of each byte; empty where escapes make that unknowable.
    origins: Vec<usize>,
    /// The value or key that the text is from.
    whole: Span,
}

impl Placed {
    /// The text that `file` holds within `span`, between quotes unless it is a bare key.
    pub fn within(file: &str, text: &str, span: Span) -> Self {
        let written = &file[span.start..span.end];
        // With escapes the decoded text is not in the file; neither is it followed by quotes only.
        let start = written
            .find(text)
            .filter(|start| written[start + text.len()..].chars().all(|c| c == '"' || c == '\''));
        let origins = match start {
            Some(start) => (0..text.len()).map(|byte| span.start + start + byte).collect(),
            None => Vec::new(),
        };
        Self { text: text.to_owned(), origins, whole: span }
    }

    /// A part of the text.
    pub fn slice(&self, range: Range<usize>) -> Self {
        let origins = self.origins.get(range.clone()).unwrap_or_default().to_vec();
        Self { text: self.text[range].to_owned(), origins, whole: self.whole }
    }

    /// The text without white space around it.
    pub fn trimmed(&self) -> Self {
        let start = self.text.len() - self.text.trim_start().len();
        self.slice(start..start + self.text.trim().len())
    }

    /// This text with another after it.
    pub fn followed_by(&self, other: &Self) -> Self {
        let text = format!("{}{}", self.text, other.text);
        let mut origins = [self.origins.as_slice(), &other.origins].concat();
        if origins.len() != text.len() {
            origins.clear();
        }
        Self { text, origins, whole: self.whole }
    }

    /// Where all of it stands.
    pub fn all(&self) -> Span {
        self.span(0..self.text.len())
    }

    /// Where a part of it stands; for an empty part, the whole key or value.
    pub fn span(&self, range: Range<usize>) -> Span {
        match self.origins.get(range) {
            Some([first, .., last]) => Span::new(*first, last + 1),
            Some([only]) => Span::new(*only, only + 1),
            _ => self.whole,
        }
    }

    /// Bytes and characters that stand outside double quotes.
    pub fn outside_quotes(&self) -> impl Iterator<Item = (usize, char)> {
        let mut is_quoted = false;
        self.text.char_indices().filter(move |(_, c)| {
            // A doubled quote ends the quotes and begins them again, which comes to the same.
            is_quoted ^= *c == '"';
            !is_quoted && *c != '"'
        })
    }
}
