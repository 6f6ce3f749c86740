//! Normal batches: every form by hand, the engine and its preview, side by side.
//!
//! Each repetition takes another batch of the same size, and each round another order, so that
//! what the machine does beside it falls on all alike.

use std::cmp::Ordering;

use anyhow::{Result, ensure};

use crate::engine::{Done, Engine};
use crate::figures::Series;
use crate::form::forms;
use crate::place::Place;
use crate::scale::{Extent, RUNS, batch_id, rows_of_batch};
use crate::script::Script;
use crate::session::{ByHand, Session};

/// One way to delete, measured.
#[derive(Debug, Clone)]
pub struct Way {
    /// Its name.
    pub name: String,
    /// What a batch took.
    pub took: Series,
    /// Bytes that a batch left in the database's log.
    pub log: u64,
    /// Statements of one deletion with what each took, BEGIN and COMMIT among them.
    pub statements: Vec<(String, Series)>,
}

/// All ways on one database.
pub struct Normal {
    /// The forms by hand.
    pub by_hand: Vec<Way>,
    /// The engine's deletions.
    pub engine: Vec<Done>,
    /// Bytes that the engine's last one left in the database's log.
    pub engine_log: u64,
    /// The engine's exact previews.
    pub previews: Vec<Done>,
}

/// Numbers of batches, each handed out once.
pub struct Supply {
    next: i64,
    end: i64,
}

impl Supply {
    /// All normal batches of a data set.
    pub fn new(normal: i64) -> Self {
        Self { next: 1, end: normal }
    }

    /// The next batch that nobody has touched.
    pub fn take(&mut self) -> Result<String> {
        ensure!(self.next <= self.end, "the data set has too few batches for so many repetitions");
        self.next += 1;
        Ok(batch_id(self.next - 1))
    }
}

/// Measures every way; the first round warms up and does not count.
pub async fn measure(
    place: &Place,
    engine: &Engine,
    extent: Extent,
    supply: &mut Supply,
) -> Result<Normal> {
    let forms = forms(place.dialect());
    let mut watcher = place.session().await?;
    let mut sessions = Vec::new();
    for form in &forms {
        let mut session = place.session().await?;
        session.make_ready(form).await?;
        sessions.push(session);
    }
    let way = |form: &Script| Way {
        name: form.name.into(),
        took: Series::default(),
        log: 0,
        statements: Vec::new(),
    };
    let mut measured = Normal {
        by_hand: forms.iter().map(way).collect(),
        engine: Vec::new(),
        engine_log: 0,
        previews: Vec::new(),
    };
    let ways = forms.len() + 2;
    for round in 0..=extent.repetitions {
        for turn in 0..ways {
            let way = (turn + round) % ways;
            let batch = supply.take()?;
            place.rest(&mut watcher).await?;
            let before = place.log(&mut watcher).await?;
            measured.turn(way, &forms, &mut sessions, engine, &batch, round > 0).await?;
            measured.set_log(way, place.log(&mut watcher).await? - before);
        }
    }
    sessions.push(watcher);
    for session in sessions {
        session.close().await?;
    }
    Ok(measured)
}

impl Way {
    fn add(&mut self, done: &ByHand) {
        self.took.add(done.took);
        if self.statements.is_empty() {
            let labels = done.statements.iter().map(|(label, _)| (*label).to_owned());
            self.statements = labels.map(|label| (label, Series::default())).collect();
        }
        for ((_, series), (_, took)) in self.statements.iter_mut().zip(&done.statements) {
            series.add(*took);
        }
    }
}

impl Normal {
    async fn turn(
        &mut self,
        way: usize,
        forms: &[Script],
        sessions: &mut [Session],
        engine: &Engine,
        batch: &str,
        counts: bool,
    ) -> Result<()> {
        let rows = rows_of_batch(RUNS);
        match way.cmp(&forms.len()) {
            Ordering::Less => {
                let done = sessions[way].delete(&forms[way], batch).await?;
                if counts {
                    self.by_hand[way].add(&done);
                }
            }
            Ordering::Equal => {
                let done = engine.delete(batch, rows).await?;
                if counts {
                    self.engine.push(done);
                }
            }
            Ordering::Greater => {
                let done = engine.preview(batch, rows).await?;
                if counts {
                    self.previews.push(done);
                }
            }
        }
        Ok(())
    }

    /// Calls of one deletion over the engine's database port.
    pub fn engine_calls(&self) -> usize {
        self.engine.first().map_or(0, |deletion| deletion.calls.len())
    }

    /// The fastest form by hand.
    pub fn best(&self) -> &Way {
        &self.by_hand[self.best_at()]
    }

    /// Which form that is.
    pub fn best_at(&self) -> usize {
        let median = |at: &usize| self.by_hand[*at].took.median();
        let all = 0..self.by_hand.len();
        all.min_by(|a, b| median(a).total_cmp(&median(b))).expect("every database has a form")
    }

    fn set_log(&mut self, way: usize, bytes: u64) {
        let forms = self.by_hand.len();
        match way.cmp(&forms) {
            Ordering::Less => self.by_hand[way].log = bytes,
            Ordering::Equal => self.engine_log = bytes,
            Ordering::Greater => {}
        }
    }

    /// The engine's deletions as a way.
    pub fn engine_way(&self) -> Way {
        Way {
            name: "engine".into(),
            took: self.engine.iter().map(|deletion| deletion.took).collect(),
            log: self.engine_log,
            statements: Vec::new(),
        }
    }
}
