//! What is kept in figures: ended deletions by their days, and samples.

use sexton_core::intent::IntentKind;
use sexton_core::lifecycle::State;
use sexton_core::names::{DeletionId, IntentId, SystemName, ThingName, Timestamp};
use sexton_engine::ports::{
    Claim, Counted, DayCount, NewIntent, Sample, SampleOf, SettledIntent, Settlement,
};

use super::deletions::{complete, deletion, system};
use super::{Outcome, Subject};

fn counted(ended_at: i64, deletion: &str) -> Counted {
    Counted { ended_at: Timestamp(ended_at), deletion: DeletionId::new(deletion) }
}

pub async fn what_ended_is_read_once_in_the_order_of_its_end(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let system = system();
    let mut tx = subject.change().await?;
    assert_eq!(tx.counted(&system).await?, None);
    for (id, at) in [("dlt_1", 1_000), ("dlt_2", 2_000), ("dlt_3", 3_000), ("dlt_4", 4_000)] {
        tx.insert_deletion(&deletion(id, at)).await?;
    }
    for (id, at) in [("dlt_1", 9_000), ("dlt_2", 8_000), ("dlt_3", 9_000)] {
        complete(tx.as_mut(), id, at).await?;
    }
    let all = tx.ended(&system, None, Timestamp(10_000), 10).await?;
    let ids: Vec<&str> = all.iter().map(|ended| ended.id.as_str()).collect();
    assert_eq!(ids, ["dlt_2", "dlt_1", "dlt_3"]);
    assert_eq!((all[0].state, all[0].ended_at), (State::Complete, Timestamp(8_000)));
    assert!(all[0].receipt.is_some());
    assert_eq!(tx.ended(&system, None, Timestamp(9_000), 10).await?.len(), 1, "not yet over");
    let first = counted(8_000, "dlt_2");
    assert_eq!(tx.ended(&system, Some(&first), Timestamp(10_000), 1).await?[0], all[1]);
    assert!(tx.move_counted(&system, None, &first).await?);
    let last = counted(9_000, "dlt_3");
    assert!(!tx.move_counted(&system, None, &last).await?, "somebody else has counted");
    assert!(tx.move_counted(&system, Some(&first), &last).await?);
    assert!(!tx.move_counted(&system, Some(&first), &last).await?, "a repeat moves nothing");
    assert_eq!(tx.counted(&system).await?, Some(last.clone()));
    assert!(tx.ended(&system, Some(&last), Timestamp(10_000), 10).await?.is_empty());
    assert_eq!(tx.counted(&SystemName::new("other")).await?, None);
    tx.rollback().await
}

pub async fn days_add_up(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let (system, thing) = (system(), ThingName::new("batch"));
    let state = State::Complete;
    let count = DayCount { day: 7, thing, state, deletions: 2, rows: 30, objects: 4, bytes: 500 };
    let mut tx = subject.change().await?;
    tx.add_to_day(&system, &count).await?;
    tx.add_to_day(&system, &count).await?;
    let refused = DayCount { day: 8, state: State::Refused, ..count.clone() };
    tx.add_to_day(&system, &refused).await?;
    let twice = DayCount { deletions: 4, rows: 60, objects: 8, bytes: 1_000, ..count };
    assert_eq!(tx.days(&system, 7).await?, [twice, refused.clone()]);
    assert_eq!(tx.days(&system, 8).await?, [refused]);
    assert!(tx.days(&SystemName::new("other"), 0).await?.is_empty());
    tx.rollback().await
}

pub async fn of_one_day_the_last_sample_stands(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let system = system();
    let of_thing = |day, items| Sample {
        of: SampleOf::Thing,
        name: "batch".into(),
        day,
        at: Timestamp(day * 1_000 + 1),
        items,
        bytes: None,
        orphans: None,
        dangling: None,
    };
    let of_store = Sample {
        of: SampleOf::Store,
        name: "files".into(),
        bytes: Some(1 << 40),
        orphans: Some(3),
        dangling: Some(0),
        ..of_thing(2, 9)
    };
    let mut tx = subject.change().await?;
    for sample in [of_thing(1, 5), of_thing(2, 6), of_thing(2, 7), of_store.clone()] {
        tx.keep_sample(&system, &sample).await?;
    }
    assert_eq!(tx.samples(&system, 2).await?, [of_store.clone(), of_thing(2, 7)]);
    assert_eq!(tx.forget_samples(&system, 2).await?, 1);
    assert_eq!(tx.samples(&system, 0).await?, [of_store, of_thing(2, 7)]);
    tx.rollback().await
}

pub async fn what_is_under_way_is_counted_by_its_state(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let system = system();
    let mut tx = subject.change().await?;
    assert!(tx.under_way(&system).await?.is_empty());
    for (id, at) in [("dlt_1", 1_000), ("dlt_2", 2_000), ("dlt_3", 3_000)] {
        tx.insert_deletion(&deletion(id, at)).await?;
    }
    complete(tx.as_mut(), "dlt_1", 4_000).await?;
    let [requested] = &tx.under_way(&system).await?[..] else { panic!("one state") };
    assert_eq!((requested.state, requested.deletions), (State::Requested, 2));
    assert_eq!(requested.oldest, Timestamp(2_000));
    tx.rollback().await
}

pub async fn failing_promises_are_put_together(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let system = system();
    let call = |id: &str| NewIntent {
        id: IntentId::new(id),
        kind: IntentKind::Hook,
        rule: "cache".into(),
        target: "{}".into(),
        after_secs: 0,
    };
    let promises = ["a", "b", "c"].map(call);
    let mut tx = subject.change().await?;
    tx.insert_intents(&system, &DeletionId::new("dlt_1"), &promises).await?;
    tx.commit().await?;
    let mut tx = subject.change().await?;
    let claim = Claim {
        system: &system,
        deletion: None,
        kinds: &[IntentKind::Hook],
        lease: "l",
        lease_secs: 60,
        limit: 2,
    };
    let claimed = tx.claim_intents(claim).await?;
    assert!(tx.failing_rules(&system, 10).await?.is_empty(), "what is tried has not failed");
    for intent in claimed {
        let settlement = Settlement::Again { reason: "it is down".into(), after_ms: 60_000 };
        let settled = SettledIntent { id: intent.id, settlement, progress: None };
        tx.settle_intents("l", &[settled]).await?;
    }
    let [failing] = &tx.failing_rules(&system, 10).await?[..] else { panic!("one reason") };
    assert_eq!((&*failing.rule, &*failing.reason, failing.intents), ("cache", "it is down", 2));
    assert_eq!(failing.deletion, DeletionId::new("dlt_1"));
    assert!(tx.failing_rules(&SystemName::new("other"), 10).await?.is_empty());
    tx.rollback().await
}
