//! Reads `[routes."METHOD /path"]`: what the application's own routes do.

use toml::de::DeValue;

use super::path::Path;
use super::placed::Placed;
use super::sql::Form;
use super::table::{Entry, Reader, Table, suggestion};
use super::{codes, route_path};
use crate::finding::{Finding, Located};
use crate::names::{OptionName, RouteName, ThingName};
use crate::policy::{
    Branch, Deed, Given, IdsGiven, Order, Outcome, Over, Page, Replies, Route, Verb,
};

const KEYS: [&str; 12] = [
    "does",
    "if",
    "options",
    "tenant",
    "roles",
    "ids",
    "where",
    "parent",
    "order",
    "page",
    "over",
    "wait_objects",
];

/// So long an answer may wait for objects: whoever waits longer is cut off by somebody between.
const WAIT_OBJECTS_SECS_MAX: i64 = 60;
/// The word of a rule of retention.
const RETENTION: &str = "retention";

const UNITS: [(&str, i64); 4] =
    [("seconds", 1), ("minutes", 60), ("hours", 60 * 60), ("days", 24 * 60 * 60)];

impl<'t> Reader<'t> {
    /// All routes of the section, in the file's order.
    pub fn routes(&mut self, section: &Entry<'t>) -> Vec<Route> {
        let Some(table) = self.table(section) else { return Vec::new() };
        table.entries.iter().filter_map(|entry| self.route(entry)).collect()
    }

    fn route(&mut self, entry: &Entry<'t>) -> Option<Route> {
        let name = self.placed(entry.name, entry.name_span);
        let read = route_path::read(&name);
        let path = self.take(read);
        let table = self.table(entry)?;
        // Everything is read before anything is given up, so that no mistake waits for another.
        let does = table.get("does").map(|entry| self.deed(entry));
        let branches = table.get("if").map(|entry| self.branches(entry)).unwrap_or_default();
        if does.is_none() && table.get("if").is_none() && !self.is_variant {
            self.missing(Some(entry.name_span), format!("`{}` needs `does`, or `if`", entry.path));
        }
        let options = table.get("options").map(|entry| self.options_given(entry));
        let sql = |reader: &mut Self, name, form| {
            table.get(name).and_then(|entry| reader.sql(entry, form))
        };
        let tenant = sql(self, "tenant", Form::Marked);
        let (filter, parent) = (sql(self, "where", Form::Bare), sql(self, "parent", Form::Bare));
        let roles = table.get("roles").map(|entry| self.route_roles(entry));
        let order = table.get("order").map(|entry| self.order(entry));
        let ids = table.get("ids").and_then(|entry| self.ids(entry));
        let page = table.get("page").and_then(|entry| self.page(entry));
        let over = table.get("over").and_then(|entry| self.over(entry));
        let wait = table.get("wait_objects").and_then(|entry| self.wait_objects(entry));
        let replies = self.replies_of(&table);
        let (method, path) = path?;
        let keys = table.entries.iter();
        Some(Route {
            name: RouteName::new(entry.name),
            method,
            path,
            does: does.flatten(),
            branches,
            options: options.unwrap_or_default(),
            tenant,
            roles,
            ids,
            filter,
            parent,
            order: order.unwrap_or_default(),
            page: page.unwrap_or_default(),
            over,
            wait_objects_secs: wait,
            replies,
            keys: keys.map(|key| Located::new(key.name.to_owned(), key.name_span)).collect(),
            span: entry.name_span,
        })
    }

    /// The outcomes among the keys of a route; any other key that no route has is refused.
    fn replies_of(&mut self, table: &Table<'t>) -> Replies {
        let mut replies = Replies::default();
        for entry in table.entries.iter().filter(|entry| !KEYS.contains(&entry.name)) {
            if !self.outcome(entry, &mut replies) {
                let outcomes = Outcome::ALL.map(Outcome::as_str);
                self.unknown_key(entry, &[&KEYS[..], &outcomes[..]].concat());
            }
        }
        replies
    }

    /// `delete batch`, or `retention old-runs`.
    pub(super) fn deed(&mut self, entry: &Entry<'t>) -> Option<Located<Deed>> {
        let placed = self.placed_value(entry)?;
        self.deed_written(&placed, &entry.path)
    }

    /// The same, wherever it is written.
    pub(super) fn deed_written(&mut self, placed: &Placed, path: &str) -> Option<Located<Deed>> {
        let refuse = |reader: &mut Self, message: String, help: String| {
            let finding = Finding::error(codes::BAD_DEED, Some(placed.all()), message);
            reader.refuse(finding.help(help));
            None
        };
        let verbs = || Verb::ALL.map(Verb::as_str).into_iter().chain([RETENTION]);
        let mut words = placed.text.split_whitespace();
        let (Some(verb), Some(object), None) = (words.next(), words.next(), words.next()) else {
            let message = format!("`{path}` is a verb and what it is about");
            return refuse(self, message, suggestion(&placed.text, verbs()));
        };
        let deed = match Verb::ALL.into_iter().find(|known| known.as_str() == verb) {
            Some(verb) => Deed::To(verb, ThingName::new(object)),
            None if verb == RETENTION => Deed::Retention(object.to_owned()),
            None => {
                let message = format!("nothing can `{verb}`");
                return refuse(self, message, suggestion(verb, verbs()));
            }
        };
        Some(Located::new(deed, placed.all()))
    }

    /// `{ "query.purge" = { "true" = "delete-for-good snapshot" } }`.
    fn branches(&mut self, entry: &Entry<'t>) -> Vec<Branch> {
        let Some(table) = self.table(entry) else { return Vec::new() };
        if table.entries.is_empty() {
            self.empty::<()>(entry.span, format!("`{}` says nothing", entry.path));
        }
        let mut branches = Vec::new();
        for entry in &table.entries {
            let key = self.placed(entry.name, entry.name_span);
            let given = self.given_in(&key);
            let Some(values) = self.table(entry) else { continue };
            for value in &values.entries {
                let does = self.deed(value);
                if let (Some(given), Some(does)) = (&given, does) {
                    let value = Located::new(value.name.to_owned(), value.name_span);
                    branches.push(Branch { given: given.clone(), value, does });
                }
            }
        }
        branches
    }

    fn options_given(&mut self, entry: &Entry<'t>) -> Vec<(Located<OptionName>, Located<Given>)> {
        let Some(table) = self.table(entry) else { return Vec::new() };
        let option = |entry: &Entry<'t>, reader: &mut Self| {
            let given = reader.given(entry)?;
            Some((Located::new(OptionName::new(entry.name), entry.name_span), given))
        };
        table.entries.iter().filter_map(|entry| option(entry, self)).collect()
    }

    fn given(&mut self, entry: &Entry<'t>) -> Option<Located<Given>> {
        let placed = self.placed_value(entry)?;
        self.given_in(&placed)
    }

    fn given_in(&mut self, placed: &Placed) -> Option<Located<Given>> {
        let given = match placed.text.split_once('.') {
            Some(("query", name)) if !name.is_empty() => Some(Given::Query(name.to_owned())),
            Some(("body", name)) if !name.is_empty() => Some(Given::Body(name.to_owned())),
            _ => None,
        };
        if given.is_none() {
            let message = format!("`{}` is nowhere in a request", placed.text);
            self.refuse(
                Finding::error(codes::BAD_GIVEN, Some(placed.all()), message)
                    .help("a value is taken from `query.NAME` or from `body.NAME`"),
            );
        }
        Some(Located::new(given?, placed.all()))
    }

    fn ids(&mut self, entry: &Entry<'t>) -> Option<IdsGiven> {
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &["from", "max", "unknown"]);
        let from = self.compulsory(&table, "from").and_then(|entry| self.given(entry));
        let max = table.get("max").and_then(|entry| {
            let max = self.integer(entry)?;
            let fits = usize::try_from(max).ok().filter(|max| (1..=IdsGiven::MAX).contains(max));
            fits.or_else(|| self.bad_number(entry, "must be from 1 to 1000"))
        });
        let unknown = table.get("unknown");
        let skips = unknown.and_then(|e| self.choice(e, &[("missing", false), ("skip", true)]));
        Some(IdsGiven {
            from: from?,
            max: max.unwrap_or(IdsGiven::MAX),
            skips_unknown: skips.unwrap_or(false),
        })
    }

    /// `["created_at desc", "id"]`.
    pub(super) fn order(&mut self, entry: &Entry<'t>) -> Vec<Located<Order>> {
        if matches!(entry.value, DeValue::String(_)) {
            return self.ordering(entry).into_iter().collect();
        }
        let items = self.list(entry, "columns").unwrap_or_default();
        items.iter().filter_map(|item| self.ordering(item)).collect()
    }

    fn ordering(&mut self, entry: &Entry<'t>) -> Option<Located<Order>> {
        let placed = self.placed_value(entry)?;
        let trimmed = placed.trimmed();
        let (length, descending) = match trimmed.text.rsplit_once(char::is_whitespace) {
            Some((column, word)) if word.eq_ignore_ascii_case("desc") => (column.len(), true),
            Some((column, word)) if word.eq_ignore_ascii_case("asc") => (column.len(), false),
            _ => (trimmed.text.len(), false),
        };
        let column = self.take(Path::read(&trimmed.slice(0..length).trimmed()))?;
        let column = self.take(column.column())?;
        Some(Located::new(Order { column, descending }, placed.all()))
    }

    fn page(&mut self, entry: &Entry<'t>) -> Option<Page> {
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &["limit", "max", "lenient"]);
        let page = Page::default();
        let number = |reader: &mut Self, name| {
            let entry = table.get(name)?;
            let number = reader.integer(entry)?;
            let fits = u64::try_from(number).ok().filter(|number| (1..=10_000).contains(number));
            fits.or_else(|| reader.bad_number(entry, "must be from 1 to 10000"))
        };
        let (limit, max) = (number(self, "limit"), number(self, "max"));
        let lenient = table.get("lenient").and_then(|entry| self.boolean(entry));
        let limit = limit.unwrap_or(page.limit);
        Some(Page {
            limit,
            max: max.unwrap_or(page.max).max(limit),
            lenient: lenient.unwrap_or(page.lenient),
        })
    }

    fn over(&mut self, entry: &Entry<'t>) -> Option<Over> {
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &["from", "unit", "min"]);
        let from = self.compulsory(&table, "from").and_then(|entry| self.given(entry));
        let unit = self.compulsory(&table, "unit").and_then(|entry| self.choice(entry, &UNITS));
        let min = table.get("min").and_then(|entry| self.integer(entry));
        Some(Over { from: from?, unit_secs: unit?, min: min.unwrap_or(0) })
    }

    fn wait_objects(&mut self, entry: &Entry<'t>) -> Option<u64> {
        let secs = self.duration(entry, "10s")?;
        let fits = (0..=WAIT_OBJECTS_SECS_MAX).contains(&secs);
        if !fits {
            return self.bad_number(entry, "must be at most 60s");
        }
        Some(secs.unsigned_abs())
    }

    fn route_roles(&mut self, entry: &Entry<'t>) -> Vec<Located<String>> {
        let items = self.list(entry, "roles").unwrap_or_default();
        items.iter().filter_map(|item| self.string(item)).collect()
    }
}
