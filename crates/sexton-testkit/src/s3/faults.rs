//! How the server fails on command, and what it was asked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::http::Request;

/// How the server fails.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Keys that nobody may remove: `AccessDenied`.
    pub denied: BTreeSet<String>,
    /// Keys under a lock: `AccessDenied` in the words of one.
    pub locked: BTreeSet<String>,
    /// Keys that fail so many times with this code before they go.
    pub failing: BTreeMap<String, (u32, String)>,
    /// Keys that the answer to a batch leaves out so many times, as does the batch itself.
    pub unmentioned: BTreeMap<String, u32>,
    /// So many of the next requests are answered 503.
    pub storm: u32,
    /// So many of the next batches are never answered.
    pub hanging: u32,
    /// So many answers to batches are cut off after the batch was carried out.
    pub cut: u32,
    /// So many answers to listings are cut off.
    pub cut_listings: u32,
    /// How long every answer takes.
    pub latency: Duration,
    /// The most objects of one page, if fewer than a thousand.
    pub page_max: Option<usize>,
    /// `<VersionId></VersionId>` where there is none.
    pub says_empty_versions: bool,
    /// Whole calls that are denied: `list`, `batch`.
    pub denied_calls: BTreeSet<&'static str>,
    /// Uploads in parts are not known: 501.
    pub knows_no_uploads: bool,
}

impl Faults {
    pub(super) fn takes_hang(&mut self, request: &Request) -> bool {
        request.is_batch() && takes_one(&mut self.hanging)
    }
}

/// Whether one of so many was left.
pub(super) fn takes_one(count: &mut u32) -> bool {
    let is_left = *count > 0;
    *count = count.saturating_sub(1);
    is_left
}

/// What the server was asked.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Requests in all.
    pub requests: u64,
    /// Listings of objects or versions.
    pub listings: u64,
    /// How many keys each batch had, in order.
    pub batches: Vec<usize>,
    /// The most batches under way at once.
    pub batches_at_once: usize,
    /// The most listings under way at once.
    pub listings_at_once: usize,
    batches_now: usize,
    listings_now: usize,
}

impl Seen {
    pub(super) fn begin(&mut self, request: &Request) {
        self.requests += 1;
        if request.is_listing() {
            self.listings += 1;
            self.listings_now += 1;
            self.listings_at_once = self.listings_at_once.max(self.listings_now);
        }
        if request.is_batch() {
            self.batches_now += 1;
            self.batches_at_once = self.batches_at_once.max(self.batches_now);
        }
    }

    pub(super) fn end(&mut self, request: &Request) {
        if request.is_batch() {
            self.batches_now = self.batches_now.saturating_sub(1);
        }
        if request.is_listing() {
            self.listings_now = self.listings_now.saturating_sub(1);
        }
    }
}
