//! What a preview says that changed rows will hold, against what they hold then.

use std::collections::BTreeMap;

use sexton_core::names::{Actor, ThingName};
use sexton_core::preview::{After, Preview};
use sexton_engine::{Bound, Budget, Caller, DeleteRequest, Root, RootKey};
use sexton_testkit::random::ground::Ground;

use crate::place::Place;

/// The first note refers to a run and to a job of it, the second to a job only.
const TABLES: &str = "
    CREATE TABLE runs (id integer PRIMARY KEY);
    CREATE TABLE jobs (id integer PRIMARY KEY, run_id integer);
    CREATE TABLE notes (id integer PRIMARY KEY, run_id integer, job_id integer, n integer,
        state text, slug text, title text, stamp text);
    CREATE TABLE marks (id integer PRIMARY KEY, run_id integer, name text, at text, total integer,
        length text, who text);
    CREATE INDEX jobs_run_id ON jobs (run_id);
    CREATE INDEX notes_run_id ON notes (run_id);
    CREATE INDEX notes_job_id ON notes (job_id);
    CREATE INDEX marks_run_id ON marks (run_id);
    INSERT INTO runs VALUES (1), (2);
    INSERT INTO jobs VALUES (1, 1), (2, 2);
    INSERT INTO notes VALUES (1, 1, 1, 1, 'open', 's', 't', 'u'),
        (2, NULL, 2, 7, 'open', 's', 't', 'u'), (3, NULL, NULL, 0, 'open', 's', 't', 'u');
    INSERT INTO marks VALUES (1, 1, 'four', 'a', 0, 'b', 'c');";

const POLICY: &str = "
    system = \"notes\"
    [things.run]
    row = \"runs.id\"
    [references]
    \"jobs.run_id -> runs\" = \"delete\"
    \"notes.run_id -> runs\" = { set = { run_id = \"=null\", n = \"=n + 1\", \
        state = \"='was ' || state\", slug = \"gone\" } }
    \"notes.job_id -> jobs\" = { set = { job_id = \"=null\", title = \"=title || ' ' || n\", \
        stamp = \"=state\" } }
    \"marks.run_id -> runs\" = { set = { run_id = \"=null\", \
        at = { postgres = \"=now()::text\", sqlite = \"=datetime('now')\" }, \
        total = \"=(select count(*) from notes)\", length = \"=length(name)\", \
        who = \"={actor} || ' ' || name\" } }
";

fn root(id: &str) -> Root {
    Root {
        thing: ThingName::new("run"),
        key: RootKey::Id(id.into()),
        options: BTreeMap::new(),
        caller: Caller::operator(Actor::new("ann")),
    }
}

/// `table key column` with its value, or `?`, of every column that a preview shows to change.
fn foretold(preview: &Preview) -> BTreeMap<String, String> {
    let mut told = BTreeMap::new();
    for change in &preview.changed {
        for sample in &change.samples {
            for ((column, _), after) in change.becomes.iter().zip(&sample.after) {
                let after = match after {
                    After::Value(value) => value.clone().unwrap_or_else(|| "NULL".into()),
                    After::Untold => "?".into(),
                };
                told.insert(format!("{} {} {column}", change.table, sample.key), after);
            }
        }
    }
    told
}

/// The same of the rows that are there, which are told by their first column.
async fn held(place: &mut Place) -> BTreeMap<String, String> {
    let columns = [
        ("notes", &["id", "run_id", "job_id", "n", "state", "slug", "title", "stamp"][..]),
        ("marks", &["id", "run_id", "name", "at", "total", "length", "who"]),
    ];
    let dump = place.ground.dump().await;
    let mut held = BTreeMap::new();
    for (table, columns) in columns {
        for row in &dump[table] {
            let text = |value: &Option<String>| {
                value.as_deref().map_or("NULL", |value| value.trim_matches('\'')).to_owned()
            };
            let key = text(&row[0]);
            let values = columns.iter().zip(row);
            held.extend(values.map(|(name, value)| (format!("{table} {key} {name}"), text(value))));
        }
    }
    held
}

async fn becomes_what_was_told(ground: Ground) {
    let mut place = Place::on(ground).await;
    let system = place.renew_with(TABLES, POLICY).await.expect("the policy is read");
    for (id, expected) in [
        (
            "1",
            &[
                ("marks 1 at", "?"),
                ("marks 1 length", "4"),
                ("marks 1 run_id", "NULL"),
                ("marks 1 total", "?"),
                ("marks 1 who", "ann four"),
                ("notes 1 job_id", "NULL"),
                ("notes 1 n", "2"),
                ("notes 1 run_id", "NULL"),
                ("notes 1 slug", "gone"),
                // The other line writes first what these read.
                ("notes 1 stamp", "?"),
                ("notes 1 state", "was open"),
                ("notes 1 title", "?"),
            ][..],
        ),
        ("2", &[("notes 2 job_id", "NULL"), ("notes 2 stamp", "open"), ("notes 2 title", "t 7")]),
    ] {
        let preview = system.preview(&root(id), Budget::default()).await.expect("it is there");
        let told = foretold(&preview);
        let shown: Vec<(&str, &str)> =
            told.iter().map(|(what, value)| (what.as_str(), value.as_str())).collect();
        assert_eq!(shown, expected);
        let bound_to = preview.digest.map(Bound::Digest);
        let asked = DeleteRequest { root: root(id), reason: None, bound_to };
        system.delete(&asked).await.expect("nothing is in the way");
        let held = held(&mut place).await;
        for (what, value) in told.iter().filter(|(_, value)| *value != "?") {
            assert_eq!(held.get(what), Some(value), "{what}");
        }
    }
}

#[tokio::test]
async fn a_changed_row_becomes_what_was_foretold_on_sqlite() {
    becomes_what_was_told(Ground::sqlite().await).await;
}

#[tokio::test]
async fn a_changed_row_becomes_what_was_foretold_on_postgres() {
    becomes_what_was_told(Ground::postgres().await).await;
}
