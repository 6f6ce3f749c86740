use std::sync::Arc;

use sexton_core::names::{Actor, ThingName};
use sexton_core::preview::Precision;
use sexton_engine::{Budget, Caller, DeleteError, DeleteRequest, EngineError, Root, RootKey};
use sexton_postgres::PostgresDatabase;

use crate::system::{on_postgres, system};

fn autumn() -> Root {
    Root {
        thing: ThingName::new("batch"),
        key: RootKey::Id("autumn-2026".into()),
        options: std::collections::BTreeMap::new(),
        caller: Caller::operator(Actor::new("reader")),
    }
}

/// A role that may read the system's tables and nothing else, not even Sexton's own.
#[tokio::test]
async fn a_role_with_select_only_can_preview_and_cannot_delete() {
    let (database, owner) = on_postgres().await;
    let role = format!("reader_{}", std::process::id());
    database
        .execute(&format!(
            "CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
        ))
        .await;
    let url = database.url().replace("user=postgres", &format!("user={role}"));
    assert!(url.contains(&role), "{url}");
    let reader = system(Arc::new(PostgresDatabase::connect(&url, None).unwrap()));

    let seen = reader.preview(&autumn(), Budget::default()).await.unwrap();
    let by_owner = owner.preview(&autumn(), Budget::default()).await.unwrap();
    assert_eq!((seen.precision, &seen.digest), (Precision::Exact, &by_owner.digest));

    let before = database.dump().await;
    let request = DeleteRequest { root: autumn(), reason: None, bound_to: None };
    let refused = reader.delete(&request).await;
    assert!(matches!(refused, Err(DeleteError::Engine(EngineError::Database(_)))), "{refused:?}");
    assert_eq!(database.dump().await, before);
    drop(reader);
    database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}
