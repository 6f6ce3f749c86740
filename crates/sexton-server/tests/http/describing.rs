//! The description of the API says everything that is answered.

use std::path::Path;

use serde_json::Value;

use crate::place::{Data, Served};

fn described() -> Value {
    serde_json::to_value(sexton_server::openapi()).expect("a description is JSON")
}

fn operations(described: &Value) -> Vec<(String, String, &Value)> {
    let paths = described["paths"].as_object().expect("there are paths");
    let of_path = |(path, item): (&String, &'_ Value)| {
        let item: Vec<(String, String)> = item
            .as_object()
            .expect("a path has operations")
            .keys()
            .map(|method| (path.clone(), method.clone()))
            .collect();
        item
    };
    let all = paths.iter().flat_map(of_path);
    all.map(|(path, method)| {
        let operation = &described["paths"][&path][&method];
        (path, method, operation)
    })
    .collect()
}

#[test]
fn the_description_is_the_one_that_was_reviewed() {
    let text = serde_json::to_string_pretty(&described()).expect("a description is JSON");
    insta::assert_snapshot!("openapi", text);
}

#[test]
fn every_operation_and_every_answer_is_described() {
    let described = described();
    for (path, method, operation) in operations(&described) {
        assert!(operation["summary"].is_string(), "{method} {path} is not described");
        let responses = operation["responses"].as_object().expect("it answers");
        for (status, response) in responses {
            let said = response["description"].as_str().unwrap_or_default();
            assert!(!said.is_empty(), "{method} {path} {status} is not described");
        }
    }
}

/// A handler is in the router only together with its description; one that is in neither would
/// be answered by nobody.
#[test]
fn every_handler_that_is_written_stands_in_the_description() {
    fn count(folder: &Path) -> usize {
        let entries = std::fs::read_dir(folder).expect("the sources are there");
        let of = |path: &Path| {
            if path.is_dir() {
                return count(path);
            }
            let text = std::fs::read_to_string(path).expect("a source is text");
            text.matches("#[utoipa::path(").count()
        };
        entries.map(|entry| of(&entry.expect("an entry can be read").path())).sum()
    }
    let written = count(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api"));
    assert_eq!(operations(&described()).len(), written);
}

on_both_databases!(
    the_description_is_served_and_every_path_of_it_is_there,
    the_routes_of_the_policies_are_described_where_they_are_served,
);

async fn the_description_is_served_and_every_path_of_it_is_there(data: Data) {
    let server = Served::of(&data).await;
    let document = server.get("/openapi.json").await.expect(200).json();
    assert_eq!(document["openapi"], "3.1.0");
    for (path, method, operation) in operations(&document) {
        assert!(operation["responses"]["default"].is_object(), "{method} {path} cannot fail");
        let path = path.replace("{system}", "batches").replace(['{', '}'], "");
        // A method that nothing has is known there, and refused.
        let patched = server.ask(reqwest::Method::PATCH, &path, &[], "").await;
        patched.problem(405, "method_not_allowed");
    }
}

async fn the_routes_of_the_policies_are_described_where_they_are_served(data: Data) {
    let server = Served::of(&data).await;
    let document = server.get("/openapi.json").await.expect(200).json();
    let fixed = described();
    let mut own: Vec<(String, String)> = operations(&document)
        .into_iter()
        .filter(|(path, ..)| fixed["paths"].get(path).is_none())
        .map(|(path, method, _)| (method, path))
        .collect();
    let policy = sexton_samples::batches().read_policy().expect("the sample's policy is sound");
    let mut routes: Vec<(String, String)> = policy
        .routes
        .iter()
        .filter_map(|route| route.name.as_str().split_once(' '))
        .map(|(method, path)| (method.to_lowercase(), path.to_owned()))
        .collect();
    own.sort();
    routes.sort();
    assert_eq!(own, routes);
    let snapshot = "/api/v1/analysis/cohorts/{cohort}/snapshots/{slug}";
    let retire = &document["paths"][snapshot]["delete"];
    assert_eq!(retire["summary"], "delete-for-good snapshot, or delete snapshot");
    let names = |operation: &Value, place: &str| -> Vec<String> {
        let parameters = operation["parameters"].as_array().expect("it has some").iter();
        let there = parameters.filter(|parameter| parameter["in"] == place);
        there.map(|parameter| parameter["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(
        (names(retire, "path"), names(retire, "query")),
        (vec!["cohort".to_owned(), "slug".to_owned()], vec!["purge".to_owned()],)
    );
    let said = |operation: &Value, status: &str| -> String {
        operation["responses"][status]["description"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(said(retire, "204"), "done");
    assert_eq!(said(retire, "404"), "bad-id, missing");
    assert_eq!(said(retire, "409"), "wrong, refused, held, over-limit, undrained, stale, busy");
    let restore = &document["paths"][snapshot]["post"];
    let body = &restore["requestBody"]["content"]["application/json"]["schema"]["properties"];
    assert!(body["status"].is_object(), "{restore:#}");
    assert_eq!(said(&document["paths"]["/api/v1/jobs/purge"]["post"], "400"), "bad-body, unset");
}
