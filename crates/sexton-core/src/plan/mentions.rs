//! Which names a fragment of the policy mentions, as far as words alone can tell.
//!
//! SQL is the system's own and is not parsed. Whoever asks here must do the safe thing when a
//! word only looks like the name of a table.

use crate::policy::{Fragment, Part, Placeholder};
use crate::schema::Dialect;

/// Words whose value is another one each time.
const FLEETING: [&str; 24] = [
    "now",
    "current_timestamp",
    "current_date",
    "current_time",
    "localtime",
    "localtimestamp",
    "clock_timestamp",
    "statement_timestamp",
    "transaction_timestamp",
    "timeofday",
    "age",
    "random",
    "gen_random_uuid",
    "uuid_generate_v1",
    "uuid_generate_v4",
    "nextval",
    "currval",
    "lastval",
    "txid_current",
    "unixepoch",
    "randomblob",
    "changes",
    "total_changes",
    "last_insert_rowid",
];

/// The words of some fragments.
pub(crate) struct Mentions {
    dialect: Dialect,
    words: Vec<Word>,
    reads_clock: bool,
}

struct Word {
    /// As the database compares names.
    name: String,
    /// The name before its dot.
    of: Option<String>,
    /// Whether a dot follows, so that it is a table or a schema, and no row or column.
    is_dotted: bool,
}

impl Mentions {
    pub fn of<'f>(dialect: Dialect, fragments: impl Iterator<Item = &'f Fragment>) -> Self {
        let mut mentions = Self { dialect, words: Vec::new(), reads_clock: false };
        for part in fragments.flat_map(|fragment| &fragment.parts) {
            match part {
                Part::Text(text) => mentions.read(text),
                Part::Placeholder(Placeholder::Now { .. }) => mentions.reads_clock = true,
                Part::Placeholder(_) => {}
            }
        }
        mentions
    }

    /// The same of SQL that the database keeps.
    pub fn in_text(dialect: Dialect, text: &str) -> Self {
        let mut mentions = Self { dialect, words: Vec::new(), reads_clock: false };
        mentions.read(text);
        mentions
    }

    /// Whether the name stands anywhere.
    pub fn has(&self, name: &str) -> bool {
        self.words.iter().any(|word| self.is(&word.name, name))
    }

    /// Whether the name stands behind this one and a dot.
    pub fn has_qualified(&self, of: &str, name: &str) -> bool {
        let is_of = |word: &Word| word.of.as_ref().is_some_and(|before| self.is(before, of));
        self.words.iter().any(|word| self.is(&word.name, name) && is_of(word))
    }

    /// Whether the name stands alone, not as what a column belongs to.
    pub fn has_bare(&self, name: &str) -> bool {
        let is_bare = |word: &Word| word.of.is_none() && !word.is_dotted;
        self.words.iter().any(|word| self.is(&word.name, name) && is_bare(word))
    }

    /// The first of these names that stands anywhere.
    pub fn first_of<'n>(&self, mut names: impl Iterator<Item = &'n String>) -> Option<&'n String> {
        names.find(|name| self.has(name))
    }

    /// Whether the value may be another one when it is computed again.
    pub fn is_fleeting(&self) -> bool {
        self.reads_clock || FLEETING.iter().any(|word| self.has(word))
    }

    fn is(&self, word: &str, name: &str) -> bool {
        match self.dialect {
            Dialect::Postgres => word == name,
            Dialect::Sqlite => word.eq_ignore_ascii_case(name),
        }
    }

    fn read(&mut self, text: &str) {
        let mut rest = text;
        let mut of = None;
        while let Some(sign) = rest.chars().next() {
            let (name, length) = match sign {
                '"' | '\'' => quoted(rest, sign),
                sign if is_of_name(sign) => {
                    let length = rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
                    // Unquoted names fold to lower case.
                    (rest[..length].to_lowercase(), length)
                }
                '.' => {
                    rest = &rest[1..];
                    continue;
                }
                sign => {
                    of = if sign.is_whitespace() { of } else { None };
                    rest = &rest[sign.len_utf8()..];
                    continue;
                }
            };
            rest = &rest[length..];
            let is_dotted = rest.trim_start().starts_with('.');
            // SQLite takes text for a name where only a name can stand.
            if sign != '\'' || self.dialect == Dialect::Sqlite || name == "now" {
                self.words.push(Word { name: name.clone(), of: of.take(), is_dotted });
            }
            of = is_dotted.then_some(name);
        }
    }
}

fn is_of_name(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_' || sign == '$'
}

/// What stands between quotes, and how much of the text that is.
fn quoted(text: &str, quote: char) -> (String, usize) {
    let mut name = String::new();
    let mut signs = text.char_indices().skip(1).peekable();
    while let Some((at, sign)) = signs.next() {
        if sign != quote {
            name.push(sign);
        } else if signs.next_if(|(_, next)| *next == quote).is_some() {
            name.push(quote);
        } else {
            return (name, at + 1);
        }
    }
    (name, text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Span;

    fn mentions(dialect: Dialect, text: &str) -> Mentions {
        let fragment = Fragment { parts: vec![Part::Text(text.into())], span: Span::default() };
        Mentions::of(dialect, std::iter::once(&fragment))
    }

    #[test]
    fn a_table_is_found_however_it_is_written() {
        for (dialect, text, expected) in [
            (Dialect::Postgres, "runs r where r.id = 1", true),
            (Dialect::Postgres, "RUNS where id = 1", true),
            (Dialect::Postgres, "\"runs\"", true),
            (Dialect::Postgres, "\"RUNS\"", false),
            (Dialect::Sqlite, "\"RUNS\"", true),
            (Dialect::Sqlite, "[Runs]", true),
            (Dialect::Sqlite, "'runs'", true),
            (Dialect::Postgres, "'runs'", false),
            (Dialect::Postgres, "old_runs", false),
            (Dialect::Postgres, "(select 1 from public . runs)", true),
        ] {
            assert_eq!(mentions(dialect, text).has("runs"), expected, "{text}");
        }
    }

    #[test]
    fn a_schema_before_a_table_is_seen() {
        for (text, expected) in [
            ("public.runs", true),
            ("\"public\" . \"runs\"", true),
            ("r.runs", false),
            ("public, runs", false),
            ("runs", false),
        ] {
            let found = mentions(Dialect::Postgres, text).has_qualified("public", "runs");
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_a_column_belongs_to_is_no_bare_name() {
        assert!(!mentions(Dialect::Sqlite, "r.domain_id = domains.id").has_bare("domains"));
        assert!(mentions(Dialect::Sqlite, "count(*) from domains d").has_bare("domains"));
    }

    #[test]
    fn clocks_and_chance_are_fleeting() {
        for text in ["now()", "current_timestamp", "datetime('now')", "Random()"] {
            assert!(mentions(Dialect::Sqlite, text).is_fleeting(), "{text}");
        }
        assert!(!mentions(Dialect::Sqlite, "r.known_at").is_fleeting());
    }
}
