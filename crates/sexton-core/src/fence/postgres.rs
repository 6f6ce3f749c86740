//! Triggers of a fence for PostgreSQL.
//!
//! INSERT is watched by statement, with its new rows as a table; UPDATE by row, and only where the
//! value changed, whoever changed it. Their functions run as whoever installed them: those who
//! write may see neither the parents nor Sexton's tables. They look rows up by index only.
//!
//! Race: rows referred to are locked before anything is said of them. A deletion locks them
//! stronger, so either it waits and takes the new row too, or the writer waits and finds them gone.

use super::{Draft, Fenced, Held, Line, Post, Written, hidden_memory, memory};
use crate::plan::{write_hidden, write_tenant};
use crate::policy::{Also, Fragment, HideRow};
use crate::schema::{Column, Dialect, Schema, Table, TypeKind};
use crate::sql::{Alias, Writer, key_text, key_text_of, naming, same_key};

/// Where the rows come from that a trigger judges.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Event {
    /// All rows of a statement.
    Insert,
    /// One row that changed.
    Update,
}

/// What a function of a trigger may see and how it finds it.
const SETTINGS: &str = "
SET row_security = off
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off";

/// The triggers of one table.
pub(super) fn triggers(schema: &Schema, fenced: &Fenced<'_>) -> Vec<Draft> {
    let table = fenced.table;
    let remembered: Vec<&Line<'_>> = fenced.lines.iter().filter(|l| l.is_remembered()).collect();
    let mut drafts = Vec::new();
    let body = |event| {
        let mut writer = Writer::written_out(Dialect::Postgres);
        for line in &remembered {
            if event == Event::Update && is_plain(line) {
                moved(&mut writer, schema, line);
            } else {
                reference(&mut writer, schema, line, table, event);
            }
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
            own_key(&mut writer, schema, key, table, event);
        }
        writer
    };
    let mut on_insert = body(Event::Insert);
    for (also, fragment, lines) in &fenced.also {
        for line in lines {
            condition(&mut on_insert, (also, fragment), line, table, Event::Insert);
        }
    }
    let watched = fenced.watched();
    let names: Vec<&str> = watched.iter().map(|column| column.name.as_str()).collect();
    let names = names.join(", ");
    if !on_insert.text().is_empty() {
        drafts.push(draft(schema, table, Event::Insert, &[], &on_insert, "INSERT".to_owned()));
    }
    if !watched.is_empty() {
        let on_update = body(Event::Update);
        let told = format!("UPDATE of {names}");
        drafts.push(draft(schema, table, Event::Update, &watched, &on_update, told));
    }
    for (also, fragment, lines) in &fenced.also {
        let Some(column) = table.column(&also.column.value) else { continue };
        let mut writer = Writer::written_out(Dialect::Postgres);
        for line in lines {
            condition(&mut writer, (also, fragment), line, table, Event::Update);
        }
        let told = format!("UPDATE of {}, as [fence] also says", column.name);
        drafts.push(draft(schema, table, Event::Update, &[column], &writer, told));
    }
    drafts
}

/// Statements that remove a trigger and its function.
pub(super) fn drops(schema: &Schema, post: &Post) -> Vec<String> {
    let Some(table) = schema.table(&post.table) else { return Vec::new() };
    let mut trigger = Writer::written_out(Dialect::Postgres);
    trigger.push("DROP TRIGGER ").made_name(&post.name).push(" ON ").table(table);
    let mut function = Writer::written_out(Dialect::Postgres);
    function.push("DROP FUNCTION sexton.").made_name(&post.name).push("()");
    vec![trigger.text().to_owned(), function.text().to_owned()]
}

fn draft(
    schema: &Schema,
    table: &Table,
    event: Event,
    watched: &[&Column],
    judgements: &Writer,
    told: String,
) -> Draft {
    let mut body = Writer::written_out(Dialect::Postgres);
    body.push("\n#variable_conflict use_column\nDECLARE\n    sexton_gone text[];\n");
    body.push("    sexton_key text;\nBEGIN\n").written(judgements).push("    RETURN NULL;\nEND\n");
    let mut when = Writer::written_out(Dialect::Postgres);
    for (at, column) in watched.iter().enumerate() {
        when.push(if at > 0 { " OR " } else { "" });
        changed(&mut when, column);
    }
    let (schema, table) = (schema.default_schema.clone(), table.clone());
    let name = table.name.clone();
    let write = move |name: &str| Written {
        create: vec![
            function(name, &schema, &body),
            closed(name),
            trigger(name, &table, event, &when),
        ],
        body: body.text().to_owned(),
    };
    Draft { table: name, watches: told, write: Box::new(write) }
}

/// One that was left without its trigger is written over.
fn function(name: &str, schema: &str, body: &Writer) -> String {
    let mut writer = Writer::written_out(Dialect::Postgres);
    writer.push("CREATE OR REPLACE FUNCTION sexton.").made_name(name).push("() RETURNS trigger\n");
    writer.push("LANGUAGE plpgsql SECURITY DEFINER\nSET search_path = ");
    writer.made_name(schema).push(", pg_temp").push(SETTINGS).push("\nAS ").dollar_quoted(body);
    writer.text().to_owned()
}

/// Nobody else makes triggers of it.
fn closed(name: &str) -> String {
    let mut writer = Writer::written_out(Dialect::Postgres);
    writer.push("REVOKE ALL ON FUNCTION sexton.").made_name(name).push("() FROM PUBLIC");
    writer.text().to_owned()
}

fn trigger(name: &str, table: &Table, event: Event, when: &Writer) -> String {
    let mut writer = Writer::written_out(Dialect::Postgres);
    writer.push("CREATE TRIGGER ").made_name(name);
    match event {
        Event::Insert => {
            writer.push(" AFTER INSERT ON ").table(table);
            writer.push(" REFERENCING NEW TABLE AS sexton_new FOR EACH STATEMENT");
        }
        Event::Update => {
            writer.push(" AFTER UPDATE ON ").table(table).push(" FOR EACH ROW WHEN (");
            writer.written(when).push(")");
        }
    }
    writer.push(" EXECUTE FUNCTION sexton.").made_name(name).push("()");
    writer.text().to_owned()
}

/// `OLD.x IS DISTINCT FROM NEW.x`; by their texts where the type knows no equality.
fn changed(writer: &mut Writer, column: &Column) {
    let by_text = matches!(column.kind, TypeKind::Json | TypeKind::Other);
    let side = if by_text { "::text" } else { "" };
    writer.push("OLD.").column(column).push(side).push(" IS DISTINCT FROM NEW.");
    writer.column(column).push(side);
}

/// The rows to judge, called as their table is; those that a condition of the line leaves out are
/// left out.
fn rows(writer: &mut Writer, of: &'static str, filter: Option<&Fragment>, table: &Table) {
    writer.push("(SELECT * FROM ").push(of).push(" AS ").alias(table);
    if let Some(filter) = filter {
        writer.push(" WHERE ").condition(filter, table);
    }
    writer.push(") AS ").alias(table);
}

/// What the rows refer to that they did not refer to before.
fn named(writer: &mut Writer, line: &Line<'_>, table: &Table, event: Event) {
    let edge = line.edge;
    let of = |writer: &mut Writer, of: &'static str| {
        let from = |writer: &mut Writer| rows(writer, of, edge.filter.as_ref(), table);
        naming(writer, (&edge.columns, &edge.via), &edge.parent_key, table, &from);
    };
    match event {
        Event::Insert => of(writer, "sexton_new"),
        Event::Update => {
            of(writer, "(SELECT NEW.*)");
            writer.push("\n        EXCEPT ");
            of(writer, "(SELECT OLD.*)");
        }
    }
}

/// Whether a row's columns alone say what it refers to.
fn is_plain(line: &Line<'_>) -> bool {
    line.edge.via.is_plain() && line.edge.filter.is_none()
}

/// The same as `reference`, of one row whose columns hold the key as it is: nothing but a look for
/// the row that it refers to now, if that is another.
fn moved(writer: &mut Writer, schema: &Schema, line: &Line<'_>) {
    let (columns, key) = (&line.edge.columns, &line.edge.parent_key);
    writer.push("    IF (");
    for (at, column) in columns.iter().enumerate() {
        writer.push(if at > 0 { " OR " } else { "" });
        changed(writer, column);
    }
    writer.push(")");
    for column in columns {
        writer.push(" AND NEW.").column(column).push(" IS NOT NULL");
    }
    writer.push(" THEN\n        PERFORM 1 FROM ");
    let parent = Alias::of("sexton_p");
    writer.table(line.parent).push(" AS ").name(&parent).push(" WHERE ");
    for (at, (column, key)) in columns.iter().zip(key).enumerate() {
        writer.push(if at > 0 { " AND " } else { "" });
        writer.name(&parent).push(".").column(key).push(" = NEW.").column(column);
    }
    writer
        .push(" FOR KEY SHARE;\n        IF NOT FOUND THEN\n            PERFORM sexton.fence_look(");
    writer.literal(&memory(schema, &line.parent.name, key)).push(", ");
    writer.literal(&line.edge.text).push(", ARRAY[");
    key_text_of(writer, columns.len(), &|writer, at| {
        writer.push("NEW.").column(&columns[at]);
    });
    writer.push("]);\n        END IF;\n    END IF;\n");
}

/// Refuses a reference to what is gone and remembered.
fn reference(writer: &mut Writer, schema: &Schema, line: &Line<'_>, table: &Table, event: Event) {
    let key = &line.edge.parent_key;
    writer.push("    SELECT array_agg(");
    key_text(writer, "sexton_n", key.len());
    writer.push(") INTO sexton_gone\n    FROM (\n        ");
    named(writer, line, table, event);
    writer.push(
        "\n    ) AS sexton_n\n    LEFT JOIN LATERAL (\n        SELECT true AS is_there FROM ",
    );
    let parent = Alias::of("sexton_p");
    writer.table(line.parent).push(" AS ").name(&parent).push(" WHERE ");
    same_key(writer, &parent, key, "sexton_n");
    writer.push(" FOR KEY SHARE\n    ) AS sexton_f ON true\n    WHERE ");
    for at in 0..key.len() {
        writer.numbered("sexton_n.k", at).push(" IS NOT NULL AND ");
    }
    writer.push("sexton_f.is_there IS NULL;\n");
    ask_memory(writer, &memory(schema, &line.parent.name, key), &line.edge.text);
}

/// Refuses a reference to what is hidden.
///
/// Race: hiding locks the row against this lock before it changes it, so either the writer comes
/// first and its row is purged with the others, or it waits and finds the row hidden.
fn hidden(writer: &mut Writer, hide: &HideRow, line: &Line<'_>, table: &Table, event: Event) {
    let key = &line.edge.parent_key;
    writer.push("    SELECT ");
    key_text(writer, "sexton_n", key.len());
    writer.push(" INTO sexton_key\n    FROM (\n        ");
    named(writer, line, table, event);
    writer.push("\n    ) AS sexton_n\n    CROSS JOIN LATERAL (\n        SELECT * FROM ");
    let parent = Alias::of("sexton_p");
    writer.table(line.parent).push(" AS ").name(&parent).push(" WHERE ");
    same_key(writer, &parent, key, "sexton_n");
    writer.push(" FOR KEY SHARE\n    ) AS ").alias(line.parent).push("\n    WHERE ");
    write_hidden(writer, hide, line.parent);
    writer.push("\n    LIMIT 1;\n    IF FOUND THEN\n        PERFORM sexton.fence_hide(");
    writer.literal(&line.edge.text).push(", sexton_key);\n    END IF;\n");
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
    asked(writer, key.len(), &|writer| named(writer, line, table, event));
    ask_memory(writer, &hidden_memory(schema, &line.parent.name, key), &line.edge.text);
}

/// Refuses a row that comes to hold a value that is hidden in the ledger.
fn value(writer: &mut Writer, held: &Held<'_>, table: &Table, event: Event) {
    let of = |writer: &mut Writer, of: &'static str| {
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
        rows(writer, of, None, table);
    };
    asked(writer, held.parts(), &|writer| match event {
        Event::Insert => of(writer, "sexton_new"),
        Event::Update => {
            of(writer, "(SELECT NEW.*)");
            writer.push("\n        EXCEPT ");
            of(writer, "(SELECT OLD.*)");
        }
    });
    ask_memory(writer, &held.memory(), &held.text(table));
}

/// Collects the texts of keys for the memory; a key with a NULL in it is of nobody.
fn asked(writer: &mut Writer, parts: usize, named: &dyn Fn(&mut Writer)) {
    writer.push("    SELECT array_agg(");
    key_text(writer, "sexton_n", parts);
    writer.push(") INTO sexton_gone\n    FROM (\n        ");
    named(writer);
    writer.push("\n    ) AS sexton_n\n    WHERE ");
    for at in 0..parts {
        writer.push(if at > 0 { " AND " } else { "" });
        writer.numbered("sexton_n.k", at).push(" IS NOT NULL");
    }
    writer.push(";\n");
}

/// Refuses that a key of a thing is used again.
fn own_key(writer: &mut Writer, schema: &Schema, key: &[Column], table: &Table, event: Event) {
    writer.push("    SELECT array_agg(");
    key_text(writer, "sexton_n", key.len());
    writer.push(") INTO sexton_gone\n    FROM (SELECT ");
    let parts: Vec<usize> = (0..key.len()).collect();
    writer.list(&parts, |writer, part| {
        writer.column(&key[*part]).numbered(" AS k", *part);
    });
    writer.push(" FROM ").push(match event {
        Event::Insert => "sexton_new",
        Event::Update => "(SELECT NEW.*) AS sexton_new",
    });
    writer.push(") AS sexton_n\n    WHERE ").list(&parts[..1], |writer, part| {
        writer.numbered("sexton_n.k", *part).push(" IS NOT NULL;\n");
    });
    let name = memory(schema, &table.name, key);
    ask_memory(writer, &name, &name);
}

fn ask_memory(writer: &mut Writer, memory: &str, line: &str) {
    writer.push("    IF sexton_gone IS NOT NULL THEN\n        PERFORM sexton.fence_look(");
    writer.literal(memory).push(", ").literal(line).push(", sexton_gone);\n    END IF;\n");
}

/// Refuses a row whose parent does not meet the condition, or is not there to meet it.
///
/// Race: the parent is locked in the weakest mode, so that writers below one parent, and whoever
/// counts in it, do not wait for each other. A deletion locks what it changes there stronger.
fn condition(
    writer: &mut Writer,
    (also, fragment): (&Also, &Fragment),
    line: &Line<'_>,
    table: &Table,
    event: Event,
) {
    let edge = line.edge;
    let parts: Vec<usize> = (0..edge.parent_key.len()).collect();
    let of = match event {
        Event::Insert => "sexton_new",
        Event::Update => "(SELECT NEW.*)",
    };
    writer.push("    SELECT ");
    key_text(writer, "sexton_n", parts.len());
    writer.push(" INTO sexton_key\n    FROM ").push(of).push(" AS ").alias(table);
    writer.push("\n    CROSS JOIN LATERAL (\n        ");
    let from = |writer: &mut Writer| {
        writer.push("(SELECT ").alias(table).push(".*");
        if let Some(filter) = &edge.filter {
            writer.push(" WHERE ").condition(filter, table);
        }
        writer.push(") AS ").alias(table);
    };
    naming(writer, (&edge.columns, &edge.via), &edge.parent_key, table, &from);
    writer.push("\n    ) AS sexton_n\n    LEFT JOIN LATERAL (\n        SELECT * FROM ");
    let parent = Alias::of("sexton_p");
    writer.table(line.parent).push(" AS ").name(&parent).push(" WHERE ");
    same_key(writer, &parent, &edge.parent_key, "sexton_n");
    writer.push(" FOR KEY SHARE\n    ) AS ").alias(line.parent).push(" ON true\n    WHERE ");
    for at in &parts {
        writer.numbered("sexton_n.k", *at).push(" IS NOT NULL AND ");
    }
    writer.condition(fragment, table).push(" IS NOT TRUE\n    LIMIT 1;\n");
    writer.push("    IF FOUND THEN\n        PERFORM sexton.fence_refuse(");
    writer.literal(&format!("{}.{}", also.table, also.column.value)).push(", ");
    writer.literal(&edge.text).push(", sexton_key);\n    END IF;\n");
}
