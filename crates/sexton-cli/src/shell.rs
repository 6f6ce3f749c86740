//! Command lines that work when they are pasted into a shell.

use std::borrow::Cow;
use std::path::Path;

use crate::arguments::{At, Shared};
use crate::text::WIDTH;

/// A command line of this program, with what it needs to find the same policy and database.
#[derive(Debug, Clone)]
pub struct CommandLine {
    program: String,
    shared: Vec<String>,
}

impl CommandLine {
    /// As this process was called.
    pub fn of_this_process(shared: &Shared) -> Self {
        let program = program_as_called();
        let mut words = Vec::new();
        if shared.policy != Path::new("./sexton.toml") {
            words.extend(["-p".to_owned(), shared.policy.display().to_string()]);
        }
        if let Some(database) = &shared.database {
            // A password on the command line is not repeated on the screen or in a log.
            let shown = if database.contains('@') { "…" } else { database };
            words.extend(["--database".to_owned(), shown.to_owned()]);
        }
        Self { program, shared: words }
    }

    /// As this process was called on a server. The key is not repeated on the screen.
    pub fn on_server(at: &At) -> Self {
        let named = [("--server", &at.server), ("--system", &at.system)];
        let words = named.into_iter().filter_map(|(name, value)| Some([name, value.as_ref()?]));
        let shared = words.flatten().map(str::to_owned).collect();
        Self { program: program_as_called(), shared }
    }

    /// Without a policy.
    pub fn plain(program: &str) -> Self {
        Self { program: program.to_owned(), shared: Vec::new() }
    }

    /// By full paths, so that it works in any folder.
    pub fn with_full_paths(program: &Path, policy: &Path) -> Self {
        let shared = vec!["-p".to_owned(), policy.display().to_string()];
        Self { program: program.display().to_string(), shared }
    }

    /// The line for these words, folded where it would be wider than the screen.
    pub fn with(&self, words: &[&str]) -> String {
        let quoted = |words: &[&str]| -> String {
            words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
        };
        let shared: Vec<&str> = self.shared.iter().map(String::as_str).collect();
        let first = quoted(&[self.program.as_str()]);
        let line = [first.as_str(), &quoted(words), &quoted(&shared)].join(" ");
        let line = line.trim_end();
        if line.chars().count() + 2 <= WIDTH || shared.is_empty() {
            return line.to_owned();
        }
        format!("{first} {} \\\n      {}", quoted(words), quoted(&shared))
    }

    /// The same with the policy before the words, where what follows `--` must come last.
    pub fn before(&self, words: &[&str]) -> String {
        let shared = self.shared.iter().map(String::as_str);
        let all: Vec<&str> = std::iter::once(self.program.as_str())
            .chain(shared)
            .chain(words.iter().copied())
            .collect();
        all.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }
}

/// As the shell found it, or by its name where that is enough.
pub fn program_as_called() -> String {
    let called = std::env::args_os().next().unwrap_or_default();
    let called = called.to_string_lossy();
    if called.contains('/') { called.into_owned() } else { "sexton".into() }
}

/// One word for a POSIX shell, in quotes where it needs them.
fn quoted(word: &str) -> Cow<'_, str> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_./:=@%+,-…".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_comes_out_of_the_shell_as_it_went_in() {
        for (word, text) in [
            ("autumn-2026", "autumn-2026"),
            ("", "''"),
            ("two words", "'two words'"),
            ("a'b\"c; drop", r#"'a'\''b"c; drop'"#),
            ("$HOME", "'$HOME'"),
            ("*", "'*'"),
        ] {
            assert_eq!(quoted(word), text);
        }
    }

    #[test]
    fn a_line_that_is_too_wide_is_folded_before_the_policy() {
        let folder = "x".repeat(60);
        let path = Path::new("/").join(&folder).join("sexton.toml");
        let line = CommandLine::with_full_paths(Path::new("/bin/sexton"), &path).with(&["status"]);
        assert_eq!(line, format!("/bin/sexton status \\\n      -p /{folder}/sexton.toml"));
    }
}
