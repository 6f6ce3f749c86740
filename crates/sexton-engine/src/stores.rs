//! The stores of a system, by the names that its policy gives them.

use std::collections::BTreeMap;
use std::sync::Arc;

use sexton_core::names::StoreName;

use crate::ports::Store;

/// The stores of a system.
#[derive(Clone, Default)]
pub struct Stores(Arc<BTreeMap<StoreName, Opened>>);

/// A store, or why there is none.
type Opened = Result<Arc<dyn Store>, String>;

impl Stores {
    /// These, by their names; of some only why they could not be opened.
    pub fn of(stores: impl IntoIterator<Item = (StoreName, Opened)>) -> Self {
        Self(Arc::new(stores.into_iter().collect()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same stores, each behind something.
    pub(crate) fn behind(&self, front: fn(Arc<dyn Store>) -> Arc<dyn Store>) -> Self {
        let stores = self.0.iter();
        Self::of(stores.map(|(name, store)| (name.clone(), store.clone().map(front))))
    }

    /// The store of this name, or why there is none.
    pub fn get(&self, name: &StoreName) -> Result<&Arc<dyn Store>, String> {
        match self.0.get(name) {
            Some(Ok(store)) => Ok(store),
            Some(Err(why)) => Err(why.clone()),
            None => Err(format!("this program has no store `{name}`")),
        }
    }

    /// Where an object is whose address a row holds, and its key there: what is no address is a
    /// key of the store that the rule names. None if the address is in no store of the policy.
    pub(crate) fn place<'u>(
        &self,
        uri: &'u str,
        named: &StoreName,
    ) -> Option<(&StoreName, &'u str)> {
        if is_address(uri) {
            let mut places = self.0.iter();
            return places.find_map(|(name, store)| {
                let key = uri.strip_prefix(&store.as_ref().ok()?.root())?;
                Some((name, key)).filter(|(_, key)| !key.is_empty())
            });
        }
        self.0.get_key_value(named).map(|(name, _)| (name, uri))
    }
}

/// Whether a row's value says where an object is, and not only what it is called.
fn is_address(text: &str) -> bool {
    let Some((kind, _)) = text.split_once(":/") else { return false };
    kind.len() > 1 && kind.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// Every form in which a row may name what is called so in a store.
pub(crate) fn forms(store: &dyn Store, name: &str) -> [String; 2] {
    [name.to_owned(), store.root() + name]
}

/// The key of an object that a row names in any form.
pub(crate) fn key_of<'n>(store: &dyn Store, named: &'n str) -> &'n str {
    named.strip_prefix(&store.root()).unwrap_or(named)
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn an_address_is_known_by_its_kind() {
        for address in ["s3://bucket/key", "file:///srv/x", "memory:/x", "gs://other/k"] {
            assert!(is_address(address), "{address}");
        }
        for key in ["key", "a/b", "c:/windows", "a b://c", "runs/12:30/x", "://x", ""] {
            assert!(!is_address(key), "{key}");
        }
    }
}
