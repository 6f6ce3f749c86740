//! Which objects go with the rows that go: their names are read while the rows are there.
//!
//! A name is made of values by the engine, not by SQL, because what must not stand in a name is
//! refused (`template::BadName`). Which rows hold on to an object is asked when it is removed.

use super::closure::Closure;
use super::compile::Source;
use super::recording::{Asker, of_going_rows, read_all};
use serde_json::Value;

use super::{NamedManifest, NamedObjects, NamedPool, Said};
use crate::fence::key_text;
use crate::finding::Finding;
use crate::objects::{NamingIn, ObjectKey, Prefix, SharedNames};
use crate::policy::{Manifest, NamesBy, NamingColumn, ObjectRule, Policy, VersionsGone};
use crate::sql::{Scalar, Writer};
use crate::template::{BadName, Piece, Slot, Text, ValuePath, value_of};

/// What is read for every rule of objects whose rows go.
pub(super) fn named(
    source: &Source<'_>,
    closure: &Closure,
    findings: &mut Vec<Finding>,
) -> Vec<NamedObjects> {
    let rules = source.policy.objects.iter();
    let removes = &source.thing.removes;
    let going = rules.filter(|rule| {
        removes.iter().any(|named| named.value == rule.name)
            || (!rule.part && closure.going.contains(&rule.of.value))
    });
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
    let of_manifest = rule.manifest.iter().flat_map(manifest_slots);
    let slots = rule.templates().flat_map(|(_, text)| text.value.slots()).chain(of_manifest);
    let slots: Vec<&Slot> = slots.collect();
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT ");
    let said =
        read_all((source.schema, source.graph), Asker::Object, Some(table), &slots, &mut writer)?;
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
        manifest: rule.manifest.as_ref().map(|manifest| named_manifest(source.policy, manifest)),
    }))
}

/// The placeholders that are read for a manifest.
pub(super) fn manifest_slots(manifest: &Manifest) -> impl Iterator<Item = &Slot> {
    let bound = manifest.bind.iter().flat_map(|(_, text)| text.value.slots());
    manifest.key.value.slots().chain(bound)
}

/// A manifest, with what the policy says of the pools that it names objects of.
pub(super) fn named_manifest(policy: &Policy, manifest: &Manifest) -> NamedManifest {
    let names = manifest.names.iter().filter_map(|of| {
        let pool = policy.pools.iter().find(|pool| pool.name == of.pool.value)?;
        Some(NamedPool {
            pool: pool.name.clone(),
            places: of.places.iter().map(|place| place.value.clone()).collect(),
            scope: pool.scope.value.clone(),
            key: pool.key.value.clone(),
            stores: pool.stores.iter().map(|store| store.value.clone()).collect(),
            grace_secs: pool.grace_secs,
            covers: pool.covers.as_ref().map(|rule| rule.value.clone()),
        })
    });
    NamedManifest {
        key: manifest.key.value.clone(),
        removes: manifest.removes.iter().map(|path| path.value.clone()).collect(),
        bind: manifest
            .bind
            .iter()
            .map(|(name, text)| (name.value.clone(), text.value.clone()))
            .collect(),
        names: names.collect(),
    }
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
        let value = |path: &ValuePath| said(&self.said, row, path);
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

    /// The manifest that a row names; none if it names none.
    pub fn manifest(&self, row: &[Scalar]) -> Result<Option<FoundManifest>, Misnamed> {
        let Some(manifest) = &self.manifest else { return Ok(None) };
        let value = |path: &ValuePath| said(&self.said, row, path);
        let found = manifest.found(&value).map(|found| {
            let row = key_text(&row[row.len().saturating_sub(self.row_key)..]);
            found.map(|(key, names)| FoundManifest { key, names, row })
        });
        found.map_err(|why| Misnamed { row: self.row(row), why: why.to_string() })
    }

    /// What a row is called.
    pub(super) fn row(&self, row: &[Scalar]) -> String {
        let key = &row[row.len().saturating_sub(self.row_key)..];
        let values: Vec<String> = key.iter().map(ToString::to_string).collect();
        values.join(",")
    }
}

/// What a placeholder stands for in a row.
fn said(said: &[(ValuePath, Said)], row: &[Scalar], path: &ValuePath) -> Value {
    match said.iter().find(|(known, _)| known == path) {
        Some((_, Said::Read { at, is_json })) => {
            row.get(*at).map_or(Value::Null, |scalar| value_of(scalar, *is_json))
        }
        _ => Value::Null,
    }
}

/// A manifest of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundManifest {
    /// Its key.
    pub key: String,
    /// Where it names shared objects, and of which parts of pools.
    pub names: Vec<SharedNames>,
    /// The row's key.
    pub row: String,
}

/// A manifest's key, and where it names shared objects.
type KeyAndNames = (String, Vec<SharedNames>);

impl NamedManifest {
    fn found(&self, value: &dyn Fn(&ValuePath) -> Value) -> Result<Option<KeyAndNames>, BadName> {
        let Some(key) = self.key.name(value)? else { return Ok(None) };
        let mut bound = Vec::new();
        for (name, text) in &self.bind {
            // What is null binds nothing: no pool has a part of that name.
            if let Some(value) = text.name(value)? {
                bound.push((name.clone(), value));
            }
        }
        let mut names = Vec::new();
        for pool in &self.names {
            names.extend(pool.part(&bound)?);
        }
        Ok(Some((key, names)))
    }
}

impl NamedPool {
    /// The part of the pool for which these values stand; none if one is missing.
    fn part(&self, bound: &[(String, String)]) -> Result<Option<SharedNames>, BadName> {
        let value = |path: &ValuePath| {
            let named = bound.iter().find(|(name, _)| path.names == [name.as_str()]);
            named.map_or(Value::Null, |(_, value)| Value::from(value.as_str()))
        };
        let pieces = self.key.pieces.as_slice();
        let is_name =
            |piece: &Piece| matches!(piece, Piece::Value(slot) if slot.path.names == ["name"]);
        let Some(at) = pieces.iter().position(is_name) else { return Ok(None) };
        let side = |pieces: &[Piece]| Text { pieces: pieces.to_vec() }.name(&value);
        let (before, after) = (side(&pieces[..at])?, side(&pieces[at + 1..])?);
        let parts = (self.scope.name(&value)?, before, after);
        let (Some(scope), Some(before), Some(after)) = parts else { return Ok(None) };
        Ok(Some(SharedNames {
            pool: self.pool.clone(),
            scope,
            bound: bound.to_vec(),
            places: self.places.clone(),
            before,
            after,
            stores: self.stores.clone(),
            grace_secs: self.grace_secs,
            covers: self.covers.clone(),
        }))
    }
}
