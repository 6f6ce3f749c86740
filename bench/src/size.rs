//! The same deletion in tables of another length: it should take as long.
//!
//! A form by hand is measured beside the engine: what it loses, the database loses.

use anyhow::Result;

use crate::engine::Engine;
use crate::figures::Series;
use crate::normal::Supply;
use crate::place::Place;
use crate::scale::{RUNS, rows_of_batch};
use crate::script::Script;
use crate::session::Session;

/// A data set with its engine.
pub struct Side<'s> {
    /// Where it lives.
    pub place: &'s Place,
    /// The engine on it.
    pub engine: &'s Engine,
    /// Its batches.
    pub supply: &'s mut Supply,
}

/// What deletions of equal batches took.
#[derive(Debug, Default)]
pub struct Took {
    /// By the engine.
    pub engine: Series,
    /// By hand.
    pub by_hand: Series,
}

/// Both data sets.
pub struct Sizes {
    /// The form by hand.
    pub form: &'static str,
    /// The longer tables.
    pub large: Took,
    /// The shorter ones.
    pub small: Took,
}

/// So many batches are deleted in each data set.
pub fn batches(repetitions: usize) -> usize {
    2 * (repetitions + 1)
}

/// Measures in turns; the first round warms up and does not count.
pub async fn measure(
    form: &Script,
    large: Side<'_>,
    small: Side<'_>,
    repetitions: usize,
) -> Result<Sizes> {
    let mut sides = [(large, Took::default()), (small, Took::default())];
    let mut sessions = Vec::new();
    for (side, _) in &sides {
        let mut session = side.place.session().await?;
        session.make_ready(form).await?;
        sessions.push(session);
    }
    for round in 0..=repetitions {
        for turn in 0..4 {
            let way = (turn + round) % 4;
            let ((side, took), session) = (&mut sides[way / 2], &mut sessions[way / 2]);
            side.turn(form, session, way % 2 == 0, (round > 0).then_some(took)).await?;
        }
    }
    for session in sessions {
        session.close().await?;
    }
    let [(_, large), (_, small)] = sides;
    Ok(Sizes { form: form.name, large, small })
}

impl Side<'_> {
    async fn turn(
        &mut self,
        form: &Script,
        session: &mut Session,
        by_hand: bool,
        took: Option<&mut Took>,
    ) -> Result<()> {
        let batch = self.supply.take()?;
        self.place.rest(session).await?;
        let done = if by_hand {
            session.delete(form, &batch).await?.took
        } else {
            self.engine.delete(&batch, rows_of_batch(RUNS)).await?.took
        };
        if let Some(took) = took {
            if by_hand { took.by_hand.add(done) } else { took.engine.add(done) }
        }
        Ok(())
    }
}
