//! `sexton_rules` and `sexton_refused_roots`: rules of retention as they are run.

use async_trait::async_trait;
use sexton_core::names::{RetentionName, SystemName, Timestamp};
use sexton_engine::ports::{DatabaseError, RefusedRoot, RuleRow, RuleRun, Rules};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::failure::failure;
use crate::transaction::SqliteTx;

#[async_trait]
impl Rules for SqliteTx<'_> {
    async fn begin_rule(&mut self, run: RuleRun<'_>, by_hand: bool) -> Result<bool, DatabaseError> {
        let answer = begin(self.connection()?, run, by_hand).await;
        self.judged(told("begin a rule of retention", answer))
    }

    async fn keep_rule(&mut self, run: RuleRun<'_>) -> Result<bool, DatabaseError> {
        let answer = keep(self.connection()?, run).await;
        self.judged(told("keep a rule of retention", answer))
    }

    async fn end_rule(
        &mut self,
        run: RuleRun<'_>,
        again_secs: i64,
        note: &str,
    ) -> Result<bool, DatabaseError> {
        let answer = end(self.connection()?, run, again_secs, note).await;
        self.judged(told("end a rule of retention", answer))
    }

    async fn rule_rows(&mut self, system: &SystemName) -> Result<Vec<RuleRow>, DatabaseError> {
        let answer = rows(self.connection()?, system).await;
        self.judged(told("read rules of retention", answer))
    }

    async fn refused_roots(
        &mut self,
        system: &SystemName,
        rule: &RetentionName,
    ) -> Result<Vec<RefusedRoot>, DatabaseError> {
        let answer = refused(self.connection()?, system, rule).await;
        self.judged(told("read roots that stayed", answer))
    }

    async fn note_refused_root(
        &mut self,
        system: &SystemName,
        rule: &RetentionName,
        root: (&str, &str),
        pause_secs: i64,
    ) -> Result<(), DatabaseError> {
        let answer = note(self.connection()?, system, rule, root, pause_secs).await;
        self.judged(told("note a root that stayed", answer))
    }

    async fn forget_refused_roots(
        &mut self,
        system: &SystemName,
        rule: &RetentionName,
        roots: &[String],
    ) -> Result<(), DatabaseError> {
        let answer = forget(self.connection()?, system, rule, roots).await;
        self.judged(told("forget roots that stayed", answer))
    }
}

fn told<T>(label: &str, answer: Result<T, sqlx::Error>) -> Result<T, DatabaseError> {
    answer.map_err(|error| failure(label, error))
}

/// Inserts the rule, or takes it if nobody holds it and it is due.
async fn begin(
    connection: &mut SqliteConnection,
    run: RuleRun<'_>,
    by_hand: bool,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "INSERT INTO sexton_rules AS known
            (system, rule, lease, leased_until, began_at, ended_at, due_at)
         SELECT ?1, ?2, ?3, moment.now + ?4 * 1000000, moment.now, NULL, moment.now
         FROM (SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER) AS now) AS moment
         WHERE true
         ON CONFLICT (system, rule) DO UPDATE
         SET lease = excluded.lease, leased_until = excluded.leased_until,
            began_at = excluded.began_at, ended_at = NULL
         WHERE known.leased_until <= excluded.began_at
           AND (?5 OR known.due_at <= excluded.began_at)",
    )
    .bind(run.system.as_str())
    .bind(run.rule.as_str())
    .bind(run.lease)
    .bind(run.lease_secs)
    .bind(by_hand)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Holds it for so long from now, if it is still held.
async fn keep(connection: &mut SqliteConnection, run: RuleRun<'_>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE sexton_rules
         SET leased_until = CAST(unixepoch('subsec') * 1000000 AS INTEGER)
            + ?4 * 1000000
         WHERE system = ?1
           AND rule = ?2
           AND lease = ?3
           AND leased_until > 0",
    )
    .bind(run.system.as_str())
    .bind(run.rule.as_str())
    .bind(run.lease)
    .bind(run.lease_secs)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Lets go of it, if it is still held.  a repeat changes nothing.
async fn end(
    connection: &mut SqliteConnection,
    run: RuleRun<'_>,
    again_secs: i64,
    note: &str,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE sexton_rules
         SET leased_until = 0, note = ?5,
            ended_at = CAST(unixepoch('subsec') * 1000000 AS INTEGER),
            due_at = began_at + ?4 * 1000000
         WHERE system = ?1
           AND rule = ?2
           AND lease = ?3
           AND leased_until > 0",
    )
    .bind(run.system.as_str())
    .bind(run.rule.as_str())
    .bind(run.lease)
    .bind(again_secs)
    .bind(note)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Reads all of the system.
async fn rows(
    connection: &mut SqliteConnection,
    system: &SystemName,
) -> Result<Vec<RuleRow>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT rule, began_at, ended_at, due_at, note,
            leased_until > CAST(unixepoch('subsec') * 1000000 AS INTEGER)
                AS is_running,
            max(leased_until, due_at) <= CAST(unixepoch('subsec') * 1000000 AS INTEGER)
                AS is_due,
            (SELECT count(*)
             FROM sexton_refused_roots AS refused
             WHERE refused.system = rules.system
               AND refused.rule = rules.rule) AS refused
         FROM sexton_rules AS rules
         WHERE system = ?1
         ORDER BY rule",
    )
    .bind(system.as_str())
    .fetch_all(connection)
    .await?;
    rows.iter().map(row).collect()
}

/// Reads all of a rule.
async fn refused(
    connection: &mut SqliteConnection,
    system: &SystemName,
    rule: &RetentionName,
) -> Result<Vec<RefusedRoot>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT root, reason, attempts,
            next_try <= CAST(unixepoch('subsec') * 1000000 AS INTEGER) AS is_due
         FROM sexton_refused_roots
         WHERE system = ?1
           AND rule = ?2
         ORDER BY refused_at, root",
    )
    .bind(system.as_str())
    .bind(rule.as_str())
    .fetch_all(connection)
    .await?;
    rows.iter().map(refused_root).collect()
}

/// Inserts or counts one attempt more.
async fn note(
    connection: &mut SqliteConnection,
    system: &SystemName,
    rule: &RetentionName,
    (root, reason): (&str, &str),
    pause_secs: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO sexton_refused_roots AS known
            (system, rule, root, reason, attempts, refused_at, next_try)
         SELECT ?1, ?2, ?3, ?4, 1, moment.now, moment.now + ?5 * 1000000
         FROM (SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER) AS now) AS moment
         WHERE true
         ON CONFLICT (system, rule, root) DO UPDATE
         SET reason = excluded.reason, attempts = known.attempts + 1,
            refused_at = excluded.refused_at, next_try = excluded.next_try",
    )
    .bind(system.as_str())
    .bind(rule.as_str())
    .bind(root)
    .bind(reason)
    .bind(pause_secs)
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes those of a rule. A repeat finds none.
async fn forget(
    connection: &mut SqliteConnection,
    system: &SystemName,
    rule: &RetentionName,
    roots: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM sexton_refused_roots
         WHERE system = ?1
           AND rule = ?2
           AND root IN (SELECT value FROM json_each(?3))",
    )
    .bind(system.as_str())
    .bind(rule.as_str())
    .bind(serde_json::Value::from(roots).to_string())
    .execute(connection)
    .await?;
    Ok(())
}

fn row(row: &SqliteRow) -> Result<RuleRow, sqlx::Error> {
    Ok(RuleRow {
        rule: RetentionName::new(row.try_get::<String, _>("rule")?),
        began_at: Timestamp(row.try_get("began_at")?),
        ended_at: row.try_get::<Option<i64>, _>("ended_at")?.map(Timestamp),
        due_at: Timestamp(row.try_get("due_at")?),
        is_running: row.try_get("is_running")?,
        is_due: row.try_get("is_due")?,
        note: row.try_get("note")?,
        refused: u64::try_from(row.try_get::<i64, _>("refused")?).unwrap_or(0),
    })
}

fn refused_root(row: &SqliteRow) -> Result<RefusedRoot, sqlx::Error> {
    Ok(RefusedRoot {
        root: row.try_get("root")?,
        attempts: u32::try_from(row.try_get::<i32, _>("attempts")?).unwrap_or(0),
        is_due: row.try_get("is_due")?,
        reason: row.try_get("reason")?,
    })
}
