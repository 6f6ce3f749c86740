//! Fills a place with a data set, by set-based statements inside the database.
//!
//! The same statements serve both databases. Indexes are built after the rows, and the planner
//! is told of them, as in a database that has been in use for a while.

use std::collections::BTreeMap;

use anyhow::Result;
use sexton_core::schema::Dialect;

use crate::place::{Place, schema};
use crate::scale::{ENTRIES, Scale, jobs_of_batch};
use crate::script::Script;
use crate::session::{Session, Value};

/// Vacuuming by itself would fall on some repetitions and not on others.
const WITHOUT_AUTOVACUUM: &str = "
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT relname FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = off)', name);
    END LOOP;
END
$$";

/// Makes the sample's tables in an empty place and fills them.
pub async fn load(place: &Place, scale: Scale) -> Result<()> {
    let mut session = place.session().await?;
    let (tables, indexes) = schema(place.dialect());
    begin(&mut session).await?;
    for statement in tables {
        session.script(statement).await?;
    }
    fill(&mut session, scale).await?;
    for statement in indexes {
        session.script(statement).await?;
    }
    let derive = Script::read("derive", include_str!("../load/derive.sql"));
    run(&mut session, &derive, &BTreeMap::new()).await?;
    session.script("COMMIT").await?;
    session.close().await?;
    settle(place).await
}

async fn begin(session: &mut Session) -> Result<()> {
    let settings = match session {
        Session::Postgres(_) => "SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'",
        Session::Sqlite(_) => "PRAGMA synchronous = OFF; PRAGMA cache_size = -512000",
    };
    session.script(settings).await?;
    session.script("BEGIN").await
}

async fn fill(session: &mut Session, scale: Scale) -> Result<()> {
    let number = Value::Number;
    let shared = Script::read("shared", include_str!("../load/shared.sql"));
    let numbers = scale.domains().max(scale.huge_runs).max(ENTRIES);
    let values =
        BTreeMap::from([("numbers", number(numbers)), ("domains", number(scale.domains()))]);
    run(session, &shared, &values).await?;
    session.script("ANALYZE numbers").await?;
    let batch = Script::read("batch", include_str!("../load/batch.sql"));
    for at in 1..=scale.batches() {
        let runs = scale.runs_of(at);
        let domains = if at <= scale.normal { scale.pool() } else { scale.domains() };
        let values = BTreeMap::from([
            ("batch", number(at)),
            ("runs", number(runs)),
            ("jobs", number(jobs_of_batch(runs))),
            ("entries", number(ENTRIES)),
            ("domains", number(domains)),
        ]);
        run(session, &batch, &values).await?;
    }
    Ok(())
}

async fn run(session: &mut Session, script: &Script, values: &BTreeMap<&str, Value>) -> Result<()> {
    for step in &script.steps {
        let bound: Vec<Value> = step.binds.iter().map(|name| values[name].clone()).collect();
        session.run(step.sql, &bound).await?;
    }
    Ok(())
}

/// Tells the planner what is there, and gets the cost of having loaded it out of the way.
async fn settle(place: &Place) -> Result<()> {
    let mut session = place.session().await?;
    match place.dialect() {
        Dialect::Postgres => {
            session.script(WITHOUT_AUTOVACUUM).await?;
            session.script("VACUUM (ANALYZE)").await?;
            session.script("CHECKPOINT").await?;
        }
        Dialect::Sqlite => {
            session.script("ANALYZE").await?;
            session.script("PRAGMA wal_checkpoint(TRUNCATE)").await?;
        }
    }
    session.close().await
}
