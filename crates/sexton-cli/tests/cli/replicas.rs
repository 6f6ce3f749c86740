//! One, two, four and eight processes at one backlog, killed by chance and begun anew (R25, R31).
//!
//! Whom a seed kills, and at how many rows left, is the same in every run; when exactly is not.
//! `SEXTON_SEED=n` tries another.

use std::process::{Child, Stdio};
use std::sync::Arc;

use sexton_core::names::{Actor, ThingName};
use sexton_engine::{Caller, DeleteRequest, FenceChange, Root, RootKey, Surroundings, System};
use sexton_postgres::PostgresDatabase;
use sexton_testkit::random::dice::Dice;

use crate::place::Place;
use crate::program::program;
use crate::purging::on_postgres;

/// Roots and rows of a backlog.
#[derive(Clone, Copy)]
enum Backlog {
    /// One root with all rows.
    OneBig,
    /// Many roots with a few rows each.
    ManySmall,
}

const ROWS: usize = 3_000;
const ROOTS: usize = 60;

macro_rules! replicas {
    ($($name:ident: $replicas:literal, $backlog:ident;)*) => {
        $(#[tokio::test]
        async fn $name() {
            drains(Backlog::$backlog, $replicas).await;
        })*
    };
}

replicas! {
    r25_r31_one_replica_drains_a_big_batch_though_it_is_killed: 1, OneBig;
    r25_r31_two_replicas_drain_a_big_batch_though_some_are_killed: 2, OneBig;
    r25_r31_four_replicas_drain_a_big_batch_though_some_are_killed: 4, OneBig;
    r25_r31_eight_replicas_drain_a_big_batch_though_some_are_killed: 8, OneBig;
    r25_r31_one_replica_drains_many_batches_though_it_is_killed: 1, ManySmall;
    r25_r31_two_replicas_drain_many_batches_though_some_are_killed: 2, ManySmall;
    r25_r31_four_replicas_drain_many_batches_though_some_are_killed: 4, ManySmall;
    r25_r31_eight_replicas_drain_many_batches_though_some_are_killed: 8, ManySmall;
}

impl Backlog {
    /// How many rows each root has.
    fn rows(self, dice: &mut Dice) -> Vec<usize> {
        match self {
            Self::OneBig => vec![ROWS],
            // Some have none.
            Self::ManySmall => (0..ROOTS).map(|_| dice.below(2 * ROWS / ROOTS)).collect(),
        }
    }
}

fn batch(number: usize) -> String {
    format!("bb000000-0000-4000-8000-{number:012}")
}

/// Small chunks, and every row that goes is written down where it goes.
async fn with(rows: &[usize]) -> Place {
    let policy = sexton_samples::requests().policy;
    let small = policy.replace("chunk = 1000, pause = \"100ms\"", "chunk = 20, pause = \"5ms\"");
    assert_ne!(small, policy);
    let place = on_postgres(&small).await;
    place
        .execute(
            "CREATE TABLE gone (id uuid);
             CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN INSERT INTO gone VALUES (OLD.id); RETURN NULL; END $$;
             CREATE TRIGGER note AFTER DELETE ON requests FOR EACH ROW EXECUTE FUNCTION note()",
        )
        .await;
    for (number, rows) in rows.iter().enumerate() {
        let (batch, first) = (batch(number), 1_000_000 + number * 10_000);
        place
            .execute(&format!(
                "INSERT INTO batches (id, endpoint, created_by) VALUES ('{batch}', '/v1', 'ada');
                 INSERT INTO requests (id, batch_id, state, model)
                 SELECT ('9e000000-0000-4000-8000-' || lpad(({first} + n)::text, 12, '0'))::uuid,
                    '{batch}', 'pending', 'm'
                 FROM generate_series(1, {rows}) AS n"
            ))
            .await;
    }
    deletes(&place, &small, rows.len()).await;
    place
}

/// Each batch is a deletion of its own.
async fn deletes(place: &Place, policy: &str, roots: usize) {
    let (policy, findings) = sexton_core::policy::parse(policy);
    assert_eq!(findings, []);
    let database = PostgresDatabase::connect(&place.address(), None).expect("an address of ours");
    let database = Arc::new(database);
    let policy = policy.expect("a policy without findings");
    let system = System::new(policy, database, Surroundings::of_this_machine(), None);
    system.change_fence(FenceChange::Install).await.expect("the fence can be made");
    for number in 0..roots {
        let root = Root {
            thing: ThingName::new("batch"),
            key: RootKey::Id(batch(number)),
            options: std::collections::BTreeMap::new(),
            caller: Caller::operator(Actor::new("ada")),
        };
        let asked = DeleteRequest { root, reason: None, bound_to: None };
        system.delete(&asked).await.expect("a batch can be hidden");
    }
}

const LEFT: &str = "SELECT count(*) FROM requests r JOIN batches b ON b.id = r.batch_id
                    WHERE b.deleted_at IS NOT NULL";
const OPEN: &str = "SELECT count(*) FROM sexton.deletions WHERE state <> 'complete'";

async fn drains(backlog: Backlog, replicas: usize) {
    let seed = std::env::var("SEXTON_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or(2_026 + replicas as u64);
    println!("SEXTON_SEED={seed}");
    let mut dice = Dice::new(seed);
    let rows = backlog.rows(&mut dice);
    let place = with(&rows).await;
    let all: usize = rows.iter().sum();
    let before = place.dump().await;
    let killed = kills(&place, replicas, all, &mut dice).await;
    assert!(killed > 0, "everybody was too fast to be killed");
    // Whoever is left has ended; what the last to be killed had claimed is free again, and of what it
    // was about to complete the lease is over.
    for _ in 0..3 {
        place.execute("UPDATE sexton.deletions SET leased_until = 0").await;
        if place.number(OPEN).await > 0 {
            place.sexton(&["work", "--once"]).expect(0);
        }
    }
    assert_eq!((place.number(OPEN).await, place.number(LEFT).await), (0, 0));
    // No row went twice, and each is counted once, for its own root.
    let gone = "SELECT count(*) * 1000000 + count(DISTINCT id) FROM gone";
    let all = i64::try_from(all).expect("a small number");
    assert_eq!(place.number(gone).await, all * 1_000_000 + all);
    let told = "SELECT root || coalesce(receipt::jsonb -> 'purged' ->> 'requests', '0')
                FROM sexton.deletions ORDER BY root";
    let expected =
        rows.iter().enumerate().map(|(number, rows)| Some(format!("{}{rows}", batch(number))));
    assert_eq!(place.column(told).await, expected.collect::<Vec<_>>());
    // And nothing else has changed.
    let mut after = place.dump().await;
    let mut left = before;
    let is_of =
        |row: &[Option<String>]| row.iter().flatten().any(|value| value.starts_with("bb000000"));
    left.get_mut("requests").expect("there are requests").retain(|row| !is_of(row));
    after.remove("gone");
    left.remove("gone");
    assert_eq!(after, left);
}

/// A replica; what it complains of is told if the test fails.
fn worker(place: &Place) -> Child {
    let mut command = program(place.folder());
    command.env("DATABASE_URL", place.address()).args(["work", "--once"]);
    command.stdout(Stdio::null()).spawn().expect("the program starts")
}

/// Lets so many processes drain, and kills as many of them at moments of chance; each has a
/// successor. Says how many were killed while they were at it.
async fn kills(place: &Place, replicas: usize, rows: usize, dice: &mut Dice) -> usize {
    let mut workers: Vec<Child> = (0..replicas).map(|_| worker(place)).collect();
    let mut moments: Vec<usize> = (0..=replicas).map(|_| dice.below(rows * 9 / 10)).collect();
    moments.sort_unstable_by(|a, b| b.cmp(a));
    let mut killed = 0;
    for moment in moments {
        let moment = i64::try_from(moment).expect("a small number");
        while place.number(LEFT).await > moment {
            // One that found nothing free has ended; somebody has to go on.
            if workers.iter_mut().all(has_ended) {
                workers.push(worker(place));
            }
        }
        let mut hit = workers.swap_remove(dice.below(workers.len()));
        killed += usize::from(!has_ended(&mut hit));
        hit.kill().expect("it was started");
        hit.wait().expect("it was started");
        workers.push(worker(place));
    }
    for mut worker in workers {
        assert!(worker.wait().expect("it was started").success());
    }
    killed
}

fn has_ended(worker: &mut Child) -> bool {
    worker.try_wait().expect("it was started").is_some()
}
