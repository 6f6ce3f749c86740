//! How often somebody may ask: so many times a minute, evenly, with room for a burst.
//!
//! For each name one moment is kept: when all that was let through will have been paid for at the
//! even rate. It is kept in this process; replicas count apart.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sexton_engine::ports::Clock;

const MINUTE: i64 = 60_000_000;
/// So many names are kept in mind. Beyond it, new ones are let through uncounted.
const NAMES_MAX: usize = 100_000;

/// Counts by name.
pub struct Rates {
    clock: Arc<dyn Clock>,
    paid_for: Mutex<HashMap<String, i64>>,
}

/// Asked too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooOften {
    /// After so many seconds one more is let through.
    pub retry_after_secs: u32,
}

impl Rates {
    /// Nobody has asked yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, paid_for: Mutex::default() }
    }

    /// Counts one, unless it is one too many. A minute's worth may come at once.
    pub fn count(&self, name: &str, per_minute: u32) -> Result<(), TooOften> {
        let now = self.clock.now().0;
        let each = MINUTE / i64::from(per_minute.max(1));
        let most = now + each * i64::from(per_minute.max(1));
        let mut paid_for = self.paid_for.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back leaves moments that nobody can have reached.
        let before = paid_for.get(name).copied().filter(|&at| at <= most).unwrap_or(now).max(now);
        let after = before + each;
        if after > most {
            let secs = (after - most + 999_999) / 1_000_000;
            return Err(TooOften { retry_after_secs: u32::try_from(secs).unwrap_or(u32::MAX) });
        }
        if paid_for.len() >= NAMES_MAX {
            paid_for.retain(|_, at| *at > now);
        }
        if paid_for.len() < NAMES_MAX || paid_for.contains_key(name) {
            paid_for.insert(name.to_owned(), after);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::who::held::HeldClock;

    #[test]
    fn a_minutes_worth_at_once_and_then_one_at_a_time() {
        let clock = HeldClock::new();
        let rates = Rates::new(clock.clone());
        for _ in 0..6 {
            assert_eq!(rates.count("ann", 6), Ok(()));
        }
        assert_eq!(rates.count("ann", 6), Err(TooOften { retry_after_secs: 10 }));
        assert_eq!(rates.count("bob", 6), Ok(()), "others are counted apart");
        clock.pass_secs(9);
        assert_eq!(rates.count("ann", 6), Err(TooOften { retry_after_secs: 1 }));
        clock.pass_secs(1);
        assert_eq!(rates.count("ann", 6), Ok(()));
        assert_eq!(rates.count("ann", 6), Err(TooOften { retry_after_secs: 10 }));
        clock.pass_secs(3_600);
        assert_eq!((0..9).filter(|_| rates.count("ann", 6).is_ok()).count(), 6, "no more is saved");
    }

    #[test]
    fn a_refused_request_costs_nothing() {
        let clock = HeldClock::new();
        let rates = Rates::new(clock.clone());
        assert_eq!(rates.count("ann", 1), Ok(()));
        for _ in 0..100 {
            assert_eq!(rates.count("ann", 1), Err(TooOften { retry_after_secs: 60 }));
        }
        clock.pass_secs(60);
        assert_eq!(rates.count("ann", 1), Ok(()));
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let clock = HeldClock::new();
        let rates = Rates::new(clock.clone());
        clock.pass_secs(86_400);
        assert_eq!(rates.count("ann", 1), Ok(()));
        clock.pass_secs(-86_400);
        assert_eq!(rates.count("ann", 1), Ok(()));
        assert_eq!(rates.count("ann", 1), Err(TooOften { retry_after_secs: 60 }));
    }

    #[test]
    fn names_do_not_fill_the_memory() {
        let clock = HeldClock::new();
        let rates = Rates::new(clock.clone());
        for name in 0..NAMES_MAX {
            assert_eq!(rates.count(&name.to_string(), 1), Ok(()));
        }
        assert_eq!(rates.count("one more", 1), Ok(()), "it is let through");
        assert_eq!(rates.count("one more", 1), Ok(()), "uncounted");
        assert!(rates.count("7", 1).is_err(), "those that are known are counted");
        clock.pass_secs(60);
        assert_eq!(rates.count("one more", 1), Ok(()));
        assert!(rates.count("one more", 1).is_err(), "there is room again");
        assert_eq!(rates.paid_for.lock().unwrap().len(), 1);
    }
}
