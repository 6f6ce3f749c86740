//! Reads what is shared: `[pools.NAME]`, and the manifests that name what is in them.

use toml::de::DeValue;

use super::codes;
use super::placed::Placed;
use super::table::{Entry, Reader, Table};
use crate::finding::{Finding, Located};
use crate::names::PoolName;
use crate::policy::{Manifest, ManifestPlace, ManifestStep, Pool, PoolNames};
use crate::template::Text;

const POOL_KEYS: [&str; 6] = ["store", "stores", "scope", "key", "grace", "covers"];
const MANIFEST_KEYS: [&str; 4] = ["key", "names", "removes", "bind"];

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
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &POOL_KEYS);
        // Everything is read before anything is given up, so that no mistake waits for another.
        let stores = self.named_stores(&table);
        let scope = self.compulsory(&table, "scope").and_then(|entry| self.words(entry));
        let key = self.compulsory(&table, "key").and_then(|entry| self.words(entry));
        let grace = self.compulsory(&table, "grace").and_then(|entry| self.duration(entry, "24h"));
        let covers = table.get("covers").and_then(|entry| self.object_rule_name(entry));
        Some(Pool {
            name: PoolName::new(entry.name),
            stores: stores?,
            scope: scope?,
            key: key?,
            grace_secs: grace?,
            covers,
            span: entry.name_span,
        })
    }

    /// A template of words, which manifests bind: no row is there whose columns they could name.
    fn words(&mut self, entry: &Entry<'t>) -> Option<Located<Text>> {
        let text = self.text(entry)?;
        let is_word = |slot: &&crate::template::Slot| {
            slot.path.names.len() == 1 && slot.path.json.is_none() && slot.filter.is_none()
        };
        for slot in text.slots().filter(|slot| !is_word(slot)) {
            let message = format!("`{{{}}}` is no plain word", slot.path.written());
            let finding = Finding::error(codes::NO_POOL_WORD, Some(slot.span), message);
            self.refuse(finding.help(
                "a pool has words, such as `{project}`, that `bind` of each manifest gives a value",
            ));
        }
        Some(Located::new(text, entry.span))
    }

    /// `[objects.NAME.manifest]`.
    pub fn manifest(&mut self, entry: &Entry<'t>) -> Option<Manifest> {
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &MANIFEST_KEYS);
        let key = match table.get("key") {
            Some(key) => self.name_of_objects(key),
            // A manifest is replaced whole, so nothing of it stands in another file.
            None => {
                self.missing(Some(table.span), format!("`{}` needs `key`", table.path));
                None
            }
        };
        let names = table.get("names").map(|entry| self.pool_names(entry)).unwrap_or_default();
        let removes = table.get("removes").map(|entry| self.places(entry)).unwrap_or_default();
        let bind = table.get("bind").map(|entry| self.bind(entry)).unwrap_or_default();
        if table.get("names").is_none() && table.get("removes").is_none() {
            let message = format!("`{}` names nothing", table.path);
            let finding = Finding::error(codes::EMPTY_MANIFEST, Some(table.span), message);
            self.refuse(finding.help(
                "write `names` for what it shares, or `removes` for what goes with it; an object \
                 that is only to be removed stands under `key` of the rule",
            ));
        }
        Some(Manifest { key: key?, names, removes, bind, span: entry.span })
    }

    fn pool_names(&mut self, entry: &Entry<'t>) -> Vec<PoolNames> {
        let Some(table) = self.some_entries(entry) else { return Vec::new() };
        let of_pool = |entry: &Entry<'t>| {
            let pool = Located::new(PoolName::new(entry.name), entry.name_span);
            PoolNames { pool, places: self.places(entry) }
        };
        table.entries.iter().map(of_pool).collect()
    }

    fn bind(&mut self, entry: &Entry<'t>) -> Vec<(Located<String>, Located<Text>)> {
        let Some(table) = self.some_entries(entry) else { return Vec::new() };
        let word = |entry: &Entry<'t>| {
            let word = Located::new(entry.name.to_owned(), entry.name_span);
            Some((word, self.name_of_objects(entry)?))
        };
        table.entries.iter().filter_map(word).collect()
    }

    fn some_entries(&mut self, entry: &Entry<'t>) -> Option<Table<'t>> {
        let table = self.table(entry)?;
        if table.entries.is_empty() {
            return self.empty(entry.span, format!("`{}` is empty", entry.path));
        }
        Some(table)
    }

    /// One place, or a list of them.
    fn places(&mut self, entry: &Entry<'t>) -> Vec<Located<ManifestPlace>> {
        let several = match entry.value {
            DeValue::Array(_) => match self.some(entry, "places") {
                Some(items) => items,
                None => return Vec::new(),
            },
            _ => return self.place(entry).into_iter().collect(),
        };
        several.iter().filter_map(|item| self.place(item)).collect()
    }

    fn place(&mut self, entry: &Entry<'t>) -> Option<Located<ManifestPlace>> {
        let placed = self.placed_value(entry)?;
        let steps = self.take(steps(&placed))?;
        Some(Located::new(ManifestPlace { steps }, placed.all()))
    }
}

/// `$.a."odd key"[*].b`.
fn steps(placed: &Placed) -> Result<Vec<ManifestStep>, Finding> {
    let text = placed.text.as_str();
    let mut rest = text.strip_prefix('$').ok_or_else(|| bad(placed, 0))?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let at = text.len() - rest.len();
        if let Some(behind) = rest.strip_prefix("[*]") {
            steps.push(ManifestStep::Each);
            rest = behind;
            continue;
        }
        let key = rest.strip_prefix('.').ok_or_else(|| bad(placed, at))?;
        let (key, behind) = match key.strip_prefix('"') {
            Some(quoted) => quoted_key(quoted).ok_or_else(|| bad(placed, at + 1))?,
            None => {
                let belongs = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
                let length = key.find(|c| !belongs(c)).unwrap_or(key.len());
                (key[..length].to_owned(), &key[length..])
            }
        };
        if key.is_empty() {
            return Err(bad(placed, at));
        }
        steps.push(ManifestStep::Key(key));
        rest = behind;
    }
    if steps.is_empty() { Err(bad(placed, 0)) } else { Ok(steps) }
}

/// A key up to its closing quote, a quote in it doubled, and what is behind it.
fn quoted_key(quoted: &str) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut rest = quoted;
    loop {
        let (before, behind) = rest.split_once('"')?;
        key += before;
        match behind.strip_prefix('"') {
            Some(more) => {
                key.push('"');
                rest = more;
            }
            None => return Some((key, behind)),
        }
    }
}

fn bad(placed: &Placed, at: usize) -> Finding {
    let from = placed.slice(at..placed.text.len());
    let message = format!("`{}` is no place in a manifest", placed.text);
    Finding::error(codes::BAD_PLACE, Some(from.all()), message)
        .help("a place is written `$.images[*].content_hash`: keys behind dots, and `[*]` for each")
}
