//! Names of objects, their placeholders followed to the columns that hold the values.

use super::Source;
use crate::finding::{Finding, Located, Span};
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
    let key = rule.manifest.iter().map(|manifest| (NamesBy::Key, &manifest.key));
    let (mut names, mut findings) = (Vec::new(), Vec::new());
    for (by, text) in rule.templates().chain(key) {
        match name(source, table, by, text) {
            Ok(name) => names.push(name),
            Err(bad) => findings.extend(bad),
        }
    }
    (names, findings)
}

/// A template about rows of the table, or what is wrong with its placeholders.
pub(super) fn name<'a>(
    source: &Source<'_>,
    table: &Table,
    by: NamesBy,
    text: &'a Located<Text>,
) -> Result<Name<'a>, Vec<Finding>> {
    let (mut parts, mut findings) = (Vec::new(), Vec::new());
    for piece in &text.value.pieces {
        match piece {
            Piece::Written(text) => parts.push(Part::Written(text)),
            Piece::Value(slot) => match followed(source, table, slot) {
                Ok(value) => parts.push(Part::Value(Box::new(value))),
                Err(finding) => findings.push(*finding),
            },
        }
    }
    let written = text.value.written();
    if findings.is_empty() {
        Ok(Name { by, written, span: text.span, parts })
    } else {
        Err(findings)
    }
}

/// Where the value of a placeholder is, about a row of the table.
fn followed<'a>(
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
