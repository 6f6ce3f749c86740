//! What a policy means, worked out on rows in memory, in the plainest way.

use std::collections::{BTreeMap, BTreeSet};

use sexton_testkit::random::values::Value;

use super::holding::{refers, taken_out};
use super::text::{guard_name, sentence};
use super::world::{Becomes, Derived, Fate, HITS, ID, KIND, NOTE, Reference, Take, Thing, World};
use crate::cascade::Rows;

/// How a deletion ends.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing holds the value.
    Missing,
    /// Refused; these refuse, by kind and name.
    Refused(BTreeSet<(By, String)>),
    /// Done.
    Done(Box<End>),
}

/// What refuses, the weightiest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    Wrong,
    State,
    Reference,
    Guard,
    OverLimit,
}

/// What is there afterwards, and what was done.
#[derive(Debug)]
pub struct End {
    pub rows: Rows,
    /// How many rows went only because others took them.
    pub taken: usize,
    pub removed: BTreeMap<String, u64>,
    pub changed: BTreeMap<String, u64>,
    pub derived: u64,
    pub kept: BTreeMap<String, u64>,
}

/// Rows: a table and a place in it.
pub type Places = BTreeSet<(usize, usize)>;

/// The rows that go with the roots of these values, and those that the deletion changes.
pub fn touched(
    world: &World,
    rows: &Rows,
    thing: &Thing,
    values: &[Value],
    tenant: Option<&str>,
) -> [Places; 2] {
    let before = Before { world, rows };
    let mut seeds = Places::new();
    for value in values {
        seeds.extend(thing.row.into_iter().flat_map(|table| before.find(table, ID, value)));
        seeds.extend(before.started(thing, value, tenant));
    }
    let closure = before.closure(seeds);
    let is_effect =
        |line: &&Reference| matches!(line.fate, Fate::Unlink | Fate::Set(_) | Fate::Anonymize(_));
    let lines = world.references.iter().filter(is_effect);
    let mut changed: Places = lines.flat_map(|line| before.staying(line, &closure)).collect();
    if let Some(derived) = &world.derived {
        let anew = before.to_derive(derived, &closure);
        changed.extend(anew.into_iter().map(|at| (derived.table, at)));
    }
    [closure, changed]
}

/// Deletes the roots of these values, all of them or none, for somebody of a tenant or of none.
pub fn delete(
    world: &World,
    rows: &Rows,
    thing: &Thing,
    values: &[Value],
    tenant: Option<&str>,
) -> Outcome {
    let before = Before { world, rows };
    let (mut own, mut seeds) = (Places::new(), Places::new());
    for value in values {
        let row = thing.row.and_then(|table| before.find(table, ID, value).pop());
        let mut held: Places = row.into_iter().collect();
        own.extend(&held);
        held.extend(before.started(thing, value, tenant));
        if held.is_empty() {
            return Outcome::Missing;
        }
        seeds.extend(held);
    }
    let closure = before.closure(seeds.clone());
    let mut refusing = before.refusing(&closure);
    for (table, at) in own {
        let row = &rows[table][at];
        if thing.only.is_some_and(|only| !only.holds(row)) {
            refusing.insert((By::Wrong, thing.name.clone()));
        }
        if thing.refuse.is_some_and(|refuse| refuse.holds(row)) {
            refusing.insert((By::State, thing.name.clone()));
        }
    }
    if thing.limit.is_some_and(|limit| closure.len() > limit) {
        refusing.insert((By::OverLimit, "limits.rows".into()));
    }
    if thing.percent.is_some_and(|percent| before.largest_share(&closure) > percent) {
        refusing.insert((By::OverLimit, "limits.percent".into()));
    }
    if refusing.is_empty() {
        let mut end = before.end(&closure, &values[0]);
        let untaken = World { takes: Vec::new(), ..world.clone() };
        let untaken = Before { world: &untaken, rows };
        end.taken = closure.len() - untaken.closure(seeds).len();
        Outcome::Done(Box::new(end))
    } else {
        Outcome::Refused(refusing)
    }
}

/// The rows as they are, on which everything is judged.
struct Before<'b> {
    world: &'b World,
    rows: &'b Rows,
}

impl Before<'_> {
    /// The rows that hold a value in a column that it starts from, and are of a tenant.
    fn started(&self, thing: &Thing, value: &Value, tenant: Option<&str>) -> Places {
        let starts = thing.starts.iter();
        let found = starts.flat_map(|(table, column)| self.find(*table, *column, value));
        let is_of = |row: &[Value]| tenant.is_none_or(|of| row[KIND] == Value::Text(of.into()));
        found.filter(|(table, at)| is_of(&self.rows[*table][*at])).collect()
    }

    fn find(&self, table: usize, column: usize, value: &Value) -> Vec<(usize, usize)> {
        let holds = |at: &usize| self.rows[table][*at][column] == *value;
        (0..self.rows[table].len()).filter(holds).map(|at| (table, at)).collect()
    }

    /// The rows of a line's left side that refer to one of these.
    fn referring(&self, line: &Reference, to: &Places) -> Vec<(usize, usize)> {
        let named = self.named(line, to);
        let refers = |at: &usize| {
            let row = &self.rows[line.child][*at];
            line.filter.is_none_or(|filter| filter.holds(row))
                && named.iter().any(|named| refers(line, row, named))
        };
        (0..self.rows[line.child].len()).filter(refers).map(|at| (line.child, at)).collect()
    }

    /// What a line's left side would have to hold to refer to these.
    fn named(&self, line: &Reference, to: &Places) -> Vec<Value> {
        let rows = to.iter().filter(|(table, _)| *table == line.parent);
        let named = rows.map(|(table, at)| self.rows[*table][*at][line.parent_column].clone());
        named.filter(|named| !named.is_null()).collect()
    }

    fn closure(&self, seeds: Places) -> Places {
        let mut closure = seeds;
        loop {
            let lines = self.world.references.iter().filter(|line| line.fate == Fate::Delete);
            let mut more: Places = lines.flat_map(|line| self.referring(line, &closure)).collect();
            more.extend(self.world.takes.iter().flat_map(|take| self.taken(take, &closure)));
            if more.is_subset(&closure) {
                return closure;
            }
            closure.extend(more);
        }
    }

    /// What rows of the closure take by this line.
    fn taken(&self, take: &Take, closure: &Places) -> Vec<(usize, usize)> {
        let line = &take.line;
        let going = |place: &(usize, usize)| closure.contains(place);
        let is_taken = |at: &usize| {
            let right = Places::from([(line.parent, *at)]);
            let named = self.referring(line, &right).iter().any(going);
            named && (!take.when_last || self.outsiders(&right, closure) == 0)
        };
        let rows = (0..self.rows[line.parent].len()).filter(is_taken);
        rows.map(|at| (line.parent, at)).collect()
    }

    /// How many rows that stay keep this row alive.
    fn outsiders(&self, right: &Places, closure: &Places) -> usize {
        let takes = &self.world.takes;
        let has_take = |line: &Reference| {
            let same = |take: &Take| {
                (take.line.child, take.line.column, take.line.parent)
                    == (line.child, line.column, line.parent)
            };
            takes.iter().any(same)
        };
        let lines = self.world.references.iter();
        let lines = lines.filter(|line| {
            !matches!(line.fate, Fate::Delete | Fate::Keep | Fate::Derive) || has_take(line)
        });
        let alone = takes.iter().filter(|take| take.alone).map(|take| &take.line);
        let referring = lines.chain(alone).flat_map(|line| self.referring(line, right));
        referring.filter(|place| !closure.contains(place)).count()
    }

    /// The same, without rows that go themselves: those that an effect or a refusal is about.
    fn staying(&self, line: &Reference, closure: &Places) -> Vec<(usize, usize)> {
        let mut staying = self.referring(line, closure);
        staying.retain(|place| !closure.contains(place));
        staying
    }

    fn refusing(&self, closure: &Places) -> BTreeSet<(By, String)> {
        let mut refusing = BTreeSet::new();
        for line in self.world.references.iter().filter(|line| line.fate == Fate::Block) {
            if !self.staying(line, closure).is_empty() {
                refusing.insert((By::Reference, sentence(self.world, line)));
            }
        }
        for (number, guard) in self.world.guards.iter().enumerate() {
            let stands_in_the_way = |&(table, at): &(usize, usize)| {
                let row = &self.rows[table][at];
                let linked = |&(of, of_at): &(usize, usize)| {
                    of == guard.of && self.rows[of][of_at][ID] == row[guard.link]
                };
                !closure.contains(&(table, at))
                    && guard.filter.is_none_or(|filter| filter.holds(row))
                    && closure.iter().any(linked)
            };
            if (0..self.rows[guard.rows].len()).any(|at| stands_in_the_way(&(guard.rows, at))) {
                refusing.insert((By::Guard, guard_name(number)));
            }
        }
        refusing
    }

    /// The largest share of a table that goes, rounded up to a whole percent.
    fn largest_share(&self, closure: &Places) -> usize {
        let share = |(number, rows): (usize, &Vec<_>)| {
            let going = closure.iter().filter(|(table, _)| *table == number).count();
            (going * 100).div_ceil(rows.len().max(1))
        };
        self.rows.iter().enumerate().map(share).max().unwrap_or(0)
    }

    fn end(&self, closure: &Places, root: &Value) -> End {
        let mut end = End {
            rows: self.rows.clone(),
            taken: 0,
            removed: BTreeMap::new(),
            changed: BTreeMap::new(),
            derived: 0,
            kept: BTreeMap::new(),
        };
        for line in &self.world.references {
            self.change(line, closure, root, &mut end);
        }
        for (number, table) in self.world.tables.iter().enumerate() {
            let going = closure.iter().filter(|(of, _)| *of == number).count();
            count(&mut end.removed, table.name.clone(), going);
        }
        if let Some(derived) = &self.world.derived {
            let sources = left(&end.rows, derived.lost, closure);
            for at in self.to_derive(derived, closure) {
                end.derived += 1;
                anew(derived, &mut end.rows[derived.table][at], &sources);
            }
        }
        end.rows = (0..end.rows.len()).map(|table| left(&end.rows, table, closure)).collect();
        end
    }

    /// What a line does to rows that stay.
    fn change(&self, line: &Reference, closure: &Places, root: &Value, end: &mut End) {
        let unlink = vec![(line.column, Becomes::Null)];
        let anonymized: Vec<_> = match &line.fate {
            Fate::Anonymize(columns) => {
                columns.iter().map(|at| (*at, Becomes::Meaningless)).collect()
            }
            _ => Vec::new(),
        };
        let (set, counts) = match &line.fate {
            Fate::Anonymize(_) => (&anonymized, &mut end.changed),
            Fate::Unlink => (&unlink, &mut end.changed),
            Fate::Set(set) => (set, &mut end.changed),
            Fate::Keep => (&Vec::new(), &mut end.kept),
            Fate::Delete | Fate::Block | Fate::Derive => return,
        };
        let staying = self.staying(line, closure);
        let inside = line.fate == Fate::Unlink && line.held.place().0.starts_with('$');
        let named = self.named(line, closure);
        count(counts, sentence(self.world, line), staying.len());
        for (table, at) in staying {
            if inside {
                taken_out(line, &mut end.rows[table][at], &named);
                continue;
            }
            let was = end.rows[table][at].clone();
            for (column, becomes) in set {
                end.rows[table][at][*column] = becomes.value(&was, *column, root);
            }
        }
    }

    /// Rows of the derived table that stay and are named by a row that goes, or name one.
    fn to_derive(&self, derived: &Derived, closure: &Places) -> Vec<usize> {
        let lost: Vec<&Vec<Value>> = closure
            .iter()
            .filter(|(table, _)| *table == derived.lost)
            .map(|(table, at)| &self.rows[*table][*at])
            .collect();
        let touched = |at: &usize| {
            let row = &self.rows[derived.table][*at];
            let is_named = lost.iter().any(|lost| lost[derived.of] == row[ID]);
            let names = derived.pointer && lost.iter().any(|lost| lost[ID] == row[derived.latest]);
            !closure.contains(&(derived.table, *at)) && (is_named || names)
        };
        (0..self.rows[derived.table].len()).filter(touched).collect()
    }
}

/// The rows of a table that do not go.
fn left(rows: &Rows, table: usize, closure: &Places) -> Vec<Vec<Value>> {
    let rows = rows[table].iter().enumerate();
    let stays = rows.filter(|(at, _)| !closure.contains(&(table, *at)));
    stays.map(|(_, row)| row.clone()).collect()
}

/// Computes the derived columns of one row from the rows that are left.
fn anew(derived: &Derived, row: &mut [Value], sources: &[Vec<Value>]) {
    let naming: Vec<&Vec<Value>> =
        sources.iter().filter(|source| source[derived.of] == row[ID]).collect();
    row[derived.total] = Value::Integer(i64::try_from(naming.len()).expect("it is small"));
    let first = naming.iter().max_by_key(|source| (source[HITS].clone(), source[ID].clone()));
    row[derived.latest] = first.map_or(Value::Null, |first| first[ID].clone());
    row[derived.note] = first.map_or(Value::Text("none".into()), |first| first[NOTE].clone());
}

fn count(counts: &mut BTreeMap<String, u64>, what: String, rows: usize) {
    if rows > 0 {
        counts.insert(what, rows as u64);
    }
}
