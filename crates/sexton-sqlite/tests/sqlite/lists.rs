use std::fmt::Write as _;

use sexton_core::sql::Scalar;
use sexton_engine::ports::Arg;

use crate::files::{File, rows};

/// How plans open a list.
const VALUES: &str =
    "SELECT CASE type WHEN 'object' THEN unhex(value ->> 'x') ELSE value END FROM json_each(?1)";

/// How plans open a list of tuples.
const TUPLES: &str = "
    SELECT CASE json_type(value, '$[0]')
               WHEN 'object' THEN unhex(value ->> '$[0].x') ELSE value ->> '$[0]'
           END,
           CASE json_type(value, '$[1]')
               WHEN 'object' THEN unhex(value ->> '$[1].x') ELSE value ->> '$[1]'
           END
    FROM json_each(?1)";

fn values_of_every_class() -> Vec<Scalar> {
    let mut values =
        vec![Scalar::Null, Scalar::Blob(Vec::new()), Scalar::Blob((0..=255).collect())];
    let integers = [i64::MIN, i64::MIN + 1, -1, 0, 1, 1 << 53, (1 << 53) + 1, i64::MAX];
    values.extend(integers.map(Scalar::Integer));
    let texts =
        ["", " ", "null", "1", "'", "\"", "\\", "\\u0041", "a\u{0}b", "\u{1}\t\r\n\u{1f}\u{7f}"];
    values.extend(texts.map(Scalar::text));
    values.extend(
        ["é", "日本語", "🦀", "\u{2028}\u{feff}", "{\"x\":\"00\"}", "[1]"].map(Scalar::text),
    );
    let reals = [0.0, 1.0, -1.5, 0.1, 1.0 / 3.0, 1e-60, 1e60, 2_460_000.123_456_789, f64::EPSILON];
    values.extend(reals.map(Scalar::Real));
    values
}

#[tokio::test]
async fn a_list_comes_out_as_it_went_in() {
    let file = File::with("").await;
    let mut look = file.look().await;
    let values = values_of_every_class();
    let read = rows(&mut *look, VALUES, vec![Arg::Array(values.clone().into())]).await.unwrap();
    let read: Vec<Scalar> = read.into_iter().flatten().collect();
    assert_eq!(read, values);
}

#[tokio::test]
async fn a_list_of_tuples_comes_out_as_it_went_in() {
    let file = File::with("").await;
    let mut look = file.look().await;
    let values = values_of_every_class();
    let tuples: Vec<Vec<Scalar>> =
        values.iter().zip(values.iter().rev()).map(|(a, b)| vec![a.clone(), b.clone()]).collect();
    let read = rows(&mut *look, TUPLES, vec![Arg::Tuples(tuples.clone().into())]).await.unwrap();
    assert_eq!(read, tuples);
}

#[tokio::test]
async fn a_single_value_comes_out_as_it_went_in() {
    let file = File::with("").await;
    let mut look = file.look().await;
    let mut values = values_of_every_class();
    values.extend([f64::MAX, f64::MIN_POSITIVE, f64::INFINITY, 1e-300].map(Scalar::Real));
    for value in values {
        let read = rows(&mut *look, "SELECT ?1", vec![Arg::Scalar(value.clone())]).await.unwrap();
        assert_eq!(read, [[value]]);
    }
}

#[tokio::test]
async fn many_reals_come_out_to_the_last_bit() {
    let file = File::with("").await;
    let mut look = file.look().await;
    let mut state = 1_u64;
    let reals: Vec<Scalar> = (0..20_000)
        .map(|at| {
            // A fixed linear congruence: spread over all mantissas, the same in every run.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let mantissa = f64::from_bits((state >> 12) | 1_f64.to_bits());
            Scalar::Real(mantissa * 10_f64.powi(at % 119 - 59))
        })
        .collect();
    let read = rows(&mut *look, VALUES, vec![Arg::Array(reals.clone().into())]).await.unwrap();
    assert!(read.into_iter().flatten().eq(reals));
}

#[tokio::test]
async fn a_value_is_read_by_its_own_class_whatever_its_column_declares() {
    let file = File::with(
        "CREATE TABLE t (a BOOLEAN, b DATETIME, c TEXT, d BLOB, e INTEGER);
         INSERT INTO t VALUES ('weird', 12, x'00', 'text', 1.5), (1, 'now', 5, 7, NULL)",
    )
    .await;
    let read = rows(&mut *file.look().await, "SELECT * FROM t", Vec::new()).await.unwrap();
    let text = |text| Scalar::text(text);
    assert_eq!(
        read,
        [
            [
                text("weird"),
                Scalar::Integer(12),
                Scalar::Blob(vec![0]),
                text("text"),
                Scalar::Real(1.5)
            ],
            [Scalar::Integer(1), text("now"), text("5"), Scalar::Integer(7), Scalar::Null],
        ]
    );
}

/// A database in UTF-16 hands its text over in UTF-8 all the same.
#[tokio::test]
async fn the_files_own_encoding_does_not_show() {
    let file = File::with("").await;
    let path = file.folder.path().join("wide.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut stranger = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::raw_sql(
        "PRAGMA encoding = 'UTF-16'; CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('né🦀')",
    )
    .execute(&mut stranger)
    .await
    .unwrap();
    let database = sexton_sqlite::SqliteDatabase::open(path.to_str().unwrap()).await.unwrap();
    let mode = sexton_engine::ports::Mode::Look { budget: None };
    let mut look = sexton_engine::ports::Database::begin(&database, mode).await.unwrap();
    let list = vec![Arg::Array([Scalar::text("né🦀")].into())];
    let read = rows(&mut *look, &format!("SELECT a FROM t WHERE a IN ({VALUES})"), list).await;
    assert_eq!(read.unwrap(), [[Scalar::text("né🦀")]]);
}

#[tokio::test]
async fn a_list_is_answered_by_the_columns_index() {
    let mut sql = String::new();
    for (at, declared) in
        ["INTEGER", "TEXT", "BLOB", "", "REAL", "VARCHAR(9)", "DATETIME"].iter().enumerate()
    {
        write!(
            sql,
            "CREATE TABLE t{at} (a {declared}, b TEXT); CREATE INDEX i{at} ON t{at} (a);
             INSERT INTO t{at} SELECT value / 100, 'x' FROM generate(20000);"
        )
        .unwrap();
    }
    let sql = sql.replace(
        "generate(20000)",
        "(WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 20000) SELECT value FROM n)",
    );
    let file = File::with(&format!(
        "{sql} CREATE TABLE r (id INTEGER PRIMARY KEY, b TEXT);
         CREATE TABLE w (a TEXT PRIMARY KEY, b TEXT) WITHOUT ROWID;
         CREATE TABLE pairs (a TEXT, b INTEGER, PRIMARY KEY (a, b));
         INSERT INTO pairs SELECT b, rowid FROM t0; ANALYZE"
    ))
    .await;
    let mut look = file.look().await;
    let mut statements: Vec<String> =
        (0..7).map(|at| format!("DELETE FROM t{at} WHERE a IN ({VALUES})")).collect();
    statements.push(format!("DELETE FROM r WHERE id IN ({VALUES})"));
    statements.push(format!("SELECT b FROM w WHERE a IN ({VALUES})"));
    statements.push(format!("DELETE FROM pairs WHERE (a, b) IN ({TUPLES})"));
    statements.push(format!("DELETE FROM pairs WHERE (b, a) IN ({TUPLES})"));
    for statement in statements {
        let plan = rows(
            &mut *look,
            &format!("EXPLAIN QUERY PLAN {statement}"),
            vec![Arg::Array([Scalar::Integer(1)].into())],
        )
        .await
        .unwrap();
        let steps: Vec<String> = plan.iter().map(|row| row[3].to_string()).collect();
        assert!(steps.iter().any(|step| step.starts_with("SEARCH ")), "{statement}: {steps:?}");
        let scans =
            steps.iter().filter(|step| step.starts_with("SCAN ") && !step.contains("json_each"));
        assert_eq!(scans.count(), 0, "{statement}: {steps:?}");
    }
}

#[tokio::test]
async fn a_list_finds_what_a_comparison_would_find() {
    let file = File::with(
        "CREATE TABLE t (i INTEGER, x TEXT, b BLOB, n);
         CREATE INDEX t_i ON t (i); CREATE INDEX t_x ON t (x);
         CREATE INDEX t_b ON t (b); CREATE INDEX t_n ON t (n);
         INSERT INTO t VALUES (5, '5', x'0035', 5), (6, 'six', 'text', '5')",
    )
    .await;
    let mut look = file.look().await;
    for column in ["i", "x", "b", "n"] {
        for value in [
            Scalar::Integer(5),
            Scalar::text("5"),
            Scalar::text("six"),
            Scalar::text("text"),
            Scalar::Blob(vec![0, 0x35]),
            Scalar::Null,
        ] {
            let listed = format!("SELECT rowid FROM t WHERE {column} IN ({VALUES})");
            let listed = rows(&mut *look, &listed, vec![Arg::Array([value.clone()].into())]).await;
            let compared = format!("SELECT rowid FROM t WHERE {column} = ?1");
            let compared = rows(&mut *look, &compared, vec![Arg::Scalar(value.clone())]).await;
            assert_eq!(listed.unwrap(), compared.unwrap(), "{column} and {value:?}");
        }
    }
}
