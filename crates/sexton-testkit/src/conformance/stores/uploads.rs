//! Uploads in parts that were begun and not ended.

use sexton_core::objects::Outcome;
use sexton_engine::ports::store::Upload;

use super::{StoreSubject, key, keys};

pub async fn unfinished_uploads_are_listed_and_ended(subject: &StoreSubject) {
    let pending = async |prefix: &str| {
        let page = subject.store.uploads(prefix, None).await.expect("the store answers");
        assert_eq!(page.next, None);
        page.uploads
    };
    if !subject.has_uploads {
        assert_eq!(pending("").await, []);
        return;
    }
    for text in ["u/1 ü+%", "u/1 ü+%", "u/2", "u-2", "v"] {
        subject.application.begin_upload(&key(text)).await;
    }
    let under_way = pending("u/").await;
    let named: Vec<_> = under_way.iter().map(|upload| upload.key.clone()).collect();
    assert_eq!(named, keys(&["u/1 ü+%", "u/1 ü+%", "u/2"]));
    let abort =
        async |upload: &Upload| subject.store.abort(upload).await.expect("the store answers");
    for upload in &under_way {
        assert_eq!(abort(upload).await, Outcome::Deleted);
    }
    assert!(abort(&under_way[0]).await.is_gone());
    assert_eq!(pending("u/").await, []);
    assert_eq!(pending("").await.len(), 2);
}
