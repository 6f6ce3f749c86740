//! Several ids: previewed, confirmed and deleted as one.

use crate::place::Place;

on_both_databases!(
    several_ids_are_one_deletion,
    a_missing_one_of_several_is_named_and_nothing_goes,
    one_id_is_told_as_ever_and_several_as_a_list,
);

const BOTH: [&str; 2] = ["summer-2026", "autumn-2026"];

fn with<'w>(words: &[&'w str], more: &[&'w str]) -> Vec<&'w str> {
    [words, &BOTH, more].concat()
}

async fn several_ids_are_one_deletion(place: Place) {
    let delete = with(&["delete", "batch"], &["summer-2026", "--confirm", "2 batches"]);
    let said = place.sexton(&delete).expect(0);
    let title = "Deleted 2 batches (autumn-2026, summer-2026): ";
    assert!(said.out.contains(title), "{said}");
    assert_eq!(
        place
            .number("SELECT count(*) FROM batches WHERE id IN ('autumn-2026', 'summer-2026')")
            .await,
        0
    );
    let list = place.sexton(&["audit", "list", "--output", "json"]).expect(0).document();
    let [record] = list["records"].as_array().expect("a list").as_slice() else {
        panic!("one record: {list}");
    };
    assert_eq!(record["record"]["roots"], serde_json::json!(["autumn-2026", "summer-2026"]));
    assert_eq!(record["record"].get("root"), None);
    place.sexton(&["audit", "verify"]).expect(0);
    let id = record["record"]["deletion"].as_str().expect("an id");
    let status = place.sexton(&["status", id]).expect(0);
    let what = "what       2 batches: autumn-2026, summer-2026";
    assert!(status.out.contains(what), "{status}");
}

async fn a_missing_one_of_several_is_named_and_nothing_goes(place: Place) {
    let before = place.dump().await;
    let delete = with(&["delete", "batch"], &["spring", "winter", "--confirm", "4 batches"]);
    let said = place.sexton(&delete).expect(4);
    assert!(said.err.contains("there is no batch `spring`, `winter`"), "{said}");
    assert_eq!(place.dump().await, before);
}

async fn one_id_is_told_as_ever_and_several_as_a_list(place: Place) {
    let json = ["--output", "json"];
    let one = ["preview", "batch", "autumn-2026"];
    let one = place.sexton(&[&one[..], &json].concat()).expect(0).document();
    assert_eq!(one["id"], "autumn-2026");
    assert_eq!((one["row_exists"].as_bool(), one.get("roots")), (Some(true), None));
    let several = place.sexton(&with(&["preview", "batch"], &json)).expect(0).document();
    assert_eq!(several.get("id"), None);
    let ids: Vec<_> = several["roots"].as_array().expect("a list").iter().collect();
    assert_eq!((&ids[0]["id"], &ids[1]["id"]), (&one["id"], &"summer-2026".into()));
}

#[tokio::test]
async fn a_preview_of_several_shows_each() {
    let place = Place::on_sqlite().await;
    snapshot!("several", place.sexton(&with(&["preview", "batch"], &[])));
}

#[tokio::test]
async fn only_their_number_confirms_several() {
    let place = Place::on_sqlite().await;
    let before = place.dump().await;
    for confirm in ["autumn-2026", "summer-2026 autumn-2026", "3 batches", "2 batch", "2"] {
        let said = place.sexton(&with(&["delete", "batch"], &["--confirm", confirm])).expect(2);
        let wanted = format!("--confirm says `{confirm}`, but it is about `2 batches`");
        assert!(said.err.contains(&wanted), "{said}");
    }
    assert_eq!(place.dump().await, before);
}

#[tokio::test]
async fn the_command_that_confirms_several_works_as_it_is_told() {
    let place = Place::on_sqlite().await;
    let insert = "INSERT INTO batches (id, created_at) VALUES ('-x', ''), ('it''s', '')";
    place.execute(insert).await;
    for ids in [&["-x", "it's"][..], &BOTH] {
        let said = place.sexton(&[&["delete", "batch", "--"], ids].concat()).expect(2);
        let (_, command) = said.err.split_once("command line:\n").expect("a command is told");
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", command.trim()]).current_dir(place.folder());
        let ran = shell.env("DATABASE_URL", place.address()).output().expect("there is a shell");
        assert_eq!(ran.status.code(), Some(0), "{command}");
    }
}

#[tokio::test]
async fn more_than_fit_one_deletion_are_refused() {
    let place = Place::on_sqlite().await;
    let ids: Vec<String> = (0..1_001).map(|id| format!("b-{id}")).collect();
    let words = ["preview", "batch"].into_iter().chain(ids.iter().map(String::as_str));
    let said = place.sexton(&words.collect::<Vec<_>>()).expect(1);
    assert!(said.err.contains("1001 are more than can be deleted at once"), "{said}");
}
