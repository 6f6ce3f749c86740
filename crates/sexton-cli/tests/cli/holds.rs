//! `sexton hold`: what is held stays on every path, and who held and released it is kept.

use crate::place::Place;

on_both_databases!(
    a_held_root_stays_until_it_is_released_and_all_of_it_is_recorded,
    a_condition_holds_what_meets_it,
    what_cannot_be_held_is_not,
);

const DELETE: [&str; 5] = ["delete", "batch", "autumn-2026", "--confirm", "autumn-2026"];

async fn a_held_root_stays_until_it_is_released_and_all_of_it_is_recorded(place: Place) {
    let add = ["hold", "add", "batch", "autumn-2026", "--case", "C-17", "--actor", "ada"];
    let add = [&add[..], &["--reason", "by court", "--until", "2199-01-31"]].concat();
    let said = place.sexton(&add).expect(0);
    assert!(said.out.contains("case C-17, until 2199-01-31T00:00:00.000Z, put by ada"), "{said}");
    let before = place.dump().await;
    let said = place.sexton(&["preview", "batch", "autumn-2026"]).expect(1);
    assert!(said.out.contains("batch `autumn-2026` is held by ada (case C-17,"), "{said}");
    let said = place.sexton(&DELETE).expect(1);
    assert!(said.err.contains("Way out: release the hold"), "{said}");
    assert_eq!(place.dump().await, before);
    let list = place.sexton(&["hold", "list", "--output", "json"]).expect(0).document();
    assert_eq!(list["holds"][0]["root"], "autumn-2026");
    let id = list["holds"][0]["id"].to_string();

    let release = ["hold", "release", &id, "--actor", "eve", "--reason", "closed"];
    place.sexton(&release).expect(0);
    let list = place.sexton(&["hold", "list", "--output", "json"]).expect(0).document();
    assert_eq!(list["holds"], serde_json::json!([]));
    let all = place.sexton(&["hold", "list", "--all"]).expect(0);
    assert!(all.out.contains("(released)") && all.out.contains("by eve: closed"), "{all}");
    place.sexton(&DELETE).expect(0);

    let records = place.sexton(&["audit", "list", "--output", "json"]).expect(0).document();
    let told: Vec<_> = records["records"].as_array().expect("a list").iter().collect();
    let acts: Vec<_> = told.iter().map(|told| told["record"]["act"].as_str()).collect();
    assert_eq!(acts, [Some("hold-put"), Some("refused-by-hold"), Some("hold-released"), None]);
    assert_eq!(told[0]["record"]["reason"], "case C-17: by court");
    let said = place.sexton(&["audit", "verify"]).expect(0);
    assert!(said.out.contains("4 records"), "{said}");
}

async fn a_condition_holds_what_meets_it(place: Place) {
    let add = ["hold", "add", "run", "--where", "status = 'succeeded'", "--case", "C-18"];
    let said = place.sexton(&[&add[..], &["--reason", "a secret of others"]].concat()).expect(0);
    assert!(said.out.contains("the condition now"), "{said}");
    let said = place.sexton(&DELETE).expect(1);
    assert!(
        said.err.contains("that would go with it are held by a condition: case C-18"),
        "{said}"
    );
    assert!(!said.err.contains("secret") && !said.err.contains("succeeded"), "{said}");
    let own = ["delete", "run", "autumn-2026-arles", "--confirm", "autumn-2026-arles"];
    place.sexton(&own).expect(1);
}

async fn what_cannot_be_held_is_not(place: Place) {
    let reason = ["--reason", "r"];
    let add = |rest: &[&'static str]| [&["hold", "add"], rest, &reason[..]].concat();
    place.sexton(&add(&["batch", "no-such-2026"])).expect(4);
    place.sexton(&add(&["botch", "autumn-2026"])).expect(2);
    place.sexton(&add(&["batch", "autumn-2026", "--until", "2001-01-01"])).expect(2);
    place.sexton(&add(&["batch", "autumn-2026", "--until", "soon"])).expect(2);
    let said = place.sexton(&add(&["run", "--where", "no_such_column = 1"])).expect(2);
    assert!(said.err.contains("the database does not accept the condition"), "{said}");
    place.sexton(&add(&["run", "--where", "status = 'x'; drop table runs"])).expect(2);
    place.sexton(&add(&["run", "--where", "id = {id}"])).expect(2);
    place.sexton(&["hold", "release", "77", "--reason", "r"]).expect(4);
    let list = place.sexton(&["hold", "list", "--all"]).expect(0);
    assert_eq!(list.out.trim(), "Nothing is held.");
}
