//! What is wrong with a policy, or with a policy against its schema: a value, never an error.
//!
//! A finding has a stable code, a place in the file, a sentence and a way out. Codes are never
//! reused: `P…` the file itself, `C…` the file against the live schema. `docs/policy.md` has
//! one heading per code.

use serde::Serialize;

/// A range of bytes in the policy file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The range from `start` up to, not including, `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

impl From<std::ops::Range<usize>> for Span {
    fn from(range: std::ops::Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

/// A value and its place in the policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// What stands there.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Located<T> {
    /// A value found at `span`.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look; `check` still passes.
    Warning,
    /// `check` fails and deletions refuse.
    Error,
}

/// One thing that is wrong, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable, such as `C101`.
    pub code: &'static str,
    /// Whether `check` fails on it.
    pub severity: Severity,
    /// One sentence that says what is wrong.
    pub message: String,
    /// The place in the file, where there is one.
    pub span: Option<Span>,
    /// The way out, often a line to paste.
    pub help: Option<String>,
}

impl Finding {
    /// A finding that fails `check`.
    pub fn error(code: &'static str, span: Option<Span>, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, message: message.into(), span, help: None }
    }

    /// A finding that is worth a look.
    pub fn warning(code: &'static str, span: Option<Span>, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Warning, message: message.into(), span, help: None }
    }

    /// The same with a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Where the policy reference explains this code.
    pub fn docs(&self) -> String {
        format!("docs/policy.md#{}", self.code.to_lowercase())
    }
}

/// The nearest of `known` to what was written, if it is near enough to be meant.
pub fn did_you_mean<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let written = written.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&written, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
