//! Reads `[derived.TABLE]`: columns that are computed anew when rows go.

use toml::de::DeValue;

use super::codes;
use super::path::Path;
use super::sql::Form;
use super::table::{Entry, Reader};
use crate::finding::{Finding, Located};
use crate::policy::{Derived, DerivedColumn};

impl<'t> Reader<'t> {
    /// All derived tables of the section, in the file's order.
    pub fn derived(&mut self, section: &Entry<'t>) -> Vec<Derived> {
        let Some(table) = self.table(section) else {
            return Vec::new();
        };
        table.entries.iter().filter_map(|entry| self.derived_table(entry)).collect()
    }

    fn derived_table(&mut self, entry: &Entry<'t>) -> Option<Derived> {
        let name = self.placed(entry.name, entry.name_span);
        let name_read = self.take(Path::read(&name).and_then(Path::table));
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &["of", "first", "set"]);
        let of = self.compulsory(&table, "of").and_then(|entry| self.table_columns(entry));
        let first = table.get("first").and_then(|entry| self.sql(entry, Form::Bare));
        let has_first = table.get("first").is_some() || self.is_variant;
        let set = self.compulsory(&table, "set").and_then(|entry| self.set(entry, has_first));
        Some(Derived {
            table: Located::new(name_read?, name.all()),
            of: of?,
            first,
            set: set?,
            span: table.span,
        })
    }

    fn set(&mut self, entry: &Entry<'t>, has_first: bool) -> Option<Vec<DerivedColumn>> {
        let table = self.table(entry)?;
        if table.entries.is_empty() {
            return self.empty(entry.span, format!("`{}` derives nothing", entry.path));
        }
        let column = |entry: &Entry<'t>| self.derived_column(entry, has_first);
        Some(table.entries.iter().filter_map(column).collect())
    }

    /// `column = VALUE`, or `column = { value = VALUE, none = VALUE }`.
    fn derived_column(&mut self, entry: &Entry<'t>, has_first: bool) -> Option<DerivedColumn> {
        let column = self.column_of_key(entry);
        let is_pair = matches!(entry.value, DeValue::Table(table)
            if ["value", "none"].iter().any(|key| table.contains_key(*key)));
        if !is_pair {
            let value = self.value(entry);
            return Some(DerivedColumn { column: column?, value: value?, none: None });
        }
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &["value", "none"]);
        if table.get("value").is_none() {
            self.missing(Some(table.span), format!("`{}` needs `value`", table.path));
        }
        let value = table.get("value").and_then(|entry| self.value(entry));
        let none = table.get("none").and_then(|entry| {
            if !has_first {
                self.refuse_none(entry);
            }
            self.value(entry)
        });
        Some(DerivedColumn { column: column?, value: value?, none })
    }

    fn refuse_none(&mut self, entry: &Entry<'t>) {
        let message =
            format!("`{}` needs `first`: it is the value when `first` finds no row", entry.path);
        self.refuse(
            Finding::error(codes::NONE_WITHOUT_FIRST, Some(entry.name_span), message)
                .help("add `first = \"table alias where … order by …\"`, or leave `none` out"),
        );
    }
}
