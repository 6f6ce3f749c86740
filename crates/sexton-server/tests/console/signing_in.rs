//! Who comes to the console: nobody, with a key, or from this machine before there are keys.

use crate::place::{Answer, Place};

/// The cookie of an answer, as a browser sends it back.
fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
}

async fn sign_in(place: &Place, base: &str, key: &str) -> Answer {
    place.post(&format!("{base}/console/sign-in"), &format!("key={key}")).await
}

#[tokio::test]
async fn b1_whoever_is_not_known_is_led_to_sign_in_and_back() {
    let place = Place::keyed("/sexton").await;
    let (_, key) = place.key(&["admin"], None).await;
    let led = place.get("/sexton/console?x=1").await.leads_to();
    assert_eq!(led, "/sexton/console/sign-in?next=%2Fsexton%2Fconsole%3Fx%3D1");
    let page = place.get(&led).await.expect(200);
    page.says("type=\"password\"").says("value=\"/sexton/console?x=1\"");
    page.does_not_say("batches");
    let form = format!("key={key}&next=%2Fsexton%2Fconsole%3Fx%3D1");
    let opened = place.post("/sexton/console/sign-in", &form).await.expect(303);
    assert_eq!(opened.header("location"), "/sexton/console?x=1");
    let said = opened.header("set-cookie");
    for word in ["HttpOnly", "SameSite=Strict", "Path=/sexton;", "Max-Age=43200"] {
        assert!(said.contains(word), "{said}");
    }
    assert!(!said.contains("Secure") && !said.contains(&key), "{said}");
    let own = cookie(&opened);
    let page = place.ask("GET", "/sexton/console", &[("cookie", &own)], "").await.expect(200);
    page.says("bea").says("batches").says("Sign out");
}

#[tokio::test]
async fn b1_the_cookie_travels_over_tls_only_where_the_browser_speaks_it() {
    let place = Place::keyed("").await;
    let (_, key) = place.key(&["admin"], None).await;
    let from = [("host", "sexton.example"), ("origin", "https://sexton.example")];
    let opened = place.ask("POST", "/console/sign-in", &from, &format!("key={key}")).await;
    assert!(opened.expect(303).header("set-cookie").ends_with("; Secure"));
}

#[tokio::test]
async fn b1_what_opens_nothing_is_told_on_the_same_page() {
    let place = Place::keyed("").await;
    let (id, key) = place.key(&["admin"], None).await;
    for wrong in ["", "sxt_typo", "a.b.c", &key.to_uppercase()] {
        let page = sign_in(&place, "", wrong).await.expect(401);
        page.says("This key opens nothing here.").says("type=\"password\"");
        assert!(page.headers.get("set-cookie").is_none(), "{page:?}");
    }
    let own = cookie(&sign_in(&place, "", &key).await);
    place.ask("GET", "/console", &[("cookie", &own)], "").await.expect(200);
    let now = sexton_engine::ports::Clock::now(&sexton_engine::ports::SystemClock);
    let revoked = sexton_engine::ports::State::revoke_key(&*place.state, &id, now).await;
    assert!(revoked.expect("the state can be written"));
    let led = place.ask("GET", "/console", &[("cookie", &own)], "").await.leads_to();
    assert!(led.starts_with("/console/sign-in"), "a key that is revoked ends its sessions");
    sign_in(&place, "", &key).await.expect(401);
}

#[tokio::test]
async fn who_tries_too_often_is_told_to_wait() {
    let place = Place::keyed("").await;
    place.key(&["admin"], None).await;
    for _ in 0..10 {
        sign_in(&place, "", "sxt_typo").await.expect(401);
    }
    sign_in(&place, "", "sxt_typo").await.expect(429).says("Too many tries");
}

#[tokio::test]
async fn whoever_signs_out_is_nobody_again() {
    let place = Place::keyed("").await;
    let (_, key) = place.key(&["viewer"], None).await;
    let own = cookie(&sign_in(&place, "", &key).await);
    let out = place.ask("POST", "/console/sign-out", &[("cookie", &own)], "").await.expect(303);
    assert_eq!(out.header("location"), "/console/sign-in");
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    place.ask("GET", "/console", &[("cookie", &own)], "").await.leads_to();
    // A second click finds nothing to end.
    place.ask("POST", "/console/sign-out", &[("cookie", &own)], "").await.expect(303);
}

#[tokio::test]
async fn before_there_is_a_key_this_machine_needs_none() {
    let place = Place::keyed("").await;
    let page = place.get("/console").await.expect(200);
    page.says("operator").does_not_say("Sign out");
    assert_eq!(place.get("/console/sign-in").await.leads_to(), "/console");
    assert_eq!(place.get("/").await.leads_to(), "/console");
    // The cookie of another server of this machine is in nobody's way.
    let others = format!("sexton_session=ses_{}", "a".repeat(52));
    place.ask("GET", "/console", &[("cookie", &others)], "").await.expect(200);
    let proxied = [("x-forwarded-for", "10.0.0.1")];
    let led = place.ask("GET", "/console", &proxied, "").await.leads_to();
    let page = place.ask("GET", &led, &proxied, "").await.expect(200);
    page.says("without keys only this machine is answered");
}

#[tokio::test]
async fn nobody_is_led_away() {
    let place = Place::keyed("").await;
    let (_, key) = place.key(&["admin"], None).await;
    for next in ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2Fapi%2Fsystems"] {
        let form = format!("key={key}&next={next}");
        let led = place.post("/console/sign-in", &form).await.leads_to();
        assert_eq!(led, "/console");
        let page = place.get(&format!("/console/sign-in?next={next}")).await.expect(200);
        page.does_not_say("evil.example").does_not_say("name=\"next\"");
    }
}

#[tokio::test]
async fn b2_a_form_of_another_site_is_refused() {
    let place = Place::keyed("").await;
    let (_, key) = place.key(&["admin"], None).await;
    for other in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let refused = place.ask("POST", "/console/sign-in", &[other], &format!("key={key}")).await;
        assert!(refused.expect(403).headers.get("set-cookie").is_none());
        place.ask("POST", "/console/sign-out", &[other], "").await.expect(403);
    }
}

#[tokio::test]
async fn looking_changes_nothing() {
    let place = Place::open().await;
    let before = place.dump().await;
    for path in ["/console", "/console/systems/batches"] {
        place.get(path).await.expect(200);
    }
    assert_eq!(place.dump().await, before);
}

/// Nothing is inline, nothing comes from elsewhere, nothing is framed, nothing is kept.
#[tokio::test]
async fn every_page_says_what_a_browser_may_do_with_it() {
    let place = Place::open().await;
    for path in ["/console", "/console/sign-in", "/console/systems/batches", "/console/systems/x"] {
        let page = place.get(path).await;
        let policy = page.header("content-security-policy").to_owned();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        for word in ["unsafe", "data:", "http", "*"] {
            assert!(!policy.contains(word), "{policy}");
        }
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("referrer-policy"), "same-origin");
        assert_eq!(page.header("cache-control"), "no-store");
        for word in ["<style", " style=", "onclick", "javascript:", "http://", "https://"] {
            page.does_not_say(word);
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_on_a_page_with_the_way_back() {
    let place = Place::open().await;
    let page = place.get("/console/systems/nowhere").await.expect(404);
    assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
    page.says("There is no such thing").says("href=\"/console\"").says("batches").says("req_");
    let page = place.get("/console/systems/batches").await.expect(200);
    page.says("aria-current=\"page\"").says("snapshot");
    place.post("/console", "").await.expect(405).says("method_not_allowed");
}

#[tokio::test]
async fn the_files_of_pages_are_kept_by_the_name_of_their_content() {
    let place = Place::keyed("/sexton").await;
    let page = place.get("/sexton/console").await.expect(200);
    for (ends, kind) in [("css", "text/css"), ("js", "text/javascript"), ("svg", "image/svg+xml")] {
        let from = page.text.split('"').find(|part| {
            part.starts_with("/sexton/console/static/") && part.ends_with(&format!(".{ends}"))
        });
        let file = place.get(from.expect("the page names it")).await.expect(200);
        assert!(file.header("content-type").starts_with(kind), "{file:?}");
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
        assert!(!file.text.is_empty());
    }
    place.get("/sexton/console/static/console.css").await.expect(404);
}
