//! How the left side of a reference holds what it refers to: in columns, as another type, or
//! inside JSON.

/// How the left side of a reference holds what it refers to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Via {
    /// In columns, as it is.
    #[default]
    Columns,
    /// In one column, as a value of another type.
    Cast(Cast),
    /// Inside the JSON of one column.
    Json(JsonPlace),
}

/// A type that a value can be read as. What cannot be read so refers to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cast {
    /// Whole numbers between these bounds.
    Integer(i64, i64),
    /// Text.
    Text,
    /// UUIDs.
    Uuid,
}

/// A place inside a JSON document. Strings and numbers refer, by their text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPlace {
    /// The names on the way, from the outside in.
    pub path: Vec<String>,
    /// Whether each element of the array there refers, instead of the value there.
    pub each: bool,
    /// What a value is read as before it is compared.
    pub cast: Option<Cast>,
}

impl Cast {
    /// The names of types that can be written after `cast`.
    pub const KNOWN: &'static str = "smallint, integer, bigint, text and uuid";

    /// The type of this name, as either database spells it.
    pub fn named(name: &str) -> Option<Self> {
        match name.trim().to_lowercase().as_str() {
            "smallint" | "int2" => Some(Self::Integer(i16::MIN.into(), i16::MAX.into())),
            "integer" | "int" | "int4" => Some(Self::Integer(i32::MIN.into(), i32::MAX.into())),
            "bigint" | "int8" => Some(Self::Integer(i64::MIN, i64::MAX)),
            "text" | "varchar" | "character varying" => Some(Self::Text),
            "uuid" => Some(Self::Uuid),
            _ => None,
        }
    }
}

impl Via {
    /// Whether the columns themselves hold it.
    pub fn is_plain(&self) -> bool {
        *self == Self::Columns
    }

    /// The place inside JSON, if it is held there.
    pub fn json(&self) -> Option<&JsonPlace> {
        match self {
            Self::Json(place) => Some(place),
            Self::Columns | Self::Cast(_) => None,
        }
    }
}

impl JsonPlace {
    /// The place that a path after `$` names: `.a."odd name"[*]`. The parser has judged its form.
    pub fn read(written: &str, cast: Option<Cast>) -> Self {
        let (names, each) = match written.strip_suffix("[*]") {
            Some(names) => (names, true),
            None => (written, false),
        };
        let mut path: Vec<String> = Vec::new();
        let (mut quoted, mut letters) = (false, names.chars().peekable());
        while let Some(letter) = letters.next() {
            match letter {
                '"' if quoted && letters.peek() == Some(&'"') => {
                    letters.next();
                    path.last_mut().into_iter().for_each(|name| name.push('"'));
                }
                '"' => quoted = !quoted,
                '.' if !quoted => path.push(String::new()),
                letter => path.last_mut().into_iter().for_each(|name| name.push(letter)),
            }
        }
        Self { path, each, cast }
    }

    /// The place as the policy writes it.
    pub fn written(&self) -> String {
        let names = self.path.iter().map(|name| [".", name].concat());
        let each = if self.each { "[*]" } else { "" };
        ["$", &names.collect::<String>(), each].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_name_by_name() {
        for (written, path, each) in [
            (".id", &["id"][..], false),
            (".a.b-c", &["a", "b-c"], false),
            (".ids[*]", &["ids"], true),
            (".\"odd.name\".\"it\"\"s\"[*]", &["odd.name", "it\"s"], true),
        ] {
            let place = JsonPlace::read(written, None);
            assert_eq!(
                (place.path.as_slice(), place.each),
                (&path.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()[..], each),
                "{written}"
            );
        }
    }

    #[test]
    fn only_types_of_keys_can_be_cast_to() {
        assert_eq!(Cast::named(" BIGINT"), Some(Cast::Integer(i64::MIN, i64::MAX)));
        assert_eq!(Cast::named("uuid"), Some(Cast::Uuid));
        for name in ["numeric", "date", "int[]", "bigint; drop table x"] {
            assert_eq!(Cast::named(name), None, "{name}");
        }
    }
}
