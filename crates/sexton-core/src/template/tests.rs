use serde_json::{Value, json};

use super::*;
use crate::policy::parse;

/// The body of a hook, filled with values by the text of their placeholders.
fn filled(body: &str, values: &Value) -> Value {
    let text = format!(
        "system = \"s\"\n[hooks.h]\nof = \"t\"\ncall = \"https://a.example\"\nbody = {body}\n"
    );
    let (policy, findings) = parse(&text);
    assert_eq!(findings, [], "in\n{text}");
    let policy = policy.unwrap();
    policy.hooks[0].body.fill(&|path| values[path.written()].clone())
}

#[track_caller]
fn check(body: &str, values: &Value, expected: &Value) {
    assert_eq!(filled(body, values), *expected, "{body}");
}

#[test]
fn a_lone_placeholder_keeps_its_type() {
    let values = json!({ "id": 7, "a.b": "x", "c$.d": { "e": [1] }, "none": null });
    check("\"{id}\"", &values, &json!(7));
    check("{ a = \"{a.b}\", c = \"{c$.d}\" }", &values, &json!({ "a": "x", "c": { "e": [1] } }));
    check("[\"{none}\", true, 1.5]", &values, &json!([null, true, 1.5]));
}

#[test]
fn beside_text_a_value_is_written_out() {
    let values = json!({ "id": 7, "name": "it's \"ä\"", "yes": true, "none": null });
    check("\"jobs/{id}/{name}\"", &values, &json!("jobs/7/it's \"ä\""));
    check("\"{yes}!\"", &values, &json!("true!"));
}

#[test]
fn text_with_a_value_that_is_not_there_is_nothing() {
    check("\"jobs/{none}/x\"", &json!({ "none": null }), &json!(null));
    check("\"jobs/{missing}\"", &json!({}), &json!(null));
}

#[test]
fn what_says_nothing_is_left_out_where_it_may_be() {
    let values = json!({ "zero": 0, "none": null, "no": false, "text": "" });
    let body = "{ \"a?\" = \"{zero}\", \"b?\" = \"{none}\", \"c?\" = \"{no}\", \"d?\" = \"{text}\", e = \"{none}\" }";
    check(body, &values, &json!({ "c": false, "e": null }));
}

#[test]
fn truth_is_told_from_whatever_a_database_writes() {
    for (stored, expected) in [
        (json!(1), json!(true)),
        (json!(0), json!(false)),
        (json!("t"), json!(true)),
        (json!("FALSE"), json!(false)),
        (json!(true), json!(true)),
        (json!("perhaps"), json!(null)),
        (json!(null), json!(null)),
    ] {
        check("\"{x|bool}\"", &json!({ "x": stored }), &expected);
    }
}

#[test]
fn values_are_read_by_their_class() {
    for (scalar, is_json, expected) in [
        (Scalar::Integer(7), false, json!(7)),
        (Scalar::Real(0.5), false, json!(0.5)),
        (Scalar::text("[1]"), false, json!("[1]")),
        (Scalar::text("[1]"), true, json!([1])),
        (Scalar::text("\"a\""), true, json!("a")),
        (Scalar::text("9e999"), true, json!("9e999")),
        (Scalar::Blob(vec![1, 255]), false, json!("\\x01ff")),
        (Scalar::Null, true, json!(null)),
    ] {
        assert_eq!(value_of(&scalar, is_json), expected, "{scalar:?}");
    }
}
