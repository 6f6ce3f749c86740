//! W3, W4, W5, W14 and W16: purgers that stand in each other's way, in the workers' way, or in
//! that of their own past. PostgreSQL only: a file has one writer.

use std::sync::Arc;

use sexton_engine::ports::SessionId;
use sexton_postgres::PostgresDatabase;
use sexton_testkit::interpose::Pauser;
use sexton_testkit::postgres::TestSession;

use super::{OCTOBER, UNDER_WAY, fenced, original, unfenced};
use crate::place::Place;
use crate::requests::hiding::{
    PurgeUnderWay, chunked, chunked_on, left, purge, purging, with_many,
};
use crate::requests::{batch, file, id};

/// How many rows a statement takes in this session.
async fn taken(session: &mut TestSession, sql: &str) -> u64 {
    let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()));
    done.execute(session.connection()).await.unwrap().rows_affected()
}

async fn number_of(session: &mut TestSession) -> SessionId {
    let number = session.query("SELECT pg_backend_pid()").await;
    SessionId(number[0][0].as_ref().unwrap().parse().unwrap())
}

/// The second of two purgers waits for the first, and takes nothing.
async fn second_waits_and_takes_nothing(statement: String) -> bool {
    let place = with_many(96).await.without_fence().await;
    let (mut first, mut second) =
        (place.postgres().session().await, place.postgres().session().await);
    first.execute("BEGIN").await;
    assert_eq!(taken(&mut first, &statement).await, 10);
    let number = number_of(&mut second).await;
    let mut task = tokio::spawn(async move { taken(&mut second, &statement).await });
    let waited = tokio::select! {
        () = place.postgres().until_blocked(number) => true,
        took = &mut task => {
            assert_eq!(took.unwrap(), 10);
            return false;
        }
    };
    first.execute("COMMIT").await;
    waited && task.await.unwrap() == 0
}

#[tokio::test]
async fn w3_a_second_purger_takes_other_rows_and_waits_for_nobody() {
    assert!(second_waits_and_takes_nothing(original::purge_requests_by_cte(10)).await);
    assert!(!second_waits_and_takes_nothing(original::purge_requests(10)).await);

    let place = with_many(96).await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let first = purging(&place, 10, pauser);
    let stop = stops.next().await.unwrap();
    let second = purge(&chunked(&place, 10)).await;
    assert_eq!((second.chunks, left(&place).await), (9, 10));
    stop.go();
    first.await.unwrap().unwrap();
    assert_eq!(left(&place).await, 0);
}

/// A worker at a request, with its transaction open.
async fn worker_at(place: &Place, request: u8) -> TestSession {
    let mut worker = place.postgres().session().await;
    worker.execute(&format!("BEGIN; {}", touches(request))).await;
    worker
}

fn touches(request: u8) -> String {
    format!(
        "UPDATE requests SET retry_attempt = retry_attempt + 1 WHERE id = '{}'",
        id("9e", request)
    )
}

/// The foreign key of a template changes the rows that refer to it, whoever is writing them.
#[tokio::test]
async fn w4_a_purge_waits_for_no_worker_and_no_worker_for_it() {
    let place = unfenced().await;
    place.execute(&original::delete_file(OCTOBER)).await;
    let mut worker = worker_at(&place, 6).await;
    let mut purger = place.postgres().session().await;
    let number = number_of(&mut purger).await;
    let purging =
        tokio::spawn(async move { taken(&mut purger, &original::purge_templates(1_000)).await });
    place.postgres().until_blocked(number).await;
    worker.execute("COMMIT").await;
    assert_eq!(purging.await.unwrap(), 4);

    let place = fenced().await;
    let mut worker = worker_at(&place, 6).await;
    place.delete(file(OCTOBER)).await.unwrap();
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let first = purging_now(&place, pauser);
    let stop = stops.next().await.unwrap();
    // The chunk has taken what it could, and the worker goes on to a row of the same template.
    worker.execute("SET LOCAL lock_timeout = '1ms'").await;
    worker.execute(&touches(13)).await;
    worker.execute("COMMIT").await;
    stop.go();
    assert_eq!(first.await.unwrap().unwrap().rows, 3);
}

fn purging_now(place: &Place, pauser: Arc<Pauser>) -> PurgeUnderWay {
    purging(place, 1_000, pauser)
}

/// A worker that writes two rows, in the other order than the purge meets them.
#[tokio::test]
async fn w4_a_purge_and_a_worker_do_not_meet_in_a_deadlock() {
    let place = unfenced().await;
    place.execute(&original::delete_file(OCTOBER)).await;
    // One template, so that the order is known: its requests as they were inserted.
    let one = format!("DELETE FROM request_templates WHERE id = '{}'", id("7e", 2));
    let mut worker = worker_at(&place, 13).await;
    let mut purger = place.postgres().session().await;
    let number = number_of(&mut purger).await;
    let purging = tokio::spawn(async move {
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(one)).execute(purger.connection()).await;
        done.unwrap_err().as_database_error().unwrap().code().unwrap().into_owned()
    });
    place.postgres().until_blocked(number).await;
    worker.execute(&touches(2)).await;
    worker.execute("COMMIT").await;
    assert_eq!(purging.await.unwrap(), "40P01");

    let place = fenced().await;
    place.delete(file(OCTOBER)).await.unwrap();
    let mut worker = worker_at(&place, 13).await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let first = purging_now(&place, pauser);
    let stop = stops.next().await.unwrap();
    worker.execute("SET LOCAL lock_timeout = '1ms'").await;
    worker.execute(&touches(2)).await;
    stop.go();
    first.await.unwrap().unwrap();
    worker.execute("COMMIT").await;
}

#[tokio::test]
async fn w5_nothing_taken_is_not_nothing_left() {
    let place = with_many(6).await.without_fence().await;
    let (mut first, mut second) =
        (place.postgres().session().await, place.postgres().session().await);
    first.execute("BEGIN").await;
    assert_eq!(taken(&mut first, &original::purge_requests(1_000)).await, 10);
    assert_eq!(taken(&mut second, &original::purge_requests(1_000)).await, 0);
    first.execute("ROLLBACK").await;
    // And nobody comes back until the next interval.
    assert_eq!(left(&place).await, 10);

    let place = with_many(6).await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let first = purging_now(&place, pauser);
    let stop = stops.next().await.unwrap();
    let held = stop.point.session.unwrap().0;
    let second = purge(place.system()).await;
    assert_eq!((second.rows, second.ended.len(), second.waiting.len()), (0, 0, 1));
    place.execute(&format!("SELECT pg_terminate_backend({held})")).await;
    stop.go();
    first.await.unwrap().unwrap_err();
    // It is purging still, for whoever asks, and whoever drains next ends it.
    let purging = "SELECT count(*) FROM sexton.deletions WHERE state = 'purging'";
    assert_eq!((place.number(purging).await, left(&place).await), (1, 10));
    let third = purge(place.system()).await;
    assert_eq!((third.rows, third.ended.len()), (13, 1));
}

/// So many tombstones that were purged long ago.
const PAST: u32 = 5_000;

/// A past of this many purged batches, and one of ten requests that was just deleted.
async fn with_past(past: u32) -> Place {
    let place = with_many(6).await;
    place
        .execute(&format!(
            "INSERT INTO batches (id, endpoint, created_by, deleted_at)
             SELECT ('bb000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, '/v1', 'ada', now()
             FROM generate_series(1, {past}) AS n;
             INSERT INTO sexton.deletions (id, system, thing, root, state, actor, requested_at,
                 changed_at, lease, leased_until, receipt)
             SELECT 'dlt_' || n, 'requests', 'batch', n::text, 'complete', 'ada', n, n, 'l', 0, '{{}}'
             FROM generate_series(1, {past}) AS n;
             INSERT INTO sexton.hidden (deletion, thing, key, at, due)
             SELECT 'dlt_' || n, 'batch', '[\"' || n || '\"]', n, n
             FROM generate_series(1, {past}) AS n"
        ))
        .await;
    place.execute("VACUUM (ANALYZE)").await;
    place
}

/// Blocks that were read for tables and indexes, by all sessions that have ended.
async fn blocks(place: &Place) -> i64 {
    let mut watcher = place.postgres().session().await;
    let others = "SELECT 1 FROM pg_stat_activity
                  WHERE datname = current_database() AND pid <> pg_backend_pid()
                    AND backend_type = 'client backend'";
    while !watcher.query(others).await.is_empty() {}
    let read = "SELECT sum(coalesce(heap_blks_read, 0) + coalesce(heap_blks_hit, 0)
                    + coalesce(idx_blks_read, 0) + coalesce(idx_blks_hit, 0))::bigint
                FROM pg_statio_all_tables WHERE schemaname IN ('public', 'sexton')";
    watcher.query(read).await[0][0].as_ref().unwrap().parse().unwrap()
}

/// Those that somebody keeps open.
const ENDS_SESSIONS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()";

/// Blocks that a drain reads in sessions of its own.
async fn drained(past: u32) -> i64 {
    let place = with_past(past).await;
    place.execute(ENDS_SESSIONS).await;
    let before = blocks(&place).await;
    let database = Arc::new(PostgresDatabase::connect(&place.address(), None).unwrap());
    let purged = purge(&chunked_on(&place, database.clone(), 1_000)).await;
    assert_eq!((purged.rows, purged.ended.len()), (13, 1));
    database.close().await;
    blocks(&place).await - before
}

/// Every pass of the original visits every tombstone that was ever made.
#[tokio::test]
async fn w14_what_was_purged_long_ago_costs_nothing() {
    let mut hits = Vec::new();
    for past in [0, PAST] {
        let place = with_past(past).await.without_fence().await;
        let explained = format!("EXPLAIN (ANALYZE, BUFFERS) {}", original::purge_requests(1_000));
        let mut told = place.column(&explained).await.into_iter().flatten();
        let read = |line: String| -> Option<i64> {
            line.split("shared hit=").nth(1)?.split_whitespace().next()?.parse().ok()
        };
        hits.push(told.find_map(read).unwrap_or(0));
    }
    assert!(hits[1] > hits[0] + i64::from(PAST), "the original reads {hits:?} blocks");

    let ours = [drained(0).await, drained(PAST).await];
    // A deeper index or two, and no more.
    assert!(ours[1] < ours[0] + 200, "ours reads {ours:?} blocks");
}

#[tokio::test]
async fn w16_a_purger_that_dies_between_its_statements_has_done_nothing_or_all_and_counted_it() {
    let place = unfenced().await;
    place.execute(&original::delete_batch(UNDER_WAY)).await;
    place.execute(&original::delete_file(OCTOBER)).await;
    let mut purger = place.postgres().session().await;
    // The first of its statements has committed by itself, and nothing tells of it.
    assert_eq!(taken(&mut purger, &original::purge_requests(1_000)).await, 4);
    drop(purger);
    let below = format!("SELECT count(*) FROM requests WHERE batch_id = '{}'", id("ba", UNDER_WAY));
    assert_eq!(place.number(&below).await, 0);
    let templates = "SELECT count(*) FROM request_templates WHERE file_id IS NOT NULL";
    assert_eq!(place.number(templates).await, 7);

    let place = fenced().await;
    place.execute("UPDATE daemons SET status = 'dead'").await;
    place.delete(batch(UNDER_WAY)).await.unwrap();
    let before = place.dump().await;
    for point in ["after remove requests (change)", "before commit (change)"] {
        let (pauser, mut stops) = Pauser::at(point);
        let first = purging_now(&place, pauser);
        let stop = stops.next().await.unwrap();
        let held = stop.point.session.unwrap().0;
        place.execute(&format!("SELECT pg_terminate_backend({held})")).await;
        stop.go();
        first.await.unwrap().unwrap_err();
        assert_eq!(place.dump().await, before, "{point}");
        assert_eq!(place.number("SELECT count(*) FROM sexton.purged").await, 0);
    }
    assert_eq!(purge(place.system()).await.ended.len(), 1);
    let counted = "SELECT counts::jsonb ->> 'requests' FROM sexton.purged";
    assert!(place.column(counted).await.len() <= 1);
    assert_eq!(place.number(&below).await, 0);
}
