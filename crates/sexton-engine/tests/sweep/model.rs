//! A small model judges sweeps of random stores and rows: it keeps everything in mind, and asks of
//! each object every name of every row.

use sexton_core::policy;
use sexton_core::template::ValuePath;
use sexton_testkit::random::dice::Dice;
use sexton_testkit::random::ground::Ground;

use crate::world::{HOUR, World, grounds};

const SCRIPT: &str = "
CREATE TABLE runs (id text PRIMARY KEY, kind text, part text);
CREATE TABLE files (id bigint PRIMARY KEY, place text);
CREATE TABLE holds (id bigint PRIMARY KEY, place text);";

const POLICY: &str = r#"
system = "models"
[stores]
files = { url = "memory:", sweep_after = "1h" }
[things.run]
row = "runs.id"
[things.file]
row = "files.id"
[objects.run]
of = "runs"
store = "files"
where = "kind = 'x'"
prefix = ["runs/{id}/", "runs/{id}/{part}/"]
key = "logs/{id}.log"
unless_named_by = ["holds.place"]
[objects.file]
of = "files"
store = "files"
uri = "{place|path}"
"#;

const IDS: [&str; 12] = ["1", "10", "1-", "a", "b", "ü", "", "..", "a/b", "0", "a..b", "~"];
const PARTS: [&str; 5] = ["x", "1", "y", "-", "a"];
const PLACES: [&str; 12] = [
    "runs/1/x",
    "runs/1",
    "runs/10/",
    "memory:/runs/b/1",
    "memory:/up/1",
    "up/1",
    "up/2",
    "up",
    "s3://up/2",
    "logs/b.log",
    "",
    "runs/../x",
];
const KEYS: [&str; 26] = [
    "a",
    "logs/1.log",
    "logs/10.log",
    "logs/b.log",
    "logs/ü.log",
    "runs",
    "runs/1",
    "runs/1-/x",
    "runs/1/",
    "runs/1/x",
    "runs/1/x/y",
    "runs/1/y",
    "runs/10/1",
    "runs/10/x",
    "runs/a/b/1",
    "runs/a/x",
    "runs/a/x/1",
    "runs/b/1",
    "runs/ü/1",
    "runs//x",
    "up",
    "up/1",
    "up/2",
    "up/2/x",
    "zz",
    "runs/~/-/1",
];

struct Case {
    runs: Vec<(&'static str, bool, Option<&'static str>)>,
    files: Vec<&'static str>,
    holds: Vec<&'static str>,
    /// Each with whether it is young.
    keys: Vec<(&'static str, bool)>,
}

fn drawn(seed: u64) -> Case {
    let mut dice = Dice::new(seed);
    let mut ids = dice.shuffled(IDS.to_vec());
    // Names that lead elsewhere hold everything, so most cases have none.
    let has_climbers = dice.percent(10);
    ids.retain(|id| *id != ".." || has_climbers);
    ids.truncate(dice.below(6));
    let runs = ids
        .into_iter()
        .map(|id| (id, dice.percent(60), dice.percent(80).then(|| *dice.pick(&PARTS))))
        .collect();
    let mut places = |most: usize| -> Vec<&'static str> {
        let count = dice.below(most);
        let mut places: Vec<&str> = (0..count).map(|_| *dice.pick(&PLACES)).collect();
        places.retain(|place| !place.contains("..") || has_climbers);
        places
    };
    let (files, holds) = (places(5), places(3));
    let mut keys = dice.shuffled(KEYS.to_vec());
    keys.truncate(dice.below(KEYS.len() + 1));
    let keys = keys.into_iter().map(|key| (key, dice.percent(20))).collect();
    Case { runs, files, holds, keys }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Verdict {
    named: Vec<String>,
    left_out: Vec<String>,
    young: Vec<String>,
    orphans: Vec<String>,
    dangling: u64,
}

/// What one row names.
struct Naming {
    name: String,
    is_prefix: bool,
    is_meant: bool,
    must_be: bool,
}

fn key_of(place: &str) -> Option<&str> {
    match place.strip_prefix("memory:/") {
        Some(key) => Some(key),
        None => (!place.starts_with("s3://")).then_some(place),
    }
}

fn names(case: &Case) -> Vec<Naming> {
    let (policy, _) = policy::parse(POLICY);
    let rule = &policy.expect("it is read").objects[0];
    let mut names = Vec::new();
    for (id, is_meant, part) in &case.runs {
        let value = |path: &ValuePath| match path.names[0].as_str() {
            "id" => serde_json::Value::from(*id),
            _ => serde_json::Value::from(*part),
        };
        for (by, text) in rule.templates() {
            let is_prefix = by == policy::NamesBy::Prefix;
            let has_part = text.value.slots().count() > 1;
            match text.value.name(&value) {
                Ok(None) => {}
                Ok(Some(name)) => {
                    let must_be = !is_prefix && *is_meant;
                    names.push(Naming { name, is_prefix, is_meant: *is_meant, must_be });
                }
                Err(_) if has_part && part.is_none() => {}
                Err(_) => {
                    let part = part.unwrap_or_default();
                    let raw = text.value.written().replace("{id}", id).replace("{part}", part);
                    let (name, is_prefix) =
                        if *id == ".." { (String::new(), true) } else { (raw, is_prefix) };
                    names.push(Naming { name, is_prefix, is_meant: true, must_be: false });
                }
            }
        }
    }
    for place in &case.files {
        let climbs = place.split('/').any(|part| part == "..");
        let Some(name) = key_of(place) else { continue };
        let name = if climbs { String::new() } else { name.to_owned() };
        let must_be = !climbs && !name.is_empty();
        names.push(Naming { name, is_prefix: climbs, is_meant: true, must_be });
    }
    for place in &case.holds {
        let Some(name) = key_of(place).map(|name| name.trim_end_matches('/')) else { continue };
        if name.is_empty() {
            continue;
        }
        for (name, is_prefix) in [(name.to_owned(), false), (format!("{name}/"), true)] {
            names.push(Naming { name, is_prefix, is_meant: true, must_be: false });
        }
    }
    names
}

fn model(case: &Case) -> Verdict {
    let names = names(case);
    let mut verdict = Verdict::default();
    let mut keys = case.keys.clone();
    keys.sort_unstable();
    for (key, is_young) in keys {
        let holds = |name: &&Naming| {
            if name.is_prefix { key.starts_with(&name.name) } else { key == name.name }
        };
        let held: Vec<&Naming> = names.iter().filter(holds).collect();
        let list = if held.iter().any(|name| name.is_meant) {
            &mut verdict.named
        } else if !held.is_empty() {
            &mut verdict.left_out
        } else if is_young {
            &mut verdict.young
        } else {
            &mut verdict.orphans
        };
        list.push(key.to_owned());
    }
    let is_there = |name: &str| case.keys.iter().any(|(key, _)| *key == name);
    let missed = names.iter().filter(|name| name.must_be && !is_there(&name.name));
    verdict.dangling = missed.count() as u64;
    verdict
}

async fn set_up(world: &mut World, case: &Case) {
    let text = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut script = String::from("DELETE FROM runs; DELETE FROM files; DELETE FROM holds;");
    for (id, is_meant, part) in &case.runs {
        let kind = if *is_meant { "x" } else { "y" };
        let part = part.map_or_else(|| "NULL".to_owned(), text);
        script.extend([format!("INSERT INTO runs VALUES ({}, '{kind}', {part});", text(id))]);
    }
    for (table, places) in [("files", &case.files), ("holds", &case.holds)] {
        for (id, place) in places.iter().enumerate() {
            script.extend([format!("INSERT INTO {table} VALUES ({id}, {});", text(place))]);
        }
    }
    world.execute(&script).await;
    for (key, _) in case.keys.iter().filter(|(_, is_young)| !is_young) {
        world.put(key);
    }
    world.clock.move_on(2 * HOUR);
    for (key, _) in case.keys.iter().filter(|(_, is_young)| *is_young) {
        world.put(key);
    }
}

async fn agree(mut ground: Ground) {
    let (mut orphans, mut left_out, mut dangling, mut reclaimed) = (0, 0, 0, 0);
    for seed in 5_000..5_040 {
        let case = drawn(seed);
        let mut world = World::on(ground, SCRIPT, POLICY).await;
        set_up(&mut world, &case).await;
        let expected = model(&case);
        let found = world.sweep().await;
        let why = format!("seed {seed}: {expected:?}");
        assert_eq!(found.failure, None, "{why}");
        let told = [found.named, found.left_out, found.young, found.orphans];
        let told = told.map(|tally| tally.objects);
        let lists = [&expected.named, &expected.left_out, &expected.young, &expected.orphans];
        assert_eq!(told, lists.map(|list| list.len() as u64), "{why}");
        let missing: u64 = found.dangling.iter().map(|of| of.rows).sum();
        assert_eq!(missing, expected.dangling, "{why}\n{:?}", found.dangling);
        assert_eq!(found.pending.objects, 0, "{why}");
        orphans += told[3];
        left_out += told[1];
        dangling += missing;
        // Removing them removes them, and nothing else.
        let before = world.keys().await;
        let (_, gone) = world.reclaim(None).await;
        let left = world.keys().await;
        let expected_left: Vec<String> = match gone.refused {
            Some(_) => before,
            None => before.into_iter().filter(|key| !expected.orphans.contains(key)).collect(),
        };
        assert_eq!(left, expected_left, "{why}\n{gone:?}");
        reclaimed += u64::from(gone.gone.is_some_and(|(_, done)| done.is_ok()));
        ground = world.ground;
    }
    println!("orphans {orphans}, left out {left_out}, dangling {dangling}, runs {reclaimed}");
    assert!(orphans > 70 && left_out > 15 && dangling > 25 && reclaimed > 10);
}

#[tokio::test]
async fn a_model_agrees_on_random_stores_on_sqlite() {
    let [sqlite, _] = grounds().await;
    agree(sqlite).await;
}

#[tokio::test]
async fn a_model_agrees_on_random_stores_on_postgres() {
    let [_, postgres] = grounds().await;
    agree(postgres).await;
}
