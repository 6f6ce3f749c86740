//! Stores that keep versions.

use sexton_core::objects::{ObjectVersion, Outcome, VersionId};
use sexton_engine::ports::store::{Listed, Listing, Scope, Start};

use super::{StoreSubject, current, keys, listing};

/// More pages than any listing here has.
const PAGES_MAX: usize = 100;

async fn versions(subject: &StoreSubject, prefix: &str, objects_max: usize) -> Vec<Listed> {
    let scope = Scope::Versions;
    let mut listing = Listing { scope, objects_max, ..listing(prefix) };
    let mut found = Vec::new();
    for _ in 0..PAGES_MAX {
        let page = subject.page(&listing).await;
        found.extend(page.objects);
        match page.next {
            Some(next) => listing.start = Start::At(next),
            None => return found,
        }
    }
    panic!("the listing does not end: {found:?}");
}

pub async fn what_is_removed_without_its_version_is_hidden(subject: &StoreSubject) {
    let all = keys(&["h/1", "h/2"]);
    subject.put_all(&all).await;
    assert_eq!(subject.remove(&current(&all[..1])).await, [Outcome::Hidden]);
    assert_eq!(subject.keys("h/").await, all[1..]);
    let found = versions(subject, "h/", 1000).await;
    let markers: Vec<_> = found.iter().map(|listed| listed.is_marker).collect();
    assert_eq!(markers.iter().filter(|is_marker| **is_marker).count(), 1, "{found:?}");
    assert_eq!(found.len(), 3);
}

pub async fn every_version_and_marker_is_listed_and_removed(subject: &StoreSubject) {
    let all = keys(&["v/ü +%", "v/2", "v-2"]);
    for _ in 0..3 {
        subject.put_all(&all).await;
    }
    subject.remove(&current(&all[..1])).await;
    let found = versions(subject, "v/", 2).await;
    assert_eq!(found.len(), 7, "{found:?}");
    assert!(found.iter().all(|listed| listed.object.version.is_some()));
    let objects: Vec<_> = found.into_iter().map(|listed| listed.object).collect();
    let outcomes = subject.remove(&objects).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Deleted), "{outcomes:?}");
    assert_eq!(versions(subject, "v/", 1000).await, []);
    assert_eq!(versions(subject, "v", 1000).await.len(), 3);
}

pub async fn a_version_that_is_gone_is_gone(subject: &StoreSubject) {
    let all = keys(&["g/1"]);
    subject.put_all(&all).await;
    let found = versions(subject, "g/", 1000).await;
    let gone = found[0].object.clone();
    assert_eq!(subject.remove(std::slice::from_ref(&gone)).await, [Outcome::Deleted]);
    assert!(subject.remove(&[gone]).await[0].is_gone());
    let never = ObjectVersion { key: all[0].clone(), version: VersionId::told("null") };
    assert!(subject.remove(&[never]).await[0].is_gone());
    assert_eq!(versions(subject, "g/", 1000).await, []);
}
