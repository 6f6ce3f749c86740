//! Reads `[stores]`: where objects are.
//!
//! Not here: whether an address can be opened, which only its adapter can tell.

use toml::de::DeValue;

use super::codes;
use super::table::{Entry, Reader};
use crate::finding::{Finding, Located};
use crate::names::StoreName;
use crate::policy::StoreRule;

impl<'t> Reader<'t> {
    /// All stores of the section, in the file's order.
    pub fn stores(&mut self, section: &Entry<'t>) -> Vec<StoreRule> {
        let Some(table) = self.table(section) else {
            return Vec::new();
        };
        table.entries.iter().filter_map(|entry| self.store(entry)).collect()
    }

    /// `name = "address"`, or `name = { url = "address", sweep_after = "30d" }`.
    fn store(&mut self, entry: &Entry<'t>) -> Option<StoreRule> {
        self.check_name(entry.name, entry.name_span, "a store");
        let (address, sweep_after_secs) = match entry.value {
            DeValue::String(_) => (self.store_address(entry), None),
            _ => {
                let table = self.table(entry)?;
                self.refuse_unknown(&table, &["url", "sweep_after"]);
                let url = self.compulsory(&table, "url");
                let address = url.and_then(|url| self.store_address(url));
                let age = table.get("sweep_after").and_then(|entry| self.duration(entry, "30d"));
                (address, age)
            }
        };
        Some(StoreRule {
            name: StoreName::new(entry.name),
            address: address?,
            sweep_after_secs,
            span: entry.name_span,
        })
    }

    fn store_address(&mut self, entry: &Entry<'t>) -> Option<Located<String>> {
        let address = self.string(entry)?;
        let authority = address.value.split_once("://").map_or("", |(_, rest)| rest);
        if authority.contains('@') {
            // The address stays out of the message: it holds the secret.
            let message = format!("`{}` holds credentials", entry.path);
            self.refuse(Finding::error(codes::CREDENTIALS, Some(address.span), message).help(
                "take them out: they are read from the environment or the shared file; the whole \
                 address may be in a variable, too: \"env:NAME\"",
            ));
            return None;
        }
        Some(address)
    }
}
