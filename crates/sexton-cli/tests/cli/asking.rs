//! Commands that ask a server: what they print, how they exit, and what they cannot do there.

use serde_json::Value;
use tempfile::TempDir;

use crate::place::Place;
use crate::program::{Said, program};
use crate::serving::Server;

on_both_databases!(
    t32_over_a_server_the_same_is_printed_with_the_same_exit,
    t32_over_a_server_programs_are_told_the_same,
    t40_over_a_server_what_refuses_is_told_with_its_way_out,
    what_changed_since_it_was_shown_is_refused_over_a_server,
);

/// Where there is neither a policy nor a database.
struct Elsewhere {
    folder: TempDir,
    server: String,
}

impl Elsewhere {
    fn than(server: &Server) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a temporary folder");
        Self { folder, server: server.url() }
    }

    fn sexton(&self, arguments: &[&str]) -> Said {
        self.sexton_with(&[("SEXTON_SERVER", self.server.as_str())], arguments)
    }

    fn sexton_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Said {
        let mut command = program(self.folder.path());
        command.envs(variables.iter().copied()).args(arguments);
        Said::of(command.output().expect("the program starts"))
    }
}

const CONFIRMED: [&str; 5] = ["delete", "batch", "autumn-2026", "--confirm", "autumn-2026"];

/// What is asked, in this order.
const ASKED: [&[&str]; 17] = [
    &["audit", "list"],
    &["audit", "verify"],
    &["preview", "batch", "autumn-2026"],
    &["preview", "batch", "autumn-2026", "summer-2026"],
    &["preview", "batch", "autumn-2026", "--all"],
    &["preview", "batch", "never-was"],
    &["preview", "bath", "autumn-2026"],
    &["preview", "batch", "autumn-2026", "--option", "nothing"],
    &["cancel", "batch", "never-was"],
    &["cancel", "batch", "autumn-2026"],
    &["cancel", "batch", "autumn-2026"],
    &["delete", "batch", "autumn-2026"],
    &["delete", "batch", "autumn-2026", "--confirm", "summer-2026"],
    &["delete", "batch", "autumn-2026", "--confirm", "autumn-2026", "--reason", "by mail"],
    &["delete", "batch", "autumn-2026", "--confirm", "autumn-2026"],
    &["status"],
    &["audit", "list"],
];

/// Words without what differs from run to run: names, hashes, times, and how long it took.
fn words(text: &str, server: &str) -> Vec<String> {
    let text = text.replace(&format!("--server {server}"), "");
    let text = text.replace(&format!("server {server}"), "policy sexton.toml");
    let mut words: Vec<String> = Vec::new();
    // Where a command is folded depends on how long it is.
    for word in text.split_whitespace().filter(|word| *word != "\\") {
        let is_time = word.starts_with("20") && word.ends_with('Z') && word.contains('.');
        let is_hash = word.len() >= 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let follows = |before: &str| words.last().is_some_and(|last| last == before);
        words.push(if word.starts_with("dlt_") || is_time || is_hash {
            "[name]".to_owned()
        } else if word.contains("sha256:") {
            "[digest]".to_owned()
        } else if follows("in") && word.parse::<f64>().is_ok() {
            "[time]".to_owned()
        } else if follows("[time]") {
            "[unit]".to_owned()
        } else {
            word.to_owned()
        });
    }
    words
}

async fn t32_over_a_server_the_same_is_printed_with_the_same_exit(place: Place) {
    let other = place.twin().await;
    let server = Server::on(&other);
    let elsewhere = Elsewhere::than(&server);
    for asked in ASKED {
        let (here, there) = (place.sexton(asked), elsewhere.sexton(asked));
        assert_eq!(there.code, here.code, "{asked:?}\n{there}\n{here}");
        for (there, here) in [(&there.out, &here.out), (&there.err, &here.err)] {
            let (there_words, here_words) =
                (words(there, &elsewhere.server), words(here, &elsewhere.server));
            assert_eq!(there_words, here_words, "{asked:?}\n{there}\n{here}");
        }
    }
    let gone = "SELECT count(*) FROM runs WHERE batch_id = 'autumn-2026'";
    assert_eq!((place.number(gone).await, other.number(gone).await), (0, 0));
    // What there is none of.
    let name = "dlt_aaaaaaaaaaaaaaaaaaaaaaaaaa";
    elsewhere.sexton(&["status", name]).expect(4);
    elsewhere.sexton(&["retry", name]).expect(4);
    elsewhere.sexton(&["sweep", "nowhere"]).expect(2);
}

/// Without names, hashes and times.
fn without_names(mut value: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(strip),
            Value::Object(fields) => {
                for (name, value) in fields.iter_mut() {
                    let differs = ["at", "deletion", "hash", "id", "verified_at", "requested_at"];
                    let differs = differs.contains(&name.as_str())
                        || ["changed_at", "duration_ms", "command"].contains(&name.as_str());
                    if differs && (value.is_string() || value.is_number()) {
                        *value = Value::Null;
                    } else {
                        strip(value);
                    }
                }
            }
            _ => {}
        }
    }
    strip(&mut value);
    value
}

async fn t32_over_a_server_programs_are_told_the_same(place: Place) {
    let other = place.twin().await;
    let server = Server::on(&other);
    let elsewhere = Elsewhere::than(&server);
    let json = ["--output", "json"];
    let asked = [&["preview", "batch", "autumn-2026"][..], &json].concat();
    let (here, there) = (place.sexton(&asked).document(), elsewhere.sexton(&asked).document());
    assert_eq!(there["removed"], here["removed"]);
    let asked = [&CONFIRMED[..], &["--reason", "by mail"], &json].concat();
    let (here, there) = (place.sexton(&asked).expect(0), elsewhere.sexton(&asked).expect(0));
    let events =
        |said: &Said| -> Vec<Value> { said.events().into_iter().map(without_names).collect() };
    let (here, there) = (events(&here), events(&there));
    assert_eq!(there.len(), 2);
    assert_eq!(there[1]["receipt"]["removed"], here[1]["receipt"]["removed"]);
    assert_eq!(there[1]["receipt"]["actor"], here[1]["receipt"]["actor"]);
    let asked = [&["status"][..], &json].concat();
    let (here, there) = (place.sexton(&asked).document(), elsewhere.sexton(&asked).document());
    let (here, there) = (&here["deletions"][0], &there["deletions"][0]);
    for name in ["thing", "root", "state", "sentence", "actor", "reason"] {
        assert_eq!(there[name], here[name], "{name}");
    }
    // One of them, with its receipt.
    let id = there["id"].as_str().expect("it has a name");
    let one = elsewhere.sexton(&[&["status", id][..], &json].concat()).expect(0).document();
    assert_eq!(one["deletion"]["receipt"]["removed"]["runs"], 7, "{one:#}");
    let again = elsewhere.sexton(&[&CONFIRMED[..], &json].concat()).expect(4);
    let error = again.events().pop().expect("it is told");
    assert_eq!((&error["outcome"], &error["exit"]), (&"missing".into(), &4.into()));
}

async fn t40_over_a_server_what_refuses_is_told_with_its_way_out(place: Place) {
    let refuse = "refuse = { \"snapshot_intent = 1\" = \"Batch {id} is being captured.\" }\n";
    place.change_policy("[things.run]", &format!("{refuse}[things.run]"));
    let server = Server::on(&place);
    let elsewhere = Elsewhere::than(&server);
    let before = place.dump().await;
    let (there, here) = (elsewhere.sexton(&CONFIRMED), place.sexton(&CONFIRMED));
    assert_eq!((there.code, here.code), (1, 1), "{there}");
    assert!(there.err.contains("Batch autumn-2026 is being captured."), "{there}");
    assert_eq!(words(&there.err, &elsewhere.server), words(&here.err, &elsewhere.server));
    let rows = |dump| format!("{dump:?}").matches("autumn-2026-").count();
    assert_eq!(rows(&place.dump().await), rows(&before));
}

async fn what_changed_since_it_was_shown_is_refused_over_a_server(place: Place) {
    let server = Server::on(&place);
    let elsewhere = Elsewhere::than(&server);
    let preview = ["preview", "batch", "autumn-2026", "--output", "json"];
    let shown = elsewhere.sexton(&preview).expect(0).document();
    let digest = shown["digest"].as_str().expect("an exact preview has a digest").to_owned();
    place.execute("DELETE FROM jobs WHERE id = 'autumn-2026-ghent'").await;
    let bound = [&CONFIRMED[..], &["--digest", &digest]].concat();
    let said = elsewhere.sexton(&bound).expect(1);
    assert!(said.err.contains("no longer what would happen"), "{said}");
    assert!(said.err.contains("Nothing was changed."), "{said}");
    let again = elsewhere.sexton(&preview).expect(0).document();
    let digest = again["digest"].as_str().expect("an exact preview has a digest").to_owned();
    elsewhere.sexton(&[&CONFIRMED[..], &["--digest", &digest]].concat()).expect(0);
}

#[tokio::test]
async fn what_a_server_cannot_be_asked_says_where_it_can() {
    let place = Place::on_sqlite().await;
    let server = Server::on(&place);
    let elsewhere = Elsewhere::than(&server);
    for (asked, says) in [
        (&["preview", "batch", "autumn-2026", "--why", "runs"][..], "--why needs the policy"),
        (&["preview", "batch", "autumn-2026", "--tenant", "t"], "--tenant is said by the key"),
        (&["delete", "batch", "autumn-2026", "--actor", "bo"], "--actor is said by the key"),
        (&["sweep", "--reclaim"], "--reclaim needs the policy"),
        (&["status", "--database", "x.db"], "--database needs the policy"),
    ] {
        let said = elsewhere.sexton(asked).expect(2);
        assert!(said.err.contains(says), "{said}");
    }
    let nobody = [("SEXTON_SERVER", "http://127.0.0.1:9")];
    let said = elsewhere.sexton_with(&nobody, &["status", "--system", "batches"]).expect(5);
    assert!(said.err.contains("no answer from http://127.0.0.1:9"), "{said}");
    let said = elsewhere.sexton_with(&[("SEXTON_SERVER", "here")], &["status"]).expect(2);
    assert!(said.err.contains("no address of a server"), "{said}");
    elsewhere.sexton(&["status", "--system", "nothing"]).expect(4);
}

#[tokio::test]
async fn tenant_and_roles_are_those_of_the_key() {
    let place = Place::on_sqlite().await;
    let make = |role: &str, name: &str| {
        let made = ["key", "create", "--name", name, "--role", role, "--output", "json"];
        let made = place.sexton(&made).expect(0).document();
        made["secret"].as_str().unwrap_or_else(|| panic!("{made:#}")).to_owned()
    };
    let (admin, viewer) = (make("admin", "ops"), make("viewer", "eyes"));
    let server = Server::guarded(&place);
    let elsewhere = Elsewhere::than(&server);
    let said = elsewhere.sexton(&["status"]).expect(2);
    assert!(said.err.contains("SEXTON_KEY"), "{said}");
    let with = |key: &str, asked: &[&str]| {
        let variables = [("SEXTON_SERVER", elsewhere.server.as_str()), ("SEXTON_KEY", key)];
        elsewhere.sexton_with(&variables, asked)
    };
    with(&viewer, &["audit", "verify"]).expect(0);
    let said = with(&viewer, &CONFIRMED).expect(1);
    assert!(said.err.starts_with("refused: deleting a batch needs the role admin"), "{said}");
    let said = with(&admin, &CONFIRMED).expect(0);
    assert!(!said.to_string().contains(&admin), "{said}");
    let record = with(&admin, &["audit", "list", "--output", "json"]).expect(0).document();
    assert_eq!(record["records"][0]["record"]["actor"], "ops", "{record:#}");
}
