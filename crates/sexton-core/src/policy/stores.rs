//! Where a system's objects are, as written.

use crate::finding::{Located, Span};
use crate::names::StoreName;

/// Where objects are: a bucket or a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreRule {
    /// Its name.
    pub name: StoreName,
    /// Its address or `env:NAME`.
    pub address: Located<String>,
    /// How old an object that no row names has to be before a sweep calls it an orphan.
    pub sweep_after_secs: Option<i64>,
    /// Where its name stands.
    pub span: Span,
}
