//! Kept requests, pages of deletions, and how much is still to be done.

use sexton_core::lifecycle::State;
use sexton_core::names::{Actor, DeletionId, TenantId, Timestamp};
use sexton_engine::ports::{
    Backlog, DeletionPage, KeptRequest, NewDeletion, RequestKey, StateChange,
};

use super::deletions::{advance, complete, deletion, system};
use super::{Outcome, Subject};

fn request(key: &str, deletion: &str, at: i64) -> KeptRequest {
    KeptRequest {
        key: RequestKey { asker: "ann".to_owned(), key: key.to_owned() },
        body: "hash".to_owned(),
        deletion: Some(DeletionId::new(deletion)),
        answer: None,
        at: Timestamp(at),
    }
}

pub async fn a_request_is_kept_once_and_for_its_asker(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let (system, first) = (system(), request("k-1", "dlt_1", 1_000));
    let mut tx = subject.change().await?;
    assert!(tx.keep_request(&system, &first).await?);
    assert!(!tx.keep_request(&system, &request("k-1", "dlt_2", 2_000)).await?);
    assert_eq!(tx.request(&system, &first.key).await?, Some(first.clone()));
    let other = RequestKey { asker: "bob".to_owned(), ..first.key.clone() };
    assert_eq!(tx.request(&system, &other).await?, None);
    tx.keep_request(&system, &request("k-2", "dlt_2", 2_000)).await?;
    assert_eq!(tx.forget_requests(Timestamp(2_000), 10).await?, 1);
    assert_eq!(tx.request(&system, &first.key).await?, None);
    tx.rollback().await
}

pub async fn an_answer_is_kept_and_what_has_none_is_taken_over_by_one(
    subject: &Subject,
) -> Outcome {
    subject.database.prepare_ledger().await?;
    let system = system();
    let asked = KeptRequest { deletion: None, ..request("k-1", "", 1_000) };
    let mut tx = subject.change().await?;
    assert!(tx.keep_request(&system, &asked).await?);
    assert_eq!(tx.request(&system, &asked.key).await?, Some(asked.clone()));
    let late = (Timestamp(999), Timestamp(5_000));
    assert!(!tx.take_over_request(&system, &asked.key, late).await?, "it was asked another time");
    let when = (Timestamp(1_000), Timestamp(5_000));
    assert!(tx.take_over_request(&system, &asked.key, when).await?);
    assert!(!tx.take_over_request(&system, &asked.key, when).await?, "somebody else has");
    assert!(tx.answer_request(&system, &asked.key, "{}").await?);
    let again = (Timestamp(5_000), Timestamp(9_000));
    assert!(!tx.take_over_request(&system, &asked.key, again).await?, "it is answered");
    let answered =
        KeptRequest { answer: Some("{}".to_owned()), at: Timestamp(5_000), ..asked.clone() };
    assert_eq!(tx.request(&system, &asked.key).await?, Some(answered));
    tx.forget_request(&system, &asked.key).await?;
    assert_eq!(tx.request(&system, &asked.key).await?, None);
    assert!(!tx.answer_request(&system, &asked.key, "{}").await?, "it is forgotten");
    tx.rollback().await
}

pub async fn only_what_was_missing_is_forgotten(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let system = system();
    let mut tx = subject.change().await?;
    for (id, outcome, at) in
        [("dlt_1", "missing", 1_000), ("dlt_2", "held", 1_000), ("dlt_3", "missing", 2_000)]
    {
        let new = deletion(id, 500);
        tx.insert_deletion(&new).await?;
        let change = StateChange {
            id: &new.id,
            lease: &new.lease,
            from: State::Requested,
            to: State::Refused,
            at: Timestamp(at),
            note: Some(format!("{{\"outcome\":\"{outcome}\",\"message\":\"no\"}}")),
            receipt: None,
        };
        assert!(tx.change_state(change).await?);
    }
    tx.insert_deletion(&deletion("dlt_4", 500)).await?;
    assert_eq!(tx.forget_missing(&system, Timestamp(2_000), 10).await?, 1);
    let mut left: Vec<String> =
        tx.deletions(&system, 10).await?.iter().map(|row| row.id.to_string()).collect();
    left.sort();
    assert_eq!(left, ["dlt_2", "dlt_3", "dlt_4"]);
    assert_eq!(tx.forget_missing(&system, Timestamp(2_001), 0).await?, 0, "no more than asked");
    tx.rollback().await
}

pub async fn deletions_come_in_pages(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let system = system();
    let mut tx = subject.change().await?;
    for (id, at) in [("dlt_1", 1_000), ("dlt_2", 2_000), ("dlt_3", 2_000), ("dlt_4", 3_000)] {
        tx.insert_deletion(&deletion(id, at)).await?;
    }
    let all = DeletionPage { system: &system, actor: None, tenant: None, before: None, limit: 3 };
    let page = tx.deletion_page(all).await?;
    let ids: Vec<&str> = page.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["dlt_4", "dlt_3", "dlt_2"]);
    let last = page.last().map(|row| (row.requested_at, &row.id));
    let rest = tx.deletion_page(DeletionPage { before: last, ..all }).await?;
    let ids: Vec<&str> = rest.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["dlt_1"]);
    let nobody = Actor::new("nobody");
    let none = tx.deletion_page(DeletionPage { actor: Some(&nobody), ..all }).await?;
    assert!(none.is_empty());
    let tenant = TenantId::new("t");
    let of_t = NewDeletion { tenant: Some(tenant.clone()), ..deletion("dlt_5", 500) };
    tx.insert_deletion(&of_t).await?;
    let of_t = tx.deletion_page(DeletionPage { tenant: Some(&tenant), ..all }).await?;
    assert_eq!(of_t.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["dlt_5"]);
    assert_eq!(of_t[0].tenant.as_ref(), Some(&tenant));
    tx.rollback().await
}

pub async fn what_is_still_to_be_done_is_counted(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let system = system();
    let mut tx = subject.change().await?;
    assert_eq!(tx.backlog(&system).await?, Backlog::default());
    for (id, at) in [("dlt_1", 1_000), ("dlt_2", 2_000), ("dlt_3", 3_000)] {
        tx.insert_deletion(&deletion(id, at)).await?;
    }
    complete(tx.as_mut(), "dlt_1", 4_000).await?;
    tx.insert_deletion(&deletion("dlt_0", 500)).await?;
    for step in [(State::Requested, State::Hidden), (State::Hidden, State::Restored)] {
        assert!(advance(tx.as_mut(), "dlt_0", step, 4_500).await?, "{step:?}");
    }
    let backlog = tx.backlog(&system).await?;
    assert_eq!((backlog.deletions, backlog.oldest_deletion), (2, Some(Timestamp(2_000))));
    assert_eq!((backlog.intents, backlog.oldest_intent), (0, None));
    tx.rollback().await
}
