use serde_json::{Map, Value, json};

use super::policy;
use crate::policy::{Outcome, Policy};
use crate::routes::{Answered, Facts, Listed, Objects, Refusing, answer, without_empty};

fn deletes(lines: &str) -> Policy {
    policy(&format!("[routes.\"DELETE /b/{{id}}\"]\ndoes = \"delete batch\"\n{lines}\n"))
}

/// Status and body of what is answered.
fn told(policy: &Policy, outcome: Outcome, facts: &Facts) -> (u16, String) {
    let answered = answered(policy, outcome, facts);
    (answered.status, String::from_utf8(answered.body).unwrap())
}

fn answered(policy: &Policy, outcome: Outcome, facts: &Facts) -> Answered {
    answer(policy, &policy.routes[0], outcome, facts)
}

fn facts() -> Facts {
    Facts { thing: "batch".into(), id: "b-1".into(), ..Facts::default() }
}

#[test]
fn done_is_204_and_nothing() {
    let expected = Answered { status: 204, headers: vec![], body: vec![] };
    assert_eq!(answered(&deletes(""), Outcome::Done, &facts()), expected);
    assert_eq!(told(&deletes("done = 202"), Outcome::Done, &facts()), (202, String::new()));
}

#[test]
fn an_outcome_has_its_status_and_a_body_where_the_policy_says_none() {
    for outcome in Outcome::ALL.into_iter().filter(|outcome| *outcome != Outcome::Done) {
        let (status, body) = told(&deletes(""), outcome, &facts());
        let sentence = outcome.as_str().replace('-', " ");
        let expected = format!("{{\"code\":\"{}\",\"message\":\"{sentence}\"}}", outcome.code());
        assert_eq!((status, body), (outcome.status(), expected));
    }
}

#[test]
fn bodies_are_those_of_the_policy_byte_for_byte() {
    let policy = deletes(
        "missing = { status = 404, body = { detail = \"{Thing} not found: {id}\" } }\n\
         done = { status = 200, body = { message = \"{thing} {id} gone\", id = \"{id}\", n = \"{rows.runs}\", f = \"{objects.deleted}\", ok = true } }",
    );
    let missing = (404, "{\"detail\":\"Batch not found: b-1\"}".to_owned());
    assert_eq!(told(&policy, Outcome::Missing, &facts()), missing);
    let facts = Facts {
        rows: vec![("runs".into(), 3), ("jobs".into(), 1)],
        objects: Objects { deleted: 7, failed: 0, pending: 1, bytes: 9 },
        ..facts()
    };
    let done = "{\"message\":\"batch b-1 gone\",\"id\":\"b-1\",\"n\":3,\"f\":7,\"ok\":true}";
    assert_eq!(told(&policy, Outcome::Done, &facts), (200, done.to_owned()));
}

#[test]
fn the_shared_body_says_code_and_message() {
    let policy = deletes(
        "refused = { status = 400, code = \"invalid_state\" }\nheld.message = \"held: {message}\"\n\
         [replies]\nbody = { error = { code = \"{code}\", message = \"{message}\" } }\nbusy = \"held\"",
    );
    let facts = Facts { message: "no \"way\"".into(), ..facts() };
    let body = |code: &str, message: &str| {
        format!("{{\"error\":{{\"code\":\"{code}\",\"message\":\"{message}\"}}}}")
    };
    let refused = (400, body("invalid_state", "no \\\"way\\\""));
    assert_eq!(told(&policy, Outcome::Refused, &facts), refused);
    assert_eq!(
        told(&policy, Outcome::Busy, &facts),
        (409, body("busy", "held: no \\\"way\\\"")),
        "answered like another, and by its own name"
    );
    assert_eq!(told(&policy, Outcome::Wrong, &facts), (409, body("wrong", "no \\\"way\\\"")));
}

#[test]
fn an_outcome_is_answered_like_another_of_its_own_route() {
    let policy = deletes(
        "missing = { status = 404, body = 1 }\n\
         [replies]\nbad-id = \"missing\"\nmissing = { body = 2 }\nheld = \"refused\"",
    );
    assert_eq!(told(&policy, Outcome::BadId, &facts()), (404, "1".to_owned()));
    // Nobody says what a refusal is answered: then it has the other's status.
    assert_eq!(told(&policy, Outcome::Held, &facts()).0, 409);
}

#[test]
fn a_guard_is_answered_by_its_name_and_only_where_it_refuses() {
    let policy = deletes(
        "refused.live = { body = \"{subject.label} is used by {count}: {names}\" }\n\
         [replies]\nrefused = { body = \"{message}\" }",
    );
    let refusing = |guard: &str| Refusing {
        guard: Some(guard.into()),
        count: 2,
        names: vec!["a".into(), "b".into()],
        subject: vec![("label".into(), "x".into())],
    };
    let by = |guard| Facts { refusal: Some(refusing(guard)), message: "m".into(), ..facts() };
    let (_, own) = told(&policy, Outcome::Refused, &by("live"));
    assert_eq!(own, "\"x is used by 2: a, b\"");
    assert_eq!(told(&policy, Outcome::Refused, &by("other")).1, "\"m\"");
    assert_ne!(told(&policy, Outcome::Held, &by("live")).1, own);
}

#[test]
fn headers_are_said_where_they_say_something() {
    let policy = deletes(
        "rate-limited = { headers = { Retry-After = \"{retry_after}\", X-Id = \"<{id}>\" } }",
    );
    let headers = |facts: &Facts| answered(&policy, Outcome::RateLimited, facts).headers;
    let json = ("Content-Type".to_owned(), "application/json".to_owned());
    let id = ("X-Id".to_owned(), "<b-1>".to_owned());
    assert_eq!(headers(&facts()), [id.clone(), json.clone()]);
    let later = Facts { retry_after_secs: Some(7), ..facts() };
    assert_eq!(headers(&later), [("Retry-After".to_owned(), "7".to_owned()), id, json]);
}

#[test]
fn what_says_nothing_is_left_out_and_types_are_kept() {
    let policy = policy(
        "[lists.l]\nof = \"batch\"\nsql = \"select 1\"\n\
         [routes.\"GET /b/{id}\"]\ndoes = \"preview batch\"\ndone.status = 200\n\
         done.body = { \"tag?\" = \"{row.tag}\", \"intent?\" = \"{row.intent}\", n = \"{rows.a + rows.b}\", \
         q = \"{work.jobs.waiting}\", \"l?\" = \"{lists.l}\", t = \"{rows}\" }",
    );
    let row = |tag: Value, intent: Value| {
        let mut row = Map::new();
        row.insert("tag".into(), tag);
        row.insert("intent".into(), intent);
        row
    };
    let mut full = Facts {
        row: row("x".into(), 1.into()),
        rows: vec![("a".into(), 2), ("s.b".into(), 3)],
        work: vec![("jobs".into(), "waiting", 4)],
        ..facts()
    };
    full.lists.insert("l".into(), json!([{ "a": 1 }]));
    let (_, body) = told(&policy, Outcome::Done, &full);
    assert_eq!(
        body,
        "{\"tag\":\"x\",\"intent\":1,\"n\":5,\"q\":4,\"l\":[{\"a\":1}],\"t\":{\"a\":2,\"s.b\":3}}"
    );
    let mut empty = Facts { row: row("".into(), 0.into()), ..facts() };
    empty.lists.insert("l".into(), json!([]));
    assert_eq!(told(&policy, Outcome::Done, &empty).1, "{\"n\":0,\"q\":0,\"t\":{}}");
    let listed = json!({ "slug": "", "label?": null, "default?": 0, "kept?": 1 });
    let Value::Object(listed) = listed else { panic!() };
    assert_eq!(Value::Object(without_empty(listed)), json!({ "slug": "", "kept": 1 }));
}

#[test]
fn an_empty_list_is_a_list() {
    let policy = policy(
        "[routes.\"GET /b\"]\ndoes = \"list batch\"\ndone = { status = 200, body = { items = \"{items}\", \
         total = \"{total}\", limit = \"{limit}\", \"offset?\" = \"{offset}\" } }",
    );
    let listed = |offset| Facts {
        listed: Some(Listed { limit: 20, offset, ..Listed::default() }),
        ..facts()
    };
    let body = |offset| told(&policy, Outcome::Done, &listed(offset)).1;
    assert_eq!(body(0), "{\"items\":[],\"total\":0,\"limit\":20}");
    assert_eq!(body(5), "{\"items\":[],\"total\":0,\"limit\":20,\"offset\":5}");
}

/// Numbers by which signs are drawn: the same in each run.
struct Draw(u64);

impl Draw {
    fn number(&mut self, below: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    /// Text of signs that something may make much of.
    fn text(&mut self) -> String {
        let signs = [
            '"', '\\', '\r', '\n', '\0', '{', '}', ':', ' ', 'a', 'é', '\u{85}', '\u{2028}', '😀',
            '%',
        ];
        let length = self.number(12);
        let sign = |draw: &mut Self| {
            let at = usize::try_from(draw.number(signs.len() as u64)).unwrap();
            signs[at]
        };
        (0..length).map(|_| sign(self)).collect()
    }
}

#[test]
fn whatever_is_said_a_body_is_json_and_a_header_is_one_line() {
    let policy = deletes(
        "refused = { headers = { X-Why = \"{message} {id} {path.id} {query.q}\" }, \
         body = { \"{id}\" = \"{message}{id}{thing}{names}\", q = [\"{query.q}\", \"{path.id}\", \"{body.b}\"] } }",
    );
    let mut draw = Draw(7);
    for _ in 0..2_000 {
        let (message, id, q, name) = (draw.text(), draw.text(), draw.text(), draw.text());
        let refusal = Refusing { names: vec![name.clone()], count: 1, ..Refusing::default() };
        let mut facts = Facts {
            message: message.clone(),
            id: id.clone(),
            refusal: Some(refusal),
            body: json!({ "b": [q.clone()] }),
            ..facts()
        };
        facts.path.insert("id".into(), id.clone());
        facts.query.insert("q".into(), q.clone());
        let answered = answered(&policy, Outcome::Refused, &facts);
        let body: Value = serde_json::from_slice(&answered.body).unwrap();
        let message = if message.is_empty() { "refused".to_owned() } else { message };
        let whole = format!("{message}{id}batch{name}");
        assert_eq!(body, json!({ "{id}": whole, "q": [q, id, [q]] }));
        for (name, value) in &answered.headers {
            assert!(!value.contains(char::is_control), "{name}: {value:?}");
        }
    }
}
