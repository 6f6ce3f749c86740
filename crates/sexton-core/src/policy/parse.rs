//! Reads the text of a policy file into a `Policy`, reporting every mistake in one run.
//!
//! TOML is read by the `toml` crate, which keeps the place of every key and value. A reader
//! walks what it found, section by section, and collects findings instead of stopping; small
//! parsers of our own read what stands inside strings: arrows, paths, SQL fragments.
//!
//! Invariants: findings come in the order of the file; a policy is handed out only when no
//! finding is an error, so whoever holds one need not ask whether a part of it was readable.
//! Not here: anything that needs a schema (`check`).

mod arrow;
mod braces;
mod codes;
mod derived;
mod event;
mod fate;
mod fence;
mod guard;
mod hide;
mod hook;
mod likeness;
mod list;
mod object;
mod option;
mod panel;
mod path;
mod placed;
mod placeholder;
mod pool;
mod reference;
mod reply;
mod retention;
mod route;
mod route_path;
mod sections;
mod sql;
mod store;
mod table;
mod take;
mod template;
mod thing;
mod value;
mod work;

#[cfg(test)]
mod tests;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Policy, Sources};
use crate::finding::{Finding, Located, Severity, Span};
use table::Reader;

pub(super) use placeholder::seconds;
pub use sql::condition;

/// Reads a policy file: the policy, if nothing in it is an error, and all there is to say. What a
/// variant lacks is not missed: the other file is not read.
pub fn parse(text: &str) -> (Option<Policy>, Vec<Finding>) {
    let sources = Sources::new("", text);
    let chain = Chain { sources, files: vec![text.to_owned()], findings: Vec::new(), whole: false };
    let (policy, findings, _) = chain.read();
    (policy, findings)
}

/// Opens the file that another is like: takes the other's name and what it says, gives name and
/// text, or why there are none.
pub type OpenLike<'o> = dyn FnMut(&str, &str) -> Result<(String, String), String> + 'o;

/// Reads a policy file and those that it is `like`, the nearest first, each through `open`.
/// Names must be such that one file has one name.
pub fn parse_files(
    name: &str,
    text: &str,
    open: &mut OpenLike<'_>,
) -> (Option<Policy>, Vec<Finding>, Sources) {
    let sources = Sources::new(name, text);
    let mut chain =
        Chain { sources, files: vec![text.to_owned()], findings: Vec::new(), whole: true };
    while let Some(like) = chain.next_like() {
        chain.follow(&like, open);
    }
    chain.read()
}

/// The files read so far.
struct Chain {
    sources: Sources,
    /// Their texts, each behind as many empty lines as it takes for its spans to be right.
    files: Vec<String>,
    findings: Vec<Finding>,
    /// Whether every file is there, so that what is missing is missed.
    whole: bool,
}

impl Chain {
    /// What the last file is like, if it is like another.
    fn next_like(&self) -> Option<Located<String>> {
        let (file, mistakes) = DeTable::parse_recoverable(self.files.last()?);
        let like = file.get_ref().get("like").filter(|_| mistakes.is_empty() && self.whole)?;
        match like.get_ref() {
            DeValue::String(name) if !name.trim().is_empty() => {
                Some(Located::new(name.clone().into_owned(), like.span().into()))
            }
            _ => None,
        }
    }

    fn follow(&mut self, like: &Located<String>, open: &mut OpenLike<'_>) {
        match open(self.sources.last(), &like.value) {
            Ok((name, _)) if self.sources.has(&name) => {
                let message =
                    format!("`{}` is like this file in turn, so neither ends", like.value);
                self.refuse(codes::FILE_CYCLE, like.span, message);
            }
            Ok((name, text)) => {
                let start = self.sources.add(name, &text);
                self.files.push(["\n".repeat(start), text].concat());
            }
            Err(why) => {
                let message = format!("`{}` cannot be read: {why}", like.value);
                self.refuse(codes::UNREAD_FILE, like.span, message);
            }
        }
    }

    fn refuse(&mut self, code: &'static str, span: Span, message: String) {
        self.findings.push(
            Finding::error(code, Some(span), message)
                .help("`like` names another policy file, as seen from the folder of this one"),
        );
        self.whole = false;
    }

    fn read(self) -> (Option<Policy>, Vec<Finding>, Sources) {
        let mut findings = self.findings;
        let mut tables = Vec::new();
        for text in &self.files {
            let (file, mistakes) = DeTable::parse_recoverable(text);
            findings.extend(mistakes.iter().map(not_toml));
            tables.push(file);
        }
        if findings.iter().any(|finding| finding.code == codes::NOT_TOML) {
            // What was recovered is a guess at what was meant; judging it would add noise.
            return (None, in_file_order(findings), self.sources);
        }
        let tables: Vec<&DeTable<'_>> = tables.iter().map(Spanned::get_ref).collect();
        let mut reader = Reader::new(self.sources.text(), self.sources.starts());
        let policy = sections::read(&mut reader, &tables, self.whole);
        findings.append(&mut reader.findings);
        let findings = in_file_order(findings);
        let is_sound = findings.iter().all(|finding| finding.severity != Severity::Error);
        (policy.filter(|_| is_sound), findings, self.sources)
    }
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
