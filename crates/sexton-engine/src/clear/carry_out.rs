//! Carries a clearing out: one task decides, and what waits for the store runs beside it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use sexton_core::objects::{ObjectKey, Outcome};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::pace::{Pace, back_off};
use super::ranges::Range;
use super::{ClearRequest, Cleared, Effort, Stopped};
use crate::ports::store::{KEYS_MAX, Listed, Listing, Page, UploadCursor, UploadPage};
use crate::ports::{Entropy, Store, StoreError};

/// How many batches may wait for each that may be under way; each holds a thousand keys.
const WAITING_PER_REMOVAL: usize = 2;

pub(super) struct Clearing<'a> {
    store: Arc<dyn Store>,
    entropy: Arc<dyn Entropy>,
    /// What is listed; nothing where the objects are known.
    request: Option<&'a ClearRequest>,
    effort: Effort,
    progress: &'a mut (dyn FnMut(&Cleared) + Send),
    to_list: VecDeque<Range>,
    to_remove: VecDeque<Batch>,
    running: JoinSet<Event>,
    listings: usize,
    removals: usize,
    pace: Pace,
    open: Open,
    cleared: Cleared,
    stopped_by: Option<StoreError>,
}

/// Objects that are removed by one call.
struct Batch {
    objects: Vec<Listed>,
    /// Behind which texts they were listed.
    behind: Vec<String>,
    attempts: u32,
}

impl Batch {
    /// Whether objects of further pages may join it.
    fn has_room(&self) -> bool {
        self.attempts == 1 && self.objects.len() < KEYS_MAX
    }
}

enum Event {
    Listed(Range, Result<Page, StoreError>),
    Removed { batch: Batch, answer: Result<Vec<Outcome>, StoreError>, took: Duration },
    RestedRange(Range),
    RestedBatch(Batch),
}

/// Where something is open: a range to be listed, a batch to be removed.
#[derive(Default)]
struct Open(BTreeMap<String, usize>);

impl Open {
    fn begin(&mut self, behind: &str) {
        *self.0.entry(behind.to_owned()).or_default() += 1;
    }

    fn end(&mut self, behind: &str) {
        if let Some(count) = self.0.get_mut(behind) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(behind);
            }
        }
    }

    /// Everything up to this text, and with it, is done.
    fn first(&self) -> Option<String> {
        self.0.keys().next().cloned()
    }
}

impl<'a> Clearing<'a> {
    /// What lies below a prefix.
    pub(super) fn below(
        store: Arc<dyn Store>,
        entropy: Arc<dyn Entropy>,
        request: &'a ClearRequest,
        progress: &'a mut (dyn FnMut(&Cleared) + Send),
    ) -> Self {
        let mut clearing = Self::new(store, entropy, request.effort, progress);
        clearing.request = Some(request);
        clearing.list_later(Range::behind(request.behind.clone().unwrap_or_default()));
        clearing
    }

    /// These objects.
    pub(super) fn of(
        store: Arc<dyn Store>,
        entropy: Arc<dyn Entropy>,
        objects: Vec<Listed>,
        effort: Effort,
        progress: &'a mut (dyn FnMut(&Cleared) + Send),
    ) -> Self {
        let mut clearing = Self::new(store, entropy, effort, progress);
        clearing.remove_later(objects, "");
        clearing
    }

    fn new(
        store: Arc<dyn Store>,
        entropy: Arc<dyn Entropy>,
        effort: Effort,
        progress: &'a mut (dyn FnMut(&Cleared) + Send),
    ) -> Self {
        Self {
            store,
            entropy,
            request: None,
            effort,
            progress,
            to_list: VecDeque::new(),
            to_remove: VecDeque::new(),
            running: JoinSet::new(),
            listings: 0,
            removals: 0,
            pace: Pace::new(effort.removals_max),
            open: Open::default(),
            cleared: Cleared::default(),
            stopped_by: None,
        }
    }

    pub(super) async fn carry_out(mut self) -> Result<Cleared, Box<Stopped>> {
        loop {
            if self.goes_on().await {
                // Order: what is being listed may fill the batch that would be sent.
                self.start_listings();
                self.start_removals();
            }
            let Some(event) = self.running.join_next().await else { break };
            match event {
                Ok(Event::Listed(range, listed)) => self.take_page(range, listed),
                Ok(Event::Removed { batch, answer, took }) => self.take_answer(batch, answer, took),
                Ok(Event::RestedRange(range)) => self.to_list.push_front(range),
                Ok(Event::RestedBatch(batch)) => self.to_remove.push_front(batch),
                Err(panicked) => {
                    let detail = panicked.to_string();
                    self.stop(StoreError::Failed { doing: "remove objects", detail });
                }
            }
        }
        if let (None, Some(request)) = (&self.stopped_by, self.request)
            && !self.cleared.is_halted
            && let Err(error) = self.end_uploads(request).await
        {
            self.stop(error);
        }
        self.cleared.behind = self.open.first();
        match self.stopped_by {
            None => Ok(self.cleared),
            Some(error) => {
                let behind = self.cleared.behind.take();
                let begun = || self.request.and_then(|request| request.behind.clone());
                let behind = behind.or_else(begun);
                self.cleared.behind = Some(behind.unwrap_or_default());
                Err(Box::new(Stopped { cleared: self.cleared, error }))
            }
        }
    }

    /// Whether more is begun. The gate is asked only where there is something to begin.
    async fn goes_on(&mut self) -> bool {
        let has_more = !self.to_list.is_empty() || !self.to_remove.is_empty();
        if let Some(gate) = self.request.and_then(|request| request.gate.as_ref())
            && has_more
            && !self.cleared.is_halted
        {
            self.cleared.is_halted = !gate.is_open().await;
        }
        self.stopped_by.is_none() && !self.cleared.is_halted
    }

    /// What is under way is waited for and counted; nothing more is begun.
    fn stop(&mut self, error: StoreError) {
        self.stopped_by.get_or_insert(error);
    }

    fn list_later(&mut self, range: Range) {
        self.open.begin(&range.behind);
        self.to_list.push_back(range);
    }

    fn remove_later(&mut self, objects: Vec<Listed>, behind: &str) {
        let mut objects = objects.into_iter().peekable();
        while objects.peek().is_some() {
            if !self.to_remove.back().is_some_and(Batch::has_room) {
                let (objects, behind) = (Vec::new(), Vec::new());
                self.to_remove.push_back(Batch { objects, behind, attempts: 1 });
            }
            if let Some(batch) = self.to_remove.back_mut() {
                let room = KEYS_MAX - batch.objects.len();
                batch.objects.extend(objects.by_ref().take(room));
                batch.behind.push(behind.to_owned());
            }
            self.open.begin(behind);
        }
    }

    /// The next batch to be sent. One that is not full waits while more is being listed: a store
    /// takes a thousand keys in hardly more time than a few.
    fn next_batch(&mut self) -> Option<Batch> {
        let is_listing = self.listings > 0;
        self.to_remove.pop_front_if(|batch| !(is_listing && batch.has_room()))
    }

    fn start_listings(&mut self) {
        let Some(request) = self.request else { return };
        let waiting_max = WAITING_PER_REMOVAL * self.effort.removals_max.max(1);
        while self.listings < self.store.listings_max().max(1)
            && self.to_remove.len() < waiting_max
            && let Some(range) = self.to_list.pop_front()
        {
            let listing = Listing {
                prefix: request.prefix.as_str().to_owned(),
                start: range.start(),
                objects_max: self.store.page_max(),
                scope: request.scope,
                fold: false,
            };
            let store = Arc::clone(&self.store);
            self.listings += 1;
            self.running.spawn(async move {
                let page = store.list(&listing).await;
                Event::Listed(range, page)
            });
        }
    }

    fn start_removals(&mut self) {
        while self.removals < self.pace.now()
            && let Some(batch) = self.next_batch()
        {
            let store = Arc::clone(&self.store);
            self.removals += 1;
            self.running.spawn(async move {
                let objects: Vec<_> =
                    batch.objects.iter().map(|listed| listed.object.clone()).collect();
                let begun = Instant::now();
                let answer = store.remove(&objects).await;
                Event::Removed { batch, answer, took: begun.elapsed() }
            });
        }
    }

    fn take_page(&mut self, mut range: Range, listed: Result<Page, StoreError>) {
        self.listings -= 1;
        let page = match listed {
            Ok(page) => page,
            Err(error) if error.is_transient() && self.may_try_again(range.attempts) => {
                range.attempts += 1;
                let rest = back_off(range.attempts, error.retry_after(), self.chance());
                self.running.spawn(async move {
                    tokio::time::sleep(rest).await;
                    Event::RestedRange(range)
                });
                return;
            }
            Err(error) => return self.stop(error),
        };
        let idle = self.store.listings_max().saturating_sub(self.listings + self.to_list.len());
        let Some(request) = self.request else { return };
        let (page, rest) = range.take(page, request.prefix.as_str(), idle);
        for obstacle in page.obstacles {
            self.cleared.note_obstacle(obstacle, self.effort.failures_max);
        }
        self.cleared.listed += page.objects.len() as u64;
        let mut objects = page.objects;
        let listed = objects.len();
        objects.retain(|listed| !request.spared.holds(listed.object.key.as_str()));
        self.cleared.spared += (listed - objects.len()) as u64;
        self.remove_later(objects, &range.behind);
        // Order: what comes of the range is open before it is not.
        for range in rest.into_iter().rev() {
            self.open.begin(&range.behind);
            self.to_list.push_front(range);
        }
        self.open.end(&range.behind);
    }

    fn take_answer(
        &mut self,
        mut batch: Batch,
        answer: Result<Vec<Outcome>, StoreError>,
        took: Duration,
    ) {
        self.removals -= 1;
        let outcomes = match answer {
            Ok(outcomes) => outcomes,
            Err(error) if error.is_transient() => {
                self.pace.slow_down();
                if self.may_try_again(batch.attempts) {
                    return self.try_again(batch, error.retry_after());
                }
                return self.stop(error);
            }
            Err(error) => return self.stop(error),
        };
        let mut again = Vec::new();
        let mut retry_after = None;
        let size = batch.objects.len();
        // An answer that is too short says nothing of the rest.
        let outcomes = outcomes.into_iter().chain(std::iter::repeat(Outcome::Unconfirmed));
        for (listed, outcome) in std::mem::take(&mut batch.objects).into_iter().zip(outcomes) {
            if outcome.is_transient() && self.may_try_again(batch.attempts) {
                if let Outcome::Failed { retry_after: told, .. } = outcome {
                    retry_after = retry_after.max(told);
                }
                again.push(listed);
            } else {
                self.cleared.note(&listed, outcome, self.effort.failures_max);
            }
        }
        if again.is_empty() {
            self.pace.went_well(size, took);
            for behind in &batch.behind {
                self.open.end(behind);
            }
        } else {
            self.pace.slow_down();
            batch.objects = again;
            self.try_again(batch, retry_after);
        }
        self.cleared.behind = self.open.first();
        (self.progress)(&self.cleared);
    }

    fn may_try_again(&self, attempts: u32) -> bool {
        attempts < self.effort.attempts_max && self.stopped_by.is_none()
    }

    fn try_again(&mut self, mut batch: Batch, retry_after: Option<Duration>) {
        batch.attempts += 1;
        let rest = back_off(batch.attempts, retry_after, self.chance());
        self.running.spawn(async move {
            tokio::time::sleep(rest).await;
            Event::RestedBatch(batch)
        });
    }

    fn chance(&self) -> u8 {
        self.entropy.unique()[15]
    }

    /// Ends uploads in parts that were begun below the prefix.
    ///
    /// Order: after the objects, so that an upload that ended meanwhile is seen as one of them
    /// the next time.
    async fn end_uploads(&mut self, request: &ClearRequest) -> Result<(), StoreError> {
        let failures_max = self.effort.failures_max;
        let mut after: Option<UploadCursor> = None;
        loop {
            let page = match self.uploads_page(request, after.as_ref()).await {
                Err(StoreError::Unsupported { .. }) => {
                    self.cleared.knows_no_uploads = true;
                    return Ok(());
                }
                page => page?,
            };
            let spared = |key: &ObjectKey| request.spared.holds(key.as_str());
            for upload in page.uploads.iter().filter(|upload| !spared(&upload.key)) {
                let outcome = self.store.abort(upload).await.unwrap_or_else(|error| {
                    Outcome::Failed { retry_after: error.retry_after(), reason: error.to_string() }
                });
                self.cleared.note_upload(&upload.key, outcome, failures_max);
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn uploads_page(
        &mut self,
        request: &ClearRequest,
        after: Option<&UploadCursor>,
    ) -> Result<UploadPage, StoreError> {
        let mut attempts = 1;
        loop {
            match self.store.uploads(request.prefix.as_str(), after).await {
                Err(error) if error.is_transient() && self.may_try_again(attempts) => {
                    attempts += 1;
                    tokio::time::sleep(back_off(attempts, error.retry_after(), self.chance()))
                        .await;
                }
                page => return page,
            }
        }
    }
}
