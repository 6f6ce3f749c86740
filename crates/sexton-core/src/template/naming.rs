//! Names of objects made from values: what must not stand in a name is refused, never mended.
//!
//! A value that is empty, or brings a `/` of its own, would name other objects than were meant:
//! `runs//` or `runs/1/../2/`. A value that is null names nothing at all.

use serde_json::Value;

use super::{Filter, Piece, Slot, Text, ValuePath};

/// Why values make no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// Nothing stands where something must.
    #[error("`{{{0}}}` is empty")]
    Empty(String),
    /// It leads elsewhere.
    #[error("`{{{path}}}` is `{value}`, and {why}")]
    Leads {
        /// The placeholder.
        path: String,
        /// What it stands for.
        value: String,
        /// What of it leads elsewhere.
        why: &'static str,
    },
}

impl Text {
    /// The name that these values make; none where one of them is null.
    pub fn name(&self, value: &dyn Fn(&ValuePath) -> Value) -> Result<Option<String>, BadName> {
        let mut name = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Written(written) => name += written,
                Piece::Value(slot) => match slot.part(value(&slot.path))? {
                    Some(part) => name += &part,
                    None => return Ok(None),
                },
            }
        }
        Ok(Some(name))
    }

    /// What every name begins with, whatever the values.
    pub fn head(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Written(written)) => written,
            _ => "",
        }
    }
}

impl Slot {
    /// The value as a part of a name.
    fn part(&self, value: Value) -> Result<Option<String>, BadName> {
        let text = match value {
            Value::Null => return Ok(None),
            Value::String(text) => text,
            value => value.to_string(),
        };
        if text.is_empty() {
            return Err(BadName::Empty(self.path.written()));
        }
        let may_be_path = self.filter == Some(Filter::Path);
        let climbs = text.split('/').any(|part| part == "..");
        let why = if text.contains('\0') {
            Some("no store holds a name with a NUL")
        } else if !may_be_path && text.contains('/') {
            Some("a `/` in it would lead to another place (`|path` lets it through)")
        } else if !may_be_path && text.contains("..") || climbs {
            Some("`..` would lead to another place")
        } else {
            None
        };
        match why {
            Some(why) => Err(BadName::Leads { path: self.path.written(), value: text, why }),
            None => Ok(Some(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Span;

    fn text(pieces: &[&str]) -> Text {
        let piece = |piece: &&str| match piece.strip_prefix('$') {
            None => Piece::Written((*piece).to_owned()),
            Some(name) => {
                let (name, filter) = match name.strip_suffix("|path") {
                    Some(name) => (name, Some(Filter::Path)),
                    None => (name, None),
                };
                let path = ValuePath { names: vec![name.to_owned()], json: None };
                Piece::Value(Slot { path, plus: Vec::new(), filter, span: Span::default() })
            }
        };
        Text { pieces: pieces.iter().map(piece).collect() }
    }

    fn named(pieces: &[&str], value: impl Into<Value>) -> Result<Option<String>, BadName> {
        let value = value.into();
        text(pieces).name(&|_| value.clone())
    }

    #[test]
    fn values_become_names_byte_for_byte() {
        for (value, expected) in [
            (Value::from("a b+c%20"), "runs/a b+c%20/"),
            (Value::from("ü"), "runs/ü/"),
            (Value::from("."), "runs/./"),
            (Value::from(12), "runs/12/"),
            (Value::from(true), "runs/true/"),
        ] {
            assert_eq!(named(&["runs/", "$id", "/"], value), Ok(Some(expected.to_owned())));
        }
        assert_eq!(named(&["", "$p|path"], "/a//b/").unwrap().as_deref(), Some("/a//b/"));
    }

    #[test]
    fn null_names_nothing_at_all() {
        assert_eq!(named(&["runs/", "$id", "/", "$id"], Value::Null), Ok(None));
    }

    #[test]
    fn a_value_that_would_lead_elsewhere_is_refused() {
        let refused = |pieces: &[&str], value: &str| named(pieces, value).unwrap_err().to_string();
        assert_eq!(refused(&["runs/", "$id", "/"], ""), "`{id}` is empty");
        assert_eq!(refused(&["runs/", "$id|path", "/"], ""), "`{id}` is empty");
        for value in ["a/b", "/", "..", "a..b", "../x", "a\0"] {
            assert!(refused(&["runs/", "$id", "/"], value).contains("and "), "{value:?}");
        }
        for value in ["..", "a/../b", "../x", "x/..", "a\0b"] {
            assert!(refused(&["$id|path"], value).contains("and "), "{value:?}");
        }
        assert!(named(&["$id|path"], "a..b/c").is_ok());
    }

    #[test]
    fn a_head_is_what_every_name_begins_with() {
        assert_eq!(text(&["runs/", "$id"]).head(), "runs/");
        assert_eq!(text(&["$id", "/runs/"]).head(), "");
    }
}
