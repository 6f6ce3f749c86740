//! Names of objects that would take what belongs to others, or name nothing.
//!
//! What a template makes of one row is judged again when it is filled; here is told what would go
//! wrong for every row, before any is deleted.

use super::Source;
use super::templates::{Name, Part, Value, placeholder};
use crate::finding::{Finding, Span};
use crate::plan::Mentions;
use crate::policy::{NamesBy, ObjectRule};
use crate::schema::{Dialect, Table, TypeKind};

pub(super) fn findings(
    source: &Source<'_>,
    rule: &ObjectRule,
    table: &Table,
    name: &Name<'_>,
) -> Vec<Finding> {
    if name.values().next().is_none() {
        return vec![same_for_all(table, name)];
    }
    let mut findings: Vec<Finding> = match name.by {
        NamesBy::Prefix => prefix(name).into_iter().collect(),
        NamesBy::Key | NamesBy::Uri => key(name).into_iter().collect(),
    };
    findings.extend(address(name));
    findings.extend(elsewhere(name));
    findings.extend(run_together(name));
    findings.extend(name.values().filter_map(|value| ambiguous(source, value)));
    findings.extend(nothing_where_null(source, rule, table, name));
    findings
}

/// The end of what is written, empty where a value ends it.
fn end<'n>(name: &'n Name<'_>) -> &'n str {
    match name.parts.last() {
        Some(Part::Written(text)) => text,
        Some(Part::Value(_)) | None => "",
    }
}

/// The beginning of what is written.
fn begin<'n>(name: &'n Name<'_>) -> &'n str {
    match name.parts.first() {
        Some(Part::Written(text)) => text,
        Some(Part::Value(_)) | None => "",
    }
}

fn refused(code: &'static str, name: &Name<'_>, message: String) -> Finding {
    Finding::error(code, Some(name.span), message)
}

fn same_for_all(table: &Table, name: &Name<'_>) -> Finding {
    let key = table.primary_key.first().map_or("id", |key| key.as_str());
    let message = format!(
        "`{}` is the same for every row of `{}`: the first that goes takes the objects of all",
        name.written, table.name
    );
    refused("C410", name, message)
        .help(format!("name what tells the rows apart, such as `{{{key}}}`"))
}

fn prefix(name: &Name<'_>) -> Option<Finding> {
    let written = &name.written;
    if !end(name).ends_with('/') {
        let message = format!(
            "the prefix `{written}` does not end at a `/`: it would take its neighbours along, as \
             `runs/1` takes `runs/10`"
        );
        return Some(refused("C409", name, message).help(format!("write `{written}/`")));
    }
    begin(name).starts_with('/').then(|| {
        let message = format!("the prefix `{written}` names nothing before its first `/`");
        let help = "keys do not begin with a `/`: take it away, or write what stands before it";
        refused("C412", name, message).help(help)
    })
}

fn key(name: &Name<'_>) -> Option<Finding> {
    end(name).ends_with('/').then(|| {
        let message = format!("`{}` ends with a `/`: it names a folder, no object", name.written);
        refused("C413", name, message).help("write it as `prefix`, to remove what lies below")
    })
}

/// Addresses stand under `uri`, and nowhere else; and a value that is one holds `/`.
fn address(name: &Name<'_>) -> Option<Finding> {
    let written = &name.written;
    match (name.by, name.parts.as_slice()) {
        (NamesBy::Uri, [Part::Value(value)]) if !value.is_recorded() => {
            let message = format!("`{written}` can be no address: without `|path` it holds no `/`");
            let help = format!("write `{{{}|path}}`", value.slot.path.written());
            Some(refused("C420", name, message).help(help))
        }
        (NamesBy::Key | NamesBy::Prefix, _) if begin(name).contains("://") => {
            let message = format!("`{written}` is an address, not a key");
            let help = "write it as `uri`, or what stands behind the store's name";
            Some(refused("C421", name, message).help(help))
        }
        _ => None,
    }
}

/// Steps out of a folder, and bytes that no key has.
fn elsewhere(name: &Name<'_>) -> Option<Finding> {
    let written = &name.written;
    let steps = written.split('/').any(|segment| [".", ".."].contains(&segment));
    (steps || written.contains('\0')).then(|| {
        let message = format!("`{written}` has a `.`, a `..` or a NUL where a name must stand");
        refused("C412", name, message).help("write the key as the store lists it")
    })
}

/// Values of which nobody can tell where one ends and the next begins.
fn run_together(name: &Name<'_>) -> Option<Finding> {
    let beside = name.parts.windows(2).find_map(|pair| match pair {
        [Part::Value(one), Part::Value(next)] if !one.is_uuid() && !next.is_uuid() => {
            Some((one, next))
        }
        _ => None,
    });
    if let Some((one, next)) = beside {
        let message = format!(
            "nothing stands between `{}` and `{}`: `1` and `23` name what `12` and `3` name",
            placeholder(one.slot),
            placeholder(next.slot)
        );
        return Some(
            Finding::error(
                "C414",
                Some(Span::new(one.slot.span.start, next.slot.span.end)),
                message,
            )
            .help("write what stands between them in the store, or name one value only"),
        );
    }
    let mut paths = name.values().filter(|value| value.may_hold_slashes());
    let (one, next) = (paths.next()?, paths.next()?);
    let message = format!(
        "`{}` and `{}` may both hold `/`: where one ends cannot be told, so two rows may name the \
         same",
        placeholder(one.slot),
        placeholder(next.slot)
    );
    Some(Finding::error("C414", Some(next.slot.span), message).help("leave `|path` to one of them"))
}

/// Values that an application may have written in another way than the database does.
fn ambiguous(source: &Source<'_>, value: &Value<'_>) -> Option<Finding> {
    let is_postgres = source.schema.dialect == Dialect::Postgres;
    let what = match value.column.kind {
        _ if value.slot.path.json.is_some() => return None,
        TypeKind::Time if is_postgres => "a moment",
        TypeKind::Json if is_postgres => "a document",
        TypeKind::Number => "a number that may have places",
        TypeKind::Boolean => "true or false",
        TypeKind::Bytes => "bytes",
        _ => return None,
    };
    let message = format!(
        "`{}` is {what}, which can be written in several ways: it may name nothing, and objects \
         would stay",
        placeholder(value.slot)
    );
    Some(
        Finding::warning("C415", Some(value.slot.span), message)
            .help("name a column that holds the text as it stands in the key"),
    )
}

/// Where a value is null nothing is named: fine where the value alone is the name, as no name was
/// written down, and odd where it is a part of one.
fn nothing_where_null(
    source: &Source<'_>,
    rule: &ObjectRule,
    table: &Table,
    name: &Name<'_>,
) -> Option<Finding> {
    let is_part = name.values().count() > 1
        || name.parts.iter().any(|part| matches!(part, Part::Written(text) if *text != "/"));
    let value =
        name.values().filter(|_| is_part).find(|value| may_be_null(source, rule, table, value))?;
    let placeholder = placeholder(value.slot);
    let message = format!(
        "a row whose `{placeholder}` is null names nothing by `{}`, and its objects stay",
        name.written
    );
    Some(
        Finding::warning("C418", Some(value.slot.span), message)
            .help("make it NOT NULL, or say by `where` that rows without it have no objects"),
    )
}

/// Whether a row of the rule may have nothing there.
pub(super) fn may_be_null(
    source: &Source<'_>,
    rule: &ObjectRule,
    table: &Table,
    value: &Value<'_>,
) -> bool {
    let dialect = source.schema.dialect;
    let asked = Mentions::of(dialect, rule.filter.iter().filter_map(|sql| sql.of(dialect)));
    let own = value.steps.first().map_or(&value.column, |(column, _)| column);
    // SQLite lets keys be null that nobody leaves null.
    let is_key = table.primary_key.contains(&own.name);
    let on_the_way = value.steps.iter().any(|(column, _)| column.nullable);
    let is_null = on_the_way || value.column.nullable && value.slot.path.json.is_none();
    is_null && !is_key && !asked.has(own.name.as_str())
}
