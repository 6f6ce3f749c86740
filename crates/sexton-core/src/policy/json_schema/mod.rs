//! The JSON Schema of the policy file, by which editors complete and explain while one types.
//!
//! Its form is written here, its words are those of the policy reference. It knows the same keys
//! as the parser: the tests ask the parser for the keys that it knows in each place. It is no
//! second judge: what stands inside strings, and whether a table exists, only the parser and
//! `check` can tell.

mod manual;
mod objects;
mod routes;

#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

const THING: &str = "`[things.NAME]`";
const RULE: &str = "`[references]`";
const GUARD: &str = "`[guards.NAME]`";
const HOOK: &str = "`[hooks.NAME]`";
const RETENTION: &str = "`[retention.NAME]`";
const EVENT: &str = "`[events.NAME]`";
const DERIVED: &str = "`[derived.TABLE]`";
const WORK: &str = "`[work.TABLE]`";
const STORES: &str = "`[stores]`";
const FENCE: &str = "`[fence]`";
const AUDIT_AND_CHECK: &str = "`[audit]` and `[check]`";
const FILE: &str = "The file";

/// What an editor says of a part of the language that this version reads over.
const READ_OVER: &str =
    "Read over by this version: it may stand in the file, and `check` names it.";

/// The schema, draft 2020-12.
pub fn json_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Sexton policy",
        "description": "What can be deleted from one system, and what happens to everything that refers to it.",
        "type": "object",
        "properties": sections(),
        "required": ["system"],
        "additionalProperties": false,
        // What a variant leaves out may stand in the other file.
        "anyOf": [{ "required": ["like"] }, { "properties": {
            "guards": { "additionalProperties": { "required": ["of", "rows", "link", "say"] } },
            "derived": { "additionalProperties": { "required": ["of", "set"] } },
            "work": { "additionalProperties": { "required": ["running"] } },
            "pools": { "additionalProperties": {
                "required": ["scope", "key", "grace"],
                "oneOf": one_of(&["store", "stores"]),
            } },
            "objects": { "additionalProperties": {
                "required": ["of"],
                "oneOf": one_of(&["store", "stores"]),
                "anyOf": one_of(&["key", "prefix", "uri", "manifest"]),
            } },
            "hooks": { "additionalProperties": { "required": ["of", "call", "body"] } },
            "retention": { "additionalProperties": {
                "required": ["thing"],
                "anyOf": one_of(&["where", "age"]),
            } },
            "events": { "additionalProperties": { "required": ["of", "on", "fields"] } },
            "routes": { "additionalProperties": { "anyOf": one_of(&["does", "if"]) } },
            "lists": { "additionalProperties": { "required": ["of", "sql"] } },
        } }],
        "$defs": definitions(),
    })
}

/// All that may stand at the top of the file.
fn sections() -> Map<String, Value> {
    let mut properties = object(&[
        ("system", said(FILE, "system", json!({ "type": "string", "pattern": NAME }))),
        ("database", said(FILE, "database", text())),
        ("schema", said(FILE, "schema", text())),
        ("stores", section("Where objects are: buckets and folders, by name.", named(&store()))),
        ("things", section("What a person may ask to delete, by its name.", named(&thing()))),
        (
            "references",
            section(
                "When the row on the right goes, what happens to the row on the left.",
                references(),
            ),
        ),
        ("takes", section("What a row takes with it when it goes: the row on the right.", takes())),
        (
            "guards",
            section(
                "Reasons to refuse: rows that stay, belong to a row that goes, and meet a condition.",
                each(&guard()),
            ),
        ),
        ("derived", section("Columns of tables that stay, computed anew.", each(&derived()))),
        ("fence", section("Keeps writers from attaching rows to what is gone.", fence())),
        (
            "work",
            section(
                "Rows that a worker may be acting on, and how they are stopped.",
                each(&work()),
            ),
        ),
        ("pools", section("Objects that several rows share.", named(&objects::pool()))),
        ("objects", section("Objects of stores that go with rows.", named(&objects::rule()))),
        ("hooks", section("Whom to tell of rows that go, and what to say.", each(&hook()))),
        ("retention", section("What goes by its age.", named(&retention()))),
        ("events", section("Lines of the log about what is deleted.", each(&event()))),
        ("audit", section("How the audit names the roots of deletions.", audit())),
        ("check", section("What `check` demands beyond the language.", checked())),
        ("like", said(FILE, "like", text())),
    ]);
    properties.extend(routes::sections());
    for section in UNBUILT_SECTIONS {
        properties
            .insert(section.to_owned(), json!({ "type": "object", "description": READ_OVER }));
    }
    properties
}

fn audit() -> Value {
    let key = json!({ "type": "string", "pattern": "^env:" });
    closed(&[("root_id_key", said(AUDIT_AND_CHECK, "audit.root_id_key", key))])
}

fn checked() -> Value {
    let rows = json!({ "type": "integer", "minimum": 0 });
    closed(&[("unindexed_rows_max", said(AUDIT_AND_CHECK, "check.unindexed_rows_max", rows))])
}

/// Sections that are tables and are read over.
const UNBUILT_SECTIONS: [&str; 1] = ["quota"];

/// A system's or a thing's name.
const NAME: &str = "^[a-z][a-z0-9_-]*$";

fn definitions() -> Value {
    let fate = |word: &str| {
        let meaning = manual::says(RULE, &format!("\"{word}\"")).unwrap_or_default();
        json!({ "const": word, "description": format!("The row on the left {meaning}.") })
    };
    let words: Vec<Value> =
        ["delete", "unlink", "keep", "block", "derive", "review"].into_iter().map(fate).collect();
    let set = closed(&[(
        "set",
        assignments("Columns of the row on the left, and what they are set to."),
    )]);
    let anonymize = closed(&[(
        "anonymize",
        json!({
            "type": "array",
            "items": text(),
            "minItems": 1,
            "description": "The row on the left stays, with these columns saying nothing any more.",
        }),
    )]);
    json!({
        "sql": { "anyOf": [text(), {
            "description": "One for each database.",
            "type": "object",
            "properties": { "postgres": text(), "sqlite": text() },
            "minProperties": 1,
            "additionalProperties": false,
        }] },
        "value": { "anyOf": [
            { "type": ["string", "number", "boolean"], "description": "A literal, or behind `=` SQL." },
            refer("sql"),
        ] },
        "fate": { "anyOf": [
            { "oneOf": words },
            with_required(set, &["set"]),
            with_required(anonymize, &["anonymize"]),
        ] },
    })
}

fn thing() -> Value {
    let list = |items: Value| json!({ "type": "array", "items": items });
    let built = [
        ("row", text()),
        ("starts", list(text())),
        ("label", text()),
        ("tenant", refer("sql")),
        ("owner", text()),
        ("visible", refer("sql")),
        ("across_tenants", json!({ "type": "boolean" })),
        ("roles", list(text())),
        ("confirm", json!({ "enum": ["type-id", "click"] })),
        ("confirm_text", text()),
        ("show", list(text())),
        ("find", refer("sql")),
        ("like", text()),
        ("only", each(&text())),
        ("refuse", each(&text())),
        ("options", each(&option())),
        ("digest", json!({ "enum": ["keys", "rows"] })),
        ("removes", list(json!({ "type": "string", "pattern": "^objects\\." }))),
        ("set", assigned()),
    ];
    let mut properties: Map<String, Value> =
        built.into_iter().map(|(key, form)| (key.to_owned(), said(THING, key, form))).collect();
    let limits = [
        ("rows", json!({ "type": "integer", "minimum": 1 })),
        ("percent", json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 100 })),
        ("tenants", json!({ "type": "integer", "minimum": 1 })),
    ];
    let limits = limits.map(|(key, form)| (key, said(THING, &format!("limits.{key}"), form)));
    properties.insert(
        "limits".to_owned(),
        section("How much one deletion may take at most.", closed(&limits)),
    );
    properties.insert("hide".to_owned(), said(THING, "hide", hide()));
    properties.insert("purge".to_owned(), said(THING, "purge", purge()));
    let id = [("strip", said(THING, "id.strip", text()))];
    properties.insert(
        "id".to_owned(),
        section("How routes write an id.", with_required(closed(&id), &["strip"])),
    );
    properties.insert("undo".to_owned(), json!({ "description": READ_OVER }));
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn hide() -> Value {
    let keys =
        [("set", assigned()), ("hidden", refer("sql")), ("undo", text()), ("restore", assigned())];
    let keys = keys.map(|(key, form)| (key, said(THING, &format!("hide.{key}"), form)));
    json!({ "anyOf": [{ "const": "ledger" }, with_required(closed(&keys), &["set"])] })
}

fn purge() -> Value {
    let keys = [
        ("every", text()),
        ("chunk", json!({ "type": "integer", "minimum": 1, "maximum": 100_000 })),
        ("pause", text()),
        ("root", text()),
    ];
    closed(&keys.map(|(key, form)| (key, said(THING, &format!("purge.{key}"), form))))
}

fn references() -> Value {
    let rule = closed(&[
        ("rule", said(RULE, "rule", refer("fate"))),
        ("where", said(RULE, "where", refer("sql"))),
        ("say", said(RULE, "say", text())),
        ("cast", said(RULE, "cast", text())),
        ("with", said(RULE, "with", each(&refer("fate")))),
        ("orphans", section(READ_OVER, json!({ "const": "delete" }))),
    ]);
    json!({
        "type": "object",
        "propertyNames": { "pattern": "->" },
        "additionalProperties": { "anyOf": [refer("fate"), with_required(rule, &["rule"])] },
    })
}

fn store() -> Value {
    let keys = [("url", text()), ("sweep_after", text())];
    let table = closed(&keys.map(|(key, form)| (key, said(STORES, key, form))));
    json!({ "anyOf": [text(), with_required(table, &["url"])] })
}

fn option() -> Value {
    closed(&[
        ("default", section("What it is if nobody says.", json!({ "type": "boolean" }))),
        ("help", section("What it does, for the preview.", text())),
        ("warning", section("What the preview warns of if it is chosen.", text())),
    ])
}

fn takes() -> Value {
    let rule = json!({ "enum": ["always", "when-last"] });
    let with_where = closed(&[
        ("rule", section("When the row on the left takes the right.", rule.clone())),
        ("where", section("Which rows on the left take at all. SQL.", refer("sql"))),
    ]);
    json!({
        "type": "object",
        "propertyNames": { "pattern": "->" },
        "additionalProperties": { "anyOf": [rule, with_required(with_where, &["rule"])] },
    })
}

fn guard() -> Value {
    let sentences = json!({ "anyOf": [text(), { "type": "array", "items": text() }] });
    let keys = [
        ("of", text()),
        ("rows", refer("sql")),
        ("link", refer("sql")),
        ("where", refer("sql")),
        ("name", refer("sql")),
        ("say", text()),
        ("ways_out", sentences),
    ];
    closed(&keys.map(|(key, form)| (key, said(GUARD, key, form))))
}

fn derived() -> Value {
    let pair = closed(&[("value", refer("value")), ("none", refer("value"))]);
    let column = json!({ "anyOf": [refer("value"), with_required(pair, &["value"])] });
    let columns = json!({ "type": "object", "minProperties": 1, "additionalProperties": column });
    let keys = [("of", text()), ("first", refer("sql")), ("set", columns)];
    closed(&keys.map(|(key, form)| (key, said(DERIVED, key, form))))
}

fn work() -> Value {
    let stop = [
        ("waiting", assignments("What rows become that wait, or whose worker is dead.")),
        ("running", assignments("What tells a worker to stop.")),
        ("hook", section("The hook that is called for rows that somebody is at work on.", text())),
    ];
    let sides = json!({ "anyOf": [text(), { "type": "array", "items": text() }] });
    let keys = [
        ("of", sides),
        ("waiting", refer("sql")),
        ("running", refer("sql")),
        ("dead", refer("sql")),
        ("stop", with_some(closed(&stop))),
        ("wait", text()),
        ("settle", json!({ "enum": ["before-deletion", "before-purge"] })),
    ];
    closed(&keys.map(|(key, form)| (key, said(WORK, key, form))))
}

fn fence() -> Value {
    let also = json!({ "type": "object", "additionalProperties": refer("sql") });
    let keys = [
        ("by", json!({ "enum": ["triggers", "look"] })),
        ("references", json!({ "type": "array", "items": text() })),
        ("also", also),
        ("late", text()),
    ];
    closed(&keys.map(|(key, form)| (key, said(FENCE, key, form))))
}

fn retention() -> Value {
    let age = with_required(
        closed(&[
            ("of", said(RETENTION, "age.of", text())),
            ("over", said(RETENTION, "age.over", text())),
        ]),
        &["of", "over"],
    );
    let keys = [
        ("thing", text()),
        ("where", refer("sql")),
        ("age", age),
        ("order", text()),
        ("every", json!({ "type": "string", "pattern": "^[0-9]+[smhdw]$" })),
        ("chunk", json!({ "type": "integer", "minimum": 1, "maximum": 10_000 })),
    ];
    closed(&keys.map(|(key, form)| (key, said(RETENTION, key, form))))
}

fn hook() -> Value {
    let batch = with_required(
        closed(&[
            ("by", section("Only rows in which this placeholder is the same.", text())),
            (
                "max",
                section(
                    "At most so many rows.",
                    json!({ "type": "integer", "minimum": 1, "maximum": 1000 }),
                ),
            ),
        ]),
        &["max"],
    );
    let call = json!({ "type": "string", "pattern": "^(https?://|env:|notify:)" });
    let document = json!({ "type": ["string", "number", "boolean", "object", "array"] });
    let keys = [
        ("of", text()),
        ("where", refer("sql")),
        ("call", call),
        ("body", document),
        ("batch", batch),
        ("before", json!({ "type": "boolean" })),
        ("within", json!({ "type": "string", "pattern": "^[0-9]+[sm]$" })),
        ("secret", json!({ "type": "string", "pattern": "^env:" })),
    ];
    closed(&keys.map(|(key, form)| (key, said(HOOK, key, form))))
}

fn event() -> Value {
    let fields = each(&json!({ "type": ["string", "number", "boolean"] }));
    let keys = [("of", text()), ("on", text()), ("where", refer("sql")), ("fields", fields)];
    closed(&keys.map(|(key, form)| (key, said(EVENT, key, form))))
}

fn assignments(meaning: &str) -> Value {
    section(meaning, assigned())
}

/// Columns, and what they are set to.
fn assigned() -> Value {
    json!({ "type": "object", "minProperties": 1, "additionalProperties": refer("value") })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn refer(definition: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{definition}") })
}

fn object(entries: &[(&str, Value)]) -> Map<String, Value> {
    entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
}

/// A table that knows these keys only.
fn closed(entries: &[(&str, Value)]) -> Value {
    json!({ "type": "object", "properties": object(entries), "additionalProperties": false })
}

/// A table in which every key has this form.
fn each(form: &Value) -> Value {
    json!({ "type": "object", "additionalProperties": form })
}

/// The same, under names as things have them.
fn named(form: &Value) -> Value {
    json!({ "type": "object", "propertyNames": { "pattern": NAME }, "additionalProperties": form })
}

/// Forms of which each demands one of these keys.
fn one_of(keys: &[&str]) -> Vec<Value> {
    keys.iter().map(|key| json!({ "required": [key] })).collect()
}

fn with_required(mut form: Value, keys: &[&str]) -> Value {
    form["required"] = json!(keys);
    form
}

/// A table that is not empty.
fn with_some(mut form: Value) -> Value {
    form["minProperties"] = json!(1);
    form
}

/// The form with what is said of it.
fn section(meaning: &str, form: Value) -> Value {
    let mut said = json!({ "description": meaning });
    if let (Some(said), Value::Object(form)) = (said.as_object_mut(), form) {
        said.extend(form);
    }
    said
}

/// The form with what the reference says of the key.
fn said(place: &str, key: &str, form: Value) -> Value {
    section(&manual::says(place, key).unwrap_or_default(), form)
}
