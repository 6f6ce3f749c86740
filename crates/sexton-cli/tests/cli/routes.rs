//! The example of `docs/routes.md`: its policy is sound, and what it says is answered.

use serde_json::Value;

use crate::place::{Place, TestDatabase};
use crate::serving::{Server, ask};

const DOCUMENT: &str = include_str!("../../../../docs/routes.md");

/// The first block of code in this language.
fn block(language: &str) -> &'static str {
    let begin = format!("```{language}\n");
    let (_, rest) = DOCUMENT.split_once(&begin).expect("there is such a block");
    rest.split_once("```").expect("it ends").0
}

#[tokio::test]
async fn the_example_of_routes_is_answered_as_it_says() {
    let place = Place::empty_on_sqlite().await;
    assert!(matches!(place.database, TestDatabase::Sqlite(_)));
    place.execute(block("sql")).await;
    place.write_policy(block("toml"));
    place.sexton(&["check"]).expect(0);
    let server = Server::on(&place);
    let address = server.url().replace("http://", "");
    let mut asked = 0;
    for said in block("text").trim().split("\n\n") {
        let (request, answer) = said.split_once('\n').expect("a request and its answer");
        let (method, path) = request.split_once(' ').expect("a method and a path");
        let (status, body) = answer.split_once(' ').unwrap_or((answer, "null"));
        let body: Value = serde_json::from_str(body).expect("a body is JSON");
        let answered = ask(&address, method, path, "", "");
        assert_eq!(answered, (status.parse().expect("a status"), body), "{request}");
        asked += 1;
    }
    assert_eq!(asked, 6);
    let left = "SELECT (SELECT count(*) FROM customers) + (SELECT count(*) FROM lines)";
    assert_eq!(place.number(left).await, 3);
    place.sexton(&["audit", "verify"]).expect(0);
}
