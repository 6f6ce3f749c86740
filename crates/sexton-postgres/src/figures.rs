//! `sexton.days`, `sexton.counted` and `sexton.samples`: what is kept in figures; and what is read
//! beside them.

use async_trait::async_trait;
use sexton_core::lifecycle::State;
use sexton_core::names::{DeletionId, SystemName, ThingName, Timestamp};
use sexton_engine::ports::{
    Counted, DatabaseError, DayCount, EndedDeletion, FailingRule, Figures, Sample, SampleOf,
    UnderWay,
};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::held::Held;
use crate::link::Link;
use crate::transaction::PostgresTx;

#[async_trait]
impl<H: Held> Figures for PostgresTx<H> {
    async fn counted(&mut self, system: &SystemName) -> Result<Option<Counted>, DatabaseError> {
        let answer = counted(&mut self.link(), system).await;
        self.judged("read how far deletions are counted", "", answer)
    }

    async fn move_counted(
        &mut self,
        system: &SystemName,
        from: Option<&Counted>,
        to: &Counted,
    ) -> Result<bool, DatabaseError> {
        let answer = move_counted(&mut self.link(), system, from, to).await;
        self.judged("move on how far deletions are counted", "", answer)
    }

    async fn ended(
        &mut self,
        system: &SystemName,
        behind: Option<&Counted>,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<EndedDeletion>, DatabaseError> {
        let answer = ended(&mut self.link(), system, behind, until, limit).await;
        self.judged("read deletions that ended", "", answer)
    }

    async fn add_to_day(
        &mut self,
        system: &SystemName,
        count: &DayCount,
    ) -> Result<(), DatabaseError> {
        let answer = add_to_day(&mut self.link(), system, count).await;
        self.judged("count a day", "", answer)
    }

    async fn days(
        &mut self,
        system: &SystemName,
        from: i64,
    ) -> Result<Vec<DayCount>, DatabaseError> {
        let answer = days(&mut self.link(), system, from).await;
        self.judged("read days", "", answer)
    }

    async fn keep_sample(
        &mut self,
        system: &SystemName,
        sample: &Sample,
    ) -> Result<(), DatabaseError> {
        let answer = keep_sample(&mut self.link(), system, sample).await;
        self.judged("keep a sample", "", answer)
    }

    async fn samples(
        &mut self,
        system: &SystemName,
        from: i64,
    ) -> Result<Vec<Sample>, DatabaseError> {
        let answer = samples(&mut self.link(), system, from).await;
        self.judged("read samples", "", answer)
    }

    async fn forget_samples(
        &mut self,
        system: &SystemName,
        before: i64,
    ) -> Result<u64, DatabaseError> {
        let answer = forget_samples(&mut self.link(), system, before).await;
        self.judged("forget samples", "", answer)
    }

    async fn under_way(&mut self, system: &SystemName) -> Result<Vec<UnderWay>, DatabaseError> {
        let answer = under_way(&mut self.link(), system).await;
        self.judged("count what is under way", "", answer)
    }

    async fn failing_rules(
        &mut self,
        system: &SystemName,
        limit: u32,
    ) -> Result<Vec<FailingRule>, DatabaseError> {
        let answer = failing_rules(&mut self.link(), system, limit).await;
        self.judged("read what fails", "", answer)
    }
}

/// Locks nothing.
async fn counted(link: &mut Link<'_>, system: &SystemName) -> Result<Option<Counted>, sqlx::Error> {
    let row = link
        .query(
            "SELECT ended_at, deletion
         FROM sexton.counted
         WHERE system = $1",
        )
        .bind(system.as_str())
        .fetch_optional(&mut *link.connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Counted {
        ended_at: Timestamp(row.try_get("ended_at")?),
        deletion: DeletionId::new(row.try_get::<String, _>("deletion")?),
    }))
}

/// Waits for whoever moves it. A repeat finds it elsewhere, and moves nothing.
async fn move_counted(
    link: &mut Link<'_>,
    system: &SystemName,
    from: Option<&Counted>,
    to: &Counted,
) -> Result<bool, sqlx::Error> {
    let done = link
        .query(
            "INSERT INTO sexton.counted AS known (system, ended_at, deletion)
         VALUES ($1, $2, $3)
         ON CONFLICT (system) DO UPDATE
         SET ended_at = excluded.ended_at, deletion = excluded.deletion
         WHERE known.ended_at = $4
           AND known.deletion = $5",
        )
        .bind(system.as_str())
        .bind(to.ended_at.0)
        .bind(to.deletion.as_str())
        .bind(from.map(|from| from.ended_at.0))
        .bind(from.map(|from| from.deletion.as_str()))
        .execute(&mut *link.connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Locks nothing.
async fn ended(
    link: &mut Link<'_>,
    system: &SystemName,
    behind: Option<&Counted>,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<EndedDeletion>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT id, thing, state, changed_at, receipt
         FROM sexton.deletions
         WHERE system = $1
           AND state IN ('refused', 'withdrawn', 'restored', 'complete')
           AND (changed_at, id) > ($2, $3)
           AND changed_at < $4
         ORDER BY changed_at, id
         LIMIT $5",
        )
        .bind(system.as_str())
        .bind(behind.map_or(i64::MIN, |behind| behind.ended_at.0))
        .bind(behind.map_or("", |behind| behind.deletion.as_str()))
        .bind(until.0)
        .bind(i64::from(limit))
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().filter_map(|row| ended_row(row).transpose()).collect()
}

fn ended_row(row: &PgRow) -> Result<Option<EndedDeletion>, sqlx::Error> {
    let word: String = row.try_get("state")?;
    let Some(state) = State::from_word(&word) else { return Ok(None) };
    Ok(Some(EndedDeletion {
        id: DeletionId::new(row.try_get::<String, _>("id")?),
        thing: ThingName::new(row.try_get::<String, _>("thing")?),
        state,
        ended_at: Timestamp(row.try_get("changed_at")?),
        receipt: row.try_get("receipt")?,
    }))
}

/// A repeat adds them again.
async fn add_to_day(
    link: &mut Link<'_>,
    system: &SystemName,
    count: &DayCount,
) -> Result<(), sqlx::Error> {
    link.query(
        "INSERT INTO sexton.days AS known (system, day, thing, state, deletions, rows_gone,
                                           objects_gone, bytes_gone)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (system, day, thing, state) DO UPDATE
         SET deletions = known.deletions + excluded.deletions,
             rows_gone = known.rows_gone + excluded.rows_gone,
             objects_gone = known.objects_gone + excluded.objects_gone,
             bytes_gone = known.bytes_gone + excluded.bytes_gone",
    )
    .bind(system.as_str())
    .bind(count.day)
    .bind(count.thing.as_str())
    .bind(count.state.as_str())
    .bind(stored(count.deletions))
    .bind(stored(count.rows))
    .bind(stored(count.objects))
    .bind(stored(count.bytes))
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// Locks nothing.
async fn days(
    link: &mut Link<'_>,
    system: &SystemName,
    from: i64,
) -> Result<Vec<DayCount>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT day, thing, state, deletions, rows_gone, objects_gone, bytes_gone
         FROM sexton.days
         WHERE system = $1
           AND day >= $2
         ORDER BY day, thing, state",
        )
        .bind(system.as_str())
        .bind(from)
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().filter_map(|row| day(row).transpose()).collect()
}

fn day(row: &PgRow) -> Result<Option<DayCount>, sqlx::Error> {
    let word: String = row.try_get("state")?;
    let Some(state) = State::from_word(&word) else { return Ok(None) };
    Ok(Some(DayCount {
        day: row.try_get("day")?,
        thing: ThingName::new(row.try_get::<String, _>("thing")?),
        state,
        deletions: count(row, "deletions")?,
        rows: count(row, "rows_gone")?,
        objects: count(row, "objects_gone")?,
        bytes: count(row, "bytes_gone")?,
    }))
}

/// A repeat keeps the same.
async fn keep_sample(
    link: &mut Link<'_>,
    system: &SystemName,
    sample: &Sample,
) -> Result<(), sqlx::Error> {
    link.query(
        "INSERT INTO sexton.samples (system, kind, name, day, at, items, bytes, orphans, dangling)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (system, kind, name, day) DO UPDATE
         SET at = excluded.at, items = excluded.items, bytes = excluded.bytes,
             orphans = excluded.orphans, dangling = excluded.dangling",
    )
    .bind(system.as_str())
    .bind(sample.of.as_str())
    .bind(&sample.name)
    .bind(sample.day)
    .bind(sample.at.0)
    .bind(stored(sample.items))
    .bind(sample.bytes.map(stored))
    .bind(sample.orphans.map(stored))
    .bind(sample.dangling.map(stored))
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// Locks nothing.
async fn samples(
    link: &mut Link<'_>,
    system: &SystemName,
    from: i64,
) -> Result<Vec<Sample>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT kind, name, day, at, items, bytes, orphans, dangling
         FROM sexton.samples
         WHERE system = $1
           AND day >= $2
         ORDER BY kind, name, day",
        )
        .bind(system.as_str())
        .bind(from)
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().filter_map(|row| sample(row).transpose()).collect()
}

fn sample(row: &PgRow) -> Result<Option<Sample>, sqlx::Error> {
    let word: String = row.try_get("kind")?;
    let Some(of) = SampleOf::of_word(&word) else { return Ok(None) };
    Ok(Some(Sample {
        of,
        name: row.try_get("name")?,
        day: row.try_get("day")?,
        at: Timestamp(row.try_get("at")?),
        items: count(row, "items")?,
        bytes: known_count(row, "bytes")?,
        orphans: known_count(row, "orphans")?,
        dangling: known_count(row, "dangling")?,
    }))
}

/// A repeat finds none.
async fn forget_samples(
    link: &mut Link<'_>,
    system: &SystemName,
    before: i64,
) -> Result<u64, sqlx::Error> {
    let done = link
        .query(
            "DELETE FROM sexton.samples
         WHERE system = $1
           AND day < $2",
        )
        .bind(system.as_str())
        .bind(before)
        .execute(&mut *link.connection)
        .await?;
    Ok(done.rows_affected())
}

/// Each half is what an index is of. Locks nothing.
async fn under_way(link: &mut Link<'_>, system: &SystemName) -> Result<Vec<UnderWay>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT state, count(*) AS deletions, min(requested_at) AS oldest
         FROM sexton.deletions
         WHERE system = $1
           AND state IN ('requested', 'drained', 'committed', 'purged', 'reaped')
         GROUP BY state
         UNION ALL
         SELECT state, count(*) AS deletions, min(requested_at) AS oldest
         FROM sexton.deletions
         WHERE system = $1
           AND state IN ('hidden', 'purging')
         GROUP BY state",
        )
        .bind(system.as_str())
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().filter_map(|row| under_way_row(row).transpose()).collect()
}

fn under_way_row(row: &PgRow) -> Result<Option<UnderWay>, sqlx::Error> {
    let word: String = row.try_get("state")?;
    let Some(state) = State::from_word(&word) else { return Ok(None) };
    let oldest = Timestamp(row.try_get("oldest")?);
    Ok(Some(UnderWay { state, deletions: count(row, "deletions")?, oldest }))
}

/// Locks nothing.
async fn failing_rules(
    link: &mut Link<'_>,
    system: &SystemName,
    limit: u32,
) -> Result<Vec<FailingRule>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT rule, last_error, count(*) AS intents, min(deletion) AS deletion,
                min(next_try) AS next_try
         FROM sexton.intents
         WHERE system = $1
           AND outcome IS NULL
           AND attempts > 0
           AND last_error IS NOT NULL
         GROUP BY rule, last_error
         ORDER BY count(*) DESC, rule, last_error
         LIMIT $2",
        )
        .bind(system.as_str())
        .bind(i64::from(limit))
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(failing).collect()
}

fn failing(row: &PgRow) -> Result<FailingRule, sqlx::Error> {
    Ok(FailingRule {
        rule: row.try_get("rule")?,
        reason: row.try_get("last_error")?,
        intents: count(row, "intents")?,
        deletion: DeletionId::new(row.try_get::<String, _>("deletion")?),
        next_try: Timestamp(row.try_get("next_try")?),
    })
}

fn count(row: &PgRow, column: &str) -> Result<u64, sqlx::Error> {
    Ok(row.try_get::<i64, _>(column)?.unsigned_abs())
}

fn known_count(row: &PgRow, column: &str) -> Result<Option<u64>, sqlx::Error> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(i64::unsigned_abs))
}

/// What no column holds is more than there ever is.
fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
