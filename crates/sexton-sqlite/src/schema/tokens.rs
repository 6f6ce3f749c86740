//! Cuts the text of a CREATE statement into words, names, literals and signs.
//!
//! Only what SQLite itself accepted is read here, so nothing is ever refused; comments and
//! white space fall away.

/// One piece of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its text, quotes included.
    pub text: &'a str,
    /// Where it begins, in bytes.
    pub start: usize,
}

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A keyword or a bare name.
    Word,
    /// A name in quotes, brackets or backticks.
    Name,
    /// A literal in single quotes.
    Literal,
    /// Any other sign.
    Sign,
}

impl Token<'_> {
    /// Whether it is this keyword.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether it is this sign.
    pub fn is_sign(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text == sign
    }

    /// The name it spells, quotes taken off.
    pub fn name(&self) -> String {
        let bare = self.text;
        match bare.chars().next() {
            Some(quote @ ('"' | '`' | '\'')) if bare.len() >= 2 => {
                let doubled = [quote, quote].iter().collect::<String>();
                bare[1..bare.len() - 1].replace(&doubled, quote.encode_utf8(&mut [0; 4]))
            }
            Some('[') if bare.len() >= 2 => bare[1..bare.len() - 1].to_owned(),
            _ => bare.to_owned(),
        }
    }

    /// Where it ends, in bytes.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// All pieces of the text.
pub fn tokens(sql: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let (kind, length) = match first {
            _ if first.is_whitespace() => (None, first.len_utf8()),
            '-' if rest.starts_with("--") => (None, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => {
                (None, rest[2..].find("*/").map_or(rest.len(), |end| end + 4))
            }
            '"' | '`' => (Some(Kind::Name), quoted(rest, first)),
            '\'' => (Some(Kind::Literal), quoted(rest, first)),
            '[' => (Some(Kind::Name), rest.find(']').map_or(rest.len(), |end| end + 1)),
            _ if in_word(first) => {
                (Some(Kind::Word), rest.find(|c| !in_word(c)).unwrap_or(rest.len()))
            }
            _ => (Some(Kind::Sign), first.len_utf8()),
        };
        if let Some(kind) = kind {
            found.push(Token { kind, text: &rest[..length], start: at });
        }
        at += length;
    }
    found
}

/// The index after the group that opens at `open`; the end where it never closes.
pub fn after_group(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.is_sign("(") {
            depth += 1;
        } else if token.is_sign(")") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at + 1;
            }
        }
    }
    tokens.len()
}

fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

/// The length of a quoted piece; a doubled quote does not end it.
fn quoted(rest: &str, quote: char) -> usize {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, expected: &[&str]) {
        let texts: Vec<&str> = tokens(sql).iter().map(|token| token.text).collect();
        assert_eq!(texts, expected, "{sql}");
    }

    #[test]
    fn pieces_keep_together_what_belongs_together() {
        check("a INT,b", &["a", "INT", ",", "b"]);
        check("x -- , y\n/* ( */ z", &["x", "z"]);
        check("'it''s (' \"a\"\"b\" [c d] `e`", &["'it''s ('", "\"a\"\"b\"", "[c d]", "`e`"]);
        check("größe_1>=2", &["größe_1", ">", "=", "2"]);
        check("'never closed", &["'never closed"]);
        check("/* never closed", &[]);
    }

    #[test]
    fn quotes_come_off_a_name() {
        for (text, name) in [
            ("a", "a"),
            ("\"a\"\"b\"", "a\"b"),
            ("[a b]", "a b"),
            ("`x`", "x"),
            ("'y'", "y"),
            ("\"\"", ""),
        ] {
            assert_eq!(tokens(text)[0].name(), name);
        }
    }

    #[test]
    fn a_group_ends_where_its_bracket_closes() {
        let found = tokens("a (b (c) ')' d) e");
        assert_eq!(found[after_group(&found, 1)].text, "e");
        assert_eq!(after_group(&tokens("(a"), 0), 2);
    }
}
