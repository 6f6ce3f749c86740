//! Chains of records that are longer than what is read at a time.

use std::sync::Arc;

use sexton_core::audit::{ChainFault, FIRST_HASH, seal};
use sexton_core::lifecycle::State;
use sexton_core::names::{Actor, DeletionId, SystemName, ThingName, Timestamp};
use sexton_engine::ports::{Database, Mode, NewDeletion};
use sexton_engine::{Caller, DeleteRequest, Root, RootKey, Surroundings, System};
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::{postgres, sqlite};

/// A page holds a thousand records.
const PAGE: i64 = 1_000;
const POLICY: &str = "system = \"s\"\n[things.run]\nrow = \"runs.id\"\n";

struct Names {
    audit: &'static str,
    head: &'static str,
}

const ON_SQLITE: Names = Names { audit: "sexton_audit", head: "sexton_audit_head" };
const ON_POSTGRES: Names = Names { audit: "sexton.audit", head: "sexton.audit_head" };

impl Names {
    /// Two full pages and one record more, sealed against the order in which they were written.
    fn chain(&self) -> String {
        let length = 2 * PAGE + 1;
        let mut hash = FIRST_HASH.to_owned();
        let mut rows: Vec<String> = Vec::new();
        for seq in 1..=length {
            let record = format!("{{\"deletion\":\"dlt_{seq}\"}}");
            hash = seal(&hash, seq, &record);
            rows.push(format!("('dlt_{seq}', '{record}', {seq}, '{hash}')"));
        }
        rows.reverse();
        format!(
            "INSERT INTO {} (deletion, record, seq, hash) VALUES {};
             UPDATE {} SET seq = {length}, hash = '{hash}';
             INSERT INTO {} (deletion, record) VALUES ('dlt_late', '{{}}');",
            self.audit,
            rows.join(","),
            self.head,
            self.audit,
        )
    }

    fn change(&self, seq: i64) -> String {
        format!("UPDATE {} SET record = '{{}}' WHERE seq = {seq};", self.audit)
    }

    fn remove(&self, seq: i64) -> String {
        format!("DELETE FROM {} WHERE seq = {seq};", self.audit)
    }
}

async fn system(database: Arc<dyn Database>) -> System {
    let (policy, findings) = sexton_core::policy::parse(POLICY);
    assert_eq!(findings, []);
    let policy = policy.expect("it has no mistakes");
    let system = System::new(policy, database, Surroundings::of_this_machine(), None);
    system.prepare().await.expect("the tables can be made");
    system
}

/// A sound chain, then one that was broken where one page ends and the next begins.
async fn judge<F: Future<Output = ()>>(system: &System, names: &Names, run: impl Fn(String) -> F) {
    run(names.chain()).await;
    let report = system.audit_verify().await.expect("the audit can be read");
    assert_eq!((report.faults, report.records, report.unsealed), (Vec::new(), 2_001, 1));
    let listed = system.audit_list(3).await.expect("the audit can be read");
    assert!(listed.len() <= 3, "{listed:?}");

    // What each break leaves is mended by the chain's being told anew from there on.
    run([names.change(PAGE), names.remove(2 * PAGE), names.change(2 * PAGE + 1)].concat()).await;
    let report = system.audit_verify().await.expect("the audit can be read");
    let changed = |seq| ChainFault::Changed { seq };
    let removed = ChainFault::Removed { before: 2 * PAGE + 1, count: 1 };
    assert_eq!(report.faults, [changed(PAGE), removed, changed(2 * PAGE + 1)]);

    run([names.remove(PAGE), names.change(PAGE + 1)].concat()).await;
    let report = system.audit_verify().await.expect("the audit can be read");
    let first = ChainFault::Removed { before: PAGE + 1, count: 1 };
    let second = ChainFault::Removed { before: 2 * PAGE + 1, count: 1 };
    assert_eq!(report.faults, [first, changed(PAGE + 1), second, changed(2 * PAGE + 1)]);
}

#[tokio::test]
async fn a_chain_of_many_pages_is_judged_across_their_edges_on_sqlite() {
    let database = sqlite::TestDatabase::new().await;
    let path = database.path();
    let path = path.to_str().expect("a path is text");
    let opened = SqliteDatabase::open(path).await.expect("it opens");
    let system = system(Arc::new(opened)).await;
    judge(&system, &ON_SQLITE, |script| {
        let database = &database;
        async move { database.execute(&script).await }
    })
    .await;
}

#[tokio::test]
async fn a_chain_of_many_pages_is_judged_across_their_edges_on_postgres() {
    let database = postgres::TestDatabase::new().await;
    let system = system(database.database()).await;
    judge(&system, &ON_POSTGRES, |script| {
        let database = &database;
        async move { database.execute(&script).await }
    })
    .await;
}

async fn with_runs() -> (sqlite::TestDatabase, System) {
    let database = sqlite::TestDatabase::new().await;
    database
        .execute("CREATE TABLE runs (id INTEGER PRIMARY KEY); INSERT INTO runs VALUES (1)")
        .await;
    let path = database.path();
    let path = path.to_str().expect("a path is text");
    let opened = SqliteDatabase::open(path).await.expect("it opens");
    let system = system(Arc::new(opened)).await;
    (database, system)
}

#[tokio::test]
async fn more_records_than_a_page_are_sealed_at_once() {
    let (database, system) = with_runs().await;
    let rows: Vec<String> = (0..=PAGE).map(|n| format!("('dlt_{n}', '{{}}')")).collect();
    let rows = rows.join(",");
    database.execute(&format!("INSERT INTO sexton_audit (deletion, record) VALUES {rows}")).await;
    let root = Root {
        thing: ThingName::new("run"),
        key: RootKey::Id("1".into()),
        options: std::collections::BTreeMap::new(),
        caller: Caller::operator(Actor::new("ann")),
    };
    let request = DeleteRequest { root, reason: None, bound_to: None };
    let receipt = system.delete(&request).await.expect("it is there");
    assert_eq!(receipt.seq, PAGE + 2);
    let report = system.audit_verify().await.expect("the audit can be read");
    assert_eq!((report.records, report.unsealed), (1_002, 0));
}

#[tokio::test]
async fn more_deletions_than_are_taken_over_at_a_time_are_settled_in_one_go() {
    let (_database, system) = with_runs().await;
    let mut tx = system.database().begin(Mode::Keep).await.expect("a transaction begins");
    for number in 0..45 {
        let deletion = NewDeletion {
            id: DeletionId::new(format!("dlt_{number}")),
            system: SystemName::new("s"),
            thing: ThingName::new("run"),
            roots: sexton_core::audit::RootNames::of(vec!["1".into()]),
            actor: Actor::new("ann"),
            tenant: None,
            reason: None,
            bound_to: None,
            requested_at: Timestamp(number),
            lease: "lost".into(),
            lease_secs: -1,
        };
        tx.insert_deletion(&deletion).await.expect("it can be stored");
    }
    tx.commit().await.expect("it can be stored");
    let settled = system.settle().await.expect("all can be settled");
    assert_eq!(settled.len(), 45);
    assert!(settled.iter().all(|(_, state)| *state == State::Withdrawn), "{settled:?}");
    assert_eq!(system.settle().await.expect("nothing is left"), []);
}
