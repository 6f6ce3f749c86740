//! Drafts of random schemas: they are read, pass `check` once decided, delete what a full cascade
//! would, and find foreign keys that were hidden.

mod cascade;
mod hidden;

use sexton_core::draft::{Draft, Undecided, Wanted};
use sexton_core::names::SystemName;
use sexton_engine::ports::Database;

use crate::place::Told;

/// A draft of this database, the same each time.
async fn drafted(database: &dyn Database, undecided: Undecided) -> Told<Draft> {
    let wanted = Wanted {
        system: SystemName::new("drafted"),
        database: "env:DATABASE_URL".to_owned(),
        schema: None,
        undecided,
    };
    let draft = sexton_engine::draft(database, &wanted).await;
    let draft = draft.map_err(|error| format!("the draft fails: {error}"))?;
    let again = sexton_engine::draft(database, &wanted).await;
    demand!(
        again.is_ok_and(|again| again == draft),
        "two drafts of one schema differ:\n{}",
        draft.text
    );
    Ok(draft)
}
