//! The audit: its records, and whether the chain of them is whole.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Records of the audit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditRecords {
    /// Each of them, the latest last.
    pub data: Vec<AuditRecord>,
    /// What `cursor` is to get the page before this one; none before the first record.
    pub next_cursor: Option<String>,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditRecord {
    /// Its place in the chain, once it is sealed.
    pub seq: Option<i64>,
    /// Its hash, once it is sealed.
    pub hash: Option<String>,
    /// What it says.
    #[schema(value_type = Object)]
    pub record: Value,
}

/// What verifying the chain has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditVerification {
    /// Whether nothing is wrong.
    pub is_whole: bool,
    /// How many sealed records were judged.
    pub records: u64,
    /// How many are not sealed yet.
    pub unsealed: u64,
    /// The hash at the end of the chain.
    pub head: String,
    /// What is wrong, a sentence each.
    pub faults: Vec<String>,
}
