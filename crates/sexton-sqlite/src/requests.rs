//! `sexton_requests`: which deletion a request has made; and what a server asks of the others.

use async_trait::async_trait;
use sexton_core::names::{DeletionId, SystemName, Timestamp};
use sexton_engine::ports::{
    Backlog, DatabaseError, DeletionPage, DeletionRow, KeptRequest, RequestKey, Requests,
};
use sqlx::{Row, SqliteConnection};

use crate::failure::failure;
use crate::ledger;
use crate::transaction::SqliteTx;

#[async_trait]
impl Requests for SqliteTx<'_> {
    async fn keep_request(
        &mut self,
        system: &SystemName,
        request: &KeptRequest,
    ) -> Result<bool, DatabaseError> {
        let answer = keep(self.connection()?, system, request).await;
        self.judged(told("keep a request", answer))
    }

    async fn request(
        &mut self,
        system: &SystemName,
        key: &RequestKey,
    ) -> Result<Option<KeptRequest>, DatabaseError> {
        let answer = read(self.connection()?, system, key).await;
        self.judged(told("read a request", answer))
    }

    async fn answer_request(
        &mut self,
        system: &SystemName,
        key: &RequestKey,
        answer: &str,
    ) -> Result<bool, DatabaseError> {
        let done = note_answer(self.connection()?, system, key, answer).await;
        self.judged(told("note the answer of a request", done))
    }

    async fn take_over_request(
        &mut self,
        system: &SystemName,
        key: &RequestKey,
        when: (Timestamp, Timestamp),
    ) -> Result<bool, DatabaseError> {
        let done = take_over(self.connection()?, system, key, when).await;
        self.judged(told("take a request over", done))
    }

    async fn forget_request(
        &mut self,
        system: &SystemName,
        key: &RequestKey,
    ) -> Result<(), DatabaseError> {
        let done = forget_one(self.connection()?, system, key).await;
        self.judged(told("forget a request", done))
    }

    async fn forget_missing(
        &mut self,
        system: &SystemName,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, DatabaseError> {
        let done = forget_missing(self.connection()?, system, before, limit).await;
        self.judged(told("forget what was missing", done))
    }

    async fn forget_requests(
        &mut self,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, DatabaseError> {
        let answer = forget(self.connection()?, before, limit).await;
        self.judged(told("forget requests", answer))
    }

    async fn deletion_page(
        &mut self,
        page: DeletionPage<'_>,
    ) -> Result<Vec<DeletionRow>, DatabaseError> {
        let answer = ledger::page(self.connection()?, page).await;
        self.judged(answer)
    }

    async fn backlog(&mut self, system: &SystemName) -> Result<Backlog, DatabaseError> {
        let answer = backlog(self.connection()?, system).await;
        self.judged(told("count what is to be done", answer))
    }
}

fn told<T>(label: &str, answer: Result<T, sqlx::Error>) -> Result<T, DatabaseError> {
    answer.map_err(|error| failure(label, error))
}

/// A repeat changes nothing.
async fn keep(
    connection: &mut SqliteConnection,
    system: &SystemName,
    request: &KeptRequest,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "INSERT INTO sexton_requests (system, asker, key, body, deletion, asked_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO NOTHING",
    )
    .bind(system.as_str())
    .bind(&request.key.asker)
    .bind(&request.key.key)
    .bind(&request.body)
    .bind(request.deletion.as_ref().map_or("", DeletionId::as_str))
    .bind(request.at.0)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn read(
    connection: &mut SqliteConnection,
    system: &SystemName,
    key: &RequestKey,
) -> Result<Option<KeptRequest>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT body, deletion, answer, asked_at
         FROM sexton_requests
         WHERE system = ?1
           AND asker = ?2
           AND key = ?3",
    )
    .bind(system.as_str())
    .bind(&key.asker)
    .bind(&key.key)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(KeptRequest {
        key: key.clone(),
        body: row.try_get("body")?,
        // One that makes no deletion names none.
        deletion: Some(row.try_get::<String, _>("deletion")?)
            .filter(|deletion| !deletion.is_empty())
            .map(DeletionId::new),
        answer: row.try_get("answer")?,
        at: Timestamp(row.try_get("asked_at")?),
    }))
}

/// Says whether it is kept. A repeat notes it again.
async fn note_answer(
    connection: &mut SqliteConnection,
    system: &SystemName,
    key: &RequestKey,
    answer: &str,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE sexton_requests
         SET answer = ?4
         WHERE system = ?1
           AND asker = ?2
           AND key = ?3",
    )
    .bind(system.as_str())
    .bind(&key.asker)
    .bind(&key.key)
    .bind(answer)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A repeat finds that it was asked later.
async fn take_over(
    connection: &mut SqliteConnection,
    system: &SystemName,
    key: &RequestKey,
    (asked_at, now): (Timestamp, Timestamp),
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE sexton_requests
         SET asked_at = ?5
         WHERE system = ?1
           AND asker = ?2
           AND key = ?3
           AND asked_at = ?4
           AND answer IS NULL",
    )
    .bind(system.as_str())
    .bind(&key.asker)
    .bind(&key.key)
    .bind(asked_at.0)
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A repeat finds none.
async fn forget_one(
    connection: &mut SqliteConnection,
    system: &SystemName,
    key: &RequestKey,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM sexton_requests
         WHERE system = ?1
           AND asker = ?2
           AND key = ?3",
    )
    .bind(system.as_str())
    .bind(&key.asker)
    .bind(&key.key)
    .execute(connection)
    .await?;
    Ok(())
}

/// A repeat forgets the next.
async fn forget_missing(
    connection: &mut SqliteConnection,
    system: &SystemName,
    before: Timestamp,
    limit: u32,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "DELETE FROM sexton_deletions
         WHERE id IN (
             SELECT id
             FROM sexton_deletions
             WHERE system = ?1
               AND state = 'refused'
               AND changed_at < ?2
               AND note LIKE '%\"outcome\":\"missing\"%'
             LIMIT ?3)",
    )
    .bind(system.as_str())
    .bind(before.0)
    .bind(limit)
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// A repeat forgets the next.
async fn forget(
    connection: &mut SqliteConnection,
    before: Timestamp,
    limit: u32,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "DELETE FROM sexton_requests
         WHERE (system, asker, key) IN (
             SELECT system, asker, key
             FROM sexton_requests
             WHERE asked_at < ?1
             LIMIT ?2)",
    )
    .bind(before.0)
    .bind(limit)
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Each half is what an index is of. Locks nothing.
async fn backlog(
    connection: &mut SqliteConnection,
    system: &SystemName,
) -> Result<Backlog, sqlx::Error> {
    let row = sqlx::query(
        "SELECT deletions.open AS deletions, deletions.oldest AS oldest_deletion,
                intents.open AS intents, intents.oldest AS oldest_intent
         FROM (SELECT count(*) AS open, min(requested_at) AS oldest
               FROM (SELECT requested_at
                     FROM sexton_deletions
                     WHERE system = ?1
                       AND state IN ('requested', 'drained', 'committed', 'purged', 'reaped')
                     UNION ALL
                     SELECT requested_at
                     FROM sexton_deletions
                     WHERE system = ?1
                       AND state IN ('hidden', 'purging')) AS open) AS deletions
         CROSS JOIN (SELECT count(*) AS open, min(not_before) AS oldest
                     FROM sexton_intents
                     WHERE system = ?1
                       AND outcome IS NULL) AS intents",
    )
    .bind(system.as_str())
    .fetch_one(connection)
    .await?;
    let moment = |column| -> Result<Option<Timestamp>, sqlx::Error> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp))
    };
    let count =
        |column| -> Result<u64, sqlx::Error> { Ok(row.try_get::<i64, _>(column)?.unsigned_abs()) };
    Ok(Backlog {
        deletions: count("deletions")?,
        oldest_deletion: moment("oldest_deletion")?,
        intents: count("intents")?,
        oldest_intent: moment("oldest_intent")?,
    })
}
