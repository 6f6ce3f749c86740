//! Reads the text of a policy file into a `Policy`, reporting every mistake in one run.
//!
//! TOML is read by the `toml` crate, which keeps the place of every key and value. A reader
//! walks what it found, section by section, and collects findings instead of stopping; small
//! parsers of our own read what stands inside strings: arrows, paths, SQL fragments.
//!
//! Invariants: findings come in the order of the file; a policy is handed out only when no
//! finding is an error, so whoever holds one need not ask whether a part of it was readable.
//! Not here: anything that needs a schema (`check`), or another file.

mod arrow;
mod braces;
mod codes;
mod derived;
mod fate;
mod guard;
mod likeness;
mod path;
mod placed;
mod placeholder;
mod reference;
mod sections;
mod sql;
mod table;
mod thing;
mod value;

#[cfg(test)]
mod tests;

use toml::de::DeTable;

use super::Policy;
use crate::finding::{Finding, Severity};
use table::Reader;

/// Reads a policy file: the policy, if nothing in it is an error, and all there is to say.
pub fn parse(text: &str) -> (Option<Policy>, Vec<Finding>) {
    let (file, mistakes) = DeTable::parse_recoverable(text);
    if !mistakes.is_empty() {
        // What was recovered is a guess at what was meant; judging it would add noise.
        return (None, in_file_order(mistakes.iter().map(not_toml).collect()));
    }
    let mut reader = Reader::new(text);
    let policy = sections::read(&mut reader, file.get_ref());
    let findings = in_file_order(reader.findings);
    let is_sound = findings.iter().all(|finding| finding.severity != Severity::Error);
    (policy.filter(|_| is_sound), findings)
}

fn not_toml(mistake: &toml::de::Error) -> Finding {
    Finding::error(
        codes::NOT_TOML,
        mistake.span().map(Into::into),
        format!("this is not TOML: {}", mistake.message()),
    )
}

fn in_file_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|finding| finding.span);
    findings
}
