use super::layout::{Placed, layout};
use super::{Branch, Mark, Picture, picture, svg};
use crate::names::ThingName;
use crate::policy::parse;

const POLICY: &str = "system = \"shop\"
[things.customer]
row = \"customers.id\"
starts = [\"orders.customer_id\", \"visits.who\"]
[references]
\"{lines,fees,gifts}.order_id -> orders\" = \"delete\"
\"orders.parent_id -> orders\" = \"unlink\"
\"invoices.order_id -> orders\" = { rule = \"block\", say = \"paid\" }
\"orders.customer_id -> customers\" = { rule = \"delete\", where = \"kind <> 'x' and at < {now}\" }
\"lines.customer_id -> customers\" = \"delete\"
\"reviews.{author_id,editor_id} -> customers\" = { set = { state = \"lost\", author_id = \"=null\" } }
\"log.customer_id -> customers\" = \"keep\"
\"mails.customer_id -> customers\" = \"review\"
";

fn drawn(policy: &str, thing: &str, depth: Option<usize>) -> Picture {
    let (policy, findings) = parse(policy);
    let policy = policy.unwrap_or_else(|| panic!("{findings:#?}"));
    picture(&policy, &ThingName::new(thing), depth).unwrap()
}

fn all<'a>(branches: &'a [Branch], into: &mut Vec<&'a Branch>) {
    for branch in branches {
        into.push(branch);
        all(&branch.below, into);
    }
}

/// A hundred tables below each other and a hundred beside.
fn large() -> String {
    let mut policy = String::from("system = \"s\"\n[things.t]\nrow = \"t0.id\"\n[references]\n");
    for at in 1..100 {
        policy += &["\"t", &at.to_string(), ".p -> t", &(at / 3).to_string(), "\" = \"delete\"\n"]
            .concat();
        policy +=
            &["\"leaf", &at.to_string(), ".q -> t", &(at % 7).to_string(), "\" = \"delete\"\n"]
                .concat();
    }
    policy
}

#[test]
fn a_table_stands_where_the_fewest_steps_lead_and_is_referred_to_elsewhere() {
    let picture = drawn(POLICY, "customer", None);
    let mut branches = Vec::new();
    all(&picture.roots, &mut branches);
    let homes = |name: &str| {
        let of = branches
            .iter()
            .filter(|b| b.mark == Mark::Goes && b.tables.iter().any(|t| t.name == name));
        of.map(|branch| branch.elsewhere).collect::<Vec<_>>()
    };
    assert_eq!(homes("lines"), [true, false], "below orders, then at home below customers");
    assert_eq!(homes("orders"), [false]);
    assert_eq!(homes("customers"), [false]);
    assert_eq!(homes("visits"), [false], "a start that no line reaches is a root");
    assert_eq!(picture.going, 6);
}

#[test]
fn fates_and_conditions_are_told() {
    let picture = drawn(POLICY, "customer", None);
    let below = &picture.roots[0].below;
    let marks: Vec<Mark> = below.iter().map(|branch| branch.mark).collect();
    assert_eq!(marks, [Mark::Goes, Mark::Goes, Mark::Changes, Mark::Open, Mark::Keeps]);
    assert_eq!(below[0].condition.as_deref(), Some("kind <> 'x' and at < {now}"));
    assert_eq!(below[2].change.as_deref(), Some("set state = 'lost', author_id = null"));
    assert_eq!(below[2].via, ["author_id", "editor_id"]);
}

#[test]
fn what_is_taken_hangs_below_what_takes_it_with_all_that_goes_with_it() {
    let policy = POLICY.to_owned()
        + "\"parts.payload_id -> payloads\" = \"delete\"\n[takes]\n\"orders.payload_id -> payloads\" = \"when-last\"\n\"lines.payload_id -> payloads\" = \"always\"\n";
    let picture = drawn(&policy, "customer", None);
    let mut branches = Vec::new();
    all(&picture.roots, &mut branches);
    let taken = branches.iter().filter(|branch| branch.tables[0].name == "payloads");
    let ways: Vec<(String, bool)> = taken.map(|taken| (taken.way(), taken.elsewhere)).collect();
    let (last, always) = ("taken by the last payload_id", "taken by payload_id");
    assert_eq!(ways, [(last.to_owned(), false), (always.to_owned(), true)]);
    assert!(branches.iter().any(|branch| branch.tables[0].name == "parts"), "{picture:#?}");
    assert_eq!(picture.going, 8);
}

#[test]
fn sisters_with_nothing_below_share_a_branch() {
    let policy = POLICY.replace("\"lines.customer_id -> customers\" = \"delete\"\n", "");
    let picture = drawn(&policy, "customer", None);
    let orders = &picture.roots[0].below[0];
    let names: Vec<String> = orders.below[0].tables.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["fees", "gifts", "lines"]);
}

#[test]
fn a_shallow_picture_says_what_it_leaves_out() {
    let picture = drawn(POLICY, "customer", Some(1));
    let orders = &picture.roots[0].below[0];
    assert!(orders.below.is_empty());
    assert!(orders.left_out > 0);
}

#[test]
fn no_two_boxes_touch_and_no_line_crosses_a_box() {
    for policy in [POLICY.to_owned(), large().replace("things.t]", "things.customer]")] {
        let picture = drawn(&policy, "customer", None);
        let (boxes, width, height) = layout(&picture);
        let overlap = |a: &Placed<'_>, b: &Placed<'_>| {
            a.x < b.x + b.width
                && b.x < a.x + a.width
                && a.y < b.y + b.height
                && b.y < a.y + a.height
        };
        for (at, one) in boxes.iter().enumerate() {
            assert!(one.x + one.width <= width && one.y + one.height <= height);
            for other in &boxes[at + 1..] {
                assert!(!overlap(one, other), "{one:?}\n{other:?}");
            }
            // A line leaves its box to the right, within the height of the box.
            let Some(parent) = one.parent.map(|parent| &boxes[parent]) else { continue };
            let between = boxes.iter().filter(|b| b.level == parent.level && b.x >= parent.x);
            for other in between.filter(|other| *other != parent) {
                let crosses = (other.y..other.y + other.height).contains(&parent.middle());
                assert!(!crosses, "{parent:?}\n{other:?}");
            }
        }
    }
}

#[test]
fn the_drawing_is_one_well_formed_document() {
    let policy = POLICY
        .replace("log.customer_id", "'\"a<b&c\".customer_id")
        .replace("customers\" = \"keep\"", "customers' = \"keep\"")
        .replace("\"'\"", "'\"");
    let text = svg(&drawn(&policy, "customer", None));
    assert!(text.contains("a&lt;b&amp;c"), "{text}");
    for tag in ["g", "svg", "style", "text", "tspan"] {
        let opened =
            text.matches(&format!("<{tag} ")).count() + text.matches(&format!("<{tag}>")).count();
        assert_eq!(opened, text.matches(&format!("</{tag}>")).count(), "{tag}");
    }
    insta::assert_snapshot!(svg(&drawn(POLICY, "customer", None)));
}
