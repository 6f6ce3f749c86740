//! How roots are found: their rows, as far as the caller sees them, or the columns that start from their values.

use super::closure::{Closure, columns_of, identity, root_row};
use super::compile::Source;
use super::hiding::{Way, write_hidden};
use super::{RootPlan, RootRow, SubjectField, starting};
use crate::finding::{Finding, Span};
use crate::graph::Graph;
use crate::names::ColumnName;
use crate::policy::{Hide, Sql, TableColumns, TenantPath};
use crate::schema::{Column, Schema, Table};
use crate::sql::{
    Bind, KeyColumns, KeySource, SetId, Statement, Writer, in_keys, in_roots, is_owned, roots_held,
};

pub(super) fn root(
    source: &Source<'_>,
    closure: &Closure,
    findings: &mut Vec<Finding>,
) -> Option<RootPlan> {
    let row = match root_row(source) {
        Some((table, columns)) => Some(row(source, closure, table, columns, findings)?),
        None => None,
    };
    let untold = starting::untold(source);
    if !untold.is_empty() {
        findings.extend(untold);
        return None;
    }
    let starts = source.thing.starts.iter();
    let started = starts.filter_map(|start| starting::held(source, &start.value)).collect();
    let key = match root_row(source) {
        Some((table, columns)) => columns_of(table, &columns.columns),
        None => {
            let first = source.thing.starts.first()?;
            columns_of(source.schema.table(&first.value.table)?, &first.value.columns)
        }
    };
    Some(RootPlan {
        find: find(source, &key),
        key,
        row,
        lock_value: !source.thing.starts.is_empty(),
        started,
        of_tenant: starting::is_of_tenant(source.thing),
        memory: super::remembering::of_value(source),
        in_ledger: super::hiding::missing(source),
    })
}

fn row(
    source: &Source<'_>,
    closure: &Closure,
    table: &Table,
    columns: &TableColumns,
    findings: &mut Vec<Finding>,
) -> Option<RootRow> {
    let set = closure.set_of(&table.name)?;
    let key = columns_of(table, &columns.columns);
    if !table.is_unique(&columns.columns) {
        findings.push(
            Finding::error(
                "C121",
                source.thing.row.as_ref().map(|row| row.span),
                format!("`{}` does not name one row of `{}`", joined(&columns.columns), table.name),
            )
            .help("name the primary key or a unique column; use `starts` for a value that many rows hold"),
        );
        return None;
    }
    // A path that leads nowhere must not leave the row to everybody.
    if let Some(path) = &source.thing.tenant
        && let Err(finding) =
            follow_tenant(&path.value, path.span, table, source.schema, source.graph)
    {
        findings.push(*finding);
        return None;
    }
    let seen = |writer: &mut Writer| {
        seen(source, table, writer);
        unhidden(source, table, writer);
    };
    let mut writer = super::closure::select(source.schema, set);
    writer.push(" WHERE ");
    in_roots(&mut writer, &key);
    seen(&mut writer);
    // Race: two deletions of the same rows lock them in the same order.
    writer.push(" ORDER BY ").columns(&set.columns[..set.identity]);
    let statement = writer.finish_locked("find the", &table.name, " FOR UPDATE");
    let mut writer = Writer::new(source.schema.dialect);
    roots_held(&mut writer, &key, table, seen);
    let held = writer.finish("look for the", &table.name);
    let (subject, fields) = subject(source, set.id, table, &key);
    let by_tenant = source.thing.tenant.is_some() && !source.thing.across_tenants;
    let by_owner = is_by_owner(source);
    Some(RootRow { set: set.id, statement, held, subject, fields, by_tenant, by_owner })
}

/// Whether it matters who owns or sees a root.
fn is_by_owner(source: &Source<'_>) -> bool {
    let thing = source.thing;
    (thing.owner.is_some() || thing.visible.is_some()) && !thing.across_tenants
}

/// ` AND` the caller sees the row: it is of their tenant, and theirs or shown to them. So a row
/// that is concealed takes the path of one that never was.
pub(super) fn seen(source: &Source<'_>, table: &Table, writer: &mut Writer) {
    if let Some(tenant) = tenant(source, table).filter(|_| !source.thing.across_tenants) {
        writer.push(" AND ");
        in_tenant_if_any(writer, &tenant, table);
    }
    if !is_by_owner(source) {
        return;
    }
    writer.push(" AND (").placeholder(Bind::Admin).as_text().push(" IS NOT NULL");
    if let Some(owner) = owner(source, table) {
        writer.push(" OR ");
        is_owned(writer, owner, table);
    }
    if let Some(visible) = &source.thing.visible {
        writer.push(" OR ");
        write_condition(writer, visible, table);
    }
    writer.push(")");
}

/// ` AND` the row is not hidden already: then it is as if it had never been.
pub(super) fn unhidden(source: &Source<'_>, table: &Table, writer: &mut Writer) {
    let hide = source.thing.hide.as_ref().and_then(Hide::row);
    if let Some(hide) = hide.filter(|_| source.way == Way::Hide) {
        writer.push(" AND NOT (");
        write_hidden(writer, hide, table);
        writer.push(")");
    }
}

/// The column that names the owner, where that matters.
fn owner<'t>(source: &Source<'_>, table: &'t Table) -> Option<&'t Column> {
    let owner = source.thing.owner.as_ref().filter(|_| is_by_owner(source))?;
    table.column(&owner.value)
}

/// Reads what is said and judged of the root's own row.
fn subject(
    source: &Source<'_>,
    set: SetId,
    table: &Table,
    key: &[Column],
) -> (Statement, Vec<SubjectField>) {
    let mut writer = Writer::new(source.schema.dialect);
    let mut fields = Vec::new();
    writer.push("SELECT ");
    let field = |writer: &mut Writer, fields: &mut Vec<SubjectField>, field: SubjectField| {
        if !fields.is_empty() {
            writer.push(", ");
        }
        fields.push(field);
    };
    for part in key {
        field(&mut writer, &mut fields, SubjectField::Key);
        writer.read(part);
    }
    let thing = source.thing;
    let column = |name: &ColumnName| table.column(name);
    if let Some(label) = thing.label.as_ref().and_then(|label| column(&label.value)) {
        field(&mut writer, &mut fields, SubjectField::Label);
        writer.read(label);
    }
    if let Some(tenant) = tenant(source, table) {
        field(&mut writer, &mut fields, SubjectField::Tenant);
        write_tenant(&mut writer, &tenant, table);
        writer.as_text();
    }
    if let Some(owner) = owner(source, table) {
        field(&mut writer, &mut fields, SubjectField::Owned);
        writer.push("CASE WHEN ");
        is_owned(&mut writer, owner, table);
        writer.push(" THEN 1 ELSE 0 END").as_text();
    }
    for shown in thing.show.iter().filter_map(|name| column(&name.value)) {
        field(&mut writer, &mut fields, SubjectField::Show(shown.name.to_string()));
        writer.read(shown);
    }
    for said in said_columns(source).filter_map(|name| column(&ColumnName::new(name))) {
        field(&mut writer, &mut fields, SubjectField::Said(said.name.to_string()));
        writer.read(said);
    }
    let conditions = (thing.only.iter().map(|only| (only, true)))
        .chain(thing.refuse.iter().map(|refuse| (refuse, false)));
    for (condition, only) in conditions {
        let say = condition.value.say.clone();
        let kind = if only { SubjectField::Only(say) } else { SubjectField::Refuse(say) };
        field(&mut writer, &mut fields, kind);
        writer.push("CASE WHEN ");
        write_condition(&mut writer, &condition.value.sql, table);
        writer.push(" THEN 1 ELSE 0 END").as_text();
    }
    writer.push(" FROM ").table(table).push(" WHERE ");
    let identity = identity(table).unwrap_or_default();
    // The rows that were found and locked, by their identity: `row` may name another unique key.
    let root = KeySource {
        from: vec![KeyColumns { set, columns: (0..identity.len()).collect(), frontier: false }],
        types: &identity,
    };
    in_keys(&mut writer, &identity, &root);
    writer.push(" ORDER BY ").columns(&identity);
    (writer.finish("read the", &table.name), fields)
}

/// Columns of the root's row that sentences name: as `{row.x}`, and in its own as `{subject.x}`
/// too. The subjects of a guard are the rows that it keeps.
fn said_columns<'s>(source: &Source<'s>) -> impl Iterator<Item = &'s str> {
    let thing = source.thing;
    let own = thing.only.iter().chain(&thing.refuse).map(|condition| condition.value.say.as_str());
    let guards = source.policy.guards.iter().map(|guard| guard.say.as_str());
    let own = own.flat_map(|say| placeholders(say, &["row.", "subject."]));
    own.chain(guards.flat_map(|say| placeholders(say, &["row."])))
}

fn placeholders<'s>(say: &'s str, whose: &'static [&str]) -> impl Iterator<Item = &'s str> {
    let pieces = say.split('{').skip(1).filter_map(|piece| piece.split_once('}'));
    pieces.filter_map(|(placeholder, _)| {
        whose.iter().find_map(|whose| placeholder.strip_prefix(whose))
    })
}

fn write_condition(writer: &mut Writer, sql: &Sql, table: &Table) {
    match sql.of(writer.dialect()) {
        Some(fragment) => {
            writer.condition(fragment, table);
        }
        None => {
            writer.push("NULL");
        }
    }
}

fn find(source: &Source<'_>, key: &[Column]) -> Option<Statement> {
    let (table, _) = root_row(source)?;
    let fragment = source.thing.find.as_ref()?.of(source.schema.dialect)?;
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT ").list(key, |writer, column| {
        writer.read(column);
    });
    writer.push(" FROM ").table(table).push(" WHERE ").condition(fragment, table);
    // What is concealed is not found by other names either.
    seen(source, table, &mut writer);
    unhidden(source, table, &mut writer);
    Some(writer.finish("look up the", &table.name))
}

/// How the tenant of a row is found, with the tables on the way.
pub(crate) enum Tenant<'a> {
    /// A column of the row itself.
    Own(&'a Column),
    /// Columns to follow, each with the table it leads to and that table's key; then the last.
    Along(Vec<(&'a Column, &'a Table, Column)>, &'a Column),
    /// An expression.
    Sql(&'a Sql),
}

pub(super) fn tenant<'a>(source: &Source<'a>, table: &'a Table) -> Option<Tenant<'a>> {
    let path = &source.thing.tenant.as_ref()?;
    follow_tenant(&path.value, path.span, table, source.schema, source.graph).ok()
}

/// Follows a tenant path through the policy's references.
pub(crate) fn follow_tenant<'a>(
    path: &'a TenantPath,
    span: Span,
    table: &'a Table,
    schema: &'a Schema,
    graph: &Graph,
) -> Result<Tenant<'a>, Box<Finding>> {
    let columns = match path {
        TenantPath::Sql(sql) => return Ok(Tenant::Sql(sql)),
        TenantPath::Columns(columns) => columns,
    };
    let column =
        |table: &'a Table, name: &ColumnName| crate::graph::column_or_finding(table, name, span);
    let Some((last, through)) = columns.split_last() else {
        return Err(Box::new(Finding::error("C122", Some(span), "the tenant's path is empty")));
    };
    let mut here = table;
    let mut steps = Vec::new();
    for name in through {
        let from = column(here, name)?;
        let edge = graph.plainly_above(&here.name, std::slice::from_ref(name)).next();
        let next =
            edge.and_then(|edge| Some((schema.table(&edge.parent)?, edge.parent_key[0].clone())));
        let Some((parent, key)) = next else {
            return Err(Box::new(
                Finding::error(
                    "C122",
                    Some(span),
                    format!("no reference leads on from `{}.{name}`", here.name),
                )
                .help(format!("declare `\"{}.{name} -> …\"` under [references]", here.name)),
            ));
        };
        steps.push((from, parent, key));
        here = parent;
    }
    let last = column(here, last)?;
    Ok(if steps.is_empty() { Tenant::Own(last) } else { Tenant::Along(steps, last) })
}

/// Writes that a row of the table is of the caller's tenant.
pub(super) fn in_tenant(writer: &mut Writer, tenant: &Tenant<'_>, table: &Table) {
    write_tenant(writer, tenant, table);
    writer.as_text().push(" = ").placeholder(Bind::Tenant).as_text();
}

/// The same; a caller of no tenant sees those of all.
pub(super) fn in_tenant_if_any(writer: &mut Writer, tenant: &Tenant<'_>, table: &Table) {
    writer.push("(").placeholder(Bind::Tenant).as_text().push(" IS NULL OR ");
    in_tenant(writer, tenant, table);
    writer.push(")");
}

/// Writes the tenant of a row of the table.
pub(crate) fn write_tenant(writer: &mut Writer, tenant: &Tenant<'_>, table: &Table) {
    match tenant {
        Tenant::Own(column) => {
            writer.alias(table).push(".").column(column);
        }
        Tenant::Sql(sql) => write_condition(writer, sql, table),
        Tenant::Along(steps, last) => along(writer, steps, last, table),
    }
}

/// `(SELECT org_id FROM projects WHERE id = row.project_id)`, and so on inside for each step.
fn along(writer: &mut Writer, steps: &[(&Column, &Table, Column)], last: &Column, table: &Table) {
    let Some((step, before)) = steps.split_last() else {
        writer.alias(table).push(".").column(last);
        return;
    };
    let (column, parent, key) = step;
    let level = steps.len();
    writer.push("(SELECT ").numbered("t", level).push(".").column(last);
    writer.push(" FROM ").table(parent).push(" AS ").numbered("t", level);
    writer.push(" WHERE ").numbered("t", level).push(".").column(key).push(" = ");
    along(writer, before, column, table);
    writer.push(")");
}

fn joined(names: &[ColumnName]) -> String {
    names.iter().map(ColumnName::as_str).collect::<Vec<_>>().join(", ")
}
