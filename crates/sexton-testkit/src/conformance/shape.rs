//! The shape of the database: its schema, and the mark of it.

use sexton_core::names::{ColumnName, TableName};

use super::{Outcome, Subject, run};

pub async fn the_schema_is_read(subject: &Subject) -> Outcome {
    subject.set_up().await?;
    let schema = subject.database.schema().await?;
    assert_eq!(schema.dialect, subject.database.dialect());
    let items = schema.table(&TableName::local("items")).expect("`items` was made");
    let parts = schema.table(&TableName::local("parts")).expect("`parts` was made");
    let id = [ColumnName::new("id")];
    assert_eq!(items.primary_key, id);
    let names: Vec<&str> = items.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["id", "name", "amount"]);
    let nullable: Vec<bool> = items.columns.iter().map(|column| column.nullable).collect();
    assert_eq!(nullable, [false, true, false]);
    assert_eq!(items.checks.len(), 1, "{:?}", items.checks);
    assert!(items.triggers.iter().any(|t| t.on_delete && t.before && t.enabled && !t.on_update));
    let [key] = &parts.foreign_keys[..] else { panic!("one foreign key: {parts:?}") };
    assert_eq!(key.columns, [ColumnName::new("item_id")]);
    assert_eq!(key.parent, items.name);
    assert_eq!(key.parent_columns, id);
    assert!(items.is_unique(&id), "{items:?}");
    Ok(())
}

pub async fn the_stamp_follows_the_shape_and_not_the_rows(subject: &Subject) -> Outcome {
    subject.set_up().await?;
    let tables = [TableName::local("items"), TableName::local("parts")];
    let mut tx = subject.change().await?;
    let before = tx.stamp(&tables).await?;
    subject.insert_item(&mut *tx, 1, Some("one")).await?;
    assert_eq!(tx.stamp(&tables).await?, before, "rows are not shape");
    tx.commit().await?;
    let mut tx = subject.change().await?;
    assert_eq!(tx.stamp(&tables).await?, before, "nothing changed in between");
    run(&mut *tx, subject.statements.add_column, vec![]).await?;
    assert_ne!(tx.stamp(&tables).await?, before, "a new column is a new shape");
    tx.commit().await
}

pub async fn sextons_tables_are_no_part_of_the_schema(subject: &Subject) -> Outcome {
    subject.set_up().await?;
    let before = subject.database.schema().await?;
    subject.database.prepare_ledger().await?;
    let after = subject.database.schema().await?;
    assert!(after.tables.keys().eq(before.tables.keys()), "{:?}", after.tables.keys());
    Ok(())
}
