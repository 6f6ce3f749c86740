//! Reads `[work.TABLE]`: rows that a worker may be acting on, and how they are asked to stop.

use toml::de::DeValue;

use super::path::Path;
use super::sql::Form;
use super::table::{Entry, Reader};
use super::{codes, placeholder};
use crate::finding::{Finding, Located};
use crate::names::HookName;
use crate::policy::{Assignment, Settle, Stop, Work};

const KEYS: [&str; 7] = ["of", "waiting", "running", "dead", "stop", "wait", "settle"];

/// Who waits longer than this has lost whoever asked for the deletion.
const WAIT_SECS_MAX: i64 = 60 * 60;

impl<'t> Reader<'t> {
    /// All work of the section, in the file's order.
    pub fn work(&mut self, section: &Entry<'t>) -> Vec<Work> {
        let Some(table) = self.table(section) else {
            return Vec::new();
        };
        table.entries.iter().filter_map(|entry| self.work_table(entry)).collect()
    }

    fn work_table(&mut self, entry: &Entry<'t>) -> Option<Work> {
        let name = self.placed(entry.name, entry.name_span);
        let name_read = self.take(Path::read(&name).and_then(Path::table));
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &KEYS);
        let of = table.get("of").map(|entry| match entry.value {
            DeValue::Array(_) => {
                let items = self.list(entry, "columns that refer").unwrap_or_default();
                self.sides(&items, "named")
            }
            _ => self.sides(std::slice::from_ref(entry), "named"),
        });
        let waiting = table.get("waiting").and_then(|entry| self.sql(entry, Form::Bare));
        let running =
            self.compulsory(&table, "running").and_then(|entry| self.sql(entry, Form::Bare));
        let dead = table.get("dead").and_then(|entry| self.sql(entry, Form::Bare));
        let stop = table.get("stop").map(|entry| self.stop(entry));
        let wait = table.get("wait").and_then(|entry| self.wait(entry));
        let settle = table.get("settle").and_then(|entry| {
            let choices = [
                ("before-deletion", Settle::BeforeDeletion),
                ("before-purge", Settle::BeforePurge),
            ];
            self.choice(entry, &choices)
        });
        Some(Work {
            table: Located::new(name_read?, name.all()),
            of: of.unwrap_or_default(),
            waiting,
            running: running?,
            dead,
            stop: stop.flatten(),
            wait_secs: wait.unwrap_or_else(|| Located::new(0, table.span)),
            settle: settle.unwrap_or(Settle::BeforeDeletion),
            span: table.span,
        })
    }

    /// `{ waiting = { … }, running = { … }, hook = "name" }`.
    fn stop(&mut self, entry: &Entry<'t>) -> Option<Stop> {
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &["waiting", "running", "hook"]);
        if table.entries.is_empty() {
            return self.empty(entry.span, format!("`{}` stops nothing", entry.path));
        }
        let mut assigned = |name| -> Vec<Assignment> {
            table.get(name).and_then(|entry| self.assignments(entry)).unwrap_or_default()
        };
        let (waiting, running) = (assigned("waiting"), assigned("running"));
        let hook = table.get("hook").and_then(|entry| {
            let name = self.string(entry)?;
            Some(Located::new(HookName::new(name.value), name.span))
        });
        Some(Stop { waiting, running, hook, span: entry.span })
    }

    fn wait(&mut self, entry: &Entry<'t>) -> Option<Located<i64>> {
        let written = self.string(entry)?;
        let Some(secs) = placeholder::seconds(&written.value) else {
            let message = format!("`{}` is not a duration", entry.path);
            self.refuse(
                Finding::error(codes::BAD_DURATION, Some(entry.span), message)
                    .help("a duration is a number with s, m, h, d or w, as in \"5s\""),
            );
            return None;
        };
        if secs > WAIT_SECS_MAX {
            self.refuse(
                Finding::error(
                    codes::BAD_NUMBER,
                    Some(entry.span),
                    format!("`{}` is longer than an hour", entry.path),
                )
                .help(
                    "whoever asked for the deletion waits as long: name seconds, or a few minutes",
                ),
            );
            return None;
        }
        Some(Located::new(secs, entry.span))
    }
}
