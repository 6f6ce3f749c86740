//! Reads `[panels.NAME]`: lists for the console.

use toml::de::DeValue;

use super::sql::Form;
use super::table::{Entry, Reader};
use crate::finding::{Located, Span};
use crate::names::PanelName;
use crate::policy::{Deed, Panel, PanelAction};

const KEYS: [&str; 4] = ["of", "rows", "order", "actions"];

impl<'t> Reader<'t> {
    /// All panels of the section, in the file's order. People read their names, so these are free.
    pub fn panels(&mut self, section: &Entry<'t>) -> Vec<Panel> {
        let Some(table) = self.table(section) else { return Vec::new() };
        table.entries.iter().filter_map(|entry| self.panel(entry)).collect()
    }

    fn panel(&mut self, entry: &Entry<'t>) -> Option<Panel> {
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &KEYS);
        let of = self.compulsory(&table, "of").and_then(|entry| self.string(entry));
        let rows = table.get("rows").map(|entry| self.table_columns(entry));
        let order = table.get("order").map(|entry| self.order(entry));
        let actions = table.get("actions").map(|entry| self.panel_actions(entry));
        Some(Panel {
            name: PanelName::new(entry.name),
            of: of?,
            rows: rows.map_or(Some(None), |rows| rows.map(Some))?,
            order: order.unwrap_or_default(),
            actions: actions.unwrap_or_default(),
            span: entry.name_span,
        })
    }

    /// `["delete batch"]`, or `{ "delete job" = "status = 'failed'" }`.
    fn panel_actions(&mut self, entry: &Entry<'t>) -> Vec<PanelAction> {
        if !matches!(entry.value, DeValue::Table(_)) {
            let items = self.list(entry, "actions").unwrap_or_default();
            return items
                .iter()
                .filter_map(|item| {
                    let deed = self.deed(item)?;
                    self.action(deed, item.span)
                })
                .collect();
        }
        let Some(table) = self.table(entry) else { return Vec::new() };
        let mut actions = Vec::new();
        for entry in &table.entries {
            let placed = self.placed(entry.name, entry.name_span);
            let when = self.sql(entry, Form::Bare);
            let deed = self.deed_written(&placed, &entry.path);
            let action = deed.and_then(|deed| self.action(deed, entry.name_span));
            actions.extend(action.map(|action| PanelAction { when, ..action }));
        }
        actions
    }

    fn action(&mut self, deed: Located<Deed>, span: Span) -> Option<PanelAction> {
        match deed.value {
            Deed::To(verb, thing) => Some(PanelAction { verb, thing, when: None, span }),
            Deed::Retention(_) => {
                self.empty(span, "a panel acts on rows: a verb and a thing".to_owned())
            }
        }
    }
}
