//! How many tenants a deletion touches, where a limit speaks of it.
//!
//! A row's tenant is told by the thing that the row is. Rows of tables that are no thing's own
//! belong to nobody here; so do rows whose tenant is NULL.

use super::TenantCount;
use super::closure::{Closure, identities};
use super::compile::Source;
use super::root::{Tenant, follow_tenant, write_tenant};
use crate::finding::Finding;
use crate::policy::Thing;
use crate::schema::Table;
use crate::sql::{Writer, in_keys};

/// Names the tenants of all rows that go, if the thing has a limit on them.
pub(super) fn count(
    source: &Source<'_>,
    closure: &Closure,
    findings: &mut Vec<Finding>,
) -> Option<TenantCount> {
    let max = source.thing.limits.tenants?;
    let telling = telling(source, closure);
    let Some((first, _)) = telling.first() else {
        let message = format!(
            "`limits.tenants` of `{}` counts nothing: no row that goes tells its tenant",
            source.thing.name
        );
        findings.push(
            Finding::error("C126", Some(source.thing.span), message)
                .help("write `tenant = …` for the things whose rows go, or leave the limit out"),
        );
        return None;
    };
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT tenant, count(*) OVER () FROM (");
    for (at, (table, tenant)) in telling.iter().enumerate() {
        let Some(set) = closure.set_of(&table.name) else { continue };
        writer.push(if at > 0 { " UNION " } else { "" }).push("SELECT ");
        write_tenant(&mut writer, tenant, table);
        writer.as_text().push(" AS tenant FROM ").table(table).push(" WHERE ");
        in_keys(&mut writer, &set.columns[..set.identity], &identities(set));
    }
    writer.push(") AS sexton_t WHERE tenant IS NOT NULL ORDER BY tenant").limit();
    Some(TenantCount { max, statement: writer.finish("count tenants of", &first.name) })
}

/// Tables whose rows go and tell their tenant, each way of telling once.
fn telling<'s>(source: &'s Source<'_>, closure: &Closure) -> Vec<(&'s Table, Tenant<'s>)> {
    let mut seen: Vec<&Thing> = Vec::new();
    let mut telling = Vec::new();
    for thing in &source.policy.things {
        let (Some(row), Some(path)) = (&thing.row, &thing.tenant) else { continue };
        let same = |other: &&Thing| {
            other.row.as_ref().is_some_and(|other| other.value.table == row.value.table)
                && other.tenant.as_ref().is_some_and(|other| other.value == path.value)
        };
        let table = source.schema.table(&row.value.table);
        let (Some(table), Some(_)) = (table, closure.set_of(&row.value.table)) else { continue };
        if seen.iter().any(same) {
            continue;
        }
        seen.push(thing);
        let tenant = follow_tenant(&path.value, path.span, table, source.schema, source.graph);
        telling.extend(tenant.ok().map(|tenant| (table, tenant)));
    }
    telling
}
