//! What kind of values a column holds, by its declared type: names that people mean something
//! by, then SQLite's own rules of affinity.

use sexton_core::schema::TypeKind;

/// The kind that a declared type stands for.
pub fn kind(declared: &str) -> TypeKind {
    let upper = declared.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| upper.contains(word));
    if has(&["BOOL"]) {
        TypeKind::Boolean
    } else if has(&["JSON"]) {
        TypeKind::Json
    } else if has(&["UUID", "GUID"]) {
        TypeKind::Uuid
    } else if has(&["DATE", "TIME"]) {
        TypeKind::Time
    } else if has(&["INT"]) {
        TypeKind::Integer
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        TypeKind::Text
    } else if has(&["BLOB", "BINARY", "BYTEA"]) {
        TypeKind::Bytes
    } else if has(&["REAL", "FLOA", "DOUB", "NUM", "DEC"]) {
        TypeKind::Number
    } else {
        TypeKind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types_have_their_kind() {
        for (declared, expected) in [
            ("INTEGER", TypeKind::Integer),
            ("unsigned big int", TypeKind::Integer),
            ("VARCHAR(20)", TypeKind::Text),
            ("datetime", TypeKind::Time),
            ("TIMESTAMP WITH TIME ZONE", TypeKind::Time),
            ("Boolean", TypeKind::Boolean),
            ("JSONB", TypeKind::Json),
            ("uuid", TypeKind::Uuid),
            ("BLOB", TypeKind::Bytes),
            ("DECIMAL(10,2)", TypeKind::Number),
            ("double precision", TypeKind::Number),
            ("", TypeKind::Other),
            ("WHATEVER", TypeKind::Other),
        ] {
            assert_eq!(kind(declared), expected, "{declared}");
        }
    }
}
