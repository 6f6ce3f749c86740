//! Reads `[things.NAME]`: what a person may ask to delete.
//!
//! A thing's own keys are read first and laid over those of the thing that it is `like`, each
//! replaced whole. Reading before laying over keeps a mistake in an inherited key single.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::codes;
use super::likeness::Likes;
use super::path::{self, Path};
use super::sql::Form;
use super::table::{Entry, Reader, Table};
use crate::finding::{Finding, Located, Span};
use crate::names::{ColumnName, ObjectRuleName, ThingName};
use crate::policy::{
    Assignment, Condition, Confirm, Hide, Limits, Purge, Sql, TableColumns, TenantPath, Thing,
    ThingOption,
};

const KEYS: [&str; 23] = [
    "row",
    "starts",
    "label",
    "tenant",
    "owner",
    "visible",
    "across_tenants",
    "roles",
    "confirm",
    "confirm_text",
    "show",
    "id",
    "find",
    "like",
    "only",
    "refuse",
    "options",
    "limits",
    "digest",
    "removes",
    "set",
    "hide",
    "purge",
];

/// Keys that are read over, and whether a deletion without them is less safe.
const UNBUILT_KEYS: [(&str, bool); 1] = [("undo", true)];

const CONFIRMS: [(&str, Confirm); 2] = [("type-id", Confirm::TypeId), ("click", Confirm::Click)];

/// Whether the digest also hashes the keys of leaves.
const DIGESTS: [(&str, bool); 2] = [("keys", false), ("rows", true)];

/// The keys of one thing, its own or laid over another's.
#[derive(Clone, Default)]
struct Keys {
    row: Option<Located<TableColumns>>,
    starts: Option<Vec<Located<TableColumns>>>,
    label: Option<Located<ColumnName>>,
    tenant: Option<Located<TenantPath>>,
    owner: Option<Located<ColumnName>>,
    visible: Option<Sql>,
    across_tenants: Option<bool>,
    roles: Option<Vec<Located<String>>>,
    confirm: Option<Confirm>,
    confirm_text: Option<String>,
    show: Option<Vec<Located<ColumnName>>>,
    strip: Option<String>,
    find: Option<Sql>,
    only: Option<Vec<Located<Condition>>>,
    refuse: Option<Vec<Located<Condition>>>,
    options: Option<Vec<ThingOption>>,
    limits: Option<Limits>,
    digest_rows: Option<bool>,
    removes: Option<Vec<Located<ObjectRuleName>>>,
    set: Option<Vec<Assignment>>,
    hide: Option<Hide>,
    purge: Option<Purge>,
    /// The names of the keys that stand there, read or not.
    written: Vec<&'static str>,
    /// What is read over: the key below the thing, whether it makes safer, where it stands.
    unbuilt: BTreeMap<&'static str, (bool, Span)>,
}

impl Keys {
    fn has(&self, name: &str) -> bool {
        self.written.contains(&name)
    }

    /// These keys, and those of `base` that do not stand here.
    fn over(self, base: &Self, like: Span) -> Self {
        let mut unbuilt = self.unbuilt;
        for (key, (makes_safer, _)) in &base.unbuilt {
            if !self.written.contains(key) {
                unbuilt.insert(key, (*makes_safer, like));
            }
        }
        let base = base.clone();
        Self {
            row: self.row.or(base.row),
            starts: self.starts.or(base.starts),
            label: self.label.or(base.label),
            tenant: self.tenant.or(base.tenant),
            owner: self.owner.or(base.owner),
            visible: self.visible.or(base.visible),
            across_tenants: self.across_tenants.or(base.across_tenants),
            roles: self.roles.or(base.roles),
            confirm: self.confirm.or(base.confirm),
            confirm_text: self.confirm_text.or(base.confirm_text),
            show: self.show.or(base.show),
            strip: self.strip.or(base.strip),
            find: self.find.or(base.find),
            only: self.only.or(base.only),
            refuse: self.refuse.or(base.refuse),
            options: self.options.or(base.options),
            limits: self.limits.or(base.limits),
            digest_rows: self.digest_rows.or(base.digest_rows),
            removes: self.removes.or(base.removes),
            set: self.set.or(base.set),
            hide: self.hide.or(base.hide),
            purge: self.purge.or(base.purge),
            written: [self.written, base.written].concat(),
            unbuilt,
        }
    }

    fn into_thing(self, name: &str, span: Span) -> Thing {
        Thing {
            name: ThingName::new(name),
            span,
            row: self.row,
            starts: self.starts.unwrap_or_default(),
            label: self.label,
            tenant: self.tenant,
            owner: self.owner,
            visible: self.visible,
            across_tenants: self.across_tenants.unwrap_or_default(),
            roles: self.roles.unwrap_or_default(),
            confirm: self.confirm.unwrap_or(Confirm::Click),
            confirm_text: self.confirm_text,
            show: self.show.unwrap_or_default(),
            strip: self.strip,
            find: self.find,
            only: self.only.unwrap_or_default(),
            refuse: self.refuse.unwrap_or_default(),
            options: self.options.unwrap_or_default(),
            limits: self.limits.unwrap_or_default(),
            digest_rows: self.digest_rows.unwrap_or_default(),
            removes: self.removes.unwrap_or_default(),
            set: self.set.unwrap_or_default(),
            hide: self.hide,
            purge: self.purge,
        }
    }
}

impl<'t> Reader<'t> {
    /// All things of the section, in the file's order.
    pub fn things(&mut self, section: &Entry<'t>) -> Vec<Thing> {
        let Some(table) = self.table(section) else {
            return Vec::new();
        };
        let mut own = BTreeMap::new();
        let mut likes = Likes::new();
        let mut order = Vec::new();
        for entry in &table.entries {
            self.check_name(entry.name, entry.name_span, "a thing");
            let Some(thing) = self.table(entry) else {
                continue;
            };
            let like = thing.get("like").and_then(|entry| self.string(entry));
            own.insert(entry.name, self.keys(&thing));
            likes.insert(entry.name.to_owned(), like);
            order.push((entry.name, thing.span));
        }
        let thing = |(name, span)| self.thing(name, span, &own, &likes);
        order.into_iter().filter_map(thing).collect()
    }

    fn thing(
        &mut self,
        name: &str,
        span: Span,
        own: &BTreeMap<&str, Keys>,
        likes: &Likes,
    ) -> Option<Thing> {
        let ancestors = self.ancestors(name, likes);
        let mut keys = own[name].clone();
        let like = likes[name].as_ref().map_or(span, |like| like.span);
        for ancestor in ancestors.iter().flatten() {
            keys = keys.over(&own[ancestor.as_str()], like);
        }
        for (key, (makes_safer, span)) in &keys.unbuilt {
            self.read_over(format!("things.{name}.{key}"), *makes_safer, *span);
        }
        ancestors?;
        if keys.has("row") || keys.has("starts") {
            // A `hide` that cannot be read is told of by itself.
            if !keys.has("hide") || keys.hide.is_some() {
                self.refuse_at_odds(keys.hide.as_ref(), keys.purge.as_ref(), name);
            }
            return Some(keys.into_thing(name, span));
        }
        // The rest of a variant's thing stands in the other file; and whoever is like a thing
        // without a row need not be told what that one is told.
        if !self.is_variant && !keys.has("like") {
            self.missing(Some(span), format!("`things.{name}` needs `row`, or `starts`"));
        }
        None
    }

    /// `{ strip = "resp_" }`.
    fn strip(&mut self, entry: &Entry<'t>) -> Option<String> {
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &["strip"]);
        let strip = self.compulsory(&table, "strip")?;
        let written = self.string(strip)?;
        if written.value.trim().is_empty() {
            return self.empty(written.span, format!("`{}` is empty", strip.path));
        }
        Some(written.value)
    }

    /// Refuses a name that could not stand in a path, a command or an address.
    pub fn check_name(&mut self, name: &str, span: Span, whose: &str) {
        let mut chars = name.chars();
        let belongs = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
        if name.is_empty() {
            self.empty::<()>(span, format!("the name of {whose} is empty"));
        } else if !(chars.next().is_some_and(|c| c.is_ascii_lowercase()) && chars.all(belongs)) {
            let message = format!("`{name}` cannot be the name of {whose}");
            self.refuse(
                Finding::error(codes::BAD_NAME, Some(span), message)
                    .help("a name is a small letter, then small letters, digits, `_` and `-`"),
            );
        }
    }

    fn keys(&mut self, thing: &Table<'t>) -> Keys {
        let mut keys = Keys::default();
        for entry in &thing.entries {
            if let Some(key) = KEYS.iter().find(|key| **key == entry.name) {
                keys.written.push(key);
                self.key(entry, &mut keys);
            } else if let Some((key, makes_safer)) =
                UNBUILT_KEYS.iter().find(|(key, _)| *key == entry.name)
            {
                keys.written.push(key);
                keys.unbuilt.insert(key, (*makes_safer, entry.name_span));
            } else {
                let unbuilt = UNBUILT_KEYS.iter().map(|(key, _)| *key);
                let known: Vec<_> = KEYS.into_iter().chain(unbuilt).collect();
                self.unknown_key(entry, &known);
            }
        }
        keys
    }

    fn key(&mut self, entry: &Entry<'t>, keys: &mut Keys) {
        match entry.name {
            "row" => keys.row = self.table_columns(entry),
            "starts" => keys.starts = self.list_of(entry, "columns", Self::table_columns),
            "label" => keys.label = self.column(entry),
            "tenant" => keys.tenant = self.tenant(entry),
            "owner" => keys.owner = self.column(entry),
            "visible" => keys.visible = self.sql(entry, Form::Bare),
            "across_tenants" => keys.across_tenants = self.boolean(entry),
            "roles" => keys.roles = self.list_of(entry, "roles", Self::string),
            "confirm" => keys.confirm = self.choice(entry, &CONFIRMS),
            "confirm_text" => keys.confirm_text = self.sentence(entry),
            "show" => keys.show = self.list_of(entry, "columns", Self::column),
            "id" => keys.strip = self.strip(entry),
            "find" => keys.find = self.sql(entry, Form::Bare),
            "only" => keys.only = self.conditions(entry),
            "refuse" => keys.refuse = self.conditions(entry),
            "options" => keys.options = self.options(entry),
            "limits" => keys.limits = self.limits(entry),
            "digest" => keys.digest_rows = self.choice(entry, &DIGESTS),
            "removes" => keys.removes = self.list_of(entry, "rules", Self::object_rule_name),
            "set" => keys.set = self.assignments(entry),
            "hide" => keys.hide = self.hide(entry),
            "purge" => keys.purge = self.purge(entry),
            // `like` is read before, because all of them must be known.
            _ => {}
        }
    }

    /// The items of a list, those that can be read.
    fn list_of<T>(
        &mut self,
        entry: &Entry<'t>,
        of: &str,
        read: fn(&mut Self, &Entry<'t>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = self.list(entry, of)?;
        Some(items.iter().filter_map(|item| read(self, item)).collect())
    }

    /// The entry's value as a table's columns: `table.key` or `table.(a,b)`.
    pub fn table_columns(&mut self, entry: &Entry<'t>) -> Option<Located<TableColumns>> {
        let placed = self.placed_value(entry)?;
        let read = Path::read(&placed).and_then(Path::plain_columns_of_table);
        Some(Located::new(self.take(read)?, placed.all()))
    }

    fn tenant(&mut self, entry: &Entry<'t>) -> Option<Located<TenantPath>> {
        let is_marked = matches!(entry.value, DeValue::String(text) if text.starts_with('='));
        if is_marked || matches!(entry.value, DeValue::Table(_)) {
            let sql = self.sql(entry, Form::Marked)?;
            return Some(Located::new(TenantPath::Sql(sql), entry.span));
        }
        let placed = self.placed_value(entry)?;
        if path::is_sql(&placed.text) {
            let refusal = path::sql_for_column(&placed, &entry.path);
            self.refuse(refusal.help("a path reads `project_id.org_id`; SQL begins with `=`"));
            return None;
        }
        let columns = self.take(Path::read(&placed).and_then(Path::columns))?;
        Some(Located::new(TenantPath::Columns(columns), placed.all()))
    }

    /// `{ SQL = "sentence" }`.
    fn conditions(&mut self, entry: &Entry<'t>) -> Option<Vec<Located<Condition>>> {
        let table = self.table(entry)?;
        let mut conditions = Vec::new();
        for entry in &table.entries {
            let sql = self.sql_of_key(entry);
            if let (Some(sql), Some(say)) = (sql, self.sentence(entry)) {
                conditions.push(Located::new(Condition { sql, say }, entry.name_span));
            }
        }
        Some(conditions)
    }

    fn limits(&mut self, entry: &Entry<'t>) -> Option<Limits> {
        let table = self.table(entry)?;
        let mut limits = Limits::default();
        self.refuse_unknown(&table, &["rows", "percent", "tenants"]);
        limits.percent = table.get("percent").and_then(|entry| self.percent(entry));
        let rows = table.get("rows").and_then(|entry| self.at_least_one(entry));
        limits.rows = rows.unwrap_or(limits.rows);
        limits.tenants = table.get("tenants").and_then(|entry| self.at_least_one(entry));
        Some(limits)
    }

    fn at_least_one(&mut self, entry: &Entry<'t>) -> Option<u64> {
        let number = self.integer(entry)?;
        let most = u64::try_from(number).ok().filter(|most| *most > 0);
        most.or_else(|| self.bad_number(entry, "must be greater than 0"))
    }

    fn percent(&mut self, entry: &Entry<'t>) -> Option<f64> {
        let percent = Some(self.number(entry)?).filter(|share| *share > 0.0 && *share <= 100.0);
        percent.or_else(|| self.bad_number(entry, "must be greater than 0 and at most 100"))
    }
}
