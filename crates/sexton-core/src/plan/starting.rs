//! Rows that hold the value of a root, where a deletion starts from columns.
//!
//! A thing without a row of its own has its tenant in these rows: each of them tells whose it is.
//! So a value that two tenants use is two roots, and neither of them is the other's business.

use super::closure::columns_of;
use super::compile::Source;
use super::root::{Tenant, follow_tenant, in_tenant, in_tenant_if_any, tenant};
use crate::finding::Finding;
use crate::policy::{TableColumns, Thing};
use crate::schema::{Column, Table};
use crate::sql::{Statement, Writer, in_roots, roots_held};

/// Whether the thing's value is one of a tenant's, which the rows that hold it tell.
pub(crate) fn is_of_tenant(thing: &Thing) -> bool {
    thing.row.is_none() && thing.tenant.is_some() && !thing.across_tenants
}

/// Start columns whose tables do not lead to the tenant: their rows must not be everybody's.
pub(super) fn untold(source: &Source<'_>) -> Vec<Finding> {
    let Some(path) = source.thing.tenant.as_ref().filter(|_| source.thing.row.is_none()) else {
        return Vec::new();
    };
    let tables = source.thing.starts.iter().filter_map(|s| source.schema.table(&s.value.table));
    let mut findings: Vec<Finding> = Vec::new();
    for table in tables {
        let led = follow_tenant(&path.value, path.span, table, source.schema, source.graph);
        let finding = led.err().map(|finding| *finding);
        findings.extend(finding.filter(|finding| !findings.contains(finding)));
    }
    findings
}

/// Writes that a row holds the value of a root, and is of the caller's tenant where that matters.
/// Who is of no tenant has no rows.
pub(super) fn holds(source: &Source<'_>, table: &Table, columns: &[Column], writer: &mut Writer) {
    let Some(tenant) = told(source, table) else {
        in_roots(writer, columns);
        return;
    };
    writer.push("(");
    in_roots(writer, columns);
    writer.push(" AND ");
    in_tenant(writer, &tenant, table);
    writer.push(")");
}

/// The same, of rows that are looked for after the deletion. Before the policy told of a tenant,
/// a value was one, whoever held it.
pub(super) fn still_holds(
    source: &Source<'_>,
    table: &Table,
    columns: &[Column],
    writer: &mut Writer,
) {
    in_roots(writer, columns);
    if let Some(tenant) = told(source, table) {
        writer.push(" AND ");
        in_tenant_if_any(writer, &tenant, table);
    }
}

/// Tells which values one start column holds, where their rows may be missing.
pub(super) fn held(source: &Source<'_>, start: &TableColumns) -> Option<Statement> {
    let table = source.schema.table(&start.table)?;
    let columns = columns_of(table, &start.columns);
    let mut writer = Writer::new(source.schema.dialect);
    roots_held(&mut writer, &columns, table, |writer| {
        if let Some(tenant) = told(source, table) {
            writer.push(" AND ");
            in_tenant(writer, &tenant, table);
        }
    });
    Some(writer.finish("look for", &table.name))
}

/// How a row that holds the value tells its tenant, where that matters.
fn told<'a>(source: &Source<'a>, table: &Table) -> Option<Tenant<'a>> {
    let table = source.schema.table(&table.name)?;
    tenant(source, table).filter(|_| is_of_tenant(source.thing))
}
