//! What went wrong, as `application/problem+json` (RFC 9457).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a request was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// The same for all problems of a code; a place in the documentation.
    #[serde(rename = "type")]
    pub kind: String,
    /// A few words, the same for all problems of a code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A name that programs can rely on.
    pub code: String,
    /// What is the matter this time, and the next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The request that was answered, as the logs name it.
    pub request_id: String,
}
