//! Background purge of the sample `requests`: against SQL by hand and the original's statement, from
//! its first chunk to its last, with several workers, and beside an application's reads.
//!
//! PostgreSQL only: a file has one writer. Every drain has a batch of its own of the same size, all in
//! the same tables, beside rows that stay.

mod backlog;
mod by_hand;
mod drains;
mod reads;
mod written;

use anyhow::Result;
use sexton_core::schema::Dialect;

use crate::figures::Series;
use crate::machine;
use crate::place::Place;
use backlog::Backlog;
pub use written::written;

/// Workers that share one batch.
const WORKERS: usize = 8;
/// Rows of a chunk, everywhere.
const CHUNK: i64 = 1_000;
/// The pause of the sample's policy, in milliseconds.
const PAUSE: u64 = 100;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Rows of a batch that is drained.
    pub rows: i64,
    /// Rounds that count.
    pub repetitions: usize,
}

/// Everything that was measured; drains in milliseconds.
pub struct Measured {
    settings: String,
    size: Size,
    engine: Series,
    by_hand: Series,
    original: Series,
    first_tenth: Series,
    last_tenth: Series,
    one: Series,
    many: Series,
    /// Every tenth of the batch, with the policy's pause, and with one of nine chunks' time.
    paced: Series,
    tenth: Series,
    idle: Vec<f64>,
    busy: Vec<f64>,
}

/// Measures round after round; the first warms up and does not count.
pub async fn measure(server: Option<&str>, size: Size) -> Result<Measured> {
    let place = Place::postgres(server, "purge").await?;
    let mut backlog = Backlog::load(&place, size.rows).await?;
    let mut measured = Measured::nothing(machine::settings(&place).await?, size);
    for round in 0..=size.repetitions {
        eprintln!("purge: round {round} of {}", size.repetitions);
        let mut taken = Measured::nothing(String::new(), size);
        // In turns, and each round in another order.
        for turn in 0..5 {
            match (turn + round) % 5 {
                0 => drains::alone(&mut backlog, &mut taken).await?,
                1 => taken.by_hand.add(by_hand::drained(&mut backlog).await?),
                2 => taken.original.add(by_hand::drained_by_the_original(&mut backlog).await?),
                3 => drains::shared(&mut backlog, &mut taken).await?,
                _ => reads::beside(&mut backlog, &mut taken).await?,
            }
        }
        if round > 0 {
            measured.take(&taken);
        }
    }
    drop(backlog);
    place.close().await?;
    Ok(measured)
}

/// The size that the command line asks for.
pub fn size(huge: Option<i64>, repetitions: Option<usize>) -> Size {
    Size { rows: huge.unwrap_or(100_000), repetitions: repetitions.unwrap_or(5) }
}

/// Which database this is about.
pub fn is_asked(only: Option<&str>) -> bool {
    only.is_none_or(|name| name == "postgres")
}

const DIALECT: Dialect = Dialect::Postgres;

impl Measured {
    fn nothing(settings: String, size: Size) -> Self {
        Self {
            settings,
            size,
            engine: Series::default(),
            by_hand: Series::default(),
            original: Series::default(),
            first_tenth: Series::default(),
            last_tenth: Series::default(),
            one: Series::default(),
            many: Series::default(),
            paced: Series::default(),
            tenth: Series::default(),
            idle: Vec::new(),
            busy: Vec::new(),
        }
    }

    fn take(&mut self, other: &Self) {
        let ours = [
            (&mut self.engine, &other.engine),
            (&mut self.by_hand, &other.by_hand),
            (&mut self.original, &other.original),
            (&mut self.first_tenth, &other.first_tenth),
            (&mut self.last_tenth, &other.last_tenth),
            (&mut self.one, &other.one),
            (&mut self.many, &other.many),
            (&mut self.paced, &other.paced),
            (&mut self.tenth, &other.tenth),
        ];
        for (all, more) in ours {
            all.take(more);
        }
        self.idle.extend(&other.idle);
        self.busy.extend(&other.busy);
    }
}
