//! Systems and the things that can be deleted in them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Every system that the asker may see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Systems {
    /// Each of them, by name.
    pub data: Vec<SystemSummary>,
}

/// One system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SystemSummary {
    /// Its name, as in paths.
    pub name: String,
    /// The database's kind: `sqlite` or `postgres`.
    pub database: String,
    /// The things that can be deleted in it.
    pub things: Vec<String>,
}

/// The things of a system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Things {
    /// Each of them, in the order of the policy.
    pub data: Vec<Thing>,
}

/// A thing that can be deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Thing {
    /// Its name, as in paths.
    pub name: String,
    /// The table that holds its row; none for a value that other rows hold.
    pub table: Option<String>,
    /// The columns of its key, in the order in which an id spells their values.
    pub key: Vec<String>,
    /// The column that names it for people.
    pub label: Option<String>,
    /// Columns shown with it.
    pub show: Vec<String>,
    /// What may be chosen with a deletion.
    pub options: Vec<ThingOption>,
    /// How a person confirms: `type-id` or `click`.
    pub confirm: String,
    /// What the confirmation says.
    pub confirm_text: Option<String>,
    /// Roles that may delete it; empty means any that may delete at all.
    pub roles: Vec<String>,
    /// At most so many rows go in one deletion.
    pub rows_max: u64,
    /// At most this share of a table goes in one deletion, in percent.
    pub percent_max: Option<f64>,
}

/// A yes or no that may be given with a deletion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ThingOption {
    /// Its name.
    pub name: String,
    /// What it is if nobody says.
    pub default: bool,
    /// What it does.
    pub help: Option<String>,
    /// What is worth knowing before saying yes to it.
    pub warning: Option<String>,
}

/// Rows that are such things, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ThingRows {
    /// Each of them.
    pub data: Vec<ThingRow>,
    /// What `cursor` is to get the next page; none after the last.
    pub next_cursor: Option<String>,
}

/// A row that is such a thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ThingRow {
    /// Its id.
    pub id: String,
    /// How people call it.
    pub label: Option<String>,
    /// Its tenant.
    pub tenant: Option<String>,
    /// The columns that the policy shows with it, as text.
    pub show: BTreeMap<String, Option<String>>,
}
