//! Ended deletions put together by their days.

use std::collections::BTreeMap;

use sexton_core::audit::Receipt;
use sexton_core::names::Timestamp;

use crate::ports::{DayCount, EndedDeletion};

const DAY_MICROS: i64 = 86_400 * 1_000_000;

/// The day of a moment, as the number of days since 1970 UTC.
pub fn day_of(moment: Timestamp) -> i64 {
    moment.0.div_euclid(DAY_MICROS)
}

/// Deletions by day, thing and end.
pub(super) fn of_ended(ended: &[EndedDeletion]) -> Vec<DayCount> {
    together(ended.iter().map(count_of))
}

/// Counts of one day, thing and end become one.
pub(super) fn together(counts: impl IntoIterator<Item = DayCount>) -> Vec<DayCount> {
    let mut by_day: BTreeMap<_, DayCount> = BTreeMap::new();
    for count in counts {
        let key = (count.day, count.thing.clone(), count.state);
        match by_day.get_mut(&key) {
            Some(known) => {
                known.deletions += count.deletions;
                known.rows += count.rows;
                known.objects += count.objects;
                known.bytes += count.bytes;
            }
            None => drop(by_day.insert(key, count)),
        }
    }
    by_day.into_values().collect()
}

/// One deletion. A receipt that this program cannot read counts as one without rows.
fn count_of(ended: &EndedDeletion) -> DayCount {
    let receipt = ended.receipt.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let receipt: Option<Receipt> = receipt;
    let gone = receipt.iter().flat_map(|receipt| receipt.objects_gone.values());
    let gone = gone.flat_map(BTreeMap::values);
    let (objects, bytes) = gone.fold((0, 0), |(objects, bytes), removed| {
        (objects + removed.deleted, bytes + removed.bytes)
    });
    DayCount {
        day: day_of(ended.ended_at),
        thing: ended.thing.clone(),
        state: ended.state,
        deletions: 1,
        rows: receipt.as_ref().map_or(0, Receipt::rows),
        objects,
        bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_utc_also_before_1970() {
        let of = |text| day_of(Timestamp::of_written(text).unwrap());
        assert_eq!(of("1970-01-01"), 0);
        assert_eq!(of("1970-01-02T23:59:59Z"), 1);
        assert_eq!(of("1969-12-31T23:59:59Z"), -1);
        assert_eq!(of("2026-11-21"), 20_778);
    }
}
