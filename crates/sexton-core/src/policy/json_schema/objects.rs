//! The form of rules that name objects of stores.

use serde_json::{Value, json};

use super::{READ_OVER, closed, refer, said, section, text};

const OBJECTS: &str = "`[objects.NAME]`";

/// `[objects.NAME]`.
pub(super) fn rule() -> Value {
    let some = |items: Value| json!({ "type": "array", "items": items, "minItems": 1 });
    let templates = json!({ "anyOf": [text(), some(text())] });
    let keys = [
        ("of", text()),
        ("store", text()),
        ("stores", some(text())),
        ("where", refer("sql")),
        ("key", templates.clone()),
        ("prefix", templates.clone()),
        ("uri", templates),
        ("part", json!({ "type": "boolean" })),
        ("unless_named_by", json!({ "type": "array", "items": text() })),
        ("versions", json!({ "enum": ["current", "all"] })),
        ("look_again", text()),
    ];
    let mut form = closed(&keys.map(|(key, form)| (key, said(OBJECTS, key, form))));
    form["properties"]["manifest"] = section(READ_OVER, json!({ "type": "object" }));
    form
}
