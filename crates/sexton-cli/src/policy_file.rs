//! The policy file as read: its name, its text, and places in it.

use std::path::Path;

use serde_json::{Value, json};
use sexton_core::finding::{Finding, Span};
use sexton_core::policy::{Policy, parse};

use crate::failure::Failure;

/// A policy file, read.
#[derive(Debug, Clone)]
pub struct PolicyFile {
    /// As the person named it.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

impl PolicyFile {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.strip_prefix("./").unwrap_or(path).display().to_string();
        match std::fs::read(path).map(String::from_utf8) {
            Ok(Ok(text)) => Ok(Self { name, text }),
            Ok(Err(error)) => {
                Err(Failure::PolicyNotText { name, byte: error.utf8_error().valid_up_to() })
            }
            Err(source) => Err(Failure::PolicyUnread { name, source }),
        }
    }

    /// The policy, if nothing in the file is an error, and all there is to say.
    pub fn parse(&self) -> (Option<Policy>, Vec<Finding>) {
        parse(&self.text)
    }

    /// The policy, for commands that need a sound one.
    pub fn policy(&self) -> Result<Policy, Failure> {
        let (policy, findings) = self.parse();
        policy.ok_or_else(|| Failure::Mistakes { file: self.clone(), findings })
    }

    /// Findings for programs, each with its line and column.
    pub fn located(&self, findings: &[Finding]) -> Vec<Value> {
        let place = |finding: &Finding| finding.span.map(|span| self.place(span));
        let located = findings.iter().map(|finding| {
            json!({
                "code": finding.code,
                "severity": finding.severity,
                "message": finding.message,
                "line": place(finding).map(|(line, _)| line),
                "column": place(finding).map(|(_, column)| column),
                "span": finding.span,
                "help": finding.help,
                "docs": finding.docs(),
            })
        });
        located.collect()
    }

    /// Line and column where a span begins, counted from one.
    pub fn place(&self, span: Span) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(span.start)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_from_one_in_letters() {
        let file = PolicyFile { name: String::new(), text: "äb\ncd\n".into() };
        for (start, place) in [(0, (1, 1)), (2, (1, 2)), (4, (2, 1)), (5, (2, 2)), (99, (3, 1))] {
            assert_eq!(file.place(Span::new(start, start)), place, "{start}");
        }
    }
}
