//! Who owns shared objects: the rows whose manifests name some, within one part of a pool.
//!
//! Asked after the commit, of the rows that are there by then, so it is no part of any thing's
//! plan. Each placeholder of the scope is one column to follow, from the far end on: the indexes
//! of foreign keys serve the question, and rows of other parts are not read.

use super::NamedObjects;
use super::closure::identity;
use super::objects::{manifest_slots, named_manifest};
use super::recording::{Asker, read_all};
use super::root::{Tenant, follow_tenant};
use crate::finding::{Finding, Located};
use crate::graph::Graph;
use crate::names::{ColumnName, PoolName, StoreName};
use crate::policy::{Manifest, ObjectRule, Policy, TenantPath, VersionsGone};
use crate::schema::{Column, Schema, Table};
use crate::sql::{Bind, Scalar, Writer};
use crate::template::{Piece, Slot};

/// Rows whose manifests may name objects of one part of a pool.
#[derive(Debug, Clone, PartialEq)]
pub struct Owners {
    /// Their rule; its statement reads those that are there.
    pub named: NamedObjects,
}

/// Of which rows manifests are asked for.
#[derive(Clone, Copy)]
enum Of<'b> {
    /// Those that may name objects of one part of a pool, and that their rule does not leave out.
    Part(&'b [(String, String)]),
    /// All that are there.
    All,
}

impl Owners {
    /// What a row is known by as an owner.
    pub fn owner(&self, row: &[Scalar]) -> String {
        format!("{}:{}", self.named.statement.table, self.named.row(row))
    }
}

/// Who may name objects of this part of a pool: one for each rule with such a manifest.
pub fn owners(
    policy: &Policy,
    schema: &Schema,
    graph: &Graph,
    pool: &PoolName,
    bound: &[(String, String)],
) -> Result<Vec<Owners>, Vec<Finding>> {
    let mut owners = Vec::new();
    for rule in &policy.objects {
        let Some(manifest) = &rule.manifest else { continue };
        if manifest.names.iter().any(|named| named.pool.value == *pool) {
            let of = Of::Part(bound);
            owners.push(of_rule(policy, schema, graph, (rule, manifest), of)?);
        }
    }
    Ok(owners)
}

/// Whose manifests may name objects in this store, shared ones or such as they remove: every row, as
/// nobody can tell what is left out by a condition from what is used all the same.
pub(super) fn keepers(
    policy: &Policy,
    (schema, graph): (&Schema, &Graph),
    store: &StoreName,
) -> Result<Vec<Owners>, Vec<Finding>> {
    let is_in = |stores: &[Located<StoreName>]| stores.iter().any(|of| of.value == *store);
    let mut keepers = Vec::new();
    for rule in &policy.objects {
        let Some(manifest) = &rule.manifest else { continue };
        let mut pools = policy
            .pools
            .iter()
            .filter(|pool| manifest.names.iter().any(|named| named.pool.value == pool.name));
        let removes_here = !manifest.removes.is_empty() && is_in(&rule.stores);
        if removes_here || pools.any(|pool| is_in(&pool.stores)) {
            keepers.push(of_rule(policy, schema, graph, (rule, manifest), Of::All)?);
        }
    }
    Ok(keepers)
}

fn of_rule(
    policy: &Policy,
    schema: &Schema,
    graph: &Graph,
    (rule, manifest): (&ObjectRule, &Manifest),
    of: Of<'_>,
) -> Result<Owners, Vec<Finding>> {
    let table = crate::graph::table_or_finding(&rule.of.value, rule.of.span, schema);
    let table = table.map_err(|finding| vec![*finding])?;
    let key = identity(table).unwrap_or_default();
    let slots: Vec<&Slot> = manifest_slots(manifest).collect();
    let mut writer = Writer::new(schema.dialect);
    writer.push("SELECT ");
    let said = read_all((schema, graph), Asker::Object, Some(table), &slots, &mut writer)?;
    for column in &key {
        writer.push(", ").qualified_by(table, |writer| {
            writer.read(column);
        });
    }
    writer.push(" FROM ").table(table).push(" WHERE 1 = 1");
    let bound = match of {
        Of::Part(bound) => bound,
        Of::All => &[],
    };
    for (name, text) in &manifest.bind {
        let value = bound.iter().find(|(known, _)| *known == name.value).map(|(_, value)| value);
        let ([Piece::Value(slot)], Some(value)) = (text.value.pieces.as_slice(), value) else {
            continue;
        };
        let path = TenantPath::Columns(slot.path.names.iter().map(ColumnName::new).collect());
        let leads = follow_tenant(&path, slot.span, table, schema, graph);
        let leads = leads.map_err(|finding| vec![*finding])?;
        writer.push(" AND ");
        is_value(&mut writer, &leads, table, value);
    }
    let filter = rule.filter.as_ref().and_then(|filter| filter.of(schema.dialect));
    if let (Of::Part(_), Some(filter)) = (of, filter) {
        writer.push(" AND ").condition(filter, table);
    }
    writer.planned_each_time();
    let label = ["look who owns objects by", rule.name.as_str()].join(" ");
    Ok(Owners {
        named: NamedObjects {
            rule: rule.name.clone(),
            statement: writer.finish(&label, &table.name),
            row_key: key.len(),
            templates: Vec::new(),
            said,
            stores: rule.stores.iter().map(|store| store.value.clone()).collect(),
            all_versions: rule.versions == VersionsGone::All,
            look_again_secs: 0,
            unless_named_by: Vec::new(),
            heads: Vec::new(),
            manifest: Some(named_manifest(policy, manifest)),
        },
    })
}

/// `row.c1 IN (SELECT key FROM parent WHERE c2 IN (… WHERE last = value))`.
fn is_value(writer: &mut Writer, leads: &Tenant<'_>, table: &Table, value: &str) {
    match leads {
        Tenant::Own(column) => {
            writer.alias(table).push(".");
            equals(writer, column, value);
        }
        Tenant::Along(steps, last) => {
            for (at, (column, parent, key)) in steps.iter().enumerate() {
                if at == 0 {
                    writer.alias(table).push(".");
                }
                writer.column(column).push(" IN (SELECT ").column(key);
                writer.push(" FROM ").table(parent).push(" WHERE ");
            }
            equals(writer, last, value);
            for _ in steps {
                writer.push(")");
            }
        }
        // A placeholder of a template is columns.
        Tenant::Sql(_) => {
            writer.push("1 = 0");
        }
    }
}

fn equals(writer: &mut Writer, column: &Column, value: &str) {
    let value = Bind::Literal(Scalar::Text(value.to_owned()));
    writer.column(column).push(" = ").bind(value, Some(column));
}
