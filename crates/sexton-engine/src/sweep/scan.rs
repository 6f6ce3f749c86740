//! Lays what one store lists beside what rows name there.
//!
//! Three run side by side and wait for each other: the database reads names, the store lists pages,
//! and each page is judged. No more than a few pages and parts are in mind at once, whatever there
//! is.
//!
//! Order: the snapshot of the rows comes first, then what deletions promised, then the listing. What
//! is written meanwhile is named by a row that the snapshot does not hold, so an object is an orphan
//! only if it was old enough when all began.

use std::sync::Arc;

use sexton_core::names::{StoreName, Timestamp};
use sexton_core::plan::NamedIn;
use sexton_core::sweep::{InStore, Seen, Standing, Unordered};
use tokio::sync::mpsc;

use super::asking::Asking;
use super::kept::{Keeping, Kept, KeptError};
use super::names::{NamesRead, read_names};
use super::promised::Promised;
use super::{Orphans, Progress};
use crate::clear::back_off;
use crate::ports::store::{Listed, Listing, Page, Scope, Start};
use crate::ports::{DatabaseError, Entropy, Mode, Store, StoreError};
use crate::system::System;

/// How often a page is asked for in all.
const ATTEMPTS_MAX: u32 = 6;
/// So many orphans are kept in mind for removing.
const ORPHANS_MAX: usize = 100_000;

/// One store, about to be looked through.
pub(super) struct Scan<'s> {
    system: &'s System,
    asking: &'s Asking,
    store: &'s StoreName,
    older_than: Option<i64>,
    began: Timestamp,
}

/// Why a store was not looked through.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error("{0}")]
    Unfit(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Unordered(#[from] Unordered),
    #[error(transparent)]
    Kept(#[from] KeptError),
}

impl System {
    pub(super) fn scan<'s>(
        &'s self,
        asking: &'s Asking,
        store: &'s StoreName,
        older_than: Option<i64>,
        began: Timestamp,
    ) -> Scan<'s> {
        Scan { system: self, asking, store, older_than, began }
    }
}

impl Scan<'_> {
    /// Looks through the store; orphans are kept in mind where somebody asks for them.
    pub async fn look(self, orphans: Option<&mut Orphans>, progress: &mut Progress<'_>) -> InStore {
        let store = self.system.stores.get(self.store);
        let address = store.map_or_else(|_| String::new(), |store| store.address());
        let mut found = InStore::new(self.store.clone(), address, self.older_than);
        if let Err(stopped) = self.compare(&mut found, orphans, progress).await {
            // Without all names and all objects, whatever was counted may be wrong.
            let (store, address, older_than) = (found.store, found.address, found.older_than);
            found = InStore::new(store, address, older_than);
            found.failure = Some(stopped.to_string());
        }
        found
    }

    async fn compare(
        &self,
        found: &mut InStore,
        orphans: Option<&mut Orphans>,
        progress: &mut Progress<'_>,
    ) -> Result<(), Stopped> {
        let system = self.system;
        let store = system.stores.get(self.store).map_err(Stopped::Unfit)?;
        let asked = system.naming(self.asking, self.store, None).map_err(Stopped::Unfit)?;
        let mut tx = system.database.begin(Mode::Look { budget: None }).await?;
        // Order: this is the snapshot's first look.
        let has_history = tx.is_there().await?;
        let promised = if has_history && system.has_history().await? {
            system.promised(self.store).await.map_err(Stopped::Unfit)?
        } else {
            Promised::default()
        };
        let (stores, entropy) = (&system.stores, &system.surroundings.entropy);
        let keeping = Keeping { stores, entropy, store: self.store, asked: None };
        let of = (&system.policy.system, &asked);
        // Order: what documents name is known before the first object is judged.
        let kept = keeping.read(tx.as_mut(), of, has_history, found).await?;
        let (parts, names) = mpsc::channel(1);
        let (pages, listed) = mpsc::channel(1);
        let reading = read_names(tx.as_mut(), &asked, parts);
        let listing = list(Arc::clone(store), system.surroundings.entropy.as_ref(), pages);
        let names = NamesRead::new(&asked, names);
        let judge = Judge {
            scan: self,
            asked: &asked,
            names,
            promised: &promised,
            kept: &kept,
            found,
            orphans,
        };
        let (read, listed, judged) = tokio::join!(reading, listing, judge.all(listed, progress));
        judged?;
        listed?;
        read?;
        tx.rollback().await?;
        Ok(())
    }

    /// Whether an object is old enough to be an orphan; one whose age nobody knows is not.
    fn is_old(&self, modified: Option<Timestamp>) -> bool {
        match (self.older_than, modified) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(secs), Some(modified)) => modified <= self.began.plus_secs(secs.saturating_neg()),
        }
    }
}

/// Judges pages.
struct Judge<'j> {
    scan: &'j Scan<'j>,
    asked: &'j NamedIn,
    names: NamesRead<'j>,
    promised: &'j Promised,
    kept: &'j Kept,
    found: &'j mut InStore,
    orphans: Option<&'j mut Orphans>,
}

impl Judge<'_> {
    /// Judges all pages. Whoever still reads or lists ends when nobody listens any more.
    async fn all(
        mut self,
        mut pages: mpsc::Receiver<(Page, bool)>,
        progress: &mut Progress<'_>,
    ) -> Result<(), Unordered> {
        while let Some((page, is_last)) = pages.recv().await {
            self.page(page).await?;
            progress(self.found);
            if is_last {
                return self.names.rest(self.found).await;
            }
        }
        // The listing failed: what was not seen may be there.
        Ok(())
    }

    async fn page(&mut self, page: Page) -> Result<(), Unordered> {
        self.found.obstacles += page.obstacles.len() as u64;
        for listed in &page.objects {
            let standing = self.names.standing(listed.object.key.as_str(), self.found).await?;
            self.object(listed, standing);
        }
        Ok(())
    }

    fn object(&mut self, listed: &Listed, standing: Standing) {
        let (key, bytes, modified) = (listed.object.key.as_str(), listed.bytes, listed.modified);
        let found = &mut *self.found;
        found.total.add(bytes);
        match standing {
            Standing::Named => found.named.add(bytes),
            _ if self.kept.named.holds(key) => found.named.add(bytes),
            Standing::LeftOut => found.left_out.add(bytes),
            Standing::Unnamed if self.promised.holds(key) => found.pending.add(bytes),
            Standing::Unnamed if self.kept.pinned.contains(key) => found.pinned.add(bytes),
            Standing::Unnamed if !self.scan.is_old(modified) => found.young.add(bytes),
            Standing::Unnamed => {
                let rule = self.asked.rule_of(key);
                let seen = Seen { key: key.to_owned(), bytes, modified };
                match &mut self.orphans {
                    Some(orphans) if orphans.found.len() < ORPHANS_MAX => {
                        orphans.found.push((rule.cloned(), seen.clone()));
                    }
                    Some(orphans) => orphans.more += 1,
                    None => {}
                }
                found.add_orphan(rule, seen);
            }
        }
    }
}

/// Lists the whole store, page by page, each with whether it is the last, for as long as somebody
/// takes them.
async fn list(
    store: Arc<dyn Store>,
    entropy: &dyn Entropy,
    pages: mpsc::Sender<(Page, bool)>,
) -> Result<(), StoreError> {
    let mut start = Start::First;
    loop {
        let listing = Listing {
            prefix: String::new(),
            start,
            objects_max: store.page_max(),
            scope: Scope::Current,
            fold: false,
        };
        let mut page = patiently(store.as_ref(), entropy, &listing).await?;
        let next = page.next.take();
        if pages.send((page, next.is_none())).await.is_err() {
            return Ok(());
        }
        match next {
            Some(next) => start = Start::At(next),
            None => return Ok(()),
        }
    }
}

async fn patiently(
    store: &dyn Store,
    entropy: &dyn Entropy,
    listing: &Listing,
) -> Result<Page, StoreError> {
    let mut attempts = 1;
    loop {
        match store.list(listing).await {
            Err(error) if error.is_transient() && attempts < ATTEMPTS_MAX => {
                attempts += 1;
                let rest = back_off(attempts, error.retry_after(), entropy.unique()[15]);
                tokio::time::sleep(rest).await;
            }
            page => return page,
        }
    }
}
