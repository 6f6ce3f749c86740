//! `sexton key`: who may use the server.

use clap::{Args, Subcommand};

use super::{age, system_name};

/// `sexton key`.
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a key and show it, once
    Create(NewKey),
    /// List keys, newest first
    List {
        /// Where the keys are.
        #[command(flatten)]
        state: StateAt,
        /// How many to list
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: u32,
    },
    /// Revoke a key for good
    Revoke {
        /// Its id, key_…
        id: String,
        /// Where the keys are.
        #[command(flatten)]
        state: StateAt,
    },
}

/// Where the server keeps its own state.
#[derive(Debug, Args)]
pub struct StateAt {
    /// The server's state: a SQLite file, postgres://…, or env:NAME [default:
    /// sexton-state.db beside the policy file]
    #[arg(long, value_name = "URL", env = "SEXTON_STATE", hide_env_values = true)]
    pub state: Option<String>,
}

/// `sexton key create`.
#[derive(Debug, Args)]
pub struct NewKey {
    /// What people will call it; in the audit, its bearer
    #[arg(long, value_parser = not_blank)]
    pub name: String,
    /// Grant a role: viewer, operator, admin, or one that the policy names
    /// (repeatable)
    #[arg(long, value_name = "ROLE", value_parser = not_blank)]
    pub role: Vec<String>,
    /// Let it see this tenant only [default: all]
    #[arg(long, value_parser = not_blank)]
    pub tenant: Option<String>,
    /// Let it touch this system only (repeatable) [default: all]
    #[arg(long, value_name = "NAME", value_parser = system_name)]
    pub system: Vec<String>,
    /// Let it act for this organisation (repeatable)
    #[arg(long, value_name = "NAME", value_parser = not_blank)]
    pub org: Vec<String>,
    /// How many requests a minute [default: as the server says]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,
    /// Let it end by itself after this time, such as 12h, 90d or 4w
    #[arg(long, value_name = "TIME", value_parser = lifetime)]
    pub expires: Option<i64>,
    /// Who makes it [default: $USER]
    #[arg(long, value_name = "NAME")]
    pub actor: Option<String>,
    /// Where the keys are.
    #[command(flatten)]
    pub state: StateAt,
}

fn not_blank(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("it is blank".into()),
        text => Ok(text.to_owned()),
    }
}

/// An age in seconds that is not over at once.
fn lifetime(text: &str) -> Result<i64, String> {
    match age(text)? {
        0 => Err("write more than nothing, as in 90d".into()),
        secs => Ok(secs),
    }
}
