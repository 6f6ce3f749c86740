//! `sexton check`: every finding in one run, for people and for programs.

use crate::place::Place;

on_both_databases!(
    the_sample_has_no_findings,
    a_change_of_the_schema_is_told_from_what_was_kept,
    tables_that_were_not_looked_at_whole_are_named,
);

const WITH_MISTAKES: [(&str, &str); 3] = [
    ("\"domains.latest_run_id -> runs\"                    = \"derive\"", ""),
    ("\"entries.run_id -> jobs\"   ", "\"entries.runid -> jobs\"   "),
    ("row     = \"runs.id\"", "row     = \"run.id\""),
];

fn with_mistakes(place: &Place) {
    let mut policy = crate::place::policy();
    for (from, to) in WITH_MISTAKES {
        assert!(policy.contains(from), "the policy has no {from}");
        policy = policy.replace(from, to);
    }
    place.write_policy(&policy);
}

async fn the_sample_has_no_findings(place: Place) {
    let said = place.sexton(&["check", "--strict"]).expect(0);
    assert_eq!(said.out, "sexton.toml: no errors, no warnings\n");
    let document = place.sexton(&["check", "--output", "json"]).expect(0).document();
    assert_eq!(document, serde_json::json!({"findings": [], "errors": 0, "warnings": 0}));
}

async fn tables_that_were_not_looked_at_whole_are_named(place: Place) {
    let numbers = if place.own("holds").starts_with("sexton_") {
        "(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20001) \
          SELECT i FROM n)"
    } else {
        "(SELECT generate_series(1, 20001) AS i) AS n"
    };
    let notes = "CREATE TABLE notes (id integer PRIMARY KEY, run_id text, state text NOT NULL,
         CHECK (state <> 'open' OR run_id IS NOT NULL));
         CREATE INDEX notes_run_id ON notes (run_id);";
    let rows =
        format!("INSERT INTO notes SELECT i, (SELECT max(id) FROM runs), 'done' FROM {numbers};");
    place.execute(&[notes, &rows].concat()).await;
    place.change_policy("[references]", "[references]\n\"notes.run_id -> runs\" = \"unlink\"");
    let said = place.sexton(&["check"]).expect(0);
    let short =
        "Only 20000 rows were looked at of notes.\nWith --all-rows, all of them are looked at.\n";
    assert!(said.out.contains(short), "{said}");
    let json = place.sexton(&["check", "--output", "json"]).expect(0).document();
    assert_eq!((&json["bounded"], json.get("unanswered")), (&serde_json::json!(["notes"]), None));
    place.execute("UPDATE notes SET state = 'open' WHERE id = 20001").await;
    place.sexton(&["check", "--strict"]).expect(0);
    let said = place.sexton(&["check", "--strict", "--all-rows"]).expect(1);
    assert!(said.out.contains("C302") && !said.out.contains("Only 20000"), "{said}");
}

#[tokio::test]
async fn every_misfit_is_shown_at_its_place() {
    let place = Place::on_sqlite().await;
    with_mistakes(&place);
    snapshot!("check_misfits", place.sexton(&["check"]).expect(1));
}

#[tokio::test]
async fn every_mistake_of_the_file_is_shown_at_its_place() {
    let place = Place::on_sqlite().await;
    let policy = &crate::place::policy();
    let policy = policy.replace("confirm = ", "confrim = ").replace("\"unlink\"", "\"unlnk\"");
    place.write_policy(&policy);
    snapshot!("check_mistakes", place.sexton(&["check"]).expect(1));
    let said = place.sexton(&["preview", "batch", "autumn-2026"]).expect(2);
    assert!(said.err.contains("did you mean `unlink`"), "{said}");
}

#[tokio::test]
async fn a_file_that_is_not_toml_is_a_matter_of_configuration() {
    let place = Place::on_sqlite().await;
    place.write_policy("system = [\n");
    snapshot!("check_not_toml", place.sexton(&["check"]).expect(2));
}

#[tokio::test]
async fn findings_for_programs_have_their_places() {
    let place = Place::on_sqlite().await;
    with_mistakes(&place);
    let document = place.sexton(&["check", "--output", "json"]).expect(1).document();
    let findings = document["findings"].as_array().expect("findings are a list");
    let errors = findings.iter().filter(|finding| finding["severity"] == "error").count();
    assert_eq!(document["errors"], errors);
    let column = findings.iter().find(|finding| {
        finding["message"].as_str().is_some_and(|message| message.contains("runid"))
    });
    let column = column.expect("the misspelt column is found");
    let (line, start) = (column["line"].as_u64(), column["span"]["start"].as_u64());
    assert!(line.is_some_and(|line| line > 1) && start.is_some(), "{column}");
    assert!(column["docs"].as_str().is_some_and(|docs| docs.starts_with("docs/policy.md#c")));
}

#[tokio::test]
async fn warnings_fail_only_where_they_shall() {
    let place = Place::on_sqlite().await;
    place.execute("DROP INDEX entries_run_id").await;
    let said = place.sexton(&["check"]).expect(0);
    assert!(said.out.contains("no errors, ") && said.out.contains("warning"), "{said}");
    place.sexton(&["check", "--strict"]).expect(1);
}

#[tokio::test]
async fn the_first_policy_of_the_readme_fits_its_database() {
    let readme = include_str!("../../../../README.md");
    let (_, policy) = readme.split_once("```toml\n").expect("the README has a policy");
    let (policy, _) = policy.split_once("```").expect("the policy has an end");
    let place = Place::on_sqlite().await;
    place
        .execute(
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, is_active INTEGER);
             CREATE TABLE orders (id INTEGER PRIMARY KEY,
                 customer_id INTEGER REFERENCES customers (id));
             CREATE INDEX orders_customer ON orders (customer_id);
             CREATE TABLE order_lines (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders (id));
             CREATE INDEX order_lines_order ON order_lines (order_id);
             CREATE TABLE reviews (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id));
             CREATE INDEX reviews_customer ON reviews (customer_id);
             CREATE TABLE invoices (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders (id));
             CREATE INDEX invoices_order ON invoices (order_id);
             CREATE TABLE mails (id INTEGER PRIMARY KEY, order_id INTEGER);
             CREATE INDEX mails_order ON mails (order_id);
             DROP TABLE tags; DROP TABLE jobs; DROP TABLE runs;",
        )
        .await;
    place.write_policy(policy);
    place.sexton(&["check", "--strict"]).expect(0);
}

#[tokio::test]
async fn a_variant_is_read_with_the_file_that_it_is_like() {
    let place = Place::on_sqlite().await;
    let folder = place.folder().join("base");
    std::fs::create_dir(&folder).expect("a folder can be made");
    let base = &crate::place::policy();
    std::fs::write(folder.join("batches.toml"), base).expect("a file can be written");
    place.write_policy("like = \"base/batches.toml\"\n[things.batch]\nlimits = { rows = 5 }\n");
    place.sexton(&["check"]).expect(0);
    let said = place.sexton(&["preview", "batch", "autumn-2026"]).expect(1);
    assert!(said.out.contains("the limit is 5"), "{said}");
    // The reference is shown where it stands.
    let why = place.sexton(&["preview", "batch", "autumn-2026", "--why", "runs"]);
    assert!(why.out.contains("base/batches.toml:"), "{why}");

    let broken = base.replace("confirm = ", "confrim = ");
    std::fs::write(folder.join("batches.toml"), broken).expect("a file can be written");
    let said = place.sexton(&["check"]).expect(1);
    assert!(said.out.contains("base/batches.toml:11:1"), "{said}");
    let document = place.sexton(&["check", "--output", "json"]).expect(1).document();
    let finding = &document["findings"][0];
    assert_eq!((&finding["code"], &finding["line"]), (&"P003".into(), &11.into()));
    assert_eq!(finding["file"], "base/batches.toml");
}

#[tokio::test]
async fn variants_in_a_circle_end_even_through_links() {
    let place = Place::on_sqlite().await;
    std::os::unix::fs::symlink(place.folder(), place.folder().join("again")).expect("a link");
    place.write_policy("system = \"s\"\nlike = \"again/sexton.toml\"\n");
    let said = place.sexton(&["check"]).expect(1);
    assert!(said.out.contains("P027"), "{said}");
    place.write_policy("system = \"s\"\nlike = \"nowhere.toml\"\n");
    let said = place.sexton(&["check"]).expect(1);
    assert!(said.out.contains("`nowhere.toml` cannot be read: No such file"), "{said}");
}

#[tokio::test]
async fn a_change_of_the_policy_is_told_in_words() {
    let place = Place::on_sqlite().await;
    std::fs::copy(place.folder().join("sexton.toml"), place.folder().join("old.toml"))
        .expect("the test's own folder can be written");
    let check = ["check", "--diff", "old.toml"];
    let said = place.sexton(&check).expect(0);
    assert!(
        said.out.starts_with("Deletions take and touch what they did by old.toml.\n"),
        "{said}"
    );
    let changed = sexton_samples::batches()
        .policy
        .replace(
            "\"domains.latest_run_id -> runs\"                    = \"derive\"",
            "\"domains.latest_run_id -> runs\" = \"unlink\"",
        )
        .replace("\"entries.run_id -> runs\"", "\"entries.run_id -> jobs\"");
    place.write_policy(&changed);
    snapshot!("check_diff", place.sexton(&check));
    let document = place.sexton(&[&check[..], &["--output", "json"]].concat()).document();
    assert_eq!(document["changes"][0]["thing"], "batch");
}

async fn a_change_of_the_schema_is_told_from_what_was_kept(place: Place) {
    place.sexton(&["check", "--save", "before.json"]).expect(0);
    let diff = ["check", "--diff", "before.json"];
    let said = place.sexton(&diff).expect(0);
    assert!(said.out.contains("what they did by before.json"), "{said}");
    place.execute("ALTER TABLE entries RENAME TO old_entries").await;
    let said = place.sexton(&diff).expect(1);
    assert!(said.out.contains("names nothing in the schema any more"), "{said}");
}

#[tokio::test]
async fn what_is_compared_with_is_a_policy_or_was_kept() {
    let place = Place::on_sqlite().await;
    let said = place.sexton(&["check", "--diff", "nothing.toml"]).expect(2);
    assert!(said.err.contains("nothing.toml"), "{said}");
    std::fs::write(place.folder().join("old.toml"), "{}").expect("the folder can be written");
    let said = place.sexton(&["check", "--diff", "old.toml"]).expect(2);
    assert!(said.err.contains("old.toml"), "{said}");
}

#[tokio::test]
async fn grants_are_printed_to_be_run_as_they_are() {
    let place = Place::on_postgres().await.with_own_tables().await;
    let said = place.sexton(&["check", "--grants", "postgres"]).expect(0);
    snapshot!("check_grants", said);
    let lines: Vec<&str> = said.out.lines().collect();
    assert!(lines.iter().all(|line| line.starts_with("GRANT ")), "{said}");
    place.execute(&said.out).await;
    let document = place.sexton(&["check", "--grants", "--output", "json"]).expect(0).document();
    assert_eq!(document["role"], "postgres");
    assert_eq!(document["grants"].as_array().map(Vec::len), Some(lines.len()));
    let unknown = place.sexton(&["check", "--grants", "nobody_here"]).expect(5);
    assert!(unknown.err.contains("nobody_here"), "{unknown}");
}

#[tokio::test]
async fn there_is_nothing_to_grant_in_sqlite() {
    let place = Place::on_sqlite().await;
    let said = place.sexton(&["check", "--grants"]).expect(2);
    assert_eq!(said.out, "");
    assert!(said.err.contains("SQLite has no roles"), "{said}");
}

#[tokio::test]
async fn stores_are_asked_what_they_let_us_do() {
    let place = Place::on_sqlite().await;
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path().canonicalize().expect("the folder");
    let with = |stores: &str| {
        let policy = crate::place::policy();
        place.write_policy(&policy.replacen("\n[", &format!("\n[stores]\n{stores}\n["), 1));
    };
    with(&format!("files = \"{}\"\nshort = \"memory:\"", at.display()));
    let said = place.sexton(&["check"]).expect(0);
    let line = format!("store files (file://{}): we may list objects; we may", at.display());
    assert!(said.out.contains(&line), "{said}");
    let document = place.sexton(&["check", "--output", "json"]).expect(0).document();
    assert_eq!(document["stores"][1]["address"], "memory:");

    with("gone = \"/nowhere/at/all\"\nunset = \"env:NOBODY_SETS_THIS\"\nodd = \"gs://bucket\"");
    let said = place.sexton(&["check"]).expect(1);
    for told in ["/nowhere/at/all", "the variable NOBODY_SETS_THIS", "`gs:` is no kind of store"] {
        assert!(said.out.contains(told), "{told}: {said}");
    }
    assert_eq!(said.out.matches("C401").count(), 3, "{said}");
}
