//! Retention against a model: random ages, states, guards and holds, and who goes.
//!
//! Who is due, by age and condition, goes unless a guard or a hold keeps it; nobody else does, and
//! what is kept is told once.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use sexton_core::names::{Actor, RetentionName, ThingName};
use sexton_engine::ports::Database;
use sexton_engine::{
    Caller, HoldOn, HoldRequest, RetainRequest, Root, RootKey, Surroundings, System,
};
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::{postgres, sqlite};

const TABLES: &str = "
    CREATE TABLE items (id integer PRIMARY KEY, made bigint, kind text NOT NULL, parent integer);
    CREATE TABLE marks (id integer PRIMARY KEY, item integer NOT NULL, is_open integer NOT NULL);
    CREATE INDEX items_made ON items (made);
    CREATE INDEX items_parent ON items (parent);
    CREATE INDEX marks_item ON marks (item);";

const POLICY: &str = "
    system = \"shop\"
    [things.item]
    row = \"items.id\"
    [references]
    \"items.parent -> items\" = \"unlink\"
    \"marks.item -> items\" = \"keep\"
    [guards.open]
    of = \"items\"
    rows = \"marks m\"
    link = \"m.item = items.id\"
    where = \"m.is_open = 1\"
    say = \"{count} mark(s) are open\"
    [retention.old]
    thing = \"item\"
    where = \"kind <> 'kept'\"
    age = { of = \"made\", over = \"10d\" }
    order = \"made desc\"
    chunk = 3
";

const DAY: i64 = 86_400;

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// One item, and what keeps it.
#[derive(Debug)]
struct Item {
    id: u64,
    age_days: Option<i64>,
    kind: &'static str,
    parent: Option<u64>,
    marks: Vec<bool>,
    is_held: bool,
}

impl Item {
    fn is_due(&self) -> bool {
        self.kind != "kept" && self.age_days.is_some_and(|age| age > 10)
    }

    /// Held by its id, or by the condition on its kind.
    fn stays(&self) -> bool {
        self.is_held || self.kind == "odd" || self.marks.contains(&true)
    }
}

fn draw(dice: &mut Dice) -> Vec<Item> {
    let items = (1..=24).map(|id| Item {
        id,
        // Far enough from ten days that no clock decides.
        age_days: (dice.below(8) > 0)
            .then(|| i64::try_from(dice.below(20)).unwrap_or(0))
            .filter(|age| *age != 10),
        kind: ["plain", "plain", "kept", "odd"][usize::try_from(dice.below(4)).unwrap_or(0)],
        parent: (id > 1 && dice.below(3) == 0).then(|| 1 + dice.below(id - 1)),
        marks: (0..dice.below(3)).map(|_| dice.below(4) == 0).collect(),
        is_held: dice.below(6) == 0,
    });
    items.collect()
}

fn script(items: &[Item], now: &str) -> String {
    let mut script = String::new();
    for item in items {
        let made = item.age_days.map_or("NULL".into(), |age| {
            // Half a day older than whole days, so that the moment of the test is no matter.
            format!("{now} - {}", age * DAY + DAY / 2)
        });
        let parent = item.parent.map_or("NULL".into(), |parent| parent.to_string());
        let (id, kind) = (item.id, &item.kind);
        writeln!(script, "INSERT INTO items VALUES ({id}, {made}, '{kind}', {parent});")
            .expect("a text has room");
        for (at, is_open) in item.marks.iter().enumerate() {
            let (mark, is_open) = (id * 10 + at as u64, u8::from(*is_open));
            writeln!(script, "INSERT INTO marks VALUES ({mark}, {id}, {is_open});")
                .expect("a text has room");
        }
    }
    script
}

async fn judge(database: Arc<dyn Database>, items: &[Item], seed: u64) -> (BTreeSet<u64>, u64) {
    let (policy, findings) = sexton_core::policy::parse(POLICY);
    assert_eq!(findings, []);
    let here = Surroundings::of_this_machine();
    let system = System::new(policy.expect("it has no mistakes"), database, here, None);
    let hold = |on| HoldRequest {
        on,
        case: None,
        reason: "a lawsuit".into(),
        actor: Actor::new("eve"),
        until: None,
    };
    for item in items.iter().filter(|item| item.is_held) {
        let on = HoldOn::Root(Root {
            thing: ThingName::new("item"),
            key: RootKey::Id(item.id.to_string()),
            options: std::collections::BTreeMap::new(),
            caller: Caller::operator(Actor::new("eve")),
        });
        system.put_hold(&hold(on)).await.expect("it is there");
    }
    let odd = HoldOn::Condition { thing: ThingName::new("item"), text: "kind = 'odd'".into() };
    system.put_hold(&hold(odd)).await.expect("it can be judged");
    let request = RetainRequest {
        rule: RetentionName::new("old"),
        older_than_secs: None,
        limit: None,
        actor: Actor::new("ann"),
    };
    let look = system.look_at_retention(&request, 100).await.expect("it can be looked at");
    let due = items.iter().filter(|item| item.is_due()).count() as u64;
    assert_eq!(look.due, Some(due), "seed {seed}: {items:#?}");
    let done = system.retain(&request, &mut |_| {}).await.expect("it can be run");
    let stays: BTreeSet<u64> =
        items.iter().filter(|item| item.is_due() && item.stays()).map(|item| item.id).collect();
    let told: BTreeSet<u64> =
        done.told.iter().map(|(root, _)| root.parse().expect("a number")).collect();
    assert_eq!((told.len(), &told), (done.told.len(), &stays), "seed {seed}: {items:#?}");
    assert_eq!(done.deleted, due - stays.len() as u64, "seed {seed}");
    let foretold = look.samples.iter().filter(|sample| !sample.blockers.is_empty()).count();
    assert_eq!(foretold, stays.len(), "seed {seed}");
    // Again there is nobody else, and the same stay.
    let again = system.retain(&request, &mut |_| {}).await.expect("it can be run");
    assert_eq!((again.deleted, again.refused), (0, stays.len() as u64), "seed {seed}");
    let left = items.iter().filter(|item| !item.is_due() || item.stays()).map(|item| item.id);
    (left.collect(), done.deleted)
}

#[derive(Default)]
struct Census {
    deleted: u64,
    held: usize,
    guarded: usize,
    young: usize,
}

impl Census {
    fn count(&mut self, items: &[Item], deleted: u64) {
        self.deleted += deleted;
        self.held += items.iter().filter(|item| item.is_due() && item.is_held).count();
        self.guarded += items.iter().filter(|i| i.is_due() && i.marks.contains(&true)).count();
        self.young += items.iter().filter(|item| !item.is_due()).count();
    }

    fn is_enough(&self) {
        assert!(self.deleted > 10 && self.held > 5 && self.guarded > 5 && self.young > 20);
    }
}

#[tokio::test]
async fn who_is_old_enough_goes_as_the_model_says_on_sqlite() {
    let mut census = Census::default();
    for seed in 0..8 {
        let items = draw(&mut Dice(seed));
        let test = sqlite::TestDatabase::new().await;
        test.execute(&[TABLES, &script(&items, "unixepoch()")].concat()).await;
        let path = test.path();
        let opened = SqliteDatabase::open(path.to_str().expect("a path")).await.expect("it opens");
        let (left, deleted) = judge(Arc::new(opened), &items, seed).await;
        let found = test.query("SELECT id FROM items").await;
        let found = found.into_iter().filter_map(|mut row| row.swap_remove(0));
        let found: BTreeSet<u64> = found.map(|id| id.parse().expect("a number")).collect();
        assert_eq!(found, left, "seed {seed}");
        census.count(&items, deleted);
    }
    census.is_enough();
}

#[tokio::test]
async fn who_is_old_enough_goes_as_the_model_says_on_postgres() {
    let mut census = Census::default();
    for seed in 100..108 {
        let items = draw(&mut Dice(seed));
        let test = postgres::TestDatabase::new().await;
        let now = "extract(epoch FROM now())::bigint";
        test.execute(&[TABLES, &script(&items, now)].concat()).await;
        let (left, deleted) = judge(test.database(), &items, seed).await;
        let found = test.query("SELECT id FROM items").await;
        let found = found.into_iter().filter_map(|mut row| row.swap_remove(0));
        let found: BTreeSet<u64> = found.map(|id| id.parse().expect("a number")).collect();
        assert_eq!(found, left, "seed {seed}");
        census.count(&items, deleted);
    }
    census.is_enough();
}
