//! What rows name in a store: all of it, in the order of bytes, to be laid beside what the store
//! lists.
//!
//! Whatever a row may mean is named, whether its rule would remove it or not: rows that `where`
//! leaves out, rows whose values make no name, columns that hold on to objects. A sweep that calls
//! too little an orphan leaves bytes behind; one that calls too much loses what somebody needs.

use super::Owners;
use super::owners::keepers;
use super::recording::raw_value;
use crate::finding::{Finding, Located};
use crate::graph::Graph;
use crate::names::{ObjectRuleName, PoolName, StoreName};
use crate::objects::{ObjectKey, Prefix};
use crate::policy::{
    Fragment, JsonPlace, NamesBy, NamingColumn, ObjectRule, Part, Placeholder, Policy, Pool, Via,
};
use crate::schema::{Dialect, Schema, Table};
use crate::sql::{
    Bare, Bind, NamePart, REFUSED, Scalar, Statement, Writer, keys_of, naming, rendered,
};
use crate::sweep::NameRead;
use crate::template::{Filter, Piece, Slot, Text};

/// How all names of a store are read.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedIn {
    /// Reads the name, the number of who names it, and how; in the order of bytes. None where no
    /// rule names anything in the store.
    pub statement: Option<Statement>,
    /// Who names, by number.
    pub by: Vec<NamesOfRule>,
    /// Whose manifests may name objects in the store.
    pub keepers: Vec<Owners>,
    /// The pools whose objects may be in it.
    pub pools: Vec<PoolName>,
    /// What the names of each rule begin with, in the file's order; empty beginnings left out.
    pub heads: Vec<(String, ObjectRuleName)>,
}

/// Who names objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamesOfRule {
    /// The rule.
    pub rule: ObjectRuleName,
    /// Whether all below the name is meant.
    pub is_prefix: bool,
    /// Whether an object of that name must be there, in this store.
    pub is_certain: bool,
    /// Whether it must be there in one of several stores.
    pub is_in_one: bool,
    /// The pool whose scopes it takes whole: of what lies there it accounts for all but the pool's
    /// objects, which need somebody who names them.
    pub but: Option<PoolForm>,
}

/// How the names of a pool's objects go on behind their scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolForm {
    /// What stands before the name.
    before: String,
    /// What stands behind it.
    after: String,
}

impl PoolForm {
    /// None where values stand there, too: then nobody can tell.
    fn of(pool: &Pool) -> Option<Self> {
        let written = |pieces: &[Piece]| -> Option<String> {
            let text = pieces.iter().map(|piece| match piece {
                Piece::Written(text) => Some(text.as_str()),
                Piece::Value(_) => None,
            });
            text.collect()
        };
        let is_name =
            |piece: &Piece| matches!(piece, Piece::Value(slot) if slot.path.names == [Pool::NAME]);
        let (scope, key) = (pool.scope.value.written(), &pool.key.value);
        let at = key.pieces.iter().position(is_name)?;
        let values = pool.scope.value.slots().count();
        // The scope ends within a piece of text, or with its last value.
        let mut met = 0;
        let behind = key.pieces.iter().position(|piece| {
            met += usize::from(matches!(piece, Piece::Value(_)));
            met == values
        })?;
        let first = if values == 0 { 0 } else { behind + 1 };
        let between = written(key.pieces.get(first..at)?)?;
        let scope_end = scope.rsplit('}').next().unwrap_or_default();
        let before = between.strip_prefix(scope_end)?.trim_start_matches('/').to_owned();
        Some(Self { before, after: written(&key.pieces[at + 1..])? })
    }

    /// Whether what stands behind a scope's prefix is one of the pool's objects.
    pub fn is_name(&self, rest: &str) -> bool {
        let name = rest.strip_prefix(self.before.as_str());
        let name = name.and_then(|name| name.strip_suffix(self.after.as_str()));
        name.is_some_and(|name| !name.is_empty() && !name.contains('/'))
    }
}

/// A part of the statement.
struct Arm {
    names: NamesOfRule,
    written: Writer,
}

/// What is asked of one store.
struct Asked<'a> {
    policy: &'a Policy,
    schema: &'a Schema,
    graph: &'a Graph,
    store: &'a StoreName,
    /// What the addresses of its objects begin with.
    root: &'a str,
}

/// How the names of a store are read: all, or those that account for a key between two. What cannot
/// be read is told: without it, too much would be called an orphan.
pub fn names_in(
    policy: &Policy,
    (schema, graph): (&Schema, &Graph),
    (store, root): (&StoreName, &str),
    range: Option<(&str, &str)>,
) -> Result<NamedIn, Vec<Finding>> {
    let asked = Asked { policy, schema, graph, store, root };
    let (mut arms, mut findings) = (Vec::new(), Vec::new());
    let mut binds = Vec::new();
    for rule in &policy.objects {
        match asked.of_rule(rule, &mut binds) {
            Ok(of_rule) => arms.extend(of_rule),
            Err(finding) => findings.push(*finding),
        }
    }
    if let Err(found) = asked.of_holders(&mut arms, &mut binds) {
        findings.push(*found);
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let statement = together(schema.dialect, &arms, binds, range, policy);
    let keepers = keepers(policy, (schema, graph), store)?;
    let by = arms.into_iter().map(|arm| arm.names).collect();
    Ok(NamedIn { statement, by, keepers, pools: asked.pools(), heads: asked.heads() })
}

impl Asked<'_> {
    fn is_in(&self, rule: &ObjectRule) -> bool {
        rule.stores.iter().any(|store| store.value == *self.store)
    }

    fn pools(&self) -> Vec<PoolName> {
        let is_in = |pool: &&Pool| pool.stores.iter().any(|store| store.value == *self.store);
        self.policy.pools.iter().filter(is_in).map(|pool| pool.name.clone()).collect()
    }

    /// What a rule's prefix does not account for, because it takes whole scopes of a pool.
    fn but(&self, rule: &ObjectRule) -> Option<PoolForm> {
        let covers = |pool: &&Pool| {
            let is_covered = pool.covers.as_ref().is_some_and(|of| of.value == rule.name);
            is_covered && pool.stores.iter().any(|store| store.value == *self.store)
        };
        self.policy.pools.iter().find(covers).and_then(PoolForm::of)
    }

    fn heads(&self) -> Vec<(String, ObjectRuleName)> {
        let rules = self.policy.objects.iter();
        let heads = rules.flat_map(|rule| {
            named_by(rule).filter_map(|(_, text)| {
                let head = text.value.head();
                let own = head.strip_prefix(self.root);
                let head = own.or_else(|| self.is_in(rule).then_some(head))?;
                (!head.is_empty()).then(|| (head.to_owned(), rule.name.clone()))
            })
        });
        heads.collect()
    }

    fn of_rule(&self, rule: &ObjectRule, binds: &mut Vec<Bind>) -> Result<Vec<Arm>, Box<Finding>> {
        let table = crate::graph::table_or_finding(&rule.of.value, rule.of.span, self.schema)?;
        let mut arms = Vec::new();
        for (by, text) in named_by(rule) {
            let bare = match by {
                NamesBy::Key | NamesBy::Prefix if !self.is_in(rule) => continue,
                NamesBy::Key | NamesBy::Prefix => Bare::All,
                NamesBy::Uri if self.is_in(rule) => Bare::UnlessAddresses,
                NamesBy::Uri => Bare::None,
            };
            let mut writer = Writer::continuing(self.schema.dialect, std::mem::take(binds));
            let made = self.of_template(rule, table, &text.value, bare, &mut writer);
            *binds = writer.binds().to_vec();
            made?;
            let names = NamesOfRule {
                rule: rule.name.clone(),
                is_prefix: by == NamesBy::Prefix,
                // What may lie in one of several stores need not lie in this one.
                is_certain: by != NamesBy::Prefix && rule.stores.len() == 1,
                is_in_one: by == NamesBy::Key && rule.stores.len() > 1,
                but: if by == NamesBy::Prefix { self.but(rule) } else { None },
            };
            arms.push(Arm { names, written: writer });
        }
        Ok(arms)
    }

    fn of_template(
        &self,
        rule: &ObjectRule,
        table: &Table,
        text: &Text,
        bare: Bare,
        writer: &mut Writer,
    ) -> Result<(), Box<Finding>> {
        let slots: Vec<&Slot> = text.slots().collect();
        let mut at = 0;
        let parts: Vec<NamePart<'_>> = text
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Written(written) => NamePart::Written(written),
                Piece::Value(slot) => {
                    at += 1;
                    NamePart::Value(at - 1, slot.filter == Some(Filter::Path))
                }
            })
            .collect();
        // Order: what cannot be followed is told before anything is written.
        let mut is_json = Vec::new();
        for slot in &slots {
            let mut tried = Writer::new(self.schema.dialect);
            is_json.push(raw_value(slot, table, (self.schema, self.graph), &mut tried)?);
        }
        let raw = |writer: &mut Writer| self.read_row(rule, table, &slots, writer);
        keys_of(writer, self.root, bare, &|writer| rendered(writer, &raw, &is_json, &parts));
        Ok(())
    }

    /// `SELECT … AS j0, … AS w FROM table`
    fn read_row(&self, rule: &ObjectRule, table: &Table, slots: &[&Slot], writer: &mut Writer) {
        writer.push("SELECT ");
        for (at, slot) in slots.iter().enumerate() {
            raw_value(slot, table, (self.schema, self.graph), writer).ok();
            writer.push(" AS ").numbered("j", at).push(", ");
        }
        let filter = rule.filter.as_ref().and_then(|filter| filter.of(writer.dialect()));
        match filter.filter(|filter| speaks_of_rows(filter)) {
            Some(filter) => {
                writer.push("CASE WHEN ").condition(filter, table).push(" THEN 0 ELSE 1 END");
            }
            None => {
                writer.push("0");
            }
        }
        writer.push(" AS w FROM ").table(table);
    }

    /// Columns whose rows hold on to objects: each names an object, or a folder and all in it.
    fn of_holders(&self, arms: &mut Vec<Arm>, binds: &mut Vec<Bind>) -> Result<(), Box<Finding>> {
        let mut met = Vec::new();
        for rule in &self.policy.objects {
            for column in &rule.unless_named_by {
                let bare = if self.is_in(rule) { Bare::UnlessAddresses } else { Bare::None };
                if met.contains(&(bare, &column.text)) {
                    continue;
                }
                met.push((bare, &column.text));
                for is_prefix in [false, true] {
                    let mut writer = Writer::continuing(self.schema.dialect, std::mem::take(binds));
                    let made = self.of_holder(column, bare, is_prefix, &mut writer);
                    *binds = writer.binds().to_vec();
                    made?;
                    let rule = rule.name.clone();
                    let (is_certain, is_in_one, but) = (false, false, None);
                    let names = NamesOfRule { rule, is_prefix, is_certain, is_in_one, but };
                    arms.push(Arm { names, written: writer });
                }
            }
        }
        Ok(())
    }

    fn of_holder(
        &self,
        by: &NamingColumn,
        bare: Bare,
        is_prefix: bool,
        writer: &mut Writer,
    ) -> Result<(), Box<Finding>> {
        let table = crate::graph::table_or_finding(&by.table, by.span, self.schema)?;
        let column = crate::graph::column_or_finding(table, &by.column.column, by.span)?;
        let place = by.column.json.as_deref().map(|written| JsonPlace::read(written, None));
        let via = place.map_or(Via::Columns, Via::Json);
        let columns = std::slice::from_ref(column);
        let held = |writer: &mut Writer| {
            writer.push("SELECT rtrim(CAST(k0 AS TEXT), '/')");
            writer.push(if is_prefix { " || '/'" } else { "" });
            writer.push(" AS name, 0 AS how FROM (");
            naming(writer, (columns, &via), columns, table, &|writer| {
                writer.table(table);
            });
            writer.push(") AS sexton_h WHERE rtrim(CAST(k0 AS TEXT), '/') <> ''");
        };
        keys_of(writer, self.root, bare, &held);
        Ok(())
    }
}

/// What a rule's rows name: objects, prefixes, and the manifest.
fn named_by(rule: &ObjectRule) -> impl Iterator<Item = (NamesBy, &Located<Text>)> {
    let manifest = rule.manifest.iter().map(|manifest| (NamesBy::Key, &manifest.key));
    rule.templates().chain(manifest)
}

/// Whether a condition says something of a row alone, and not of who deletes what.
fn speaks_of_rows(fragment: &Fragment) -> bool {
    fragment.parts.iter().all(|part| match part {
        Part::Text(_) => true,
        Part::Placeholder(placeholder) => matches!(placeholder, Placeholder::Now { .. }),
    })
}

/// All arms as one statement, so that the database brings them into one order.
fn together(
    dialect: Dialect,
    arms: &[Arm],
    binds: Vec<Bind>,
    range: Option<(&str, &str)>,
    policy: &Policy,
) -> Option<Statement> {
    let table = &policy.objects.first()?.of.value;
    if arms.is_empty() {
        return None;
    }
    let mut writer = Writer::continuing(dialect, binds);
    let by_bytes = match dialect {
        Dialect::Postgres => " COLLATE \"C\"",
        Dialect::Sqlite => " COLLATE BINARY",
    };
    writer.push("SELECT name, arm, how FROM (");
    for (at, arm) in arms.iter().enumerate() {
        writer.push(if at > 0 { " UNION ALL SELECT name, " } else { "SELECT name, " });
        let number = i64::try_from(at).unwrap_or(i64::MAX);
        writer.number(number).push(" AS arm, how FROM (").written(&arm.written);
        writer.push(") AS ").numbered("sexton_a", at);
    }
    writer.push(") AS sexton_n WHERE name IS NOT NULL");
    if let Some((first, last)) = range {
        let bound = |writer: &mut Writer, text: &str| {
            writer.bind(Bind::Literal(Scalar::text(text)), None);
        };
        writer.push(" AND name").push(by_bytes).push(" <= ");
        bound(&mut writer, last);
        // What stands before the first key accounts for one only as the beginning of the first.
        writer.push(" AND (name").push(by_bytes).push(" >= ");
        bound(&mut writer, first);
        writer.push(" OR substr(");
        bound(&mut writer, first);
        writer.push(", 1, length(name)) = name)");
    }
    writer.push(" ORDER BY name").push(by_bytes);
    Some(writer.finish("read the names of objects, first of", table))
}

impl NamedIn {
    /// A name as it was read; nothing of a row that is none. What the engine would refuse as a name
    /// accounts for what it is and promises nothing.
    pub fn read(&self, row: &[Scalar]) -> Option<NameRead> {
        let [Scalar::Text(name), by, how] = row else { return None };
        let by = usize::try_from(by.as_integer()?).ok()?;
        let is_prefix = self.by.get(by)?.is_prefix;
        let is_none = if is_prefix {
            Prefix::new(name.as_str()).is_err() || self.is_wide(name)
        } else {
            ObjectKey::new(name.as_str()).is_err()
        };
        let how = how.as_integer()?;
        let how = if is_none && how < REFUSED { REFUSED } else { how };
        Some(NameRead { name: name.clone(), by, is_prefix, how })
    }

    /// Whether a prefix holds all that some rule names.
    fn is_wide(&self, prefix: &str) -> bool {
        self.heads.iter().any(|(head, _)| head.starts_with(prefix))
    }

    /// Whether what stands behind a prefix of this one is not accounted for by it.
    pub fn is_pooled(&self, by: usize, rest: &str) -> bool {
        let but = self.by.get(by).and_then(|of| of.but.as_ref());
        but.is_some_and(|but| but.is_name(rest))
    }

    /// The rule whose names begin as this key does, with the longest beginning.
    pub fn rule_of(&self, key: &str) -> Option<&ObjectRuleName> {
        let begins = self.heads.iter().filter(|(head, _)| key.starts_with(head.as_str()));
        // Of equals the first of the file.
        begins.rev().max_by_key(|(head, _)| head.len()).map(|(_, rule)| rule)
    }
}
