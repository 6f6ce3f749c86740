//! The plan's part about objects of stores: what is read to name them, and what names are made of.

use super::Said;
use crate::names::{ObjectRuleName, PoolName, StoreName};
use crate::objects::NamingIn;
use crate::policy::{ManifestPlace, NamesBy};
use crate::sql::Statement;
use crate::template::{Text, ValuePath};

/// Objects that go with the rows of one table.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedObjects {
    /// The rule.
    pub rule: ObjectRuleName,
    /// Reads the values, a row for each row that goes.
    pub statement: Statement,
    /// So many columns at the end are the row's key.
    pub row_key: usize,
    /// What names are made of.
    pub templates: Vec<(NamesBy, Text)>,
    /// What their placeholders stand for.
    pub said: Vec<(ValuePath, Said)>,
    /// In which stores the objects may be.
    pub stores: Vec<StoreName>,
    /// Whether every version goes.
    pub all_versions: bool,
    /// So long after the commit they are looked at again.
    pub look_again_secs: i64,
    /// Columns of rows whose objects stay.
    pub unless_named_by: Vec<NamingIn>,
    /// No prefix may be as wide as one of these.
    pub heads: Vec<String>,
    /// An object that names more of them.
    pub manifest: Option<NamedManifest>,
}

/// An object that names others.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedManifest {
    /// Its key.
    pub key: Text,
    /// Where it names objects that go with it.
    pub removes: Vec<ManifestPlace>,
    /// What the placeholders of pools stand for.
    pub bind: Vec<(String, Text)>,
    /// Where it names shared objects.
    pub names: Vec<NamedPool>,
}

/// Where a manifest names objects of a pool.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedPool {
    /// The pool.
    pub pool: PoolName,
    /// The places.
    pub places: Vec<ManifestPlace>,
    /// Within what its objects are shared.
    pub scope: Text,
    /// Their keys.
    pub key: Text,
    /// In which stores they may be.
    pub stores: Vec<StoreName>,
    /// So long after the commit it is decided which of them go.
    pub grace_secs: i64,
    /// The rule whose prefix is a whole scope.
    pub covers: Option<ObjectRuleName>,
}
