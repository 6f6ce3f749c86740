//! Reads `[hooks.NAME]`: whom to tell of rows that go, and what to say.

use super::codes;
use super::placeholder::seconds;
use super::sql::Form;
use super::table::{Entry, Reader, Table};
use super::template::Sums;
use crate::finding::{Finding, Located};
use crate::names::HookName;
use crate::policy::{Batch, Call, Hook};
use crate::template::Filter;

const KEYS: [&str; 8] = ["of", "where", "call", "body", "batch", "before", "within", "secret"];

/// So long a call may take if the policy does not say.
const WITHIN_SECS: u64 = 10;
/// So long it may take at most: a promise is held no longer while it is carried out.
const WITHIN_SECS_MAX: i64 = 60;
/// So many rows one call speaks of at most.
const BATCH_MAX: i64 = 1_000;

impl<'t> Reader<'t> {
    /// All hooks of the section, in the file's order.
    pub fn hooks(&mut self, section: &Entry<'t>) -> Vec<Hook> {
        let Some(table) = self.table(section) else {
            return Vec::new();
        };
        table.entries.iter().filter_map(|entry| self.hook(entry)).collect()
    }

    fn hook(&mut self, entry: &Entry<'t>) -> Option<Hook> {
        if entry.name.is_empty() {
            self.empty::<()>(entry.name_span, "the name of a hook is empty".to_owned());
        }
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &KEYS);
        // Everything is read before anything is given up, so that no mistake waits for another.
        let of = self.compulsory(&table, "of").and_then(|entry| self.table_name(entry));
        let call = self.compulsory(&table, "call").and_then(|entry| self.call(entry));
        let body = self.compulsory(&table, "body").and_then(|entry| self.body(entry));
        let filter = table.get("where").and_then(|entry| self.sql(entry, Form::Bare));
        let batch = table.get("batch").and_then(|entry| self.batch(entry));
        let before = table.get("before").and_then(|entry| self.boolean(entry));
        let within_secs = self.within(&table);
        let secret = table.get("secret").and_then(|entry| self.env(entry));
        Some(Hook {
            name: HookName::new(entry.name),
            of: of?,
            filter,
            call: call?,
            body: body?,
            batch,
            before: before.unwrap_or(false),
            within_secs,
            secret,
            span: entry.name_span,
        })
    }

    /// An address, a variable that holds one, or a channel of the database.
    fn call(&mut self, entry: &Entry<'t>) -> Option<Located<Call>> {
        let placed = self.placed_value(entry)?;
        let text = placed.text.as_str();
        let belongs = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_name = |name: &str| !name.is_empty() && name.chars().all(belongs);
        let is_web = |text: &str| {
            let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
            rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
        };
        let call = if let Some(name) = text.strip_prefix("env:") {
            let (name, is_optional) = match name.strip_suffix('?') {
                Some(name) => (name, true),
                None => (name, false),
            };
            is_name(name).then(|| Call::Variable { name: name.to_owned(), is_optional })
        } else if let Some(channel) = text.strip_prefix("notify:") {
            (is_name(channel) && channel.len() < 64).then(|| Call::Notify(channel.to_owned()))
        } else {
            is_web(text).then(|| Call::Address(text.to_owned()))
        };
        if call.is_none() {
            let message = format!("`{}` says nobody who can be called", entry.path);
            let help = "write an address (https://…), \"env:NAME\" for a variable that holds one \
                        (\"env:NAME?\": nobody is called while it is not set), or \
                        \"notify:CHANNEL\" (PostgreSQL)";
            let finding = Finding::error(codes::BAD_CALL, Some(placed.all()), message);
            self.refuse(finding.help(help));
        }
        Some(Located::new(call?, placed.all()))
    }

    /// A document without filters that are for keys of objects.
    fn body(&mut self, entry: &Entry<'t>) -> Option<crate::template::Form> {
        let form = self.form(entry, Sums::Refused)?;
        let paths: Vec<_> = form
            .slots()
            .iter()
            .filter(|s| s.filter == Some(Filter::Path))
            .map(|s| s.span)
            .collect();
        for span in paths {
            let message = "`|path` is for keys of objects: here a value may be any text";
            self.refuse(Finding::error(codes::BAD_TEMPLATE, Some(span), message));
        }
        Some(form)
    }

    fn batch(&mut self, entry: &Entry<'t>) -> Option<Batch> {
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &["by", "max"]);
        let by = table.get("by").and_then(|entry| self.slot(entry));
        let max = self.compulsory(&table, "max").and_then(|entry| {
            let max = self.integer(entry)?;
            let fits = usize::try_from(max).ok().filter(|_| (1..=BATCH_MAX).contains(&max));
            fits.or_else(|| self.bad_number(entry, "must be from 1 to 1000"))
        });
        Some(Batch { by, max: max? })
    }

    fn within(&mut self, table: &Table<'t>) -> u64 {
        let Some(entry) = table.get("within") else { return WITHIN_SECS };
        let Some(text) = self.string(entry) else { return WITHIN_SECS };
        match seconds(&text.value) {
            Some(secs) if (1..=WITHIN_SECS_MAX).contains(&secs) => secs.unsigned_abs(),
            _ => {
                let message = format!("`{}` must be from 1s to 60s", entry.path);
                self.refuse(
                    Finding::error(codes::BAD_DURATION, Some(text.span), message)
                        .help("a duration is a number with s or m, as in \"10s\""),
                );
                WITHIN_SECS
            }
        }
    }
}
