//! Shared objects: owners that were met, what they name, and pins.

use sexton_core::intent::IntentKind;
use sexton_core::names::{DeletionId, IntentId, PoolName};
use sexton_engine::ports::{Claim, NewIntent, Scope, SettledIntent, Settlement};

use super::deletions::system;
use super::{Outcome, Subject};

fn keys(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|&key| key.to_owned()).collect()
}

pub async fn an_object_is_kept_while_somebody_names_it(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let (system, pool, other) = (system(), PoolName::new("images"), PoolName::new("other"));
    let scope = Scope { system: &system, pool: &pool, scope: "o/p" };
    let mut tx = subject.change().await?;
    tx.meet_owner(scope, "heads:1", &keys(&["a", "b"])).await?;
    tx.meet_owner(scope, "heads:2", &keys(&["b", "c"])).await?;
    tx.meet_owner(scope, "heads:2", &keys(&["c", "ä"])).await?;
    tx.meet_owner(scope, "heads:10", &[]).await?;
    assert_eq!(tx.owners(scope).await?, ["heads:1", "heads:10", "heads:2"]);
    let asked = keys(&["a", "b", "c", "d", "ä"]);
    assert_eq!(tx.kept(scope, &asked).await?, ["a", "b", "c", "ä"]);
    for elsewhere in [Scope { scope: "o/q", ..scope }, Scope { pool: &other, ..scope }] {
        assert_eq!(tx.owners(elsewhere).await?, [""; 0], "scopes do not mix");
        assert_eq!(tx.kept(elsewhere, &asked).await?, [""; 0]);
        tx.forget_owners(elsewhere, &keys(&["heads:1"])).await?;
    }
    tx.forget_owners(scope, &keys(&["heads:1", "heads:9"])).await?;
    assert_eq!(tx.owners(scope).await?, ["heads:10", "heads:2"]);
    assert_eq!(tx.kept(scope, &asked).await?, ["b", "c", "ä"], "what the other names stays");
    tx.rollback().await
}

pub async fn a_pin_keeps_an_object_for_its_time(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let (system, pool) = (system(), PoolName::new("images"));
    let scope = Scope { system: &system, pool: &pool, scope: "o/p" };
    let mut tx = subject.change().await?;
    tx.pin(&system, &pool, "long", 3_600).await?;
    tx.pin(&system, &pool, "long", 0).await?;
    tx.pin(&system, &pool, "over", 0).await?;
    let asked = keys(&["long", "over", "none"]);
    assert_eq!(tx.kept(scope, &asked).await?, ["long"], "the longer time holds");
    assert_eq!(tx.pins(&system, &pool, 9).await?, ["long"]);
    tx.pin(&system, &pool, "ä", 3_600).await?;
    tx.pin(&system, &pool, "Z", 3_600).await?;
    assert_eq!(tx.pins(&system, &pool, 9).await?, ["Z", "long", "ä"]);
    assert_eq!(tx.pins(&system, &pool, 1).await?, ["Z"]);
    assert_eq!(tx.pins(&system, &PoolName::new("other"), 9).await?, [""; 0]);
    tx.rollback().await
}

/// Who holds its promise decides; who lost it keeps nobody waiting.
pub async fn one_promise_decides_at_a_time(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let (system, pool, of) = (system(), PoolName::new("images"), DeletionId::new("dlt_1"));
    let scope = Scope { system: &system, pool: &pool, scope: "o/p" };
    let (first, second) = (IntentId::new("int_1"), IntentId::new("int_2"));
    let new = |id: &IntentId| NewIntent {
        id: id.clone(),
        kind: IntentKind::Shared,
        rule: "images".to_owned(),
        target: "{}".to_owned(),
        after_secs: 0,
    };
    let mut tx = subject.change().await?;
    tx.insert_intents(&system, &of, &[new(&first), new(&second)]).await?;
    let kinds = &[IntentKind::Shared];
    let claim =
        Claim { system: &system, deletion: None, kinds, lease: "l", lease_secs: 60, limit: 9 };
    assert_eq!(tx.claim_intents(claim).await?.len(), 2);
    tx.commit().await?;
    let mut tx = subject.change().await?;
    assert!(tx.decide_in(scope, &first).await?);
    assert!(tx.decide_in(scope, &first).await?, "a repeat is true again");
    assert!(!tx.decide_in(scope, &second).await?, "another is at it");
    assert!(tx.decide_in(Scope { scope: "o/q", ..scope }, &second).await?, "scopes do not mix");
    tx.has_decided_in(scope, &second).await?;
    assert!(!tx.decide_in(scope, &second).await?, "only who decides has decided");
    tx.has_decided_in(scope, &first).await?;
    assert!(tx.decide_in(scope, &second).await?);
    let settlement = Settlement::Later { after_ms: 60_000 };
    tx.settle_intents("l", &[SettledIntent { id: second, settlement, progress: None }]).await?;
    assert!(tx.decide_in(scope, &first).await?, "what nobody holds decides nothing");
    tx.rollback().await
}
