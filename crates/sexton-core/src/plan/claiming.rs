//! The chunks of a purge: for each table below a hidden root, the plan of a few of its rows.
//!
//! A chunk is a deletion whose roots are rows that it claims, so that everything below them, and
//! every effect, goes as it always does. Rows next to the root are claimed whatever they are,
//! since all others hang from them. Chunks of tables farther down, the farthest first, are for
//! roots of which a single row next to them has too much below it.
//!
//! Race: a claim leaves out what others have locked. So replicas claim different rows of one root,
//! and nobody waits. "Nothing claimed" is therefore not "nothing left": that is counted by itself.

use super::below::Below;
use super::closure::{Closure, edge_condition, identities, identity, select};
use super::compile::{CompileError, Source, known, planned};
use super::effects::{counted, counting};
use super::hiding::{Way, tables, write_hidden};
use super::judging::row_name;
use super::working::write_running;
use super::{Claim, Holders, KeySet, Plan, Referents, SetRole, Told, fingerprint};
use crate::fence;
use crate::finding::Located;
use crate::graph::{Edge, Graph};
use crate::names::{ObjectRuleName, TableName, ThingName};
use crate::policy::{
    EventOf, Fate, Hide, Limits, Options, Policy, RootAfter, TableColumns, Thing, Work,
};
use crate::schema::{Column, Schema, Table};
use crate::sql::{
    Alias, KeyColumns, KeySource, SetId, Statement, Writer, in_keys, in_roots, not_in_keys,
    refers_to_row,
};

/// The chunks of what hangs below hidden roots of `thing`, in their order; the root's own row
/// comes last, if it goes at all. None if nothing purges it.
pub fn compile_purge(
    policy: &Policy,
    schema: &Schema,
    graph: &Graph,
    thing: &ThingName,
    options: &Options,
) -> Result<Vec<Plan>, CompileError> {
    let thing = known(policy, thing)?;
    let (Some(_), Some(purge)) = (&thing.hide, &thing.purge) else { return Ok(Vec::new()) };
    let graph = graph.switched(options);
    let source = Source { policy, schema, graph: &graph, thing, way: Way::AtOnce };
    let mut findings = Vec::new();
    let whole = Closure::new(&source, &mut findings);
    let whole = whole.ok_or(CompileError::Findings(findings))?;
    let below = Below::of(&source);
    let mut plans = Vec::new();
    for name in below.tables() {
        let Some(table) = schema.table(name) else { continue };
        let far = below.chain(name).map_or(0, <[&Edge]>::len);
        let is_claimed = match far {
            0 => {
                let is_own = thing.row.as_ref().is_some_and(|row| row.value.table == *name);
                // Other rows that can be hidden were hidden with the root, and are purged as what
                // they are; of those that hold its value, some may have come since.
                if is_own {
                    purge.root != RootAfter::Stays || !objects_of(policy, name).is_empty()
                } else {
                    super::hides(policy, name).is_none() || below.is_started(table)
                }
            }
            1 => true,
            _ => whole.set_of(name).is_some(),
        };
        if is_claimed {
            plans.push(chunk(&source, &below, table, None)?);
        }
    }
    Ok(plans)
}

/// The chunks of rows that lost their `thing`: by a line that says that a null is garbage.
pub fn compile_orphans(
    policy: &Policy,
    schema: &Schema,
    graph: &Graph,
    thing: &ThingName,
    options: &Options,
) -> Result<Vec<Plan>, CompileError> {
    let thing = known(policy, thing)?;
    let graph = graph.switched(options);
    let source = Source { policy, schema, graph: &graph, thing, way: Way::AtOnce };
    let below = Below::of(&source);
    let mut plans = Vec::new();
    for edge in &graph.edges {
        let is_said = policy.references.get(edge.id.0).is_some_and(|line| line.orphans);
        let is_own = thing.row.as_ref().is_some_and(|row| row.value.table == edge.parent);
        if let Some(table) = schema.table(&edge.child)
            && is_said
            && is_own
            && !edge.is_self_reference()
        {
            plans.push(chunk(&source, &below, table, Some(edge))?);
        }
    }
    Ok(plans)
}

/// The plan of a few rows of a table, below hidden roots or left behind by this line.
fn chunk(
    hidden: &Source<'_>,
    below: &Below<'_>,
    table: &Table,
    orphans: Option<&Edge>,
) -> Result<Plan, CompileError> {
    let mut thing = rows_of(hidden.thing, table);
    let own = hidden.thing.row.as_ref().is_some_and(|row| row.value.table == table.name);
    let purge = hidden.thing.purge.as_ref();
    if own && orphans.is_none() && purge.is_some_and(|purge| purge.root == RootAfter::Stays) {
        // The row stays; its objects do not.
        thing.removes = objects_of(hidden.policy, &table.name);
    }
    let source = Source { thing: &thing, way: Way::Chunk, ..*hidden };
    let mut plan = planned(&source)?;
    let Some(root) = plan.root.row.take() else { return Ok(plan) };
    let holders = match orphans {
        Some(_) => None,
        None => holders(hidden, &mut plan.sets),
    };
    let roots = holders.as_ref().map(|holders| plan.sets[holders.set.0].clone());
    let claimed = plan.sets[root.set.0].clone();
    let claim = Claiming { hidden, below, table, claimed, roots, orphans };
    let referents = claim.referents(&mut plan);
    plan.claim = Some(Claim {
        table: table.name.clone(),
        set: root.set,
        statement: claim.statement(),
        left: claim.left(),
        at_work: claim.at_work(),
        referents,
        holders,
    });
    plan.root.key = root_key(hidden);
    // What was told of when it was hidden is not told of again.
    let told = tables(&Source { way: Way::Hide, ..*hidden });
    plan.steps.record.retain(|recording| {
        let read = recording.statement.as_ref();
        let of_root = read.is_some_and(|statement| told.contains(&statement.table));
        let of_thing = match &recording.told {
            Told::Event(event) => hidden.policy.events.iter().any(|known| {
                known.name == event.name && matches!(known.of.value, EventOf::Thing(_))
            }),
            Told::Hook(_) => false,
        };
        !of_root && !of_thing
    });
    plan.fingerprint = fingerprint::of(&plan);
    Ok(plan)
}

/// Rules of the objects that go with a row of the table.
fn objects_of(policy: &Policy, table: &TableName) -> Vec<Located<ObjectRuleName>> {
    let rules = policy.objects.iter().filter(|rule| rule.of.value == *table && !rule.part);
    rules.map(|rule| Located::new(rule.name.clone(), rule.of.span)).collect()
}

/// A thing that is some rows of a table, and nothing else.
fn rows_of(hidden: &Thing, table: &Table) -> Thing {
    let columns = identity(table).unwrap_or_default();
    let columns = columns.iter().map(|column| column.name.clone()).collect();
    Thing {
        row: Some(Located::new(TableColumns { table: table.name.clone(), columns }, hidden.span)),
        starts: Vec::new(),
        label: None,
        tenant: None,
        owner: None,
        visible: None,
        roles: Vec::new(),
        show: Vec::new(),
        strip: None,
        find: None,
        only: Vec::new(),
        refuse: Vec::new(),
        limits: Limits { rows: u64::MAX, percent: None, tenants: None },
        digest_rows: false,
        hide: None,
        purge: None,
        ..hidden.clone()
    }
}

fn root_key(hidden: &Source<'_>) -> Vec<Column> {
    let mut held = hidden.thing.row.iter().chain(&hidden.thing.starts);
    let columns = held.next().and_then(|held| {
        let table = hidden.schema.table(&held.value.table)?;
        Some(super::closure::columns_of(table, &held.value.columns))
    });
    columns.unwrap_or_default()
}

/// The hidden rows themselves: a purge goes on only below those that are hidden still.
fn holders(hidden: &Source<'_>, sets: &mut Vec<KeySet>) -> Option<Holders> {
    let row = hidden.thing.row.as_ref()?;
    let table = hidden.schema.table(&row.value.table)?;
    let mut columns = identity(table)?;
    let identity = columns.len();
    for edge in hidden.graph.below(&table.name) {
        for column in &edge.parent_key {
            if !columns.iter().any(|known| known.name == column.name) {
                columns.push(column.clone());
            }
        }
    }
    let id = SetId(sets.len());
    let role = SetRole::Candidates;
    sets.push(KeySet { id, table: table.name.clone(), columns, identity, role });
    let mut writer = select(hidden.schema, &sets[id.0]);
    writer.push(" WHERE ");
    in_roots(&mut writer, &super::closure::columns_of(table, &row.value.columns));
    if let Some(hide) = hidden.thing.hide.as_ref().and_then(Hide::row) {
        writer.push(" AND ");
        write_hidden(&mut writer, hide, table);
    }
    // Race: the row stays until the chunk has ended. Workers that count in it go on, and so do other
    // purgers; a restoration has to take the deletion's state first, and comes too late.
    let statement = writer.finish_locked("find the hidden", &table.name, " FOR KEY SHARE");
    Some(Holders { set: id, statement, is_fenced: is_fenced(hidden, &table.name) })
}

/// Whether the fence judges every reference to a table, so that nobody attaches a row to what is
/// hidden there.
fn is_fenced(hidden: &Source<'_>, table: &TableName) -> bool {
    if !fence::is_by_triggers(hidden.policy) {
        return false;
    }
    let (fenced, _) = fence::fenced(hidden.policy, hidden.schema, hidden.graph);
    let judged = |edge: &Edge| {
        let mut lines = fenced.iter().flat_map(|fenced| &fenced.lines);
        lines.any(|line| line.is_judged() && line.edge.text == edge.text)
    };
    hidden.graph.below(table).all(judged)
}

/// What the statements of one claim are made of.
struct Claiming<'a> {
    hidden: &'a Source<'a>,
    below: &'a Below<'a>,
    table: &'a Table,
    claimed: KeySet,
    roots: Option<KeySet>,
    /// The line whose null is garbage, where that is what is claimed.
    orphans: Option<&'a Edge>,
}

impl Claiming<'_> {
    fn statement(&self) -> Statement {
        let mut writer = select(self.hidden.schema, &self.claimed);
        writer.push(" WHERE ");
        self.hangs(&mut writer);
        if let Some(work) = self.work(&self.table.name) {
            writer.push(" AND NOT ");
            write_running(&mut writer, work, self.table, " IS TRUE");
        }
        for (edge, child, work) in self.worked_on() {
            writer.push(" AND NOT EXISTS (SELECT 1 FROM ").table(child).push(" WHERE ");
            let key = (&Alias::of_table(self.table), edge.parent_key.as_slice());
            refers_to_row(&mut writer, &edge.columns, &edge.via, key, child);
            writer.push(" AND ");
            write_running(&mut writer, work, child, " IS TRUE");
            writer.push(")");
        }
        writer.limit();
        // Race: without an order, so that each replica takes the first that are free.
        writer.finish_locked("claim", &self.table.name, " FOR UPDATE SKIP LOCKED")
    }

    /// The row hangs from a hidden root: one that is next to it in any way, one that is farther
    /// along its chain.
    fn hangs(&self, writer: &mut Writer) {
        if let Some(edge) = self.orphans {
            return self.is_left(writer, edge);
        }
        let own = self.hidden.thing.row.as_ref();
        if let Some(set) = self.roots.as_ref().filter(|set| set.table == self.table.name)
            && own.is_some_and(|row| row.value.table == self.table.name)
        {
            in_keys(writer, &set.columns[..set.identity], &identities(set));
        } else if self.is_next() {
            self.below.at_first_hand(writer, self.table, self.roots.as_ref());
        } else {
            self.below.condition(writer, self.table, self.roots.as_ref());
        }
        let is_own = own.is_some_and(|row| row.value.table == self.table.name);
        if !is_own
            && self.below.is_started(self.table)
            && let Some((_, hide)) = super::hides(self.hidden.policy, &self.table.name)
        {
            writer.push(" AND NOT ");
            write_hidden(writer, hide, self.table);
        }
    }

    /// The row refers to nothing, though the line would have it refer.
    fn is_left(&self, writer: &mut Writer, edge: &Edge) {
        writer.push("(");
        for (at, column) in edge.columns.iter().enumerate() {
            writer.push(if at > 0 { " OR " } else { "" });
            writer.alias(self.table).push(".").column(column).push(" IS NULL");
        }
        if let Some(filter) = &edge.filter {
            writer.push(") AND (").condition(filter, self.table);
        }
        writer.push(")");
    }

    fn is_next(&self) -> bool {
        self.orphans.is_some()
            || self.below.chain(&self.table.name).is_some_and(|chain| chain.len() < 2)
    }

    fn left(&self) -> Option<Statement> {
        self.is_next().then(|| {
            let mut writer = counting(self.hidden, self.table);
            self.hangs(&mut writer);
            counted(writer, &self.table.name)
        })
    }

    fn at_work(&self) -> Option<Statement> {
        let work = self.work(&self.table.name)?;
        let mut writer = Writer::new(self.hidden.schema.dialect);
        writer.push("SELECT ");
        row_name(self.hidden, self.table, &mut writer);
        writer.push(", count(*) OVER () FROM ").table(self.table).push(" WHERE ");
        self.hangs(&mut writer);
        writer.push(" AND ");
        write_running(&mut writer, work, self.table, " IS TRUE");
        writer.limit();
        Some(writer.finish("see who is at work on", &self.table.name))
    }

    fn work(&self, table: &TableName) -> Option<&Work> {
        self.hidden.policy.work.iter().find(|work| work.table.value == *table)
    }

    /// Lines by which rows that a worker may be writing refer to what is claimed, and are changed
    /// when it goes.
    fn worked_on(&self) -> Vec<(&Edge, &Table, &Work)> {
        let changed = self.hidden.graph.below(&self.table.name).filter(|edge| {
            matches!(edge.fate, Fate::Unlink | Fate::Set(_) | Fate::Anonymize(_))
                && edge.via.is_plain()
                && edge.child != self.table.name
        });
        let worked = changed.filter_map(|edge| {
            Some((edge, self.hidden.schema.table(&edge.child)?, self.work(&edge.child)?))
        });
        worked.collect()
    }

    fn referents(&self, plan: &mut Plan) -> Vec<Referents> {
        let lines = self.worked_on().into_iter();
        lines.filter_map(|(edge, child, work)| self.referent(plan, edge, child, work)).collect()
    }

    fn referent(
        &self,
        plan: &mut Plan,
        edge: &Edge,
        child: &Table,
        work: &Work,
    ) -> Option<Referents> {
        let columns = identity(child)?;
        let at = super::closure::positions(&self.claimed, &edge.parent_key);
        let keys = KeySource {
            from: vec![KeyColumns { set: self.claimed.id, columns: at.clone(), frontier: false }],
            types: &edge.parent_key,
        };
        let id = SetId(plan.sets.len());
        let set = KeySet {
            id,
            table: child.name.clone(),
            identity: columns.len(),
            columns,
            role: SetRole::Candidates,
        };
        let mut writer = select(self.hidden.schema, &set);
        writer.push(" WHERE ");
        edge_condition(&mut writer, edge, &keys, child);
        let is_asked = super::remembering::is_asked(self.hidden, &child.name);
        let lock =
            if is_asked { " FOR UPDATE SKIP LOCKED" } else { " FOR NO KEY UPDATE SKIP LOCKED" };
        let statement = writer.finish_locked("lock", &child.name, lock);
        let mut writer = Writer::new(self.hidden.schema.dialect);
        writer.push("SELECT DISTINCT ").list(&edge.columns, |writer, column| {
            writer.read(column);
        });
        writer.push(" FROM ").table(child).push(" WHERE ");
        edge_condition(&mut writer, edge, &keys, child);
        writer.push(" AND (");
        not_in_keys(&mut writer, &set.columns, &identities(&set));
        writer.push(" OR ");
        write_running(&mut writer, work, child, " IS TRUE");
        writer.push(")");
        let held = writer.finish("see who holds", &child.name);
        plan.sets.push(set);
        Some(Referents { set: id, statement, held, columns: at })
    }
}
