//! Reads a whole file: hands each section to its reader and notes those that are read over.

use toml::de::DeTable;

use super::codes;
use super::table::{Entry, Reader, Table, suggestion};
use crate::finding::{Finding, Located};
use crate::names::SystemName;
use crate::policy::{AuditRule, CheckRule, Policy};

const BUILT: [&str; 23] = [
    "like",
    "system",
    "database",
    "schema",
    "stores",
    "things",
    "references",
    "takes",
    "guards",
    "derived",
    "work",
    "fence",
    "pools",
    "objects",
    "hooks",
    "retention",
    "events",
    "replies",
    "routes",
    "lists",
    "panels",
    "audit",
    "check",
];

/// Sections that are read over and change nothing about what a deletion does to rows.
const UNBUILT_EXTRAS: [&str; 1] = ["quota"];

/// The policy that the file says, laid over those that it is like; nothing if it does not even
/// name its system. Unless the files are `whole`, what they lack is not missed.
pub(super) fn read<'t>(
    reader: &mut Reader<'t>,
    files: &[&'t DeTable<'t>],
    whole: bool,
) -> Option<Policy> {
    let root = Reader::root(files);
    let like = root.get("like");
    reader.is_variant = like.is_some() && !whole;
    if let Some(like) = like
        && reader.string(like).is_some()
        && !whole
    {
        reader.read_over("like", true, like.name_span);
    }
    for entry in &root.entries {
        if UNBUILT_EXTRAS.contains(&entry.name) {
            reader.section_read_over(entry);
        } else if !BUILT.contains(&entry.name) {
            reader.unknown_section(entry);
        }
    }
    let text =
        |reader: &mut Reader<'t>, name| root.get(name).and_then(|entry| reader.string(entry));
    let system = reader.system(&root);
    let (database, schema) = (text(reader, "database"), text(reader, "schema"));
    let stores = root.get("stores").map(|entry| reader.stores(entry));
    let things = root.get("things").map(|entry| reader.things(entry));
    let references = root.get("references").map(|entry| reader.references(entry));
    let takes = root.get("takes").map(|entry| reader.takes(entry));
    let guards = root.get("guards").map(|entry| reader.guards(entry));
    let derived = root.get("derived").map(|entry| reader.derived(entry));
    let work = root.get("work").map(|entry| reader.work(entry));
    let fence = root.get("fence").and_then(|entry| reader.fence(entry));
    let pools = root.get("pools").map(|entry| reader.pools(entry));
    let objects = root.get("objects").map(|entry| reader.objects(entry));
    let hooks = root.get("hooks").map(|entry| reader.hooks(entry));
    let retention = root.get("retention").map(|entry| reader.retention(entry));
    let known = things.as_deref().unwrap_or_default();
    let events = root.get("events").map(|entry| reader.events(entry, known));
    let replies = root.get("replies").map(|entry| reader.replies(entry));
    let routes = root.get("routes").map(|entry| reader.routes(entry));
    let lists = root.get("lists").map(|entry| reader.lists(entry));
    let panels = root.get("panels").map(|entry| reader.panels(entry));
    let audit = root.get("audit").map(|entry| reader.audit(entry));
    let check = root.get("check").map(|entry| reader.check(entry));
    reader.unbuilt.sort_by_key(|unbuilt| unbuilt.span);
    Some(Policy {
        system: system?,
        database,
        schema,
        stores: stores.unwrap_or_default(),
        things: things.unwrap_or_default(),
        references: references.unwrap_or_default(),
        takes: takes.unwrap_or_default(),
        guards: guards.unwrap_or_default(),
        derived: derived.unwrap_or_default(),
        work: work.unwrap_or_default(),
        fence,
        pools: pools.unwrap_or_default(),
        objects: objects.unwrap_or_default(),
        hooks: hooks.unwrap_or_default(),
        retention: retention.unwrap_or_default(),
        events: events.unwrap_or_default(),
        replies: replies.unwrap_or_default(),
        routes: routes.unwrap_or_default(),
        lists: lists.unwrap_or_default(),
        panels: panels.unwrap_or_default(),
        audit: audit.unwrap_or_default(),
        check: check.unwrap_or_default(),
        unbuilt: std::mem::take(&mut reader.unbuilt),
    })
}

impl<'t> Reader<'t> {
    fn system(&mut self, root: &Table<'t>) -> Option<SystemName> {
        let Some(entry) = root.get("system") else {
            self.missing(None, "the file needs `system`: the name of the system".to_owned());
            return None;
        };
        let name = self.placed_value(entry)?;
        self.check_name(&name.text, name.all(), "a system");
        Some(SystemName::new(name.text))
    }

    fn section_read_over(&mut self, section: &Entry<'t>) {
        let Some(table) = self.table(section) else {
            return;
        };
        for part in &table.entries {
            self.read_over(&part.path, false, part.name_span);
        }
    }

    fn unknown_section(&mut self, entry: &Entry<'t>) {
        let known = [&BUILT[..], &UNBUILT_EXTRAS].concat();
        let message = format!("`{}` is not a section of the language", entry.path);
        self.refuse(
            Finding::error(codes::UNKNOWN_SECTION, Some(entry.name_span), message)
                .help(suggestion(entry.name, known.into_iter())),
        );
    }

    fn audit(&mut self, section: &Entry<'t>) -> AuditRule {
        let Some(table) = self.table(section) else {
            return AuditRule::default();
        };
        self.refuse_unknown(&table, &["root_id_key"]);
        let root_id_key = table.get("root_id_key").and_then(|entry| self.env(entry));
        AuditRule { root_id_key }
    }

    /// The entry's value as `env:NAME`, because a secret must not stand in the file.
    pub(super) fn env(&mut self, entry: &Entry<'t>) -> Option<Located<String>> {
        let placed = self.placed_value(entry)?;
        let belongs = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_env = |name: &str| !name.is_empty() && name.chars().all(belongs);
        if !placed.text.strip_prefix("env:").is_some_and(is_env) {
            let message = format!("`{}` must name a variable of the environment", entry.path);
            self.refuse(
                Finding::error(codes::NOT_ENV, Some(placed.all()), message)
                    .help("write \"env:NAME\": the secret itself must not stand in the file"),
            );
            return None;
        }
        Some(Located::new(placed.text.clone(), placed.all()))
    }

    fn check(&mut self, section: &Entry<'t>) -> CheckRule {
        let mut rule = CheckRule::default();
        let Some(table) = self.table(section) else {
            return rule;
        };
        self.refuse_unknown(&table, &["unindexed_rows_max"]);
        let limit = table.get("unindexed_rows_max").and_then(|entry| {
            let number = self.integer(entry)?;
            u64::try_from(number).ok().or_else(|| self.bad_number(entry, "must not be negative"))
        });
        rule.unindexed_rows_max = limit.unwrap_or(rule.unindexed_rows_max);
        rule
    }
}
