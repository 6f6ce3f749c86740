//! Words and numbers: counting, wrapping, and names from the database made safe to show.

use textwrap::{Options, WordSplitter};

use super::WIDTH;

/// A name or value from the database, with every sign that could move the cursor, colour the
/// screen or turn the direction of reading written out.
pub fn clean(text: &str) -> String {
    let turns = |letter: char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() || turns(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// A number in groups of three: `1 204`.
pub fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A number of things: `1 row`, `1 204 rows`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// Names and keys from the database, apart even where a key has commas of its own.
pub fn listed(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| clean(name)).collect();
    let comma = if names.iter().any(|name| name.contains(',')) { "; " } else { ", " };
    names.join(comma)
}

/// Who did something, and why where that is known.
pub fn who(actor: &str, reason: Option<&str>) -> String {
    let reason = reason.map(|reason| format!(": {}", clean(reason))).unwrap_or_default();
    format!("by {}{reason}", clean(actor))
}

/// A paragraph.
pub fn wrapped(text: &str) -> String {
    indented("", "", text)
}

/// A paragraph whose first line begins with one text and all others with another.
pub fn indented(first: &str, others: &str, text: &str) -> String {
    let options = Options::new(WIDTH)
        .initial_indent(first)
        .subsequent_indent(others)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_things_counted() {
        for (count, text) in [(0, "0"), (999, "999"), (1_204, "1 204"), (5_000_000, "5 000 000")] {
            assert_eq!(number(count), text);
        }
        assert_eq!(counted(1, "row", "rows"), "1 row");
        assert_eq!(counted(0, "row", "rows"), "0 rows");
    }

    #[test]
    fn keys_with_commas_are_told_apart() {
        let names =
            |names: &[&str]| listed(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(names(&["1", "2"]), "1, 2");
        assert_eq!(names(&["1,a", "2,b"]), "1,a; 2,b");
    }

    #[test]
    fn a_value_cannot_write_to_the_terminal() {
        assert_eq!(clean("a\u{1b}[31mb\nc\u{202e}d"), "a\\u{1b}[31mb\\nc\\u{202e}d");
        assert_eq!(clean("Évora «7»"), "Évora «7»");
    }
}
