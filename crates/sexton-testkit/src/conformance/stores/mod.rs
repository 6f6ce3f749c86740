//! What every object store promises, as tests that each adapter runs.
//!
//! [`store_conformance_suite!`](crate::store_conformance_suite) makes one test of every promise,
//! or one test that tries them in turn on a server that takes long to start.
//! Not here: what only one store can do, and what it does when it fails.

pub mod contents;
pub mod listing;
pub mod random;
pub mod removal;
pub mod uploads;
pub mod versions;

use std::sync::Arc;

use async_trait::async_trait;
use sexton_core::objects::{ObjectKey, ObjectVersion, Outcome};
use sexton_engine::ports::Store;
use sexton_engine::ports::store::{Listed, Listing, Page, Scope, Start};

/// A store under test, empty, and an application that writes to it.
pub struct StoreSubject {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Whoever else uses it.
    pub application: Box<dyn Application>,
    /// Which keys it holds.
    pub holds: Holds,
    /// Whether uploads in parts can be begun.
    pub has_uploads: bool,
}

/// Which keys a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Every text of up to 1024 bytes.
    AnyKey,
    /// Paths of files.
    Paths,
}

/// What an application does with a store, which the engine never does.
#[async_trait]
pub trait Application: Send + Sync {
    /// Writes an object.
    async fn put(&self, key: &ObjectKey, contents: &[u8]);

    /// Begins an upload in parts that nobody ends.
    async fn begin_upload(&self, key: &ObjectKey);
}

/// Makes one test of each promise.
///
/// Takes an async function that gives a [`StoreSubject`] and whatever has to live as long as the
/// store does. `versions` tries what stores with versions promise beside; `in_turn` makes a
/// function that tries all promises on subjects of a server.
#[macro_export]
macro_rules! store_conformance_suite {
    (@list $form:ident $fixture:ident) => {
        $crate::store_conformance_suite! { @ $form $fixture;
            listing: keys_come_in_the_order_of_their_bytes_page_by_page,
                a_prefix_is_text_and_nothing_more, what_lies_below_a_slash_is_folded,
                a_listing_may_begin_behind_any_text, sizes_and_ages_are_told,
                what_is_removed_meanwhile_moves_no_page;
            contents: an_object_is_read_whole_or_not_at_all, what_is_not_there_is_nothing;
            removal: every_key_is_answered_in_its_order, a_key_is_removed_byte_for_byte,
                what_is_removed_again_is_gone, a_thousand_keys_go_at_once_and_no_more,
                what_has_a_longer_name_stays, a_probe_changes_nothing;
            uploads: unfinished_uploads_are_listed_and_ended;
            random: random_operations_agree_with_a_model;
        }
    };
    (@list_versions $form:ident $fixture:ident) => {
        $crate::store_conformance_suite! { @ $form $fixture;
            versions: what_is_removed_without_its_version_is_hidden,
                every_version_and_marker_is_listed_and_removed,
                a_version_that_is_gone_is_gone;
        }
    };
    ($fixture:ident) => { $crate::store_conformance_suite! { @list tests $fixture } };
    (versions $fixture:ident) => {
        $crate::store_conformance_suite! { @list_versions tests $fixture }
    };
    (in_turn $fixture:ident) => { $crate::store_conformance_suite! { @list in_turn $fixture } };
    (versions_in_turn $fixture:ident) => {
        $crate::store_conformance_suite! { @list_versions in_turn $fixture }
    };
    (@ tests $fixture:ident; $($topic:ident: $($promise:ident),+;)+) => {
        $(
            mod $topic {
                $(
                    #[tokio::test]
                    async fn $promise() {
                        let (subject, _alive) = super::$fixture().await;
                        $crate::conformance::stores::$topic::$promise(&subject).await;
                    }
                )+
            }
        )+
    };
    (@ in_turn $fixture:ident; $($topic:ident: $($promise:ident),+;)+) => {
        $($(
            println!("{}: {}", stringify!($topic), stringify!($promise));
            $crate::conformance::stores::$topic::$promise(&$fixture().await).await;
        )+)+
    };
}

const ATTEMPTS_MAX: u32 = 3;

/// Keys as nobody would like to meet them, none of which is another's folder.
const ODD: [&str; 14] = [
    "/lead",
    "lead",
    "a//b",
    "a/../b",
    "a/b",
    "trail/",
    "trail",
    "spaces and + and %2B",
    "100%",
    "ünïcödé/日本語/🦀",
    "quote\"'<&>;",
    "line\nend\r",
    "control\u{1}\u{7f}",
    "..",
];

impl StoreSubject {
    /// Those of [`ODD`] that the store holds, and the longest one.
    fn odd_keys(&self) -> Vec<ObjectKey> {
        let long = match self.holds {
            Holds::AnyKey => "k".repeat(1024),
            Holds::Paths => format!("{0}/{0}/{0}/{0}/{1}", "k".repeat(250), "k".repeat(20)),
        };
        let is_path = |key: &&str| key.split('/').all(|part| !matches!(part, "" | "." | ".."));
        let held = |key: &&str| self.holds == Holds::AnyKey || is_path(key);
        ODD.iter().copied().filter(held).chain([long.as_str()]).map(key).collect()
    }

    async fn put_all(&self, keys: &[ObjectKey]) {
        for key in keys {
            self.application.put(key, b"some bytes").await;
        }
    }

    async fn page(&self, listing: &Listing) -> Page {
        self.store.list(listing).await.expect("the store lists")
    }

    /// All keys that are listed, page by page.
    async fn keys(&self, prefix: &str) -> Vec<ObjectKey> {
        let mut listing = listing(prefix);
        let mut keys = Vec::new();
        loop {
            let page = self.page(&listing).await;
            keys.extend(page.objects.into_iter().map(|listed| listed.object.key));
            match page.next {
                Some(next) => listing.start = Start::At(next),
                None => return keys,
            }
        }
    }

    /// A real server breaks a connection now and then; whoever removes asks again.
    async fn remove(&self, objects: &[ObjectVersion]) -> Vec<Outcome> {
        for _ in 1..ATTEMPTS_MAX {
            match self.store.remove(objects).await {
                Err(error) if error.is_transient() => println!("asked again: {error}"),
                answer => return answer.expect("the store answers"),
            }
        }
        self.store.remove(objects).await.expect("the store answers")
    }
}

fn key(text: &str) -> ObjectKey {
    ObjectKey::new(text).expect("the test's own key")
}

fn keys(texts: &[&str]) -> Vec<ObjectKey> {
    texts.iter().copied().map(key).collect()
}

fn current(keys: &[ObjectKey]) -> Vec<ObjectVersion> {
    keys.iter().cloned().map(ObjectVersion::current).collect()
}

/// The current objects below a prefix, as many as the store likes.
fn listing(prefix: &str) -> Listing {
    Listing {
        prefix: prefix.to_owned(),
        start: Start::First,
        objects_max: 1000,
        scope: Scope::Current,
        fold: false,
    }
}

fn names(objects: &[Listed]) -> Vec<&str> {
    objects.iter().map(|listed| listed.object.key.as_str()).collect()
}
