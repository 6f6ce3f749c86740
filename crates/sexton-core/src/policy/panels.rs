//! Lists for the console: of a thing, or of the rows that refer to a row of a kept table.

use super::{Order, Sql, TableColumns, Verb};
use crate::finding::{Located, Span};
use crate::names::{PanelName, ThingName};

/// A list for the console.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// What it is called.
    pub name: PanelName,
    /// The thing that is listed; with `rows`, the table on whose pages the list is.
    pub of: Located<String>,
    /// The table that is listed, and its columns that refer to that page's row.
    pub rows: Option<Located<TableColumns>>,
    /// How rows are ordered.
    pub order: Vec<Located<Order>>,
    /// What may be done to a row.
    pub actions: Vec<PanelAction>,
    /// Where its name stands.
    pub span: Span,
}

/// What may be done to a row of a panel.
#[derive(Debug, Clone, PartialEq)]
pub struct PanelAction {
    /// What.
    pub verb: Verb,
    /// To which thing: the row itself, or the one that it refers to.
    pub thing: ThingName,
    /// The rows to which it may be done, where not to all.
    pub when: Option<Sql>,
    /// Where it stands.
    pub span: Span,
}
