//! What people do who look after a system.

use crate::browser::Browser;
use crate::place::Place;

#[tokio::test]
async fn d59_the_overview_tells_what_went_what_fails_and_how_much_there_is() {
    let Some(browser) = Browser::start() else { return };
    let (place, key) = Place::lived_in().await;
    place.sign_in(&browser, &key);
    browser.open(&place.at("/console/systems/batches"));
    browser.go("nav.side a[href$='/overview']");
    assert_eq!(browser.read("#totals div:nth-child(1) strong"), "1");
    assert_eq!(browser.read("#totals div:nth-child(2) strong"), "100 %");
    let rows: u64 =
        browser.read("#totals div:nth-child(3) strong").replace(',', "").parse().expect("a number");
    assert!(rows > 10, "{rows}");
    // The numbers of the chart are there for who does not see it.
    browser.click("figure.chart:nth-child(2) summary");
    assert_eq!(browser.count("figure.chart:nth-child(2) tbody tr"), 1);
    browser.says(&rows.to_string());
    browser.open(&place.at("/console/systems/batches/history"));
    browser.says("asked for by mail");
    assert_eq!(browser.count("tr[data-deletion]"), 1);
    browser.click("select#state option[value=refused]");
    browser.go("main form button[type=submit]");
    browser.says("No deletion is like this.");
}

#[tokio::test]
async fn a_sweep_is_begun_and_told_and_its_store_stands_on_the_overview() {
    let Some(browser) = Browser::start() else { return };
    let (place, key) = Place::lived_in().await;
    place.sign_in(&browser, &key);
    browser.without_scripts();
    browser.open(&place.at("/console/systems/snapshots/sweeps"));
    browser.says("Nobody has swept it yet.");
    browser.go("main form button");
    while browser.count("#sweep .live") > 0 {
        browser.go("#sweep a");
    }
    browser.find("section[data-store=blobs]");
    browser.says("orphans: named by no row");
}

#[tokio::test]
async fn a_hold_is_put_and_released_without_a_script() {
    let Some(browser) = Browser::start() else { return };
    let (place, key) = Place::lived_in().await;
    place.sign_in(&browser, &key);
    browser.without_scripts();
    browser.open(&place.at("/console/systems/batches/holds"));
    assert_eq!(browser.count("tr[data-hold]"), 1);
    browser.click("details.card summary");
    browser.write("#id", "winter-2026");
    browser.write("#reason", "asked by counsel");
    browser.go("details.card button[type=submit]");
    browser.says("There is no such thing");
    browser.open(&place.at("/console/systems/batches/holds"));
    browser.click("tr[data-hold] input[name=reason]");
    browser.write("tr[data-hold] input[name=reason]", "settled");
    browser.go("tr[data-hold] button");
    browser.says("The hold is released.");
    browser.says("Nothing is held.");
    let held = place.sexton("batches", &["hold", "list"]);
    assert_eq!(held["holds"], serde_json::json!([]), "{held}");
}

#[tokio::test]
async fn background_work_is_paused_and_goes_on_with_a_reason() {
    let Some(browser) = Browser::start() else { return };
    let (place, key) = Place::lived_in().await;
    place.sign_in(&browser, &key);
    browser.without_scripts();
    browser.open(&place.at("/console/systems/snapshots/pauses"));
    browser.write("section[data-part=blobs] input[type=text]", "a move");
    browser.go("section[data-part=blobs] button");
    browser.says("Paused: nothing more begins.");
    assert_eq!(browser.read("section[data-part=blobs] .pill"), "paused");
    assert_eq!(browser.read("section[data-part=''] .pill"), "at work");
    browser.write("section[data-part=blobs] input[type=text]", "moved");
    browser.go("section[data-part=blobs] button");
    browser.says("It goes on.");
    browser.open(&place.at("/console/systems/snapshots/audit"));
    browser.says("a move");
    browser.says("moved");
    browser.write("#q", "MOVED");
    browser.go("main [role=search] button");
    browser.does_not_say("a move");
    browser.go("button[name=verify]");
    browser.says("The chain is whole.");
}

#[tokio::test]
async fn a_rule_is_looked_at_before_it_is_run() {
    let Some(browser) = Browser::start() else { return };
    let (place, key) = Place::lived_in().await;
    place.sign_in(&browser, &key);
    browser.without_scripts();
    browser.open(&place.at("/console/systems/batches/retention"));
    assert_eq!(browser.count("button.danger"), 0, "nobody runs what they have not looked at");
    browser.go("section[data-rule] button");
    browser.find("#look");
    browser.go("button.danger");
    browser.says("The rule runs in the background.");
}

#[tokio::test]
async fn a_key_is_shown_once_and_opens_nothing_once_it_is_revoked() {
    let Some(browser) = Browser::start() else { return };
    let (place, key) = Place::lived_in().await;
    place.sign_in(&browser, &key);
    browser.without_scripts();
    browser.go(".who a[href$='/keys']");
    browser.click("details.card summary");
    browser.write("#name", "ci");
    browser.write("#roles", "operator");
    browser.go("details.card button[type=submit]");
    let secret = browser.read("#secret");
    assert!(secret.starts_with("sxt_") && secret.len() == 64, "{secret}");
    browser.open(&place.at("/console/keys"));
    browser.does_not_say(&secret);
    browser.says("operator");
    browser.go("button[aria-label='Revoke ci']");
    browser.says("The key is revoked, and opens nothing any more.");
    browser.go(".who button");
    browser.write("#key", &secret);
    browser.go("main button[type=submit]");
    browser.says("This key opens nothing here.");
}
