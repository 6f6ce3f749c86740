//! Reads values that columns are set to: a literal of TOML, or SQL behind a `=`.

use toml::de::DeValue;

use super::sql::Form;
use super::table::{Entry, Reader};
use crate::finding::Located;
use crate::names::ColumnName;
use crate::policy::{Assignment, Literal, Value};

impl<'t> Reader<'t> {
    /// The entry's value as a literal or as SQL.
    pub fn value(&mut self, entry: &Entry<'t>) -> Option<Value> {
        let literal = match entry.value {
            DeValue::String(text) if text.starts_with('=') => {
                return self.sql(entry, Form::Marked).map(Value::Sql);
            }
            DeValue::Table(_) => return self.sql(entry, Form::Marked).map(Value::Sql),
            // An empty text is a value like any other: `none = ""`.
            DeValue::String(text) => Literal::Text(text.clone().into_owned()),
            DeValue::Boolean(value) => Literal::Bool(*value),
            DeValue::Integer(_) => Literal::Integer(self.integer(entry)?),
            DeValue::Float(_) => Literal::Float(self.number(entry)?),
            DeValue::Datetime(_) | DeValue::Array(_) => {
                return self.wrong_type(entry, "text, a number, true or false, or \"=SQL\"");
            }
        };
        Some(Value::Literal(literal))
    }

    /// The entry's value as columns and what they are set to.
    pub fn assignments(&mut self, entry: &Entry<'t>) -> Option<Vec<Assignment>> {
        let table = self.table(entry)?;
        if table.entries.is_empty() {
            return self.empty(entry.span, format!("`{}` sets nothing", entry.path));
        }
        let mut assignments = Vec::new();
        for entry in &table.entries {
            let column = self.column_of_key(entry);
            if let (Some(column), Some(value)) = (column, self.value(entry)) {
                assignments.push(Assignment { column, value });
            }
        }
        Some(assignments)
    }

    /// The key as a column's name, just as it is.
    pub fn column_of_key(&mut self, entry: &Entry<'t>) -> Option<Located<ColumnName>> {
        if entry.name.is_empty() {
            return self.empty(entry.name_span, "the name of a column is empty".to_owned());
        }
        Some(Located::new(ColumnName::new(entry.name), entry.name_span))
    }
}
