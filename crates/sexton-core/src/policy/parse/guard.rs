//! Reads `[guards.NAME]`: reasons to refuse that look at other rows.

use super::path::Path;
use super::sql::Form;
use super::table::{Entry, Reader, Table};
use toml::de::DeValue;

use crate::finding::Located;
use crate::names::{GuardName, TableName};
use crate::policy::Guard;

const KEYS: [&str; 7] = ["of", "rows", "link", "where", "name", "say", "ways_out"];

impl<'t> Reader<'t> {
    /// All guards of the section, in the file's order.
    pub fn guards(&mut self, section: &Entry<'t>) -> Vec<Guard> {
        let Some(table) = self.table(section) else {
            return Vec::new();
        };
        table.entries.iter().filter_map(|entry| self.guard(entry)).collect()
    }

    fn guard(&mut self, entry: &Entry<'t>) -> Option<Guard> {
        if entry.name.is_empty() {
            self.empty::<()>(entry.name_span, "the name of a guard is empty".to_owned());
        }
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &KEYS);
        // Everything is read before anything is given up, so that no mistake waits for another.
        let of = self.compulsory(&table, "of").and_then(|entry| self.table_name(entry));
        let rows = self.compulsory(&table, "rows").and_then(|entry| self.sql(entry, Form::Bare));
        let link = self.compulsory(&table, "link").and_then(|entry| self.sql(entry, Form::Bare));
        let say = self.compulsory(&table, "say").and_then(|entry| self.sentence(entry));
        let filter = table.get("where").and_then(|entry| self.sql(entry, Form::Bare));
        let name_of = table.get("name").and_then(|entry| self.sql(entry, Form::Bare));
        let ways_out = self.ways_out(&table);
        Some(Guard {
            name: GuardName::new(entry.name),
            of: of?,
            rows: rows?,
            link: link?,
            filter,
            name_of,
            say: say?,
            ways_out,
            span: table.span,
        })
    }

    /// One sentence, or a list of them.
    fn ways_out(&mut self, table: &Table<'t>) -> Vec<String> {
        let Some(entry) = table.get("ways_out") else {
            return Vec::new();
        };
        if matches!(entry.value, DeValue::String(_)) {
            return self.sentence(entry).into_iter().collect();
        }
        let sentences = self.list(entry, "sentences").unwrap_or_default();
        sentences.iter().filter_map(|item| self.sentence(item)).collect()
    }

    pub(super) fn table_name(&mut self, entry: &Entry<'t>) -> Option<Located<TableName>> {
        let placed = self.placed_value(entry)?;
        let name = self.take(Path::read(&placed).and_then(Path::table))?;
        Some(Located::new(name, placed.all()))
    }
}
