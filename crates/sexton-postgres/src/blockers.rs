//! Tells who blocks a session, without telling anything that their statements carry.

use sexton_engine::ports::SessionId;
use sqlx::Row;

use crate::link::Link;

/// A sentence for each session that blocks this one, those first that hold their locks longest.
pub(crate) async fn of(
    link: &mut Link<'_>,
    session: SessionId,
) -> Result<Vec<String>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT
            blocking.pid,
            COALESCE(NULLIF(activity.application_name, ''), activity.usename, '') AS who,
            COALESCE(activity.state, '') AS state,
            COALESCE(extract(epoch FROM clock_timestamp() - activity.state_change), 0)::bigint
                AS seconds,
            COALESCE(activity.query, '') AS query
         FROM (SELECT DISTINCT unnest(pg_blocking_pids($1)) AS pid) AS blocking
         LEFT JOIN pg_stat_activity AS activity ON activity.pid = blocking.pid
         ORDER BY activity.xact_start NULLS LAST, blocking.pid",
        )
        .bind(session.0)
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Blocker {
                pid: row.try_get("pid")?,
                who: row.try_get::<&str, _>("who")?,
                state: row.try_get::<&str, _>("state")?,
                seconds: row.try_get("seconds")?,
                query: row.try_get::<&str, _>("query")?,
            }
            .sentence())
        })
        .collect()
}

struct Blocker<'a> {
    pid: i32,
    who: &'a str,
    state: &'a str,
    seconds: i64,
    query: &'a str,
}

impl Blocker<'_> {
    fn sentence(&self) -> String {
        if self.pid == 0 {
            return "a prepared transaction".to_owned();
        }
        let mut about = Vec::new();
        if !self.who.is_empty() {
            about.push(self.who.to_owned());
        }
        if !self.state.is_empty() {
            about.push(format!("{} since {} s", self.state, self.seconds));
        }
        let about =
            if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
        match command(self.query) {
            Some(command) => format!("pid {}{about}: {command} …", self.pid),
            None => format!("pid {}{about}", self.pid),
        }
    }
}

/// The command, and the table where it is the next word: never anything that may be a value.
fn command(query: &str) -> Option<String> {
    let mut words = query.split_whitespace();
    let first = words.next().filter(|word| word.chars().all(|c| c.is_ascii_alphabetic()))?;
    let first = first.to_ascii_uppercase();
    let to_skip: &[&str] = match first.as_str() {
        "UPDATE" => &["ONLY"],
        "DELETE" => &["FROM", "ONLY"],
        "INSERT" => &["INTO"],
        "LOCK" | "TRUNCATE" => &["TABLE", "ONLY"],
        "ALTER" | "DROP" => &["TABLE", "IF", "EXISTS", "ONLY"],
        _ => return Some(first),
    };
    let mut name = words.next();
    let mut told = first;
    while let Some(word) = name.filter(|word| to_skip.iter().any(|w| w.eq_ignore_ascii_case(word)))
    {
        told.push(' ');
        told.push_str(&word.to_ascii_uppercase());
        name = words.next();
    }
    if let Some(name) = name.and_then(plain_name) {
        told.push(' ');
        told.push_str(name);
    }
    Some(told)
}

fn plain_name(word: &str) -> Option<&str> {
    let end = word.find(['(', ';', ',']).unwrap_or(word.len());
    let name = &word[..end];
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '$');
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{Blocker, command};

    #[test]
    fn only_command_and_table_are_told() {
        for (query, expected) in [
            ("UPDATE runs SET name = 'secret'", "UPDATE runs"),
            ("delete from only \"Odd\".runs where id = 7", "DELETE FROM ONLY \"Odd\".runs"),
            ("INSERT INTO runs(id) VALUES ('secret')", "INSERT INTO runs"),
            ("SELECT 'secret'", "SELECT"),
            ("  select name\nfrom people", "SELECT"),
            ("ALTER TABLE runs ADD x int", "ALTER TABLE runs"),
            ("COMMIT", "COMMIT"),
            ("UPDATE 'secret'", "UPDATE"),
        ] {
            assert_eq!(command(query).as_deref(), Some(expected), "{query}");
        }
        assert_eq!(command("<insufficient privilege>"), None);
        assert_eq!(command("/* secret */ SELECT 1"), None);
        assert_eq!(command(""), None);
    }

    #[test]
    fn a_blocker_is_one_sentence() {
        let blocker = Blocker {
            pid: 123,
            who: "psql",
            state: "idle in transaction",
            seconds: 12,
            query: "UPDATE runs SET x = 1",
        };
        let sentence = "pid 123 (psql, idle in transaction since 12 s): UPDATE runs …";
        assert_eq!(blocker.sentence(), sentence);
    }
}
