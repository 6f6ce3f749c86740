//! What is asked of deletions that were begun: how they stand, and what a person does about them.

use clap::Args;

use super::At;

/// `sexton status`.
#[derive(Debug, Args)]
pub struct Status {
    /// One deletion, dlt_…
    pub deletion: Option<String>,
    /// How many to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: u32,
    /// Whom to ask.
    #[command(flatten)]
    pub at: At,
}

/// `sexton restore`.
#[derive(Debug, Args)]
pub struct Restore {
    /// The deletion, dlt_…
    pub deletion: String,
    /// Who restores it [default: $USER]
    #[arg(long, value_name = "NAME")]
    pub actor: Option<String>,
    /// Whom to ask.
    #[command(flatten)]
    pub at: At,
}

/// `sexton retry`.
#[derive(Debug, Args)]
pub struct Retry {
    /// The deletion, dlt_…
    pub deletion: String,
    /// Whom to ask.
    #[command(flatten)]
    pub at: At,
}

/// `sexton give-up`.
#[derive(Debug, Args)]
pub struct GiveUp {
    /// The deletion, dlt_…
    pub deletion: String,
    /// Why, for the audit
    #[arg(long)]
    pub reason: String,
    /// Who gives up, for the audit [default: $USER]
    #[arg(long, value_name = "NAME")]
    pub actor: Option<String>,
}
