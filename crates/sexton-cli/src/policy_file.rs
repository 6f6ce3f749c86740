//! The policy file as read, with those that it is like: names, texts, and places in them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use sexton_core::finding::{Finding, Span};
use sexton_core::policy::{Place, Policy, Sources, parse_files};

use crate::failure::Failure;

/// A policy file, read with those that it is like.
#[derive(Debug, Clone)]
pub struct PolicyFile {
    /// As the person named it.
    pub name: String,
    read: Arc<Read>,
}

#[derive(Debug)]
struct Read {
    sources: Sources,
    policy: Option<Policy>,
    findings: Vec<Finding>,
}

impl PolicyFile {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let name = shown(path);
        let text = match std::fs::read(path).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(error)) => {
                let byte = error.utf8_error().valid_up_to();
                return Err(Failure::PolicyNotText { name, byte });
            }
            Err(source) => return Err(Failure::PolicyUnread { name, source }),
        };
        let mut known = Known::default();
        known.name(path);
        let (policy, findings, sources) =
            parse_files(&name, &text, &mut |from, like| known.open(from, like));
        Ok(Self { name, read: Arc::new(Read { sources, policy, findings }) })
    }

    /// The policy, if nothing in the files is an error, and all there is to say.
    pub fn parse(&self) -> (Option<Policy>, Vec<Finding>) {
        (self.read.policy.clone(), self.read.findings.clone())
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
                "file": finding.span.map(|span| self.source(span).name),
                "line": place(finding).map(|(line, _)| line),
                "column": place(finding).map(|(_, column)| column),
                "span": finding.span.map(|span| self.source(span).span),
                "help": finding.help,
                "docs": finding.docs(),
            })
        });
        located.collect()
    }

    /// Line and column where a span begins in its file, counted from one.
    pub fn place(&self, span: Span) -> (usize, usize) {
        let place = self.source(span);
        let before = &place.text[..place.text.floor_char_boundary(place.span.start)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// The file that a span stands in, and the place there.
    pub fn source(&self, span: Span) -> Place<'_> {
        self.read.sources.place(span)
    }
}

/// Files that were read, whatever they were called.
#[derive(Default)]
struct Known {
    names: HashMap<PathBuf, String>,
}

impl Known {
    /// What a file was called when it was first met.
    fn name(&mut self, path: &Path) -> String {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        self.names.entry(real).or_insert_with(|| shown(path)).clone()
    }

    /// The file that `from` is like, as seen from its folder.
    fn open(&mut self, from: &str, like: &str) -> Result<(String, String), String> {
        let folder = Path::new(from).parent().unwrap_or(Path::new(""));
        let path = folder.join(like);
        let bytes = std::fs::read(&path).map_err(|error| error.to_string())?;
        let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
        Ok((self.name(&path), text))
    }
}

fn shown(path: &Path) -> String {
    path.strip_prefix("./").unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_from_one_in_letters() {
        let sources = Sources::new("", "äb\ncd\n");
        let read = Arc::new(Read { sources, policy: None, findings: Vec::new() });
        let file = PolicyFile { name: String::new(), read };
        for (start, place) in [(0, (1, 1)), (2, (1, 2)), (4, (2, 1)), (5, (2, 2)), (99, (3, 1))] {
            assert_eq!(file.place(Span::new(start, start)), place, "{start}");
        }
    }
}
