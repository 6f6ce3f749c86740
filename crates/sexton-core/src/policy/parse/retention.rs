//! Reads `[retention.NAME]`: rules that delete by age.

use super::sql::Form;
use super::table::{Entry, Reader};
use super::{codes, placeholder};
use crate::finding::{Finding, Located};
use crate::names::{ColumnName, RetentionName, ThingName};
use crate::policy::{Age, DueOrder, OVER_SECS_MAX, OlderThan, Retention};

const KEYS: [&str; 6] = ["thing", "where", "age", "order", "every", "chunk"];
/// Where nothing is said.
const EVERY_SECS: i64 = 3_600;
const CHUNK: u32 = 100;
/// More at a time would be read into mind, and tell nobody how far it is.
const CHUNK_MAX: i64 = 10_000;

impl<'t> Reader<'t> {
    /// All rules of the section, in the file's order.
    pub fn retention(&mut self, section: &Entry<'t>) -> Vec<Retention> {
        let Some(table) = self.table(section) else {
            return Vec::new();
        };
        table.entries.iter().filter_map(|entry| self.retention_rule(entry)).collect()
    }

    fn retention_rule(&mut self, entry: &Entry<'t>) -> Option<Retention> {
        self.check_name(entry.name, entry.name_span, "a rule of retention");
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &KEYS);
        // Everything is read before anything is given up, so that no mistake waits for another.
        let thing = self.compulsory(&table, "thing").and_then(|entry| self.string(entry));
        let filter =
            table.get("where").map(|entry| self.sql(entry, Form::Bare).ok_or(())).transpose();
        let age = table.get("age").map(|entry| self.age(entry).ok_or(())).transpose();
        let order = table.get("order").map(|entry| self.due_order(entry).ok_or(())).transpose();
        let every = table.get("every").map(|entry| self.every(entry));
        let chunk = table.get("chunk").map(|entry| self.due_chunk(entry));
        if table.get("where").is_none() && table.get("age").is_none() && !self.is_variant {
            let message = format!("`{}` says neither `where` nor `age`", table.path);
            let finding = Finding::error(codes::RETAINS_NOTHING, Some(table.span), message);
            self.refuse(finding.help("it would delete all of them, whatever their age"));
        }
        Some(Retention {
            name: RetentionName::new(entry.name),
            thing: thing.map(|name| Located::new(ThingName::new(name.value), name.span))?,
            // What is written and cannot be read must not be taken for nothing.
            filter: filter.ok()?,
            age: age.ok()?,
            order: order.ok()?,
            every_secs: every.unwrap_or(Some(EVERY_SECS))?,
            chunk: chunk.unwrap_or(Some(CHUNK))?,
            span: entry.name_span,
        })
    }

    /// `{ of = "finished_at", over = "90d" }`.
    fn age(&mut self, entry: &Entry<'t>) -> Option<Age> {
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &["of", "over"]);
        let mut missing = |name: &str| {
            let found = table.get(name);
            if found.is_none() {
                self.missing(Some(table.span), format!("`{}` needs `{name}`", table.path));
            }
            found
        };
        let (of, over) = (missing("of"), missing("over"));
        let of = of.and_then(|entry| self.column(entry));
        let over = over.and_then(|entry| self.older_than(entry));
        Some(Age { of: of?, over: over? })
    }

    /// A duration, or the variable that says one.
    fn older_than(&mut self, entry: &Entry<'t>) -> Option<Located<OlderThan>> {
        let written = self.string(entry)?;
        let text = written.value.trim();
        if text.starts_with("env:") {
            let name = self.env(entry)?;
            let name = name.value.trim_start_matches("env:").to_owned();
            return Some(Located::new(OlderThan::Variable(name), entry.span));
        }
        match placeholder::seconds(text).filter(|secs| (1..=OVER_SECS_MAX).contains(secs)) {
            Some(secs) => Some(Located::new(OlderThan::Secs(secs), entry.span)),
            None => {
                let message = format!("`{}` is `{}`, which is no age", entry.path, written.value);
                let finding = Finding::error(codes::BAD_AGE, Some(entry.span), message);
                self.refuse(finding.help(
                    "an age is a number above 0 with s, m, h, d or w, as in \"90d\", or a \
                     variable that says one, \"env:NAME\"",
                ));
                None
            }
        }
    }

    /// `"finished_at"`, or `"date_added desc"`.
    fn due_order(&mut self, entry: &Entry<'t>) -> Option<Located<DueOrder>> {
        let written = self.string(entry)?;
        let words: Vec<&str> = written.value.split_whitespace().collect();
        let descending = match words.as_slice() {
            [_] => Some(false),
            [_, way] if way.eq_ignore_ascii_case("asc") => Some(false),
            [_, way] if way.eq_ignore_ascii_case("desc") => Some(true),
            _ => None,
        };
        let is_plain = |name: &&&str| name.chars().all(|c| c.is_alphanumeric() || c == '_');
        let Some((descending, name)) = descending.zip(words.first().filter(is_plain)) else {
            let message = format!("`{}` is no order", entry.path);
            let finding = Finding::error(codes::BAD_ORDER, Some(entry.span), message);
            self.refuse(finding.help("name one column of the thing's row, and `desc` behind it"));
            return None;
        };
        Some(Located::new(DueOrder { column: ColumnName::new(*name), descending }, entry.span))
    }

    fn every(&mut self, entry: &Entry<'t>) -> Option<i64> {
        let secs = self.duration(entry, "1h")?;
        if secs > 0 { Some(secs) } else { self.bad_number(entry, "must be longer than nothing") }
    }

    fn due_chunk(&mut self, entry: &Entry<'t>) -> Option<u32> {
        let number = self.integer(entry)?;
        let fits = (1..=CHUNK_MAX).contains(&number);
        let chunk = fits.then(|| u32::try_from(number).ok()).flatten();
        chunk.or_else(|| self.bad_number(entry, "must be between 1 and 10000"))
    }
}
