//! What becomes of a promise by the answer: it ends, or is tried again after a pause.

use std::time::Duration;

use crate::ports::{Answer, Settlement};

const FIRST_PAUSE_MS: i64 = 1_000;
const PAUSE_MS_MAX: i64 = 3_600_000;
/// No answer puts a promise off for longer than this.
const ASKED_MS_MAX: i64 = 24 * 3_600_000;

/// What becomes of a promise after so many attempts. `chance` spreads those that failed together.
pub(super) fn settlement(answer: Answer, attempts: u32, chance: u8) -> Settlement {
    let ended = |outcome: &str| Settlement::Ended { outcome: outcome.to_owned() };
    match answer {
        Answer::Taken => ended("taken"),
        Answer::Gone => ended("gone"),
        Answer::Later { reason, after } => {
            let asked = after.map_or(0, millis).min(ASKED_MS_MAX);
            Settlement::Again { after_ms: pause(attempts, chance).max(asked), reason }
        }
        Answer::Refused { reason } => {
            Settlement::Again { after_ms: spread(PAUSE_MS_MAX, chance), reason }
        }
    }
}

/// Twice as long after each attempt.
fn pause(attempts: u32, chance: u8) -> i64 {
    let doublings = attempts.saturating_sub(1).min(20);
    spread((FIRST_PAUSE_MS << doublings).min(PAUSE_MS_MAX), chance)
}

/// Between half of it and all.
fn spread(longest_ms: i64, chance: u8) -> i64 {
    longest_ms / 2 + longest_ms / 2 * i64::from(chance) / 255
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later(after: Option<Duration>) -> Answer {
        Answer::Later { reason: "500".to_owned(), after }
    }

    #[track_caller]
    fn pauses(answer: &Answer, attempts: u32, expected: (i64, i64)) {
        let pause = |chance| match settlement(answer.clone(), attempts, chance) {
            Settlement::Again { after_ms, .. } => after_ms,
            other => panic!("{other:?}"),
        };
        assert_eq!((pause(0), pause(255)), expected, "{answer:?} after {attempts}");
    }

    #[test]
    fn what_fails_is_tried_again_after_ever_longer_pauses() {
        pauses(&later(None), 1, (500, 1_000));
        pauses(&later(None), 2, (1_000, 2_000));
        pauses(&later(None), 5, (8_000, 16_000));
        pauses(&later(None), 13, (1_800_000, 3_600_000));
        pauses(&later(None), u32::MAX, (1_800_000, 3_600_000));
    }

    #[test]
    fn the_other_side_may_ask_for_more_time_and_not_for_ever() {
        pauses(&later(Some(Duration::from_mins(2))), 1, (120_000, 120_000));
        pauses(&later(Some(Duration::from_millis(1))), 1, (500, 1_000));
        pauses(&later(Some(Duration::MAX)), 1, (86_400_000, 86_400_000));
    }

    #[test]
    fn what_was_refused_is_tried_by_the_hour() {
        let refused = Answer::Refused { reason: "404".to_owned() };
        pauses(&refused, 1, (1_800_000, 3_600_000));
    }

    #[test]
    fn what_was_taken_ends_and_so_does_what_nobody_wants() {
        for (answer, outcome) in [(Answer::Taken, "taken"), (Answer::Gone, "gone")] {
            let ended = Settlement::Ended { outcome: outcome.to_owned() };
            assert_eq!(settlement(answer, 1, 0), ended);
        }
    }
}
