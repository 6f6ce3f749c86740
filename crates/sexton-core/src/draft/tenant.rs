//! The tenant of each thing, where a column of the schema plainly holds one.

use std::collections::BTreeSet;

use crate::check::spelling;
use crate::names::{ColumnName, TableName};
use crate::schema::{Schema, Table};

/// What columns of tenants are called, the plainest first.
const NAMES: [&str; 8] = [
    "tenant_id",
    "organization_id",
    "organisation_id",
    "org_id",
    "workspace_id",
    "account_id",
    "company_id",
    "tenant",
];

/// So many tables must have the column, or it is no tenant but some reference.
const TABLES_MIN: usize = 2;

/// No path to a tenant is longer.
const STEPS_MAX: usize = 3;

/// Where the tenant of rows is told.
pub(super) struct Tenants<'a> {
    schema: &'a Schema,
    column: ColumnName,
    /// The table of the tenants themselves, and its key.
    own: Option<(&'a TableName, ColumnName)>,
}

impl<'a> Tenants<'a> {
    /// The column that holds tenants, if there plainly is one.
    pub fn of(schema: &'a Schema) -> Option<Self> {
        let owners = |name: &str| {
            let column = ColumnName::new(name);
            schema.tables.values().filter(move |table| table.column(&column).is_some())
        };
        let most = NAMES.iter().map(|name| owners(name).count()).max().unwrap_or(0);
        let name = NAMES.iter().find(|name| owners(name).count() == most)?;
        if most < TABLES_MIN {
            return None;
        }
        let column = ColumnName::new(*name);
        let own = owners(name).flat_map(|table| &table.foreign_keys).find_map(|key| {
            let fits = key.columns == [column.clone()] && key.parent_columns.len() == 1;
            fits.then(|| (&key.parent, key.parent_columns[0].clone()))
        });
        Some(Self { schema, column, own })
    }

    /// Whether this is the table of the tenants.
    pub fn is_own(&self, table: &Table) -> bool {
        self.own.as_ref().is_some_and(|(own, _)| **own == table.name)
    }

    /// The path from a row to its tenant, as a policy writes it: over columns that are never NULL,
    /// because a row without a tenant could be found by none.
    pub fn path(&self, table: &Table) -> Option<String> {
        if let Some((own, key)) = &self.own
            && **own == table.name
        {
            return Some(spelling::policy_name(key.as_str()));
        }
        let mut seen = BTreeSet::from([&table.name]);
        let mut open: Vec<(&Table, Vec<ColumnName>)> = vec![(table, Vec::new())];
        for _ in 0..=STEPS_MAX {
            let mut next = Vec::new();
            for (here, path) in open {
                if here.column(&self.column).is_some() {
                    let names = path.iter().chain([&self.column]);
                    let names: Vec<String> =
                        names.map(|name| spelling::policy_name(name.as_str())).collect();
                    return Some(names.join("."));
                }
                for (step, parent) in self.steps(here) {
                    if seen.insert(&parent.name) {
                        next.push((parent, [path.as_slice(), &[step]].concat()));
                    }
                }
            }
            open = next;
        }
        None
    }

    /// References of one column that is never NULL, in the order of the columns.
    fn steps<'t>(&'t self, table: &'t Table) -> impl Iterator<Item = (ColumnName, &'t Table)> {
        table.columns.iter().filter(|column| !column.nullable).filter_map(|column| {
            let of_column = |key: &&_| {
                let key: &&crate::schema::ForeignKey = key;
                key.columns == [column.name.clone()]
            };
            let key = table.foreign_keys.iter().find(of_column)?;
            Some((column.name.clone(), self.schema.table(&key.parent)?))
        })
    }
}
