//! The roots of a preview or deletion by name: one as it is, several by their number.

use super::words::{clean, listed};

/// So many of several roots are named in a line.
const NAMED_MAX: usize = 5;

/// `batch autumn-2026`, or `3 batches`.
pub fn title(thing: &str, names: &[String]) -> String {
    match names {
        [one] => format!("{thing} {}", clean(one)),
        several => number_of(thing, several.len()),
    }
}

/// The same, and some of several by name: `3 batches (a, b, c)`.
pub fn named(thing: &str, names: &[String]) -> String {
    let title = title(thing, names);
    if names.len() == 1 {
        return title;
    }
    let shown = listed(&names[..names.len().min(NAMED_MAX)]);
    let more = if names.len() > NAMED_MAX { ", …" } else { "" };
    format!("{title} ({shown}{more})")
}

/// `3 batches`: what a person types who confirms several.
pub fn number_of(thing: &str, count: usize) -> String {
    format!("{count} {}", plural(thing))
}

/// The plural by the rules of English, which is good enough to be read and typed.
fn plural(word: &str) -> String {
    let hissing = ["s", "x", "z", "ch", "sh"];
    let vowels = ['a', 'e', 'i', 'o', 'u'];
    match word.strip_suffix('y') {
        Some(stem) if !stem.ends_with(vowels) => format!("{stem}ies"),
        _ if hissing.iter().any(|end| word.ends_with(end)) => format!("{word}es"),
        _ => format!("{word}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_are_told_by_their_number() {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(title("batch", &names(&["a"])), "batch a");
        assert_eq!(title("batch", &names(&["a", "b"])), "2 batches");
        assert_eq!(named("batch", &names(&["a"])), "batch a");
        assert_eq!(named("api-key", &names(&["a", "b"])), "2 api-keys (a, b)");
        let six = names(&["a", "b", "c", "d", "e", "f"]);
        assert_eq!(named("entry", &six), "6 entries (a, b, c, d, e, …)");
    }
}
