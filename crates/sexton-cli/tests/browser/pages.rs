//! Every page in both themes and two widths: kept as a picture, as wide as its window, accessible,
//! and without a complaint of the browser.

use serde_json::json;

use crate::accessible::{faults, judge};
use crate::browser::{Browser, VIEWS};
use crate::place::Place;

/// Pages by their names, and where they are.
const PAGES: [(&str, &str); 18] = [
    ("systems", "/console"),
    ("system", "/console/systems/batches"),
    ("overview", "/console/systems/batches/overview"),
    ("overview-stores", "/console/systems/snapshots/overview"),
    ("history", "/console/systems/batches/history"),
    ("history-none", "/console/systems/batches/history?state=refused"),
    ("audit", "/console/systems/batches/audit"),
    ("audit-verified", "/console/systems/batches/audit?verify=yes"),
    ("retention", "/console/systems/batches/retention"),
    ("retention-look", "/console/systems/batches/retention?look=old-runs"),
    ("sweeps", "/console/systems/snapshots/sweeps"),
    ("holds", "/console/systems/batches/holds?all=yes&told=held"),
    ("pauses", "/console/systems/snapshots/pauses"),
    ("policy", "/console/systems/batches/policy"),
    ("policy-large", "/console/systems/snapshots/policy?thing=project"),
    ("keys", "/console/keys"),
    ("missing", "/console/systems/nowhere"),
    ("sign-in", "/console/sign-in"),
];

#[tokio::test]
async fn every_page_is_readable_in_both_themes_and_two_widths() {
    let Some(browser) = Browser::start() else { return };
    let (place, key) = Place::lived_in().await;
    let judge = judge();
    // Where somebody is signed in already, that page leads away: it is looked at before.
    let (sign_in, others) = PAGES.split_last().expect("there are pages");
    let mut wrong = look(&browser, &place, *sign_in, judge.as_deref());
    place.sign_in(&browser, &key);
    browser.open(&place.at("/console/systems/snapshots/sweeps"));
    browser.go("main form button");
    for &page in others {
        wrong.extend(look(&browser, &place, page, judge.as_deref()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn look(
    browser: &Browser,
    place: &Place,
    (name, path): (&str, &str),
    judge: Option<&str>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for view in VIEWS {
        browser.look(view);
        browser.open(&place.at(path));
        browser.find("main h1");
        let seen = format!("{name}-{}-{}", view.theme, view.width);
        browser.picture(&seen);
        let wide = "const root = document.documentElement;
                    return root.scrollWidth - root.clientWidth";
        if browser.run(wide, &json!([])) != json!(0) {
            wrong.push(format!("{seen}: wider than its window"));
        }
        if let Some(judge) = judge {
            let faults = faults(browser, judge).into_iter();
            wrong.extend(faults.map(|fault| format!("{seen}: {fault}")));
        }
        let complaints = browser.complaints().into_iter();
        // A page that is not there is told so by its status, which the browser repeats.
        let complaints = complaints.filter(|said| name != "missing" || !said.contains("404"));
        wrong.extend(complaints.map(|said| format!("{seen}: {said}")));
    }
    wrong
}
