//! Objects that name others, and objects that several rows share, as written.
//!
//! A manifest is an object of a row; what stands in it names objects that go with the row alone, and
//! names in a pool, whose objects go when nobody names them any more.

use serde::{Deserialize, Serialize};

use crate::finding::{Located, Span};
use crate::names::{ObjectRuleName, PoolName, StoreName};
use crate::template::Text;

/// An object that names others.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Its key.
    pub key: Located<Text>,
    /// Places in it that hold names of a pool.
    pub names: Vec<PoolNames>,
    /// Places in it that hold keys of objects that go with it.
    pub removes: Vec<Located<ManifestPlace>>,
    /// What the other placeholders of its pools stand for, by their names.
    pub bind: Vec<(Located<String>, Located<Text>)>,
    /// Where it stands.
    pub span: Span,
}

/// What a manifest names in one pool.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolNames {
    /// The pool.
    pub pool: Located<PoolName>,
    /// The places.
    pub places: Vec<Located<ManifestPlace>>,
}

/// A place in a document, or many: `$.images[*].content_hash`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ManifestPlace {
    /// From the outside in.
    pub steps: Vec<ManifestStep>,
}

/// A step into a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ManifestStep {
    /// The value under this key of a table.
    Key(String),
    /// Each value of a list, or of a table whatever its key.
    Each,
}

impl ManifestPlace {
    /// As the policy writes it.
    pub fn written(&self) -> String {
        let step = |step: &ManifestStep| match step {
            ManifestStep::Each => "[*]".to_owned(),
            ManifestStep::Key(key) if is_plain(key) => [".", key].concat(),
            ManifestStep::Key(key) => [".\"", &key.replace('"', "\"\""), "\""].concat(),
        };
        ["$", &self.steps.iter().map(step).collect::<String>()].concat()
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// Objects that rows share by naming them in manifests.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// Its name.
    pub name: PoolName,
    /// The stores that they may be in.
    pub stores: Vec<Located<StoreName>>,
    /// Whose they are: within one scope equal names are one object.
    pub scope: Located<Text>,
    /// Their keys, of which `{name}` is what manifests hold.
    pub key: Located<Text>,
    /// So long after nobody names it any more an object stays.
    pub grace_secs: i64,
    /// The rule whose prefix is a scope: where it goes, the scope goes whole.
    pub covers: Option<Located<ObjectRuleName>>,
    /// Where its name stands.
    pub span: Span,
}

impl Pool {
    /// The placeholder of what manifests hold; all others are bound by the manifest's rule.
    pub const NAME: &'static str = "name";

    /// What rules with a manifest must bind.
    pub fn bound(&self) -> Vec<&str> {
        let slots = self.scope.value.slots().chain(self.key.value.slots());
        let mut bound: Vec<&str> = Vec::new();
        for name in slots.filter_map(|slot| slot.path.names.first()) {
            if name != Self::NAME && !bound.contains(&name.as_str()) {
                bound.push(name);
            }
        }
        bound
    }
}
