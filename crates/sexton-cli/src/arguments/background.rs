//! What runs by itself: rules of retention, and how background work is paused.

use clap::{Args, Subcommand};

use super::age;

/// `sexton retention`.
#[derive(Debug, Subcommand)]
pub enum Retention {
    /// List the rules: how old, how often, when they ran and are due
    List,
    /// Run a rule now
    Run(RetentionRun),
}

/// `sexton retention run`.
#[derive(Debug, Args)]
pub struct RetentionRun {
    /// The rule, as the policy calls it
    pub rule: String,
    /// Tell what is due and delete nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Delete no more roots than this
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    #[arg(conflicts_with = "dry_run")]
    pub limit: Option<u64>,
    /// Older than this, such as 36h or 90d [default: as the rule says]
    #[arg(long, value_name = "TIME", value_parser = age)]
    pub older_than: Option<i64>,
    /// Preview so many of those that are due
    #[arg(long, value_name = "N", default_value_t = 5, requires = "dry_run")]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=100))]
    pub samples: u32,
    /// Who asks, for the audit [default: $USER]
    #[arg(long, value_name = "NAME")]
    pub actor: Option<String>,
}

/// `sexton pause` and `sexton resume`.
#[derive(Debug, Args)]
pub struct Pause {
    /// Only in this system, which must be the policy's
    #[arg(long, value_name = "NAME")]
    pub system: Option<String>,
    /// Only what is removed from this store
    #[arg(long, value_name = "NAME")]
    pub store: Option<String>,
    /// Why, for the audit
    #[arg(long)]
    pub reason: String,
    /// Who asks, for the audit [default: $USER]
    #[arg(long, value_name = "NAME")]
    pub actor: Option<String>,
}
