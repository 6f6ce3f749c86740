//! Listings: what is in a page, in which order, and where the next begins.

use sexton_engine::ports::store::{Listing, Start};

use super::{StoreSubject, current, keys, listing, names};

pub async fn keys_come_in_the_order_of_their_bytes_page_by_page(subject: &StoreSubject) {
    let mut expected = subject.odd_keys();
    subject.put_all(&expected).await;
    expected.sort();
    assert_eq!(subject.keys("").await, expected);

    let mut listing = Listing { objects_max: 3, ..listing("") };
    let mut seen = Vec::new();
    loop {
        let page = subject.page(&listing).await;
        assert!(page.objects.len() <= 3, "{page:?}");
        seen.extend(page.objects.into_iter().map(|listed| listed.object.key));
        match page.next {
            Some(next) => listing.start = Start::At(next),
            None => break,
        }
    }
    assert_eq!(seen, expected);
}

pub async fn a_prefix_is_text_and_nothing_more(subject: &StoreSubject) {
    let all = keys(&["run/1/a", "run/1/b/c", "run/1-copy", "run/10/a", "run1", "sun/1/a"]);
    subject.put_all(&all).await;
    assert_eq!(subject.keys("run/1/").await, keys(&["run/1/a", "run/1/b/c"]));
    let begun = keys(&["run/1-copy", "run/1/a", "run/1/b/c", "run/10/a"]);
    assert_eq!(subject.keys("run/1").await, begun);
    assert_eq!(subject.keys("run/1/b/c").await, keys(&["run/1/b/c"]));
    assert_eq!(subject.keys("run/2/").await, keys(&[]));
    assert_eq!(subject.keys("run/1/a/").await, keys(&[]));
}

pub async fn what_lies_below_a_slash_is_folded(subject: &StoreSubject) {
    let all = keys(&["d/1/a", "d/1/b", "d/2/x/y", "d/3", "d/30", "d/4 ü+/a", "e/1"]);
    subject.put_all(&all).await;
    let folded = Listing { fold: true, ..listing("d/") };
    let page = subject.page(&folded).await;
    assert_eq!(names(&page.objects), ["d/3", "d/30"]);
    assert_eq!(page.folders, ["d/1/", "d/2/", "d/4 ü+/"]);

    let mut one_by_one = Listing { objects_max: 1, ..folded };
    let (mut objects, mut folders) = (Vec::new(), Vec::new());
    loop {
        let page = subject.page(&one_by_one).await;
        objects.extend(page.objects.into_iter().map(|listed| listed.object.key));
        folders.extend(page.folders);
        match page.next {
            Some(next) => one_by_one.start = Start::At(next),
            None => break,
        }
    }
    assert_eq!(objects, keys(&["d/3", "d/30"]));
    assert_eq!(folders, ["d/1/", "d/2/", "d/4 ü+/"]);
}

pub async fn a_listing_may_begin_behind_any_text(subject: &StoreSubject) {
    subject.put_all(&keys(&["p/a", "p/b/c", "p/d", "q"])).await;
    for (behind, expected) in [
        ("", &["p/a", "p/b/c", "p/d"][..]),
        ("p/", &["p/a", "p/b/c", "p/d"]),
        ("p/a", &["p/b/c", "p/d"]),
        ("p/b", &["p/b/c", "p/d"]),
        ("p/b/c\u{10FFFF}", &["p/d"]),
        ("p/d", &[]),
        ("z", &[]),
    ] {
        let start = Start::Behind(behind.to_owned());
        let page = subject.page(&Listing { start, ..listing("p/") }).await;
        assert_eq!(names(&page.objects), expected, "behind `{behind}`");
    }
}

pub async fn sizes_and_ages_are_told(subject: &StoreSubject) {
    let [small, large] = [&keys(&["empty"])[0], &keys(&["sized/large"])[0]];
    subject.application.put(small, b"").await;
    subject.application.put(large, &vec![7; 70_000]).await;
    let page = subject.page(&listing("")).await;
    let sizes: Vec<u64> = page.objects.iter().map(|listed| listed.bytes).collect();
    assert_eq!(sizes, [0, 70_000]);
    assert!(page.objects.iter().all(|listed| listed.modified.is_some()));
    let head = subject.store.head(&page.objects[1].object).await.expect("an answer");
    assert_eq!(head.expect("it is there").bytes, 70_000);
}

pub async fn what_is_removed_meanwhile_moves_no_page(subject: &StoreSubject) {
    let all: Vec<_> = (0..12).flat_map(|n| keys(&[&format!("m/{n:02}")])).collect();
    subject.put_all(&all).await;
    let mut page = subject.page(&Listing { objects_max: 5, ..listing("m/") }).await;
    let mut seen = Vec::new();
    loop {
        let objects: Vec<_> = page.objects.into_iter().map(|listed| listed.object).collect();
        subject.remove(&objects).await;
        seen.extend(objects);
        let Some(next) = page.next else { break };
        let start = Start::At(next);
        page = subject.page(&Listing { objects_max: 5, start, ..listing("m/") }).await;
    }
    assert_eq!(seen, current(&all));
    assert_eq!(subject.keys("m/").await, []);
}
