//! Transactions on PostgreSQL, as far as they are more than what every adapter promises.

use std::time::Duration;

use sexton_core::names::TableName;
use sexton_core::sql::Scalar;
use sexton_engine::ports::{Arg, Database, DatabaseError, Mode, Query, Row, Transient, Tx};
use sexton_testkit::postgres::TestDatabase;

fn query(sql: &str) -> Query<'_> {
    Query { label: "try", sql, args: vec![], general: false }
}

async fn one(tx: &mut dyn Tx, sql: &str) -> Row {
    let rows = tx.rows(query(sql)).await.expect("the question has an answer");
    assert_eq!(rows.len(), 1, "{sql}");
    rows.concat()
}

async fn setting(tx: &mut dyn Tx, name: &str) -> String {
    one(tx, &format!("SELECT current_setting('{name}')")).await[0].to_string()
}

#[tokio::test]
async fn a_transaction_runs_under_its_own_settings_and_leaves_none() {
    let test = TestDatabase::bare().await;
    let database = test.database();
    let mut tx = database.begin(Mode::Keep).await.unwrap();
    for (name, expected) in [
        ("application_name", "sexton"),
        ("transaction_isolation", "read committed"),
        ("transaction_read_only", "off"),
        ("lock_timeout", "500ms"),
        ("statement_timeout", "0"),
        ("synchronous_commit", "off"),
        ("search_path", "public, pg_temp"),
        ("row_security", "off"),
        ("plan_cache_mode", "force_custom_plan"),
        ("max_parallel_workers_per_gather", "0"),
        ("DateStyle", "ISO, YMD"),
        ("TimeZone", "UTC"),
        ("IntervalStyle", "postgres"),
        ("extra_float_digits", "1"),
        ("bytea_output", "hex"),
    ] {
        assert_eq!(setting(&mut *tx, name).await, expected, "{name}");
    }
    tx.commit().await.unwrap();
    let budget = Some(Duration::from_millis(1_500));
    let mut tx = database.begin(Mode::Look { budget }).await.unwrap();
    assert_eq!(setting(&mut *tx, "statement_timeout").await, "1500ms");
    assert_eq!(setting(&mut *tx, "synchronous_commit").await, "on");
    assert_eq!(setting(&mut *tx, "transaction_isolation").await, "repeatable read");
    tx.rollback().await.unwrap();
}

#[tokio::test]
async fn the_session_is_known_from_the_start() {
    let test = TestDatabase::bare().await;
    let mut tx = test.database().begin(Mode::Change).await.unwrap();
    let session = tx.session().unwrap();
    let found = one(&mut *tx, "SELECT pg_backend_pid()").await;
    assert_eq!(found, [Scalar::Integer(session.0.into())]);
}

#[tokio::test]
async fn a_statement_ends_within_the_budget() {
    let test = TestDatabase::bare().await;
    let budget = Some(Duration::from_millis(20));
    let mut tx = test.database().begin(Mode::Look { budget }).await.unwrap();
    let error = tx.rows(query("SELECT pg_sleep(60)::text")).await.unwrap_err();
    assert!(matches!(error, DatabaseError::Timeout { ref label } if label == "try"), "{error:?}");
}

/// The server answers such a COMMIT with a silent ROLLBACK.
#[tokio::test]
async fn after_a_failure_a_commit_is_refused() {
    let test = TestDatabase::bare().await;
    test.execute("CREATE TABLE t (id int)").await;
    let mut tx = test.database().begin(Mode::Change).await.unwrap();
    tx.run(query("INSERT INTO t VALUES (1)")).await.unwrap();
    tx.run(query("INSERT INTO t VALUES (1 / 0)")).await.unwrap_err();
    let error = tx.commit().await.unwrap_err();
    assert!(matches!(error, DatabaseError::Failed { .. }), "{error:?}");
    assert!(test.query("SELECT id FROM t").await.is_empty());
}

#[tokio::test]
async fn a_connection_that_died_while_idle_is_replaced() {
    let test = TestDatabase::bare().await;
    let database = test.database();
    let all = [(); 4].map(|()| database.begin(Mode::Change));
    let mut open = Vec::new();
    for begin in all {
        open.push(begin.await.unwrap());
    }
    for tx in open {
        tx.commit().await.unwrap();
    }
    let killed = test
        .query(
            "SELECT pg_terminate_backend(pid, 5000)
             FROM pg_stat_activity
             WHERE datname = current_database()
               AND application_name = 'sexton'",
        )
        .await;
    assert_eq!(killed.len(), 4);
    let tx = database.begin(Mode::Change).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_dies_in_use_is_told() {
    let test = TestDatabase::bare().await;
    let mut tx = test.database().begin(Mode::Change).await.unwrap();
    let session = tx.session().unwrap().0;
    test.query(&format!("SELECT pg_terminate_backend({session}, 5000)")).await;
    let error = tx.rows(query("SELECT 1")).await.unwrap_err();
    assert!(matches!(error, DatabaseError::Lost(_)), "{error:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told() {
    let nowhere = "postgres:///none?host=/nonexistent&user=nobody";
    let database = sexton_postgres::PostgresDatabase::connect(nowhere, None).unwrap();
    let error = database.begin(Mode::Change).await.err().unwrap();
    assert!(matches!(error, DatabaseError::Unreachable(_)), "{error:?}");
    let unreadable = sexton_postgres::PostgresDatabase::connect("not an address", None);
    assert!(matches!(unreadable.err(), Some(DatabaseError::Unreachable(_))));
}

#[tokio::test]
async fn a_database_that_is_not_there_is_told() {
    let test = TestDatabase::bare().await;
    let url = test.url().replace("postgres:///test_", "postgres:///no_such_test_");
    let database = sexton_postgres::PostgresDatabase::connect(&url, None).unwrap();
    let error = database.begin(Mode::Change).await.err().unwrap();
    assert!(error.to_string().contains("does not exist"), "{error}");
    assert!(matches!(error, DatabaseError::Unreachable(_)), "{error:?}");
}

/// Race: the other session holds the row until it is told who waits for it.
#[tokio::test]
async fn who_blocks_is_told_without_values() {
    let test = TestDatabase::bare().await;
    test.execute("CREATE TABLE runs (id int, name text); INSERT INTO runs VALUES (1, 'one')").await;
    let mut other = test.session().await;
    other.execute("SET application_name = 'shop'; BEGIN; UPDATE runs SET name = 'secret'").await;
    let database = test.database();
    let mut tx = database.begin(Mode::Change).await.unwrap();
    let session = tx.session().unwrap();
    assert!(database.blockers(session).await.is_empty(), "it does not wait yet");
    let waiting = tx.run(query("DELETE FROM runs"));
    let looking = async {
        test.until_blocked(session).await;
        database.blockers(session).await
    };
    let (waited, blockers) = tokio::join!(waiting, looking);
    let late = matches!(
        waited,
        Err(DatabaseError::Transient { kind: Transient::LockTimeout, ref label, .. })
            if label == "try"
    );
    assert!(late, "{waited:?}");
    let [sentence] = &blockers[..] else { panic!("one blocker: {blockers:?}") };
    assert!(sentence.contains("(shop, idle in transaction since 0 s)"), "{sentence}");
    assert!(!sentence.contains("secret"), "{sentence}");
}

/// Race: each holds what the other waits for. Ours gives way before the server looks for one.
#[tokio::test]
async fn in_a_deadlock_the_deletion_gives_way() {
    let test = TestDatabase::bare().await;
    test.execute("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)").await;
    let mut tx = test.database().begin(Mode::Change).await.unwrap();
    tx.run(query("DELETE FROM t WHERE id = 1")).await.unwrap();
    let mut other = test.session().await;
    other.execute("BEGIN; DELETE FROM t WHERE id = 2").await;
    let theirs = async {
        other.execute("DELETE FROM t WHERE id = 1").await;
        other.execute("COMMIT").await;
    };
    let ours = async {
        let error = tx.run(query("DELETE FROM t WHERE id = 2")).await.unwrap_err();
        tx.rollback().await.unwrap();
        error
    };
    let ((), error) = tokio::join!(theirs, ours);
    assert!(error.is_transient(), "{error:?}");
    assert!(test.query("SELECT id FROM t").await.is_empty(), "the other went through");
}

#[tokio::test]
async fn a_mistake_is_pointed_at_by_its_byte() {
    let test = TestDatabase::bare().await;
    let sql = "SELECT 'ä', nothing FROM pg_class";
    let error = test.database().prepare(sql).await.unwrap_err();
    let DatabaseError::Statement { position, detail, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*position, sql.find("nothing"));
    assert!(detail.contains("nothing"), "{detail}");
}

#[tokio::test]
async fn rows_hidden_by_a_policy_are_an_error() {
    let test = TestDatabase::bare().await;
    let role = test.query("SELECT current_database()").await.concat()[0].clone().unwrap();
    test.execute(&format!(
        "CREATE ROLE \"{role}\" LOGIN;
         CREATE TABLE t (id int);
         GRANT SELECT ON t TO \"{role}\";
         ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
    ))
    .await;
    let url = test.url().replace("user=postgres", &format!("user={role}"));
    let database = sexton_postgres::PostgresDatabase::connect(&url, None).unwrap();
    let mut tx = database.begin(Mode::Look { budget: None }).await.unwrap();
    let error = tx.rows(query("SELECT count(*) FROM t")).await.unwrap_err();
    assert!(matches!(error, DatabaseError::Denied { .. }), "{error:?}");
    drop(tx);
    database.close().await;
    test.execute(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\"")).await;
}

#[tokio::test]
async fn a_column_that_is_not_text_has_to_be_cast() {
    let test = TestDatabase::bare().await;
    let mut tx = test.database().begin(Mode::Look { budget: None }).await.unwrap();
    let kinds = one(&mut *tx, "SELECT 1::bigint, 1::int, true, NULL::bigint, 'x'::name").await;
    let expected = [
        Scalar::Integer(1),
        Scalar::Integer(1),
        Scalar::Integer(1),
        Scalar::Null,
        Scalar::text("x"),
    ];
    assert_eq!(kinds, expected);
    let error = tx.rows(query("SELECT now() AS moment")).await.unwrap_err();
    assert!(error.to_string().contains("`moment` is of type TIMESTAMPTZ"), "{error}");
}

#[tokio::test]
async fn bytes_go_in_their_text_form() {
    let test = TestDatabase::bare().await;
    let mut tx = test.database().begin(Mode::Look { budget: None }).await.unwrap();
    let bytes = Arg::Scalar(Scalar::Blob(vec![0, 255, 16]));
    let sql = "SELECT $1::text::bytea::text";
    let rows =
        tx.rows(Query { label: "try", sql, args: vec![bytes], general: false }).await.unwrap();
    assert_eq!(rows, [[Scalar::text("\\x00ff10")]]);
}

async fn statements_kept(address: &str) -> Row {
    let database = sexton_postgres::PostgresDatabase::connect(address, None)
        .expect("an address that the test made can be read");
    database.prepare_ledger().await.expect("the tables can be made");
    database.schema().await.expect("the schema can be read");
    database.prepare("SELECT $1::text").await.expect("it makes sense");
    let mut tx = database.begin(Mode::Change).await.expect("a change can begin");
    tx.stamp(&[TableName::local("t")]).await.expect("the stamp can be read");
    tx.lock_names(&["a name".to_owned()]).await.expect("nobody has it");
    tx.audit_head().await.expect("the tables were made");
    tx.run(query("CREATE TABLE t (id int)")).await.expect("there is none");
    one(&mut *tx, "SELECT count(*) FROM pg_prepared_statements").await
}

/// Behind a pooler, a name that one client gave would meet that of another.
#[tokio::test]
async fn no_statement_is_named_where_the_address_says_so() {
    let test = TestDatabase::bare().await;
    let address = test.url() + "&statement-cache-capacity=0";
    assert_eq!(statements_kept(&address).await, [Scalar::Integer(0)]);
    assert_ne!(statements_kept(&test.url()).await, [Scalar::Integer(0)]);
}

/// Race: the constraint is judged at the end only, by the server's COMMIT.
#[tokio::test]
async fn a_commit_that_fails_keeps_nothing() {
    let test = TestDatabase::bare().await;
    test.execute(
        "CREATE TABLE p (id int PRIMARY KEY);
         CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED);
         INSERT INTO p VALUES (1);
         INSERT INTO c VALUES (1);",
    )
    .await;
    let database = test.database();
    for settle in [false, true] {
        let mut tx = database.begin(Mode::Change).await.unwrap();
        tx.run(query("DELETE FROM p")).await.unwrap();
        let refused = if settle { tx.settle_constraints().await } else { tx.commit().await };
        let late =
            matches!(refused, Err(DatabaseError::Transient { kind: Transient::LateReference, .. }));
        assert!(late, "{refused:?}");
    }
    assert_eq!(test.query("SELECT id FROM p").await.len(), 1);
}
