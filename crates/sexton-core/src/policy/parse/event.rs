//! Reads `[events.NAME]`: lines of the log about what is deleted.

use super::codes;
use super::path::Path;
use super::sql::Form as Marks;
use super::table::{Entry, Reader, suggestion};
use crate::finding::{Finding, Located};
use crate::line::Failing;
use crate::names::{EventName, GuardName, TableName, ThingName};
use crate::policy::{Event, EventOf, On, Thing};
use crate::template::{Field, Filter, Form};

const KEYS: [&str; 4] = ["of", "on", "where", "fields"];

/// Moments that are told.
const MOMENTS: [(&str, On); 9] = [
    ("committed", On::Committed),
    ("reaped", On::Reaped),
    ("reaped or waited", On::ReapedOrWaited),
    ("cancelled", On::Cancelled),
    ("refused", On::Refused(None)),
    ("failed", On::Failed),
    ("key failed", On::Failing(Failing::Key)),
    ("store failed", On::Failing(Failing::Store)),
    ("manifest unreadable", On::Failing(Failing::Manifest)),
];

/// What an event says of what is not built yet.
const UNBUILT_WORD: &str = "lists";

impl<'t> Reader<'t> {
    /// All events of the section, in the file's order.
    pub fn events(&mut self, section: &Entry<'t>, things: &[Thing]) -> Vec<Event> {
        let Some(table) = self.table(section) else {
            return Vec::new();
        };
        table.entries.iter().filter_map(|entry| self.event(entry, things)).collect()
    }

    fn event(&mut self, entry: &Entry<'t>, things: &[Thing]) -> Option<Event> {
        if entry.name.is_empty() {
            self.empty::<()>(entry.name_span, "the name of an event is empty".to_owned());
        }
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &KEYS);
        // Everything is read before anything is given up, so that no mistake waits for another.
        let of = self.compulsory(&table, "of").and_then(|entry| self.event_of(entry, things));
        let on = self.compulsory(&table, "on").map(|entry| (entry.span, self.on(entry)));
        let fields = self.compulsory(&table, "fields").and_then(|entry| self.fields(entry));
        let filter = table.get("where").and_then(|entry| self.sql(entry, Marks::Bare));
        let (of, fields, (on_span, on)) = (of?, fields?, on?);
        let on = on?;
        let mut slots = fields.slots().into_iter();
        if slots.any(|slot| slot.path.names.first().is_some_and(|word| word == UNBUILT_WORD)) {
            self.read_over(entry.path.as_str(), false, entry.name_span);
            return None;
        }
        Some(Event {
            name: EventName::new(entry.name),
            of,
            on: Located::new(on, on_span),
            filter,
            fields,
            span: entry.name_span,
        })
    }

    /// A thing, a table, or a table of a thing; things come first.
    fn event_of(&mut self, entry: &Entry<'t>, things: &[Thing]) -> Option<Located<EventOf>> {
        let placed = self.placed_value(entry)?;
        let is_thing = |name: &str| things.iter().any(|thing| thing.name.as_str() == name);
        let thing = match placed.text.split_once('.') {
            None if is_thing(&placed.text) => {
                let of = EventOf::Thing(ThingName::new(placed.text.as_str()));
                return Some(Located::new(of, placed.all()));
            }
            Some((thing, _)) if is_thing(thing) => Some(ThingName::new(thing)),
            _ => None,
        };
        let from = thing.as_ref().map_or(0, |thing| thing.as_str().len() + 1);
        let name = placed.slice(from..placed.text.len());
        let table: TableName = self.take(Path::read(&name).and_then(Path::table))?;
        Some(Located::new(EventOf::Rows { thing, table }, placed.all()))
    }

    fn on(&mut self, entry: &Entry<'t>) -> Option<On> {
        let written = self.string(entry)?.value;
        if let Some((_, on)) = MOMENTS.iter().find(|(word, _)| *word == written) {
            return Some(on.clone());
        }
        if let Some(guard) = written.strip_prefix("refused by ").filter(|guard| !guard.is_empty()) {
            return Some(On::Refused(Some(GuardName::new(guard))));
        }
        let known = MOMENTS.iter().map(|(word, _)| *word).chain(["refused by GUARD"]);
        let message = format!("`{}` cannot be \"{written}\"", entry.path);
        self.refuse(
            Finding::error(codes::BAD_CHOICE, Some(entry.span), message)
                .help(suggestion(&written, known)),
        );
        None
    }

    /// Names and values; a line of the log is flat.
    fn fields(&mut self, entry: &Entry<'t>) -> Option<Form> {
        let table = self.table(entry)?;
        let read: Vec<Option<Field>> =
            table.entries.iter().map(|entry| self.flat_field(entry)).collect();
        let fields = read.into_iter().collect::<Option<Vec<_>>>()?;
        let form = Form::Table(fields);
        let paths: Vec<_> = form
            .slots()
            .iter()
            .filter(|s| s.filter == Some(Filter::Path))
            .map(|s| s.span)
            .collect();
        for span in paths {
            let message = "`|path` is for keys of objects: here a value may be any text";
            self.refuse(Finding::error(codes::BAD_TEMPLATE, Some(span), message));
        }
        Some(form)
    }
}
