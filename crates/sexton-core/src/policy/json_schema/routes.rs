//! The form of routes, of what they answer, and of lists.

use serde_json::{Map, Value, json};

use super::{closed, each, named, object, refer, said, section, text, with_required, with_some};
use crate::policy::{Method, Outcome};

const ROUTES: &str = "`[routes.\"METHOD /path\"]`";
const REPLIES: &str = "`[replies]`";
const LISTS: &str = "`[lists.NAME]`";
const PANELS: &str = "`[panels.NAME]`";

/// What routes are made of.
pub(super) fn sections() -> Map<String, Value> {
    object(&[
        ("replies", section("What all routes answer, by outcome.", replies())),
        ("routes", section("The application's own routes.", routes())),
        ("lists", section("Rows that answers of routes name.", lists())),
        ("panels", section("Lists for the console.", panels())),
    ])
}

/// `[routes]`.
fn routes() -> Value {
    let methods = Method::ALL.map(Method::as_str).join("|");
    let mut keys: Vec<(&str, Value)> = own_keys();
    keys.extend(outcomes());
    json!({
        "type": "object",
        "propertyNames": { "pattern": format!("^({methods}) /") },
        "additionalProperties": closed(&keys),
    })
}

fn own_keys() -> Vec<(&'static str, Value)> {
    let deed = json!({ "type": "string", "pattern": "^[a-z-]+ +[^ ]+$" });
    let given = json!({ "type": "string", "pattern": "^(query|body)\\." });
    let positive = |max: u64| json!({ "type": "integer", "minimum": 1, "maximum": max });
    let ids = closed(&[
        ("from", section("Where in the request they are.", given.clone())),
        ("max", section("So many at most. 1000 if left out.", positive(1_000))),
        (
            "unknown",
            section(
                "Whether unknown ones are left out, or make it `missing`.",
                json!({ "enum": ["missing", "skip"] }),
            ),
        ),
    ]);
    let page = closed(&[
        ("limit", section("So many where nothing is asked for.", positive(10_000))),
        ("max", section("So many at most; who asks for more gets these.", positive(10_000))),
        (
            "lenient",
            section("What cannot be read counts as not asked for.", json!({ "type": "boolean" })),
        ),
    ]);
    let over = closed(&[
        ("from", section("Where in the request the number is.", given.clone())),
        (
            "unit",
            section(
                "What the number counts.",
                json!({ "enum": ["seconds", "minutes", "hours", "days"] }),
            ),
        ),
        ("min", section("The least number that is taken.", json!({ "type": "integer" }))),
    ]);
    let order = json!({ "anyOf": [text(), { "type": "array", "items": text() }] });
    let forms = [
        ("does", deed.clone()),
        ("if", with_some(each(&each(&deed)))),
        ("options", each(&given)),
        ("tenant", refer("sql")),
        ("roles", json!({ "type": "array", "items": text() })),
        ("ids", with_required(ids, &["from"])),
        ("where", refer("sql")),
        ("parent", refer("sql")),
        ("order", order),
        ("page", page),
        ("over", with_required(over, &["from", "unit"])),
        ("wait_objects", text()),
    ];
    forms.into_iter().map(|(key, form)| (key, said(ROUTES, key, form))).collect()
}

/// `[replies]`.
fn replies() -> Value {
    let mut keys = outcomes();
    keys.push(("body", said(REPLIES, "body", document())));
    closed(&keys)
}

fn outcomes() -> Vec<(&'static str, Value)> {
    let form = |outcome: Outcome| {
        let answer = if outcome == Outcome::Refused { refusal() } else { answer() };
        let words = Outcome::ALL.map(Outcome::as_str);
        let form = json!({ "anyOf": [status(), { "enum": words }, answer] });
        (outcome.as_str(), said(REPLIES, outcome.as_str(), form))
    };
    Outcome::ALL.into_iter().map(form).collect()
}

fn status() -> Value {
    json!({ "type": "integer", "minimum": 200, "maximum": 599 })
}

fn answer() -> Value {
    let keys = [
        ("status", status()),
        ("code", text()),
        ("message", text()),
        ("headers", each(&text())),
        ("body", document()),
    ];
    with_some(closed(&keys.map(|(key, form)| (key, said(REPLIES, key, form)))))
}

/// Beside its own keys it has the names of guards.
fn refusal() -> Value {
    let mut form = answer();
    form["additionalProperties"] = json!({ "anyOf": [status(), text(), answer()] });
    form
}

fn document() -> Value {
    json!({ "type": ["string", "number", "boolean", "object", "array"] })
}

/// `[lists.NAME]`.
fn lists() -> Value {
    let keys = [("of", text()), ("sql", refer("sql"))];
    named(&closed(&keys.map(|(key, form)| (key, said(LISTS, key, form)))))
}

/// `[panels]`, whose names are for people.
fn panels() -> Value {
    let deed = "^[a-z-]+ +[^ ]+$";
    let order = json!({ "anyOf": [text(), { "type": "array", "items": text() }] });
    let actions = json!({ "anyOf": [
        { "type": "array", "items": { "type": "string", "pattern": deed } },
        {
            "type": "object",
            "propertyNames": { "pattern": deed },
            "additionalProperties": refer("sql"),
        },
    ] });
    each(&closed(&[
        ("of", said(PANELS, "of", text())),
        ("rows", said(PANELS, "rows", text())),
        ("order", said(PANELS, "order", order)),
        ("actions", said(PANELS, "actions", actions)),
    ]))
}
