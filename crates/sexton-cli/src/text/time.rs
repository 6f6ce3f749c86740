//! Times as people say them.

use sexton_core::names::Timestamp;

const SECOND: i64 = 1_000_000;

/// How long ago something was.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = (now.0 - then.0) / SECOND;
    let (count, unit) = match seconds {
        ..=4 => return "just now".into(),
        5..=119 => (seconds, "seconds"),
        120..=7_199 => (seconds / 60, "minutes"),
        7_200..=172_799 => (seconds / 3_600, "hours"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{count} {unit} ago")
}

/// In how long something will be.
pub fn ahead(then: Timestamp, now: Timestamp) -> String {
    let secs = (then.0 - now.0) / 1_000_000;
    match secs {
        ..=0 => "at once".to_owned(),
        1..=119 => format!("in {secs} s"),
        120..=7_199 => format!("in {} min", secs / 60),
        7_200..=172_799 => format!("in {} h", secs / 3_600),
        _ => format!("in {} days", secs / 86_400),
    }
}

/// How long something took.
pub fn took(from: Timestamp, to: Timestamp) -> String {
    let millis = (to.0 - from.0).max(0) / 1_000;
    if millis < 1_000 {
        return format!("{millis} ms");
    }
    format!("{}.{} s", millis / 1_000, millis % 1_000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_unit_that_fits() {
        for (seconds, text) in [
            (-3, "just now"),
            (119, "119 seconds ago"),
            (120, "2 minutes ago"),
            (7_200, "2 hours ago"),
            (86_400 * 3, "3 days ago"),
        ] {
            assert_eq!(ago(Timestamp(0), Timestamp(seconds * SECOND)), text);
        }
        for (seconds, text) in [
            (0, "at once"),
            (119, "in 119 s"),
            (7_199, "in 119 min"),
            (172_799, "in 47 h"),
            (86_400 * 90, "in 90 days"),
        ] {
            assert_eq!(ahead(Timestamp(seconds * SECOND), Timestamp(0)), text);
        }
        assert_eq!(took(Timestamp(0), Timestamp(999_999)), "999 ms");
        assert_eq!(took(Timestamp(0), Timestamp(4_250_000)), "4.2 s");
    }
}
