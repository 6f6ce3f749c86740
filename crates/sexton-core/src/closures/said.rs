//! What a line of the policy says, in the words of the policy.

use super::Mark;
use crate::check::spelling;
use crate::names::ColumnName;
use crate::policy::{
    Assignment, ColumnPath, Fate, Fragment, Literal, Part, Placeholder, Sql, Value,
};

/// What happens to the rows on the left.
pub(crate) fn mark(fate: &Fate) -> Mark {
    match fate {
        Fate::Delete => Mark::Goes,
        Fate::Unlink | Fate::Set(_) | Fate::Anonymize(_) => Mark::Changes,
        Fate::Derive => Mark::Derived,
        Fate::Block => Mark::Blocks,
        Fate::Review => Mark::Open,
        Fate::Keep => Mark::Keeps,
    }
}

/// The columns by which a line refers.
pub(crate) fn columns(paths: &[ColumnPath]) -> String {
    let names: Vec<String> = paths
        .iter()
        .map(|path| {
            let json = path.json.as_ref().map(|json| format!("${json}")).unwrap_or_default();
            spelling::policy_name(path.column.as_str()) + &json
        })
        .collect();
    joined(&names)
}

/// Columns as one name.
pub(crate) fn joined(columns: &[String]) -> String {
    if columns.len() == 1 { columns.concat() } else { format!("({})", columns.join(",")) }
}

/// What the rows on the left become, where they stay and change.
pub(crate) fn change(fate: &Fate) -> Option<String> {
    match fate {
        Fate::Unlink => Some("unlinked".to_owned()),
        Fate::Set(assignments) => {
            let set: Vec<String> = assignments.iter().map(assignment).collect();
            Some(format!("set {}", set.join(", ")))
        }
        Fate::Anonymize(columns) => {
            let names: Vec<&str> = columns.iter().map(ColumnName::as_str).collect();
            Some(format!("anonymized {}", names.join(", ")))
        }
        _ => None,
    }
}

fn assignment(assignment: &Assignment) -> String {
    let value = match &assignment.value {
        Value::Literal(Literal::Bool(yes)) => yes.to_string(),
        Value::Literal(Literal::Integer(number)) => number.to_string(),
        Value::Literal(Literal::Float(number)) => number.to_string(),
        Value::Literal(Literal::Text(text)) => format!("'{text}'"),
        Value::Sql(sql) => condition(sql),
    };
    format!("{} = {value}", assignment.column.value)
}

/// SQL as it stands in the policy; where it is written for both databases, PostgreSQL's.
pub(crate) fn condition(sql: &Sql) -> String {
    let written = sql.postgres.as_ref().or(sql.sqlite.as_ref());
    let text = written.map(fragment).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn fragment(fragment: &Fragment) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Placeholder(placeholder) => format!("{{{}}}", named(placeholder)),
    };
    fragment.parts.iter().map(part).collect()
}

fn named(placeholder: &Placeholder) -> String {
    match placeholder {
        Placeholder::Id => "id".to_owned(),
        Placeholder::Actor => "actor".to_owned(),
        Placeholder::Tenant => "tenant".to_owned(),
        Placeholder::Now { minus_secs: 0 } => "now".to_owned(),
        Placeholder::Now { minus_secs } => format!("now - {minus_secs}s"),
        Placeholder::Path(name) => format!("path.{name}"),
        Placeholder::Going(table) => format!("going.{table}"),
        Placeholder::Unbuilt(name) => name.clone(),
    }
}
