//! Nothing comes back below a batch that is gone, on both databases.

use std::collections::BTreeMap;

use sexton_core::names::{Actor, ThingName};
use sexton_engine::{Caller, DeleteRequest, Root, RootKey, System};

use crate::system;

async fn delete(system: &System, id: &str) {
    let root = Root {
        thing: ThingName::new("batch"),
        key: RootKey::Id(id.into()),
        options: BTreeMap::new(),
        caller: Caller::operator(Actor::new("ada")),
    };
    system.delete(&DeleteRequest { root, reason: None, bound_to: None }).await.unwrap();
}

const RUN: &str = "SELECT id FROM runs WHERE batch_id = 'autumn-2026' ORDER BY id LIMIT 1";

/// What writers try to attach to a batch that is gone, and to one whose row never came.
fn refused(run: &str) -> Vec<String> {
    let entry = format!(
        "INSERT INTO entries (run_id, domain_id, timestamp, module, tag, level)
         VALUES ('{run}', 1, 'now', 'm', 't', 'info')"
    );
    let job = |batch: &str| {
        format!(
            "INSERT INTO jobs (id, domain_id, domain, batch_id, created_at)
             VALUES ('late-{batch}', 1, 'd', '{batch}', 'now')"
        )
    };
    let batch =
        |batch: &str| format!("INSERT INTO batches (id, created_at) VALUES ('{batch}', 'now')");
    vec![
        entry,
        job("autumn-2026"),
        job("lost-2026"),
        batch("autumn-2026"),
        batch("lost-2026"),
        "UPDATE jobs SET batch_id = 'autumn-2026' WHERE id = 'one-off-bergen'".to_owned(),
    ]
}

const ALLOWED: [&str; 2] = [
    "INSERT INTO batches (id, created_at) VALUES ('winter-2027', 'now')",
    "INSERT INTO jobs (id, domain_id, domain, batch_id, created_at)
     VALUES ('late-none', 1, 'd', '', 'now'), ('late-new', 1, 'd', 'spring-2027', 'now')",
];

#[tokio::test]
async fn nothing_comes_back_below_a_deleted_batch_on_sqlite() {
    let (database, system) = system::on_sqlite().await;
    let run = database.query(RUN).await[0][0].clone().unwrap();
    delete(&system, "autumn-2026").await;
    delete(&system, "lost-2026").await;
    for writer in refused(&run) {
        let said = database.try_execute(&writer).await.unwrap_err();
        assert!(said.contains("sexton: "), "{writer}: {said}");
    }
    for writer in ALLOWED {
        database.execute(writer).await;
    }
}

#[tokio::test]
async fn nothing_comes_back_below_a_deleted_batch_on_postgres() {
    let (database, system) = system::on_postgres().await;
    let run = database.query(RUN).await[0][0].clone().unwrap();
    delete(&system, "autumn-2026").await;
    delete(&system, "lost-2026").await;
    for writer in refused(&run) {
        let said = database.try_execute(&writer).await.unwrap_err();
        assert!(said.contains("sexton: "), "{writer}: {said}");
    }
    for writer in ALLOWED {
        database.execute(writer).await;
    }
}
