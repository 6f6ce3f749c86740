//! `key`: keys are made, listed and revoked, wherever the server's state is.

use std::path::Path;

use serde_json::Value;

use crate::place::Place;
use crate::program::{Said, program, run};

on_both_databases!(a_key_is_made_listed_and_revoked);

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is room for a temporary folder")
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the test's own folder can be read");
    let names = entries.map(|entry| entry.expect("nobody else is here").file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().expect("ours")).collect();
    names.sort();
    names
}

fn secret(said: &Said) -> String {
    let found = said.out.split_whitespace().find(|word| word.starts_with("sxt_") && word.len() > 9);
    found.unwrap_or_else(|| panic!("no secret in {said}")).to_owned()
}

async fn a_key_is_made_listed_and_revoked(place: Place) {
    // The file of a system may hold the state, too: they do not meet.
    let address = place.address();
    let sexton = |arguments: &[&str]| {
        let all: Vec<&str> = arguments.iter().copied().chain(["--state", &address]).collect();
        place.sexton(&all)
    };
    let made = sexton(&[
        "key",
        "create",
        "--name",
        "ci",
        "--role",
        "operator",
        "--org",
        "o1",
        "--tenant",
        "t1",
        "--system",
        "batches",
        "--rate",
        "60",
        "--expires",
        "90d",
        "--output",
        "json",
    ])
    .expect(0)
    .document();
    let (key, secret) = (&made["key"], made["secret"].as_str().expect("it is shown once"));
    assert!(secret.starts_with(key["prefix"].as_str().expect("a prefix")), "{made}");
    assert_eq!(key["roles"], serde_json::json!(["operator"]));
    assert_eq!(key["systems"], serde_json::json!(["batches"]));
    assert_eq!(key["created_by"], "ann");
    let id = key["id"].as_str().expect("an id").to_owned();

    let listed = sexton(&["key", "list", "--output", "json"]).expect(0);
    assert!(!listed.out.contains(secret), "it is not shown again");
    let keys = &listed.document()["keys"];
    assert_eq!((&keys[0]["id"], &keys[0]["revoked_at"]), (&Value::from(id.as_str()), &Value::Null));
    let stored = if address.starts_with("postgres") {
        place.column("SELECT k::text FROM sexton_state.keys AS k").await
    } else {
        place.column("SELECT prefix || hash FROM sexton_state_keys").await
    };
    let stored = stored[0].as_deref().expect("it was stored");
    assert!(stored.contains(&secret[..12]) && !stored.contains(&secret[12..]), "and not stored");

    let said = sexton(&["key", "revoke", &id]).expect(0);
    assert!(said.out.starts_with("Revoked: the key key_"), "{said}");
    let said = sexton(&["key", "revoke", &id]).expect(0);
    assert!(said.out.contains("was revoked before"), "{said}");
    let revoked = sexton(&["key", "list", "--output", "json"]).expect(0).document();
    assert!(revoked["keys"][0]["revoked_at"].is_string(), "{revoked}");
    sexton(&["key", "revoke", "key_aaaaaaaaaaaaaaaaaaaaaaaaaa"]).expect(4);
    assert_eq!(place.sexton(&["check"]).code, place.twin().await.sexton(&["check"]).code);
}

#[test]
fn keys_are_told_to_people() {
    let folder = folder();
    let made = run(folder.path(), &["key", "create", "--name", "shop", "--tenant", "t1"]).expect(0);
    let secret = secret(&made);
    snapshot!("key_create", made);
    run(
        folder.path(),
        &["key", "create", "--name", "ann's \u{1b}[31m", "--role", "admin", "--expires", "36h"],
    )
    .expect(0);
    let listed = run(folder.path(), &["key", "list"]).expect(0);
    assert!(!listed.out.contains(&secret), "it is not shown again");
    snapshot!("key_list", listed);
    let bytes = std::fs::read(folder.path().join("sexton-state.db")).expect("it was made here");
    let log = std::fs::read(folder.path().join("sexton-state.db-wal")).unwrap_or_default();
    for stored in [bytes, log] {
        let needle = &secret.as_bytes()[12..];
        assert!(!stored.windows(needle.len()).any(|at| at == needle), "and not stored");
    }
}

#[test]
fn asking_for_keys_makes_no_state() {
    let folder = folder();
    let said = run(folder.path(), &["key", "list"]).expect(0);
    assert_eq!(said.out, "There are no keys yet.\n");
    run(folder.path(), &["key", "revoke", "key_aaaaaaaaaaaaaaaaaaaaaaaaaa"]).expect(4);
    assert!(files(folder.path()).is_empty(), "{:?}", files(folder.path()));
}

/// Beside the policy; where the file says; where the variable says; where the flag says.
#[test]
fn the_state_is_where_it_is_said_to_be() {
    let folder = folder();
    let system = folder.path().join("system");
    std::fs::create_dir(&system).expect("room for a folder");
    let create = |arguments: &[&str], variable: Option<&str>| {
        let mut command = program(folder.path());
        command.env_remove("SEXTON_STATE").args(["key", "create", "--name", "x"]).args(arguments);
        command.args(["-p", "system/policy.toml"]);
        if let Some(variable) = variable {
            command.env("SEXTON_STATE", variable);
        }
        Said::of(command.output().expect("the program starts")).expect(0)
    };
    let made = |name: &str| assert!(folder.path().join(name).is_file(), "{name}");
    create(&[], None);
    made("system/sexton-state.db");
    let file = "[who]\nstate = \"of-file.db\"\n[jwt]\nalgorithm = \"HS256\"\n";
    std::fs::write(system.join("sexton-server.toml"), file).expect("room for a file");
    create(&[], None);
    made("of-file.db");
    create(&[], Some("of-variable.db"));
    made("of-variable.db");
    create(&["--state", "of-flag.db"], Some("not-this.db"));
    made("of-flag.db");
    assert!(!folder.path().join("not-this.db").exists());
}

#[test]
fn a_configuration_with_mistakes_is_told_at_its_places() {
    let folder = folder();
    let text = "[who]\nstat = \"x\"\n[jwt]\nalgorithm = \"none\"\n";
    std::fs::write(folder.path().join("sexton-server.toml"), text).expect("room for a file");
    snapshot!("key_bad_config", run(folder.path(), &["key", "list"]).expect(2));
}

#[test]
fn what_no_key_can_be_is_refused() {
    let folder = folder();
    for arguments in [
        &["key"][..],
        &["key", "create"],
        &["key", "create", "--name", " "],
        &["key", "create", "--name", "x", "--role", ""],
        &["key", "create", "--name", "x", "--expires", "0d"],
        &["key", "create", "--name", "x", "--expires", "soon"],
        &["key", "create", "--name", "x", "--rate", "0"],
        &["key", "create", "--name", "x", "--system", "Not A System"],
        &["key", "create", "--name", "x", "--state", "mysql://db/state"],
        &["key", "create", "--name", "x", "--state", "env:NOWHERE_SET"],
        &["key", "revoke"],
    ] {
        run(folder.path(), arguments).expect(2);
    }
    run(folder.path(), &["key", "create", "--name", "x", "--state", "no/such/folder"]).expect(5);
    assert!(files(folder.path()).is_empty());
}
