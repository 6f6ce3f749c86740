//! Asks rows which objects they hold on to, as a promise says, right before these would go.
//!
//! Race: a row that comes to name an object between the question and the removal is too late; only
//! a pool keeps what uploaders find there.

use sexton_core::names::{ColumnName, TableName};
use sexton_core::objects::{NamingIn, ObjectTarget};
use sexton_core::schema::Schema;
use sexton_core::sql::{Asked, Statement, named_by};

use super::{Remover, SPARED_MAX, Went, read};
use crate::clear::Spared;
use crate::ports::{Mode, Store};
use crate::stores::key_of;

impl Remover {
    /// What rows name of the objects asked for, in the columns that the promise says.
    pub(super) async fn spared(
        &self,
        target: &ObjectTarget,
        store: &dyn Store,
        asked: Asked<'_>,
    ) -> Result<Spared, Went> {
        let (Some(schema), false) = (&self.schema, target.unless_named_by.is_empty()) else {
            return Ok(Spared::default());
        };
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let mut kept = Vec::new();
        for column in &target.unless_named_by {
            let statement = asking(schema, column, asked).map_err(Went::Refused)?;
            let rows = read(tx.as_mut(), &statement).await?;
            let values = rows.into_iter().filter_map(|row| row.into_iter().next());
            kept.extend(values.map(|value| key_of(store, &value.to_string()).to_owned()));
        }
        tx.rollback().await?;
        if kept.len() as u64 >= SPARED_MAX {
            let why = "rows name more objects below it than can be kept in mind";
            return Err(Went::Refused(why.to_owned()));
        }
        Ok(Spared::of(kept))
    }
}

/// Asks a column which objects it names.
fn asking(schema: &Schema, of: &NamingIn, asked: Asked<'_>) -> Result<Statement, String> {
    let gone = || format!("`{}.{}`, which may name it, is not there any more", of.table, of.column);
    let table = TableName { schema: of.schema.clone(), name: of.table.clone() };
    let table = schema.table(&table).ok_or_else(gone)?;
    let column = table.column(&ColumnName::new(of.column.as_str()));
    Ok(named_by(schema.dialect, table, column.ok_or_else(gone)?, asked))
}
