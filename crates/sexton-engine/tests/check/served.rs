//! Guards that read a long table through.

use sexton_core::finding::Severity::Warning;
use sexton_core::schema::Dialect;

use crate::place::{BOTH, codes, finds};

fn tables(dialect: Dialect) -> String {
    let rows = match dialect {
        Dialect::Postgres => "generate_series(1, 500) AS n (value)",
        Dialect::Sqlite => {
            "(WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 500)
              SELECT value FROM n) AS n"
        }
    };
    format!(
        "CREATE TABLE sets (id integer PRIMARY KEY);
         CREATE TABLE models (id integer PRIMARY KEY, set_id integer, active boolean, other integer);
         INSERT INTO sets SELECT value FROM {rows};
         INSERT INTO models SELECT value, value, false, value FROM {rows};
         ANALYZE;"
    )
}

const INDEX: &str = "CREATE INDEX models_set ON models (set_id); ANALYZE;";

fn policy(link: &str) -> String {
    format!(
        "[things.set]\nrow = \"sets.id\"\n[references]\n\"models.set_id -> sets\" = \"keep\"\n\
         [guards.active]\nof = \"sets\"\nrows = \"models m\"\nlink = \"{link}\"\n\
         where = \"m.active\"\nsay = \"{{count}}\"\n[check]\nunindexed_rows_max = 100\n"
    )
}

#[tokio::test]
async fn a_guard_that_no_index_serves_is_told_with_the_index_that_would() {
    for dialect in BOTH {
        let found = finds(dialect, &tables(dialect), &policy("m.set_id = sets.id")).await;
        assert_eq!(codes(&found), [("C322", Warning)], "{dialect:?} {found:#?}");
        let help = found[0].help.as_deref().expect("an index");
        assert!(help.ends_with("ON models (set_id);"), "{help}");
        // What is pasted from the help mends it.
        let mended = tables(dialect) + &help.replace("CONCURRENTLY ", "") + " ANALYZE;";
        assert_eq!(finds(dialect, &mended, &policy("m.set_id = sets.id")).await, []);
        let both = policy("m.set_id = sets.id or m.other = sets.id");
        let found = finds(dialect, &(tables(dialect) + INDEX), &both).await;
        let other = found[0].help.as_deref().is_some_and(|help| help.ends_with("(other);"));
        assert!(found.len() == 1 && other, "{found:#?}");
        // A short table is read through in no time.
        let short = policy("m.set_id = sets.id").replace("max = 100", "max = 1000");
        assert_eq!(finds(dialect, &tables(dialect), &short).await, []);
    }
}
