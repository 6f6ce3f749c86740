//! Text made line by line.

use super::words::indented;

/// Text made line by line.
#[derive(Debug, Default)]
pub struct Page(String);

impl Page {
    /// One line, or several that are one text already.
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.0.push_str(text.as_ref());
        self.0.push('\n');
    }

    /// Text that ends its own lines.
    pub fn block(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// A paragraph, its first line after one text and all others after another.
    pub fn paragraph(&mut self, first: &str, others: &str, text: &str) {
        self.line(indented(first, others, text));
    }

    /// All of it.
    pub fn text(self) -> String {
        self.0
    }
}
