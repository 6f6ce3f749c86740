//! Rules that delete by age, as the policy says them.

use crate::finding::{Located, Span};
use crate::names::{ColumnName, RetentionName, ThingName};
use crate::policy::Sql;

/// `[retention.NAME]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Retention {
    /// Its name.
    pub name: RetentionName,
    /// Of which thing the roots are.
    pub thing: Located<ThingName>,
    /// What must hold of the thing's row.
    pub filter: Option<Sql>,
    /// How old it must be.
    pub age: Option<Age>,
    /// Which go first; by age, where nothing is said.
    pub order: Option<Located<DueOrder>>,
    /// How often a worker looks, in seconds.
    pub every_secs: i64,
    /// So many are found at a time.
    pub chunk: u32,
    /// Where its table begins in the file.
    pub span: Span,
}

/// `age = { of = "finished_at", over = "90d" }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Age {
    /// The column of the row that says since when.
    pub of: Located<ColumnName>,
    /// How long ago that must be, and a little longer.
    pub over: Located<OlderThan>,
}

/// An age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OlderThan {
    /// So many seconds.
    Secs(i64),
    /// What a variable of the environment says; while it says nothing, or 0, only a person runs
    /// the rule, and says how old.
    Variable(String),
}

impl OlderThan {
    /// The age that the text of a variable says in seconds, none if it is empty or 0; or why it
    /// says none. A number without a unit counts days.
    pub fn of_variable(text: &str) -> Result<Option<i64>, String> {
        let text = text.trim();
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let secs = match text {
            "" => return Ok(None),
            days if is_number => super::parse::seconds(&format!("{days}d")),
            duration => super::parse::seconds(duration),
        };
        let secs = secs.filter(|secs| *secs <= OVER_SECS_MAX);
        let secs = secs.ok_or_else(|| format!("`{text}` is no age, such as 90d"))?;
        Ok((secs > 0).then_some(secs))
    }
}

/// No age is longer: a thousand years.
pub const OVER_SECS_MAX: i64 = 1_000 * 366 * 24 * 3_600;

/// `order = "finished_at"`, or `"date_added desc"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueOrder {
    /// The column of the thing's row.
    pub column: ColumnName,
    /// Whether the greatest goes first.
    pub descending: bool,
}

#[cfg(test)]
mod tests {
    use super::OlderThan;

    #[test]
    fn a_variable_says_days_or_a_duration_and_nothing_negative() {
        for (text, secs) in [("90d", 7_776_000), ("90", 7_776_000), (" 36h ", 129_600)] {
            assert_eq!(OlderThan::of_variable(text), Ok(Some(secs)), "{text}");
        }
        for text in ["", " ", "0", "0d"] {
            assert_eq!(OlderThan::of_variable(text), Ok(None), "{text}");
        }
        for text in ["-1", "-90d", "90 days", "1.5d", "d", "soon", "99999999999999d", "1e3"] {
            assert!(OlderThan::of_variable(text).is_err(), "{text}");
        }
    }
}
