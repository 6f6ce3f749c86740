//! Whether the two sides of a reference fit each other, and name what they seem to name.

use super::{Source, spelling};
use crate::finding::{Finding, Severity};
use crate::graph::{Edge, column_or_finding, table_or_finding};
use crate::names::{ColumnName, TableName};
use crate::policy::Reference;
use crate::schema::{Column, Dialect, TypeKind};

/// Stems of columns that name rows of any table, so that the kind is told by a plain `type`.
const STEMS_OF_ANYTHING: [&str; 9] =
    ["ref", "reference", "object", "item", "entity", "target", "resource", "record", "subject"];

const KINDS: [&str; 2] = ["type", "kind"];

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let edges = || source.graph.edges.iter();
    let mut findings: Vec<Finding> =
        source.policy.references.iter().flat_map(|line| stale_inside_json(source, line)).collect();
    findings.extend(edges().filter_map(|edge| different_kinds(source, edge)));
    findings.extend(edges().filter_map(|edge| ambiguous_key(source, edge)));
    findings.extend(edges().filter_map(|edge| polymorphic(source, edge)));
    findings
}

/// References from inside JSON take no part in the graph, but their lines can be stale too.
fn stale_inside_json(source: &Source<'_>, reference: &Reference) -> Vec<Finding> {
    if reference.columns.iter().all(|path| path.json.is_none()) {
        return Vec::new();
    }
    let left: Vec<&ColumnName> = reference.columns.iter().map(|path| &path.column).collect();
    let right: Vec<&ColumnName> = reference.parent_key.iter().flatten().collect();
    let stale = |table: &TableName, columns: &[&ColumnName]| {
        let table = match table_or_finding(table, reference.span, source.schema) {
            Ok(table) => table,
            Err(finding) => return vec![*finding],
        };
        let found = columns.iter().map(|name| column_or_finding(table, name, reference.span));
        found.filter_map(Result::err).map(|finding| *finding).collect()
    };
    [stale(&reference.child, &left), stale(&reference.parent, &right)].concat()
}

/// What a foreign key enforces fits already; what only the policy knows may not.
fn different_kinds(source: &Source<'_>, edge: &Edge) -> Option<Finding> {
    if edge.enforced.is_some() {
        return None;
    }
    let dialect = source.schema.dialect;
    let differs = |(left, right): &(&Column, &Column)| !is_comparable(left, right, dialect);
    let (left, right) = edge.columns.iter().zip(&edge.parent_key).find(differs)?;
    let message = format!(
        "`{}` compares {} ({}) with {} ({})",
        edge.text,
        spelling::side(&edge.child, std::slice::from_ref(&left.name)),
        typed(left),
        spelling::side(&edge.parent, std::slice::from_ref(&right.name)),
        typed(right),
    );
    let (severity, help) = match dialect {
        // Until rows of the right go, nothing compares them.
        Dialect::Postgres if source.losses.reach(&edge.parent) => {
            (Severity::Error, "give both the same type; a cast in the policy is not built yet")
        }
        Dialect::Postgres => {
            (Severity::Warning, "give both the same type before rows of the right are deleted")
        }
        Dialect::Sqlite => {
            (Severity::Warning, "values of different storage are never equal: give both one type")
        }
    };
    let span = Some(edge.span);
    Some(Finding { severity, ..Finding::warning("C106", span, message).help(help) })
}

/// Whether values of both columns can be equal at all.
pub(crate) fn is_comparable(left: &Column, right: &Column, dialect: Dialect) -> bool {
    let is_number = |kind| matches!(kind, TypeKind::Integer | TypeKind::Number);
    match (dialect, left.kind, right.kind) {
        (Dialect::Postgres, TypeKind::Other, TypeKind::Other) => left.type_name == right.type_name,
        // SQLite compares what is stored; a column without a known type may store anything.
        (Dialect::Sqlite, TypeKind::Other, _) | (Dialect::Sqlite, _, TypeKind::Other) => true,
        (_, left, right) => left == right || is_number(left) && is_number(right),
    }
}

fn typed(column: &Column) -> &str {
    if column.type_name.is_empty() { "no type" } else { &column.type_name }
}

/// The right side must name one row, or rows would go that another row still owns.
fn ambiguous_key(source: &Source<'_>, edge: &Edge) -> Option<Finding> {
    let parent = source.schema.table(&edge.parent)?;
    let key = spelling::names(&edge.parent_key);
    (edge.enforced.is_none() && !parent.is_unique(&key)).then(|| {
        let side = spelling::side(&edge.parent, &key);
        let message = format!("`{}`: several rows may share one value of {side}", edge.text);
        Finding::warning("C107", Some(edge.span), message)
            .help("refer to the primary key, or make the right side unique")
    })
}

/// One value, several tables, and a column that tells which: then the line must ask it.
fn polymorphic(source: &Source<'_>, edge: &Edge) -> Option<Finding> {
    let [column] = edge.columns.as_slice() else { return None };
    let child = source.schema.table(&edge.child)?;
    let kind = names_of_kind(&column.name).find_map(|name| child.column(&name))?;
    let other = source.graph.above(&edge.child).find(|other| {
        other.parent != edge.parent && spelling::names(&other.columns) == [column.name.clone()]
    })?;
    (edge.filter.is_none() && edge.enforced.is_none()).then(|| {
        let message = format!(
            "`{}` has no `where`, though `{}` names rows of {} too and `{}` seems to tell which",
            edge.text,
            column.name,
            spelling::listed([&other.parent]),
            kind.name,
        );
        let help = format!("write {{ rule = …, where = \"{} = '…'\" }}", kind.name);
        Finding::error("C108", Some(edge.span), message).help(help)
    })
}

/// What the column would be called that tells whose id this one holds.
fn names_of_kind(column: &ColumnName) -> impl Iterator<Item = ColumnName> {
    let stem = column.as_str().strip_suffix("_id").unwrap_or_default();
    let of_stem = KINDS.iter().map(move |kind| (!stem.is_empty(), format!("{stem}_{kind}")));
    let of_any = KINDS.map(|kind| (STEMS_OF_ANYTHING.contains(&stem), kind.to_owned()));
    let names: Vec<ColumnName> = of_stem
        .chain(of_any)
        .filter(|(fits, _)| *fits)
        .map(|(_, name)| ColumnName::new(name))
        .collect();
    names.into_iter()
}
