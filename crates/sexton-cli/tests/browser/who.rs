//! Who sees what: other roles, other tenants, sessions that are over, posts of other sites.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::browser::Browser;
use crate::place::Place;

#[tokio::test]
async fn what_a_role_may_not_do_is_not_offered_and_refused_all_the_same() {
    let Some(browser) = Browser::start() else { return };
    let (place, _) = Place::lived_in().await;
    let viewer = place.key("vic", &["--role", "viewer"]);
    place.sign_in(&browser, &viewer);
    browser.open(&place.at("/console/systems/snapshots/holds"));
    let offered = browser.read("nav.side");
    for section in ["Overview", "Things", "History", "Audit", "Retention", "Holds", "Policy"] {
        assert!(offered.contains(section), "{section} is not offered: {offered}");
    }
    for section in ["Sweeps", "Pause"] {
        assert!(!offered.contains(section), "{section} is offered: {offered}");
    }
    assert_eq!(browser.count("main form"), 0, "a viewer holds nothing");
    assert_eq!(browser.count(".who a[href$='/keys']"), 0);
    for path in ["/systems/snapshots/sweeps", "/systems/snapshots/pauses", "/keys"] {
        browser.open(&place.at(&format!("/console{path}")));
        browser.find("[data-failed]");
        browser.says("403");
    }
}

#[tokio::test]
async fn who_is_of_one_tenant_sees_nothing_of_the_whole_system() {
    let Some(browser) = Browser::start() else { return };
    let (place, _) = Place::lived_in().await;
    let own =
        place.key("tom", &["--role", "admin", "--tenant", "t-1", "--system", "transcriptions"]);
    place.sign_in(&browser, &own);
    browser.says("transcriptions");
    browser.does_not_say("batches");
    browser.open(&place.at("/console/systems/transcriptions/history"));
    let offered = browser.read("nav.side");
    for section in ["Overview", "Audit", "Holds", "Sweeps", "Pause", "Policy"] {
        assert!(!offered.contains(section), "{section} is offered: {offered}");
        let path = format!(
            "/console/systems/transcriptions/{}",
            match section {
                "Pause" => "pauses".to_owned(),
                other => other.to_lowercase(),
            }
        );
        browser.open(&place.at(&path));
        browser.find("[data-failed]");
        browser.says("403");
        browser.open(&place.at("/console/systems/transcriptions/history"));
    }
    browser.open(&place.at("/console/systems/batches/history"));
    browser.says("404");
}

#[tokio::test]
async fn a_session_that_is_over_leads_to_sign_in_and_back() {
    let Some(browser) = Browser::start() else { return };
    let (place, _) = Place::lived_in().await;
    let first = place.key("bea", &["--role", "admin"]);
    let second = place.key("bea", &["--role", "admin"]);
    place.sign_in(&browser, &first);
    browser.open(&place.at("/console/systems/batches/audit"));
    let listed = place.sexton("batches", &["key", "list"]);
    let listed = listed["keys"].as_array().expect("a list");
    let is_first = |key: &&serde_json::Value| {
        key["prefix"].as_str().is_some_and(|prefix| first.starts_with(prefix))
    };
    let id = listed.iter().find(is_first).and_then(|key| key["id"].as_str()).expect("its id");
    place.sexton("batches", &["key", "revoke", id]);
    browser.go("nav.side a[href$='/holds']");
    browser.write("#key", &second);
    browser.go("main button[type=submit]");
    browser.find("nav.side");
    assert_eq!(browser.address(), place.at("/console/systems/batches/holds"));
}

/// A page of another site whose form is sent as soon as it is there.
fn other_site(action: &str) -> (String, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it listens").port();
    let page = format!(
        "<!doctype html><title>x</title><form id=f method=post action='{action}'>\
         <input name=reason value=forged></form><script>f.submit()</script>"
    );
    let serve = move || {
        let (mut stream, _) = listener.accept().expect("somebody comes");
        let mut asked = [0; 4096];
        let read = stream.read(&mut asked).expect("it is asked");
        assert!(read > 0, "nothing was asked");
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
        let answer = format!("{head}Content-Length: {}\r\n\r\n{page}", page.len());
        stream.write_all(answer.as_bytes()).expect("it is heard");
    };
    // A name of this machine that is another site than its address.
    (format!("http://localhost:{port}/"), std::thread::spawn(serve))
}

#[tokio::test]
async fn a_post_that_another_site_forges_is_refused() {
    let Some(browser) = Browser::start() else { return };
    let (place, key) = Place::lived_in().await;
    place.sign_in(&browser, &key);
    let (address, served) = other_site(&place.at("/console/systems/batches/pauses"));
    browser.open(&address);
    served.join().expect("it was served");
    browser.says("Another site may not do this");
    browser.open(&place.at("/console/systems/batches/pauses"));
    browser.says("at work");
    browser.does_not_say("forged");
}
