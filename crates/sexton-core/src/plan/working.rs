//! Work in flight among the rows that go or change: how it is told, stopped, and waited for.
//!
//! Each statement finds its rows by keys that are known already and judges their state in the
//! same breath: a worker that is faster is seen, whoever locked what. What is stopped already
//! is left alone, so doing it again changes nothing. What is said of rows that are asked to stop
//! is put together by `recording`.

use super::closure::{Closure, identity};
use super::compile::Source;
use super::effects::spelled;
use super::judging::row_name;
use super::{Recording, SetRole, Working, recording};
use crate::finding::Finding;
use crate::names::TableName;
use crate::policy::{Assignment, Fragment, Settle, Value, Work};
use crate::schema::{Column, Dialect, Table};
use crate::sql::{KeyColumns, KeySource, Statement, Writer, in_keys};

/// Work of every table that the deletion touches, in the policy's order.
pub(super) fn working(
    source: &Source<'_>,
    closure: &Closure,
    findings: &mut Vec<Finding>,
) -> Vec<Working> {
    let work = source.policy.work.iter();
    work.filter_map(|work| of_table(source, closure, work, findings)).collect()
}

/// Rows of a table that somebody at work on is told to stop; none where nobody is.
pub(super) fn asked<'a>(
    source: &Source<'a>,
    closure: &Closure,
    table: &TableName,
) -> Option<Rows<'a>> {
    let work = source.policy.work.iter().find(|work| work.table.value == *table)?;
    work.stop.as_ref().filter(|stop| !stop.running.is_empty() || stop.hook.is_some())?;
    Rows::of(source, closure, work)
}

/// What the statements of one table are made of.
pub(super) struct Rows<'a> {
    pub table: &'a Table,
    pub identity: Vec<Column>,
    /// Every set of rows that go or change.
    all: Vec<KeyColumns>,
    /// Those of rows that stay.
    staying: Vec<KeyColumns>,
    waiting: Option<&'a Fragment>,
    running: &'a Fragment,
    dead: Option<&'a Fragment>,
    /// What rows become that nobody is acting on.
    halted: &'a [Assignment],
    /// What tells workers to stop.
    asked: &'a [Assignment],
}

fn of_table(
    source: &Source<'_>,
    closure: &Closure,
    work: &Work,
    findings: &mut Vec<Finding>,
) -> Option<Working> {
    let dialect = source.schema.dialect;
    let rows = Rows::of(source, closure, work)?;
    let hook = hook(source, closure, work, &rows).unwrap_or_else(|found| {
        findings.extend(found);
        None
    });
    Some(Working {
        table: rows.table.name.clone(),
        at_work: rows.at_work(source),
        count: rows.count(dialect),
        lock: rows.lock(source),
        stop: rows.stop(dialect, &rows.all),
        stop_staying: rows.stop(dialect, &rows.staying),
        ask: rows.ask(dialect),
        stopped: told(rows.halted, dialect),
        asked: told(rows.asked, dialect),
        is_stopped: work.stop.is_some(),
        holds_up: work.settle == Settle::BeforeDeletion,
        wait_secs: u64::try_from(work.wait_secs.value).unwrap_or(0),
        hook,
    })
}

/// What the hook of `stop` says of rows that somebody is at work on.
fn hook(
    source: &Source<'_>,
    closure: &Closure,
    work: &Work,
    rows: &Rows<'_>,
) -> Result<Option<Recording>, Vec<Finding>> {
    let name = work.stop.as_ref().and_then(|stop| stop.hook.as_ref());
    let mut hooks = source.policy.hooks.iter();
    let hook = name.and_then(|name| {
        hooks.find(|hook| hook.name == name.value && hook.of.value == rows.table.name)
    });
    hook.map(|hook| recording::of_stopping(source, closure, hook, rows)).transpose()
}

impl<'a> Rows<'a> {
    fn of(source: &Source<'a>, closure: &Closure, work: &'a Work) -> Option<Self> {
        let dialect = source.schema.dialect;
        let table = source.schema.table(&work.table.value)?;
        let identity = identity(table)?;
        let columns: Vec<usize> = (0..identity.len()).collect();
        let of_role = |is_meant: fn(SetRole) -> bool| -> Vec<KeyColumns> {
            let sets =
                closure.sets.iter().filter(|set| set.table == table.name && is_meant(set.role));
            let keys = |set| KeyColumns { set, columns: columns.clone(), frontier: false };
            sets.map(|set| keys(set.id)).collect()
        };
        let stop = work.stop.as_ref();
        let rows = Self {
            all: of_role(|role| role != SetRole::Candidates),
            staying: of_role(|role| {
                matches!(role, SetRole::Changed | SetRole::Derived | SetRole::Linked)
            }),
            table,
            identity,
            waiting: work.waiting.as_ref().and_then(|sql| sql.of(dialect)),
            running: work.running.of(dialect)?,
            dead: work.dead.as_ref().and_then(|sql| sql.of(dialect)),
            halted: stop.map_or(&[][..], |stop| &stop.waiting),
            asked: stop.map_or(&[][..], |stop| &stop.running),
        };
        (!rows.all.is_empty()).then_some(rows)
    }
}

/// Writes that a worker is acting on the row, and what is said of that. A lease that is NULL says
/// nothing of a dead worker.
pub(super) fn write_running(writer: &mut Writer, work: &Work, table: &Table, said: &'static str) {
    let dialect = writer.dialect();
    writer.push("((");
    match work.running.of(dialect) {
        Some(running) => writer.condition(running, table),
        None => writer.push("1 = 0"),
    };
    if let Some(dead) = work.dead.as_ref().and_then(|sql| sql.of(dialect)) {
        writer.push(" AND ").condition(dead, table).push(" IS NOT TRUE");
    }
    writer.push(")").push(said).push(")");
}

/// Columns and what they become, for people.
fn told(assignments: &[Assignment], dialect: Dialect) -> Vec<(String, String)> {
    let told = |set: &Assignment| (set.column.value.to_string(), spelled(&set.value, dialect));
    assignments.iter().map(told).collect()
}

impl Rows<'_> {
    /// Names those that a worker is acting on, and counts them all.
    fn at_work(&self, source: &Source<'_>) -> Statement {
        let mut writer = Writer::new(source.schema.dialect);
        writer.push("SELECT ");
        row_name(source, self.table, &mut writer);
        writer.push(", count(*) OVER () FROM ").table(self.table).push(" WHERE ");
        self.keyed(&mut writer, &self.all);
        writer.push(" AND ");
        self.running(&mut writer);
        writer.limit();
        writer.finish("see who is at work on", &self.table.name)
    }

    /// Counts rows that wait, that a worker acts on, whose worker is dead, and that could be
    /// asked to stop and were not yet.
    fn count(&self, dialect: Dialect) -> Statement {
        let mut writer = Writer::new(dialect);
        writer.push("SELECT count(CASE WHEN ");
        match self.waiting {
            Some(waiting) => writer.condition(waiting, self.table),
            None => writer.push("1 = 0"),
        };
        writer.push(" THEN 1 END), count(CASE WHEN ");
        self.running(&mut writer);
        writer.push(" THEN 1 END), count(CASE WHEN ");
        self.dead(&mut writer);
        writer.push(" THEN 1 END), count(CASE WHEN ");
        let parts = [(self.halted, true), (self.asked, false)];
        let mut any = false;
        for (assignments, is_halted) in parts.into_iter().filter(|(set, _)| !set.is_empty()) {
            writer.push(if any { " OR (" } else { "(" });
            any = true;
            if is_halted {
                self.idle(&mut writer);
            } else {
                self.running(&mut writer);
            }
            writer.push(" AND ");
            self.differs(&mut writer, assignments);
            writer.push(")");
        }
        writer.push(if any { " THEN 1 END)" } else { "1 = 0 THEN 1 END)" });
        writer.push(" FROM ").table(self.table).push(" WHERE ");
        self.keyed(&mut writer, &self.all);
        writer.finish("count work of", &self.table.name)
    }

    /// Stops rows that nobody is acting on: those that wait, and those whose worker is dead.
    fn stop(&self, dialect: Dialect, keys: &[KeyColumns]) -> Option<Statement> {
        let halted = self.halted;
        let can_be = self.waiting.is_some() || self.dead.is_some();
        if halted.is_empty() || keys.is_empty() || !can_be {
            return None;
        }
        let mut writer = self.update(dialect, keys, halted);
        self.idle(&mut writer);
        writer.push(" AND ");
        self.differs(&mut writer, halted);
        Some(writer.finish("stop", &self.table.name))
    }

    /// Locks rows that a claim may be allowed by, stronger than an UPDATE would.
    ///
    /// Race: a claim that is under way holds the row that allowed it in the weakest mode, which an
    /// UPDATE passes by: it would commit, and the claim after it, by what the row said before.
    fn lock(&self, source: &Source<'_>) -> Option<Statement> {
        let is_changed = !self.halted.is_empty() || !self.asked.is_empty();
        let is_asked = super::remembering::is_asked(source, &self.table.name);
        if source.schema.dialect == Dialect::Sqlite || !is_changed || !is_asked {
            return None;
        }
        let mut writer = Writer::new(source.schema.dialect);
        writer.push("SELECT ").list(&self.identity, |writer, column| {
            writer.read(column);
        });
        self.among_rows(&mut writer);
        writer.push(" AND (");
        self.idle(&mut writer);
        writer.push(" OR ");
        self.running(&mut writer);
        writer.push(") ORDER BY ").columns(&self.identity).push(" FOR UPDATE");
        Some(writer.finish("lock work of", &self.table.name))
    }

    /// Tells workers to stop.
    fn ask(&self, dialect: Dialect) -> Option<Statement> {
        let asked = self.asked;
        if asked.is_empty() {
            return None;
        }
        let mut writer = self.update(dialect, &self.all, asked);
        self.running(&mut writer);
        writer.push(" AND ");
        self.differs(&mut writer, asked);
        Some(writer.finish("ask to stop", &self.table.name))
    }

    /// `UPDATE table SET … WHERE keys AND `.
    fn update(&self, dialect: Dialect, keys: &[KeyColumns], set: &[Assignment]) -> Writer {
        let mut writer = Writer::new(dialect);
        writer.push("UPDATE ").table(self.table).push(" SET ");
        writer.list(&self.written(set), |writer, (column, value)| {
            writer.column(column).push(" = ").value(value, column, self.table);
        });
        writer.push(" WHERE ");
        self.keyed(&mut writer, keys);
        writer.push(" AND ");
        writer
    }

    /// ` FROM table WHERE` it is one of the rows.
    pub fn among_rows(&self, writer: &mut Writer) {
        writer.push(" FROM ").table(self.table).push(" WHERE ");
        writer.qualified_by(self.table, |writer| self.keyed(writer, &self.all));
    }

    /// Somebody is at work on the row and was not told to stop, as far as its columns say.
    pub fn unasked(&self, writer: &mut Writer) {
        self.running(writer);
        if !self.asked.is_empty() {
            writer.push(" AND ");
            self.differs(writer, self.asked);
        }
    }

    fn keyed(&self, writer: &mut Writer, keys: &[KeyColumns]) {
        let keys = KeySource { from: keys.to_vec(), types: &self.identity };
        in_keys(writer, &self.identity, &keys);
    }

    /// A worker is acting on the row. A lease that is NULL says nothing of a dead worker.
    pub fn running(&self, writer: &mut Writer) {
        writer.push("(").condition(self.running, self.table);
        if let Some(dead) = self.dead {
            writer.push(" AND ").condition(dead, self.table).push(" IS NOT TRUE");
        }
        writer.push(")");
    }

    /// The row says that a worker acts on it, and that one is dead.
    fn dead(&self, writer: &mut Writer) {
        match self.dead {
            Some(dead) => {
                writer.push("(").condition(self.running, self.table).push(" AND ");
                writer.condition(dead, self.table).push(")");
            }
            None => {
                writer.push("1 = 0");
            }
        }
    }

    /// Nobody acts on the row: it waits, or its worker is dead.
    fn idle(&self, writer: &mut Writer) {
        writer.push("(");
        if let Some(waiting) = self.waiting {
            writer.condition(waiting, self.table).push(" OR ");
        }
        self.dead(writer);
        writer.push(")");
    }

    /// A column is not what it is to become. Values that are computed may differ each time, so
    /// they are asked only where nothing else tells.
    fn differs(&self, writer: &mut Writer, assignments: &[Assignment]) {
        let is_fixed = |set: &&Assignment| matches!(set.value, Value::Literal(_));
        let fixed: Vec<Assignment> = assignments.iter().filter(is_fixed).cloned().collect();
        let telling = if fixed.is_empty() { assignments } else { &fixed };
        let differs = match writer.dialect() {
            Dialect::Postgres => " IS DISTINCT FROM ",
            Dialect::Sqlite => " IS NOT ",
        };
        writer.push("(");
        for (at, (column, value)) in self.written(telling).iter().enumerate() {
            writer.push(if at > 0 { " OR " } else { "" }).column(column).push(differs);
            writer.value(value, column, self.table);
        }
        writer.push(")");
    }

    /// Assigned columns that are there; `check` tells of those that are not.
    fn written<'s>(&self, assignments: &'s [Assignment]) -> Vec<(Column, &'s Value)> {
        let column =
            |set: &'s Assignment| Some((self.table.column(&set.column.value)?.clone(), &set.value));
        assignments.iter().filter_map(column).collect()
    }
}
