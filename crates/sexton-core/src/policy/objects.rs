//! Which objects of stores go with rows, as written.

use super::{ColumnPath, Manifest, Sql};
use crate::finding::{Located, Span};
use crate::names::{ObjectRuleName, StoreName, TableName};
use crate::template::Text;

/// Objects that go with the rows of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectRule {
    /// Its name.
    pub name: ObjectRuleName,
    /// The table with whose rows they go.
    pub of: Located<TableName>,
    /// In which stores they may be.
    pub stores: Vec<Located<StoreName>>,
    /// Of which rows; of all if left out.
    pub filter: Option<Sql>,
    /// Their keys.
    pub keys: Vec<Located<Text>>,
    /// Prefixes below which everything goes.
    pub prefixes: Vec<Located<Text>>,
    /// Where rows say that they are: an address as the store writes it, or a bare key.
    pub uris: Vec<Located<Text>>,
    /// An object of the row that names others.
    pub manifest: Option<Manifest>,
    /// Whether only a partial thing that names the rule removes them.
    pub part: bool,
    /// Columns of rows whose objects stay: what one of them names is not removed.
    pub unless_named_by: Vec<NamingColumn>,
    /// What goes of a store that keeps versions.
    pub versions: VersionsGone,
    /// So long after the commit what it names is looked at again, for what was still on its way.
    pub look_again_secs: i64,
    /// Where its name stands.
    pub span: Span,
}

impl ObjectRule {
    /// Every template, and what it is for.
    pub fn templates(&self) -> impl Iterator<Item = (NamesBy, &Located<Text>)> {
        let keys = self.keys.iter().map(|text| (NamesBy::Key, text));
        let prefixes = self.prefixes.iter().map(|text| (NamesBy::Prefix, text));
        let uris = self.uris.iter().map(|text| (NamesBy::Uri, text));
        keys.chain(prefixes).chain(uris)
    }
}

/// What a template makes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NamesBy {
    /// The key of one object.
    Key,
    /// A prefix.
    Prefix,
    /// An address, or a bare key.
    Uri,
}

/// A column, perhaps a place in its JSON, that names an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamingColumn {
    /// The table.
    pub table: TableName,
    /// The column.
    pub column: ColumnPath,
    /// As it would be written alone.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// What goes of a store that keeps versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VersionsGone {
    /// What is current is covered by a marker; the versions stay, and the receipt says so.
    #[default]
    Current,
    /// Every version and every marker.
    All,
}
