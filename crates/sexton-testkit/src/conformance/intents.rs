//! Intents: stored with the rows, claimed by one at a time, settled by whoever holds them.

use sexton_core::intent::IntentKind;
use sexton_core::names::{DeletionId, IntentId, SystemName};
use sexton_engine::ports::{
    Claim, DatabaseError, IntentRow, IntentsLeft, NewIntent, SettledIntent, Settlement, Tx,
};

use super::deletions::system;
use super::{Outcome, Subject, refusal};

const HOOKS: &[IntentKind] = &[IntentKind::Hook];

fn of() -> DeletionId {
    DeletionId::new("dlt_1")
}

fn intent(id: &str, kind: IntentKind, after_secs: i64) -> NewIntent {
    NewIntent {
        id: IntentId::new(id),
        kind,
        rule: "tell-the-cache".to_owned(),
        target: format!("{{\"id\":\"{id}: it's ä\"}}"),
        after_secs,
    }
}

fn hooks(ids: &[&str]) -> Vec<NewIntent> {
    ids.iter().map(|id| intent(id, IntentKind::Hook, 0)).collect()
}

/// Stores them for the one deletion, for good.
async fn store(subject: &Subject, intents: &[NewIntent]) -> Outcome {
    subject.database.prepare_ledger().await?;
    let mut tx = subject.change().await?;
    tx.insert_intents(&system(), &of(), intents).await?;
    tx.commit().await
}

/// Claims as this lease for so many seconds.
async fn claim(
    tx: &mut dyn Tx,
    lease: &str,
    lease_secs: i64,
    limit: u32,
) -> Result<Vec<IntentRow>, DatabaseError> {
    let system = system();
    let claim = Claim { system: &system, deletion: None, kinds: HOOKS, lease, lease_secs, limit };
    tx.claim_intents(claim).await
}

fn ids(rows: &[IntentRow]) -> Vec<&str> {
    rows.iter().map(|row| row.id.as_str()).collect()
}

fn ended(id: &str, outcome: &str) -> SettledIntent {
    let settlement = Settlement::Ended { outcome: outcome.to_owned() };
    SettledIntent { id: IntentId::new(id), settlement, progress: None }
}

fn again(id: &str, after_ms: i64) -> SettledIntent {
    let settlement = Settlement::Again { after_ms, reason: "it's broken".to_owned() };
    SettledIntent { id: IntentId::new(id), settlement, progress: None }
}

pub async fn an_intent_is_stored_once_and_goes_with_its_transaction(subject: &Subject) -> Outcome {
    store(subject, &hooks(&["int_1"])).await?;
    let mut tx = subject.change().await?;
    tx.insert_intents(&system(), &of(), &hooks(&["int_2"])).await?;
    tx.rollback().await?;
    let mut tx = subject.change().await?;
    let mut stored = tx.intents_of(&of(), IntentKind::Hook).await?;
    let ages = stored.iter_mut().map(|row| std::mem::take(&mut row.age_ms));
    assert!(ages.into_iter().all(|age| (0..60_000).contains(&age)));
    assert_eq!(
        stored,
        [IntentRow {
            id: IntentId::new("int_1"),
            deletion: of(),
            kind: IntentKind::Hook,
            rule: "tell-the-cache".to_owned(),
            target: "{\"id\":\"int_1: it's ä\"}".to_owned(),
            attempts: 0,
            progress: None,
            age_ms: 0,
        }]
    );
    refusal(tx.insert_intents(&system(), &of(), &hooks(&["int_1"])).await);
    tx.rollback().await
}

pub async fn an_intent_is_handed_to_one_caller(subject: &Subject) -> Outcome {
    store(subject, &hooks(&["int_1", "int_2", "int_3"])).await?;
    let mut tx = subject.change().await?;
    assert_eq!(ids(&claim(&mut *tx, "one", 60, 2).await?), ["int_1", "int_2"]);
    tx.commit().await?;
    let mut tx = subject.change().await?;
    let rest = claim(&mut *tx, "two", 60, 10).await?;
    assert_eq!(ids(&rest), ["int_3"]);
    assert_eq!(rest[0].attempts, 1);
    assert_eq!(ids(&claim(&mut *tx, "two", 60, 10).await?), [""; 0]);
    tx.commit().await
}

pub async fn open_intents_are_read_in_pages(subject: &Subject) -> Outcome {
    store(subject, &hooks(&["int_3", "int_1", "int_2", "int_4"])).await?;
    store(subject, &[intent("int_0", IntentKind::Key, 60)]).await?;
    let mut tx = subject.change().await?;
    claim(&mut *tx, "one", 60, 4).await?;
    tx.settle_intents("one", &[ended("int_2", "taken"), again("int_3", 5_000)]).await?;
    let first = tx.open_intents(&system(), HOOKS, None, 2).await?;
    assert_eq!(ids(&first), ["int_1", "int_3"]);
    let rest = tx.open_intents(&system(), HOOKS, Some(&first[1].id), 2).await?;
    assert_eq!(ids(&rest), ["int_4"]);
    let keys = tx.open_intents(&system(), &[IntentKind::Key], None, 2).await?;
    assert_eq!(ids(&keys), ["int_0"], "it need not be due");
    let other = SystemName::new("another");
    assert_eq!(ids(&tx.open_intents(&other, HOOKS, None, 9).await?), [""; 0]);
    tx.rollback().await
}

pub async fn an_intent_whose_lease_ended_is_claimed_again(subject: &Subject) -> Outcome {
    store(subject, &hooks(&["int_1"])).await?;
    for attempts in 1..=3 {
        let mut tx = subject.change().await?;
        let claimed = claim(&mut *tx, "one", 0, 10).await?;
        assert_eq!(claimed.iter().map(|row| row.attempts).collect::<Vec<_>>(), [attempts]);
        tx.commit().await?;
    }
    Ok(())
}

pub async fn only_what_is_due_and_known_is_claimed(subject: &Subject) -> Outcome {
    let early = intent("int_early", IntentKind::Hook, 0);
    let late = intent("int_late", IntentKind::Hook, 3_600);
    let other = intent("int_other", IntentKind::Event, 0);
    store(subject, &[early, late, other]).await?;
    let mut tx = subject.change().await?;
    let left = tx.intents_left(&of(), HOOKS).await?;
    assert_eq!((left.open, left.due_in_ms), (2, Some(0)));
    let (other, kinds) = (DeletionId::new("dlt_other"), HOOKS);
    let of_another = Claim {
        system: &system(),
        deletion: Some(&other),
        kinds,
        lease: "one",
        lease_secs: 60,
        limit: 10,
    };
    assert_eq!(tx.claim_intents(of_another).await?, []);
    assert_eq!(ids(&claim(&mut *tx, "one", 60, 10).await?), ["int_early"]);
    assert_eq!(tx.settle_intents("one", &[ended("int_early", "done")]).await?, 1);
    let left = tx.intents_left(&of(), HOOKS).await?;
    assert_eq!(left.open, 1);
    let due = left.due_in_ms.expect("one is open");
    assert!((3_500_000..=3_600_000).contains(&due), "{due}");
    tx.rollback().await
}

pub async fn an_ended_intent_is_counted_and_not_claimed(subject: &Subject) -> Outcome {
    store(subject, &hooks(&["int_1", "int_2", "int_3"])).await?;
    let mut tx = subject.change().await?;
    claim(&mut *tx, "one", 60, 10).await?;
    let settled = [ended("int_1", "done"), ended("int_2", "gone"), ended("int_3", "done")];
    assert_eq!(tx.settle_intents("one", &settled).await?, 3);
    assert_eq!(tx.settle_intents("one", &settled).await?, 0, "a repeat changes nothing");
    let rule = || "tell-the-cache".to_owned();
    let counts = tx.count_intents(&of()).await?;
    assert_eq!(counts, [(rule(), "done".to_owned(), 2), (rule(), "gone".to_owned(), 1)]);
    let left = tx.intents_left(&of(), HOOKS).await?;
    assert_eq!(left, IntentsLeft { open: 0, due_in_ms: None });
    assert_eq!(claim(&mut *tx, "two", 60, 10).await?, []);
    tx.rollback().await
}

pub async fn a_late_reaper_settles_nothing(subject: &Subject) -> Outcome {
    store(subject, &hooks(&["int_1"])).await?;
    let mut tx = subject.change().await?;
    claim(&mut *tx, "late", 0, 10).await?;
    tx.commit().await?;
    let mut tx = subject.change().await?;
    claim(&mut *tx, "next", 60, 10).await?;
    tx.commit().await?;
    let mut tx = subject.change().await?;
    assert_eq!(tx.settle_intents("late", &[ended("int_1", "done")]).await?, 0);
    assert_eq!(tx.settle_intents("next", &[ended("int_1", "done")]).await?, 1);
    tx.rollback().await
}

pub async fn what_fails_is_told_and_tried_later(subject: &Subject) -> Outcome {
    store(subject, &hooks(&["int_1", "int_2", "int_3"])).await?;
    let mut tx = subject.change().await?;
    claim(&mut *tx, "one", 60, 2).await?;
    tx.settle_intents("one", &[again("int_1", 7_200_000), again("int_2", 0)]).await?;
    tx.commit().await?;
    let mut tx = subject.change().await?;
    let failing = tx.failing_intents(&of(), 10).await?;
    let told: Vec<_> = failing.iter().map(|one| (one.id.as_str(), one.attempts)).collect();
    assert_eq!(told, [("int_2", 1), ("int_1", 1)], "the next to be tried first");
    assert_eq!(failing[0].reason.as_deref(), Some("it's broken"));
    assert!(failing[1].next_try.0 - failing[0].next_try.0 > 7_000_000_000);
    let mut due = claim(&mut *tx, "two", 60, 10).await?;
    due.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(ids(&due), ["int_2", "int_3"]);
    tx.rollback().await
}

pub async fn an_intent_that_goes_on_is_held_and_keeps_how_far_it_is(subject: &Subject) -> Outcome {
    store(subject, &hooks(&["int_1"])).await?;
    let mut tx = subject.change().await?;
    claim(&mut *tx, "one", 0, 10).await?;
    let id = IntentId::new("int_1");
    assert!(!tx.keep_intent("other", &id, "{}", 60).await?, "it is another's");
    assert!(tx.keep_intent("one", &id, "{\"behind\":\"k\"}", 60).await?);
    assert_eq!(ids(&claim(&mut *tx, "two", 60, 10).await?), [""; 0], "it is held by now");
    tx.settle_intents("one", &[again("int_1", 0)]).await?;
    let failed = claim(&mut *tx, "two", 60, 10).await?;
    assert_eq!(failed[0].progress.as_deref(), Some("{\"behind\":\"k\"}"), "what was noted stays");
    let later = SettledIntent {
        id: id.clone(),
        settlement: Settlement::Later { after_ms: 7_200_000 },
        progress: Some("{}".to_owned()),
    };
    assert_eq!(tx.settle_intents("two", &[later]).await?, 1);
    assert_eq!(tx.failing_intents(&of(), 10).await?, [], "nothing failed");
    let left = tx.intents_left(&of(), HOOKS).await?;
    assert!(left.open == 1 && left.due_in_ms > Some(7_000_000), "{left:?}");
    assert_eq!(tx.intents_of(&of(), IntentKind::Hook).await?[0].progress.as_deref(), Some("{}"));
    tx.rollback().await
}

pub async fn intents_of_one_kind_are_removed(subject: &Subject) -> Outcome {
    let event = intent("int_2", IntentKind::Event, 0);
    store(subject, &[hooks(&["int_1"]), vec![event]].concat()).await?;
    let mut tx = subject.change().await?;
    assert_eq!(tx.drop_intents(&DeletionId::new("dlt_other"), IntentKind::Event).await?, 0);
    assert_eq!(tx.drop_intents(&of(), IntentKind::Event).await?, 1);
    assert_eq!(tx.drop_intents(&of(), IntentKind::Event).await?, 0, "a repeat finds none");
    assert_eq!(tx.intents_of(&of(), IntentKind::Hook).await?.len(), 1);
    tx.rollback().await
}

pub async fn open_intents_are_made_due_or_ended_but_for_those_that_are_held(
    subject: &Subject,
) -> Outcome {
    let later = intent("int_later", IntentKind::Hook, 3_600);
    let event = intent("int_event", IntentKind::Event, 0);
    let all = [hooks(&["int_1", "int_2", "int_3"]), vec![later, event]].concat();
    store(subject, &all).await?;
    let mut tx = subject.change().await?;
    assert_eq!(ids(&claim(tx.as_mut(), "me", 60, 2).await?), ["int_1", "int_2"]);
    tx.settle_intents("me", &[again("int_1", 3_600_000)]).await?;
    tx.commit().await?;

    let mut tx = subject.change().await?;
    assert_eq!(ids(&claim(tx.as_mut(), "other", 0, 9).await?), ["int_3"]);
    assert_eq!(tx.hasten_intents(&DeletionId::new("dlt_other"), HOOKS).await?, 0);
    assert_eq!(tx.hasten_intents(&of(), HOOKS).await?, 2, "not what is held, nor what is early");
    let mut due = claim(tx.as_mut(), "other", 0, 9).await?;
    due.sort_by(|one, other| one.id.cmp(&other.id));
    assert_eq!(ids(&due), ["int_1", "int_3"]);
    tx.commit().await?;

    let mut tx = subject.change().await?;
    assert_eq!(tx.end_intents(&DeletionId::new("dlt_other"), HOOKS, "given-up").await?, []);
    let ended = tx.end_intents(&of(), HOOKS, "given-up").await?;
    assert_eq!(ended, [("tell-the-cache".to_owned(), 3)], "not what is held");
    assert_eq!(tx.end_intents(&of(), HOOKS, "given-up").await?, [], "a repeat finds none");
    assert_eq!(tx.intents_left(&of(), HOOKS).await?.open, 1);
    let counted = tx.count_intents(&of()).await?;
    assert_eq!(counted, [("tell-the-cache".to_owned(), "given-up".to_owned(), 3)]);
    tx.commit().await
}
