//! Reads `options` of a thing: what a person may choose with a deletion.

use super::table::{Entry, Reader};
use crate::finding::Located;
use crate::names::OptionName;
use crate::policy::ThingOption;

impl<'t> Reader<'t> {
    /// `{ name = { default, help, warning } }`.
    pub fn options(&mut self, entry: &Entry<'t>) -> Option<Vec<ThingOption>> {
        let table = self.table(entry)?;
        Some(table.entries.iter().filter_map(|entry| self.option(entry)).collect())
    }

    fn option(&mut self, entry: &Entry<'t>) -> Option<ThingOption> {
        self.check_name(entry.name, entry.name_span, "an option");
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &["default", "help", "warning"]);
        let default = table.get("default").and_then(|entry| self.boolean(entry));
        Some(ThingOption {
            name: Located::new(OptionName::new(entry.name), entry.name_span),
            default: default.unwrap_or_default(),
            help: table.get("help").and_then(|entry| self.sentence(entry)),
            warning: table.get("warning").and_then(|entry| self.sentence(entry)),
        })
    }
}
