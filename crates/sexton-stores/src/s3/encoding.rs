//! Keys on their way through XML, which cannot carry every one of them.

/// Whether a batch can carry the key there and back unchanged. XML has no control characters;
/// line ends are spelled otherwise by some servers as they answer.
pub fn is_held_by_xml(key: &str) -> bool {
    !key.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{FFFE}' | '\u{FFFF}'))
}

/// A key that a listing has encoded as in the query of an address.
pub fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                let digits = std::str::from_utf8(&digits).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_listing_encodes_is_decoded() {
        for (text, key) in [
            ("a/b", "a/b"),
            ("a+b%2Bc%25", "a b+c%"),
            ("%C3%BC%01%0A", "ü\u{1}\n"),
            ("a%2f..%2Fb", "a/../b"),
        ] {
            assert_eq!(decoded(text).as_deref(), Some(key));
        }
        for text in ["%", "%4", "%GG", "%FF"] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }

    #[test]
    fn control_characters_go_alone() {
        assert!(is_held_by_xml("a b/ü<&>'\"+%"));
        for key in ["a\n", "\r", "\u{1}", "\u{85}", "\u{7f}", "\u{FFFF}"] {
            assert!(!is_held_by_xml(key), "{key:?}");
        }
    }
}
