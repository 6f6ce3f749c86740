//! `sexton init`: a first policy that reads well, overwrites nothing, and passes `check` once it
//! is decided.

use std::collections::BTreeSet;

use crate::place::Place;

on_both_databases!(
    the_draft_of_the_sample_waits_for_decisions_only,
    two_drafts_of_one_schema_are_alike,
    drafting_changes_nothing,
);

const LIBRARY_SQLITE: &str = "
CREATE TABLE branches (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE members (
    branch_id INTEGER NOT NULL REFERENCES branches (id) ON DELETE CASCADE,
    number INTEGER NOT NULL, \"Full Name\" TEXT, invited_by INTEGER,
    PRIMARY KEY (branch_id, number),
    FOREIGN KEY (branch_id, invited_by) REFERENCES members (branch_id, number));
CREATE INDEX members_invited ON members (branch_id, invited_by);
CREATE TABLE books (isbn TEXT PRIMARY KEY, title TEXT, series_id INTEGER, sequel_to TEXT
    REFERENCES books (isbn) ON DELETE SET NULL);
CREATE INDEX books_sequel ON books (sequel_to);
CREATE TABLE \"Loan's\" (
    \"loan id\" INTEGER PRIMARY KEY, branch_id INTEGER NOT NULL, member INTEGER NOT NULL,
    isbn TEXT NOT NULL REFERENCES books ON DELETE RESTRICT, state INTEGER NOT NULL DEFAULT 0
    REFERENCES states (code) ON DELETE SET DEFAULT,
    FOREIGN KEY (branch_id, member) REFERENCES members (branch_id, number) ON DELETE CASCADE);
CREATE INDEX loans_member ON \"Loan's\" (branch_id, member);
CREATE INDEX loans_isbn ON \"Loan's\" (isbn);
CREATE INDEX loans_state ON \"Loan's\" (state);
CREATE TABLE states (code INTEGER PRIMARY KEY, label TEXT);
CREATE TABLE book_pages (book_isbn TEXT, page INTEGER, body TEXT, PRIMARY KEY (book_isbn, page));
CREATE TABLE book_covers (isbn TEXT PRIMARY KEY, image BLOB);
CREATE TABLE tags (id INTEGER PRIMARY KEY, tagged_id TEXT, tagged_type TEXT);
INSERT INTO books (isbn) VALUES ('a'), ('b'), ('c');
INSERT INTO book_pages VALUES ('a', 1, ''), ('b', 1, ''), ('b', 2, ''), ('z', 1, '');
INSERT INTO book_covers VALUES ('b', NULL);";

const LIBRARY_POSTGRES: &str = "
CREATE SCHEMA billing;
CREATE TABLE branches (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE members (
    branch_id int NOT NULL REFERENCES branches (id) ON DELETE CASCADE,
    number int NOT NULL, \"Full Name\" text, invited_by int,
    PRIMARY KEY (branch_id, number),
    FOREIGN KEY (branch_id, invited_by) REFERENCES members (branch_id, number));
CREATE INDEX ON members (branch_id, invited_by);
CREATE TABLE books (isbn text PRIMARY KEY, title text, sequel_to text
    REFERENCES books (isbn) ON DELETE SET NULL);
CREATE INDEX ON books (sequel_to);
CREATE TABLE states (code int PRIMARY KEY, label text);
CREATE TABLE \"Loan's\" (
    \"loan id\" int PRIMARY KEY, branch_id int NOT NULL, member int NOT NULL,
    isbn text NOT NULL REFERENCES books ON DELETE RESTRICT,
    state int NOT NULL DEFAULT -1 REFERENCES states (code) ON DELETE SET DEFAULT,
    FOREIGN KEY (branch_id, member) REFERENCES members (branch_id, number) ON DELETE CASCADE);
CREATE INDEX ON \"Loan's\" (branch_id, member);
CREATE INDEX ON \"Loan's\" (isbn);
CREATE INDEX ON \"Loan's\" (state);
CREATE TABLE billing.fines (
    id uuid PRIMARY KEY, \"loan id\" int NOT NULL REFERENCES \"Loan's\" ON DELETE CASCADE, paid_by int);
CREATE INDEX ON billing.fines (\"loan id\");
CREATE TABLE billing.\"Loan's\" (id int PRIMARY KEY, fine_id uuid REFERENCES billing.fines);
CREATE INDEX ON billing.\"Loan's\" (fine_id);";

/// Errors that `check` finds in the draft of this place's schema, by code.
fn codes(place: &Place, arguments: &[&str]) -> Vec<String> {
    let _ = std::fs::remove_file(place.folder().join("draft.toml"));
    place.sexton(&[&["init", "-o", "draft.toml"], arguments].concat()).expect(0);
    let document = place.sexton(&["check", "-p", "draft.toml", "--output", "json"]).document();
    let findings = document["findings"].as_array().expect("findings are a list");
    let errors = findings.iter().filter(|finding| finding["severity"] == "error");
    errors.map(|finding| finding["code"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn the_draft_of_the_sample_waits_for_decisions_only(place: Place) {
    assert!(codes(&place, &[]).iter().all(|code| code == "C110"));
    assert_eq!(codes(&place, &["--undecided", "block"]), Vec::<String>::new());
    assert_eq!(codes(&place, &["--undecided", "delete"]), Vec::<String>::new());
}

async fn two_drafts_of_one_schema_are_alike(place: Place) {
    let first = place.sexton(&["init"]).expect(0);
    let second = place.sexton(&["init"]).expect(0);
    assert_eq!(first.out, second.out);
    let twin = place.twin().await;
    let renamed = ["--system", "batches"];
    let of_twin = twin.sexton(&[&["init"], &renamed[..]].concat()).expect(0);
    assert_eq!(of_twin.out, place.sexton(&[&["init"], &renamed[..]].concat()).expect(0).out);
}

async fn drafting_changes_nothing(place: Place) {
    let before = place.dump().await;
    place.sexton(&["init"]).expect(0);
    assert_eq!(place.dump().await, before);
    assert!(!place.has_own_tables().await);
}

#[tokio::test]
async fn a_schema_that_knows_no_reference_gets_suggestions() {
    let place = Place::on_sqlite().await;
    let said = place.sexton(&["init", "--system", "batches"]).expect(0);
    let lines = |text: &str| -> BTreeSet<String> {
        let (policy, findings) = sexton_core::policy::parse(text);
        let policy = policy.unwrap_or_else(|| panic!("{findings:#?}"));
        policy.references.into_iter().map(|reference| reference.text).collect()
    };
    let known = lines(&said.out);
    let suggested = lines(&said.out.replace("#? ", ""));
    let suggested: BTreeSet<_> = suggested.difference(&known).collect();
    let by_hand = lines(sexton_samples::batches().policy);
    let by_hand: BTreeSet<_> = by_hand.difference(&known).collect();
    let missed: Vec<_> = by_hand.difference(&suggested).collect();
    let wrong: Vec<_> = suggested.difference(&by_hand).collect();
    assert_eq!(missed, [&"entries.run_id -> jobs"], "a second table for one column");
    assert!(wrong.is_empty(), "{wrong:?}");
    snapshot!("draft_batches", said);
}

#[tokio::test]
async fn a_library_in_sqlite() {
    let place = Place::empty_on_sqlite().await;
    place.execute(LIBRARY_SQLITE).await;
    snapshot!("draft_library_sqlite", place.sexton(&["init", "--system", "library"]).expect(0));
    assert_eq!(codes(&place, &["--undecided", "delete"]), Vec::<String>::new());
}

#[tokio::test]
async fn a_library_in_postgres_with_a_second_schema() {
    let place = Place::empty_on_postgres().await;
    place.execute(LIBRARY_POSTGRES).await;
    snapshot!("draft_library_postgres", place.sexton(&["init", "--system", "library"]).expect(0));
    assert_eq!(codes(&place, &["--undecided", "delete"]), Vec::<String>::new());
}

#[tokio::test]
async fn what_check_says_to_paste_covers_the_foreign_key() {
    let place = Place::empty_on_postgres().await;
    place.execute(LIBRARY_POSTGRES).await;
    let bare = "system = \"library\"\ndatabase = \"env:DATABASE_URL\"\n[references]\n";
    place.write_policy(bare);
    let document = place.sexton(&["check", "--output", "json"]).expect(1).document();
    let findings = document["findings"].as_array().expect("findings are a list");
    let pasted: Vec<&str> = findings.iter().filter_map(|found| found["help"].as_str()).collect();
    let pasted = pasted.join("\n").replace("state = …", "state = 0");
    place.write_policy(&[bare, &pasted].concat());
    let said = place.sexton(&["check"]);
    assert!(pasted.contains("billing.fines.id"), "{pasted}");
    assert!(!said.out.contains("C130") && !said.out.contains("C101"), "{said}");
}

#[tokio::test]
async fn a_draft_of_nothing_is_refused_and_writes_no_file() {
    let place = Place::empty_on_postgres().await;
    place.execute("CREATE SCHEMA shop; CREATE TABLE shop.orders (id int PRIMARY KEY)").await;
    let said = place.sexton(&["init", "-o", "first.toml"]).expect(2);
    assert!(said.err.contains("--schema"), "{said}");
    assert!(!place.folder().join("first.toml").exists());
    let said = place.sexton(&["init", "--schema", "shop"]).expect(0);
    assert!(said.out.contains("row = \"orders.id\""), "{said}");
}

#[tokio::test]
async fn a_file_is_never_overwritten() {
    let place = Place::on_sqlite().await;
    let before = &crate::place::policy();
    let said = place.sexton(&["init", "-o", "sexton.toml"]).expect(2);
    assert!(said.err.contains("sexton.toml is there already"), "{said}");
    let after = std::fs::read_to_string(place.folder().join("sexton.toml")).expect("it is there");
    assert_eq!(&after, before);
}

#[tokio::test]
async fn a_new_file_is_told_of_with_what_to_do_next() {
    let place = Place::on_sqlite().await;
    let said = place.sexton(&["init", "-o", "first.toml", "--database", "env:DATABASE_URL"]);
    snapshot!("draft_written", said.expect(0));
    let document = place.sexton(&["init", "--output", "json"]).expect(0).document();
    let text = std::fs::read_to_string(place.folder().join("first.toml")).expect("it is there");
    assert_eq!(document["policy"], text);
    assert!(document["suggested"].as_u64().is_some_and(|count| count > 10), "{document}");
}

#[tokio::test]
async fn a_password_does_not_get_into_the_file() {
    let place = Place::empty_on_postgres().await;
    place.execute("CREATE TABLE orders (id int PRIMARY KEY)").await;
    let address = place.address();
    let (scheme, rest) = address.split_once("://").expect("it is a URL");
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let user = address.split("://").nth(1).and_then(|rest| rest.split(['@', ':']).next());
    let with_password = format!("{scheme}://{}:s3cret@{rest}", user.unwrap_or_default());
    let said = place.sexton(&["init", "--database", &with_password]).expect(0);
    assert!(!said.out.contains("s3cret"), "{said}");
    assert!(said.out.contains("database = \"env:DATABASE_URL\""), "{said}");
}

#[tokio::test]
async fn without_an_address_there_is_nothing_to_draft_from() {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let said = crate::program::run(folder.path(), &["init"]).expect(2);
    assert!(said.err.contains("DATABASE_URL"), "{said}");
    crate::program::run(folder.path(), &["init", "--system", "Big Name"]).expect(2);
}
