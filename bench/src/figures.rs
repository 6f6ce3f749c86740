//! Medians and quartiles of what was measured.

use std::fmt;
use std::time::Duration;

/// What one way of doing something took, repetition by repetition.
#[derive(Debug, Clone, Default)]
pub struct Series {
    millis: Vec<f64>,
}

impl Series {
    /// Adds a repetition.
    pub fn add(&mut self, took: Duration) {
        self.millis.push(took.as_secs_f64() * 1e3);
    }

    /// Adds those of another.
    pub fn take(&mut self, other: &Self) {
        self.millis.extend(&other.millis);
    }

    /// How many repetitions.
    pub fn len(&self) -> usize {
        self.millis.len()
    }

    /// The median, in milliseconds; of an even number, the mean of the middle two.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The value below which this share of the repetitions lies.
    fn quantile(&self, share: f64) -> f64 {
        share_below(&self.millis, share)
    }
}

/// The value below which this share of all lies.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "there are few of them"
)]
pub fn share_below(all: &[f64], share: f64) -> f64 {
    let mut sorted = all.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = share * last as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    low + (high - low) * place.fract()
}

impl FromIterator<Duration> for Series {
    fn from_iter<I: IntoIterator<Item = Duration>>(durations: I) -> Self {
        let mut series = Self::default();
        durations.into_iter().for_each(|took| series.add(took));
        series
    }
}

/// Median and quartiles: `21.3 (20.1–24.0)`.
impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}", self.median())?;
        if self.len() > 1 {
            write!(f, " ({:.1}–{:.1})", self.quantile(0.25), self.quantile(0.75))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        let series: Series = [4, 1, 3, 2].map(Duration::from_millis).into_iter().collect();
        assert_eq!(series.to_string(), "2.5 (1.8–3.2)");
    }
}
