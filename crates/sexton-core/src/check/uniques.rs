//! Whether what deletions write can stand beside other rows under a unique index.

use super::inquiry::Inquiry;
use super::writings::{Becomes, Writing, Written, writings};
use super::{Source, spelling};
use crate::finding::Finding;
use crate::names::ColumnName;
use crate::schema::{Column, Index};
use crate::sql::{Statement, Writer};

/// One value for every row, in columns that alone tell rows apart: the second row is refused.
pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for writing in writings(source) {
        for (index, columns) in clashing(source, &writing) {
            let of_index: Vec<&ColumnName> = index.columns.iter().flatten().collect();
            if columns.len() == of_index.len() {
                findings.push(second_refused(&writing, index, &columns));
            }
        }
    }
    findings
}

/// One value for every row, in some columns of a unique index: rows alike in the others collide.
pub(super) fn inquiries(source: &Source<'_>) -> Vec<Inquiry> {
    let mut inquiries = Vec::new();
    for writing in writings(source) {
        for (index, written) in clashing(source, &writing) {
            inquiries.extend(collision(source, &writing, index, &written));
        }
    }
    inquiries
}

/// Unique indexes of which every written column gets one value that is not NULL, and those columns.
fn clashing<'w>(
    source: &Source<'_>,
    writing: &'w Writing<'_>,
) -> Vec<(&'w Index, Vec<&'w Written<'w>>)> {
    let dialect = source.schema.dialect;
    let judged = |index: &'w Index| {
        let named: Option<Vec<&ColumnName>> = index.columns.iter().map(Option::as_ref).collect();
        let named = named.filter(|_| index.unique && index.usable && index.predicate.is_none())?;
        let written = writing.columns.iter().filter(|w| named.contains(&&w.column.name));
        let written: Vec<&Written<'_>> = written.collect();
        let clashes = |w: &&Written<'_>| {
            w.becomes.is_constant(writing.table, dialect) && !w.becomes.is_null(w.column, dialect)
        };
        (!written.is_empty() && written.iter().all(clashes)).then_some((index, written))
    };
    writing.table.indexes.iter().filter_map(judged).collect()
}

fn second_refused(writing: &Writing<'_>, index: &Index, written: &[&Written<'_>]) -> Finding {
    let names = spelling::listed(written.iter().map(|written| &written.column.name));
    let message = format!(
        "{} gives every row of `{}` the same {names}, and the unique index `{}` takes it once: the \
         second row is refused",
        writing.text, writing.table.name, index.name
    );
    Finding::error("C192", Some(writing.span), message)
        .help("write a value made of the row's own key, or =null where NULL is allowed")
}

/// `SELECT rest … GROUP BY rest HAVING count(*) > 1`, of rows that get the value or have it.
fn collision(
    source: &Source<'_>,
    writing: &Writing<'_>,
    index: &Index,
    written: &[&Written<'_>],
) -> Option<Inquiry> {
    let is_written = |column: &Column| written.iter().any(|w| w.column.name == column.name);
    let columns = index.columns.iter().flatten().filter_map(|name| writing.table.column(name));
    let rest: Vec<Column> = columns.filter(|column| !is_written(column)).cloned().collect();
    if rest.is_empty() {
        return None;
    }
    let statement = alike(source, writing, &rest, written)?;
    let names = spelling::listed(written.iter().map(|written| &written.column.name));
    let message = format!(
        "{} gives rows of `{}` the same {names}, and two of them that are alike in {} ({{row}}) \
         would collide under the unique index `{}`",
        writing.text,
        writing.table.name,
        spelling::listed(rest.iter().map(|column| &column.name)),
        index.name
    );
    let finding = Finding::warning("C303", Some(writing.span), message)
        .help("write a value made of the row's own key, or another fate");
    Some(Inquiry::if_found(statement, finding))
}

fn alike(
    source: &Source<'_>,
    writing: &Writing<'_>,
    rest: &[Column],
    written: &[&Written<'_>],
) -> Option<Statement> {
    let table = writing.table;
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT ").list(rest, |writer, column| {
        writer.read(column);
    });
    writer.push(" FROM (SELECT ").columns(rest).push(" FROM ").table(table).push(" WHERE ((");
    writing.rows(source, &mut writer)?;
    writer.push(") OR (");
    for (at, Written { column, becomes }) in written.iter().enumerate() {
        writer.push(if at > 0 { " AND " } else { "" }).column(column).push(" = ");
        Becomes::write(becomes, &mut writer, column, table);
    }
    writer.push("))");
    for column in rest {
        writer.push(" AND ").column(column).push(" IS NOT NULL");
    }
    writer.limit().push(") AS sexton_r GROUP BY ").columns(rest);
    writer.push(" HAVING count(*) > 1 LIMIT 1");
    Some(writer.finish("look for rows that would collide in", &table.name))
}
