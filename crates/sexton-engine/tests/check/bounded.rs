//! How far a check looks at rows, and that it says so.

use sexton_core::finding::Finding;
use sexton_core::names::TableName;
use sexton_core::schema::Dialect;
use sexton_engine::{Inspected, Reach};

use crate::place::{BOTH, Place};

/// What is wrong stands behind the first 20 000 rows: one note that must have its run while it is
/// open, two that would collide, one of no run, one of a run of another org.
const TABLES: &str = "
    CREATE TABLE runs (id integer PRIMARY KEY, org text NOT NULL);
    CREATE TABLE notes (id integer PRIMARY KEY, run_id integer, org text NOT NULL, slug text,
        place text, state text NOT NULL DEFAULT 'done',
        CHECK (state <> 'open' OR run_id IS NOT NULL), UNIQUE (slug, place));
    CREATE INDEX notes_run_id ON notes (run_id);
    INSERT INTO runs VALUES (1, 'acme'), (2, 'beta');";

const MANY: &str = "
    INSERT INTO notes (id, run_id, org, slug, place)
    SELECT n, 1, 'acme', 's' || n, 'p' || n FROM numbers;";

const LAST: &str = "
    INSERT INTO notes VALUES (30001, 1, 'acme', 'a', 'same', 'open'),
        (30002, 1, 'acme', 'b', 'same', 'done'), (30003, 1, 'acme', 'c', 'same', 'done'),
        (30004, 2, 'acme', 'd', 'other', 'done');";

const POLICY: &str = "
    [things.run]
    row = \"runs.id\"
    tenant = \"org\"
    [things.note]
    row = \"notes.id\"
    tenant = \"org\"
    [references]
    \"notes.run_id -> runs\" = { set = { run_id = \"=null\", slug = \"gone\" } }";

fn script(dialect: Dialect, rows: u32) -> String {
    let many = match dialect {
        Dialect::Postgres => {
            let numbers = format!("generate_series(1, {rows}) AS numbers (n)");
            MANY.replace("numbers;", &format!("{numbers};"))
        }
        Dialect::Sqlite => {
            let numbers = format!(
                "WITH RECURSIVE numbers (n) AS (
                     SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})"
            );
            MANY.replace("SELECT n,", &format!("{numbers} SELECT n,"))
        }
    };
    [TABLES, &many, LAST].concat()
}

async fn inspected(dialect: Dialect, rows: u32, reach: Reach) -> Inspected {
    let place = Place::on(dialect, &script(dialect, rows)).await;
    let system = place.system(POLICY).await;
    system.inspect(reach).await.expect("the database answers")
}

fn codes(findings: &[Finding]) -> Vec<&str> {
    let mut codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes
}

const ALL: [&str; 3] = ["C302", "C303", "C321"];

#[tokio::test]
async fn a_check_says_of_which_tables_it_has_not_looked_at_all_rows() {
    for dialect in BOTH {
        let some = inspected(dialect, 20_000, Reach::Some).await;
        assert_eq!(codes(&some.findings), [""; 0], "{dialect:?}");
        assert_eq!(some.bounded, [TableName::local("notes")], "{dialect:?}");
        let all = inspected(dialect, 20_000, Reach::All).await;
        assert_eq!(codes(&all.findings), ALL, "{dialect:?}");
        assert_eq!((all.bounded, all.unanswered), (Vec::new(), Vec::new()), "{dialect:?}");
    }
}

#[tokio::test]
async fn of_tables_that_were_looked_at_whole_nothing_is_said() {
    for dialect in BOTH {
        let some = inspected(dialect, 19_996, Reach::Some).await;
        assert_eq!(codes(&some.findings), ALL, "{dialect:?}");
        assert_eq!((some.bounded, some.unanswered), (Vec::new(), Vec::new()), "{dialect:?}");
    }
}

/// Which rows a line changes takes for ever to say.
#[tokio::test]
async fn a_look_that_takes_too_long_is_named() {
    let endless = "exists (with recursive n (i) as (select 1 union all select i + 1 from n) \
                   select 1 from n where i < notes.id * 0)";
    let line = "{ set = { run_id = \"=null\", slug = \"gone\" } }";
    let set = "{ set = { run_id = \"=null\" } }";
    let endless = format!("{{ rule = {set}, where = \"{endless}\" }}");
    let row = "INSERT INTO notes VALUES (1, 1, 'acme', 'a', 'b', 'done')";
    for dialect in BOTH {
        let place = Place::on(dialect, &[TABLES, row].concat()).await;
        let system = place.system(&POLICY.replace(line, &endless)).await;
        let told = system.inspect(Reach::Some).await.expect("the database answers");
        assert_eq!(told.bounded, Vec::new());
        let looks = ["try a CHECK on rows of notes", "compare tenants of notes"];
        assert_eq!(told.unanswered, looks, "{dialect:?} {:?}", told.findings);
    }
}
