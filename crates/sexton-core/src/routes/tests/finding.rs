use super::policy;
use crate::policy::Method;
use crate::routes::{Found, Table, decoded, query};

const ROUTES: &str = "[routes.\"DELETE /v1/batches/{id}\"]\ndoes = \"delete batch\"\n\
                      [routes.\"GET /v1/batches/{id}\"]\ndoes = \"preview batch\"\n\
                      [routes.\"DELETE /v1/batches/{id}/audio/\"]\ndoes = \"delete batch\"\n";

/// The route that is found and its names, or what is said instead.
fn found(method: &str, path: &str) -> String {
    let policy = policy(ROUTES);
    match Table::of(&policy).find(method, path) {
        Found::Route(found) => format!("{} {:?}", found.route.name, found.path["id"]),
        Found::Method(methods) => methods.iter().map(|method| method.as_str()).collect(),
        Found::Nothing => "nothing".to_owned(),
    }
}

#[test]
fn a_path_is_compared_once_it_is_decoded() {
    for (path, id) in [
        ("/v1/batches/b-1", "b-1"),
        ("/v1/b%61tches/b%201", "b 1"),
        ("/v1/batches/a%2Fb", "a/b"),
        ("/v1/batches/%C3%BC", "ü"),
        ("/v1/batches/a+b", "a+b"),
        // An id that is blank is told as such.
        ("/v1/batches/", ""),
        ("/v1/batches/%20", " "),
    ] {
        assert_eq!(found("DELETE", path), format!("DELETE /v1/batches/{{id}} {id:?}"), "{path}");
    }
}

#[test]
fn what_is_no_path_of_a_route_is_nothing() {
    for path in [
        "/v1/batches",
        "/v1/batches/a/",
        "/v1/batches/a/audio",
        "/V1/batches/a",
        "//v1/batches/a",
        "/v1/batches/..",
        "/v1/batches/%2E%2E",
        "/v1/./a",
        "/v1/batches/%",
        "/v1/batches/%4",
        "/v1/batches/%zz",
        "/v1/batches/%FF",
        "v1/batches/a",
        "",
    ] {
        assert_eq!(found("DELETE", path), "nothing", "{path}");
    }
}

#[test]
fn a_slash_at_the_end_belongs_to_the_path() {
    assert_eq!(found("DELETE", "/v1/batches/a/audio/"), "DELETE /v1/batches/{id}/audio/ \"a\"");
}

#[test]
fn another_method_is_told_which_there_are() {
    assert_eq!(found("POST", "/v1/batches/a"), "GETDELETE");
    assert_eq!(found("HEAD", "/v1/batches/a"), "GETDELETE");
    assert_eq!(found("delete", "/v1/batches/a"), "GETDELETE");
    assert_eq!(found("GET", "/v1/batches/a/audio/"), "DELETE");
    let policy = policy(ROUTES);
    let Found::Method(methods) = Table::of(&policy).find("PUT", "/v1/batches/a") else { panic!() };
    assert_eq!(methods, [Method::Get, Method::Delete]);
}

#[test]
fn addresses_are_read_byte_for_byte() {
    assert_eq!(decoded("a%00b").as_deref(), Some("a\0b"));
    let pairs = query;
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        pairs("a=1&b=&c&&d=x+y%2B"),
        [pair("a", "1"), pair("b", ""), pair("c", ""), pair("d", "x y+"),]
    );
    assert_eq!(pairs("a=%zz"), [pair("a", "%zz")]);
}
