//! `sexton.holds`: guards that people put on roots.

use async_trait::async_trait;
use sexton_core::names::{SystemName, ThingName, Timestamp};
use sexton_engine::ports::{DatabaseError, HeldOn, Hold, Holds, NewHold, Released};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::held::Held;
use crate::link::Link;
use crate::transaction::PostgresTx;

#[async_trait]
impl<H: Held> Holds for PostgresTx<H> {
    async fn active_holds(
        &mut self,
        system: &SystemName,
        things: &[ThingName],
    ) -> Result<Vec<Hold>, DatabaseError> {
        if !self.has_ledger().await? {
            return Ok(Vec::new());
        }
        let answer = if self.may_lock() {
            active_shared(&mut self.link(), system, things).await
        } else {
            active(&mut self.link(), system, things).await
        };
        self.judged("read holds", "", answer)
    }

    async fn lock_holds(&mut self) -> Result<(), DatabaseError> {
        let answer = lock(&mut self.link()).await;
        self.judged("wait for who judges by holds", "", answer)
    }

    async fn insert_hold(&mut self, hold: &NewHold) -> Result<Option<Hold>, DatabaseError> {
        let answer = insert(&mut self.link(), hold).await;
        self.judged("put a hold", "", answer)
    }

    async fn holds(
        &mut self,
        system: &SystemName,
        all: bool,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Hold>, DatabaseError> {
        let answer = latest(&mut self.link(), system, all, before, limit).await;
        self.judged("read holds", "", answer)
    }

    async fn hold(&mut self, system: &SystemName, id: i64) -> Result<Option<Hold>, DatabaseError> {
        let answer = one(&mut self.link(), system, id).await;
        self.judged("read a hold", "", answer)
    }

    async fn release_hold(
        &mut self,
        system: &SystemName,
        id: i64,
        by: &str,
        because: &str,
    ) -> Result<bool, DatabaseError> {
        let answer = release(&mut self.link(), system, id, by, because).await;
        self.judged("release a hold", "", answer)
    }
}

/// Whether Sexton's tables are there for this role to read: previews run as roles that may
/// SELECT from the system's tables and nothing else. Locks nothing.
pub(crate) async fn exists(link: &mut Link<'_>) -> Result<bool, sqlx::Error> {
    let row = link
        .query(
            "SELECT EXISTS (
            SELECT 1
            FROM pg_catalog.pg_class AS c
            JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = 'sexton'
              AND c.relname = 'holds'
              AND has_schema_privilege(n.oid, 'USAGE')
              AND has_table_privilege(c.oid, 'SELECT'))",
        )
        .fetch_one(&mut *link.connection)
        .await?;
    row.try_get(0)
}

/// Reads holds in force. Locks nothing: a read-only transaction cannot.
async fn active(
    link: &mut Link<'_>,
    system: &SystemName,
    things: &[ThingName],
) -> Result<Vec<Hold>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT id, thing, root, condition, case_name, reason, placed_by, placed_at, until,
            true AS is_active, released_at, released_by, released_because
         FROM sexton.holds
         WHERE system = $1
           AND thing = ANY($2)
           AND released_at IS NULL
           AND (until IS NULL
             OR until > (extract(epoch FROM statement_timestamp()) * 1000000)::bigint)
         ORDER BY id",
        )
        .bind(system.as_str())
        .bind(words(things))
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(hold).collect()
}

/// Reads holds in force, and locks them FOR SHARE: none is changed until the transaction ends.
///
/// Race: the lock on the table that comes with it is what `lock` waits for; who waits here for that
/// one looks at the rows afterwards.
async fn active_shared(
    link: &mut Link<'_>,
    system: &SystemName,
    things: &[ThingName],
) -> Result<Vec<Hold>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT id, thing, root, condition, case_name, reason, placed_by, placed_at, until,
            true AS is_active, released_at, released_by, released_because
         FROM sexton.holds
         WHERE system = $1
           AND thing = ANY($2)
           AND released_at IS NULL
           AND (until IS NULL
             OR until > (extract(epoch FROM statement_timestamp()) * 1000000)::bigint)
         ORDER BY id
         FOR SHARE",
        )
        .bind(system.as_str())
        .bind(words(things))
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(hold).collect()
}

/// Locks the table against FOR SHARE, and not against who only reads.
async fn lock(link: &mut Link<'_>) -> Result<(), sqlx::Error> {
    link.query("LOCK TABLE sexton.holds IN EXCLUSIVE MODE").execute(&mut *link.connection).await?;
    Ok(())
}

/// Inserts a hold unless it is over by the database's clock. A repeat inserts another.
async fn insert(link: &mut Link<'_>, new: &NewHold) -> Result<Option<Hold>, sqlx::Error> {
    let (root, condition) = match &new.on {
        HeldOn::Root(root) => (root.as_str(), None),
        HeldOn::Condition(condition) => ("", Some(condition.as_str())),
    };
    let row = link
        .query(
            "INSERT INTO sexton.holds
            (system, thing, root, condition, case_name, reason, placed_by, placed_at, until)
         SELECT $1, $2, $3, $4, $5, $6, $7, moment.now, $8
         FROM (SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint AS now) AS moment
         WHERE $8::bigint IS NULL OR $8::bigint > moment.now
         RETURNING id, thing, root, condition, case_name, reason, placed_by, placed_at, until,
            true AS is_active, released_at, released_by, released_because",
        )
        .bind(new.system.as_str())
        .bind(new.thing.as_str())
        .bind(root)
        .bind(condition)
        .bind(new.case.as_deref())
        .bind(new.reason.as_str())
        .bind(new.placed_by.as_str())
        .bind(new.until.map(|until| until.0))
        .fetch_optional(&mut *link.connection)
        .await?;
    row.as_ref().map(hold).transpose()
}

/// Reads the latest. Locks nothing.
async fn latest(
    link: &mut Link<'_>,
    system: &SystemName,
    all: bool,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Hold>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT id, thing, root, condition, case_name, reason, placed_by, placed_at, until,
            is_active, released_at, released_by, released_because
         FROM (
            SELECT *, released_at IS NULL AND (until IS NULL
                OR until > (extract(epoch FROM statement_timestamp()) * 1000000)::bigint)
                AS is_active
            FROM sexton.holds
         ) AS holds
         WHERE system = $1
           AND ($2 OR is_active)
           AND ($3::bigint IS NULL OR id < $3)
         ORDER BY id DESC
         LIMIT $4",
        )
        .bind(system.as_str())
        .bind(all)
        .bind(before)
        .bind(i64::from(limit))
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(hold).collect()
}

/// Reads one. Locks nothing.
async fn one(
    link: &mut Link<'_>,
    system: &SystemName,
    id: i64,
) -> Result<Option<Hold>, sqlx::Error> {
    let row = link
        .query(
            "SELECT id, thing, root, condition, case_name, reason, placed_by, placed_at, until,
            released_at IS NULL AND (until IS NULL
                OR until > (extract(epoch FROM statement_timestamp()) * 1000000)::bigint)
                AS is_active,
            released_at, released_by, released_because
         FROM sexton.holds
         WHERE system = $1
           AND id = $2",
        )
        .bind(system.as_str())
        .bind(id)
        .fetch_optional(&mut *link.connection)
        .await?;
    row.as_ref().map(hold).transpose()
}

/// Releases one that is not released. Locks its row; a repeat changes nothing.
async fn release(
    link: &mut Link<'_>,
    system: &SystemName,
    id: i64,
    by: &str,
    because: &str,
) -> Result<bool, sqlx::Error> {
    let done = link
        .query(
            "UPDATE sexton.holds
         SET released_at = greatest(placed_at,
                (extract(epoch FROM statement_timestamp()) * 1000000)::bigint),
            released_by = $3, released_because = $4
         WHERE system = $1
           AND id = $2
           AND released_at IS NULL",
        )
        .bind(system.as_str())
        .bind(id)
        .bind(by)
        .bind(because)
        .execute(&mut *link.connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

fn words(things: &[ThingName]) -> Vec<&str> {
    things.iter().map(ThingName::as_str).collect()
}

fn hold(row: &PgRow) -> Result<Hold, sqlx::Error> {
    let on = match row.try_get::<Option<String>, _>("condition")? {
        Some(condition) => HeldOn::Condition(condition),
        None => HeldOn::Root(row.try_get("root")?),
    };
    let released = match row.try_get::<Option<i64>, _>("released_at")? {
        Some(at) => Some(Released {
            at: Timestamp(at),
            by: row.try_get("released_by")?,
            because: row.try_get("released_because")?,
        }),
        None => None,
    };
    Ok(Hold {
        id: row.try_get("id")?,
        thing: ThingName::new(row.try_get::<String, _>("thing")?),
        on,
        case: row.try_get("case_name")?,
        reason: row.try_get("reason")?,
        placed_by: row.try_get("placed_by")?,
        placed_at: Timestamp(row.try_get("placed_at")?),
        until: row.try_get::<Option<i64>, _>("until")?.map(Timestamp),
        is_active: row.try_get("is_active")?,
        released,
    })
}
