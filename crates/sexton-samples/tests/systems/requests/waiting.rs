//! Who waits for a purge: nobody, wherever one of its transactions stands. PostgreSQL only.
//!
//! The purge is stopped at each of its calls. There every statement of the application runs in a
//! session that waits for no lock, and another purger drains what it can while a third looks who
//! waits in `pg_stat_activity`.

use std::collections::BTreeSet;

use sexton_samples::app::{Application, Dialect, Section, Values, id as app_id};
use sexton_testkit::interpose::Pauser;
use sexton_testkit::postgres::TestSession;
use sqlx::postgres::PgArguments;
use sqlx::{Arguments, AssertSqlSafe};

use super::hiding::{chunked, purge, purging, with_many};
use super::{batch, file, id};
use crate::place::Place;

const OCTOBER: u8 = 1;
const NOVEMBERS_RESULTS: u8 = 6;
const UNDER_WAY: u8 = 2;
const LIVE: u8 = 3;
/// The request that a living daemon is at, of the batch and the file that go.
const AT_WORK: u8 = 6;

/// Statements of a worker at a request whose batch is being purged.
const OF_WORKER: [&str; 8] = [
    "worker.open",
    "worker.recover",
    "worker.heartbeat",
    "worker.write",
    "worker.finish",
    "worker.fail",
    "worker.retry",
    "worker.cancel",
];

fn at_work() -> Values {
    live().with("job", &id("9e", AT_WORK)).with("batch", &id("ba", UNDER_WAY))
}

/// Everything that a statement may ask for, of what stays.
fn live() -> Values {
    Values::new()
        .with("worker_id", &id("da", 1))
        .with("job", &id("ba", LIVE))
        .with("batch", &id("ba", LIVE))
        .with("file", &id("f1", NOVEMBERS_RESULTS))
        .with("owner", "ben")
        .with("roll", &7)
        .with("step", &1)
        .with("n", &1)
        .with("name", "winter")
        .with("new", &app_id(&["waiting", "step"]))
        .with("id", &app_id(&["waiting", "batch"]))
        .with("item", &app_id(&["waiting", "item"]))
        .with("source", &app_id(&["waiting", "source"]))
        .with("output", &app_id(&["waiting", "output"]))
}

/// The same for reads of what goes.
fn going() -> Values {
    let mut values = live();
    values.set("batch", &id("ba", UNDER_WAY));
    values.set("file", &id("f1", OCTOBER));
    values.set("owner", "ada");
    values
}

/// Runs sections as the application does, in a session that waits for no lock; nothing stays.
struct Impatient {
    session: TestSession,
    sections: Vec<Section>,
}

impl Impatient {
    async fn on(place: &Place) -> Self {
        let mut session = place.postgres().session().await;
        session.execute("SET lock_timeout = '1ms'").await;
        let application = Application::of("requests").unwrap();
        let sections = application.statements(Dialect::Postgres).unwrap().all().cloned().collect();
        Self { session, sections }
    }

    /// Runs all that one after the other may do, and says what had to wait.
    async fn runs_all(&mut self) -> Vec<String> {
        let mut waited = Vec::new();
        let sections = self.sections.clone();
        // What comes in is one transaction: a batch needs its file.
        let (submits, others): (Vec<_>, Vec<_>) =
            sections.into_iter().partition(|section| section.name.starts_with("submit."));
        let made = ["submit.file", "submit.template", "submit.batch", "submit.populate"];
        let made = made.iter().filter_map(|name| submits.iter().find(|s| s.name == *name));
        waited.extend(self.runs(&made.collect::<Vec<_>>(), &live()).await);
        for section in submits.iter().filter(|section| section.name.ends_with("cancel")) {
            waited.extend(self.runs(&[section], &live()).await);
        }
        for section in &others {
            let of_worker = OF_WORKER.contains(&section.name.as_str());
            waited.extend(self.runs(&[section], &if of_worker { at_work() } else { live() }).await);
            if section.name.starts_with("read.") {
                waited.extend(self.runs(&[section], &going()).await);
            }
        }
        waited
    }

    async fn runs(&mut self, sections: &[&Section], values: &Values) -> Option<String> {
        self.session.execute("BEGIN").await;
        let mut refused = None;
        for statement in sections.iter().flat_map(|section| &section.statements) {
            let mut binds = PgArguments::default();
            for name in &statement.values {
                assert!(values.has(name), "{}: {name}", sections[0].name);
                binds.add(values.get(name).map(str::to_owned)).unwrap();
            }
            let sql = AssertSqlSafe(statement.sql.clone());
            let ran = sqlx::query_with(sql, binds).fetch_all(self.session.connection()).await;
            if let Err(error) = ran {
                refused = Some(format!("{}: {error}", sections[0].name));
                break;
            }
        }
        self.session.execute("ROLLBACK").await;
        refused
    }
}

/// Everything of October is deleted, and a daemon is at one of its requests.
async fn deleted() -> Place {
    let place = Place::on_postgres(sexton_samples::requests()).await;
    place.execute("UPDATE daemons SET last_heartbeat = now() WHERE status = 'running'").await;
    place.delete(file(OCTOBER)).await.unwrap();
    place.delete(batch(UNDER_WAY)).await.unwrap();
    place
}

#[tokio::test]
async fn r32_no_statement_of_the_application_waits_for_a_chunk_wherever_it_stands() {
    let place = deleted().await;
    let mut impatient = Impatient::on(&place).await;
    let (pauser, mut stops) = Pauser::everywhere();
    let purging = purging(&place, 1_000, pauser);
    let (mut points, mut held) = (0, 0);
    while let Some(stop) = stops.next().await {
        if stop.point.call.ends_with("(change)") {
            points += 1;
            assert_eq!(impatient.runs_all().await, [""; 0], "{}", stop.point);
            held += i32::from(holds_a_template(&mut impatient).await);
        }
        stop.go();
    }
    let purged = purging.await.unwrap().unwrap();
    assert!(purged.rows >= 6 && points > 20 && held > 5, "{purged:?}: {held} of {points}");
}

/// What a chunk has taken is waited for: so a wait would be seen.
async fn holds_a_template(impatient: &mut Impatient) -> bool {
    let writes =
        format!("UPDATE request_templates SET line_number = 0 WHERE id = '{}'", id("7e", 4));
    let done = sqlx::raw_sql(AssertSqlSafe(writes)).execute(impatient.session.connection()).await;
    done.is_err_and(|error| error.as_database_error().unwrap().code().unwrap() == "55P03")
}

/// How many sessions wait for a lock, by what they run.
const WAITS: &str = "SELECT a.query
     FROM pg_stat_activity a
     WHERE a.datname = current_database() AND a.wait_event_type = 'Lock'
     UNION ALL
     SELECT l.locktype || ' ' || l.mode
     FROM pg_locks l
     JOIN pg_database d ON d.oid = l.database
     WHERE d.datname = current_database() AND NOT l.granted";

/// Drains as another replica, and says who was seen to wait.
async fn drained_by_another(place: &Place) -> BTreeSet<String> {
    let mut watcher = place.postgres().session().await;
    let mut seen = BTreeSet::new();
    let system = chunked(place, 10);
    let mut draining = std::pin::pin!(purge(&system));
    loop {
        tokio::select! {
            _ = &mut draining => return seen,
            rows = watcher.query(WAITS) => seen.extend(rows.into_iter().flatten().flatten()),
        }
    }
}

#[tokio::test]
async fn r25_no_purger_waits_for_another_wherever_it_stands() {
    let place = with_many(96).await;
    let (pauser, mut stops) = Pauser::everywhere();
    let purging = purging(&place, 10, pauser);
    let (mut points, mut has_claimed) = (0, false);
    while let Some(stop) = stops.next().await {
        has_claimed |= stop.point.name() == "after claim requests (change)";
        if has_claimed && stop.point.call.ends_with("(change)") {
            points += 1;
            assert_eq!(drained_by_another(&place).await, BTreeSet::new(), "{}", stop.point);
        }
        stop.go();
    }
    purging.await.unwrap().unwrap();
    assert!(points > 10, "{points}");
    let left = "SELECT count(*) FROM sexton.deletions WHERE state <> 'complete'";
    assert_eq!(place.number(left).await, 0);
}
