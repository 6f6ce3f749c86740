//! Reads `[lists.NAME]`: rows that answers of routes name.

use super::sql::Form;
use super::table::{Entry, Reader};
use crate::finding::Located;
use crate::names::{ListName, ThingName};
use crate::policy::List;

impl<'t> Reader<'t> {
    /// All lists of the section, in the file's order.
    pub fn lists(&mut self, section: &Entry<'t>) -> Vec<List> {
        let Some(table) = self.table(section) else { return Vec::new() };
        table.entries.iter().filter_map(|entry| self.list_rule(entry)).collect()
    }

    fn list_rule(&mut self, entry: &Entry<'t>) -> Option<List> {
        self.check_name(entry.name, entry.name_span, "a list");
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &["of", "sql"]);
        let of = self.compulsory(&table, "of").and_then(|entry| self.string(entry));
        let sql = self.compulsory(&table, "sql").and_then(|entry| self.sql(entry, Form::Bare));
        let of = of?;
        Some(List {
            name: ListName::new(entry.name),
            of: Located::new(ThingName::new(of.value), of.span),
            sql: sql?,
            span: entry.name_span,
        })
    }
}
