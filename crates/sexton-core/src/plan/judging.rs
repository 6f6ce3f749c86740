//! Reasons to refuse: references that block, and guards over linked rows.

use super::below::Below;
use super::closure::{Closure, edge_condition, identities, identity};
use super::compile::Source;
use super::effects::outside;
use super::hiding::{self, Way};
use super::{GuardedRows, JudgedBy, Judgement};
use crate::finding::Finding;
use crate::graph::Edge;
use crate::names::{ColumnName, TableName};
use crate::policy::{Fate, Fragment, Guard, On, Part, Reply, Route, Sql};
use crate::schema::{Column, Dialect, Schema, Table};
use crate::sql::{Alias, KeySource, Writer, in_keys, not_in_keys};
use crate::template::Slot;

/// Words that follow a table without an alias.
const FOLLOWING: [&str; 11] = [
    "join", "left", "inner", "cross", "right", "full", "natural", "where", "order", "group",
    "limit",
];

/// Judgements in the order in which they are made: lines first, then guards.
pub(super) fn judgements(
    source: &Source<'_>,
    closure: &Closure,
    findings: &mut Vec<Finding>,
) -> Vec<Judgement> {
    // What hangs below a hidden root goes later, and what forbids that is asked now.
    let far = (source.way == Way::Hide && source.thing.purge.is_some()).then(|| Far::of(source));
    let mut going = closure.going.clone();
    going.extend(far.iter().flat_map(|far| far.below.tables().into_iter().cloned()));
    let far = far.as_ref();
    let blocks = source
        .graph
        .below_any(&going)
        .filter(|edge| edge.fate == Fate::Block)
        .filter_map(|edge| block(source, closure, edge, far));
    let mut judgements: Vec<Judgement> = blocks.collect();
    if source.way == Way::Chunk {
        // Guards were judged before anything was hidden.
        return judgements;
    }
    for guard in &source.policy.guards {
        if going.contains(&guard.of.value) {
            match self::guard(source, closure, guard, far) {
                Ok(judgement) => judgements.push(judgement),
                Err(finding) => findings.push(*finding),
            }
        }
    }
    judgements
}

/// What is below a root that is hidden: nobody collects it, so it is asked by the lines that lead
/// there.
struct Far<'a> {
    below: Below<'a>,
}

impl<'a> Far<'a> {
    fn of(source: &'a Source<'a>) -> Self {
        Self { below: Below::of(source) }
    }

    /// Writes that a row of the table goes with the root, if not now.
    fn goes(&self, writer: &mut Writer, closure: &Closure, table: &Table) {
        let is_next = self.below.chain(&table.name).is_some_and(|chain| chain.len() == 1);
        let source = self.below.source();
        let roots = hiding::root_set(source, closure).map(|set| &closure.sets[set.0]);
        if is_next {
            self.below.at_first_hand(writer, table, roots);
        } else {
            self.below.condition(writer, table, roots);
        }
    }

    /// ` AND` a row of the table does not go.
    fn outside(&self, writer: &mut Writer, closure: &Closure, table: &Table) {
        let chain = self.below.chain(&table.name);
        if chain.is_some_and(|chain| !chain.is_empty()) {
            writer.push(" AND (");
            self.goes(writer, closure, table);
            writer.push(") IS NOT TRUE");
        }
    }
}

/// Rows that block need no lock: any that is there refuses, and new ones are the fence's.
fn block(
    source: &Source<'_>,
    closure: &Closure,
    edge: &Edge,
    far: Option<&Far<'_>>,
) -> Option<Judgement> {
    let table = source.schema.table(&edge.child)?;
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT ");
    row_name(source, table, &mut writer);
    writer.push(", count(*) OVER ()").push(" FROM ").table(table).push(" WHERE ");
    match (closure.keys_above(edge, false), far) {
        (Some(keys), _) => edge_condition(&mut writer, edge, &keys, table),
        (None, Some(far)) => far.below.refers(&mut writer, edge, table, |writer, parent| {
            far.goes(writer, closure, parent);
        })?,
        (None, None) => return None,
    }
    outside(&mut writer, closure, table);
    far.inspect(|far| far.outside(&mut writer, closure, table));
    writer.limit();
    Some(Judgement {
        by: JudgedBy::Reference { edge: edge.id, text: edge.text.clone() },
        lock: None,
        statement: writer.finish("judge", &table.name),
        say: edge.say.clone().unwrap_or_else(|| {
            format!(
                "{{count}} row(s) of {} still refer to it ({}): {{names}}",
                edge.child, edge.text
            )
        }),
        guarded: None,
        ways_out: Vec::new(),
    })
}

/// A row as people know it: by its thing's label, else by its key.
pub(super) fn row_name(source: &Source<'_>, table: &Table, writer: &mut Writer) {
    let columns: Vec<Column> = match label_of(source, table) {
        Some(label) => vec![label],
        None => identity(table).unwrap_or_default(),
    };
    if columns.is_empty() {
        writer.push("'?'");
    }
    for (at, column) in columns.iter().enumerate() {
        writer.push(if at > 0 { " || ',' || " } else { "" });
        match source.schema.dialect {
            Dialect::Sqlite if columns.len() > 1 => spelled_out(writer, column),
            _ => {
                writer.read(column);
            }
        }
    }
}

/// The column that names rows of the table for people.
fn label_of(source: &Source<'_>, table: &Table) -> Option<Column> {
    let label = source.policy.things.iter().find_map(|thing| {
        let own = thing.row.as_ref().is_some_and(|row| row.value.table == table.name);
        thing.label.as_ref().filter(|_| own).and_then(|label| table.column(&label.value))
    });
    label.cloned()
}

/// A value of SQLite that may be joined to others: `||` would take bytes for text.
fn spelled_out(writer: &mut Writer, column: &Column) {
    writer.push("CASE typeof(").column(column).push(") WHEN 'blob' THEN 'x''' || lower(hex(");
    writer.column(column).push(")) || '''' ELSE ").column(column).push(" END");
}

fn guard(
    source: &Source<'_>,
    closure: &Closure,
    guard: &Guard,
    far: Option<&Far<'_>>,
) -> Result<Judgement, Box<Finding>> {
    let misread = || {
        Box::new(
            Finding::error(
                "C113",
                Some(guard.rows.span),
                format!("guard `{}` does not begin with a known table and its alias", guard.name),
            )
            .help("write `rows = \"table alias\"`; joins may follow"),
        )
    };
    for sql in [&guard.rows, &guard.link] {
        written(sql, source.schema.dialect)?;
    }
    let (table, alias) = guarding_table(guard, source.schema).ok_or_else(misread)?;
    let key = identity(table).ok_or_else(|| Box::new(keyless(guard, table)))?;
    let from =
        |writer: &mut Writer| linked_rows(source, (closure, far), guard, table, &alias, writer);

    let mut lock = Writer::new(source.schema.dialect);
    lock.push("SELECT ").qualified(&alias, |writer| {
        writer.list(&key, |writer, column| {
            writer.read(column);
        });
    });
    from(&mut lock).ok_or_else(misread)?;
    lock.push(" ORDER BY ").qualified(&alias, |writer| {
        writer.columns(&key);
    });
    lock.push(" FOR SHARE OF ").name(&alias);

    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT n, count(*) OVER () FROM (SELECT DISTINCT ").qualified(&alias, |writer| {
        writer.list(&key, |writer, column| {
            writer.column(column).as_text();
        });
    });
    writer.push(", ");
    match guard.name_of.as_ref().and_then(|name| name.of(source.schema.dialect)) {
        Some(name) => writer.condition(name, table).as_text(),
        None => writer.qualified(&alias, |writer| {
            writer.read(&key[0]);
        }),
    };
    writer.push(" AS n");
    from(&mut writer).ok_or_else(misread)?;
    filtered(guard, table, &mut writer);
    writer.push(") AS sexton_g").limit();
    let guarded = guarded(source, guard, |writer| {
        from(writer)?;
        filtered(guard, table, writer);
        Some(())
    });
    Ok(Judgement {
        by: JudgedBy::Guard(guard.name.clone()),
        // SQLite has no row locks, and needs none.
        lock: (source.schema.dialect == Dialect::Postgres)
            .then(|| lock.finish("lock for a guard", &table.name)),
        statement: writer.finish("judge", &table.name),
        say: guard.say.clone(),
        guarded,
        ways_out: guard.ways_out.clone(),
    })
}

fn filtered(guard: &Guard, table: &Table, writer: &mut Writer) {
    let filter = guard.filter.as_ref().and_then(|filter| filter.of(writer.dialect()));
    if let Some(filter) = filter {
        writer.push(" AND ").condition(filter, table);
    }
}

/// Reads what the guard's sentence says of guarded rows: those that somebody refuses.
fn guarded(
    source: &Source<'_>,
    guard: &Guard,
    from: impl FnOnce(&mut Writer) -> Option<()>,
) -> Option<GuardedRows> {
    let of = source.schema.table(&guard.of.value)?;
    let mut writer = Writer::new(source.schema.dialect);
    let mut said: Vec<String> = Vec::new();
    writer.push("SELECT DISTINCT ");
    for word in subject_words(&guard.say).chain(told_words(source, guard)) {
        let named = match word {
            "label" => label_of(source, of).or_else(|| identity(of)?.into_iter().next()),
            column => of.column(&ColumnName::new(column)).cloned(),
        };
        if let Some(column) = named.filter(|_| !said.iter().any(|known| known == word)) {
            writer.push(if said.is_empty() { "" } else { ", " });
            writer.alias(of).push(".").read(&column);
            said.push(word.to_owned());
        }
    }
    if said.is_empty() {
        return None;
    }
    from(&mut writer)?;
    writer.push(" ORDER BY 1").limit();
    Some(GuardedRows { statement: writer.finish("name the guarded", &of.name), said })
}

/// What events of this thing that are told of a guard's refusals say of the rows that it keeps.
fn told_words<'s>(source: &Source<'s>, guard: &'s Guard) -> impl Iterator<Item = &'s str> {
    let events = source.policy.events.iter().filter(|event| {
        event.on.value == On::Refused(Some(guard.name.clone()))
            && super::recording::told_of(event, source.thing).is_some()
    });
    let slots = events.flat_map(|event| event.fields.slots());
    let words = |slot: &'s Slot| {
        slot.paths().filter_map(|path| match path.names.as_slice() {
            [subject, word] if subject == "subject" => Some(word.as_str()),
            _ => None,
        })
    };
    slots.chain(answering(source, guard)).flat_map(words)
}

/// Placeholders of what routes of this thing answer to a guard's refusals.
fn answering<'s>(source: &Source<'s>, guard: &'s Guard) -> impl Iterator<Item = &'s Slot> {
    let of_thing =
        |route: &&Route| route.deeds().any(|deed| deed.value.thing() == Some(&source.thing.name));
    let own = source.policy.routes.iter().filter(of_thing).map(|route| &route.replies);
    let shared = source.policy.routes.iter().any(|route| of_thing(&route));
    let replies = own.chain(shared.then_some(&source.policy.replies));
    let replies = replies.filter_map(|replies| replies.to_guard(guard.name.as_str()));
    replies.flat_map(|reply| match reply {
        Reply::Own(answer) => answer.slots(),
        Reply::Like(_) => Vec::new(),
    })
}

/// What a guard's sentence says of the rows that it keeps: all that stands behind `subject.`.
pub(crate) fn subject_words(say: &str) -> impl Iterator<Item = &str> {
    let placeholders = say.split('{').skip(1).filter_map(|piece| piece.split_once('}'));
    placeholders.filter_map(|(placeholder, _)| placeholder.strip_prefix("subject."))
}

/// Nothing, or the finding that the SQL is for another database only.
fn written(sql: &Sql, dialect: Dialect) -> Result<(), Box<Finding>> {
    let message = "this SQL is not written for the database in use";
    let missing = || Box::new(Finding::error("C105", Some(sql.span), message));
    sql.of(dialect).map(|_| ()).ok_or_else(missing)
}

fn keyless(guard: &Guard, table: &Table) -> Finding {
    let message = format!("`{}` has no key to tell its rows apart by", table.name);
    Finding::error("C120", Some(guard.rows.span), message)
        .help("add a primary key, or a unique index over columns that are NOT NULL")
}

/// ` FROM rows JOIN of ON link WHERE` the row is not in the closure.
fn linked_rows(
    source: &Source<'_>,
    (closure, far): (&Closure, Option<&Far<'_>>),
    guard: &Guard,
    table: &Table,
    alias: &Alias,
    writer: &mut Writer,
) -> Option<()> {
    let dialect = source.schema.dialect;
    let of = source.schema.table(&guard.of.value)?;
    if closure.set_of(&of.name).is_none() && far.is_none() {
        return None;
    }
    writer.push(" FROM ").fragment(guard.rows.of(dialect)?, table);
    // The guarded rows stand in brackets, so that their column names mix with nobody's.
    writer.push(" JOIN (SELECT ").columns(&of.columns).push(" FROM ").table(of).push(" WHERE ");
    match (closure.set_of(&of.name), far) {
        (Some(going), _) => in_keys(writer, &going.columns[..going.identity], &identities(going)),
        (None, Some(far)) => far.goes(writer, closure, of),
        (None, None) => {}
    }
    writer.push(") AS ").alias(of).push(" ON ").condition(guard.link.of(dialect)?, of);
    writer.push(" WHERE ");
    match closure.set_of(&table.name) {
        Some(own) => {
            let keys: KeySource<'_> = identities(own);
            writer.qualified(alias, |writer| {
                not_in_keys(writer, &own.columns[..own.identity], &keys);
            });
        }
        None => {
            writer.push("1 = 1");
        }
    }
    // The guarding row's own key tells whether it goes too, whatever it is called here.
    if let Some(far) = far.filter(|far| far.below.chain(&table.name).is_some()) {
        let key = identity(table)?;
        let own = closure.set_of(&table.name).is_none();
        if let ([column], true) = (key.as_slice(), own) {
            writer.push(" AND ").qualified(alias, |writer| {
                writer.column(column);
            });
            writer.push(" NOT IN (SELECT ").column(column).push(" FROM ").table(table);
            writer.push(" WHERE ");
            far.goes(writer, closure, table);
            writer.push(")");
        }
    }
    Some(())
}

/// The table that a guard's rows begin with, and what it is called there.
pub(crate) fn guarding_table<'s>(guard: &Guard, schema: &'s Schema) -> Option<(&'s Table, Alias)> {
    leading_table(guard.rows.of(schema.dialect)?, schema)
}

/// The table that a source of rows begins with, and what it is called there.
pub(crate) fn leading_table<'s>(
    fragment: &Fragment,
    schema: &'s Schema,
) -> Option<(&'s Table, Alias)> {
    let Some(Part::Text(text)) = fragment.parts.first() else { return None };
    let mut words = text.split_whitespace();
    let name = words.next()?;
    let table = match name.split_once('.') {
        Some((schema_name, name)) => {
            schema.table(&TableName { schema: Some(schema_name.into()), name: name.into() })
        }
        None => schema.table(&TableName::local(name.trim_matches('"'))),
    }?;
    let next =
        words.next().filter(|word| !word.eq_ignore_ascii_case("as")).or_else(|| words.next());
    let alias = next.filter(|word| !FOLLOWING.contains(&word.to_ascii_lowercase().as_str()));
    Some((table, Alias::parse(alias.unwrap_or(&table.name.name))?))
}
