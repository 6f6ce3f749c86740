//! Values of columns: drawn by chance, written as SQL, and told as a dump tells them.

use sexton_core::schema::Dialect;

use super::dice::Dice;
use super::json::Json;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Whole numbers.
    Integer,
    /// Whole numbers of four bytes.
    Narrow,
    /// Text.
    Text,
    /// UUIDs; text in SQLite.
    Uuid,
    /// Bytes.
    Bytes,
    /// JSON that PostgreSQL keeps as a value.
    Jsonb,
    /// JSON that PostgreSQL keeps as written.
    Json,
}

impl Kind {
    /// The type's name in this database.
    pub fn type_name(self, dialect: Dialect) -> &'static str {
        match (self, dialect) {
            (Self::Integer, Dialect::Postgres) => "bigint",
            (Self::Narrow, Dialect::Postgres) => "integer",
            (Self::Integer | Self::Narrow, Dialect::Sqlite) => "INTEGER",
            (Self::Text, Dialect::Postgres) => "text",
            (Self::Text | Self::Uuid | Self::Jsonb | Self::Json, Dialect::Sqlite) => "TEXT",
            (Self::Uuid, Dialect::Postgres) => "uuid",
            (Self::Bytes, Dialect::Postgres) => "bytea",
            (Self::Bytes, Dialect::Sqlite) => "BLOB",
            (Self::Jsonb, Dialect::Postgres) => "jsonb",
            (Self::Json, Dialect::Postgres) => "json",
        }
    }
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// NULL.
    Null,
    /// A whole number.
    Integer(i64),
    /// Text, a UUID among it.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// JSON.
    Json(Json),
}

const TEXTS: [&str; 27] = [
    "",
    "plain",
    "it's",
    "a,b",
    "c:\\d",
    "\\,",
    "\"quoted\"",
    "日本語",
    "naïve",
    "NULL",
    "null",
    "0",
    "007",
    "1e5",
    "true",
    "{x}",
    "{\"x\":\"00\"}",
    "[1,2]",
    "%_",
    "🌳",
    " lead",
    "trail ",
    "two\nlines",
    "tab\there",
    "$1",
    "?1",
    "'; --",
];

impl Value {
    /// A value that may well have been drawn before.
    pub fn any(kind: Kind, dice: &mut Dice) -> Self {
        match kind {
            Kind::Integer | Kind::Narrow => Self::Integer(small(dice, 40) - 5),
            Kind::Text => Self::Text((*dice.pick(&TEXTS)).to_owned()),
            Kind::Uuid => Self::Text(uuid(dice)),
            Kind::Bytes => {
                let length = dice.below(5);
                Self::Bytes((0..length).map(|_| byte(dice)).collect())
            }
            Kind::Jsonb | Kind::Json => Self::Null,
        }
    }

    /// A value for a key: seldom drawn before, now and then at the end of what the type holds.
    pub fn of_key(kind: Kind, dice: &mut Dice) -> Self {
        match kind {
            Kind::Integer if dice.percent(3) => Self::Integer(*dice.pick(&[i64::MIN, i64::MAX])),
            Kind::Integer | Kind::Narrow => Self::Integer(small(dice, 400) - 20),
            Kind::Text if dice.percent(50) => {
                Self::Text(format!("{}{}", dice.pick(&TEXTS), dice.below(50)))
            }
            kind => Self::any(kind, dice),
        }
    }

    /// The value as SQL of this database.
    pub fn literal(&self, kind: Kind, dialect: Dialect) -> String {
        match (self, kind, dialect) {
            (Self::Null, ..) => "NULL".to_owned(),
            // The smallest number cannot be written as a minus before a number.
            (Self::Integer(i64::MIN), ..) => format!("(-{} - 1)", i64::MAX),
            (Self::Integer(number), ..) => number.to_string(),
            (Self::Text(text), Kind::Uuid, Dialect::Postgres) => format!("'{text}'::uuid"),
            (Self::Text(text), ..) => format!("'{}'", text.replace('\'', "''")),
            (Self::Bytes(bytes), _, Dialect::Postgres) => format!("'\\x{}'::bytea", hex(bytes)),
            (Self::Bytes(bytes), _, Dialect::Sqlite) => format!("X'{}'", hex(bytes)),
            (Self::Json(json), _, dialect) => match json.text(dialect) {
                Some(text) => format!("'{}'", text.replace('\'', "''")),
                None => "NULL".to_owned(),
            },
        }
    }

    /// The value as a dump of this database tells it.
    pub fn dumped(&self, kind: Kind, dialect: Dialect) -> Option<String> {
        match (self, dialect) {
            (Self::Null, Dialect::Postgres) => None,
            (Self::Integer(number), _) => Some(number.to_string()),
            (Self::Text(text), Dialect::Postgres) => Some(text.clone()),
            (Self::Json(json), Dialect::Postgres) => json.text(dialect),
            (Self::Bytes(bytes), Dialect::Postgres) => Some(format!("\\x{}", hex(bytes))),
            (Self::Bytes(bytes), Dialect::Sqlite) => {
                Some(format!("X'{}'", hex(bytes).to_uppercase()))
            }
            (_, Dialect::Sqlite) => Some(self.literal(kind, dialect)),
        }
    }

    /// The value as a person types it to name a root; `None` for what nobody can type.
    pub fn typed(&self, dialect: Dialect) -> Option<String> {
        match (self, dialect) {
            (Self::Null | Self::Json(_), _) => None,
            (Self::Bytes(bytes), Dialect::Sqlite) => Some(format!("x'{}'", hex(bytes))),
            (Self::Integer(number), _) => Some(number.to_string()),
            (Self::Text(text), _) => Some(text.clone()),
            (Self::Bytes(bytes), Dialect::Postgres) => Some(format!("\\x{}", hex(bytes))),
        }
    }

    /// Whether it is NULL.
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }
}

fn small(dice: &mut Dice, end: usize) -> i64 {
    i64::try_from(dice.below(end)).expect("it is small")
}

fn byte(dice: &mut Dice) -> u8 {
    u8::try_from(dice.below(256)).expect("it is below 256")
}

fn uuid(dice: &mut Dice) -> String {
    let digits = format!("{:016x}{:016x}", dice.draw(), dice.draw());
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    parts.map(|part| digits[part].to_owned()).join("-")
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_for_each_database() {
        let bytes = Value::Bytes(vec![0, 255]);
        assert_eq!(bytes.literal(Kind::Bytes, Dialect::Postgres), "'\\x00ff'::bytea");
        assert_eq!(bytes.literal(Kind::Bytes, Dialect::Sqlite), "X'00ff'");
        let text = Value::Text("it's".into());
        assert_eq!(text.literal(Kind::Text, Dialect::Sqlite), "'it''s'");
        assert_eq!(text.dumped(Kind::Text, Dialect::Sqlite), Some("'it''s'".into()));
        assert_eq!(text.dumped(Kind::Text, Dialect::Postgres), Some("it's".into()));
    }
}
