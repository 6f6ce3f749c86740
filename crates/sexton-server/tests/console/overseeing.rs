//! The pages of those who look after a system: for whom each is, and what is said of forged posts.

use crate::place::Place;

const PAGES: [(&str, [u16; 4]); 10] = [
    // Of a viewer, an operator, an admin, and an admin of one tenant.
    ("/systems/batches/overview", [200, 200, 200, 403]),
    ("/systems/batches/history", [200, 200, 200, 200]),
    ("/systems/batches/audit?verify=yes", [200, 200, 200, 403]),
    ("/systems/batches/audit/records.ndjson", [200, 200, 200, 403]),
    ("/systems/batches/retention", [200, 200, 200, 403]),
    ("/systems/batches/sweeps", [403, 200, 200, 403]),
    ("/systems/batches/holds", [200, 200, 200, 403]),
    ("/systems/batches/pauses", [403, 200, 200, 403]),
    ("/systems/batches/policy", [200, 200, 200, 403]),
    ("/keys", [403, 403, 200, 403]),
];

const POSTS: [(&str, &str, [u16; 4]); 7] = [
    ("/systems/batches/retention/run", "rule=none", [403, 404, 404, 403]),
    ("/systems/batches/sweeps", "", [403, 303, 303, 403]),
    ("/systems/batches/holds", "thing=batch&id=nowhere&reason=x", [403, 403, 404, 403]),
    ("/systems/batches/holds/7/release", "reason=x", [403, 403, 404, 403]),
    ("/systems/batches/pauses", "reason=x", [403, 303, 303, 403]),
    ("/systems/batches/pauses/lift", "reason=x", [403, 303, 303, 403]),
    ("/keys/revoke", "key=key_none", [403, 403, 303, 403]),
];

async fn keys(place: &Place) -> [String; 4] {
    let (_, viewer) = place.key(&["viewer"], None).await;
    let (_, operator) = place.key(&["operator"], None).await;
    let (_, admin) = place.key(&["admin"], None).await;
    let (_, tenant) = place.key(&["admin"], Some("t")).await;
    [viewer, operator, admin, tenant].map(|key| format!("Bearer {key}"))
}

#[tokio::test]
async fn each_page_is_for_the_roles_that_may() {
    let place = Place::keyed("").await;
    let keys = keys(&place).await;
    for (path, statuses) in PAGES {
        let path = format!("/console{path}");
        for (key, status) in keys.iter().zip(statuses) {
            let own = [("authorization", key.as_str())];
            let page = place.ask("GET", &path, &own, "").await;
            assert_eq!(page.status.as_u16(), status, "{path} {page:?}");
        }
        let led = place.get(&path).await.leads_to();
        assert!(led.starts_with("/console/sign-in"), "{led}");
    }
}

#[tokio::test]
async fn each_form_is_for_the_roles_that_may_and_for_no_other_site() {
    let place = Place::keyed("").await;
    let keys = keys(&place).await;
    for (path, form, statuses) in POSTS {
        let path = format!("/console{path}");
        for (key, status) in keys.iter().zip(statuses) {
            let own = [("authorization", key.as_str())];
            let answer = place.ask("POST", &path, &own, form).await;
            assert_eq!(answer.status.as_u16(), status, "{path} {answer:?}");
            let other = [("authorization", key.as_str()), ("origin", "https://evil.example")];
            place.ask("POST", &path, &other, form).await.expect(403);
        }
        place.post(&path, form).await.expect(401);
    }
}

#[tokio::test]
async fn what_is_asked_of_nobody_else_is_not_offered() {
    let place = Place::keyed("").await;
    let [viewer, operator, admin, tenant] = keys(&place).await;
    let page = async |key: &str, path: &str| {
        place.ask("GET", &format!("/console{path}"), &[("authorization", key)], "").await
    };
    let holds = "/systems/batches/holds";
    let sweeps = "href=\"/console/systems/batches/sweeps\"";
    page(&viewer, holds).await.does_not_say("<form").does_not_say(sweeps);
    page(&operator, holds).await.does_not_say("<form").says(sweeps);
    page(&admin, holds).await.says("<form").says("href=\"/console/keys\"");
    let own = page(&tenant, "/systems/batches/history").await;
    own.does_not_say("/overview\"").does_not_say("/audit\"").does_not_say("/console/keys");
    // A look at what a rule would delete reads rows of everybody.
    page(&viewer, "/systems/batches/retention").await.does_not_say("<form");
}

#[tokio::test]
async fn a_word_in_an_address_puts_no_sentence_of_its_own_on_a_page() {
    let place = Place::open().await;
    let told = "/console/systems/batches/holds?told=";
    place.get(&format!("{told}held")).await.says("It is held.");
    place.get(&format!("{told}pay-here")).await.does_not_say("data-notice").does_not_say("pay");
}
