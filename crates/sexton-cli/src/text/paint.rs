//! The few colours, by name. The streams take them out where they are not wanted.

use anstyle::{AnsiColor, Style};

fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// What something is about.
pub fn bold(text: &str) -> String {
    paint(Style::new().bold(), text)
}

/// What may be skipped.
pub fn dim(text: &str) -> String {
    paint(Style::new().dimmed(), text)
}

/// What goes, and what refuses.
pub fn red(text: &str) -> String {
    paint(AnsiColor::Red.on_default(), text)
}

/// What changes, and warnings.
pub fn yellow(text: &str) -> String {
    paint(AnsiColor::Yellow.on_default(), text)
}

/// What went well.
pub fn green(text: &str) -> String {
    paint(AnsiColor::Green.on_default(), text)
}
