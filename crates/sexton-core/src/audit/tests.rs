use super::{ChainFault, ChainJudge, FIRST_HASH, Link, Record, RootNames, root_name, seal};

fn judge_chain(links: &[Link], head_seq: i64, head_hash: &str) -> Vec<ChainFault> {
    let mut judge = ChainJudge::new(head_seq);
    for link in links {
        judge.judge(link);
    }
    judge.end(head_hash)
}

fn chain(length: i64) -> Vec<Link> {
    let mut hash = FIRST_HASH.to_owned();
    (1..=length)
        .map(|seq| {
            let deletion = format!("dlt_{seq}");
            let text = format!("{{\"deletion\":\"{deletion}\",\"removed\":{{\"runs\":{seq}}}}}");
            hash = seal(&hash, seq, &text);
            Link { seq, hash: hash.clone(), text, deletion }
        })
        .collect()
}

fn judged(links: &[Link], whole: &[Link]) -> Vec<ChainFault> {
    let head = whole.last().unwrap();
    judge_chain(links, head.seq, &head.hash)
}

#[test]
fn a_whole_chain_has_no_faults() {
    let links = chain(5);
    assert_eq!(judged(&links, &links), []);
    assert_eq!(judge_chain(&[], 0, FIRST_HASH), []);
}

#[test]
fn a_changed_record_is_found_at_its_place() {
    for (at, seq) in (0..5).zip(1..) {
        let whole = chain(5);
        let mut links = whole.clone();
        links[at].text = links[at].text.replace("runs", "RUNS");
        assert_eq!(judged(&links, &whole), [ChainFault::Changed { seq }]);
    }
}

#[test]
fn a_changed_record_with_a_matching_hash_is_found_at_the_next() {
    let whole = chain(5);
    let mut links = whole.clone();
    links[2].text = links[2].text.replace("runs", "RUNS");
    links[2].hash = seal(&links[1].hash, 3, &links[2].text);
    assert_eq!(judged(&links, &whole), [ChainFault::Changed { seq: 4 }]);
}

#[test]
fn a_removed_record_is_found_wherever_it_was() {
    for (at, before) in (0..5).zip(2..) {
        let whole = chain(5);
        let mut links = whole.clone();
        links.remove(at);
        assert_eq!(judged(&links, &whole), [ChainFault::Removed { before, count: 1 }]);
    }
    let whole = chain(5);
    assert_eq!(judged(&[], &whole), [ChainFault::Removed { before: 6, count: 5 }]);
}

#[test]
fn an_inserted_record_is_found() {
    let whole = chain(5);
    let mut links = whole.clone();
    let mut extra = links[1].clone();
    extra.deletion = "dlt_x".into();
    links.insert(2, extra);
    assert_eq!(judged(&links, &whole), [ChainFault::Inserted { seq: 2 }]);
    let longer = chain(6);
    assert_eq!(judged(&longer, &whole), [ChainFault::Inserted { seq: 6 }]);
}

#[test]
fn a_record_under_another_deletions_name_is_found() {
    let whole = chain(3);
    let mut links = whole.clone();
    links[1].deletion = "dlt_other".into();
    assert_eq!(judged(&links, &whole), [ChainFault::Changed { seq: 2 }]);
}

#[test]
fn a_head_that_does_not_fit_is_found() {
    let links = chain(3);
    assert_eq!(judge_chain(&links, 3, FIRST_HASH), [ChainFault::Head { seq: 3 }]);
}

#[test]
fn a_root_is_named_plainly_or_by_a_keyed_hash() {
    assert_eq!(root_name("s", "batch", "b-1", None), "b-1");
    let hashed = root_name("s", "batch", "b-1", Some(b"key"));
    assert!(hashed.starts_with("hmac-sha256:") && !hashed.contains("b-1"), "{hashed}");
    assert_eq!(hashed, root_name("s", "batch", "b-1", Some(b"key")));
    for other in [
        root_name("s", "batch", "b-1", Some(b"other")),
        root_name("s", "run", "b-1", Some(b"key")),
        root_name("s", "batch", "b-2", Some(b"key")),
    ] {
        assert_ne!(hashed, other);
    }
}

/// A record as it was written before deletions could have several roots.
const OF_ONE: &str = r#"{"v":1,"deletion":"dlt_a","system":"s","thing":"batch","root":"b-1","tenant":null,"actor":"ada","reason":null,"at":"2026-11-20T00:00:00Z","digest":"sha256:00","plan":"p","removed":{"runs":1},"changed":{},"derived":{}}"#;

#[test]
fn a_record_of_one_root_is_what_it_always_was() {
    let record: Record = serde_json::from_str(OF_ONE).unwrap();
    assert_eq!(record.roots.all(), ["b-1"]);
    assert_eq!(record.text(), OF_ONE);
}

#[test]
fn a_record_of_several_roots_names_them_all() {
    let one: Record = serde_json::from_str(OF_ONE).unwrap();
    let roots = RootNames::of(vec!["b-1".into(), "b-2".into()]);
    let several = Record { roots, ..one };
    let text = several.text();
    assert!(text.contains(r#""roots":["b-1","b-2"]"#) && !text.contains(r#""root":"#), "{text}");
    assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), several);
}
