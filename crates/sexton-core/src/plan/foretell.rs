//! What derived rows will become, read while what goes is still there.
//!
//! The sources of a derivation name their tables without a schema, so a common table expression
//! of the same name stands before the table: the table without the rows that go. Where that
//! cannot show what the deletion will see, the column is not foretold, and the reason is told.
//!
//! Invariant: what is foretold is what is written, if nothing else happens in between.

use super::closure::{Closure, identities};
use super::compile::Source;
use super::mentions::Mentions;
use super::{Change, Derivation, Foretelling, ForetoldColumn, effects};
use crate::policy::{Derived, DerivedColumn, Fragment, Value};
use crate::schema::{Column, Dialect, Table};
use crate::sql::{SetId, Statement, Writer, in_keys, read_stored};

/// Fills in how each derivation is foretold, once every set of the plan is known.
pub(super) fn add(
    source: &Source<'_>,
    closure: &Closure,
    changes: &[Change],
    derivations: &mut [Derivation],
) {
    let others: Vec<(SetId, crate::names::TableName)> =
        derivations.iter().map(|other| (other.set, other.table.clone())).collect();
    for derivation in derivations {
        let told = source.policy.derived.iter().find(|of| of.table.value == derivation.table);
        let table = source.schema.table(&derivation.table);
        if let (Some(derived), Some(table)) = (told, table) {
            let foreteller =
                Foreteller { source, closure, changes, others: &others, derived, table };
            derivation.foretold = foreteller.foretell(derivation);
        }
    }
}

struct Foreteller<'f> {
    source: &'f Source<'f>,
    closure: &'f Closure,
    changes: &'f [Change],
    /// The tables of all derivations.
    others: &'f [(SetId, crate::names::TableName)],
    derived: &'f Derived,
    table: &'f Table,
}

impl Foreteller<'_> {
    fn foretell(&self, derivation: &Derivation) -> Foretelling {
        let set = &self.closure.sets[derivation.set.0];
        let mut read: Vec<(&Column, &DerivedColumn)> = Vec::new();
        let mut columns = Vec::new();
        for column in &set.columns[set.identity..] {
            let Some(how) = self.derived.set.iter().find(|s| s.column.value == column.name) else {
                continue;
            };
            let mentions = self.mentions(how);
            let untold = self.untold(derivation, &mentions);
            let value = untold.is_none().then_some(read.len());
            if untold.is_none() {
                read.push((column, how));
            }
            columns.push(ForetoldColumn {
                value,
                untold,
                unless: self.disturbing(derivation, &mentions),
            });
        }
        let statement = (!read.is_empty()).then(|| self.statement(derivation.set, &read));
        Foretelling { statement, columns }
    }

    fn mentions(&self, how: &DerivedColumn) -> Mentions {
        Mentions::of(self.source.schema.dialect, self.fragments(how).into_iter())
    }

    fn fragments<'s>(&'s self, how: &'s DerivedColumn) -> Vec<&'s Fragment> {
        let dialect = self.source.schema.dialect;
        let of_first = self.derived.first.as_ref().filter(|_| how.none.is_some());
        let values = [Some(&how.value), how.none.as_ref()].into_iter().flatten();
        let values = values.filter_map(|value| match value {
            Value::Sql(sql) => sql.of(dialect),
            Value::Literal(_) => None,
        });
        of_first.and_then(|first| first.of(dialect)).into_iter().chain(values).collect()
    }

    /// Why no statement can tell the new value, if that is so whatever the root.
    fn untold(&self, derivation: &Derivation, mentions: &Mentions) -> Option<String> {
        let own = &self.table.name;
        if mentions.is_fleeting() {
            return Some("its value depends on the moment, or on chance".into());
        }
        if let Some(name) = mentions.first_of(self.source.schema.indirect.iter()) {
            return Some(format!("it reads through `{name}`, and what that reads is not known"));
        }
        if mentions.has_bare(&own.name) {
            return Some(format!("it reads other rows of `{own}`, which may change with it"));
        }
        let default_schema = self.source.schema.default_schema.as_str();
        for name in self.affected() {
            let schema = name.schema.as_deref().unwrap_or(default_schema);
            if mentions.has_qualified(schema, &name.name) {
                return Some(format!(
                    "it names `{schema}.{}` with its schema, so it sees the rows that go",
                    name.name
                ));
            }
            if name.schema.is_some() && mentions.has_bare(&name.name) {
                return Some(format!("it reads `{name}`, of another schema"));
            }
        }
        let nulled = self.source.graph.above(own).filter(|edge| {
            !derivation.release.is_empty()
                && edge.fate == crate::policy::Fate::Derive
                && edge.enforced.is_some()
        });
        let mut nulled = nulled.flat_map(|edge| &edge.columns);
        if let Some(column) = nulled.find(|column| mentions.has(column.name.as_str())) {
            return Some(format!("it reads `{}`, which is nulled first", column.name));
        }
        self.triggered()
    }

    /// What triggers and rules do is in no plan.
    fn triggered(&self) -> Option<String> {
        let fires = |table: &Table, removed: bool| {
            let by = |trigger: &&crate::schema::Trigger| {
                trigger.enabled && if removed { trigger.on_delete } else { trigger.on_update }
            };
            !table.rules.is_empty() || table.triggers.iter().any(|trigger| by(&trigger))
        };
        let going = self.closure.going.iter().map(|name| (name, true));
        let changed = self.changed_tables().map(|name| (name, false));
        let mut touched = going.chain(changed).chain([(&self.table.name, false)]);
        let name = touched.find_map(|(name, removed)| {
            let table = self.source.schema.table(name)?;
            fires(table, removed).then_some(name)
        })?;
        Some(format!("triggers of `{name}` fire, and what they do is not known"))
    }

    fn changed_tables(&self) -> impl Iterator<Item = &crate::names::TableName> {
        self.changes.iter().map(|change| &self.closure.sets[change.set.0].table)
    }

    /// Every table whose rows the deletion removes or changes.
    fn affected(&self) -> impl Iterator<Item = &crate::names::TableName> {
        let derived = self.others.iter().map(|(_, table)| table);
        self.closure.going.iter().chain(self.changed_tables()).chain(derived)
    }

    /// Sets that must be empty for the statement to see what the deletion will see.
    fn disturbing(&self, derivation: &Derivation, mentions: &Mentions) -> Vec<(SetId, String)> {
        let changed = self.changes.iter().filter_map(|change| {
            let set = &self.closure.sets[change.set.0];
            let touched = if set.table == self.table.name {
                let mut columns = change.becomes.iter();
                columns.any(|(column, _)| mentions.has(column))
            } else {
                mentions.has(&set.table.name)
            };
            let reason = || format!("it reads `{}`, which `{}` changes", set.table, change.text);
            touched.then(|| (change.set, reason()))
        });
        let derived = self.others.iter().filter_map(|(set, table)| {
            let touched = *set != derivation.set && mentions.has(&table.name);
            touched.then(|| (*set, format!("it reads `{table}`, which is derived too")))
        });
        changed.chain(derived).collect()
    }

    /// `WITH tables as they will be SELECT identity, new values FROM the derived rows`.
    fn statement(&self, set: SetId, read: &[(&Column, &DerivedColumn)]) -> Statement {
        let set = &self.closure.sets[set.0];
        let mut writer = Writer::new(self.source.schema.dialect);
        self.shadows(&mut writer, read);
        let numbers: Vec<usize> = (0..read.len()).collect();
        let identity: Vec<usize> = (0..set.identity).collect();
        writer.push("SELECT ").list(&identity, |writer, number| {
            writer.numbered("sexton_n.i", *number);
        });
        for number in &numbers {
            writer.push(", ");
            read_stored(&mut writer, "sexton_n.v", *number, read[*number].0);
        }
        writer.push(" FROM (SELECT ").list(&identity, |writer, number| {
            writer.read(&set.columns[*number]).numbered(" AS i", *number);
        });
        for number in &numbers {
            writer.push(", ");
            self.value(&mut writer, read[*number]);
            writer.numbered(" AS v", *number);
        }
        writer.push(" FROM ").table(self.table).push(" WHERE ");
        in_keys(&mut writer, &set.columns[..set.identity], &identities(set));
        writer.push(") AS sexton_n");
        writer.finish("foretell", &self.table.name)
    }

    /// What the derivation sets the column to, as an expression of its row.
    fn value(&self, writer: &mut Writer, (column, how): (&Column, &DerivedColumn)) {
        let first = self.derived.first.as_ref().and_then(|sql| sql.of(writer.dialect()));
        match (first, &how.none) {
            (Some(first), Some(_)) => {
                writer.push("(");
                effects::of_first(writer, first, &[&(column.clone(), how)], self.table);
                writer.push(")");
            }
            _ => {
                writer.value(&how.value, column, self.table);
            }
        }
    }

    /// Every table that loses rows and is mentioned, without the rows that go.
    fn shadows(&self, writer: &mut Writer, read: &[(&Column, &DerivedColumn)]) {
        let fragments = read.iter().flat_map(|(_, how)| self.fragments(how));
        let mentions = Mentions::of(self.source.schema.dialect, fragments);
        let tables = self.closure.going.iter().filter_map(|name| self.source.schema.table(name));
        let tables = tables.filter(|table| table.name.schema.is_none());
        let tables: Vec<&Table> = tables.filter(|table| mentions.has(&table.name.name)).collect();
        if tables.is_empty() {
            return;
        }
        writer.push("WITH ").list(&tables, |writer, table| {
            writer.alias(table).push(" AS NOT MATERIALIZED (SELECT * FROM ");
            // SQLite would take the table's name for the expression itself.
            writer.push(if writer.dialect() == Dialect::Sqlite { "main." } else { "" });
            writer.table(table).push(" WHERE (");
            self.going_rows(writer, table);
            // A condition that is NULL takes no row.
            writer.push(") IS NOT TRUE)");
        });
        writer.push(" ");
    }

    fn going_rows(&self, writer: &mut Writer, table: &Table) {
        match self.closure.set_of(&table.name) {
            Some(set) => in_keys(writer, &set.columns[..set.identity], &identities(set)),
            None => {
                self.closure.ways(self.source, table, &[], "", writer);
            }
        }
    }
}
