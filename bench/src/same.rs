//! Makes sure that all forms and the engine do the same, so that comparing them is fair.

use anyhow::{Result, ensure};
use sexton_core::schema::Dialect;

use crate::engine::Engine;
use crate::form::forms;
use crate::load::load;
use crate::place::Place;
use crate::scale::{RUNS, Scale, batch_id, rows_of_batch};

/// Two batches over the same domains: some of these have no run that counts in the other one.
const SCALE: Scale = Scale { normal: 2, huge: 0, huge_runs: 0 };

/// Deletes the same batch in every way, each in a database of its own, and compares what is
/// left, value by value. Returns how many ways were compared.
pub async fn require_same_outcome(dialect: Dialect) -> Result<usize> {
    let batch = batch_id(1);
    let place = fresh(dialect).await?;
    let before = place.dump().await?;
    let engine = Engine::on(dialect, &place.address()?).await?;
    engine.delete(&batch, rows_of_batch(RUNS)).await?;
    let by_engine = place.dump().await?;
    place.close().await?;
    ensure!(before != by_engine, "the engine changed nothing");
    let forms = forms(dialect);
    for form in &forms {
        let place = fresh(dialect).await?;
        let mut session = place.session().await?;
        session.make_ready(form).await?;
        session.delete(form, &batch).await?;
        session.close().await?;
        let by_hand = place.dump().await?;
        place.close().await?;
        let differing = by_hand.iter().filter(|(table, rows)| by_engine.get(*table) != Some(rows));
        let differing: Vec<&String> = differing.map(|(table, _)| table).collect();
        ensure!(differing.is_empty(), "`{}` differs from the engine in {differing:?}", form.name);
        ensure!(by_hand.len() == by_engine.len(), "`{}` has other tables", form.name);
    }
    Ok(forms.len() + 1)
}

async fn fresh(dialect: Dialect) -> Result<Place> {
    let place = match dialect {
        Dialect::Postgres => Place::postgres(None, "same").await?,
        Dialect::Sqlite => Place::sqlite().await,
    };
    load(&place, SCALE).await?;
    Ok(place)
}
