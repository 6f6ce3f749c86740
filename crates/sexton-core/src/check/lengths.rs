//! Whether texts that deletions write fit into columns of limited length (PostgreSQL; SQLite
//! limits none).

use super::Source;
use super::inquiry::Inquiry;
use super::writings::{Becomes, Writing, Written, writings};
use crate::finding::Finding;
use crate::plan;
use crate::schema::{Column, Dialect, Table, TypeKind};
use crate::sql::Writer;

/// `anonymized-` and a key of one sign.
const ANONYMIZED_MIN: usize = 12;

/// `anonymized-` and a UUID.
const ANONYMIZED_UUID: usize = 47;

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for writing in writings(source) {
        let limited = writing.columns.iter().filter_map(|of| Some((of, limit(source, of.column)?)));
        findings.extend(limited.filter_map(|(of, limit)| too_long(&writing, of, limit)));
    }
    findings
}

/// Rows whose anonymized text would not fit, though that of others may.
pub(super) fn inquiries(source: &Source<'_>) -> Vec<Inquiry> {
    let mut inquiries = Vec::new();
    for writing in writings(source) {
        for written in writing.columns.iter().filter(|of| is_made_of_key(of)) {
            let Some(limit) = limit(source, written.column) else { continue };
            if limit >= shortest(writing.table) {
                inquiries.extend(longer(source, &writing, written, limit));
            }
        }
    }
    inquiries
}

/// How many signs the column takes.
fn limit(source: &Source<'_>, column: &Column) -> Option<usize> {
    let is_limited = source.schema.dialect == Dialect::Postgres
        && ["character varying", "bpchar"].contains(&column.type_name.as_str());
    let (_, length) = column.stored_type.rsplit_once('(').filter(|_| is_limited)?;
    length.strip_suffix(')')?.parse().ok()
}

fn is_made_of_key(written: &Written<'_>) -> bool {
    let Written { column, becomes } = written;
    matches!(becomes, Becomes::Meaningless) && !column.nullable && column.kind == TypeKind::Text
}

/// How long `anonymized-KEY` is at least.
fn shortest(table: &Table) -> usize {
    let key = plan::identity(table).unwrap_or_default();
    let has_uuid = key.iter().any(|column| column.kind == TypeKind::Uuid);
    if has_uuid { ANONYMIZED_UUID } else { ANONYMIZED_MIN }
}

fn too_long(writing: &Writing<'_>, written: &Written<'_>, limit: usize) -> Option<Finding> {
    let Written { column, becomes } = written;
    let length = match becomes.text() {
        // Spaces at the end are cut off without a word.
        Some(text) => text.trim_end_matches(' ').chars().count(),
        None if is_made_of_key(written) => shortest(writing.table),
        None => return None,
    };
    (length > limit).then(|| {
        let message = format!(
            "{} sets `{}.{}` to a text of {length} characters or more, and {} takes {limit}",
            writing.text, writing.table.name, column.name, column.stored_type
        );
        Finding::error("C193", Some(writing.span), message)
            .help("make the column longer, or allow NULL, or write a shorter value")
    })
}

fn longer(
    source: &Source<'_>,
    writing: &Writing<'_>,
    written: &Written<'_>,
    limit: usize,
) -> Option<Inquiry> {
    let (table, column) = (writing.table, written.column);
    let key = plan::identity(table)?;
    let mut writer = Writer::new(source.schema.dialect);
    let places: Vec<usize> = (0..key.len()).collect();
    writer.push("SELECT ").list(&places, |writer, at| {
        writer.numbered("sexton_k", *at);
    });
    writer.push(" FROM (SELECT ").list(&places, |writer, at| {
        writer.read(&key[*at]).numbered(" AS sexton_k", *at);
    });
    writer.push(", length(");
    written.becomes.write(&mut writer, column, table);
    writer.push("::text) AS sexton_length FROM ").table(table).push(" WHERE ");
    writing.rows(source, &mut writer)?;
    writer.limit().push(") AS sexton_r WHERE sexton_length > ");
    writer.number(i64::try_from(limit).ok()?).push(" LIMIT 1");
    let message = format!(
        "{} would make `{}.{}` longer than {} takes, for instance of the row {{row}}",
        writing.text, table.name, column.name, column.stored_type
    );
    let finding = Finding::warning("C304", Some(writing.span), message)
        .help("make the column longer, or allow NULL");
    Some(Inquiry::if_found(writer.finish("measure", &table.name), finding))
}
