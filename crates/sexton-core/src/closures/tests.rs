use super::{Closures, Sign, changes};
use crate::graph::Graph;
use crate::policy::parse;

const POLICY: &str = "system = \"shop\"
[things.customer]
row = \"customers.id\"
options = { bills = { default = false } }
[references]
\"orders.customer_id -> customers\" = \"delete\"
\"lines.order_id -> orders\" = \"delete\"
\"invoices.order_id -> orders\" = { rule = \"block\", with = { bills = \"delete\" } }
\"bookings.invoice_id -> invoices\" = \"delete\"
\"log.customer_id -> customers\" = \"keep\"
[takes]
\"orders.basket_id -> baskets\" = \"when-last\"
";

fn closures(policy: &str) -> Closures {
    let (policy, findings) = parse(policy);
    let policy = policy.unwrap_or_else(|| panic!("{findings:#?}"));
    Closures::of(&policy, &Graph::default())
}

/// What is told when the policy is changed so.
fn told(from: &str, to: &str) -> Vec<(String, Sign, String)> {
    assert!(POLICY.contains(from), "{from}");
    let changes = changes(&closures(POLICY), &closures(&POLICY.replace(from, to)));
    changes.into_iter().map(|change| (change.thing, change.sign, change.text)).collect()
}

fn of_both(sign: Sign, text: &str) -> Vec<(String, Sign, String)> {
    let things = ["customer", "customer --option bills=true"];
    things.map(|thing| (thing.to_owned(), sign, text.to_owned())).to_vec()
}

#[test]
fn what_is_as_it_was_is_not_told() {
    assert_eq!(told("system", "system"), []);
    assert_eq!(told("\"log.customer_id -> customers\" = \"keep\"\n", "").len(), 2);
}

#[test]
fn a_table_that_goes_now_is_told_once_with_the_line_that_leads_to_it() {
    let text = "rows of log go now, by \"log.customer_id -> customers\"";
    let line =
        "by \"log.customer_id -> customers\", rows of log go; before: rows of log keep referring";
    let mut told = told("\"keep\"", "\"delete\"");
    told.retain(|(thing, ..)| thing == "customer");
    let texts: Vec<_> = told.iter().map(|(_, sign, text)| (*sign, text.as_str())).collect();
    assert_eq!(texts, [(Sign::More, text), (Sign::Other, line)]);
}

#[test]
fn a_table_that_stays_now_is_told_with_what_hung_below_it() {
    let told = told(
        "\"orders.customer_id -> customers\" = \"delete\"",
        "\"orders.customer_id -> customers\" = \"unlink\"",
    );
    let stays: Vec<&str> = told
        .iter()
        .filter(|(thing, sign, _)| thing == "customer" && *sign == Sign::Less)
        .map(|(_, _, text)| text.as_str())
        .collect();
    let first =
        "rows of baskets stay now; before, they went, by \"[takes] orders.basket_id -> baskets\"";
    assert_eq!(stays[0], first);
    assert!(stays.iter().any(|text| text.starts_with("rows of lines stay now")), "{stays:?}");
    assert!(stays.iter().any(|text| text.contains("rows of invoices refuse")), "{stays:?}");
}

#[test]
fn a_choice_of_options_is_a_closure_of_its_own() {
    let told = told("bills = \"delete\"", "bills = \"keep\"");
    assert!(told.iter().all(|(thing, ..)| thing == "customer --option bills=true"), "{told:?}");
    assert!(
        told.iter().any(|(.., text)| text.starts_with("rows of bookings stay now")),
        "{told:?}"
    );
}

#[test]
fn limits_guards_and_takings_are_told() {
    let limited = "[things.customer]\nlimits = { rows = 5 }";
    let text = "limits.rows: 5; before: 1000000";
    assert_eq!(told("[things.customer]", limited), of_both(Sign::Other, text));
    let always = "by \"[takes] orders.basket_id -> baskets\", rows of baskets go, taken; \
                  before: rows of baskets go, taken by the last";
    assert_eq!(told("when-last", "always"), of_both(Sign::Other, always));
    let guard = "[guards.open]\nof = \"orders\"\nrows = \"tasks t\"\nlink = \"t.order_id = orders.id\"\nsay = \"no\"\n[takes]";
    let text = "guard open: while tasks t linked by t.order_id = orders.id meet true";
    assert_eq!(told("[takes]", guard), of_both(Sign::More, text));
}

#[test]
fn what_is_kept_is_read_again_and_other_texts_are_not() {
    let kept = serde_json::to_string(&closures(POLICY)).unwrap();
    assert_eq!(Closures::kept(&kept), Some(closures(POLICY)));
    assert_eq!(Closures::kept(&kept.replacen("\"v\":1", "\"v\":2", 1)), None);
    assert_eq!(Closures::kept(POLICY), None);
}
