//! JSON documents with a value and an array that may refer to rows.

use sexton_core::schema::Dialect;

/// `{"a": ONE, "x": {"ids": [MANY]}}`, or what nobody can read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Json {
    /// Text that is not JSON; PostgreSQL cannot keep it, so there it is NULL.
    Broken,
    /// A document.
    Document {
        /// What stands at `$.a`.
        one: Element,
        /// What stands at `$.x.ids`; no array at all at times.
        many: Option<Vec<Element>>,
    },
}

/// A value inside a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element {
    /// Null.
    Null,
    /// True.
    True,
    /// A number.
    Number(i64),
    /// A string.
    Text(String),
    /// An object that holds a string.
    Object(String),
}

impl Json {
    /// The document as this database gives it back once it has changed it.
    pub fn text(&self, dialect: Dialect) -> Option<String> {
        let Self::Document { one, many } = self else {
            return (dialect == Dialect::Sqlite).then(|| "{\"a\":".to_owned());
        };
        let (colon, comma) = match dialect {
            Dialect::Postgres => (": ", ", "),
            Dialect::Sqlite => (":", ","),
        };
        let many = match many {
            Some(many) => {
                let many: Vec<String> = many.iter().map(|element| element.text(colon)).collect();
                format!("[{}]", many.join(comma))
            }
            None => "5".to_owned(),
        };
        let one = one.text(colon);
        Some(format!("{{\"a\"{colon}{one}{comma}\"x\"{colon}{{\"ids\"{colon}{many}}}}}"))
    }
}

impl Element {
    fn text(&self, colon: &str) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::True => "true".to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => quoted(text),
            Self::Object(text) => format!("{{\"id\"{colon}{}}}", quoted(text)),
        }
    }

    /// The text by which a string or number refers.
    pub fn refers_by(&self) -> Option<String> {
        match self {
            Self::Number(number) => Some(number.to_string()),
            Self::Text(text) => Some(text.clone()),
            Self::Null | Self::True | Self::Object(_) => None,
        }
    }
}

/// Text as JSON writes it, as far as random texts need it.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\t', "\\t");
    format!("\"{escaped}\"")
}
