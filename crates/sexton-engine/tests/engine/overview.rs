//! How a system stands: what ended is told at once, counted once, and samples are of their day.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use sexton_core::lifecycle::State;
use sexton_core::names::{Actor, SystemName, ThingName, Timestamp};
use sexton_core::policy;
use sexton_core::sweep::SweepReport;
use sexton_engine::ports::{Clock, Database, DayCount, SystemClock, SystemEntropy};
use sexton_engine::{Caller, DeleteRequest, Overview, Root, RootKey, Surroundings, System, day_of};
use sexton_postgres::PostgresDatabase;
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::{postgres, sqlite};

const TABLES: &str = "
    CREATE TABLE items (id integer PRIMARY KEY, is_kept integer NOT NULL);
    CREATE TABLE parts (id integer PRIMARY KEY, item integer NOT NULL REFERENCES items (id));
    CREATE INDEX parts_item ON parts (item);
    INSERT INTO items VALUES (1, 0), (2, 0), (3, 1), (4, 0);
    INSERT INTO parts VALUES (1, 1), (2, 1), (3, 2);";

const POLICY: &str = "
    system = \"shop\"
    [things.item]
    row = \"items.id\"
    refuse = { \"is_kept = 1\" = \"it is kept\" }
    [references]
    \"parts.item -> items\" = \"delete\"
";

const MINUTE: i64 = 60 * 1_000_000;

/// The machine's clock, moved on by hand.
#[derive(Default)]
struct Moved(AtomicI64);

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        Timestamp(SystemClock.now().0 + self.0.load(Ordering::SeqCst))
    }
}

fn system(database: Arc<dyn Database>, clock: Arc<Moved>) -> System {
    let (policy, findings) = policy::parse(POLICY);
    let policy = policy.unwrap_or_else(|| panic!("{findings:#?}"));
    let surroundings = Surroundings { clock, entropy: Arc::new(SystemEntropy) };
    System::new(policy, database, surroundings, None)
}

async fn delete(system: &System, id: &str) -> bool {
    let root = Root {
        thing: ThingName::new("item"),
        key: RootKey::Id(id.to_owned()),
        caller: Caller::operator(Actor::new("ann")),
        options: BTreeMap::new(),
    };
    system.delete(&DeleteRequest { root, reason: None, bound_to: None }).await.is_ok()
}

fn told(overview: &Overview) -> Vec<(State, u64, u64)> {
    let told = |day: &DayCount| (day.state, day.deletions, day.rows);
    overview.days.iter().map(told).collect()
}

async fn what_ended_is_told_at_once_and_counted_once(database: Arc<dyn Database>) {
    let clock = Arc::new(Moved::default());
    let system = system(database.clone(), clock.clone());
    let empty = system.overview().await.expect("it can be looked at");
    assert!(empty.days.is_empty() && empty.samples.is_empty());
    assert_eq!(system.keep_figures().await.expect("there is nothing"), 0);

    assert!(delete(&system, "1").await && delete(&system, "2").await);
    assert!(!delete(&system, "3").await);
    let expected = [(State::Refused, 1, 0), (State::Complete, 2, 5)];
    let at_once = system.overview().await.expect("it can be looked at");
    assert_eq!(told(&at_once), expected);
    assert_eq!(at_once.days[0].day, day_of(at_once.at));
    assert_eq!(system.keep_figures().await.expect("figures are kept"), 0, "it ended just now");

    clock.0.store(6 * MINUTE, Ordering::SeqCst);
    // Two workers, each with a connection of its own, count each once.
    let other = self::system(database, clock);
    let (one, two) = tokio::join!(system.keep_figures(), other.keep_figures());
    let counted = one.expect("figures are kept") + two.expect("figures are kept");
    assert_eq!(counted, 3);
    assert_eq!(system.keep_figures().await.expect("nothing is new"), 0);
    let later = system.overview().await.expect("it can be looked at");
    assert_eq!(told(&later), expected);
    assert!(delete(&system, "4").await);
    let both = system.overview().await.expect("it can be looked at");
    assert_eq!(told(&both), [(State::Refused, 1, 0), (State::Complete, 3, 6)]);
}

async fn rows_are_counted_and_the_last_sample_of_a_day_stands(database: Arc<dyn Database>) {
    let clock = Arc::new(Moved::default());
    let system = system(database, clock.clone());
    assert!(delete(&system, "1").await);
    let sampled = async || {
        system.keep_figures().await.expect("figures are kept");
        let overview = system.overview().await.expect("it can be looked at");
        let sampled = overview.samples.iter().map(|sample| (sample.name.clone(), sample.items));
        sampled.collect::<Vec<_>>()
    };
    assert_eq!(sampled().await, [("item".to_owned(), 3)]);
    assert!(delete(&system, "2").await);
    assert_eq!(sampled().await, [("item".to_owned(), 3)], "it is not time yet");
    clock.0.store(61 * MINUTE, Ordering::SeqCst);
    let after = sampled().await;
    assert_eq!(after.last(), Some(&("item".to_owned(), 2)));
    let report =
        SweepReport { v: 1, system: SystemName::new("shop"), at: clock.now(), stores: Vec::new() };
    system.keep_sweep(&report).await.expect("of no store there is nothing to keep");
}

/// Makes a test of each function for each database.
macro_rules! on_both {
    ($($test:ident),*) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $test() {
                let test = super::sqlite::TestDatabase::new().await;
                test.execute(super::TABLES).await;
                let path = test.path().display().to_string();
                let database = super::SqliteDatabase::open(&path).await.expect("it opens");
                super::$test(super::Arc::new(database)).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $test() {
                let test = super::postgres::TestDatabase::bare().await;
                test.execute(super::TABLES).await;
                let database = super::PostgresDatabase::connect(&test.url(), None);
                super::$test(super::Arc::new(database.expect("an address"))).await;
            })*
        }
    };
}

on_both!(
    what_ended_is_told_at_once_and_counted_once,
    rows_are_counted_and_the_last_sample_of_a_day_stands
);
