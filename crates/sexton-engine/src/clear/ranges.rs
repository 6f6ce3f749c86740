//! Splits a long listing into ranges that are listed at once.
//!
//! A store tells the next page only once it has told this one, so a long prefix takes as many
//! round trips as it has pages. Keys of a prefix are alike, though: what stands at a place of one
//! stands there in others. So a range that goes on is cut where the letters seen so far could
//! follow. A cut in a bad place costs one empty page and nothing else: ranges meet without a gap
//! whatever is in them.

use std::collections::BTreeSet;

use crate::ports::store::{Cursor, Page, Start};

/// A listing of so many pages is worth splitting.
const PAGES_BEFORE_SPLIT: u32 = 2;

/// Into so many pieces at most.
const PIECES_MAX: usize = 64;

/// A part of the keys: behind one text, up to and with another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) behind: String,
    until: Option<String>,
    /// Where its last page ended, in the store's words.
    at: Option<Cursor>,
    pages: u32,
    /// How often its next page was tried.
    pub(super) attempts: u32,
}

impl Range {
    /// All keys behind this text.
    pub(super) fn behind(behind: String) -> Self {
        Self { behind, until: None, at: None, pages: 0, attempts: 1 }
    }

    pub(super) fn start(&self) -> Start {
        match &self.at {
            Some(cursor) => Start::At(cursor.clone()),
            None if self.behind.is_empty() => Start::First,
            None => Start::Behind(self.behind.clone()),
        }
    }

    fn holds(&self, key: &str) -> bool {
        self.until.as_deref().is_none_or(|until| key <= until)
    }

    /// What of the page belongs to this range, and what is left of the range, split if there is
    /// somebody idle.
    pub(super) fn take(&self, mut page: Page, prefix: &str, idle: usize) -> (Page, Vec<Self>) {
        let next = page.next.take();
        let last = page.objects.last().map(|listed| listed.object.key.as_str().to_owned());
        let is_over = last.as_deref().is_some_and(|last| !self.holds(last));
        page.objects.retain(|listed| self.holds(listed.object.key.as_str()));
        page.obstacles.retain(|obstacle| self.holds(&obstacle.place));
        let Some(at) = next.filter(|_| !is_over) else { return (page, Vec::new()) };
        let pages = self.pages + 1;
        let behind = last.unwrap_or_else(|| self.behind.clone());
        let rest = Self { behind, until: self.until.clone(), at: Some(at), pages, attempts: 1 };
        let mut cuts = Vec::new();
        if idle > 0 && pages >= PAGES_BEFORE_SPLIT {
            let keys = page.objects.iter().map(|listed| listed.object.key.as_str());
            cuts = cuts_behind(keys, prefix);
            cuts.retain(|cut| rest.until.as_ref().is_none_or(|until| cut < until));
        }
        (page, rest.cut(cuts))
    }

    fn cut(self, cuts: Vec<String>) -> Vec<Self> {
        let until = self.until.clone();
        let mut pieces = vec![self];
        for cut in cuts {
            if let Some(last) = pieces.last_mut() {
                last.until = Some(cut.clone());
            }
            pieces.push(Self { until: None, ..Self::behind(cut) });
        }
        if let Some(last) = pieces.last_mut() {
            last.until = until;
        }
        // A listing that is split begins to count anew, or it would be split at every page.
        if pieces.len() > 1 {
            pieces[0].pages = 0;
        }
        pieces
    }
}

/// Texts behind the last of these keys at which keys like them could begin, in order.
fn cuts_behind<'k>(keys: impl Iterator<Item = &'k str>, prefix: &str) -> Vec<String> {
    let keys: Vec<&str> = keys.filter_map(|key| key.strip_prefix(prefix)).collect();
    let (Some(first), Some(last)) = (keys.first(), keys.last()) else { return Vec::new() };
    let letters: BTreeSet<char> =
        keys.iter().flat_map(|key| key.chars()).filter(char::is_ascii_alphanumeric).collect();
    let alike = first.bytes().zip(last.bytes()).take_while(|(a, b)| a == b).count();
    let mut cuts = Vec::new();
    // Order: the later in the key, the nearer to the last one.
    for (at, letter) in last.char_indices().rev().filter(|(at, _)| *at <= alike) {
        let following = letters.range(letter..).filter(|next| **next > letter);
        cuts.extend(following.map(|next| format!("{prefix}{}{next}", &last[..at])));
    }
    let step = cuts.len().div_ceil(PIECES_MAX).max(1);
    cuts.into_iter().step_by(step).collect()
}

#[cfg(test)]
mod tests {
    use sexton_core::objects::{ObjectKey, ObjectVersion};

    use super::*;
    use crate::ports::store::Listed;

    fn page(keys: &[&str], goes_on: bool) -> Page {
        let listed = |key: &&str| Listed {
            object: ObjectVersion::current(ObjectKey::new(*key).expect("a key")),
            bytes: 1,
            modified: None,
            is_marker: false,
        };
        Page {
            objects: keys.iter().map(listed).collect(),
            next: goes_on.then(|| Cursor("there".into())),
            ..Page::default()
        }
    }

    #[test]
    fn cuts_follow_the_letters_of_the_keys() {
        let keys = ["p/0100", "p/0107", "p/0123"];
        let cuts = cuts_behind(keys.into_iter(), "p/");
        let expected = ["p/013", "p/017", "p/02", "p/03", "p/07", "p/1", "p/2", "p/3", "p/7"];
        assert_eq!(cuts, expected);
        assert!(cuts.is_sorted());
        assert_eq!(cuts_behind(["p/ü", "p/ü"].into_iter(), "p/"), [""; 0]);
        assert_eq!(cuts_behind([].into_iter(), "p/"), [""; 0]);
    }

    #[test]
    fn pieces_meet_without_a_gap() {
        let range = Range { until: Some("p/5".into()), pages: 1, ..Range::behind("p/0".into()) };
        let (_, pieces) = range.take(page(&["p/01", "p/12"], true), "p/", 3);
        assert_eq!(pieces.len(), 2, "{pieces:?}");
        assert_eq!((pieces[0].behind.as_str(), pieces[0].at.is_some()), ("p/12", true));
        for (piece, next) in pieces.iter().zip(&pieces[1..]) {
            assert_eq!(piece.until.as_deref(), Some(next.behind.as_str()));
        }
        assert_eq!(pieces[pieces.len() - 1].until.as_deref(), Some("p/5"));
    }

    #[test]
    fn what_belongs_to_the_next_range_is_left_to_it() {
        let range = Range { until: Some("p/5".into()), ..Range::behind("p/0".into()) };
        let (page, rest) = range.take(page(&["p/4", "p/5", "p/6"], true), "p/", 3);
        assert_eq!(page.objects.len(), 2);
        assert_eq!(rest, []);
    }

    #[test]
    fn a_short_or_lonely_listing_is_not_split() {
        let range = Range::behind(String::new());
        assert_eq!(range.start(), Start::First);
        let (_, rest) = range.take(page(&["p/1", "p/2"], true), "p/", 3);
        assert_eq!(rest.len(), 1, "the first page");
        let (_, rest) = rest[0].take(page(&["p/3", "p/4"], true), "p/", 0);
        assert_eq!(rest.len(), 1, "nobody is idle");
        let (_, rest) = rest[0].take(page(&["p/5"], false), "p/", 3);
        assert_eq!(rest, [], "the end");
    }
}
