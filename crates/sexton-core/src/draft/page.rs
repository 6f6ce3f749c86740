//! The text of a draft: grouped and aligned as a person would, the same for the same schema.

use super::sisters::{Entry, WIDTH};
use super::things::{Thing, Things};
use super::{Draft, Undecided, Wanted};
use crate::check::spelling;
use crate::names::{ColumnName, TableName};
use crate::schema::{Dialect, Schema};

/// No column of fates begins further to the right; longer lines stand out on their own.
const ARROW_MAX: usize = 62;

/// A column that names rows of several tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polymorphic {
    /// The table.
    pub table: TableName,
    /// The column that holds the key.
    pub column: ColumnName,
    /// The column that tells of which table.
    pub kind: ColumnName,
}

/// What stands in the file, part by part.
pub(super) struct Page<'a> {
    /// The schema.
    pub schema: &'a Schema,
    /// What was asked for.
    pub wanted: &'a Wanted,
    /// The things.
    pub things: Things,
    /// The lines, a block for each table referred to.
    pub blocks: Vec<Vec<Entry>>,
    /// Columns that name rows of several tables.
    pub polymorphic: Vec<Polymorphic>,
    /// References that lead nowhere.
    pub dangling: Vec<String>,
}

impl Page<'_> {
    /// The whole file, and the figures that its first lines tell.
    pub fn written(self, mut draft: Draft) -> Draft {
        draft.text = [self.head(&draft), self.things_section(), self.references_section()].concat();
        draft
    }

    fn head(&self, draft: &Draft) -> String {
        let Wanted { system, database, schema, .. } = self.wanted;
        let name = match self.schema.dialect {
            Dialect::Postgres => "PostgreSQL",
            Dialect::Sqlite => "SQLite",
        };
        let tables = counted(draft.tables, "table");
        let keys = counted(draft.references, "foreign key");
        let mut text =
            format!("# {system}: a first policy, drafted from {tables} and {keys} in {name}.\n");
        text += &self.decisions(draft);
        if draft.suggested + self.polymorphic.len() > 0 {
            text += "# Behind `#?`: references that the database does not know. Take the mark away, \
                     or the line.\n";
        }
        let keys =
            [("system   = ", Some(system.as_str())), ("database = ", Some(database.as_str()))];
        for (key, value) in keys.into_iter().chain([("schema   = ", schema.as_deref())]) {
            if let Some(value) = value {
                text.extend([key, &spelling::string(value), "\n"]);
            }
        }
        text
    }

    fn decisions(&self, draft: &Draft) -> String {
        let lines = |one: &str, many: &str| {
            if draft.undecided == 1 { one.to_owned() } else { many.to_owned() }
        };
        match (draft.undecided, self.wanted.undecided) {
            (0, _) => {
                "# Each fate is what ON DELETE does now. Read every line: is it meant?\n".into()
            }
            (count, Undecided::Review) => format!(
                "# {count} {} for a decision (\"review\"). When the row on the right goes, the row on \
                 the left\n# may go too (\"delete\"), stop referring (\"unlink\"), refuse (\"block\"), stay \
                 (\"keep\") or change\n# ({{ set = {{ … }} }}). `sexton check` lists them.\n",
                lines("reference waits", "references wait"),
            ),
            (count, Undecided::Delete | Undecided::Block) => format!(
                "# Of {count} {} the database says only that it refuses: read what stands as asked.\n",
                lines("reference", "references"),
            ),
        }
    }

    fn things_section(&self) -> String {
        let mut text = String::new();
        let Things { referred, leaves, links, keyless } = &self.things;
        if !referred.is_empty() {
            text += "\n";
            text += &referred.iter().map(thing).collect::<String>();
        }
        if !leaves.is_empty() {
            text += "\n# nothing refers to these\n";
            text += &leaves.iter().map(thing).collect::<String>();
        }
        text += &note("no things, they only link others", links);
        text += &note("no things, their rows have no key", keyless);
        text
    }

    fn references_section(&self) -> String {
        let mut text = String::from(
            "\n[references]   # when the row on the right goes, the row on the left …\n",
        );
        text += &note("the database refers to tables that are not there", &self.dangling);
        for (at, block) in self.blocks.iter().enumerate() {
            text += if at > 0 { "\n" } else { "" };
            text += &aligned(block);
        }
        if !self.polymorphic.is_empty() {
            text += "\n# one column, rows of several tables: a line for each table\n";
        }
        for Polymorphic { table, column, kind } in &self.polymorphic {
            let left = spelling::side(table, std::slice::from_ref(column));
            let arrow = spelling::string(&format!("{left} -> …"));
            let kind = match spelling::sql_name(kind.as_str()) {
                name if name.contains('"') => name.replace('"', "\\\""),
                name => name,
            };
            let fate = self.wanted.undecided.fate();
            text.extend([
                "#? ",
                &arrow,
                " = { rule = ",
                &fate,
                ", where = \"",
                &kind,
                " = '…'\" }\n",
            ]);
        }
        text
    }
}

fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

fn thing(thing: &Thing) -> String {
    let width = thing.keys.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    let keys = thing.keys.iter().map(|(key, value)| format!("{key:width$} = {value}\n"));
    format!("[things.{}]\n{}", thing.name, keys.collect::<String>())
}

/// A remark about tables, in as many lines as it takes.
fn note(says: &str, tables: &[String]) -> String {
    if tables.is_empty() {
        return String::new();
    }
    let mut lines = vec![format!("# {says}:")];
    for (at, table) in tables.iter().enumerate() {
        // A comment of TOML holds no control characters, and a name may hold a line break.
        let shown: String = table.chars().flat_map(shown).collect();
        let comma = if at + 1 < tables.len() { "," } else { "" };
        let last = lines.last_mut().expect("there is a first line");
        if last.chars().count() + shown.chars().count() + 2 > WIDTH {
            lines.push(format!("#   {shown}{comma}"));
        } else {
            last.extend([" ", &shown, comma]);
        }
    }
    format!("\n{}\n", lines.join("\n"))
}

fn shown(letter: char) -> Vec<char> {
    if letter.is_control() { letter.escape_default().collect() } else { vec![letter] }
}

/// A block of lines, their fates in one column and what is said in another.
fn aligned(block: &[Entry]) -> String {
    let left: Vec<String> = block
        .iter()
        .map(|entry| {
            let mark = if entry.suggested { "#? " } else { "" };
            format!("{mark}{}", spelling::string(&entry.arrow))
        })
        .collect();
    let width = column(left.iter().map(|text| text.chars().count()), ARROW_MAX);
    let said: Vec<String> = left
        .iter()
        .zip(block)
        .map(|(left, entry)| format!("{left}{} = {}", pad(left, width), entry.fate))
        .collect();
    let width = column(
        said.iter().zip(block).filter(|(_, e)| e.comment.is_some()).map(|(t, _)| t.chars().count()),
        WIDTH - 15,
    );
    let lines = said.iter().zip(block).map(|(said, entry)| match &entry.comment {
        Some(comment) => {
            let comment: String = comment.chars().flat_map(shown).collect();
            format!("{said}{}   # {comment}\n", pad(said, width))
        }
        None => format!("{said}\n"),
    });
    lines.collect()
}

/// The widest of those that are not too wide.
fn column(widths: impl Iterator<Item = usize>, max: usize) -> usize {
    widths.filter(|width| *width <= max).max().unwrap_or(0)
}

fn pad(text: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(text.chars().count()))
}
