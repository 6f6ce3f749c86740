//! What it costs to take what nobody else refers to: artifacts with files that others share.
//!
//! Deletions by the engine and by hand take turns on one place, each on another artifact with the
//! same numbers of rows. In the end what is left is counted: both have taken the same.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, ensure};
use sexton_core::schema::Dialect;
use sexton_samples::snapshots;

use crate::clock;
use crate::engine::Engine;
use crate::figures::Series;
use crate::place::Place;
use crate::session::Session;
use crate::watch::Call;

/// Size metrics of an artifact: each names a file.
const METRICS: i64 = 200;
/// Of these, the last name files of all artifacts.
const OWN: i64 = 160;
/// Blobs of a file that are its own; one more belongs to many files.
const BLOBS: i64 = 3;
/// Files that go with an artifact: those of its metrics, and two of its own.
const FILES: i64 = OWN + 2;
/// Rows that go with an artifact.
const ROWS: i64 = 2 + METRICS + FILES * (1 + BLOBS + 1 + BLOBS);

/// What was measured on one database.
pub struct Taken {
    by_hand: Series,
    engine: Series,
    /// Every call of the last deletion by the engine.
    calls: Vec<Call>,
}

/// Measures both ways; the first round warms up and does not count.
pub async fn measure(dialect: Dialect, server: Option<&str>, repetitions: usize) -> Result<Taken> {
    let place = match dialect {
        Dialect::Postgres => Place::postgres(server, "taking").await?,
        Dialect::Sqlite => Place::sqlite().await,
    };
    // As many stay as go.
    let artifacts = 4 * (i64::try_from(repetitions)? + 1);
    eprintln!("{dialect:?}: loading {artifacts} artifacts");
    let mut session = place.session().await?;
    load(&mut session, dialect, artifacts).await?;
    let engine =
        Engine::of_sample(dialect, &place.address()?, &snapshots(), "any-artifact").await?;
    let (by_hand, engine_took) = (Series::default(), Series::default());
    let mut taken = Taken { by_hand, engine: engine_took, calls: Vec::new() };
    let mut artifact = 0;
    for round in 0..=repetitions {
        for turn in 0..2 {
            artifact += 1;
            place.rest(&mut session).await?;
            let is_by_hand = (turn + round) % 2 == 0;
            let took = if is_by_hand {
                self::by_hand(&mut session, dialect, artifact).await?
            } else {
                let done = engine.delete(&artifact.to_string(), ROWS).await?;
                taken.calls = done.calls;
                done.took
            };
            let series = if is_by_hand { &mut taken.by_hand } else { &mut taken.engine };
            if round > 0 {
                series.add(took);
            }
        }
    }
    let left = artifacts - artifact;
    for (table, wanted) in [
        ("files", left * FILES + METRICS - OWN),
        ("file_blobs", (left * FILES + METRICS - OWN) * BLOBS + 50),
        ("size_metrics", left * METRICS),
    ] {
        let found = count(&mut session, table).await?;
        ensure!(found == u64::try_from(wanted)?, "{found} {table} are left, not {wanted}");
    }
    session.close().await?;
    drop(engine);
    place.close().await?;
    Ok(taken)
}

async fn count(session: &mut Session, table: &str) -> Result<u64> {
    let sql = match table {
        "files" => "SELECT count(*) FROM files",
        "file_blobs" => "SELECT count(*) FROM file_blobs",
        _ => "SELECT count(*) FROM size_metrics",
    };
    session.number(sql).await
}

async fn load(session: &mut Session, dialect: Dialect, artifacts: i64) -> Result<()> {
    let schema = match dialect {
        Dialect::Postgres => snapshots().schema_postgres,
        Dialect::Sqlite => snapshots().schema_sqlite,
    };
    let shared =
        "(SELECT 900000 + n.i AS id FROM numbers n WHERE n.i > {own} AND n.i <= {metrics})";
    let script = format!(
        "BEGIN;\n{schema}\n
         CREATE TEMP TABLE numbers (i bigint PRIMARY KEY);
         INSERT INTO numbers WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
             SELECT i FROM n;
         INSERT INTO organizations (id, slug) VALUES (1, 'one');
         INSERT INTO projects (id, org_id, slug) VALUES (5, 1, 'five');
         INSERT INTO files (id, name)
         SELECT a.i * 1000 + n.i, 'own' FROM numbers a, numbers n
             WHERE a.i <= {{artifacts}} AND n.i <= {{own}} + 2
         UNION ALL SELECT s.id, 'shared' FROM {shared} s;
         INSERT INTO file_blobs (id, checksum, path, timestamp)
         SELECT f.id * 10 + n.i, 'c' || CAST(f.id AS text) || '-' || CAST(n.i AS text), 'p', CURRENT_TIMESTAMP
             FROM files f, numbers n WHERE n.i <= {{blobs}}
         UNION ALL SELECT n.i, 's' || CAST(n.i AS text), 'p', CURRENT_TIMESTAMP FROM numbers n WHERE n.i <= 50;
         INSERT INTO file_blob_index (file_id, blob_id, \"offset\")
         SELECT f.id, f.id * 10 + n.i, n.i FROM files f, numbers n WHERE n.i <= {{blobs}}
         UNION ALL SELECT f.id, 1 + f.id % 50, 0 FROM files f;
         INSERT INTO artifacts (id, project_id, state, file_id, installable_app_file_id)
         SELECT a.i, 5, 3, a.i * 1000 + {{own}} + 1, a.i * 1000 + {{own}} + 2 FROM numbers a WHERE a.i <= {{artifacts}};
         INSERT INTO snapshot_metrics (id, artifact_id) SELECT a.i, a.i FROM numbers a WHERE a.i <= {{artifacts}};
         INSERT INTO size_metrics (id, artifact_id, analysis_file_id)
         SELECT a.i * 1000 + n.i, a.i, CASE WHEN n.i <= {{own}} THEN a.i * 1000 + n.i ELSE 900000 + n.i END
             FROM numbers a, numbers n WHERE a.i <= {{artifacts}} AND n.i <= {{metrics}};
         DROP TABLE numbers;
         COMMIT;
         ANALYZE;"
    );
    let script = script
        .replace("{artifacts}", &artifacts.to_string())
        .replace("{own}", &OWN.to_string())
        .replace("{metrics}", &METRICS.to_string())
        .replace("{blobs}", &BLOBS.to_string());
    session.script(&script).await
}

/// Deletes an artifact with what it alone refers to, as a person would write it.
async fn by_hand(session: &mut Session, dialect: Dialect, artifact: i64) -> Result<Duration> {
    let begin = if dialect == Dialect::Sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" };
    let script = [begin, ";", BY_HAND].concat().replace("{artifact}", &artifact.to_string());
    let watch = clock::start();
    session.script(&script).await?;
    Ok(watch.elapsed())
}

const BY_HAND: &str = "
    CREATE TEMP TABLE going_files AS
    SELECT file_id AS id FROM artifacts WHERE id = {artifact} AND file_id IS NOT NULL
    UNION SELECT installable_app_file_id FROM artifacts WHERE id = {artifact} AND installable_app_file_id IS NOT NULL
    UNION SELECT analysis_file_id FROM size_metrics WHERE artifact_id = {artifact} AND analysis_file_id IS NOT NULL;
    DELETE FROM snapshot_comparisons
    WHERE head_metrics_id IN (SELECT id FROM snapshot_metrics WHERE artifact_id = {artifact})
       OR base_metrics_id IN (SELECT id FROM snapshot_metrics WHERE artifact_id = {artifact});
    DELETE FROM size_comparisons
    WHERE head_id IN (SELECT id FROM size_metrics WHERE artifact_id = {artifact})
       OR base_id IN (SELECT id FROM size_metrics WHERE artifact_id = {artifact});
    DELETE FROM snapshot_metrics WHERE artifact_id = {artifact};
    DELETE FROM size_metrics WHERE artifact_id = {artifact};
    DELETE FROM installables WHERE artifact_id = {artifact};
    DELETE FROM comparison_approvals WHERE artifact_id = {artifact};
    DELETE FROM artifacts WHERE id = {artifact};
    DELETE FROM going_files
    WHERE EXISTS (SELECT 1 FROM artifacts r WHERE r.file_id = going_files.id)
       OR EXISTS (SELECT 1 FROM artifacts r WHERE r.installable_app_file_id = going_files.id)
       OR EXISTS (SELECT 1 FROM artifacts r WHERE r.app_icon_id = CAST(going_files.id AS text))
       OR EXISTS (SELECT 1 FROM size_metrics r WHERE r.analysis_file_id = going_files.id)
       OR EXISTS (SELECT 1 FROM size_comparisons r WHERE r.file_id = going_files.id);
    CREATE TEMP TABLE going_blobs AS
    SELECT DISTINCT blob_id AS id FROM file_blob_index WHERE file_id IN (SELECT id FROM going_files);
    DELETE FROM file_blob_index WHERE file_id IN (SELECT id FROM going_files);
    DELETE FROM files WHERE id IN (SELECT id FROM going_files);
    DELETE FROM file_blobs
    WHERE id IN (SELECT id FROM going_blobs)
      AND NOT EXISTS (SELECT 1 FROM file_blob_index i WHERE i.blob_id = file_blobs.id);
    DROP TABLE going_files;
    DROP TABLE going_blobs;
    COMMIT;";

impl Taken {
    /// Its longest calls, those of one label together.
    fn longest(&self) -> String {
        let mut labels: BTreeMap<&str, (Duration, usize)> = BTreeMap::new();
        for call in &self.calls {
            let (took, times) = labels.entry(&call.label).or_default();
            *took += call.took;
            *times += 1;
        }
        let mut labels: Vec<_> = labels.into_iter().collect();
        labels.sort_by_key(|(_, (took, _))| std::cmp::Reverse(*took));
        let told = labels.into_iter().take(5).map(|(label, (took, times))| {
            format!("{label} {:.1} ({times}×)", took.as_secs_f64() * 1e3)
        });
        told.collect::<Vec<_>>().join(", ")
    }
}

/// The part of the report about it.
pub fn written<'a>(all: impl Iterator<Item = (&'static str, &'a Taken)>) -> String {
    let mut lines = vec![
        "\n## Takes\n".to_owned(),
        format!("An artifact of the sample `snapshots` with {METRICS} size metrics goes, and takes {FILES} files and"),
        format!("{} blobs that nobody else refers to; {} of its files and 50 blobs are shared and stay: {ROWS}", FILES * BLOBS, METRICS - OWN),
        "rows. By hand it is one script in one transaction, with temporary tables for what may go.\n".to_owned(),
        "| database | by hand | Sexton, with verification and receipt | times | its longest calls, in one deletion |".to_owned(),
        "|---|---|---|---|---|".to_owned(),
    ];
    lines.extend(all.map(|(name, taken)| {
        let times = taken.engine.median() / taken.by_hand.median();
        let longest = taken.longest();
        format!("| {name} | {} | {} | {times:.2} | {longest} |", taken.by_hand, taken.engine)
    }));
    lines.join("\n") + "\n"
}
