//! Names of objects made by the database: the twin of `template::naming`, which makes them in the
//! engine. A sweep needs them in the order of bytes, of more rows than anybody keeps in mind.
//!
//! Invariant: a row that the engine refuses is never silent here. What its name says is kept as it
//! is, and where nobody can tell what it means, it stands for all that it could.

use super::{Bind, Scalar, Writer};
use crate::schema::Dialect;

/// A part of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamePart<'p> {
    /// As it is.
    Written(&'p str),
    /// The value of this number, and whether it may be a path.
    Value(usize, bool),
}

/// A name that is as the policy means it.
pub const MEANT: i64 = 0;
/// The name of a row that the rule leaves out.
pub const LEFT_OUT: i64 = 1;
/// A name that the engine refuses, as it would be.
pub const REFUSED: i64 = 2;
/// A name that the engine refuses, and all that begins so.
pub const UNSURE: i64 = 3;

/// Writes a query of `name` and `how` from one whose columns are `j0`, `j1` … and `w`, which is 0
/// for rows that the rule means and 1 for others. Says of each value whether it is JSON.
pub fn rendered(
    writer: &mut Writer,
    raw: &dyn Fn(&mut Writer),
    is_json: &[bool],
    parts: &[NamePart<'_>],
) {
    let values: Vec<usize> = (0..is_json.len()).collect();
    writer.push("SELECT ");
    name(writer, parts);
    writer.push(" AS name, ");
    how(writer, parts);
    writer.push(" AS how FROM (SELECT ").list(&values, |writer, at| {
        read(writer, *at, is_json[*at]);
    });
    writer.push(if values.is_empty() { "w FROM (" } else { ", w FROM (" });
    raw(writer);
    writer.push(") AS sexton_r) AS sexton_v");
}

/// `CASE WHEN v0 IS NULL … THEN NULL WHEN a value is unsure THEN what stands before it ELSE all END`
fn name(writer: &mut Writer, parts: &[NamePart<'_>]) {
    writer.push("CASE");
    for (at, _) in slots(parts) {
        writer.push(" WHEN ").numbered("v", at).push(" IS NULL THEN NULL");
    }
    for (at, _) in slots(parts) {
        writer.push(" WHEN ");
        climbs(writer, at);
        writer.push(" THEN ''");
    }
    for (end, part) in parts.iter().enumerate() {
        if let NamePart::Value(at, _) = part {
            writer.push(" WHEN ").numbered("u", *at).push(" > 0 THEN ");
            joined(writer, &parts[..end]);
        }
    }
    // A name without values is no case at all, which SQL does not know.
    writer.push(if slots(parts).next().is_none() {
        " WHEN 1 = 0 THEN NULL ELSE "
    } else {
        " ELSE "
    });
    joined(writer, parts);
    writer.push(" END");
}

fn how(writer: &mut Writer, parts: &[NamePart<'_>]) {
    writer.push("CASE");
    for (at, _) in slots(parts) {
        writer.push(" WHEN ").numbered("u", at).push(" > 0 OR ");
        climbs(writer, at);
        writer.push(" THEN ").number(UNSURE);
    }
    for (at, may_be_path) in slots(parts) {
        writer.push(" WHEN ");
        is_refused(writer, at, may_be_path);
        writer.push(" THEN ").number(REFUSED);
    }
    writer.push(" WHEN w > 0 THEN ").number(LEFT_OUT).push(" ELSE ").number(MEANT).push(" END");
}

fn slots<'p>(parts: &'p [NamePart<'_>]) -> impl Iterator<Item = (usize, bool)> + 'p {
    parts.iter().filter_map(|part| match part {
        NamePart::Written(_) => None,
        NamePart::Value(at, may_be_path) => Some((*at, *may_be_path)),
    })
}

fn joined(writer: &mut Writer, parts: &[NamePart<'_>]) {
    if parts.is_empty() {
        writer.push("''");
    }
    for (at, part) in parts.iter().enumerate() {
        writer.push(if at > 0 { " || " } else { "" });
        match part {
            NamePart::Written(text) => bound(writer, text),
            NamePart::Value(at, _) => writer.numbered("v", *at),
        };
    }
}

/// A value as text, `v0`, and whether nobody can tell how the engine would write it, `u0`.
fn read(writer: &mut Writer, at: usize, is_json: bool) {
    let raw = |writer: &mut Writer| {
        writer.numbered("j", at);
    };
    match (writer.dialect(), is_json) {
        (Dialect::Postgres, _) => {
            raw(writer);
            writer.push(" #>> '{}' AS ").numbered("v", at).push(", CASE WHEN jsonb_typeof(");
            raw(writer);
            writer.push(") IN ('object', 'array') OR jsonb_typeof(");
            raw(writer);
            writer.push(") = 'number' AND (");
            raw(writer);
            writer.push(" #>> '{}') !~ '^(0|-?[1-9][0-9]{0,17})$' THEN 1 ELSE 0 END");
        }
        (Dialect::Sqlite, false) => {
            writer.push("CASE typeof(");
            raw(writer);
            writer.push(") WHEN 'blob' THEN '\\x' || lower(hex(");
            raw(writer);
            writer.push(")) ELSE CAST(");
            raw(writer);
            writer.push(" AS TEXT) END AS ").numbered("v", at).push(", typeof(");
            raw(writer);
            writer.push(") = 'real'");
        }
        (Dialect::Sqlite, true) => read_json(writer, at, &raw),
    }
    writer.push(" AS ").numbered("u", at);
}

/// Text of JSON in SQLite. Half of a pair, and NUL, are read otherwise by the engine.
fn read_json(writer: &mut Writer, at: usize, raw: &dyn Fn(&mut Writer)) {
    writer.push("CASE json_type(");
    raw(writer);
    writer.push(") WHEN 'null' THEN NULL WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ");
    writer.push("ELSE CAST(");
    raw(writer);
    writer.push(" ->> '$' AS TEXT) END AS ");
    writer.numbered("v", at).push(", json_type(");
    raw(writer);
    writer.push(") IN ('object', 'array', 'real') OR json_type(");
    raw(writer);
    writer.push(") = 'integer' AND (typeof(");
    raw(writer);
    writer.push(" ->> '$') <> 'integer' OR CAST(");
    raw(writer);
    writer.push(" ->> '$' AS TEXT) <> ");
    raw(writer);
    writer.push(") OR instr(");
    raw(writer);
    writer.push(", '\\u0000') > 0 OR instr(lower(");
    raw(writer);
    writer.push("), '\\ud') > 0");
}

/// Whether the value leads out of where it stands.
fn climbs(writer: &mut Writer, at: usize) {
    holds(writer, "/../", |writer| {
        writer.push("'/' || ").numbered("v", at).push(" || '/'");
    });
}

fn is_refused(writer: &mut Writer, at: usize, may_be_path: bool) {
    writer.numbered("v", at).push(" = ''");
    let value = |writer: &mut Writer| {
        writer.numbered("v", at);
    };
    if !may_be_path {
        writer.push(" OR ");
        holds(writer, "/", value);
        writer.push(" OR ");
        holds(writer, "..", value);
    }
    if writer.dialect() == Dialect::Sqlite {
        writer.push(" OR instr(");
        value(writer);
        writer.push(", char(0)) > 0");
    }
}

fn holds(writer: &mut Writer, what: &'static str, value: impl Fn(&mut Writer)) {
    writer.push(match writer.dialect() {
        Dialect::Postgres => "strpos(",
        Dialect::Sqlite => "instr(",
    });
    value(writer);
    writer.push(", '").push(what).push("') > 0");
}

/// Turns what `inner` names, in whatever form, into keys of the store whose addresses begin with
/// `root`: what is an address elsewhere is none, and bare names only where they are the store's.
pub fn keys_of(writer: &mut Writer, root: &str, bare: Bare, inner: &dyn Fn(&mut Writer)) {
    let begins = |writer: &mut Writer| {
        writer.push("substr(name, 1, length(");
        bound(writer, root).push(")) = ");
        bound(writer, root);
    };
    writer.push("SELECT CASE WHEN ");
    begins(writer);
    writer.push(" THEN substr(name, length(");
    bound(writer, root).push(") + 1)");
    // The beginning of an address that may become one of this store, or any key of it.
    writer.push(" WHEN how = ").number(UNSURE).push(" AND name <> '' AND substr(");
    bound(writer, root).push(", 1, length(name)) = name THEN ''");
    if bare == Bare::UnlessAddresses {
        writer.push(" WHEN ");
        is_address(writer);
        writer.push(" THEN NULL");
    }
    writer.push(if bare == Bare::None { " ELSE NULL" } else { " ELSE name" });
    writer.push(" END AS name, how FROM (");
    inner(writer);
    writer.push(") AS sexton_f");
}

/// What a name that is no address of the store stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bare {
    /// A key, whatever it looks like.
    All,
    /// A key, unless it is an address elsewhere.
    UnlessAddresses,
    /// Nothing here.
    None,
}

/// As the engine knows addresses: `kind:/`, the kind of two signs or more.
fn is_address(writer: &mut Writer) {
    writer.push(match writer.dialect() {
        Dialect::Postgres => "name ~ '^[A-Za-z0-9+.-]{2,}:/'",
        Dialect::Sqlite => {
            "instr(name, ':/') > 2 AND substr(name, 1, instr(name, ':/') - 1) \
             NOT GLOB '*[^A-Za-z0-9+.-]*'"
        }
    });
}

fn bound<'w>(writer: &'w mut Writer, text: &str) -> &'w mut Writer {
    writer.bind(Bind::Literal(Scalar::text(text)), None)
}
