//! Every call against the description of the API that was reviewed.

use serde_json::Value;

use super::*;

/// The description, as the server's own test keeps it.
const DESCRIBED: &str =
    include_str!("../../../sexton-server/tests/http/snapshots/http__describing__openapi.snap");

fn described() -> Value {
    let (_, text) = DESCRIBED.split_once("\n---\n").expect("a snapshot has a head");
    serde_json::from_str(text).expect("the description is JSON")
}

fn ask_deletion() -> AskDeletion {
    AskDeletion {
        preview: Some("P".into()),
        digest: Some("D".into()),
        thing: Some("T".into()),
        id: Some("I".into()),
        ids: vec!["I".into()],
        find: [("a".into(), "b".into())].into(),
        options: [("a".into(), true)].into(),
        confirm: Some("I".into()),
        reason: Some("R".into()),
    }
}

fn ask_preview() -> AskPreview {
    let AskDeletion { id, ids, find, options, .. } = ask_deletion();
    AskPreview { thing: "T".into(), id, ids, find, options }
}

fn ask_hold() -> AskHold {
    AskHold {
        thing: "T".into(),
        id: Some("I".into()),
        condition: Some("W".into()),
        case: Some("C".into()),
        reason: "R".into(),
        until: Some("U".into()),
    }
}

fn ask_pause() -> AskPause {
    AskPause { store: Some("S".into()), reason: "R".into() }
}

fn calls() -> Vec<Call> {
    let ask_sweep =
        AskSweep { stores: vec!["S".into()], older_than_secs: Some(1), ..AskSweep::default() };
    vec![
        systems(),
        things("S"),
        rows("S", "T", Some("q")).with("cursor", Some("c")),
        row("S", "T", "I"),
        cancel("S", "T", "I"),
        preview("S", &ask_preview()),
        delete("S", &ask_deletion(), Some(Duration::from_secs(1)), None),
        deletions("S").with("cursor", Some("c")),
        deletion("S", "I"),
        receipt("S", "I"),
        retry("S", "I"),
        withdraw("S", "I", &AskTakeBack { reason: Some("R".into()) }),
        restore("S", "I"),
        holds("S", true).with("cursor", Some("c")),
        hold("S", "I"),
        put_hold("S", &ask_hold()),
        release("S", "I", &AskRelease { reason: "R".into() }),
        pauses("S"),
        pause("S", &ask_pause()),
        lift("S", &ask_pause()),
        rules("S"),
        rule("S", "I"),
        due("S", "I", &AskRetentionPreview { older_than_secs: Some(1), samples: Some(1) }),
        retain("S", "I", &AskRetentionRun { older_than_secs: Some(1), limit: Some(1) }),
        events("S", "I"),
        records("S", 1),
        verification("S"),
        sweep("S", &ask_sweep),
        latest_sweep("S"),
    ]
}

/// Whether a path is one of this template; what is in braces stands for one segment of capitals.
fn fits(template: &str, path: &str) -> bool {
    let is_filled = |segment: &str| segment.chars().all(|letter| letter.is_ascii_uppercase());
    let (template, path): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(&path).all(|(part, given)| {
            if part.starts_with('{') { is_filled(given) } else { part == given }
        })
}

fn operation<'d>(document: &'d Value, call: &Call) -> &'d Value {
    let paths = document["paths"].as_object().expect("there are paths");
    let method = call.method.as_str().to_lowercase();
    let mut found = paths.iter().filter(|(template, _)| fits(template, &call.path));
    let (template, item) = found.next().unwrap_or_else(|| panic!("{} is not described", call.path));
    item.get(&method).unwrap_or_else(|| panic!("{method} {template} is not described"))
}

fn resolved<'d>(document: &'d Value, mut schema: &'d Value) -> &'d Value {
    while let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.strip_prefix('#').expect("references stay in the document");
        schema = document.pointer(pointer).expect("references lead somewhere");
    }
    schema
}

#[test]
fn t31_every_call_is_described_and_sends_what_is_known() {
    let document = described();
    for call in calls() {
        let operation = operation(&document, &call);
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let is_known = |name: &str| parameters.iter().any(|known| known["name"] == name);
        for (name, _) in &call.query {
            assert!(is_known(name), "{} takes no {name}", call.path);
        }
        if call.wait.is_some() {
            assert!(is_known("Prefer") && is_known("Idempotency-Key"), "{}", call.path);
        }
        let Some(Value::Object(body)) = &call.body else { continue };
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        // A body that may be left out is one of two.
        let of_two = schema["oneOf"].as_array();
        let of_two = of_two.and_then(|of| of.iter().find(|one| one["$ref"].is_string()));
        let schema = of_two.unwrap_or(schema);
        let schema = resolved(&document, schema);
        for name in body.keys() {
            assert!(schema["properties"][name].is_object(), "{} takes no {name}", call.path);
        }
    }
}

#[test]
fn an_id_is_one_segment_whatever_is_in_it() {
    let call = row("batches", "batch", "a/b?c#%2e é");
    assert_eq!(call.path, "/api/systems/batches/things/batch/a%2Fb%3Fc%23%252e%20%C3%A9");
}

#[test]
fn two_changes_have_two_keys_and_a_given_one_is_kept() {
    let of = |key: Option<&str>| delete("S", &ask_deletion(), None, key.map(str::to_owned)).key;
    assert_ne!(of(None), of(None));
    assert_eq!(of(Some("mine")).as_deref(), Some("mine"));
    assert_eq!(deletions("S").key, None);
}
