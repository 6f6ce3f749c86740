//! Connections over TLS, to a server whose root is known to nobody else.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up ends here")]

use sexton_engine::ports::{Database, DatabaseError, Mode, Query};
use sexton_postgres::PostgresDatabase;
use sexton_testkit::postgres::TlsServer;

/// Whether the connection is encrypted, or why there is none.
async fn is_encrypted(url: &str) -> Result<bool, String> {
    let database = PostgresDatabase::connect(url, None).map_err(|error| error.to_string())?;
    let mut tx = match database.begin(Mode::Look { budget: None }).await {
        Ok(tx) => tx,
        Err(DatabaseError::Unreachable(why)) => return Err(why),
        Err(error) => panic!("{error:?}"),
    };
    let sql = "SELECT ssl::text FROM pg_catalog.pg_stat_ssl WHERE pid = pg_backend_pid()";
    let query = Query { label: "ask", sql, args: Vec::new(), general: false };
    let rows = tx.rows(query).await.unwrap();
    tx.rollback().await.unwrap();
    Ok(rows[0][0].to_string() == "true")
}

fn untrusted(result: &Result<bool, String>) -> bool {
    let Err(why) = result else { return false };
    why.contains("certificate is not accepted") && why.contains("sslrootcert=FILE")
}

#[tokio::test]
async fn modes_of_tls_do_what_libpq_says_of_them() {
    let server = TlsServer::start();
    let root = format!("sslrootcert={}", server.root().display());
    let other = format!("sslrootcert={}", server.other_root().display());
    let on = async |host: &str, parameters: &str| is_encrypted(&server.url(host, parameters)).await;

    assert_eq!(on("localhost", "sslmode=disable").await, Ok(false));
    assert_eq!(on("localhost", "sslmode=prefer").await, Ok(true));
    assert_eq!(on("localhost", "").await, Ok(true), "prefer is what is meant without a word");
    assert_eq!(on("localhost", "sslmode=require").await, Ok(true));

    // The root of the server is none of the machine's.
    for mode in ["verify-ca", "verify-full"] {
        let result = on("localhost", &format!("sslmode={mode}")).await;
        assert!(untrusted(&result), "{mode}: {result:?}");
        let result = on("localhost", &format!("sslmode={mode}&{other}")).await;
        assert!(untrusted(&result), "{mode}: {result:?}");
        assert_eq!(on("localhost", &format!("sslmode={mode}&{root}")).await, Ok(true), "{mode}");
    }
    // Only the whole of it looks at the name, and a root that is named is asked for.
    assert_eq!(on("127.0.0.1", &format!("sslmode=verify-ca&{root}")).await, Ok(true));
    let why = on("127.0.0.1", &format!("sslmode=verify-full&{root}")).await.unwrap_err();
    assert!(why.starts_with("the server's certificate is for another name ("), "{why}");
    let result = on("localhost", &format!("sslmode=require&{other}")).await;
    assert!(untrusted(&result), "{result:?}");
}
