//! What runs by itself: who has a rule of retention, whom it could not delete, what is paused.

use sexton_core::intent::IntentKind;
use sexton_core::names::{DeletionId, IntentId, RetentionName, StoreName, SystemName};
use sexton_engine::ports::{Claim, NewIntent, RuleRun};

use super::{Outcome, Subject};

fn run<'a>(system: &'a SystemName, rule: &'a RetentionName, lease: &'a str) -> RuleRun<'a> {
    RuleRun { system, rule, lease, lease_secs: 60 }
}

pub async fn a_rule_is_one_programs_and_is_due_again_in_its_time(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let (shop, old) = (SystemName::new("shop"), RetentionName::new("old"));
    let mut tx = subject.change().await?;
    assert!(tx.rule_rows(&shop).await?.is_empty());
    assert!(tx.begin_rule(run(&shop, &old, "one"), false).await?);
    assert!(!tx.begin_rule(run(&shop, &old, "two"), false).await?);
    assert!(!tx.begin_rule(run(&shop, &old, "two"), true).await?, "not even by hand");
    let rows = tx.rule_rows(&shop).await?;
    assert_eq!((rows.len(), rows[0].is_running, rows[0].is_due), (1, true, false));
    assert!(tx.keep_rule(run(&shop, &old, "one")).await?);
    assert!(!tx.keep_rule(run(&shop, &old, "two")).await?);
    assert!(!tx.end_rule(run(&shop, &old, "two"), 60, "{}").await?);
    assert!(tx.end_rule(run(&shop, &old, "one"), 60, "{\"deleted\":1}").await?);
    assert!(!tx.keep_rule(run(&shop, &old, "one")).await?, "it was let go of");
    let rows = tx.rule_rows(&shop).await?;
    assert_eq!((rows[0].is_running, rows[0].is_due), (false, false));
    assert_eq!(rows[0].note.as_deref(), Some("{\"deleted\":1}"));
    assert!(rows[0].due_at > rows[0].began_at && rows[0].ended_at.is_some());
    assert!(!tx.begin_rule(run(&shop, &old, "two"), false).await?, "it is not due");
    assert!(tx.begin_rule(run(&shop, &old, "two"), true).await?);
    assert!(tx.end_rule(run(&shop, &old, "two"), 0, "{}").await?);
    assert!(tx.rule_rows(&shop).await?[0].is_due);
    let other = SystemName::new("other");
    assert!(tx.begin_rule(run(&other, &old, "two"), false).await?, "another system's");
    tx.commit().await
}

pub async fn who_was_refused_is_counted_and_rests(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let (shop, old) = (SystemName::new("shop"), RetentionName::new("old"));
    let mut tx = subject.change().await?;
    tx.note_refused_root(&shop, &old, ("it's 7", "a guard"), 3_600).await?;
    tx.commit().await?;
    let mut tx = subject.change().await?;
    tx.note_refused_root(&shop, &old, ("8", "held"), 0).await?;
    tx.commit().await?;
    let mut tx = subject.change().await?;
    let refused = tx.refused_roots(&shop, &old).await?;
    // Both may have been noted in one tick of the database's clock, so their order says nothing.
    let mut told: Vec<_> = refused.iter().map(|one| (one.root.as_str(), one.is_due)).collect();
    told.sort_unstable();
    assert_eq!(told, [("8", true), ("it's 7", false)]);
    tx.note_refused_root(&shop, &old, ("it's 7", "another"), 0).await?;
    let refused = tx.refused_roots(&shop, &old).await?;
    let again = refused.iter().find(|one| one.root == "it's 7").expect("it is there");
    assert_eq!((again.attempts, again.reason.as_str(), again.is_due), (2, "another", true));
    tx.forget_refused_roots(&shop, &old, &["it's 7".to_owned(), "none".to_owned()]).await?;
    assert_eq!(tx.refused_roots(&shop, &old).await?.len(), 1);
    assert!(tx.refused_roots(&SystemName::new("other"), &old).await?.is_empty());
    tx.commit().await
}

fn removal(id: &str, target: &str) -> NewIntent {
    NewIntent {
        id: IntentId::new(id),
        kind: IntentKind::Prefix,
        rule: "r".into(),
        target: target.into(),
        after_secs: 0,
    }
}

pub async fn what_is_paused_is_not_claimed(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let shop = SystemName::new("shop");
    let mut tx = subject.change().await?;
    let promised = [
        removal("a", "{\"store\":\"one\"}"),
        removal("b", "{\"store\":\"two\"}"),
        removal("c", "{\"stores\":[\"zero\",\"two\"]}"),
    ];
    tx.insert_intents(&shop, &DeletionId::new("dlt_1"), &promised).await?;
    tx.commit().await?;
    let (one, two) = (StoreName::new("one"), StoreName::new("two"));
    // What is claimed under these pauses, with everything taken back.
    let claimed = async |stores: &[Option<&StoreName>]| {
        let mut tx = subject.change().await?;
        for store in stores {
            assert!(tx.insert_pause(&shop, *store, ("eve", "a move")).await?);
            assert!(!tx.insert_pause(&shop, *store, ("bob", "again")).await?);
        }
        let claim = Claim {
            system: &shop,
            deletion: None,
            kinds: &[IntentKind::Prefix],
            lease: "l",
            lease_secs: 60,
            limit: 10,
        };
        let rows = tx.claim_intents(claim).await?;
        tx.rollback().await?;
        let mut ids: Vec<String> = rows.iter().map(|row| row.id.to_string()).collect();
        ids.sort();
        Ok::<_, sexton_engine::ports::DatabaseError>(ids.concat())
    };
    assert_eq!(claimed(&[]).await?, "abc");
    assert_eq!(claimed(&[Some(&one)]).await?, "bc");
    assert_eq!(claimed(&[Some(&two)]).await?, "a");
    assert_eq!(claimed(&[Some(&one), Some(&two)]).await?, "");
    assert_eq!(claimed(&[None]).await?, "");
    let mut tx = subject.change().await?;
    assert!(tx.insert_pause(&shop, None, ("eve", "a move")).await?);
    assert!(tx.insert_pause(&shop, Some(&one), ("eve", "a bill")).await?);
    let pauses = tx.pauses(&shop).await?;
    let told: Vec<_> = pauses.iter().map(|pause| (pause.store.clone(), &*pause.reason)).collect();
    assert_eq!(told, [(None, "a move"), (Some(one.clone()), "a bill")]);
    assert!(tx.remove_pause(&shop, Some(&one)).await?);
    assert!(!tx.remove_pause(&shop, Some(&one)).await?);
    assert!(tx.pauses(&SystemName::new("other")).await?.is_empty());
    tx.commit().await
}
