//! Reads `hide` and `purge` of a thing: how it is made invisible, and how it goes after that.

use toml::de::DeValue;

use super::codes;
use super::placeholder;
use super::sql::Form;
use super::table::{Entry, Reader};
use crate::finding::Finding;
use crate::policy::{Hide, HideRow, Purge, RootAfter, Undo};

const HIDE_KEYS: [&str; 4] = ["set", "hidden", "undo", "restore"];
const PURGE_KEYS: [&str; 4] = ["every", "chunk", "pause", "root"];

/// So many rows are claimed at a time where nothing else is said: a few milliseconds of work.
const CHUNK_ROWS: u64 = 1_000;
/// More would hold locks for as long as what a chunk is there to avoid.
const CHUNK_ROWS_MAX: u64 = 100_000;
/// So often a worker looks for what is hidden where nothing else is said.
const EVERY_SECS: i64 = 60 * 60;
/// The pause between chunks where nothing else is said.
const PAUSE_MILLIS: u64 = 100;
/// A longer pause is an interval: that is what `every` says.
const PAUSE_MILLIS_MAX: u64 = 60_000;

impl<'t> Reader<'t> {
    /// `{ set, hidden, undo, restore }` or `"ledger"`.
    pub fn hide(&mut self, entry: &Entry<'t>) -> Option<Hide> {
        if let DeValue::String(_) = entry.value {
            return self
                .choice(entry, &[("ledger", Hide::Ledger as fn(_) -> Hide)])
                .map(|hide| hide(entry.span));
        }
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &HIDE_KEYS);
        let set = self.compulsory(&table, "set").and_then(|entry| self.assignments(entry));
        let hidden = table.get("hidden").and_then(|entry| self.sql(entry, Form::Bare));
        let undo = table.get("undo").and_then(|entry| self.undo(entry));
        let restore = table.get("restore").and_then(|entry| self.assignments(entry));
        let row = HideRow {
            set: set?,
            hidden,
            undo: undo.unwrap_or(Undo::UntilPurged),
            restore: restore.unwrap_or_default(),
            span: entry.span,
        };
        let is_told = row.hidden.is_some() || table.get("hidden").is_some();
        if !is_told && row.written_out().next().is_none() {
            let message = format!("`{}` does not say how hidden rows are told", entry.path);
            self.refuse(
                Finding::error(codes::UNTOLD_HIDDEN, Some(entry.span), message)
                    .help("write `hidden = \"condition\"`: all that `set` writes is computed"),
            );
            return None;
        }
        Some(Hide::Row(row))
    }

    /// A duration, or `"forever"`.
    fn undo(&mut self, entry: &Entry<'t>) -> Option<Undo> {
        match entry.value {
            DeValue::String(word) if word == "forever" => Some(Undo::Forever),
            _ => self.duration(entry, "7d").map(Undo::Secs),
        }
    }

    /// `{ every, chunk, pause, root }`.
    pub fn purge(&mut self, entry: &Entry<'t>) -> Option<Purge> {
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &PURGE_KEYS);
        let every = table.get("every").map(|entry| self.duration(entry, "1h"));
        let chunk = table.get("chunk").map(|entry| self.chunk(entry));
        let pause = table.get("pause").map(|entry| self.pause(entry));
        let root = table.get("root").map(|entry| self.root_after(entry));
        Some(Purge {
            every_secs: every.unwrap_or(Some(EVERY_SECS))?,
            chunk_rows: chunk.unwrap_or(Some(CHUNK_ROWS))?,
            pause_millis: pause.unwrap_or(Some(PAUSE_MILLIS))?,
            root: root.unwrap_or(Some(RootAfter::Goes))?,
            span: entry.span,
        })
    }

    fn chunk(&mut self, entry: &Entry<'t>) -> Option<u64> {
        let rows = self.integer(entry)?;
        let fits = |rows: &u64| (1..=CHUNK_ROWS_MAX).contains(rows);
        let rows = u64::try_from(rows).ok().filter(fits);
        rows.or_else(|| self.bad_number(entry, "must be greater than 0 and at most 100000"))
    }

    /// A duration that may also be of milliseconds.
    fn pause(&mut self, entry: &Entry<'t>) -> Option<u64> {
        let written = self.string(entry)?;
        let text = written.value.trim();
        let millis = match text.strip_suffix("ms") {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok(),
            Some(_) => None,
            None => placeholder::seconds(text)
                .and_then(|secs| u64::try_from(secs.checked_mul(1_000)?).ok()),
        };
        let millis = millis.filter(|millis| *millis <= PAUSE_MILLIS_MAX);
        if millis.is_none() {
            let message = format!("`{}` is not a pause between chunks", written.value);
            self.refuse(
                Finding::error(codes::BAD_PAUSE, Some(written.span), message)
                    .help("a pause is a number with ms or s, at most a minute, as in \"100ms\""),
            );
        }
        millis
    }

    /// `"keep"`, or how long after it was hidden.
    fn root_after(&mut self, entry: &Entry<'t>) -> Option<RootAfter> {
        match entry.value {
            DeValue::String(word) if word == "keep" => Some(RootAfter::Stays),
            _ => self.duration(entry, "30d").map(RootAfter::GoesAfter),
        }
    }

    /// What contradicts itself between the two.
    pub fn refuse_at_odds(&mut self, hide: Option<&Hide>, purge: Option<&Purge>, name: &str) {
        let Some(purge) = purge else { return };
        let Some(hide) = hide else {
            let message = format!("`things.{name}.purge` purges what nothing hides");
            self.refuse(
                Finding::error(codes::PURGE_WITHOUT_HIDE, Some(purge.span), message)
                    .help("say with `hide` how it is made invisible first, or leave `purge` out"),
            );
            return;
        };
        if hide.row().is_some_and(|row| row.undo == Undo::Forever) {
            let message = format!("`things.{name}` can be restored for ever, and is purged");
            self.refuse(
                Finding::error(codes::PURGED_FOREVER, Some(purge.span), message)
                    .help("give `undo` a duration, or leave `purge` out"),
            );
        }
    }
}
