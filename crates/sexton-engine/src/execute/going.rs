//! What goes of each rule in each store, none of it twice: what another promise of the same deletion
//! stands for is left out, so that it is removed once and counted once.

use std::collections::BTreeMap;

use sexton_core::names::StoreName;
use sexton_core::objects::{Covering, Terms};
use sexton_core::plan::NamedObjects;
use sexton_core::policy::NamesBy;

use super::objects::NamesFound;
use crate::stores::Stores;

/// What goes of one rule in one store.
#[derive(Debug, Default)]
pub(crate) struct GoingIn {
    pub keys: Vec<String>,
    /// Where rows say that they are: keys, each with the address that says so.
    pub addressed: Vec<(String, String)>,
    pub prefixes: Vec<String>,
}

/// What goes of one rule.
#[derive(Debug, Default)]
pub(crate) struct GoingOf {
    pub stores: BTreeMap<StoreName, GoingIn>,
    /// Addresses in none of the policy's stores.
    pub elsewhere: Vec<String>,
}

/// What goes of each rule, in their order.
pub(crate) struct Going<'n> {
    pub rules: Vec<GoingOf>,
    covering: BTreeMap<&'n StoreName, Covering<'n>>,
}

/// The places of names, before any is left out.
pub(crate) struct Placed {
    rules: Vec<(Terms, GoingOf)>,
}

impl Placed {
    /// Where the names of each rule are.
    pub fn of<'f>(
        stores: &Stores,
        found: impl IntoIterator<Item = (&'f NamedObjects, &'f NamesFound)>,
    ) -> Self {
        let of_rule = |(named, found)| (terms(named), places(stores, named, found));
        Self { rules: found.into_iter().map(of_rule).collect() }
    }

    /// Those that are promised.
    pub fn going(&self) -> Going<'_> {
        let mut covering: BTreeMap<&StoreName, Covering<'_>> = BTreeMap::new();
        for (rule, (terms, going)) in self.rules.iter().enumerate() {
            for (store, of) in &going.stores {
                let addressed = of.addressed.iter().map(|(key, _)| key);
                let keys = of.keys.iter().chain(addressed).map(String::as_str);
                let prefixes = of.prefixes.iter().map(String::as_str);
                covering.entry(store).or_default().add(rule, terms, keys, prefixes);
            }
        }
        let left = self.rules.iter().enumerate().map(|(rule, (_, going))| GoingOf {
            stores: going
                .stores
                .iter()
                .map(|(store, of)| (store.clone(), of.uncovered(rule, &covering[store])))
                .collect(),
            elsewhere: going.elsewhere.clone(),
        });
        Going { rules: left.collect(), covering }
    }
}

impl Going<'_> {
    /// Where others stand for a document that names objects, and for what it names.
    pub fn beside(&self, named: &NamedObjects, key: &str) -> BTreeMap<StoreName, Beside> {
        // What a document names is asked for once.
        let terms = Terms { look_again_secs: 0, unless_named_by: Vec::new(), ..terms(named) };
        let beside = |store: &StoreName| {
            let covering = self.covering.get(store)?;
            let prefixes = covering.beside(key, &terms, PREFIXES_BESIDE);
            Some((store.clone(), Beside { is_promised: covering.promises(key, &terms), prefixes }))
        };
        named.stores.iter().filter_map(beside).collect()
    }
}

/// So many prefixes are compared with what a document names; of more, those around it.
const PREFIXES_BESIDE: usize = 32;

/// What others stand for in one store.
pub(crate) struct Beside {
    /// Whether the document itself is theirs.
    pub is_promised: bool,
    /// Below which all is theirs.
    pub prefixes: Vec<String>,
}

impl GoingOf {
    /// How many names are promised.
    pub fn names(&self) -> usize {
        let in_one = |of: &GoingIn| of.keys.len() + of.prefixes.len();
        let addressed = self.stores.values().map(|of| of.addressed.len()).sum::<usize>();
        self.stores.values().map(in_one).max().unwrap_or(0) + addressed + self.elsewhere.len()
    }
}

impl GoingIn {
    /// The keys, also those that rows write as addresses.
    pub fn all_keys(&self) -> Vec<String> {
        let addressed = self.addressed.iter().map(|(key, _)| key);
        self.keys.iter().chain(addressed).cloned().collect()
    }

    fn uncovered(&self, rule: usize, covering: &Covering<'_>) -> Self {
        let keys = self.keys.iter().filter(|key| !covering.covers_key(rule, key));
        let addressed = self.addressed.iter().filter(|(key, _)| !covering.covers_key(rule, key));
        let prefixes = self.prefixes.iter().filter(|of| !covering.covers_prefix(rule, of));
        Self {
            keys: keys.cloned().collect(),
            addressed: addressed.cloned().collect(),
            prefixes: prefixes.cloned().collect(),
        }
    }
}

fn terms(named: &NamedObjects) -> Terms {
    Terms {
        all_versions: named.all_versions,
        look_again_secs: named.look_again_secs,
        unless_named_by: named.unless_named_by.clone(),
    }
}

fn places(stores: &Stores, named: &NamedObjects, found: &NamesFound) -> GoingOf {
    let (keys, prefixes) = (found.of(NamesBy::Key), found.of(NamesBy::Prefix));
    let of_store = |store: &StoreName| {
        let of =
            GoingIn { keys: keys.to_vec(), addressed: Vec::new(), prefixes: prefixes.to_vec() };
        (store.clone(), of)
    };
    let mut going =
        GoingOf { stores: named.stores.iter().map(of_store).collect(), elsewhere: Vec::new() };
    // An address says itself where it leads; the first store is for bare keys.
    let Some(first) = named.stores.first() else { return going };
    for uri in found.of(NamesBy::Uri) {
        match stores.place(uri, first) {
            Some((store, key)) => {
                let of = going.stores.entry(store.clone()).or_default();
                if of.keys.binary_search_by(|known| known.as_str().cmp(key)).is_err() {
                    of.addressed.push((key.to_owned(), uri.clone()));
                }
            }
            None => going.elsewhere.push(uri.clone()),
        }
    }
    for of in going.stores.values_mut() {
        // One object may be addressed in several ways.
        of.addressed.sort_unstable();
        of.addressed.dedup_by(|one, other| one.0 == other.0);
    }
    going
}
