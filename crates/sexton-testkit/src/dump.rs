//! Everything that is in a database, for comparing it before and after.
//!
//! Sexton's own tables are left out: they are meant to change.

use std::collections::BTreeMap;

use crate::script::TextRow;

/// Rows by table; tables outside the default schema with their schema before a dot. Rows are
/// in the order of their text, since tables have none.
pub type Dump = BTreeMap<String, Vec<TextRow>>;

/// Quotes a name in either database.
pub(crate) fn quoted(name: &str) -> String {
    ["\"", &name.replace('"', "\"\""), "\""].concat()
}
