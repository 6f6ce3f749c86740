//! The form of rules that name objects of stores.

use serde_json::{Value, json};

use super::{closed, each, one_of, refer, said, text, with_required, with_some};

const OBJECTS: &str = "`[objects.NAME]`";
const POOLS: &str = "`[pools.NAME]`";

/// `[objects.NAME]`.
pub(super) fn rule() -> Value {
    let templates = json!({ "anyOf": [text(), some(&text())] });
    let keys = [
        ("of", text()),
        ("store", text()),
        ("stores", some(&text())),
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
    form["properties"]["manifest"] = said(OBJECTS, "manifest", manifest());
    form
}

fn manifest() -> Value {
    let places = json!({ "anyOf": [place(), some(&place())] });
    let keys = [
        ("key", text()),
        ("names", with_some(each(&places))),
        ("removes", places),
        ("bind", with_some(each(&text()))),
    ];
    let keys = keys.map(|(key, form)| (key, said(OBJECTS, &format!("manifest.{key}"), form)));
    let mut form = with_required(closed(&keys), &["key"]);
    form["anyOf"] = json!(one_of(&["names", "removes"]));
    form
}

/// `[pools.NAME]`.
pub(super) fn pool() -> Value {
    let keys = [
        ("store", text()),
        ("stores", some(&text())),
        ("scope", text()),
        ("key", text()),
        ("grace", text()),
        ("covers", json!({ "type": "string", "pattern": "^objects\\." })),
    ];
    closed(&keys.map(|(key, form)| (key, said(POOLS, key, form))))
}

fn place() -> Value {
    json!({ "type": "string", "pattern": "^\\$" })
}

fn some(items: &Value) -> Value {
    json!({ "type": "array", "items": items, "minItems": 1 })
}
