//! Whom to ask instead of the database.

use clap::Args;

/// A server and who asks it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Over a server, instead of policy and database")]
pub struct At {
    /// The server, such as http://127.0.0.1:8080
    #[arg(long, value_name = "URL", env = "SEXTON_SERVER", hide_env_values = true)]
    pub server: Option<String>,
    /// The API key; its tenant and roles hold. SEXTON_KEY keeps it out of lists of
    /// processes
    #[arg(long, value_name = "KEY", env = "SEXTON_KEY", hide_env_values = true)]
    pub key: Option<String>,
    /// Which system, where the key sees several
    #[arg(long, value_name = "NAME", env = "SEXTON_SYSTEM", hide_env_values = true)]
    pub system: Option<String>,
}
