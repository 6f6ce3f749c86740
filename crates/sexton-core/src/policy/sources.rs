//! The files that a policy is read from: the one that was named, and those that it is like.
//!
//! Their texts stand behind one another, each from its own start, so that a span says both the
//! file and the place in it.

use crate::finding::Span;

/// The files of one policy, the named one first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    text: String,
    files: Vec<File>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct File {
    name: String,
    start: usize,
    end: usize,
}

/// A place in one of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'s> {
    /// The file.
    pub name: &'s str,
    /// All of its text.
    pub text: &'s str,
    /// The place within its own text.
    pub span: Span,
}

impl Sources {
    /// One file.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let file = File { name: name.into(), start: 0, end: text.len() };
        Self { text, files: vec![file] }
    }

    /// Adds a file that the last one is like; says where its text begins.
    pub(super) fn add(&mut self, name: String, text: &str) -> usize {
        // Order: a line of its own, so that no word runs on from one file into the next.
        self.text.push('\n');
        let start = self.text.len();
        self.text.push_str(text);
        self.files.push(File { name, start, end: self.text.len() });
        start
    }

    /// All texts, as spans count them.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where the text of each file begins.
    pub(super) fn starts(&self) -> Vec<usize> {
        self.files.iter().map(|file| file.start).collect()
    }

    /// The last file's name.
    pub(super) fn last(&self) -> &str {
        self.files.last().map_or("", |file| &file.name)
    }

    /// Whether a file of this name is among them.
    pub(super) fn has(&self, name: &str) -> bool {
        self.files.iter().any(|file| file.name == name)
    }

    /// The file that a span stands in, and the place there.
    pub fn place(&self, span: Span) -> Place<'_> {
        let file = self.files.iter().rev().find(|file| file.start <= span.start);
        let file = file.unwrap_or(&self.files[0]);
        let within = |at: usize| at.min(file.end).saturating_sub(file.start);
        Place {
            name: &file.name,
            text: &self.text[file.start..file.end],
            span: Span::new(within(span.start), within(span.end)),
        }
    }
}
