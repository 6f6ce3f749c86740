//! Removing: an answer for every key, and nothing else removed.

use sexton_core::objects::Outcome;
use sexton_engine::ports::StoreError;
use sexton_engine::ports::store::Right;

use super::{StoreSubject, current, key, keys};

pub async fn every_key_is_answered_in_its_order(subject: &StoreSubject) {
    subject.put_all(&keys(&["b/1", "a", "c"])).await;
    let asked = current(&keys(&["c", "never", "b/1", "b", "b/1/2", "c", "a"]));
    let outcomes = subject.remove(&asked).await;
    assert_eq!(outcomes.len(), asked.len());
    assert!(outcomes.iter().all(Outcome::is_gone), "{outcomes:?}");
    assert_eq!(subject.keys("").await, []);
    assert_eq!(subject.remove(&[]).await, []);
}

/// Of keys that differ by a slash, an escape or a letter, one goes and the others stay.
pub async fn a_key_is_removed_byte_for_byte(subject: &StoreSubject) {
    let mut odd = subject.odd_keys();
    odd.extend(keys(&["Lead", "a/B", "spaces and   and %2B", "spaces%20and"]));
    odd.sort();
    subject.put_all(&odd).await;
    while let Some(first) = odd.first().cloned() {
        let gone = subject.remove(&current(&[first])).await;
        assert_eq!(gone, [Outcome::Deleted], "{:?}", odd[0]);
        odd.remove(0);
        assert_eq!(subject.keys("").await, odd);
    }
}

pub async fn what_is_removed_again_is_gone(subject: &StoreSubject) {
    let all = current(&keys(&["x/1", "x/2"]));
    subject.put_all(&keys(&["x/1", "x/2"])).await;
    assert_eq!(subject.remove(&all).await, [Outcome::Deleted, Outcome::Deleted]);
    assert!(subject.remove(&all).await.iter().all(Outcome::is_gone));
}

pub async fn a_thousand_keys_go_at_once_and_no_more(subject: &StoreSubject) {
    let some = keys(&["many/0000", "many/0500", "many/0999", "many/1000"]);
    subject.put_all(&some).await;
    let all: Vec<_> = (0..1001).map(|n| key(&format!("many/{n:04}"))).collect();
    let all = current(&all);
    let refused = subject.store.remove(&all).await;
    assert_eq!(refused, Err(StoreError::TooMany(1001)));
    assert_eq!(subject.keys("").await, some);
    let outcomes = subject.remove(&all[..1000]).await;
    assert_eq!(outcomes.len(), 1000);
    assert!(outcomes.iter().all(Outcome::is_gone));
    assert_eq!(subject.keys("").await, keys(&["many/1000"]));
}

pub async fn what_has_a_longer_name_stays(subject: &StoreSubject) {
    subject.put_all(&keys(&["a/b-copy", "a/b/c", "a/bc"])).await;
    assert!(subject.remove(&current(&keys(&["a/b", "a"]))).await.iter().all(Outcome::is_gone));
    assert_eq!(subject.keys("").await, keys(&["a/b-copy", "a/b/c", "a/bc"]));
}

pub async fn a_probe_changes_nothing(subject: &StoreSubject) {
    let all = keys(&["a", "b/c"]);
    subject.put_all(&all).await;
    let probe = subject.store.probe().await.expect("the store is there");
    assert_eq!((&probe.list, &probe.remove), (&Right::Granted, &Right::Granted), "{probe:?}");
    assert_eq!(subject.keys("").await, all);
}
