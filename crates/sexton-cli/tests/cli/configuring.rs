//! Where the policy and the database are found, and what is said when they are not.

use crate::place::Place;
use crate::program::{Said, program, run};

fn with(place: &Place, variable: &str, value: &str, arguments: &[&str]) -> Said {
    let mut command = program(place.folder());
    Said::of(command.env(variable, value).args(arguments).output().expect("the program starts"))
}

#[tokio::test]
async fn the_policy_is_named_by_option_then_variable_then_folder() {
    let place = Place::on_sqlite().await;
    let elsewhere = place.folder().join("other.toml");
    std::fs::rename(place.folder().join("sexton.toml"), &elsewhere).expect("it can be renamed");
    place.sexton(&["check"]).expect(2);
    place.sexton(&["check", "-p", "other.toml"]).expect(0);
    place.sexton(&["-p", "other.toml", "check"]).expect(0);
    let address = place.address();
    let check = ["check", "--database", &address];
    with(&place, "SEXTON_POLICY", "other.toml", &check).expect(0);
    let option = [&check[..], &["-p", "other.toml"]].concat();
    with(&place, "SEXTON_POLICY", "nothing.toml", &option).expect(0);
}

#[tokio::test]
async fn the_database_of_the_command_line_comes_before_that_of_the_policy() {
    let place = Place::on_sqlite().await;
    let address = place.address();
    run(place.folder(), &["check", "--database", &address]).expect(0);
    let url = format!("sqlite:{address}");
    run(place.folder(), &["check", "--database", &url]).expect(0);
    with(&place, "MINE", &address, &["check", "--database", "env:MINE"]).expect(0);
    place.change_policy("\"env:DATABASE_URL\"", &format!("\"{address}\""));
    run(place.folder(), &["check"]).expect(0);
}

#[tokio::test]
async fn what_cannot_be_found_is_named_with_the_next_step() {
    let place = Place::on_sqlite().await;
    std::fs::write(place.folder().join("latin.toml"), b"system = \"\xe9\"").expect("it is written");
    std::fs::create_dir(place.folder().join("folder.toml")).expect("it is made");
    let cases: [&[&str]; 8] = [
        &["check", "-p", "nothing.toml"],
        &["check", "-p", "folder.toml"],
        &["check", "-p", "latin.toml"],
        &["check"],
        &["check", "--database", "env:NOT_SET"],
        &["check", "--database", "mysql://ann:secret@localhost/app"],
        &["check", "--database", "postgres://ann:secret@[/app"],
        &["preview", "batch", "x", "--database", ""],
    ];
    let mut told = Vec::new();
    for case in cases {
        let said = run(place.folder(), case).expect(2);
        assert!(!said.err.contains("secret"), "{said}");
        told.push(format!("$ sexton {}\n{said}", case.join(" ")));
    }
    snapshot!("not_found", told.join("\n\n"));
}

#[tokio::test]
async fn a_policy_without_a_database_asks_for_one() {
    let place = Place::on_sqlite().await;
    place.change_policy("database = \"env:DATABASE_URL\"", "");
    let said = run(place.folder(), &["preview", "batch", "x"]).expect(2);
    assert!(said.err.contains("names no database"), "{said}");
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_a_failure() {
    let place = Place::on_sqlite().await;
    std::fs::write(place.folder().join("text.db"), "not a database at all").expect("written");
    for address in ["nothing.db", "text.db", "postgres://127.0.0.1:1/app?sslmode=disable"] {
        for command in [&["check"][..], &["preview", "batch", "x"], &["status"]] {
            let said = run(place.folder(), &[command, &["--database", address]].concat()).expect(5);
            assert!(said.err.starts_with("failed: the database cannot be reached"), "{said}");
        }
    }
    assert!(!place.folder().join("nothing.db").exists());
}

#[tokio::test]
async fn a_database_that_can_only_be_read_is_previewed_and_not_deleted_from() {
    let place = Place::on_sqlite().await.with_own_tables().await;
    let address = format!("sqlite:{}?mode=ro", place.address());
    let on = ["--database", address.as_str()];
    run(place.folder(), &[&["preview", "batch", "autumn-2026"][..], &on].concat()).expect(0);
    let delete = ["delete", "batch", "autumn-2026", "--confirm", "autumn-2026"];
    let said = run(place.folder(), &[&delete[..], &on].concat()).expect(5);
    assert!(said.err.contains("the database can only be read"), "{said}");
    assert!(said.err.contains("Nothing was changed."), "{said}");
    let said = run(place.folder(), &[&["status"][..], &on].concat()).expect(0);
    assert!(said.err.contains("nothing was settled"), "{said}");
}

#[tokio::test]
async fn causes_are_told_only_to_those_who_ask() {
    let place = Place::on_sqlite().await;
    let check = ["check", "--database", "nothing.db"];
    let said = run(place.folder(), &check).expect(5);
    assert!(!said.err.contains("cause:"), "{said}");
    let said = run(place.folder(), &[&check[..], &["--verbose"]].concat()).expect(5);
    assert!(said.err.contains("cause: the database cannot be reached"), "{said}");
    assert!(!said.err.contains("backtrace"), "{said}");
}

#[tokio::test]
async fn failures_are_documents_for_programs() {
    let place = Place::on_sqlite().await;
    for (arguments, exit, outcome) in [
        (&["check", "-p", "nothing.toml"][..], 2, "usage"),
        (&["preview", "batch", "nobody"], 4, "missing"),
        (&["preview", "batch", ""], 2, "bad-id"),
        (&["status", "dlt_x"], 4, "missing"),
        (&["status", "--database", "nothing.db"], 5, "failed"),
    ] {
        let said = place.sexton(&[arguments, &["--output", "json"]].concat()).expect(exit);
        let error = &said.document()["error"];
        assert_eq!((&error["exit"], &error["outcome"]), (&exit.into(), &outcome.into()), "{said}");
        assert!(error["message"].is_string() && !said.err.is_empty(), "{said}");
        if ["missing", "bad-id"].contains(&outcome) && arguments[0] == "preview" {
            assert_eq!(error["ids"], serde_json::json!([arguments[2]]), "{said}");
        }
    }
}

#[tokio::test]
async fn a_server_whose_certificate_is_not_accepted_is_a_failure() {
    let place = Place::on_postgres().await;
    let server = sexton_testkit::postgres::TlsServer::start();
    let check = |parameters: &str| {
        place.sexton(&["check", "--database", &server.url("localhost", parameters)])
    };
    let said = check("sslmode=verify-full").expect(5);
    assert!(said.err.contains("the server's certificate is not accepted"), "{said}");
    // With its root there is a connection, and the tables are missed.
    let root = server.root();
    let said = check(&format!("sslmode=verify-full&sslrootcert={}", root.display())).expect(1);
    assert!(said.out.contains("C101"), "{said}");
}
