//! The identifiers of the domain, one type each, so that two of them are never mixed up.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is; whoever holds one has judged where it came from.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// One application under care: a policy, a database, its stores.
    SystemName
);
name!(
    /// What a person may ask to delete, as the policy calls it.
    ThingName
);
name!(
    /// A column as the database spells it.
    ColumnName
);
name!(
    /// A guard as the policy calls it.
    GuardName
);
name!(
    /// A hook as the policy calls it.
    HookName
);
name!(
    /// A store as the policy calls it.
    StoreName
);
name!(
    /// A rule of objects as the policy calls it.
    ObjectRuleName
);
name!(
    /// A pool of shared objects as the policy calls it.
    PoolName
);
name!(
    /// A rule of retention as the policy calls it.
    RetentionName
);
name!(
    /// An event as the policy calls it: a line of the log.
    EventName
);
name!(
    /// A route of the policy, as it is written: `METHOD /path`.
    RouteName
);
name!(
    /// Rows that answers of routes name, as the policy calls them.
    ListName
);
name!(
    /// A list for the console, as the policy calls it for people.
    PanelName
);
name!(
    /// An option that a person may give with a deletion.
    OptionName
);
name!(
    /// A tenant as the application spells it.
    TenantId
);
name!(
    /// Who asked: a person, a key, a program.
    Actor
);
name!(
    /// One deletion, `dlt_…`.
    DeletionId
);
name!(
    /// One API key of the server, `key_…`; never its secret.
    KeyId
);
name!(
    /// One session of the console, `ses_…`.
    ConsoleSessionId
);
name!(
    /// One stored preview, `prv_…`.
    PreviewId
);
name!(
    /// One sweep that a server began, `swp_…`.
    SweepId
);
name!(
    /// One stored promise, `int_…`; what is called knows a repeat by it.
    IntentId
);

/// A table as the database spells it; without a schema it is in the system's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableName {
    /// The schema, where it is not the system's own.
    pub schema: Option<String>,
    /// The table's own name.
    pub name: String,
}

impl TableName {
    /// A table of the system's own schema.
    pub fn local(name: impl Into<String>) -> Self {
        Self { schema: None, name: name.into() }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// A moment in microseconds since 1970 UTC, the form in which Sexton's own tables hold time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The moment this many seconds later.
    #[must_use]
    pub fn plus_secs(self, secs: i64) -> Self {
        Self(self.0.saturating_add(secs.saturating_mul(1_000_000)))
    }

    /// The moment that a person has written: RFC 3339, or a date for its beginning in UTC.
    pub fn of_written(text: &str) -> Option<Self> {
        if let Ok(moment) = text.parse::<jiff::Timestamp>() {
            return Some(Self(moment.as_microsecond()));
        }
        let date: jiff::civil::Date = text.parse().ok().filter(|_| text.len() == 10)?;
        let begins = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Self(begins.timestamp().as_microsecond()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(moment) => write!(f, "{moment:.3}"),
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn a_moment_is_written_as_a_date_or_in_full() {
        for (text, moment) in [
            ("2027-01-31", "2027-01-31T00:00:00.000Z"),
            ("2027-01-31T12:30:00Z", "2027-01-31T12:30:00.000Z"),
            ("2027-01-31T12:30:00+02:00", "2027-01-31T10:30:00.000Z"),
        ] {
            let read = Timestamp::of_written(text).expect("it is a moment");
            assert_eq!(read.to_string(), moment);
        }
        for text in ["", "tomorrow", "31.1.2027", "2027-02-30", "2027-01-31T12:30:00", "20270131"] {
            assert_eq!(Timestamp::of_written(text), None, "{text}");
        }
    }
}
