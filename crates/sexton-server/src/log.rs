//! The server's own log: one flat JSON object a line, with `event` among its first names.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogFailure {
    /// The file cannot be written.
    #[error("the log cannot be opened")]
    File(#[from] io::Error),
    /// Another log was begun before.
    #[error("there is a log already")]
    There,
}

/// Begins the log: at the end of this file, or on standard error for `-` and for none.
pub fn log_to(file: Option<&Path>) -> Result<(), LogFailure> {
    match file.filter(|file| *file != Path::new("-")) {
        Some(file) => {
            let file = OpenOptions::new().create(true).append(true).open(file)?;
            begin(Mutex::new(file))
        }
        None => begin(io::stderr),
    }
}

fn begin<W>(writer: W) -> Result<(), LogFailure>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_from_env("SEXTON_LOG_LEVEL");
    let filter = filter.unwrap_or_else(|_| EnvFilter::new("sexton_server=info"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .with_env_filter(filter)
        .with_writer(writer)
        .try_init()
        .map_err(|_| LogFailure::There)
}
