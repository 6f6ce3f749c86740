//! The port to the log in which events are told.

/// A log of lines.
pub trait Events: Send + Sync {
    /// Adds a line, JSON without line breaks; why not, if it cannot be added.
    fn add(&self, line: &str) -> Result<(), String>;
}
