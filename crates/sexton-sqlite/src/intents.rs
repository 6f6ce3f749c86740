//! `sexton_intents`: stored with the rows, claimed by whoever reaps, settled under its lease.
//!
//! SQLite locks the whole file for writing, so a claim is nobody else's at once.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::{Value, json};
use sexton_core::intent::IntentKind;
use sexton_core::names::{DeletionId, IntentId, SystemName, Timestamp};
use sexton_engine::ports::{
    Claim, DatabaseError, IntentRow, Intents, IntentsLeft, NewIntent, OpenIntent, SettledIntent,
    Settlement,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::failure::failure;
use crate::transaction::SqliteTx;

#[async_trait]
impl Intents for SqliteTx<'_> {
    async fn insert_intents(
        &mut self,
        system: &SystemName,
        deletion: &DeletionId,
        intents: &[NewIntent],
    ) -> Result<(), DatabaseError> {
        let answer = insert(self.connection()?, system, deletion, intents).await;
        self.judged(told("store intents", answer))
    }

    async fn claim_intents(&mut self, claim: Claim<'_>) -> Result<Vec<IntentRow>, DatabaseError> {
        let answer = self::claim(self.connection()?, claim).await;
        self.judged(told("claim intents", answer))
    }

    async fn settle_intents(
        &mut self,
        lease: &str,
        settled: &[SettledIntent],
    ) -> Result<u64, DatabaseError> {
        let answer = settle(self.connection()?, lease, settled).await;
        self.judged(told("settle intents", answer))
    }

    async fn keep_intent(
        &mut self,
        lease: &str,
        id: &IntentId,
        progress: &str,
        lease_secs: i64,
    ) -> Result<bool, DatabaseError> {
        let answer = keep(self.connection()?, lease, id, progress, lease_secs).await;
        self.judged(told("keep an intent", answer))
    }

    async fn intents_left(
        &mut self,
        deletion: &DeletionId,
        kinds: &[IntentKind],
    ) -> Result<IntentsLeft, DatabaseError> {
        let answer = left(self.connection()?, deletion, kinds).await;
        self.judged(told("look for open intents", answer))
    }

    async fn intents_of(
        &mut self,
        deletion: &DeletionId,
        kind: IntentKind,
    ) -> Result<Vec<IntentRow>, DatabaseError> {
        let answer = of_deletion(self.connection()?, deletion, kind).await;
        self.judged(told("read intents", answer))
    }

    async fn open_intents(
        &mut self,
        system: &SystemName,
        kinds: &[IntentKind],
        after: Option<&IntentId>,
        limit: u32,
    ) -> Result<Vec<IntentRow>, DatabaseError> {
        let answer = open(self.connection()?, system, kinds, after, limit).await;
        self.judged(told("read open intents", answer))
    }

    async fn failing_intents(
        &mut self,
        deletion: &DeletionId,
        limit: u32,
    ) -> Result<Vec<OpenIntent>, DatabaseError> {
        let answer = failing(self.connection()?, deletion, limit).await;
        self.judged(told("read failing intents", answer))
    }

    async fn hasten_intents(
        &mut self,
        deletion: &DeletionId,
        kinds: &[IntentKind],
    ) -> Result<u64, DatabaseError> {
        let answer = hasten(self.connection()?, deletion, kinds).await;
        self.judged(told("make intents due", answer))
    }

    async fn end_intents(
        &mut self,
        deletion: &DeletionId,
        kinds: &[IntentKind],
        outcome: &str,
    ) -> Result<Vec<(String, u64)>, DatabaseError> {
        let answer = end(self.connection()?, deletion, kinds, outcome).await;
        self.judged(told("end intents", answer))
    }

    async fn count_intents(
        &mut self,
        deletion: &DeletionId,
    ) -> Result<Vec<(String, String, u64)>, DatabaseError> {
        let answer = count(self.connection()?, deletion).await;
        self.judged(told("count intents", answer))
    }

    async fn drop_intents(
        &mut self,
        deletion: &DeletionId,
        kind: IntentKind,
    ) -> Result<u64, DatabaseError> {
        let answer = remove(self.connection()?, deletion, kind).await;
        self.judged(told("remove intents", answer))
    }
}

fn told<T>(label: &str, answer: Result<T, sqlx::Error>) -> Result<T, DatabaseError> {
    answer.map_err(|error| failure(label, error))
}

/// A repeat with the same ids fails.
async fn insert(
    connection: &mut SqliteConnection,
    system: &SystemName,
    deletion: &DeletionId,
    intents: &[NewIntent],
) -> Result<(), sqlx::Error> {
    let rows: Vec<Value> = intents
        .iter()
        .map(|new| json!([new.id, new.kind, new.rule, new.target, new.after_secs]))
        .collect();
    sqlx::query(
        "INSERT INTO sexton_intents (id, system, deletion, kind, rule, target, not_before, next_try)
         SELECT value ->> 0, ?1, ?2, value ->> 1, value ->> 2, value ->> 3,
                CAST((unixepoch('subsec') + (value ->> 4)) * 1000000 AS INTEGER),
                CAST((unixepoch('subsec') + (value ->> 4)) * 1000000 AS INTEGER)
         FROM json_each(?3)",
    )
    .bind(system.as_str())
    .bind(deletion.as_str())
    .bind(Value::Array(rows).to_string())
    .execute(connection)
    .await?;
    Ok(())
}

/// Due intents that nobody holds, now held by this lease. A repeat goes on with the next.
async fn claim(
    connection: &mut SqliteConnection,
    claim: Claim<'_>,
) -> Result<Vec<IntentRow>, sqlx::Error> {
    let rows = sqlx::query(
        "UPDATE sexton_intents
         SET lease = ?4,
             leased_until = CAST((unixepoch('subsec') + ?5) * 1000000 AS INTEGER),
             attempts = attempts + 1
         WHERE id IN (
            SELECT id
            FROM sexton_intents
            WHERE system = ?1
              AND (?2 IS NULL OR deletion = ?2)
              AND kind IN (SELECT value FROM json_each(?3))
              AND outcome IS NULL
              AND next_try <= CAST(unixepoch('subsec') * 1000000 AS INTEGER)
              AND leased_until <= CAST(unixepoch('subsec') * 1000000 AS INTEGER)
              AND (kind IN ('event', 'last-event') OR NOT EXISTS (
                  SELECT 1
                  FROM sexton_pauses AS paused
                  WHERE paused.system = ?1
                    AND (paused.store = '' OR paused.store = target ->> '$.store'
                        OR paused.store IN (SELECT value FROM json_each(target, '$.stores')))))
            ORDER BY next_try, id
            LIMIT ?6
         )
         RETURNING id, deletion, kind, rule, target, attempts, progress, next_try,
                   (CAST(unixepoch('subsec') * 1000000 AS INTEGER) - not_before) / 1000 AS age",
    )
    .bind(claim.system.as_str())
    .bind(claim.deletion.map(DeletionId::as_str))
    .bind(words(claim.kinds))
    .bind(claim.lease)
    .bind(claim.lease_secs)
    .bind(claim.limit)
    .fetch_all(connection)
    .await?;
    let taken = |row: &SqliteRow| Ok((row.try_get::<i64, _>("next_try")?, intent(row)?));
    let mut taken = rows.iter().map(taken).collect::<Result<Vec<_>, sqlx::Error>>()?;
    // RETURNING keeps no order.
    taken.sort_by(|(a_due, a), (b_due, b)| (a_due, &a.id).cmp(&(b_due, &b.id)));
    Ok(taken.into_iter().map(|(_, intent)| intent).collect())
}

/// What this lease holds no more is left as it is; so a repeat changes nothing.
async fn settle(
    connection: &mut SqliteConnection,
    lease: &str,
    settled: &[SettledIntent],
) -> Result<u64, sqlx::Error> {
    let rows: Vec<Value> = settled
        .iter()
        .map(|one| match &one.settlement {
            Settlement::Ended { outcome } => json!([one.id, outcome, null, 0, one.progress, 1]),
            Settlement::Again { after_ms, reason } => {
                json!([one.id, null, reason, after_ms, one.progress, 1])
            }
            Settlement::Later { after_ms } => {
                json!([one.id, null, null, after_ms, one.progress, 0])
            }
        })
        .collect();
    let done = sqlx::query(
        "UPDATE sexton_intents
         SET outcome = settled.value ->> 1,
             last_error = settled.value ->> 2,
             progress = coalesce(settled.value ->> 4, progress),
             attempts = attempts * (settled.value ->> 5),
             lease = NULL,
             leased_until = 0,
             next_try = max(not_before, CAST(unixepoch('subsec') * 1000000 AS INTEGER)
                                        + (settled.value ->> 3) * 1000)
         FROM json_each(?2) AS settled
         WHERE sexton_intents.id = settled.value ->> 0
           AND lease = ?1
           AND outcome IS NULL",
    )
    .bind(lease)
    .bind(Value::Array(rows).to_string())
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// A repeat does it again.
async fn keep(
    connection: &mut SqliteConnection,
    lease: &str,
    id: &IntentId,
    progress: &str,
    lease_secs: i64,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE sexton_intents
         SET progress = ?3,
             leased_until = CAST((unixepoch('subsec') + ?4) * 1000000 AS INTEGER)
         WHERE id = ?2
           AND lease = ?1
           AND outcome IS NULL",
    )
    .bind(lease)
    .bind(id.as_str())
    .bind(progress)
    .bind(lease_secs)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// How many are open, and when the first may be claimed.
async fn left(
    connection: &mut SqliteConnection,
    deletion: &DeletionId,
    kinds: &[IntentKind],
) -> Result<IntentsLeft, sqlx::Error> {
    let (open, due): (i64, Option<i64>) = sqlx::query_as(
        "SELECT count(*),
                (min(max(next_try, leased_until))
                 - CAST(unixepoch('subsec') * 1000000 AS INTEGER)) / 1000
         FROM sexton_intents
         WHERE deletion = ?1
           AND kind IN (SELECT value FROM json_each(?2))
           AND outcome IS NULL",
    )
    .bind(deletion.as_str())
    .bind(words(kinds))
    .fetch_one(connection)
    .await?;
    Ok(IntentsLeft { open: open.unsigned_abs(), due_in_ms: due.map(|due| due.max(0)) })
}

/// All of one kind.
async fn of_deletion(
    connection: &mut SqliteConnection,
    deletion: &DeletionId,
    kind: IntentKind,
) -> Result<Vec<IntentRow>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, deletion, kind, rule, target, attempts, progress,
                (CAST(unixepoch('subsec') * 1000000 AS INTEGER) - not_before) / 1000 AS age
         FROM sexton_intents
         WHERE deletion = ?1
           AND kind = ?2
         ORDER BY id",
    )
    .bind(deletion.as_str())
    .bind(kind.as_str())
    .fetch_all(connection)
    .await?;
    rows.iter().map(intent).collect()
}

/// A page of those that are open.
async fn open(
    connection: &mut SqliteConnection,
    system: &SystemName,
    kinds: &[IntentKind],
    after: Option<&IntentId>,
    limit: u32,
) -> Result<Vec<IntentRow>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, deletion, kind, rule, target, attempts, progress,
                (CAST(unixepoch('subsec') * 1000000 AS INTEGER) - not_before) / 1000 AS age
         FROM sexton_intents
         WHERE system = ?1
           AND kind IN (SELECT value FROM json_each(?2))
           AND outcome IS NULL
           AND (?3 IS NULL OR id > ?3)
         ORDER BY id
         LIMIT ?4",
    )
    .bind(system.as_str())
    .bind(words(kinds))
    .bind(after.map(IntentId::as_str))
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.iter().map(intent).collect()
}

/// Open ones that were tried before.
async fn failing(
    connection: &mut SqliteConnection,
    deletion: &DeletionId,
    limit: u32,
) -> Result<Vec<OpenIntent>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, rule, attempts, last_error, next_try
         FROM sexton_intents
         WHERE deletion = ?1
           AND outcome IS NULL
           AND attempts > 0
         ORDER BY next_try, id
         LIMIT ?2",
    )
    .bind(deletion.as_str())
    .bind(limit)
    .fetch_all(connection)
    .await?;
    let open = |row: &SqliteRow| {
        Ok(OpenIntent {
            id: IntentId::new(row.try_get::<String, _>("id")?),
            rule: row.try_get("rule")?,
            attempts: row.try_get("attempts")?,
            reason: row.try_get("last_error")?,
            next_try: Timestamp(row.try_get("next_try")?),
        })
    };
    rows.iter().map(open).collect()
}

/// Ended ones by rule and outcome.
async fn count(
    connection: &mut SqliteConnection,
    deletion: &DeletionId,
) -> Result<Vec<(String, String, u64)>, sqlx::Error> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT rule, outcome, count(*)
         FROM sexton_intents
         WHERE deletion = ?1
           AND outcome IS NOT NULL
         GROUP BY rule, outcome
         ORDER BY rule, outcome",
    )
    .bind(deletion.as_str())
    .fetch_all(connection)
    .await?;
    let ended =
        rows.into_iter().map(|(rule, outcome, count)| (rule, outcome, count.unsigned_abs()));
    Ok(ended.collect())
}

/// Open ones that nobody holds are due now; a repeat finds the same.
async fn hasten(
    connection: &mut SqliteConnection,
    deletion: &DeletionId,
    kinds: &[IntentKind],
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE sexton_intents
         SET next_try = max(not_before, CAST(unixepoch('subsec') * 1000000 AS INTEGER))
         WHERE deletion = ?1
           AND kind IN (SELECT value FROM json_each(?2))
           AND outcome IS NULL
           AND not_before <= CAST(unixepoch('subsec') * 1000000 AS INTEGER)
           AND leased_until <= CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
    )
    .bind(deletion.as_str())
    .bind(words(kinds))
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Open ones that nobody holds have this outcome; a repeat finds none.
async fn end(
    connection: &mut SqliteConnection,
    deletion: &DeletionId,
    kinds: &[IntentKind],
    outcome: &str,
) -> Result<Vec<(String, u64)>, sqlx::Error> {
    let rules: Vec<(String,)> = sqlx::query_as(
        "UPDATE sexton_intents
         SET outcome = ?3,
             lease = NULL,
             leased_until = 0
         WHERE deletion = ?1
           AND kind IN (SELECT value FROM json_each(?2))
           AND outcome IS NULL
           AND leased_until <= CAST(unixepoch('subsec') * 1000000 AS INTEGER)
         RETURNING rule",
    )
    .bind(deletion.as_str())
    .bind(words(kinds))
    .bind(outcome)
    .fetch_all(connection)
    .await?;
    let mut ended: BTreeMap<String, u64> = BTreeMap::new();
    for (rule,) in rules {
        *ended.entry(rule).or_default() += 1;
    }
    Ok(ended.into_iter().collect())
}

/// A repeat finds none.
async fn remove(
    connection: &mut SqliteConnection,
    deletion: &DeletionId,
    kind: IntentKind,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "DELETE FROM sexton_intents
         WHERE deletion = ?1
           AND kind = ?2",
    )
    .bind(deletion.as_str())
    .bind(kind.as_str())
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

fn words(kinds: &[IntentKind]) -> String {
    json!(kinds).to_string()
}

fn intent(row: &SqliteRow) -> Result<IntentRow, sqlx::Error> {
    let kind: &str = row.try_get("kind")?;
    let kind = IntentKind::from_word(kind)
        .ok_or_else(|| sqlx::Error::Decode(format!("the kind `{kind}` is unknown").into()))?;
    Ok(IntentRow {
        id: IntentId::new(row.try_get::<String, _>("id")?),
        deletion: DeletionId::new(row.try_get::<String, _>("deletion")?),
        kind,
        rule: row.try_get("rule")?,
        target: row.try_get("target")?,
        attempts: row.try_get("attempts")?,
        progress: row.try_get("progress")?,
        age_ms: row.try_get("age")?,
    })
}
