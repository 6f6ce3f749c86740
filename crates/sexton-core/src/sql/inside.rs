//! Reads a value inside JSON, as JSON: null where there is none, and no error.

use super::Writer;
use super::referring::{array_path, json_path};
use crate::policy::JsonPlace;
use crate::schema::Dialect;

/// The value at a place of a document, as the text of its JSON.
pub fn read_in_json(writer: &mut Writer, document: &dyn Fn(&mut Writer), place: &JsonPlace) {
    match writer.dialect() {
        Dialect::Postgres => {
            writer.push("(");
            document(writer);
            writer.push("::jsonb #> ");
            array_path(writer, place).push(")").as_text();
        }
        Dialect::Sqlite => {
            writer.push("CASE WHEN json_valid(");
            document(writer);
            writer.push(") THEN ");
            document(writer);
            writer.push(" -> ");
            json_path(writer, place).push(" END");
        }
    }
}
