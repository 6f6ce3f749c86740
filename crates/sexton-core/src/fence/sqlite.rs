//! Triggers of a fence for SQLite.
//!
//! They run after the row is written, when all its columns have their values, and take back the
//! statement. There is one writer at a time, so nothing is locked. A message holds no values,
//! because older versions take nothing but plain text there.

use super::{Draft, Fenced, Held, Line, Post, Written, hidden_memory, memory};
use crate::plan::{write_hidden, write_tenant};
use crate::policy::{Also, Fragment, HideRow};
use crate::schema::{Column, Dialect, Schema, Table};
use crate::sql::{Alias, Writer, key_text, naming, same_key};

/// Which row a trigger judges.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Event {
    Insert,
    Update,
}

/// The triggers of one table.
pub(super) fn triggers(schema: &Schema, fenced: &Fenced<'_>) -> Vec<Draft> {
    let table = fenced.table;
    let remembered: Vec<&Line<'_>> = fenced.lines.iter().filter(|l| l.is_remembered()).collect();
    let body = |event| {
        let mut writer = Writer::written_out(Dialect::Sqlite);
        for line in &remembered {
            reference(&mut writer, schema, line, table, event);
        }
        for line in &fenced.lines {
            if let Some(hide) = line.hide {
                hidden(&mut writer, hide, line, table, event);
            }
        }
        for line in fenced.lines.iter().filter(|line| line.in_ledger) {
            hidden_in_ledger(&mut writer, schema, line, table, event);
        }
        for held in &fenced.values {
            value(&mut writer, held, table, event);
        }
        for key in &fenced.keys {
            own_key(&mut writer, schema, key, table);
        }
        writer
    };
    let mut on_insert = body(Event::Insert);
    for (also, fragment, lines) in &fenced.also {
        for line in lines {
            condition(&mut on_insert, (also, fragment), line, table);
        }
    }
    let watched = fenced.watched();
    let mut drafts = Vec::new();
    if !on_insert.text().is_empty() {
        drafts.push(draft(table, &[], &on_insert, "INSERT".to_owned()));
    }
    if !watched.is_empty() {
        let names: Vec<&str> = watched.iter().map(|column| column.name.as_str()).collect();
        let told = format!("UPDATE of {}", names.join(", "));
        drafts.push(draft(table, &watched, &body(Event::Update), told));
    }
    for (also, fragment, lines) in &fenced.also {
        let Some(column) = table.column(&also.column.value) else { continue };
        let mut writer = Writer::written_out(Dialect::Sqlite);
        for line in lines {
            condition(&mut writer, (also, fragment), line, table);
        }
        let told = format!("UPDATE of {}, as [fence] also says", column.name);
        drafts.push(draft(table, &[column], &writer, told));
    }
    drafts
}

/// The statement that removes a trigger.
pub(super) fn drops(post: &Post) -> Vec<String> {
    let mut writer = Writer::written_out(Dialect::Sqlite);
    writer.push("DROP TRIGGER ").made_name(&post.name);
    vec![writer.text().to_owned()]
}

/// The database keeps the text from the name on, behind `CREATE TRIGGER `.
fn draft(table: &Table, watched: &[&Column], judgements: &Writer, told: String) -> Draft {
    let mut opening = Writer::written_out(Dialect::Sqlite);
    if watched.is_empty() {
        opening.push(" AFTER INSERT ON ").table(table);
    } else {
        opening.push(" AFTER UPDATE OF ").list(watched, |writer, column| {
            writer.column(column);
        });
        opening.push(" ON ").table(table).push(" WHEN ");
        for (at, column) in watched.iter().enumerate() {
            opening.push(if at > 0 { " OR " } else { "" });
            opening.push("NEW.").column(column).push(" IS NOT OLD.").column(column);
        }
    }
    opening.push("\nBEGIN\n").written(judgements).push("END");
    let write = move |name: &str| {
        let mut writer = Writer::written_out(Dialect::Sqlite);
        writer.push("CREATE TRIGGER ").made_name(name).written(&opening);
        Written { create: vec![writer.text().to_owned()], body: writer.text().to_owned() }
    };
    Draft { table: table.name.clone(), watches: told, write: Box::new(write) }
}

/// The new or the old row, called as its table is, if it meets the condition of the line.
fn row(writer: &mut Writer, whose: &'static str, filter: Option<&Fragment>, table: &Table) {
    let all = |writer: &mut Writer| {
        writer.push("(SELECT ").list(&table.columns, |writer, column| {
            writer.push(whose).column(column).push(" AS ").column(column);
        });
        writer.push(") AS ").alias(table);
    };
    match filter {
        None => all(writer),
        Some(filter) => {
            writer.push("(SELECT * FROM ");
            all(writer);
            writer.push(" WHERE ").condition(filter, table).push(") AS ").alias(table);
        }
    }
}

fn named(writer: &mut Writer, line: &Line<'_>, table: &Table, event: Event) {
    let edge = line.edge;
    let of = |writer: &mut Writer, whose: &'static str| {
        let from = |writer: &mut Writer| row(writer, whose, edge.filter.as_ref(), table);
        naming(writer, (&edge.columns, &edge.via), &edge.parent_key, table, &from);
    };
    of(writer, "NEW.");
    if event == Event::Update {
        writer.push("\n        EXCEPT ");
        of(writer, "OLD.");
    }
}

/// Refuses a reference to what is gone and remembered.
fn reference(writer: &mut Writer, schema: &Schema, line: &Line<'_>, table: &Table, event: Event) {
    let key = &line.edge.parent_key;
    let said = ["sexton: parent deleted: ", &line.edge.text].concat();
    writer.push("    SELECT RAISE(ABORT, ").literal(&said).push(")\n    FROM (\n        ");
    named(writer, line, table, event);
    writer.push("\n    ) AS sexton_n\n    WHERE NOT EXISTS (SELECT 1 FROM ");
    let parent = Alias::of("sexton_p");
    writer.table(line.parent).push(" AS ").name(&parent).push(" WHERE ");
    same_key(writer, &parent, key, "sexton_n");
    writer.push(")\n        AND ");
    is_remembered(writer, &memory(schema, &line.parent.name, key), key.len());
    writer.push(";\n");
}

/// Refuses a reference to what is hidden.
fn hidden(writer: &mut Writer, hide: &HideRow, line: &Line<'_>, table: &Table, event: Event) {
    let said = ["sexton: parent deleted: ", &line.edge.text].concat();
    writer.push("    SELECT RAISE(ABORT, ").literal(&said).push(")\n    FROM (\n        ");
    named(writer, line, table, event);
    writer.push("\n    ) AS sexton_n\n    JOIN ").table(line.parent).push(" ON ");
    for (at, key) in line.edge.parent_key.iter().enumerate() {
        writer.push(if at > 0 { " AND " } else { "" });
        writer.alias(line.parent).push(".").column(key).numbered(" = sexton_n.k", at);
    }
    writer.push("\n    WHERE ");
    write_hidden(writer, hide, line.parent);
    writer.push(";\n");
}

/// Refuses a reference to what is hidden in the ledger: its row tells nothing, so the memory is
/// asked though the row is there.
fn hidden_in_ledger(
    writer: &mut Writer,
    schema: &Schema,
    line: &Line<'_>,
    table: &Table,
    event: Event,
) {
    let key = &line.edge.parent_key;
    let said = ["sexton: parent deleted: ", &line.edge.text].concat();
    writer.push("    SELECT RAISE(ABORT, ").literal(&said).push(")\n    FROM (\n        ");
    named(writer, line, table, event);
    writer.push("\n    ) AS sexton_n\n    WHERE ");
    is_remembered(writer, &hidden_memory(schema, &line.parent.name, key), key.len());
    writer.push(";\n");
}

/// Refuses a row that comes to hold a value that is hidden in the ledger.
fn value(writer: &mut Writer, held: &Held<'_>, table: &Table, event: Event) {
    let said = ["sexton: parent deleted: ", &held.text(table)].concat();
    writer.push("    SELECT RAISE(ABORT, ").literal(&said).push(")\n    FROM (\n        ");
    let of = |writer: &mut Writer, whose: &'static str| {
        writer.push("SELECT ");
        for (at, column) in held.columns.iter().enumerate() {
            writer.push(if at > 0 { ", " } else { "" });
            writer.alias(table).push(".").column(column).numbered(" AS k", at);
        }
        if let Some(tenant) = &held.tenant {
            writer.push(", ");
            write_tenant(writer, tenant, table);
            writer.as_text().numbered(" AS k", held.columns.len());
        }
        writer.push(" FROM ");
        row(writer, whose, None, table);
    };
    of(writer, "NEW.");
    if event == Event::Update {
        writer.push("\n        EXCEPT ");
        of(writer, "OLD.");
    }
    writer.push("\n    ) AS sexton_n\n    WHERE ");
    is_remembered(writer, &held.memory(), held.parts());
    writer.push(";\n");
}

/// Refuses that a key of a thing is used again.
fn own_key(writer: &mut Writer, schema: &Schema, key: &[Column], table: &Table) {
    let name = memory(schema, &table.name, key);
    let parts: Vec<usize> = (0..key.len()).collect();
    writer.push("    SELECT RAISE(ABORT, ").literal(&["sexton: id deleted: ", &name].concat());
    writer.push(")\n    FROM (SELECT ").list(&parts, |writer, part| {
        writer.push("NEW.").column(&key[*part]).numbered(" AS k", *part);
    });
    writer.push(") AS sexton_n\n    WHERE ");
    is_remembered(writer, &name, key.len());
    writer.push(";\n");
}

/// A key of which a part is NULL has no text, and is not remembered.
fn is_remembered(writer: &mut Writer, memory: &str, parts: usize) {
    writer.push("EXISTS (SELECT 1 FROM sexton_fenced AS sexton_m WHERE sexton_m.memory = ");
    writer.literal(memory).push(" AND sexton_m.key = ");
    key_text(writer, "sexton_n", parts);
    writer.push(")");
}

/// Refuses a row whose parent does not meet the condition, or is not there to meet it.
fn condition(
    writer: &mut Writer,
    (also, fragment): (&Also, &Fragment),
    line: &Line<'_>,
    table: &Table,
) {
    let edge = line.edge;
    let of = format!("{}.{}", also.table, also.column.value);
    let said = ["sexton: parent refuses: ", &of, " by ", &edge.text].concat();
    writer.push("    SELECT RAISE(ABORT, ").literal(&said).push(")\n    FROM ");
    row(writer, "NEW.", None, table);
    writer.push("\n    JOIN (\n        ");
    let from = |writer: &mut Writer| row(writer, "NEW.", edge.filter.as_ref(), table);
    naming(writer, (&edge.columns, &edge.via), &edge.parent_key, table, &from);
    writer.push("\n    ) AS sexton_n\n    LEFT JOIN ").table(line.parent).push(" ON ");
    for (at, key) in edge.parent_key.iter().enumerate() {
        writer.push(if at > 0 { " AND " } else { "" });
        writer.alias(line.parent).push(".").column(key).numbered(" = sexton_n.k", at);
    }
    writer.push("\n    WHERE ");
    for at in 0..edge.parent_key.len() {
        writer.numbered("sexton_n.k", at).push(" IS NOT NULL AND ");
    }
    writer.condition(fragment, table).push(" IS NOT TRUE;\n");
}
