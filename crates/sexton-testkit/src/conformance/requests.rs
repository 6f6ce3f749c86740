//! Kept requests, pages of deletions, and how much is still to be done.

use sexton_core::lifecycle::State;
use sexton_core::names::{Actor, DeletionId, Timestamp};
use sexton_engine::ports::{Backlog, DeletionPage, KeptRequest, RequestKey};

use super::deletions::{advance, complete, deletion, system};
use super::{Outcome, Subject};

fn request(key: &str, deletion: &str, at: i64) -> KeptRequest {
    KeptRequest {
        key: RequestKey { asker: "ann".to_owned(), key: key.to_owned() },
        body: "hash".to_owned(),
        deletion: DeletionId::new(deletion),
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

pub async fn deletions_come_in_pages(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let system = system();
    let mut tx = subject.change().await?;
    for (id, at) in [("dlt_1", 1_000), ("dlt_2", 2_000), ("dlt_3", 2_000), ("dlt_4", 3_000)] {
        tx.insert_deletion(&deletion(id, at)).await?;
    }
    let all = DeletionPage { system: &system, actor: None, before: None, limit: 3 };
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
