//! What no row names is removed, unless something changed since it was seen.

use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use sexton_core::intent::IntentKind;
use sexton_core::lifecycle::State;
use sexton_core::names::{DeletionId, IntentId, ObjectRuleName};
use sexton_core::objects::ObjectKey;
use sexton_core::sweep::SWEEP;
use sexton_engine::ports::{DatabaseError, Mode, NewIntent, Query, Store};
use sexton_testkit::interpose::{Interposed, Point, Watcher};
use tokio::sync::watch;

use crate::world::{HOUR, World, grounds, open, samples, system};

const SCRIPT: &str = "CREATE TABLE runs (id text PRIMARY KEY, place text);
    INSERT INTO runs VALUES ('1', 'up/1');";

const POLICY: &str = r#"
system = "swept"
[stores]
files = { url = "memory:", sweep_after = "1d" }
[things.run]
row = "runs.id"
[objects.run]
of = "runs"
store = "files"
prefix = "runs/{id}/"
[objects.place]
of = "runs"
store = "files"
uri = "{place|path}"
"#;

/// What is there: three objects of the one row, two that nobody names.
async fn worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    for ground in grounds().await {
        let world = World::on(ground, SCRIPT, POLICY).await;
        for key in ["runs/1/a", "runs/1/b", "up/1", "runs/2/a", "stray"] {
            world.put(key);
        }
        worlds.push(world);
    }
    worlds
}

/// Does something once, when a call of this name is about to begin.
struct Meanwhile<F> {
    point: &'static str,
    act: Mutex<Option<F>>,
    fails: bool,
}

#[async_trait]
impl<F: AsyncAct> Watcher for Meanwhile<F> {
    async fn at(&self, point: &Point) {
        if point.name() == self.point {
            let act = self.act.lock().expect("nobody panicked").take();
            if let Some(act) = act {
                act.act().await;
            }
        }
    }

    fn failure(&self, point: &Point) -> Option<DatabaseError> {
        (self.fails && point.name() == self.point)
            .then(|| DatabaseError::Lost("the test cut the line".to_owned()))
    }
}

/// What somebody else does meanwhile.
#[async_trait]
pub trait AsyncAct: Send {
    async fn act(self);
}

struct Put(Arc<sexton_stores::MemoryStore>, &'static str);

#[async_trait]
impl AsyncAct for Put {
    async fn act(self) {
        self.0.put(&ObjectKey::new(self.1).expect("a key"), b"from somebody else");
    }
}

struct Insert(Arc<dyn sexton_engine::ports::Database>, &'static str);

#[async_trait]
impl AsyncAct for Insert {
    async fn act(self) {
        let mut tx = self.0.begin(Mode::Change).await.expect("it begins");
        let query = Query { label: "insert", sql: self.1, args: Vec::new(), general: false };
        tx.run(query).await.expect("it is inserted");
        tx.commit().await.expect("it is there");
    }
}

/// The same system, with somebody who acts meanwhile.
fn watched<F: AsyncAct + 'static>(world: &mut World, point: &'static str, act: F, fails: bool) {
    watched_by(world, POLICY, point, act, fails);
}

/// The same under another policy.
pub fn watched_by<F: AsyncAct + 'static>(
    world: &mut World,
    policy: &str,
    point: &'static str,
    act: F,
    fails: bool,
) {
    let watcher = Arc::new(Meanwhile { point, act: Mutex::new(Some(act)), fails });
    let database = Interposed::on(Arc::clone(&world.database)).watched_by(watcher);
    let store = Arc::clone(&world.store) as Arc<dyn Store>;
    world.system = system(policy, Arc::new(database), store, &world.clock);
}

/// Everything is promised, and nothing is gone.
pub const PROMISED: &str = "after commit (change)";
const CLAIM: &str = "before claim_intents (keep)";

#[tokio::test]
async fn orphans_are_told_with_the_rule_below_whose_names_they_lie() {
    for world in worlds().await {
        world.clock.move_on(25 * HOUR);
        world.put("runs/3/young");
        let found = world.sweep().await;
        assert_eq!(samples(&found), ["runs/2/a", "stray"]);
        let rules: Vec<Option<&str>> =
            found.by_rule.iter().map(|of| of.rule.as_ref().map(ObjectRuleName::as_str)).collect();
        assert_eq!(rules, [Some("run"), None]);
        assert_eq!((found.young.objects, found.named.objects, found.names), (1, 3, 2));
        assert_eq!(world.keys().await.len(), 6, "a sweep removes nothing");
    }
}

#[tokio::test]
async fn what_no_row_names_is_removed_with_a_record_and_a_receipt() {
    for world in worlds().await {
        world.clock.move_on(25 * HOUR);
        let (_, gone) = world.reclaim(None).await;
        let (id, receipt) = gone.gone.expect("there was something to remove");
        let receipt = receipt.expect("it is complete");
        assert_eq!(world.keys().await, ["runs/1/a", "runs/1/b", "up/1"]);
        assert_eq!(
            (receipt.record.thing.as_str(), receipt.record.actor.as_str()),
            (SWEEP, "the test")
        );
        assert_eq!(receipt.record.objects.values().sum::<u64>(), 2);
        let gone = receipt.objects_gone.values().flat_map(|stores| stores.values());
        assert_eq!(gone.map(|removed| removed.deleted).sum::<u64>(), 2);
        let status = world.system.status(&id).await.expect("it is read").expect("it is there");
        assert_eq!(status.row.state, State::Complete);
        let chain = world.system.audit_verify().await.expect("it is read");
        assert!(chain.faults.is_empty(), "{chain:?}");
    }
}

#[tokio::test]
async fn nothing_young_goes_and_an_age_must_be_given() {
    for world in worlds().await {
        let (found, gone) = world.reclaim(None).await;
        assert_eq!((found.young.objects, gone.asked), (2, 0));
        let policy = POLICY.replace(", sweep_after = \"1d\"", "");
        let store = Arc::clone(&world.store) as Arc<dyn Store>;
        let ageless = system(&policy, Arc::clone(&world.database), store, &world.clock);
        let world = World { system: ageless, ..world };
        let refused = world.reclaim(None).await.1.refused.expect("nobody says how old");
        assert!(refused.contains("sweep_after"), "{refused}");
        world.clock.move_on(10);
        let (_, gone) = world.reclaim(Some(5)).await;
        assert!(gone.gone.is_some(), "{gone:?}");
        assert_eq!(world.keys().await.len(), 3);
    }
}

#[tokio::test]
async fn an_empty_database_reclaims_nothing() {
    for mut world in worlds().await {
        world.clock.move_on(25 * HOUR);
        world.execute("DELETE FROM runs").await;
        let refused = world.reclaim(None).await.1.refused.expect("no row names anything");
        assert!(refused.contains("no row names anything"), "{refused}");
        assert_eq!(world.keys().await.len(), 5);
    }
}

#[tokio::test]
async fn more_than_its_share_is_not_removed() {
    for world in worlds().await {
        for key in ["x1", "x2"] {
            world.put(key);
        }
        world.clock.move_on(25 * HOUR);
        let refused = world.reclaim(None).await.1.refused.expect("4 of 7 are too many");
        assert!(refused.contains("4 of its 7 objects"), "{refused}");
        assert_eq!(world.keys().await.len(), 7);
    }
}

#[tokio::test]
async fn an_upload_between_the_sweep_and_the_removal_stays() {
    for mut world in worlds().await {
        world.clock.move_on(25 * HOUR);
        let put = Put(Arc::clone(&world.store), "stray");
        watched(&mut world, PROMISED, put, false);
        let (found, gone) = world.reclaim(None).await;
        assert_eq!((found.orphans.objects, gone.asked), (2, 2));
        assert_eq!(world.keys().await, ["runs/1/a", "runs/1/b", "stray", "up/1"]);
        let (_, receipt) = gone.gone.expect("something went");
        let spared = receipt.expect("it is complete").objects_gone;
        let spared = spared.values().flat_map(|stores| stores.values());
        assert_eq!(spared.map(|removed| removed.spared).sum::<u64>(), 1);
    }
}

#[tokio::test]
async fn what_a_row_comes_to_name_before_the_removal_stays() {
    for (sql, left) in [
        ("INSERT INTO runs VALUES ('2', NULL)", "runs/2/a"),
        ("INSERT INTO runs VALUES ('3', 'stray')", "stray"),
        ("INSERT INTO runs VALUES ('3', 'memory:/stray')", "stray"),
    ] {
        for mut world in worlds().await {
            world.clock.move_on(25 * HOUR);
            let insert = Insert(open(&world.ground).await, sql);
            watched(&mut world, PROMISED, insert, false);
            let (_, gone) = world.reclaim(None).await;
            assert_eq!(gone.asked, 2, "{sql}");
            let mut expected = vec!["runs/1/a", "runs/1/b", "up/1", left];
            expected.sort_unstable();
            assert_eq!(world.keys().await, expected, "{sql}");
        }
    }
}

/// Whoever dies after the commit leaves promises that anybody keeps.
#[tokio::test]
async fn a_sweep_that_breaks_off_is_carried_out_by_a_worker() {
    for mut world in worlds().await {
        world.clock.move_on(25 * HOUR);
        let nothing = Put(Arc::clone(&world.store), "later");
        watched(&mut world, CLAIM, nothing, true);
        let (_, gone) = world.reclaim(None).await;
        let (_, broken) = gone.gone.expect("it was promised");
        broken.expect_err("the line was cut");
        assert_eq!(world.keys().await.len(), 6, "nothing went yet");
        let store = Arc::clone(&world.store) as Arc<dyn Store>;
        let another = system(POLICY, Arc::clone(&world.database), store, &world.clock);
        let found = another.sweep(&sexton_engine::SweepRequest::default(), &mut |_| {}).await;
        let found = found.expect("it is compared");
        assert_eq!(found.stores[0].pending.objects, 2, "promised is not orphaned");
        let (_keep, stop) = watch::channel(false);
        another.work(&stop).await.expect("it works");
        assert_eq!(world.keys().await, ["later", "runs/1/a", "runs/1/b", "up/1"]);
    }
}

#[tokio::test]
async fn what_a_deletion_will_remove_is_pending_and_no_orphan() {
    for world in worlds().await {
        world.clock.move_on(25 * HOUR);
        world.system.prepare().await.expect("its tables are made");
        let mut tx = world.database.begin(Mode::Change).await.expect("it begins");
        let intents = [
            (IntentKind::Prefix, r#"{"store":"files","prefix":"runs/2/"}"#),
            (IntentKind::Key, r#"{"store":"files","uris":["memory:/stray"]}"#),
        ];
        let intents: Vec<NewIntent> = intents
            .iter()
            .map(|(kind, target)| NewIntent {
                id: IntentId::new(format!("int_{kind:?}")),
                kind: *kind,
                rule: "run".to_owned(),
                target: (*target).to_owned(),
                after_secs: 0,
            })
            .collect();
        let of = DeletionId::new("dlt_1");
        let system = world.system.policy().system.clone();
        tx.insert_intents(&system, &of, &intents).await.expect("they are stored");
        tx.commit().await.expect("they are there");
        let found = world.sweep().await;
        assert_eq!((found.pending.objects, found.orphans.objects), (2, 0), "{found:?}");
    }
}
