//! Reads `[fence]`: what no writer attaches to that is gone.

use super::path::{Path, quoted};
use super::placed::Placed;
use super::sql::Form;
use super::table::{Entry, Reader};
use super::{braces, codes};
use crate::finding::{Finding, Located, Span};
use crate::names::TableName;
use crate::policy::{Also, ColumnPath, Fence, FenceBy, ReferringSide, TableColumns};

const KEYS: [&str; 4] = ["by", "references", "also", "late"];

const WAYS: [(&str, FenceBy); 2] = [("triggers", FenceBy::Triggers), ("look", FenceBy::Look)];

impl<'t> Reader<'t> {
    /// The whole section.
    pub fn fence(&mut self, section: &Entry<'t>) -> Option<Fence> {
        let table = self.table(section)?;
        self.refuse_unknown(&table, &KEYS);
        let by = table.get("by").and_then(|entry| self.choice(entry, &WAYS));
        let references = table.get("references").map(|entry| {
            let items = self.list(entry, "columns that refer").unwrap_or_default();
            self.sides(&items, "fenced")
        });
        let also = table.get("also").map(|entry| self.also(entry)).unwrap_or_default();
        let late_secs = table.get("late").and_then(|entry| self.duration(entry, "15m"));
        Some(Fence {
            by: by.unwrap_or_default(),
            references: references.unwrap_or_default(),
            also,
            late_secs: late_secs.unwrap_or(Fence::LATE_SECS),
            span: section.name_span,
        })
    }

    /// Left sides of declared references, each once.
    pub(super) fn sides(&mut self, items: &[Entry<'t>], done: &str) -> Vec<ReferringSide> {
        let mut sides: Vec<ReferringSide> = Vec::new();
        for item in items {
            for (sister, span) in self.expanded(item) {
                let read = referring_side(&sister, span);
                let Some(side) = self.take(read) else { continue };
                if sides.iter().any(|known| known.text == side.text) {
                    let message = format!("`{}` is {done} twice", side.text);
                    let finding =
                        Finding::error(codes::DUPLICATE_REFERENCE, Some(side.span), message);
                    self.refuse(finding.help("keep one of them"));
                } else {
                    sides.push(side);
                }
            }
        }
        sides
    }

    /// The sisters of an item, each with her place.
    pub fn expanded(&mut self, item: &Entry<'t>) -> Vec<(Placed, Span)> {
        let Some(placed) = self.placed_value(item) else {
            return Vec::new();
        };
        let sisters = self.take(braces::expand(&placed)).unwrap_or_default();
        let all = placed.all();
        sisters.into_iter().map(|sister| (sister.left, sister.piece.unwrap_or(all))).collect()
    }

    /// Conditions on the parent, each under the column of the child that it is watched on.
    fn also(&mut self, entry: &Entry<'t>) -> Vec<Also> {
        let Some(table) = self.table(entry) else {
            return Vec::new();
        };
        table.entries.iter().filter_map(|entry| self.also_of(entry)).collect()
    }

    fn also_of(&mut self, entry: &Entry<'t>) -> Option<Also> {
        let placed = self.placed(entry.name, entry.name_span);
        let column = self.take(Path::read(&placed).and_then(Path::plain_columns_of_table));
        let sql = self.sql(entry, Form::Bare);
        let TableColumns { table, mut columns } = column?;
        if columns.len() > 1 {
            let message = format!("`{}` watches several columns", entry.path);
            self.refuse(Finding::error(codes::BAD_PATH, Some(placed.all()), message));
            return None;
        }
        let column = Located::new(columns.pop()?, placed.all());
        Some(Also { table, column, sql: sql? })
    }
}

/// `table.column`, or `table` alone for the rows of a thing themselves.
fn referring_side(placed: &Placed, span: Span) -> Result<ReferringSide, Finding> {
    let path = Path::read(placed)?;
    if path.is_one_name() {
        let table = path.table()?;
        let text = quoted(&table.name);
        return Ok(ReferringSide { table, columns: Vec::new(), text, span });
    }
    let (table, columns) = path.columns_of_table()?;
    let text = side(&table, &columns);
    Ok(ReferringSide { table, columns, text, span })
}

/// The side as it would be written alone.
fn side(table: &TableName, columns: &[ColumnPath]) -> String {
    let schema = table.schema.iter().map(|schema| [&quoted(schema), "."].concat());
    let named: Vec<String> = columns
        .iter()
        .map(|path| match &path.json {
            Some(json) => [&quoted(path.column.as_str()), "$", json].concat(),
            None => quoted(path.column.as_str()),
        })
        .collect();
    let columns = match named.as_slice() {
        [one] => one.clone(),
        many => ["(", &many.join(","), ")"].concat(),
    };
    [&schema.collect::<String>(), &quoted(&table.name), ".", &columns].concat()
}
