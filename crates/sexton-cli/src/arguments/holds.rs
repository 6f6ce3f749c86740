//! `sexton hold`: what is put on roots so that they stay.

use std::time::Duration;

use clap::{Args, Subcommand};
use sexton_core::names::Timestamp;

use super::Target;

/// `sexton hold`.
#[derive(Debug, Subcommand)]
pub enum Hold {
    /// Put a hold on one root, or on all that meet a condition
    Add(HoldAdd),
    /// List the holds in force
    List {
        /// Those that were released or are over, too
        #[arg(long)]
        all: bool,
        /// How many to list
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: u32,
    },
    /// Release a hold; it is kept, with who did it and why
    Release {
        /// Its number
        hold: i64,
        /// Why, for the audit
        #[arg(long)]
        reason: String,
        /// Who asks, for the audit [default: $USER]
        #[arg(long, value_name = "NAME")]
        actor: Option<String>,
    },
}

/// `sexton hold add`.
#[derive(Debug, Args)]
pub struct HoldAdd {
    /// What it is, as the policy calls it
    pub thing: String,
    /// Its id; the values of a composite key are joined by commas
    #[arg(value_name = "ID", required_unless_present = "condition", conflicts_with = "condition")]
    #[arg(allow_negative_numbers = true)]
    pub id: Option<String>,
    /// All that meet this condition when somebody would delete them, in the
    /// database's SQL
    #[arg(long = "where", value_name = "SQL")]
    pub condition: Option<String>,
    /// For which case; refusals name it
    #[arg(long)]
    pub case: Option<String>,
    /// Why, for the audit
    #[arg(long)]
    pub reason: String,
    /// Until when, such as 2027-01-31 (its beginning, UTC) or 2027-01-31T12:00:00Z
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub until: Option<Timestamp>,
    /// Only in this tenant
    #[arg(long, conflicts_with = "condition")]
    pub tenant: Option<String>,
    /// Who asks, for the audit [default: $USER]
    #[arg(long, value_name = "NAME")]
    pub actor: Option<String>,
}

impl HoldAdd {
    /// The root that it names, as others are named on the command line.
    pub fn target(&self) -> Target {
        Target {
            thing: self.thing.clone(),
            ids: self.id.iter().cloned().collect(),
            find: Vec::new(),
            option: Vec::new(),
            tenant: self.tenant.clone(),
            actor: self.actor.clone(),
            budget: Duration::ZERO,
        }
    }
}

fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::of_written(text)
        .ok_or_else(|| "write a date, 2027-01-31, or a moment, 2027-01-31T12:00:00Z".into())
}
