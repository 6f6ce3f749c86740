//! The text that opens a transaction: its mode, and the settings it runs under.
//!
//! Everything is set for the transaction only, so a pooler that hands out another session per
//! transaction changes nothing. It is one message, and its answer carries the session's number.

use std::time::Duration;

use sexton_engine::ports::Mode;
use sqlx::Row;

use crate::link::Link;

/// How long a statement waits for a lock. Shorter than the server's `deadlock_timeout`, so that
/// in a deadlock the deletion gives way and the application's own work goes on.
pub(crate) const LOCK_TIMEOUT: &str = "500ms";

/// Settings of every transaction.
///
/// The first group makes the text form of values the same everywhere. The second group is for
/// short statements over few rows: starting workers or a compiler costs more than they save. The
/// last turns row-level security that would hide rows into an error. [`Planning`] says the rest.
pub(crate) const SETTINGS: [(&str, &str); 9] = [
    ("DateStyle", "ISO, YMD"),
    ("TimeZone", "UTC"),
    ("IntervalStyle", "postgres"),
    ("extra_float_digits", "1"),
    ("bytea_output", "hex"),
    ("jit", "off"),
    ("max_parallel_workers_per_gather", "0"),
    ("lock_timeout", LOCK_TIMEOUT),
    ("row_security", "off"),
];

/// How the server plans a statement.
///
/// A plan made for these very keys takes longer to make than to run, where keys are few: so one
/// general plan is kept for each statement of ours. It must not depend on how long or how skewed
/// a table was when it was made; so it goes by index wherever there is one. Statements in which
/// the policy's own SQL may join, and long lists, whose search the server speeds up only in
/// plans made for them, are planned anew each time, by what the table is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planning {
    /// One plan for all values.
    General,
    /// A plan for these values.
    Custom,
}

impl Planning {
    /// The settings that bring it about.
    pub(crate) fn settings(self) -> [(&'static str, &'static str); 2] {
        match self {
            Self::General => [("plan_cache_mode", "force_generic_plan"), ("enable_seqscan", "off")],
            Self::Custom => [("plan_cache_mode", "force_custom_plan"), ("enable_seqscan", "on")],
        }
    }

    /// The message that sets it until the transaction ends.
    pub(crate) fn message(self) -> String {
        let mut message = String::new();
        for (name, value) in self.settings() {
            set(&mut message, name, value);
        }
        message
    }
}

/// The message that begins a transaction.
pub(crate) fn begin(mode: Mode, planning: Planning, default_schema: &str) -> String {
    let mut message = String::from(match mode {
        Mode::Look { .. } => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;",
        Mode::Change | Mode::Keep => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;",
    });
    for (name, value) in SETTINGS.into_iter().chain(planning.settings()) {
        set(&mut message, name, value);
    }
    match mode {
        Mode::Look { budget: Some(budget) } => {
            set(&mut message, "statement_timeout", &milliseconds(budget));
        }
        Mode::Keep => set(&mut message, "synchronous_commit", "off"),
        Mode::Look { budget: None } | Mode::Change => {}
    }
    message.push_str("SET LOCAL search_path = ");
    message.push_str(&search_path(default_schema));
    message.push_str(";SELECT pg_catalog.pg_backend_pid()");
    message
}

/// The default schema alone; temporary tables, which come first unless named, go last.
pub(crate) fn search_path(default_schema: &str) -> String {
    [&quoted(default_schema), ", pg_temp"].concat()
}

/// A name as the server reads it without changing a letter.
pub(crate) fn quoted(name: &str) -> String {
    ["\"", &name.replace('"', "\"\""), "\""].concat()
}

fn set(message: &mut String, name: &str, value: &str) {
    message.push_str("SET LOCAL ");
    message.push_str(name);
    message.push_str(" = '");
    message.push_str(value);
    message.push_str("';");
}

/// At least one: zero would mean that there is no limit.
fn milliseconds(budget: Duration) -> String {
    budget.as_millis().clamp(1, 1_000_000_000).to_string()
}

/// What a caller's transaction is like before we work in it.
pub(crate) struct Found {
    /// The session's number.
    pub(crate) session: i32,
    /// Its isolation level.
    pub(crate) isolation: String,
    /// Every setting that we change, with its value.
    pub(crate) settings: Vec<(String, String)>,
}

/// Reads what [`apply`] is about to change.
pub(crate) async fn found(link: &mut Link<'_>) -> Result<Found, sqlx::Error> {
    let set = SETTINGS.into_iter().chain(Planning::General.settings());
    let names = set.map(|(name, _)| name).chain(["search_path"]).collect::<Vec<_>>();
    let row = link
        .query(
            "SELECT
            pg_backend_pid() AS session,
            current_setting('transaction_isolation') AS isolation,
            ARRAY(
                SELECT current_setting(name)
                FROM unnest($1::text[]) WITH ORDINALITY AS t (name, place)
                ORDER BY place
            ) AS settings",
        )
        .bind(&names)
        .fetch_one(&mut *link.connection)
        .await?;
    let values: Vec<String> = row.try_get("settings")?;
    Ok(Found {
        session: row.try_get("session")?,
        isolation: row.try_get("isolation")?,
        settings: names.into_iter().map(str::to_owned).zip(values).collect(),
    })
}

/// Our own settings, for a transaction that was not begun by [`begin`].
pub(crate) fn ours(default_schema: &str) -> Vec<(String, String)> {
    SETTINGS
        .into_iter()
        .chain(Planning::General.settings())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .chain([("search_path".to_owned(), search_path(default_schema))])
        .collect()
}

/// Gives settings these values until the transaction ends.
pub(crate) async fn apply(
    link: &mut Link<'_>,
    settings: &[(String, String)],
) -> Result<(), sqlx::Error> {
    let (names, values): (Vec<&str>, Vec<&str>) =
        settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).unzip();
    link.query(
        "SELECT count(set_config(name, value, true))
         FROM unnest($1::text[], $2::text[]) AS t (name, value)",
    )
    .bind(names)
    .bind(values)
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_with_quotes_stays_one_name() {
        assert_eq!(search_path("Odd\"; DROP"), "\"Odd\"\"; DROP\", pg_temp");
    }

    #[test]
    fn a_budget_of_nothing_still_limits() {
        assert_eq!(milliseconds(Duration::ZERO), "1");
    }

    #[test]
    fn each_mode_opens_its_own_kind_of_transaction() {
        let look =
            begin(Mode::Look { budget: Some(Duration::from_secs(2)) }, Planning::General, "public");
        assert!(look.starts_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"), "{look}");
        assert!(look.contains("SET LOCAL statement_timeout = '2000';"), "{look}");
        let change = begin(Mode::Change, Planning::General, "public");
        assert!(change.starts_with("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;"), "{change}");
        assert!(!change.contains("statement_timeout"), "{change}");
        assert!(
            begin(Mode::Keep, Planning::General, "public").contains("synchronous_commit = 'off'")
        );
    }
}
