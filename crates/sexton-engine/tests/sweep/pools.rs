//! What documents of rows name: kept while a row is there, an orphan once none names it.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use sexton_core::names::{Actor, PoolName, StoreName, ThingName};
use sexton_core::objects::ObjectKey;
use sexton_engine::ports::{Mode, Store};
use sexton_engine::{
    Caller, DeleteError, DeleteRequest, Root, RootKey, Stores, Surroundings, SweepRequest, System,
};
use sexton_testkit::interpose::{InterposedStore, Recorder};
use sexton_testkit::random::ground::Ground;

use crate::reclaim::{AsyncAct, PROMISED, watched_by};
use crate::world::{HOUR, World, clock, grounds, samples};

const SCRIPT: &str = "CREATE TABLE projects (id text PRIMARY KEY, org text);
    CREATE TABLE heads (id text PRIMARY KEY, project_id text REFERENCES projects (id), state text);
    CREATE INDEX heads_of ON heads (project_id);
    INSERT INTO projects VALUES ('p', 'o'), ('q', 'o');
    INSERT INTO heads VALUES ('1', 'p', 'done'), ('2', 'p', 'draft'), ('3', 'q', 'done');";

const POLICY: &str = r#"
system = "swept"
[stores]
files = { url = "memory:", sweep_after = "1d" }
[things.head]
row = "heads.id"
[things.project]
row = "projects.id"
[references]
"heads.project_id -> projects" = "delete"
[pools.images]
store = "files"
scope = "{org}/{project}"
key = "{org}/{project}/{name}"
grace = "2h"
covers = "objects.project"
[objects.project]
of = "projects"
store = "files"
prefix = "{org}/{id}/"
[objects.head]
of = "heads"
store = "files"
where = "state = 'done'"
[objects.head.manifest]
key = "m/{id}.json"
names = { images = "$.images[*]" }
removes = "$.masks[*]"
bind = { org = "{project_id.org}", project = "{project_id}" }
"#;

/// Two heads of one project share an image, one is a draft; the other project has one.
async fn world(ground: Ground) -> World {
    let world = World::on(ground, SCRIPT, POLICY).await;
    fill(&world);
    world
}

fn fill(world: &World) {
    write(world, "m/1.json", r#"{"images": ["a", "b"], "masks": ["masks/1"]}"#);
    write(world, "m/2.json", r#"{"images": ["b", "c"]}"#);
    write(world, "m/3.json", r#"{"images": {"x": "a"}}"#);
    for key in ["o/p/a", "o/p/b", "o/p/c", "o/p/d", "o/p/7/kept", "o/q/a", "o/q/b"] {
        world.put(key);
    }
    for key in ["masks/1", "masks/2", "m/4.json", "o/r/a"] {
        world.put(key);
    }
}

fn write(world: &World, key: &str, contents: &str) {
    world.store.put(&ObjectKey::new(key).expect("a key"), contents.as_bytes());
}

/// What nobody names: two images of live projects, one of none, a mask and a manifest.
const ORPHANS: [&str; 5] = ["m/4.json", "masks/2", "o/p/d", "o/q/b", "o/r/a"];

#[tokio::test]
async fn what_manifests_of_rows_name_is_no_orphan_and_what_none_names_is() {
    for ground in grounds().await {
        let world = world(ground).await;
        world.clock.move_on(25 * HOUR);
        let found = world.sweep().await;
        assert_eq!(found.failure, None);
        assert_eq!(samples(&found), ORPHANS);
        let told = (found.orphans.objects, found.named.objects, found.left_out.objects);
        assert_eq!(told, (5, 8, 1), "the manifest of a draft is left out, what it names is not");
        assert_eq!((found.manifests, found.unread.len(), found.dangling.len()), (3, 0, 0));
        let (_, gone) = world.reclaim(None).await;
        assert_eq!(gone.refused, None);
        gone.gone.expect("something goes").1.expect("it goes");
        let left = world.keys().await;
        assert!(ORPHANS.iter().all(|orphan| !left.contains(&(*orphan).to_owned())), "{left:?}");
        assert_eq!(left.len(), 9);
    }
}

#[tokio::test]
async fn a_manifest_that_cannot_be_read_keeps_all_that_it_may_name_and_is_told() {
    for ground in grounds().await {
        let world = world(ground).await;
        write(&world, "m/3.json", "no JSON");
        world.clock.move_on(25 * HOUR);
        let found = world.sweep().await;
        // It may remove anything, as `removes` is what an application writes.
        assert_eq!(found.orphans.objects, 0);
        let [unread] = &found.unread[..] else { panic!("{:?}", found.unread) };
        assert_eq!((unread.rule.as_str(), unread.manifests), ("head", 1));
        assert_eq!(unread.samples[0].0, "m/3.json");
        assert!(!found.is_clean());
    }
    for ground in grounds().await {
        let policy = POLICY.replace("removes = \"$.masks[*]\"\n", "");
        let world = World::on(ground, SCRIPT, &policy).await;
        fill(&world);
        write(&world, "m/3.json", "no JSON");
        world.clock.move_on(25 * HOUR);
        let found = world.sweep().await;
        assert_eq!(samples(&found), ["m/4.json", "masks/1", "masks/2", "o/p/d", "o/r/a"]);
    }
}

#[tokio::test]
async fn a_manifest_that_is_not_there_is_told_and_keeps_nothing() {
    for ground in grounds().await {
        let mut world = world(ground).await;
        world.execute("INSERT INTO heads VALUES ('9', 'q', 'done')").await;
        world.clock.move_on(25 * HOUR);
        let found = world.sweep().await;
        assert_eq!(samples(&found), ORPHANS);
        let [dangling] = &found.dangling[..] else { panic!("{:?}", found.dangling) };
        assert_eq!((dangling.rows, dangling.samples[0].as_str()), (1, "m/9.json"));
    }
}

#[tokio::test]
async fn a_pin_keeps_what_somebody_is_about_to_name() {
    for ground in grounds().await {
        let world = world(ground).await;
        world.system.prepare().await.expect("it answers");
        let mut tx = world.database.begin(Mode::Change).await.expect("it answers");
        let (system, pool) = (&world.system.policy().system, PoolName::new("images"));
        tx.pin(system, &pool, "o/p/d", 3_600).await.expect("it answers");
        tx.commit().await.expect("it answers");
        world.clock.move_on(25 * HOUR);
        let (found, gone) = world.reclaim(None).await;
        assert_eq!((found.pinned.objects, found.orphans.objects), (1, 4));
        gone.gone.expect("something goes").1.expect("it goes");
        assert!(world.keys().await.contains(&"o/p/d".to_owned()));
    }
}

#[tokio::test]
async fn what_a_deletion_has_still_to_decide_is_pending() {
    for ground in grounds().await {
        let world = world(ground).await;
        world.clock.move_on(25 * HOUR);
        let root = Root {
            thing: ThingName::new("head"),
            key: RootKey::Id("1".into()),
            options: std::collections::BTreeMap::new(),
            caller: Caller::operator(Actor::new("ada")),
        };
        let request = DeleteRequest { root, reason: None, bound_to: None };
        let deleted = world.system.delete(&request).await;
        assert!(matches!(deleted, Err(DeleteError::Unreaped { .. })), "{deleted:?}");
        let found = world.sweep().await;
        // The image that the draft names too is kept; the other waits for its grace.
        assert_eq!(found.pending.objects, 1, "{found:?}");
        assert_eq!(samples(&found), ORPHANS);
    }
}

#[tokio::test]
async fn what_a_manifest_comes_to_name_before_it_goes_stays() {
    for ground in grounds().await {
        let mut world = world(ground).await;
        world.clock.move_on(25 * HOUR);
        let before: BTreeSet<String> = world.keys().await.into_iter().collect();
        // The sweep has seen an orphan; then a manifest comes to name it, and only then it goes.
        let act = Names(Arc::clone(&world.store));
        watched_by(&mut world, POLICY, PROMISED, act, false);
        let (found, gone) = world.reclaim(None).await;
        assert_eq!(samples(&found), ORPHANS);
        gone.gone.expect("something goes").1.expect("it goes");
        let left: BTreeSet<String> = world.keys().await.into_iter().collect();
        let went: Vec<&str> = before.difference(&left).map(String::as_str).collect();
        assert_eq!(went, ["m/4.json", "masks/2", "o/q/b", "o/r/a"]);
    }
}

/// Somebody who writes a manifest anew.
struct Names(Arc<sexton_stores::MemoryStore>);

#[async_trait]
impl AsyncAct for Names {
    async fn act(self) {
        let key = ObjectKey::new("m/2.json").expect("a key");
        self.0.put(&key, br#"{"images": ["b", "c", "d"]}"#);
    }
}

/// A store may keep what is read for longer: only manifests are read, and nothing is asked for one
/// by one but what goes.
#[tokio::test]
async fn s37_a_sweep_reads_manifests_and_looks_at_no_image() {
    for ground in grounds().await {
        let clock = clock();
        let memory = {
            let clock = Arc::clone(&clock) as Arc<dyn sexton_engine::ports::Clock>;
            Arc::new(sexton_stores::MemoryStore::new(clock))
        };
        let recorder = Arc::new(Recorder::default());
        let store = InterposedStore::on(memory.clone(), "files").watched_by(recorder.clone());
        let opened = (Arc::new(store) as Arc<dyn Store>, memory);
        let world = World::with(ground, SCRIPT, POLICY, opened, clock).await;
        fill(&world);
        world.clock.move_on(25 * HOUR);
        let found = world.sweep().await;
        assert_eq!(found.orphans.objects, 5);
        let points = recorder.points();
        let calls = |name: &str| points.iter().filter(|point| point.starts_with(name)).count();
        assert_eq!((calls("before get"), calls("before head")), (3, 0), "{points:?}");
        assert!(calls("before list") > 0);
    }
}

const BOTH: &str = r#"
system = "swept"
[stores]
files = "memory:"
legacy = "memory:"
[things.head]
row = "heads.id"
[references]
"heads.project_id -> projects" = "keep"
[objects.head]
of = "heads"
stores = ["files", "legacy"]
key = "h/{id}"
"#;

#[tokio::test]
async fn what_is_in_none_of_its_rules_stores_is_told_of_the_first() {
    for ground in grounds().await {
        let world = World::on(ground, SCRIPT, BOTH).await;
        let clock = Arc::clone(&world.clock) as Arc<dyn sexton_engine::ports::Clock>;
        let legacy = sexton_stores::MemoryStore::new(clock);
        legacy.put(&ObjectKey::new("h/2").expect("a key"), b"it");
        world.put("h/1");
        let (policy, _) = sexton_core::policy::parse(BOTH);
        let both = [
            (StoreName::new("files"), Ok(Arc::clone(&world.store) as Arc<dyn Store>)),
            (StoreName::new("legacy"), Ok(Arc::new(legacy) as Arc<dyn Store>)),
        ];
        let surroundings = Surroundings::of_this_machine();
        let policy = policy.expect("it is read");
        let system = System::new(policy, Arc::clone(&world.database), surroundings, None);
        let system = system.with_stores(Stores::of(both));
        let report = system.sweep(&SweepRequest::default(), &mut |_| {}).await;
        let report = report.expect("it is compared");
        let [files, legacy] = &report.stores[..] else { panic!("{report:?}") };
        let [dangling] = &files.dangling[..] else { panic!("{files:?}") };
        assert_eq!((dangling.rows, dangling.samples.as_slice()), (1, &["h/3".to_owned()][..]));
        assert_eq!(legacy.dangling, []);
        let only = SweepRequest { stores: vec![StoreName::new("files")], older_than_secs: None };
        let report = system.sweep(&only, &mut |_| {}).await.expect("it is compared");
        assert_eq!(report.stores[0].dangling, [], "of the other store nothing is known");
    }
}
