//! References that lead from rows of one tenant to rows of another: who deletes the right would
//! change what belongs to somebody else.
//!
//! Where both sides tell their tenant, rows are asked; what they say is a warning, because no
//! schema forbids it.

use super::Source;
use super::inquiry::Inquiry;
use super::writings::is_bindable;
use crate::finding::Finding;
use crate::graph::Edge;
use crate::plan::{Tenant, follow_tenant, write_tenant};
use crate::policy::{Fate, TenantPath, Thing};
use crate::schema::Table;
use crate::sql::{Alias, Writer, refers_to_row};

pub(super) fn inquiries(source: &Source<'_>) -> Vec<Inquiry> {
    let edges = source.graph.edges.iter().filter(|edge| source.losses.reach(&edge.parent));
    let harmless = [Fate::Keep, Fate::Block, Fate::Review];
    let edges = edges.filter(|edge| !harmless.contains(&edge.fate) && !edge.is_self_reference());
    edges.filter_map(|edge| leak(source, edge)).collect()
}

/// How rows of the table tell their tenant: as the first of its things that is bound to one.
fn tenant_of<'a>(source: &Source<'a>, table: &'a Table) -> Option<(&'a Thing, Tenant<'a>)> {
    let mut things = source.policy.things.iter().filter(|thing| {
        thing.row.as_ref().is_some_and(|row| row.value.table == table.name) && !thing.across_tenants
    });
    things.find_map(|thing| {
        let path = thing.tenant.as_ref()?;
        let is_known = match &path.value {
            TenantPath::Columns(_) => true,
            TenantPath::Sql(sql) => sql.of(source.schema.dialect).is_some_and(is_bindable),
        };
        let found = follow_tenant(&path.value, path.span, table, source.schema, source.graph);
        Some((thing, found.ok().filter(|_| is_known)?))
    })
}

fn leak(source: &Source<'_>, edge: &Edge) -> Option<Inquiry> {
    let (child, parent) = (source.schema.table(&edge.child)?, source.schema.table(&edge.parent)?);
    let (_, of_child) = tenant_of(source, child)?;
    let (thing, of_parent) = tenant_of(source, parent)?;
    if thing.limits.tenants.is_some() {
        return None;
    }
    let alias = Alias::of_table(parent);
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT count(*)").as_text().push(" FROM (SELECT 1 AS one FROM (SELECT * FROM ");
    writer.table(child);
    if let Some(filter) = &edge.filter {
        writer.push(" WHERE ").condition(Some(filter).filter(|filter| is_bindable(filter))?, child);
    }
    writer.limit().push(") AS ").alias(child);
    writer.push(" JOIN ").table(parent).push(" ON ");
    refers_to_row(&mut writer, &edge.columns, &edge.via, (&alias, &edge.parent_key), child);
    writer.push(" WHERE ");
    write_tenant(&mut writer, &of_child, child);
    writer.as_text().push(" <> ");
    write_tenant(&mut writer, &of_parent, parent);
    writer.as_text();
    writer.push(" LIMIT 1000) AS sexton_l HAVING count(*) > 0");
    let message = format!(
        "`{}`: {{row}} row(s) of `{}` refer to rows of another tenant, so who deletes a `{}` of \
         one tenant reaches into another",
        edge.text, child.name, thing.name
    );
    let finding = Finding::warning("C321", Some(edge.span), message).help(format!(
        "hold the tenant in the key of the reference, or set `limits.tenants = 1` for `{}`",
        thing.name
    ));
    Some(Inquiry::if_found(writer.finish("compare tenants of", &child.name), finding))
}
