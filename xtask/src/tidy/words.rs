//! Finds whole words in text; letters, digits and `_` make words.

/// Whether the word occurs in the text with no other letter of a word beside it.
pub fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, _)| {
        let before = text[..start].chars().next_back();
        let after = text[start + word.len()..].chars().next();
        !before.is_some_and(is_word_letter) && !after.is_some_and(is_word_letter)
    })
}

pub fn is_word_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_words_count() {
        assert!(has_word("from iq_samples where", "iq_samples"));
        assert!(has_word("old_iq_samples, iq_samples", "iq_samples"));
        assert!(!has_word("old_iq_samples", "iq_samples"));
        assert!(!has_word("iq_samples2", "iq_samples"));
    }
}
