//! How many batches a store bears at once, found out while they run.
//!
//! More batches at once help as long as each of them takes no longer for it. A store that says
//! it is busy gets half of them; one that answers much later than it can gets one fewer.

use std::time::Duration;

/// How many batches are under way when nothing is known of the store.
const FIRST: usize = 4;

/// Batches of fewer keys say nothing about how long a full one takes.
const TELLING_SIZE: usize = 500;

/// So many times its best is called slow.
const SLOW: u32 = 3;

/// How many batches may be under way.
pub(super) struct Pace {
    now: usize,
    max: usize,
    /// How long a batch takes at best. One at a time takes what the store takes by itself, so then
    /// a longer time is believed; with more of them it is what we have made of it.
    best: Option<Duration>,
    /// How many went well since the last change.
    well: usize,
}

impl Pace {
    pub(super) fn new(max: usize) -> Self {
        let max = max.max(1);
        Self { now: FIRST.min(max), max, best: None, well: 0 }
    }

    pub(super) fn now(&self) -> usize {
        self.now
    }

    /// A batch of so many keys took so long.
    pub(super) fn went_well(&mut self, size: usize, took: Duration) {
        if size < TELLING_SIZE {
            return;
        }
        let best = self.best.filter(|_| self.now > 1).map_or(took, |best| took.min(best));
        self.best = Some(best);
        if took > best * SLOW {
            self.now = self.now.saturating_sub(1).max(1);
            self.well = 0;
            return;
        }
        self.well += 1;
        if self.well >= self.now {
            self.now = (self.now + 1).min(self.max);
            self.well = 0;
        }
    }

    /// The store had enough.
    pub(super) fn slow_down(&mut self) {
        self.now = (self.now / 2).max(1);
        self.well = 0;
    }
}

/// How long to wait before an attempt, the second being the first to wait for: a growing pause
/// with jitter, and no shorter than the store asks for.
pub(crate) fn back_off(attempt: u32, asked: Option<Duration>, chance: u8) -> Duration {
    let longest = 100_u64 << attempt.saturating_sub(2).min(7);
    let drawn = Duration::from_millis(longest / 2 + longest / 2 * u64::from(chance) / 255);
    drawn.max(asked.unwrap_or_default().min(LONGEST_ASKED))
}

/// A store that asks for more is asked again all the same.
const LONGEST_ASKED: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    #[test]
    fn a_store_that_stays_quick_gets_more() {
        let mut pace = Pace::new(16);
        for _ in 0..200 {
            pace.went_well(1000, 50 * MILLI);
        }
        assert_eq!(pace.now(), 16);
    }

    #[test]
    fn a_store_that_is_slower_than_it_was_gets_more_again() {
        let mut pace = Pace::new(16);
        pace.went_well(1000, 50 * MILLI);
        for _ in 0..200 {
            pace.went_well(1000, 600 * MILLI);
        }
        assert_eq!(pace.now(), 16);
    }

    #[test]
    fn a_store_that_gets_slower_the_more_it_has_gets_few() {
        let mut pace = Pace::new(16);
        pace.went_well(1000, 600 * MILLI);
        for _ in 0..200 {
            let at_once = u32::try_from(pace.now()).expect("few");
            pace.went_well(1000, 600 * MILLI * at_once);
        }
        assert!((1..=4).contains(&pace.now()), "{}", pace.now());
    }

    #[test]
    fn a_busy_store_gets_half_and_never_nothing() {
        let mut pace = Pace::new(8);
        pace.slow_down();
        assert_eq!(pace.now(), 2);
        pace.slow_down();
        pace.slow_down();
        assert_eq!(pace.now(), 1);
        pace.went_well(10, MILLI);
        assert_eq!(pace.now(), 1, "a small batch says nothing");
        pace.went_well(1000, MILLI);
        assert_eq!(pace.now(), 2);
    }

    #[test]
    fn pauses_grow_and_are_as_long_as_the_store_asks() {
        assert_eq!(back_off(2, None, 0), 50 * MILLI);
        assert_eq!(back_off(2, None, 255), 100 * MILLI);
        assert_eq!(back_off(40, None, 255), 12_800 * MILLI);
        assert_eq!(back_off(2, Some(3000 * MILLI), 255), 3000 * MILLI);
        assert_eq!(back_off(2, Some(Duration::from_hours(2)), 0), LONGEST_ASKED);
    }
}
