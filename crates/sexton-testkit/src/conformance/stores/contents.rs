//! Reading one object.

use sexton_core::objects::ObjectVersion;
use sexton_engine::ports::store::Contents;

use super::{StoreSubject, key};

pub async fn an_object_is_read_whole_or_not_at_all(subject: &StoreSubject) {
    let key = key("read/me +%");
    let written: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    subject.application.put(&key, &written).await;
    let get = async |bytes_max| subject.store.get(&key, bytes_max).await.expect("an answer");
    assert_eq!(get(100_000).await, Contents::Whole(written));
    assert!(matches!(get(99_999).await, Contents::TooLarge(_)));
    assert!(matches!(get(0).await, Contents::TooLarge(_)));
}

pub async fn what_is_not_there_is_nothing(subject: &StoreSubject) {
    let (there, longer) = (key("there"), key("there-not"));
    subject.application.put(&there, b"").await;
    let head = async |key| {
        subject.store.head(&ObjectVersion::current(key)).await.expect("an answer").is_some()
    };
    assert_eq!(subject.store.get(&there, 0).await, Ok(Contents::Whole(Vec::new())));
    assert_eq!(subject.store.get(&longer, 10).await, Ok(Contents::Absent));
    assert!(head(there).await);
    assert!(!head(longer).await);
}
