//! Whether the two sides of a reference fit each other, and name what they seem to name.

use super::{Source, spelling};
use crate::finding::{Finding, Severity};
use crate::graph::Edge;
use crate::names::ColumnName;
use crate::policy::{Cast, Via};
use crate::schema::{Column, Dialect, TypeKind};

/// Stems of columns that name rows of any table, so that the kind is told by a plain `type`.
const STEMS_OF_ANYTHING: [&str; 9] =
    ["ref", "reference", "object", "item", "entity", "target", "resource", "record", "subject"];

const KINDS: [&str; 2] = ["type", "kind"];

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let edges = || source.graph.edges.iter();
    let mut findings: Vec<Finding> =
        edges().filter_map(|edge| different_kinds(source, edge)).collect();
    findings.extend(edges().filter_map(|edge| ill_cast(source, edge)));
    findings.extend(edges().filter_map(|edge| ambiguous_key(source, edge)));
    findings.extend(edges().filter_map(|edge| polymorphic(source, edge)));
    findings
}

/// What a foreign key enforces fits already; what only the policy knows may not.
fn different_kinds(source: &Source<'_>, edge: &Edge) -> Option<Finding> {
    if edge.enforced.is_some() || !edge.via.is_plain() {
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
            (Severity::Error, "give both the same type, or write { rule = …, cast = \"TYPE\" }")
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

/// A cast must make what the key is; without one, JSON is compared with the key's own text.
fn ill_cast(source: &Source<'_>, edge: &Edge) -> Option<Finding> {
    let cast = match &edge.via {
        Via::Columns => return None,
        Via::Cast(cast) => *cast,
        Via::Json(place) => place.cast?,
    };
    let key = edge.parent_key.first()?;
    let fits = match (cast, source.schema.dialect, key.kind) {
        (Cast::Integer(..), _, TypeKind::Integer | TypeKind::Number)
        | (Cast::Text, _, TypeKind::Text)
        | (Cast::Uuid, _, TypeKind::Uuid)
        // SQLite keeps UUIDs as text, and anything in a column without a known type.
        | (Cast::Uuid, Dialect::Sqlite, TypeKind::Text)
        | (_, Dialect::Sqlite, TypeKind::Other) => true,
        _ => false,
    };
    (!fits).then(|| {
        let side = spelling::side(&edge.parent, std::slice::from_ref(&key.name));
        let message = format!("`{}` is cast to what {side} ({}) never is", edge.text, typed(key));
        Finding::error("C109", Some(edge.span), message)
            .help("cast to the type of the column on the right")
    })
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
    let own = std::slice::from_ref(&column.name);
    let mut others = source.graph.plainly_above(&edge.child, own);
    let other = others.find(|other| other.parent != edge.parent).filter(|_| edge.via.is_plain())?;
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
