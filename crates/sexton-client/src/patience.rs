//! How often a request that may be sent again is sent, and how long between.

use std::time::Duration;

/// Nobody is waited for longer between two tries.
const LONGEST: Duration = Duration::from_secs(30);
/// Statuses after which the same request may be answered otherwise.
const LATER: [u16; 4] = [429, 502, 503, 504];

/// How often, and how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub retries: u32,
    pub first_wait: Duration,
}

impl Patience {
    /// How long until the next try after no answer; none when this was the last.
    pub fn after_silence(self, tried: u32) -> Option<Duration> {
        if tried >= self.retries {
            return None;
        }
        let grown = self.first_wait.saturating_mul(2_u32.saturating_pow(tried)).min(LONGEST);
        // Full jitter, so that those who failed together do not come back together.
        let mut random = [0; 4];
        let drawn = getrandom::fill(&mut random).map_or(u32::MAX, |()| u32::from_ne_bytes(random));
        Some(grown.mul_f64(f64::from(drawn) / f64::from(u32::MAX)))
    }

    /// The same after an answer that is no success.
    pub fn after_answer(
        self,
        tried: u32,
        status: u16,
        retry_after: Option<Duration>,
    ) -> Option<Duration> {
        if tried >= self.retries || !LATER.contains(&status) {
            return None;
        }
        match retry_after {
            Some(asked) => (asked <= LONGEST).then_some(asked),
            None => self.after_silence(tried),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { retries: 50, first_wait: Duration::from_secs(1) };

    #[test]
    fn the_waits_between_tries_grow_and_are_capped() {
        let longest = |tried| (0..200).filter_map(|_| PATIENCE.after_silence(tried)).max();
        let longest = |tried| longest(tried).expect("it is tried again");
        assert!(longest(0) <= Duration::from_secs(1));
        assert!(longest(4) > Duration::from_secs(1) && longest(4) <= Duration::from_secs(16));
        assert!(longest(40) <= LONGEST);
        assert_eq!(PATIENCE.after_silence(50), None);
    }

    #[test]
    fn who_is_told_when_to_come_back_does_unless_it_is_too_long() {
        let after = |secs| PATIENCE.after_answer(0, 503, Some(Duration::from_secs(secs)));
        assert_eq!(after(7), Some(Duration::from_secs(7)));
        assert_eq!(after(120), None);
        for status in [400, 401, 403, 404, 409, 422, 500] {
            assert_eq!(PATIENCE.after_answer(0, status, None), None, "{status}");
        }
    }
}
