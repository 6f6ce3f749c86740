//! Names of objects, their placeholders followed to the columns that hold the values.

use super::Source;
use crate::finding::{Finding, Span};
use crate::names::{ColumnName, TableName};
use crate::plan::{self, Tenant};
use crate::policy::{NamesBy, ObjectRule, TenantPath};
use crate::schema::{Column, Dialect, Table, TypeKind};
use crate::template::{Filter, Piece, Slot, Text};

/// A template of a rule, as the schema understands it.
pub(super) struct Name<'a> {
    pub by: NamesBy,
    /// As it is written.
    pub written: String,
    pub span: Span,
    pub parts: Vec<Part<'a>>,
}

/// Text, or a value.
pub(super) enum Part<'a> {
    Written(&'a str),
    Value(Box<Value<'a>>),
}

/// A placeholder, and where its value is.
pub(super) struct Value<'a> {
    pub slot: &'a Slot,
    /// The columns on the way, each with the table whose row it refers to.
    pub steps: Vec<(Column, TableName)>,
    /// The column that holds the value.
    pub column: Column,
    /// Its table.
    pub table: TableName,
}

impl Value<'_> {
    /// Whether it is where an application wrote down what it had named, and not made of keys.
    pub fn is_recorded(&self) -> bool {
        self.may_hold_slashes() || self.slot.path.json.is_some()
    }

    /// Whether it may be a path.
    pub fn may_hold_slashes(&self) -> bool {
        self.slot.filter == Some(Filter::Path)
    }

    /// Whether all values are equally long.
    pub fn is_uuid(&self) -> bool {
        self.column.kind == TypeKind::Uuid && self.slot.path.json.is_none()
    }
}

impl<'a> Name<'a> {
    /// Its placeholders, in order.
    pub fn values(&self) -> impl Iterator<Item = &Value<'a>> {
        self.parts.iter().filter_map(|part| match part {
            Part::Written(_) => None,
            Part::Value(value) => Some(value.as_ref()),
        })
    }
}

/// The rule's names that can be understood, and what is wrong with the others.
pub(super) fn names<'a>(
    source: &Source<'_>,
    rule: &'a ObjectRule,
    table: &Table,
) -> (Vec<Name<'a>>, Vec<Finding>) {
    let (mut names, mut findings) = (Vec::new(), Vec::new());
    for (by, text) in rule.templates() {
        let parts = text.value.pieces.iter().map(|piece| match piece {
            Piece::Written(text) => Ok(Part::Written(text)),
            Piece::Value(slot) => {
                followed(source, table, slot).map(|value| Part::Value(Box::new(value)))
            }
        });
        let (good, bad): (Vec<_>, Vec<_>) = parts.partition(Result::is_ok);
        findings.extend(bad.into_iter().filter_map(Result::err).map(|finding| *finding));
        if good.len() == text.value.pieces.len() {
            let parts = good.into_iter().flatten().collect();
            names.push(Name { by, written: text.value.written(), span: text.span, parts });
        }
    }
    (names, findings)
}

/// Where the value of a placeholder is, about a row of the table.
pub(super) fn followed<'a>(
    source: &Source<'_>,
    table: &Table,
    slot: &'a Slot,
) -> Result<Value<'a>, Box<Finding>> {
    let path = TenantPath::Columns(slot.path.names.iter().map(ColumnName::new).collect());
    let (schema, graph) = (source.schema, source.graph);
    let value = match plan::follow_tenant(&path, slot.span, table, schema, graph)? {
        Tenant::Along(steps, last) => {
            let holder = steps.last().map_or(&table.name, |(_, holder, _)| &holder.name);
            let table = holder.clone();
            let step = |(column, leads_to, _): &(&Column, &Table, Column)| {
                ((*column).clone(), leads_to.name.clone())
            };
            let steps = steps.iter().map(step).collect();
            Value { slot, steps, column: last.clone(), table }
        }
        Tenant::Own(column) => {
            Value { slot, steps: Vec::new(), column: column.clone(), table: table.name.clone() }
        }
        // A path of columns is no expression.
        Tenant::Sql(_) => return Err(Box::new(no_json(slot))),
    };
    let is_document = value.column.kind == TypeKind::Json || schema.dialect == Dialect::Sqlite;
    if slot.path.json.is_some() && !is_document {
        return Err(Box::new(no_json(slot)));
    }
    Ok(value)
}

fn no_json(slot: &Slot) -> Finding {
    let message = format!("`{{{}}}` goes into a column that is no JSON", slot.path.written());
    Finding::error("C196", Some(slot.span), message)
        .help("make the column json or jsonb, or name it without `$`")
}

/// A placeholder as the policy has it.
pub(super) fn placeholder(slot: &Slot) -> String {
    Text { pieces: vec![Piece::Value(slot.clone())] }.written()
}
