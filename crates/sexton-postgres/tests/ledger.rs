//! Sexton's own tables on PostgreSQL, as far as they are more than what every adapter promises.

use sexton_core::names::{SystemName, ThingName};
use sexton_engine::ports::{Database, DatabaseError, Mode, Transient};
use sexton_testkit::postgres::TestDatabase;

#[tokio::test]
async fn a_migration_that_changed_after_it_was_applied_is_refused() {
    let test = TestDatabase::new().await;
    test.execute("UPDATE sexton.migrations SET hash = 'another'").await;
    let error = test.database().prepare_ledger().await.unwrap_err();
    assert!(error.to_string().contains("0001_ledger is not the one"), "{error}");
}

#[tokio::test]
async fn programs_that_prepare_at_once_prepare_once() {
    let test = TestDatabase::bare().await;
    let databases = [(); 4].map(|()| test.database());
    let [a, b, c, d] = databases.each_ref().map(|database| database.prepare_ledger());
    let (a, b, c, d) = tokio::join!(a, b, c, d);
    for prepared in [a, b, c, d] {
        prepared.unwrap();
    }
    let applied = test.query("SELECT number FROM sexton.migrations ORDER BY number").await;
    let each_once = (1..=15).map(|number: u32| vec![Some(number.to_string())]);
    assert_eq!(applied, each_once.collect::<Vec<_>>());
}

/// A role that may not create schemas works in the one that was made for it.
#[tokio::test]
async fn a_schema_that_is_there_needs_no_right_to_create_one() {
    let test = TestDatabase::bare().await;
    let role = test.query("SELECT current_database()").await.concat()[0].clone().unwrap();
    test.execute(&format!(
        "CREATE ROLE \"{role}\" LOGIN;
         CREATE SCHEMA sexton AUTHORIZATION \"{role}\";"
    ))
    .await;
    let url = test.url().replace("user=postgres", &format!("user={role}"));
    let database = sexton_postgres::PostgresDatabase::connect(&url, None).unwrap();
    database.prepare_ledger().await.unwrap();
    database.close().await;
    test.execute(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\"")).await;
}

/// The words of the lifecycle and its ends hold in the database too.
#[tokio::test]
async fn the_tables_refuse_what_makes_no_sense() {
    let test = TestDatabase::new().await;
    let database = test.database();
    let insert = "INSERT INTO sexton.deletions (id, system, thing, root, state, actor,
            requested_at, changed_at, lease, leased_until, receipt)
        VALUES ('d', 's', 't', 'r', ";
    for wrong in [
        [insert, "'unheard-of', 'a', 1, 1, 'l', 1, NULL)"].concat(),
        [insert, "'committed', 'a', 1, 1, 'l', 1, '{}')"].concat(),
        [insert, "'complete', 'a', 1, 1, 'l', 1, NULL)"].concat(),
        "INSERT INTO sexton.audit (deletion, record, seq) VALUES ('d', '{}', 1)".to_owned(),
        "INSERT INTO sexton.audit_head (is_only, seq, hash)
            VALUES (false, 1, repeat('a', 64))"
            .to_owned(),
    ] {
        let mut tx = database.begin(Mode::Change).await.unwrap();
        let query =
            sexton_engine::ports::Query { label: "try", sql: &wrong, args: vec![], general: false };
        let error = tx.run(query).await.unwrap_err();
        assert!(matches!(error, DatabaseError::Violation { .. }), "{wrong}: {error:?}");
    }
}

/// Race: somebody wants to release the hold while a deletion judges by it.
#[tokio::test]
async fn a_hold_that_was_read_for_a_change_stays_until_its_end() {
    let test = TestDatabase::new().await;
    test.execute(
        "INSERT INTO sexton.holds (system, thing, root, reason, placed_by, placed_at)
         VALUES ('shop', 'customer', '7', 'a lawsuit', 'bob', 1)",
    )
    .await;
    let database = test.database();
    let mut judging = database.begin(Mode::Change).await.unwrap();
    let things = [ThingName::new("customer")];
    let shop = SystemName::new("shop");
    let holds = judging.active_holds(&shop, &things).await.unwrap();
    assert_eq!(holds.len(), 1);
    let mut releasing = database.begin(Mode::Change).await.unwrap();
    let sql = "UPDATE sexton.holds SET released_at = 2";
    let release =
        sexton_engine::ports::Query { label: "release", sql, args: vec![], general: false };
    let error = releasing.run(release).await.unwrap_err();
    let waits = matches!(error, DatabaseError::Transient { kind: Transient::LockTimeout, .. });
    assert!(waits, "{error:?}");
    judging.commit().await.unwrap();
}

/// Race: the first has taken it over and has not committed yet.
#[tokio::test]
async fn who_comes_second_takes_over_nothing_and_does_not_wait() {
    let test = TestDatabase::new().await;
    test.execute(
        "INSERT INTO sexton.deletions (id, system, thing, root, state, actor, requested_at,
            changed_at, lease, leased_until)
         VALUES ('dlt_1', 'shop', 'customer', '7', 'committed', 'ann', 1, 1, 'lost', 1)",
    )
    .await;
    let database = test.database();
    let shop = SystemName::new("shop");
    let mut first = database.begin(Mode::Change).await.unwrap();
    let mut second = database.begin(Mode::Change).await.unwrap();
    assert_eq!(first.take_over(&shop, "one", 60, 100).await.unwrap().len(), 1);
    assert_eq!(second.take_over(&shop, "two", 60, 100).await.unwrap().len(), 0);
    first.commit().await.unwrap();
    assert_eq!(second.take_over(&shop, "two", 60, 100).await.unwrap().len(), 0);
    second.commit().await.unwrap();
}
