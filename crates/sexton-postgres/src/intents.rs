//! Intents: stored with the rows, claimed by whoever reaps, settled under its lease.

use async_trait::async_trait;
use sexton_core::intent::IntentKind;
use sexton_core::names::{DeletionId, IntentId, SystemName, Timestamp};
use sexton_engine::ports::{
    Claim, DatabaseError, IntentRow, Intents, IntentsLeft, NewIntent, OpenIntent, SettledIntent,
    Settlement,
};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::held::Held;
use crate::link::Link;
use crate::transaction::PostgresTx;

#[async_trait]
impl<H: Held> Intents for PostgresTx<H> {
    async fn insert_intents(
        &mut self,
        system: &SystemName,
        deletion: &DeletionId,
        intents: &[NewIntent],
    ) -> Result<(), DatabaseError> {
        let answer = insert(&mut self.link(), system, deletion, intents).await;
        self.judged("store intents", "", answer)
    }

    async fn claim_intents(&mut self, claim: Claim<'_>) -> Result<Vec<IntentRow>, DatabaseError> {
        let answer = self::claim(&mut self.link(), claim).await;
        self.judged("claim intents", "", answer)
    }

    async fn settle_intents(
        &mut self,
        lease: &str,
        settled: &[SettledIntent],
    ) -> Result<u64, DatabaseError> {
        let answer = settle(&mut self.link(), lease, settled).await;
        self.judged("settle intents", "", answer)
    }

    async fn keep_intent(
        &mut self,
        lease: &str,
        id: &IntentId,
        progress: &str,
        lease_secs: i64,
    ) -> Result<bool, DatabaseError> {
        let answer = keep(&mut self.link(), lease, id, progress, lease_secs).await;
        self.judged("keep an intent", "", answer)
    }

    async fn intents_left(
        &mut self,
        deletion: &DeletionId,
        kinds: &[IntentKind],
    ) -> Result<IntentsLeft, DatabaseError> {
        let answer = left(&mut self.link(), deletion, kinds).await;
        self.judged("look for open intents", "", answer)
    }

    async fn intents_of(
        &mut self,
        deletion: &DeletionId,
        kind: IntentKind,
    ) -> Result<Vec<IntentRow>, DatabaseError> {
        let answer = of_deletion(&mut self.link(), deletion, kind).await;
        self.judged("read intents", "", answer)
    }

    async fn open_intents(
        &mut self,
        system: &SystemName,
        kinds: &[IntentKind],
        after: Option<&IntentId>,
        limit: u32,
    ) -> Result<Vec<IntentRow>, DatabaseError> {
        let answer = open(&mut self.link(), system, kinds, after, limit).await;
        self.judged("read open intents", "", answer)
    }

    async fn failing_intents(
        &mut self,
        deletion: &DeletionId,
        limit: u32,
    ) -> Result<Vec<OpenIntent>, DatabaseError> {
        let answer = failing(&mut self.link(), deletion, limit).await;
        self.judged("read failing intents", "", answer)
    }

    async fn hasten_intents(
        &mut self,
        deletion: &DeletionId,
        kinds: &[IntentKind],
    ) -> Result<u64, DatabaseError> {
        let answer = hasten(&mut self.link(), deletion, kinds).await;
        self.judged("make intents due", "", answer)
    }

    async fn end_intents(
        &mut self,
        deletion: &DeletionId,
        kinds: &[IntentKind],
        outcome: &str,
    ) -> Result<Vec<(String, u64)>, DatabaseError> {
        let answer = end(&mut self.link(), deletion, kinds, outcome).await;
        self.judged("end intents", "", answer)
    }

    async fn count_intents(
        &mut self,
        deletion: &DeletionId,
    ) -> Result<Vec<(String, String, u64)>, DatabaseError> {
        let answer = count(&mut self.link(), deletion).await;
        self.judged("count intents", "", answer)
    }

    async fn drop_intents(
        &mut self,
        deletion: &DeletionId,
        kind: IntentKind,
    ) -> Result<u64, DatabaseError> {
        let answer = remove(&mut self.link(), deletion, kind).await;
        self.judged("remove intents", "", answer)
    }
}

/// Stores all of them at once, due by the database's clock. A repeat fails.
async fn insert(
    link: &mut Link<'_>,
    system: &SystemName,
    deletion: &DeletionId,
    intents: &[NewIntent],
) -> Result<(), sqlx::Error> {
    let ids: Vec<&str> = intents.iter().map(|intent| intent.id.as_str()).collect();
    let kinds: Vec<&str> = intents.iter().map(|intent| intent.kind.as_str()).collect();
    let rules: Vec<&str> = intents.iter().map(|intent| intent.rule.as_str()).collect();
    let targets: Vec<&str> = intents.iter().map(|intent| intent.target.as_str()).collect();
    let afters: Vec<i64> = intents.iter().map(|intent| intent.after_secs).collect();
    link.query(
        "INSERT INTO sexton.intents (id, system, deletion, kind, rule, target, not_before, next_try)
         SELECT new.id, $1, $2, new.kind, new.rule, new.target, moment.now + new.after * 1000000,
            moment.now + new.after * 1000000
         FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
                AS new (id, kind, rule, target, after),
            (SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint AS now) AS moment",
    )
    .bind(system.as_str())
    .bind(deletion.as_str())
    .bind(ids)
    .bind(kinds)
    .bind(rules)
    .bind(targets)
    .bind(afters)
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// Claims due intents that nobody holds. Locks them, and passes by those that somebody else is
/// claiming now; a repeat goes on with the next.
async fn claim(link: &mut Link<'_>, claim: Claim<'_>) -> Result<Vec<IntentRow>, sqlx::Error> {
    let rows = link
        .query(
            "WITH moment AS (
            SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint AS now
         ),
         due AS (
            SELECT intents.id
            FROM sexton.intents
            WHERE intents.system = $1
              AND ($2::text IS NULL OR intents.deletion = $2)
              AND intents.kind = ANY($3)
              AND intents.outcome IS NULL
              AND intents.next_try <= (SELECT now FROM moment)
              AND intents.leased_until <= (SELECT now FROM moment)
              AND (intents.kind IN ('event', 'last-event') OR NOT EXISTS (
                SELECT 1
                FROM sexton.pauses
                WHERE pauses.system = $1
                  AND (pauses.store = '' OR pauses.store = intents.target::jsonb ->> 'store'
                    OR intents.target::jsonb -> 'stores' ? pauses.store)))
            ORDER BY intents.next_try, intents.id
            LIMIT $6
            FOR UPDATE SKIP LOCKED
         ),
         taken AS (
            UPDATE sexton.intents
            SET lease = $4, leased_until = (SELECT now FROM moment) + $5 * 1000000,
                attempts = attempts + 1
            WHERE id IN (SELECT id FROM due)
            RETURNING id, deletion, kind, rule, target, attempts, progress, not_before, next_try
         )
         SELECT id, deletion, kind, rule, target, attempts, progress,
            ((extract(epoch FROM statement_timestamp()) * 1000000)::bigint - not_before) / 1000 AS age
         FROM taken
         ORDER BY next_try, id",
        )
        .bind(claim.system.as_str())
        .bind(claim.deletion.map(DeletionId::as_str))
        .bind(words(claim.kinds))
        .bind(claim.lease)
        .bind(claim.lease_secs)
        .bind(i64::from(claim.limit))
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(intent).collect()
}

/// Writes what became of intents that this lease still holds, and lets go of them. Locks them; a
/// repeat finds none held.
async fn settle(
    link: &mut Link<'_>,
    lease: &str,
    settled: &[SettledIntent],
) -> Result<u64, sqlx::Error> {
    let ids: Vec<&str> = settled.iter().map(|one| one.id.as_str()).collect();
    let told = |of: fn(&Settlement) -> Option<&str>| -> Vec<Option<&str>> {
        settled.iter().map(|one| of(&one.settlement)).collect()
    };
    let outcomes = told(|settlement| match settlement {
        Settlement::Ended { outcome } => Some(outcome),
        Settlement::Again { .. } | Settlement::Later { .. } => None,
    });
    let reasons = told(|settlement| match settlement {
        Settlement::Ended { .. } | Settlement::Later { .. } => None,
        Settlement::Again { reason, .. } => Some(reason),
    });
    let afters: Vec<i64> = settled
        .iter()
        .map(|one| match one.settlement {
            Settlement::Ended { .. } => 0,
            Settlement::Again { after_ms, .. } | Settlement::Later { after_ms } => after_ms,
        })
        .collect();
    let progress: Vec<Option<&str>> = settled.iter().map(|one| one.progress.as_deref()).collect();
    let are_fresh: Vec<bool> =
        settled.iter().map(|one| matches!(one.settlement, Settlement::Later { .. })).collect();
    let done = link
        .query(
            "UPDATE sexton.intents
         SET outcome = settled.outcome, last_error = settled.reason, lease = NULL,
            leased_until = 0, progress = coalesce(settled.progress, intents.progress),
            attempts = CASE WHEN settled.is_fresh THEN 0 ELSE intents.attempts END,
            next_try = greatest(intents.not_before,
                (extract(epoch FROM statement_timestamp()) * 1000000)::bigint
                    + settled.after * 1000)
         FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::boolean[])
                AS settled (id, outcome, reason, after, progress, is_fresh)
         WHERE intents.id = settled.id
           AND intents.lease = $1
           AND intents.outcome IS NULL",
        )
        .bind(lease)
        .bind(ids)
        .bind(outcomes)
        .bind(reasons)
        .bind(afters)
        .bind(progress)
        .bind(are_fresh)
        .execute(&mut *link.connection)
        .await?;
    Ok(done.rows_affected())
}

/// Holds a claimed intent for longer. Locks it; a repeat does it again.
async fn keep(
    link: &mut Link<'_>,
    lease: &str,
    id: &IntentId,
    progress: &str,
    lease_secs: i64,
) -> Result<bool, sqlx::Error> {
    let done = link
        .query(
            "UPDATE sexton.intents
         SET progress = $3,
            leased_until =
                (extract(epoch FROM statement_timestamp()) * 1000000)::bigint + $4 * 1000000
         WHERE id = $2
           AND lease = $1
           AND outcome IS NULL",
        )
        .bind(lease)
        .bind(id.as_str())
        .bind(progress)
        .bind(lease_secs)
        .execute(&mut *link.connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Counts open intents, and says when the first may be claimed. Locks nothing.
async fn left(
    link: &mut Link<'_>,
    deletion: &DeletionId,
    kinds: &[IntentKind],
) -> Result<IntentsLeft, sqlx::Error> {
    let row = link
        .query(
            "SELECT count(*) AS open,
            (min(greatest(next_try, leased_until))
                - (extract(epoch FROM statement_timestamp()) * 1000000)::bigint) / 1000 AS due
         FROM sexton.intents
         WHERE deletion = $1
           AND kind = ANY($2)
           AND outcome IS NULL",
        )
        .bind(deletion.as_str())
        .bind(words(kinds))
        .fetch_one(&mut *link.connection)
        .await?;
    let open: i64 = row.try_get("open")?;
    let due: Option<i64> = row.try_get("due")?;
    Ok(IntentsLeft { open: open.unsigned_abs(), due_in_ms: due.map(|due| due.max(0)) })
}

/// Reads all intents of one kind. Locks nothing.
async fn of_deletion(
    link: &mut Link<'_>,
    deletion: &DeletionId,
    kind: IntentKind,
) -> Result<Vec<IntentRow>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT id, deletion, kind, rule, target, attempts, progress,
            ((extract(epoch FROM statement_timestamp()) * 1000000)::bigint - not_before) / 1000 AS age
         FROM sexton.intents
         WHERE deletion = $1
           AND kind = $2
         ORDER BY id",
        )
        .bind(deletion.as_str())
        .bind(kind.as_str())
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(intent).collect()
}

/// Reads a page of open intents. Locks nothing.
async fn open(
    link: &mut Link<'_>,
    system: &SystemName,
    kinds: &[IntentKind],
    after: Option<&IntentId>,
    limit: u32,
) -> Result<Vec<IntentRow>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT id, deletion, kind, rule, target, attempts, progress,
            ((extract(epoch FROM statement_timestamp()) * 1000000)::bigint - not_before) / 1000 AS age
         FROM sexton.intents
         WHERE system = $1
           AND kind = ANY($2)
           AND outcome IS NULL
           AND ($3::text IS NULL OR id > $3)
         ORDER BY id
         LIMIT $4",
        )
        .bind(system.as_str())
        .bind(words(kinds))
        .bind(after.map(IntentId::as_str))
        .bind(i64::from(limit))
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(intent).collect()
}

/// Reads open intents that were tried before. Locks nothing.
async fn failing(
    link: &mut Link<'_>,
    deletion: &DeletionId,
    limit: u32,
) -> Result<Vec<OpenIntent>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT id, rule, attempts, last_error, next_try
         FROM sexton.intents
         WHERE deletion = $1
           AND outcome IS NULL
           AND attempts > 0
         ORDER BY next_try, id
         LIMIT $2",
        )
        .bind(deletion.as_str())
        .bind(i64::from(limit))
        .fetch_all(&mut *link.connection)
        .await?;
    let open = |row: &PgRow| {
        Ok(OpenIntent {
            id: IntentId::new(row.try_get::<String, _>("id")?),
            rule: row.try_get("rule")?,
            attempts: row.try_get::<i32, _>("attempts")?.unsigned_abs(),
            reason: row.try_get("last_error")?,
            next_try: Timestamp(row.try_get("next_try")?),
        })
    };
    rows.iter().map(open).collect()
}

/// Counts ended intents by rule and outcome. Locks nothing.
async fn count(
    link: &mut Link<'_>,
    deletion: &DeletionId,
) -> Result<Vec<(String, String, u64)>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT rule, outcome, count(*) AS ended
         FROM sexton.intents
         WHERE deletion = $1
           AND outcome IS NOT NULL
         GROUP BY rule, outcome
         ORDER BY rule, outcome",
        )
        .bind(deletion.as_str())
        .fetch_all(&mut *link.connection)
        .await?;
    let ended = |row: &PgRow| {
        let count: i64 = row.try_get("ended")?;
        Ok((row.try_get("rule")?, row.try_get("outcome")?, count.unsigned_abs()))
    };
    rows.iter().map(ended).collect()
}

/// Makes open intents due that nobody holds. Locks them; a repeat finds the same.
async fn hasten(
    link: &mut Link<'_>,
    deletion: &DeletionId,
    kinds: &[IntentKind],
) -> Result<u64, sqlx::Error> {
    let done = link
        .query(
            "UPDATE sexton.intents
         SET next_try = greatest(not_before,
                                 (extract(epoch FROM statement_timestamp()) * 1000000)::bigint)
         WHERE deletion = $1
           AND kind = ANY($2)
           AND outcome IS NULL
           AND not_before <= (extract(epoch FROM statement_timestamp()) * 1000000)::bigint
           AND leased_until <= (extract(epoch FROM statement_timestamp()) * 1000000)::bigint",
        )
        .bind(deletion.as_str())
        .bind(words(kinds))
        .execute(&mut *link.connection)
        .await?;
    Ok(done.rows_affected())
}

/// Ends open intents that nobody holds. Locks them; a repeat finds none.
async fn end(
    link: &mut Link<'_>,
    deletion: &DeletionId,
    kinds: &[IntentKind],
    outcome: &str,
) -> Result<Vec<(String, u64)>, sqlx::Error> {
    let rows = link
        .query(
            "WITH ended AS (
            UPDATE sexton.intents
            SET outcome = $3,
                lease = NULL,
                leased_until = 0
            WHERE deletion = $1
              AND kind = ANY($2)
              AND outcome IS NULL
              AND leased_until <= (extract(epoch FROM statement_timestamp()) * 1000000)::bigint
            RETURNING rule
         )
         SELECT rule, count(*) AS ended
         FROM ended
         GROUP BY rule
         ORDER BY rule",
        )
        .bind(deletion.as_str())
        .bind(words(kinds))
        .bind(outcome)
        .fetch_all(&mut *link.connection)
        .await?;
    let ended = |row: &PgRow| {
        let count: i64 = row.try_get("ended")?;
        Ok((row.try_get("rule")?, count.unsigned_abs()))
    };
    rows.iter().map(ended).collect()
}

/// Removes intents of one kind. Locks them; a repeat finds none.
async fn remove(
    link: &mut Link<'_>,
    deletion: &DeletionId,
    kind: IntentKind,
) -> Result<u64, sqlx::Error> {
    let done = link
        .query(
            "DELETE FROM sexton.intents
         WHERE deletion = $1
           AND kind = $2",
        )
        .bind(deletion.as_str())
        .bind(kind.as_str())
        .execute(&mut *link.connection)
        .await?;
    Ok(done.rows_affected())
}

fn words(kinds: &[IntentKind]) -> Vec<&'static str> {
    kinds.iter().map(|kind| kind.as_str()).collect()
}

fn intent(row: &PgRow) -> Result<IntentRow, sqlx::Error> {
    let kind: &str = row.try_get("kind")?;
    let kind = IntentKind::from_word(kind)
        .ok_or_else(|| sqlx::Error::Decode(format!("the kind `{kind}` is unknown").into()))?;
    Ok(IntentRow {
        id: IntentId::new(row.try_get::<String, _>("id")?),
        deletion: DeletionId::new(row.try_get::<String, _>("deletion")?),
        kind,
        rule: row.try_get("rule")?,
        target: row.try_get("target")?,
        progress: row.try_get("progress")?,
        age_ms: row.try_get("age")?,
        attempts: row.try_get::<i32, _>("attempts")?.unsigned_abs(),
    })
}
