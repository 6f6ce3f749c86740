//! Reads `[objects.NAME]`: which objects of stores go with rows.
//!
//! Not here: manifests and pools of shared objects (`pool`).

use toml::de::DeValue;

use super::codes;
use super::path::Path;
use super::sql::Form;
use super::table::{Entry, Reader, Table};
use crate::finding::{Finding, Located};
use crate::names::{ObjectRuleName, StoreName};
use crate::policy::{NamingColumn, ObjectRule, VersionsGone};
use crate::template::{Filter, Text};

const KEYS: [&str; 12] = [
    "of",
    "store",
    "stores",
    "where",
    "key",
    "prefix",
    "uri",
    "manifest",
    "part",
    "unless_named_by",
    "versions",
    "look_again",
];

const VERSIONS: [(&str, VersionsGone); 2] =
    [("current", VersionsGone::Current), ("all", VersionsGone::All)];

impl<'t> Reader<'t> {
    /// All rules of the section, in the file's order.
    pub fn objects(&mut self, section: &Entry<'t>) -> Vec<ObjectRule> {
        let Some(table) = self.table(section) else {
            return Vec::new();
        };
        table.entries.iter().filter_map(|entry| self.object(entry)).collect()
    }

    /// The entry's value as a rule of the section: `objects.NAME`.
    pub fn object_rule_name(&mut self, entry: &Entry<'t>) -> Option<Located<ObjectRuleName>> {
        let written = self.string(entry)?;
        let name = written.value.strip_prefix("objects.").filter(|name| !name.is_empty());
        if name.is_none() {
            let message = format!("`{}` is not the name of a rule of objects", written.value);
            let finding = Finding::error(codes::NO_RULE_OF_OBJECTS, Some(written.span), message);
            self.refuse(finding.help(format!("write \"objects.{}\"", written.value)));
        }
        Some(Located::new(ObjectRuleName::new(name?), written.span))
    }

    fn object(&mut self, entry: &Entry<'t>) -> Option<ObjectRule> {
        self.check_name(entry.name, entry.name_span, "a rule of objects");
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &KEYS);
        // Everything is read before anything is given up, so that no mistake waits for another.
        let of = self.compulsory(&table, "of").and_then(|entry| self.table_name(entry));
        let stores = self.named_stores(&table);
        let filter = table.get("where").and_then(|entry| self.sql(entry, Form::Bare));
        let keys = self.names_of_objects(&table, "key");
        let prefixes = self.names_of_objects(&table, "prefix");
        let uris = self.names_of_objects(&table, "uri");
        let manifest = table.get("manifest").map(|entry| self.manifest(entry));
        let part = table.get("part").and_then(|entry| self.boolean(entry)).unwrap_or(false);
        let unless_named_by = self.naming_columns(&table);
        let versions = table.get("versions").and_then(|entry| self.choice(entry, &VERSIONS));
        let look_again = table.get("look_again").and_then(|entry| self.duration(entry, "15m"));
        let names_some =
            ["key", "prefix", "uri", "manifest"].iter().any(|k| table.get(k).is_some());
        if !names_some && !self.is_variant {
            let message = format!("`{}` names no object", table.path);
            let help = "write `key`, `prefix`, `uri` or `manifest`";
            self.refuse(Finding::error(codes::MISSING_KEY, Some(table.span), message).help(help));
        }
        Some(ObjectRule {
            name: ObjectRuleName::new(entry.name),
            of: of?,
            stores: stores?,
            filter,
            keys: keys?,
            prefixes: prefixes?,
            uris: uris?,
            // What is wrong with it keeps the whole policy back.
            manifest: manifest.flatten(),
            part,
            unless_named_by,
            versions: versions.unwrap_or_default(),
            look_again_secs: look_again.unwrap_or(0),
            span: entry.name_span,
        })
    }

    /// `store = "one"`, or `stores = ["one", "another"]`.
    pub fn named_stores(&mut self, table: &Table<'t>) -> Option<Vec<Located<StoreName>>> {
        let several = table.get("stores").map(|entry| self.some(entry, "stores"));
        let items = match (table.get("store"), &several) {
            (Some(one), None) => std::slice::from_ref(one),
            (None, Some(several)) => several.as_deref()?,
            (Some(one), Some(_)) => {
                let message = format!("`{}` has both `store` and `stores`", table.path);
                let finding = Finding::error(codes::BOTH_KEYS, Some(one.name_span), message);
                self.refuse(finding.help("keep one of them"));
                return None;
            }
            (None, None) => {
                self.compulsory(table, "store");
                &[]
            }
        };
        let read = items.iter().map(|item| {
            let name = self.string(item)?;
            Some(Located::new(StoreName::new(name.value), name.span))
        });
        let read: Vec<Option<Located<StoreName>>> = read.collect();
        let read: Vec<Located<StoreName>> = read.into_iter().collect::<Option<_>>()?;
        for (at, store) in read.iter().enumerate() {
            if read[..at].iter().any(|before| before.value == store.value) {
                let message = format!("`{}.stores` names `{}` twice", table.path, store.value);
                self.refuse(Finding::error(codes::TWICE, Some(store.span), message));
            }
        }
        Some(read)
    }

    /// The items of the entry's value, of which there is one at least.
    pub fn some(&mut self, entry: &Entry<'t>, of: &str) -> Option<Vec<Entry<'t>>> {
        let items = self.list(entry, of)?;
        if items.is_empty() {
            return self.empty(entry.span, format!("`{}` is empty", entry.path));
        }
        Some(items)
    }

    /// One template, or a list of them.
    fn names_of_objects(&mut self, table: &Table<'t>, key: &str) -> Option<Vec<Located<Text>>> {
        let Some(entry) = table.get(key) else { return Some(Vec::new()) };
        let several = match entry.value {
            DeValue::Array(_) => Some(self.some(entry, "templates")?),
            _ => None,
        };
        let items = several.as_deref().unwrap_or(std::slice::from_ref(entry));
        let read: Vec<Option<Located<Text>>> =
            items.iter().map(|item| self.name_of_objects(item)).collect();
        read.into_iter().collect()
    }

    pub fn name_of_objects(&mut self, entry: &Entry<'t>) -> Option<Located<Text>> {
        let text = self.text(entry)?;
        for slot in text.slots().filter(|slot| slot.filter == Some(Filter::Bool)) {
            let message = "`|bool` is for bodies and fields: a key is text";
            self.refuse(Finding::error(codes::BAD_TEMPLATE, Some(slot.span), message));
        }
        Some(Located::new(text, entry.span))
    }

    fn naming_columns(&mut self, table: &Table<'t>) -> Vec<NamingColumn> {
        let Some(entry) = table.get("unless_named_by") else {
            return Vec::new();
        };
        let items = self.list(entry, "columns that name objects").unwrap_or_default();
        items.iter().flat_map(|item| self.naming_columns_of(item)).collect()
    }

    /// The sisters of an item.
    fn naming_columns_of(&mut self, item: &Entry<'t>) -> Vec<NamingColumn> {
        let mut naming = Vec::new();
        for (sister, span) in self.expanded(item) {
            let read = Path::read(&sister).and_then(Path::columns_of_table);
            let Some((table, mut columns)) = self.take(read) else { continue };
            if columns.len() > 1 {
                let message = format!("`{}` names objects by several columns", item.path);
                self.refuse(Finding::error(codes::BAD_PATH, Some(span), message));
                continue;
            }
            let Some(column) = columns.pop() else { continue };
            naming.push(NamingColumn { table, column, text: sister.text, span });
        }
        naming
    }
}
