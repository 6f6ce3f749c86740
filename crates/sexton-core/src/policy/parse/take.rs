//! Reads `[takes]`: what goes with the left of a reference.

use toml::de::DeValue;

use super::arrow::{self, Arrow};
use super::codes;
use super::reference::is_same;
use super::sql::Form;
use super::table::{Entry, Reader};
use crate::finding::Finding;
use crate::policy::{Fate, Reference, Sql, Take, TakeRule};

const RULES: [(&str, TakeRule); 2] =
    [("always", TakeRule::Always), ("when-last", TakeRule::WhenLast)];

impl<'t> Reader<'t> {
    /// All lines of the section, in the file's order.
    pub fn takes(&mut self, section: &Entry<'t>) -> Vec<Take> {
        let Some(table) = self.table(section) else {
            return Vec::new();
        };
        let mut takes: Vec<Take> = Vec::new();
        for line in &table.entries {
            let (arrows, mut findings) = arrow::read(&self.placed(line.name, line.name_span));
            self.findings.append(&mut findings);
            let Some((rule, filter)) = self.take_rule(line) else {
                continue;
            };
            for arrow in arrows {
                let take = Take { reference: taking(arrow, filter.clone()), rule };
                if takes.iter().any(|first| is_same(&first.reference, &take.reference)) {
                    let text = &take.reference.text;
                    let message = format!("`{text}` is written twice under [takes]");
                    let span = Some(take.reference.span);
                    self.refuse(Finding::error(codes::DUPLICATE_REFERENCE, span, message));
                } else {
                    takes.push(take);
                }
            }
        }
        takes
    }

    /// `"always"`, or `{ rule = "always", where = SQL }`.
    fn take_rule(&mut self, entry: &Entry<'t>) -> Option<(TakeRule, Option<Sql>)> {
        let DeValue::Table(_) = entry.value else {
            return Some((self.choice(entry, &RULES)?, None));
        };
        let table = self.table(entry)?;
        self.refuse_unknown(&table, &["rule", "where"]);
        let rule = self.compulsory(&table, "rule").and_then(|entry| self.choice(entry, &RULES));
        let filter = table.get("where").and_then(|entry| self.sql(entry, Form::Bare));
        Some((rule?, filter))
    }
}

fn taking(arrow: Arrow, filter: Option<Sql>) -> Reference {
    let Arrow { child, columns, parent, parent_key, text, span } = arrow;
    Reference {
        child,
        columns,
        parent,
        parent_key,
        fate: Fate::Keep,
        switched_by: Vec::new(),
        filter,
        cast: None,
        say: None,
        orphans: false,
        text,
        span,
    }
}
