//! Worlds with workers in them: who is at work on what a deletion touches, and how it stops.

use std::collections::BTreeMap;

use sexton_core::preview::{Preview, WorkInFlight};
use sexton_testkit::random::dice::Dice;
use sexton_testkit::random::values::{Kind, Value};

use super::draw;
use super::expect::{self, Places};
use super::world::{Thing, Work, World};
use crate::cascade::Rows;
use crate::place::Told;

/// The world of this seed, with work in one or two of its tables.
pub fn world(seed: u64) -> World {
    let mut world = draw::world(seed);
    let mut dice = Dice::new(seed.rotate_left(32));
    let mut tables = dice.shuffled((0..world.tables.len()).collect());
    tables.truncate(dice.between(1, 2));
    for table in tables {
        let work = Work {
            table,
            task: world.add_column(table, "task", Kind::Text),
            alive: world.add_column(table, "alive", Kind::Integer),
            asked: world.add_column(table, "asked", Kind::Integer),
        };
        for row in &mut world.rows[table] {
            let task = match dice.weighted(&[30, 30, 30, 10]) {
                0 => text("waiting"),
                1 => text("running"),
                2 => text("done"),
                _ => Value::Null,
            };
            let alive = if dice.percent(70) { Value::Integer(1) } else { Value::Null };
            row.extend([task, alive, Value::Integer(0)]);
        }
        world.works.push(work);
    }
    world
}

/// What the work is doing that a deletion touches.
pub struct AtWork {
    /// Of rows that go or change: by table, those that wait, run, and whose worker is dead.
    counts: BTreeMap<String, [u64; 3]>,
    /// Rows that a worker is acting on.
    pub running: Places,
    /// Rows that nobody is acting on.
    pub idle: Places,
    /// Those of them that stay, by the words of the record.
    pub staying: BTreeMap<String, u64>,
}

impl AtWork {
    /// Of the roots of these values.
    pub fn of(
        world: &World,
        rows: &Rows,
        thing: &Thing,
        values: &[Value],
        tenant: Option<&str>,
    ) -> Self {
        let [going, changed] = expect::touched(world, rows, thing, values, tenant);
        let (mut running, mut idle) = (Places::new(), Places::new());
        let (mut counts, mut staying) = (BTreeMap::new(), BTreeMap::new());
        for work in &world.works {
            let name = &world.tables[work.table].name;
            let counts = counts.entry(name.clone()).or_insert([0; 3]);
            for &(table, at) in going.union(&changed).filter(|(table, _)| *table == work.table) {
                let Some(doing) = work.doing(&rows[table][at]) else { continue };
                counts[doing as usize] += 1;
                if doing == Doing::Runs {
                    running.insert((table, at));
                    continue;
                }
                idle.insert((table, at));
                if !going.contains(&(table, at)) {
                    *staying.entry(format!("[work.{name}]")).or_default() += 1;
                }
            }
        }
        Self { counts, running, idle, staying }
    }

    /// The rows once what is idle was stopped, and what runs was asked to stop.
    pub fn asked(&self, world: &World, rows: &Rows) -> Rows {
        let mut rows = rows.clone();
        for work in &world.works {
            for &(_, at) in self.idle.iter().filter(|(table, _)| *table == work.table) {
                rows[work.table][at][work.task] = text("stopped");
            }
            for &(_, at) in self.running.iter().filter(|(table, _)| *table == work.table) {
                rows[work.table][at][work.asked] = Value::Integer(1);
            }
        }
        rows
    }

    /// Expects that a preview tells of it.
    pub fn judge(&self, preview: &Preview) -> Told<()> {
        let told =
            |work: &WorkInFlight| (work.table.clone(), [work.waiting, work.running, work.dead]);
        let told: BTreeMap<String, [u64; 3]> = preview.work.iter().map(told).collect();
        // A table that the plan does not touch is not told of.
        let mut wanted = self.counts.clone();
        wanted.retain(|table, counts| told.contains_key(table) || *counts != [0; 3]);
        demand!(told == wanted, "the preview tells of work {told:?}, the model {wanted:?}");
        Ok(())
    }
}

/// The rows once every worker that was asked has stopped.
pub fn obeyed(world: &World, rows: &Rows) -> Rows {
    let mut rows = rows.clone();
    for work in &world.works {
        for row in &mut rows[work.table] {
            if row[work.asked] == Value::Integer(1) && work.doing(row) == Some(Doing::Runs) {
                row[work.task] = text("done");
            }
        }
    }
    rows
}

/// What workers do that obey, as a statement for each table.
pub fn obeying(world: &World) -> Vec<String> {
    let statement = |work: &Work| {
        let table = &world.tables[work.table].name;
        let asked = "asked = 1 AND task = 'running' AND alive IS NOT NULL";
        format!(
            "UPDATE {table} SET task = 'done' WHERE {asked} AND EXISTS (SELECT 1 FROM {table} WHERE {asked})"
        )
    };
    world.works.iter().map(statement).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Waits,
    Runs,
    IsDead,
}

impl Work {
    fn doing(self, row: &[Value]) -> Option<Doing> {
        if row[self.task] == text("waiting") {
            return Some(Doing::Waits);
        }
        let runs = row[self.task] == text("running");
        runs.then_some(if row[self.alive].is_null() { Doing::IsDead } else { Doing::Runs })
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}
