//! Long and skewed tables: a small batch goes by index, whatever the tables were like when its
//! statements were planned. The server itself counts what it reads from end to end.

use std::collections::BTreeMap;
use std::fmt::Write;

use sexton_core::names::{Actor, ThingName};
use sexton_engine::{Budget, Caller, DeleteRequest, Root, RootKey};
use sexton_testkit::postgres::TestDatabase;

use crate::system::{on_postgres, system};

/// The tables that get long here.
const LONG: [&str; 4] = ["domains", "entries", "runs", "analysis_run_domain_facts"];

fn batch(id: &str) -> Root {
    Root {
        thing: ThingName::new("batch"),
        key: RootKey::Id(id.into()),
        options: BTreeMap::new(),
        caller: Caller::operator(Actor::new("ada")),
    }
}

/// One batch with nearly all rows, and a small one.
fn fill() -> String {
    let mut script = String::from(
        "INSERT INTO domains (name, created_at)
         SELECT 'long-' || i, '2026-01-01T00:00:00Z' FROM generate_series(1, 20000) AS i;",
    );
    for (batch, runs) in [("huge", 3_000), ("small", 10)] {
        write!(
            script,
            "INSERT INTO batches (id, created_at) VALUES ('{batch}', '2026-01-01T00:00:00Z');
             INSERT INTO runs (id, domain_id, domain, batch_id, status, created_at, finished_at)
             SELECT '{batch}-' || i, 1000 + i, '', '{batch}', 'succeeded',
                 '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'
             FROM generate_series(1, {runs}) AS i;
             INSERT INTO entries (run_id, domain_id, timestamp, module, tag, level)
             SELECT '{batch}-' || i, 1000 + i, '2026-01-01T00:00:00Z', 'Basic', 'X', 'INFO'
             FROM generate_series(1, {runs}) AS i, generate_series(1, 20);
             INSERT INTO analysis_run_domain_facts
                 (cohort_id, run_id, domain_id, category, fact_key, fact_value)
             SELECT 1, '{batch}-' || i, 1000 + i, 'dnssec', 'fact-' || n, 'yes'
             FROM generate_series(1, {runs}) AS i, generate_series(1, 5) AS n;"
        )
        .unwrap();
    }
    script
}

/// How many rows of each long table were read from end to end so far. Sessions tell when they
/// end, or when they are asked to.
async fn read_through(database: &TestDatabase) -> BTreeMap<String, u64> {
    database.execute("SELECT pg_stat_force_next_flush()").await;
    let rows = database
        .query("SELECT relname::text, seq_tup_read::text FROM pg_stat_user_tables ORDER BY 1")
        .await;
    let read = rows.into_iter().map(|row| {
        let mut row = row.into_iter().map(Option::unwrap);
        (row.next().unwrap(), row.next().unwrap().parse().unwrap())
    });
    read.filter(|(table, _)| LONG.contains(&table.as_str())).collect()
}

#[derive(Debug, Clone, Copy)]
enum Planned {
    WhenTablesWereShort,
    OnAnalysedTables,
}

async fn a_small_batch_goes_by_index(planned: Planned) {
    let (database, _) = on_postgres().await;
    let sexton = database.database();
    let system = system(sexton.clone());
    if let Planned::WhenTablesWereShort = planned {
        let request = DeleteRequest { root: batch("autumn-2026"), reason: None, bound_to: None };
        system.preview(&batch("autumn-2026"), Budget::default()).await.unwrap();
        system.delete(&request).await.unwrap();
    }
    database.execute(&fill()).await;
    if let Planned::OnAnalysedTables = planned {
        database.execute("ANALYZE").await;
    }
    let before = read_through(&database).await;
    assert_eq!(before.len(), LONG.len());

    let preview = system.preview(&batch("small"), Budget::default()).await.unwrap();
    assert!(preview.removed.iter().any(|table| table.table == "entries"));
    let request = DeleteRequest { root: batch("small"), reason: None, bound_to: None };
    let receipt = system.delete(&request).await.unwrap();
    assert_eq!(receipt.record.removed["entries"], 200);
    drop(system);
    sexton.close().await;
    // The few that are read belong to what was done while the tables were short.
    for (table, read) in read_through(&database).await {
        let read = read - before[&table];
        assert!(read < 1_000, "{planned:?}: {read} rows of {table} were read from end to end");
    }
}

#[tokio::test]
async fn a_small_batch_among_huge_ones_goes_by_index() {
    a_small_batch_goes_by_index(Planned::OnAnalysedTables).await;
}

#[tokio::test]
async fn a_plan_made_when_tables_were_short_goes_by_index_when_they_are_long() {
    a_small_batch_goes_by_index(Planned::WhenTablesWereShort).await;
}
