//! Finds the tables and columns that a policy's references name in the live schema.

use super::{Edge, EdgeId, Graph, Taking};
use crate::finding::{Finding, did_you_mean};
use crate::names::{ColumnName, TableName};
use crate::policy::{Cast, JsonPlace, Policy, Reference, TakeRule, Via};
use crate::schema::{Column, Dialect, ForeignKey, Other, Schema, Table};

/// Edges for every reference that resolves, and findings for those that do not.
pub fn resolve(policy: &Policy, schema: &Schema) -> (Graph, Vec<Finding>) {
    let mut edges = Vec::new();
    let mut findings = Vec::new();
    for (number, reference) in policy.references.iter().enumerate() {
        match edge(EdgeId(number), reference, schema) {
            Ok(edge) => edges.push(edge),
            Err(finding) => findings.push(*finding),
        }
    }
    let mut takes = Vec::new();
    for (number, take) in policy.takes.iter().enumerate() {
        let id = EdgeId(policy.references.len() + number);
        match edge(id, &take.reference, schema) {
            Ok(edge) if edge.via.json().is_some() => findings.push(inside_json(&edge)),
            Ok(mut edge) => {
                edge.via = held(&edges, &edge);
                takes.push(Taking { edge, when_last: take.rule == TakeRule::WhenLast });
            }
            Err(finding) => findings.push(*finding),
        }
    }
    (Graph::of(edges, takes), findings)
}

/// How the line of `[references]` between the same columns says that it is held.
fn held(edges: &[Edge], take: &Edge) -> Via {
    let declared = edges.iter().find(|edge| {
        (&edge.child, &edge.parent) == (&take.child, &take.parent)
            && edge.columns == take.columns
            && edge.parent_key == take.parent_key
            && edge.via.json().is_none()
    });
    declared.map_or_else(|| take.via.clone(), |edge| edge.via.clone())
}

fn inside_json(edge: &Edge) -> Finding {
    let message = format!("`{}` takes through a place inside JSON", edge.text);
    Finding::error("C109", Some(edge.span), message)
        .help("what is taken must be named by columns of their own")
}

fn edge(id: EdgeId, reference: &Reference, schema: &Schema) -> Result<Edge, Box<Finding>> {
    let child = known_table(&reference.child, reference, schema)?;
    let parent = known_table(&reference.parent, reference, schema)?;
    let names: Vec<ColumnName> = reference.columns.iter().map(|path| path.column.clone()).collect();
    let columns = known_columns(child, &names, reference)?;
    let key = match &reference.parent_key {
        Some(key) => key.clone(),
        None if parent.primary_key.is_empty() => {
            return Err(Box::new(
                Finding::error(
                    "C103",
                    Some(reference.span),
                    format!("`{}` has no primary key to refer to", parent.name),
                )
                .help(format!("name the column referred to: `… -> {}.column`", parent.name)),
            ));
        }
        None => parent.primary_key.clone(),
    };
    let parent_key = known_columns(parent, &key, reference)?;
    if columns.len() != parent_key.len() {
        return Err(Box::new(Finding::error(
            "C104",
            Some(reference.span),
            format!(
                "{} column(s) on the left refer to {} on the right (`{}` has the key {})",
                columns.len(),
                parent_key.len(),
                parent.name,
                key.iter().map(ColumnName::as_str).collect::<Vec<_>>().join(", "),
            ),
        )));
    }
    let via = via(reference, &columns, schema.dialect)?;
    let enforced = enforcing(child, &columns, parent, &parent_key).filter(|_| via.is_plain());
    Ok(Edge {
        id,
        child: child.name.clone(),
        enforced: enforced.cloned(),
        via,
        columns,
        parent: parent.name.clone(),
        parent_key,
        fate: reference.fate.clone(),
        switched_by: reference
            .switched_by
            .iter()
            .map(|(option, fate)| (option.value.clone(), fate.clone()))
            .collect(),
        filter: fragment(reference, schema.dialect)?,
        say: reference.say.clone(),
        text: reference.text.clone(),
        span: reference.span,
    })
}

/// How the columns hold what they refer to, or why they cannot.
fn via(reference: &Reference, columns: &[Column], dialect: Dialect) -> Result<Via, Box<Finding>> {
    let refused = |span, message: String, help: &str| {
        Err(Box::new(Finding::error("C109", Some(span), message).help(help)))
    };
    let cast = match &reference.cast {
        None => None,
        Some(name) => match Cast::named(&name.value) {
            Some(cast) => Some(cast),
            None => {
                let message = format!("what cannot be read as `{}` is not known", name.value);
                let help = format!("keys are cast to {}", Cast::KNOWN);
                return refused(name.span, message, &help);
            }
        },
    };
    let place = reference.columns.iter().find_map(|path| path.json.as_ref());
    if columns.len() > 1 && (cast.is_some() || place.is_some()) {
        let message = format!("`{}` has several columns", reference.text);
        return refused(reference.span, message, "a cast, or a place inside JSON, stands alone");
    }
    let Some(place) = place.map(|written| JsonPlace::read(written, cast)) else {
        return Ok(cast.map_or(Via::Columns, Via::Cast));
    };
    let column = &columns[0];
    if dialect == Dialect::Postgres && !["json", "jsonb"].contains(&column.type_name.as_str()) {
        let message = format!("`{}` is {}, not json or jsonb", column.name, column.type_name);
        return refused(reference.span, message, "give the column a type that can hold JSON only");
    }
    if dialect == Dialect::Sqlite && place.path.iter().any(|name| name.contains('"')) {
        let message = format!("`{}` has a double quote in a name", reference.text);
        return refused(reference.span, message, "SQLite has no way to write such a path");
    }
    Ok(Via::Json(place))
}

fn fragment(
    reference: &Reference,
    dialect: Dialect,
) -> Result<Option<crate::policy::Fragment>, Box<Finding>> {
    let Some(sql) = &reference.filter else { return Ok(None) };
    match sql.of(dialect) {
        Some(fragment) => Ok(Some(fragment.clone())),
        None => Err(Box::new(Finding::error(
            "C105",
            Some(sql.span),
            "this condition is not written for the database in use",
        ))),
    }
}

fn known_table<'a>(
    name: &TableName,
    reference: &Reference,
    schema: &'a Schema,
) -> Result<&'a Table, Box<Finding>> {
    table_or_finding(name, reference.span, schema)
}

/// The table, or the finding that it is not there.
pub(crate) fn table_or_finding<'a>(
    name: &TableName,
    span: crate::finding::Span,
    schema: &'a Schema,
) -> Result<&'a Table, Box<Finding>> {
    schema.table(name).ok_or_else(|| {
        if let Some(other) = schema.others.get(name) {
            return Box::new(no_table(name, other, span));
        }
        let known: Vec<String> = schema.tables.keys().map(ToString::to_string).collect();
        let finding = Finding::error("C101", Some(span), format!("there is no table `{name}`"));
        Box::new(match did_you_mean(&name.to_string(), known.iter().map(String::as_str)) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help("remove the line, or create the table first"),
        })
    })
}

/// What has rows but cannot be spoken of, and what to name instead.
fn no_table(name: &TableName, other: &Other, span: crate::finding::Span) -> Finding {
    let (is, help) = match other {
        Other::View => ("a view", "name the tables whose rows it shows".to_owned()),
        Other::MaterializedView => (
            "a materialized view",
            "name the tables whose rows it copies, and refresh it after a deletion".to_owned(),
        ),
        Other::ForeignTable => (
            "a foreign table",
            "its rows are in another database: give that a policy of its own".to_owned(),
        ),
        Other::Partition(root) => (
            "a partition",
            format!("name `{root}`: what is said of it is true of all its partitions"),
        ),
        Other::VirtualTable => (
            "a virtual table",
            "its rows cannot be locked or counted: name the table that it indexes".to_owned(),
        ),
    };
    Finding::error("C101", Some(span), format!("`{name}` is {is}, not a table")).help(help)
}

fn known_columns(
    table: &Table,
    names: &[ColumnName],
    reference: &Reference,
) -> Result<Vec<Column>, Box<Finding>> {
    names.iter().map(|name| column_or_finding(table, name, reference.span).cloned()).collect()
}

/// The column, or the finding that it is not there.
pub(crate) fn column_or_finding<'a>(
    table: &'a Table,
    name: &ColumnName,
    span: crate::finding::Span,
) -> Result<&'a Column, Box<Finding>> {
    table.column(name).ok_or_else(|| {
        let finding =
            Finding::error("C102", Some(span), format!("`{}` has no column `{name}`", table.name));
        let known = table.columns.iter().map(|column| column.name.as_str());
        Box::new(match did_you_mean(name.as_str(), known) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding,
        })
    })
}

fn enforcing<'a>(
    child: &'a Table,
    columns: &[Column],
    parent: &Table,
    parent_key: &[Column],
) -> Option<&'a ForeignKey> {
    child.foreign_keys.iter().find(|key| {
        key.parent == parent.name
            && key.columns.len() == columns.len()
            && key.columns.iter().zip(&key.parent_columns).all(|(left, right)| {
                columns
                    .iter()
                    .zip(parent_key)
                    .any(|(column, to)| column.name == *left && to.name == *right)
            })
    })
}
