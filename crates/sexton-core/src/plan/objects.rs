//! Which objects go with the rows that go: their names are read while the rows are there.
//!
//! A name is made of values by the engine, not by SQL, because what must not stand in a name is
//! refused (`template::BadName`). Which rows hold on to an object is asked when it is removed.

use super::closure::Closure;
use super::compile::Source;
use super::recording::{Asker, of_going_rows, read_all};
use super::{NamedObjects, Said};
use crate::finding::Finding;
use crate::objects::{NamingIn, ObjectKey, Prefix};
use crate::policy::{NamesBy, NamingColumn, ObjectRule, Policy, VersionsGone};
use crate::sql::{Scalar, Writer};
use crate::template::{BadName, Slot, ValuePath, value_of};

/// What is read for every rule of objects whose rows go.
pub(super) fn named(
    source: &Source<'_>,
    closure: &Closure,
    findings: &mut Vec<Finding>,
) -> Vec<NamedObjects> {
    let rules = source.policy.objects.iter();
    let going = rules.filter(|rule| !rule.part && closure.going.contains(&rule.of.value));
    let mut named = Vec::new();
    for rule in going {
        match of_rule(source, closure, rule) {
            Ok(read) => named.extend(read),
            Err(found) => findings.extend(found),
        }
    }
    named
}

fn of_rule(
    source: &Source<'_>,
    closure: &Closure,
    rule: &ObjectRule,
) -> Result<Option<NamedObjects>, Vec<Finding>> {
    let (Some(table), Some(set)) =
        (source.schema.table(&rule.of.value), closure.set_of(&rule.of.value))
    else {
        return Ok(None);
    };
    let slots: Vec<&Slot> = rule.templates().flat_map(|(_, text)| text.value.slots()).collect();
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT ");
    let said = read_all(source, Asker::Object, Some(table), &slots, &mut writer)?;
    // Whose row it is stands behind all else, for people.
    let identity = &set.columns[..set.identity];
    for column in identity {
        writer.push(", ").qualified_by(table, |writer| {
            writer.read(column);
        });
    }
    of_going_rows(source, closure, (table, set), rule.filter.as_ref(), &mut writer);
    let label = ["name objects of the rule", rule.name.as_str()].join(" ");
    let templates = rule.templates().map(|(by, text)| (by, text.value.clone()));
    Ok(Some(NamedObjects {
        rule: rule.name.clone(),
        statement: writer.finish(&label, &table.name),
        row_key: identity.len(),
        templates: templates.collect(),
        said,
        stores: rule.stores.iter().map(|store| store.value.clone()).collect(),
        all_versions: rule.versions == VersionsGone::All,
        look_again_secs: rule.look_again_secs,
        unless_named_by: rule.unless_named_by.iter().map(naming_in).collect(),
        heads: heads(source.policy, rule),
    }))
}

fn naming_in(column: &NamingColumn) -> NamingIn {
    NamingIn {
        schema: column.table.schema.clone(),
        table: column.table.name.clone(),
        column: column.column.column.to_string(),
    }
}

/// What the names of any rule begin with in the same stores: no prefix may be as wide as that.
fn heads(policy: &Policy, rule: &ObjectRule) -> Vec<String> {
    let shares_store = |other: &&ObjectRule| {
        other.stores.iter().any(|store| rule.stores.iter().any(|own| own.value == store.value))
    };
    let texts = policy.objects.iter().filter(shares_store).flat_map(ObjectRule::templates);
    let mut heads: Vec<String> = texts.map(|(_, text)| text.value.head().to_owned()).collect();
    heads.retain(|head| !head.is_empty());
    heads.sort();
    heads.dedup();
    heads
}

/// A row whose values make no name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misnamed {
    /// The row, by its key.
    pub row: String,
    /// Why not.
    pub why: String,
}

impl NamedObjects {
    /// The names that a row makes, by template, in their order; none of a template whose values
    /// are null.
    pub fn names(&self, row: &[Scalar]) -> Result<Vec<Option<String>>, Misnamed> {
        let value = |path: &ValuePath| {
            let said = self.said.iter().find(|(known, _)| known == path).map(|(_, said)| said);
            match said {
                Some(Said::Read { at, is_json }) => row
                    .get(*at)
                    .map_or(serde_json::Value::Null, |scalar| value_of(scalar, *is_json)),
                _ => serde_json::Value::Null,
            }
        };
        let named = self.templates.iter().map(|(by, text)| {
            let name = text.name(&value).map_err(|bad: BadName| bad.to_string())?;
            if let Some(name) = &name {
                self.judge(*by, name)?;
            }
            Ok(name)
        });
        named.collect::<Result<_, String>>().map_err(|why| Misnamed { row: self.row(row), why })
    }

    fn judge(&self, by: NamesBy, name: &str) -> Result<(), String> {
        match by {
            NamesBy::Key | NamesBy::Uri => {
                ObjectKey::new(name).map_err(|bad| bad.to_string())?;
            }
            NamesBy::Prefix => {
                Prefix::new(name).map_err(|bad| bad.to_string())?;
                if let Some(head) = self.heads.iter().find(|head| head.starts_with(name)) {
                    return Err(format!(
                        "the prefix `{name}` is as wide as `{head}`, below which other rows' \
                         objects lie"
                    ));
                }
            }
        }
        Ok(())
    }

    /// What a row is called.
    fn row(&self, row: &[Scalar]) -> String {
        let key = &row[row.len().saturating_sub(self.row_key)..];
        let values: Vec<String> = key.iter().map(ToString::to_string).collect();
        values.join(",")
    }
}
