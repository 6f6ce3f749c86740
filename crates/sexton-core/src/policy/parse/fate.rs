//! Reads what happens to the left of a reference: a fate, or a rule with conditions.

use toml::de::DeValue;

use super::codes;
use super::sql::Form;
use super::table::{Entry, Reader, Table, suggestion};
use crate::finding::{Finding, Located};
use crate::names::{ColumnName, OptionName};
use crate::policy::{Fate, Sql};

const WORDS: [(&str, Fate); 6] = [
    ("delete", Fate::Delete),
    ("unlink", Fate::Unlink),
    ("keep", Fate::Keep),
    ("block", Fate::Block),
    ("derive", Fate::Derive),
    ("review", Fate::Review),
];

/// Fates that need columns, so that they are written as a table.
const TABLES: [&str; 2] = ["set", "anonymize"];

const RULE_KEYS: [&str; 6] = ["rule", "where", "cast", "say", "with", "orphans"];

/// All that stands right of the `=` of one line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    pub fate: Fate,
    pub switched_by: Vec<(Located<OptionName>, Fate)>,
    pub filter: Option<Sql>,
    pub cast: Option<Located<String>>,
    pub say: Option<String>,
    pub orphans: bool,
}

impl From<Fate> for Rule {
    fn from(fate: Fate) -> Self {
        Self { fate, switched_by: Vec::new(), filter: None, cast: None, say: None, orphans: false }
    }
}

impl<'t> Reader<'t> {
    /// The entry's value as a rule, or as a fate alone.
    pub fn rule(&mut self, entry: &Entry<'t>) -> Option<Rule> {
        let DeValue::Table(_) = entry.value else {
            return self.fate(entry).map(Rule::from);
        };
        let table = self.table(entry)?;
        let has = |names: &[&str]| names.iter().any(|name| table.get(name).is_some());
        if has(&TABLES) && !has(&["rule"]) || !has(&RULE_KEYS) {
            return self.fate(entry).map(Rule::from);
        }
        for entry in &table.entries {
            if !RULE_KEYS.contains(&entry.name) {
                self.misplaced(entry, &RULE_KEYS);
            }
        }
        self.rule_of_table(&table)
    }

    fn rule_of_table(&mut self, table: &Table<'t>) -> Option<Rule> {
        let fate = self.compulsory(table, "rule").and_then(|entry| self.fate(entry));
        let filter = table.get("where").and_then(|entry| self.sql(entry, Form::Bare));
        let cast = table.get("cast").and_then(|entry| self.cast(entry));
        let say = table.get("say").and_then(|entry| self.sentence(entry));
        let switched_by = table.get("with").map(|entry| self.switches(entry)).unwrap_or_default();
        let orphans = table.get("orphans").and_then(|entry| self.orphans(entry)).is_some();
        Some(Rule { fate: fate?, switched_by, filter, cast, say, orphans })
    }

    /// The entry's value as a fate.
    fn fate(&mut self, entry: &Entry<'t>) -> Option<Fate> {
        match entry.value {
            DeValue::String(word) => self.fate_word(entry, word),
            DeValue::Table(_) => {
                let table = self.table(entry)?;
                self.fate_table(&table)
            }
            _ => self.wrong_type(entry, "a fate, such as \"delete\" or { set = { … } }"),
        }
    }

    fn fate_word(&mut self, entry: &Entry<'t>, written: &str) -> Option<Fate> {
        if let Some((_, fate)) = WORDS.iter().find(|(word, _)| *word == written) {
            return Some(fate.clone());
        }
        let words = WORDS.iter().map(|(word, _)| *word);
        let help = if TABLES.contains(&written) {
            format!("`{written}` needs columns: {{ {written} = … }}")
        } else {
            suggestion(written, words.chain(TABLES))
        };
        let message = format!("\"{written}\" is not a fate");
        self.refuse(Finding::error(codes::UNKNOWN_FATE, Some(entry.span), message).help(help));
        None
    }

    /// `{ set = { column = VALUE } }` or `{ anonymize = [columns] }`.
    fn fate_table(&mut self, table: &Table<'t>) -> Option<Fate> {
        let mut fate = None;
        for entry in &table.entries {
            match entry.name {
                "set" if fate.is_none() => {
                    fate = self.assignments(entry).map(Fate::Set);
                }
                "anonymize" if fate.is_none() => {
                    fate = self.columns_to_anonymize(entry).map(Fate::Anonymize);
                }
                _ => self.misplaced(entry, &TABLES),
            }
        }
        if table.entries.is_empty() {
            return self.empty(table.span, format!("`{}` has no fate", table.path));
        }
        fate
    }

    fn columns_to_anonymize(&mut self, entry: &Entry<'t>) -> Option<Vec<ColumnName>> {
        let items = self.list(entry, "columns")?;
        if items.is_empty() {
            return self.empty(entry.span, format!("`{}` names no column", entry.path));
        }
        Some(items.iter().filter_map(|item| self.column(item)).map(|column| column.value).collect())
    }

    fn switches(&mut self, entry: &Entry<'t>) -> Vec<(Located<OptionName>, Fate)> {
        let Some(table) = self.table(entry) else {
            return Vec::new();
        };
        let switch = |entry: &Entry<'t>| {
            let name = Located::new(OptionName::new(entry.name), entry.name_span);
            Some((name, self.fate(entry)?))
        };
        table.entries.iter().filter_map(switch).collect()
    }

    /// The type after `cast`.
    fn cast(&mut self, entry: &Entry<'t>) -> Option<Located<String>> {
        let name = self.string(entry)?;
        let belongs = |c: char| c.is_alphanumeric() || "_ .,()[]".contains(c);
        if !name.value.chars().all(belongs) {
            let message = format!("\"{}\" is not the name of a type", name.value);
            self.refuse(Finding::error(codes::BAD_SQL, Some(entry.span), message));
            return None;
        }
        Some(name)
    }

    fn orphans(&mut self, entry: &Entry<'t>) -> Option<()> {
        self.choice(entry, &[("delete", ())])
    }

    /// Refuses a key that belongs elsewhere in the language, or nowhere.
    fn misplaced(&mut self, entry: &Entry<'t>, known: &[&str]) {
        let is_word = WORDS.iter().any(|(word, _)| *word == entry.name);
        let help = match entry.name {
            word if is_word => format!("this fate needs nothing more: write \"{word}\""),
            "set" | "anonymize" => {
                "a reference has one fate: write it as `rule = { set = { … } }`".to_owned()
            }
            name if RULE_KEYS.contains(&name) => {
                "conditions stand beside `rule`: { rule = { set = { … } }, where = … }".to_owned()
            }
            _ => return self.unknown_key(entry, known),
        };
        let message = format!("`{}` cannot stand here", entry.path);
        let finding = Finding::error(codes::WRONG_TYPE, Some(entry.name_span), message);
        self.refuse(finding.help(help));
    }
}
