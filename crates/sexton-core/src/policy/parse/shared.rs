//! Reads `[pools.NAME]` and `[objects.NAME.manifest]`: objects that several owners share, and the
//! objects that name them.

use toml::de::DeValue;

use super::codes;
use super::table::{Entry, Reader};
use crate::finding::{Finding, Located};
use crate::names::{ObjectRuleName, PoolName};
use crate::objects::ManifestPath;
use crate::policy::{ManifestRule, Pool, PoolPaths};
use crate::template::Text;

const POOL_KEYS: [&str; 6] = ["store", "stores", "scope", "key", "grace", "covers"];
const MANIFEST_KEYS: [&str; 4] = ["key", "removes", "names", "bind"];

/// So long after the commit it is decided which shared objects go, if the policy does not say.
const GRACE_SECS: i64 = 24 * 60 * 60;

impl<'t> Reader<'t> {
    /// All pools of the section, in the file's order.
    pub fn pools(&mut self, section: &Entry<'t>) -> Vec<Pool> {
        let Some(table) = self.table(section) else {
            return Vec::new();
        };
        table.entries.iter().filter_map(|entry| self.pool(entry)).collect()
    }

    fn pool(&mut self, entry: &Entry<'t>) -> Option<Pool> {
        self.check_name(entry.name, entry.name_span, "a pool");
        self.read_over(&entry.path, true, entry.name_span);
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &POOL_KEYS);
        let stores = self.named_stores(&table);
        let scope = self.compulsory(&table, "scope").and_then(|entry| self.shared_text(entry));
        let key = self.compulsory(&table, "key").and_then(|entry| self.shared_text(entry));
        let grace = table.get("grace").and_then(|entry| self.duration(entry, "24h"));
        let covers = table.get("covers").and_then(|entry| self.covers(entry));
        Some(Pool {
            name: PoolName::new(entry.name),
            stores: stores?,
            scope: scope?,
            key: key?,
            grace_secs: grace.unwrap_or(GRACE_SECS),
            covers,
            span: entry.name_span,
        })
    }

    fn shared_text(&mut self, entry: &Entry<'t>) -> Option<Located<Text>> {
        let text = self.text(entry)?;
        for slot in text.slots().filter(|slot| slot.path.names.len() != 1 || slot.filter.is_some())
        {
            let message = "a pool's placeholder is one word, which manifests `bind`";
            self.refuse(Finding::error(codes::BAD_TEMPLATE, Some(slot.span), message));
        }
        Some(Located::new(text, entry.span))
    }

    /// `objects.NAME`.
    fn covers(&mut self, entry: &Entry<'t>) -> Option<Located<ObjectRuleName>> {
        let written = self.string(entry)?;
        match written.value.strip_prefix("objects.") {
            Some(name) => Some(Located::new(ObjectRuleName::new(name), written.span)),
            None => self.wrong_type(entry, "a rule of objects, such as \"objects.project\""),
        }
    }

    /// An object that names others.
    pub fn manifest(&mut self, entry: &Entry<'t>) -> Option<ManifestRule> {
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &MANIFEST_KEYS);
        let key = self
            .compulsory(&table, "key")
            .and_then(|entry| Some(Located::new(self.text(entry)?, entry.span)));
        let removes = table.get("removes").map(|entry| self.places(entry));
        let names = table.get("names").map(|entry| self.pool_paths(entry));
        let bind = table.get("bind").map(|entry| self.bind(entry));
        Some(ManifestRule {
            key: key?,
            removes: removes.unwrap_or_default(),
            names: names.unwrap_or_default(),
            bind: bind.unwrap_or_default(),
            span: entry.name_span,
        })
    }

    fn pool_paths(&mut self, entry: &Entry<'t>) -> Vec<PoolPaths> {
        let Some(table) = self.table(entry) else { return Vec::new() };
        let paths = |reader: &mut Self, entry: &Entry<'t>| PoolPaths {
            pool: Located::new(PoolName::new(entry.name), entry.name_span),
            paths: reader.places(entry),
        };
        table.entries.iter().map(|entry| paths(self, entry)).collect()
    }

    fn bind(&mut self, entry: &Entry<'t>) -> Vec<(Located<String>, Located<Text>)> {
        let Some(table) = self.table(entry) else { return Vec::new() };
        let bound = |reader: &mut Self, entry: &Entry<'t>| {
            let slot = reader.slot(entry)?;
            let text = Text { pieces: vec![crate::template::Piece::Value(slot)] };
            let name = Located::new(entry.name.to_owned(), entry.name_span);
            Some((name, Located::new(text, entry.span)))
        };
        table.entries.iter().filter_map(|entry| bound(self, entry)).collect()
    }

    /// One place of a manifest, or a list of them.
    fn places(&mut self, entry: &Entry<'t>) -> Vec<Located<ManifestPath>> {
        let several = match entry.value {
            DeValue::Array(_) => self.list(entry, "places").unwrap_or_default(),
            _ => return self.place(entry).into_iter().collect(),
        };
        several.iter().filter_map(|item| self.place(item)).collect()
    }

    fn place(&mut self, entry: &Entry<'t>) -> Option<Located<ManifestPath>> {
        let written = self.string(entry)?;
        match ManifestPath::parse(&written.value) {
            Ok(path) => Some(Located::new(path, written.span)),
            Err(bad) => {
                let finding = Finding::error(codes::BAD_PATH, Some(written.span), bad.to_string());
                self.refuse(finding);
                None
            }
        }
    }
}
