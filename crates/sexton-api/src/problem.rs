//! What went wrong, as `application/problem+json` (RFC 9457).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Difference;

/// Why a request was not carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// The same for all problems of a code: `urn:sexton:problem:CODE`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A few words, the same for all problems of a code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A name that programs can rely on.
    pub code: String,
    /// What is the matter this time, and the next step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The request that was answered, as the logs name it.
    pub request_id: String,
    /// Whether the same request may be answered otherwise later.
    pub retryable: bool,
    /// Which parts of the request are wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Wrong>,
    /// What refuses, and how to clear it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blockers: Vec<Blocker>,
    /// What is no longer as it was previewed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// The deletion that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion: Option<String>,
}

/// One part of a request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Wrong {
    /// Where: a JSON pointer into the body, or the name of a parameter.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

/// A reason to refuse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Blocker {
    /// What kind of reason: `state`, `reference`, `guard`, `hold`, `over-limit`, `undrained` …
    pub kind: String,
    /// The line, guard or hold of the policy.
    pub name: String,
    /// What it says.
    pub message: String,
    /// How many rows offend.
    pub count: u64,
    /// Some of them by name.
    pub names: Vec<String>,
    /// For which of several roots it refuses, as far as that is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roots: Vec<String>,
    /// How to clear it.
    pub ways_out: Vec<String>,
}
